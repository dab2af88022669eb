package threat_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"quintain/threat"
	"quintain/threat/all"
)

// carriers says, for the kinds of the random graphs, whether content passes.
var carriers = map[threat.Kind]bool{
	threat.KindAgent: true, threat.KindTool: true, threat.KindStore: true, threat.KindService: true, threat.KindGuard: true,
	threat.KindApproval: true, threat.KindHuman: false, threat.KindModel: false, threat.KindDataset: false,
}

// randomModel returns a small system of every kind in carriers.
func randomModel(r *rand.Rand, n, flows int) *threat.Model {
	m := &threat.Model{Name: "random"}
	kinds := []threat.Kind{
		threat.KindAgent, threat.KindTool, threat.KindStore, threat.KindService, threat.KindGuard, threat.KindApproval,
		threat.KindHuman, threat.KindModel, threat.KindDataset,
	}
	for i := range n {
		e := threat.Element{ID: fmt.Sprintf("e%d", i), Kind: kinds[r.IntN(len(kinds))], Trust: threat.Internal}
		if e.Kind == threat.KindModel {
			e.Task = threat.TaskClassify
		}
		if r.IntN(4) == 0 {
			e.Trust = threat.Untrusted
		}
		if r.IntN(4) == 0 {
			e.Data = []threat.Data{threat.DataHealth}
		}
		if r.IntN(4) == 0 {
			e.Can = []threat.Ability{[]threat.Ability{threat.SendsOut, threat.Writes, threat.Executes, threat.Pays}[r.IntN(4)]}
		}
		m.Elements = append(m.Elements, e)
	}
	for range flows {
		f := threat.Flow{From: m.Elements[r.IntN(n)].ID, To: m.Elements[r.IntN(n)].ID, Returns: r.IntN(4) == 0}
		if f.From == f.To {
			continue
		}
		for i := range m.Elements {
			e := &m.Elements[i]
			if (e.Kind == threat.KindGuard || e.Kind == threat.KindApproval) && r.IntN(6) == 0 && e.ID != f.From && e.ID != f.To {
				f.Through = append(f.Through, e.ID)
			}
		}
		m.Flows = append(m.Flows, f)
	}
	return m
}

// A step is one way from an element to another: the resistance on it is 0 for
// none, 1 for guards, 2 for approvals.
type step struct {
	to         string
	resistance int
}

// steps returns the ways out of every element, from the flows alone.
func steps(m *threat.Model) map[string][]step {
	kind := make(map[string]*threat.Element)
	for i := range m.Elements {
		kind[m.Elements[i].ID] = &m.Elements[i]
	}
	out := make(map[string][]step)
	for _, f := range m.Flows {
		on := 0
		for _, id := range f.Through {
			switch e := kind[id]; {
			case e.Kind == threat.KindGuard:
				on = max(on, 1)
			case e.Trust != threat.Untrusted: // an approval by strangers stops nothing
				on = 2
			}
			out[f.From] = append(out[f.From], step{id, 0}) // it sees what passes
		}
		out[f.From] = append(out[f.From], step{f.To, on})
		if f.Returns {
			out[f.To] = append(out[f.To], step{f.From, on})
		}
	}
	return out
}

// best is the least resistance and length of all walks between two elements.
type best struct{ resistance, length int }

// enumerate walks every simple path from at and notes the best to each end.
func enumerate(m *threat.Model, from string, avoid func(*threat.Element) bool) map[string]best {
	elements := make(map[string]*threat.Element)
	for i := range m.Elements {
		elements[m.Elements[i].ID] = &m.Elements[i]
	}
	ways := steps(m)
	out := make(map[string]best)
	seen := map[string]bool{from: true}
	var walk func(at string, b best)
	walk = func(at string, b best) {
		for _, s := range ways[at] {
			if seen[s.to] {
				continue
			}
			next := best{max(b.resistance, s.resistance), b.length + 1}
			if old, ok := out[s.to]; !ok || next.resistance < old.resistance || next.resistance == old.resistance && next.length < old.length {
				out[s.to] = next
			}
			e := elements[s.to]
			if !carriers[e.Kind] || avoid(e) {
				continue
			}
			switch {
			case e.Kind == threat.KindApproval && e.Trust != threat.Untrusted:
				next.resistance = 2
			case e.Kind == threat.KindGuard:
				next.resistance = max(next.resistance, 1)
			}
			seen[s.to] = true
			walk(s.to, next)
			delete(seen, s.to)
		}
	}
	walk(from, best{})
	return out
}

// The paths found are those that an enumeration of all simple paths finds:
// the same ends, the same resistance, the same length.
func TestPathsAgainstEnumeration(t *testing.T) {
	compared := 0
	for seed := range uint64(250) {
		r := rand.New(rand.NewPCG(seed, 1))
		m := randomModel(r, 3+r.IntN(6), 2+r.IntN(14))
		g := threat.NewGraph(m)
		avoid := func(*threat.Element) bool { return false }
		if seed%2 == 1 {
			avoid = (*threat.Element).Untrusted
		}
		every := func(*threat.Element) bool { return true }
		for i := range m.Elements {
			from := &m.Elements[i]
			want := enumerate(m, from.ID, avoid)
			q := threat.Query{Over: threat.Content, Ends: every, Avoid: avoid}
			got := make(map[string]best)
			for _, p := range g.OutOf(from, q) {
				got[p.To().ID] = measure(t, m, p)
			}
			for j := range m.Elements {
				to := &m.Elements[j]
				q.Ends = func(e *threat.Element) bool { return e == from }
				into := g.Into(to, q)
				if to != from && (len(into) == 1) != (want[to.ID] != best{}) {
					t.Fatalf("seed %d: Into(%s) from %s: %d paths, want %v", seed, to.ID, from.ID, len(into), want[to.ID])
				}
				if len(into) == 1 && measure(t, m, into[0]) != want[to.ID] {
					t.Fatalf("seed %d: Into(%s) from %s is %v, want %v", seed, to.ID, from.ID, measure(t, m, into[0]), want[to.ID])
				}
			}
			if len(got) != len(want) {
				t.Fatalf("seed %d: %s reaches %v, want %v", seed, from.ID, got, want)
			}
			for id, b := range want {
				if got[id] != b {
					t.Fatalf("seed %d: %s to %s is %v, want %v", seed, from.ID, id, got[id], b)
				}
				compared++
			}
		}
	}
	if compared < 2000 {
		t.Errorf("compared %d paths only", compared)
	}
}

// measure returns resistance and length of p, after checking that it can be
// walked.
func measure(t *testing.T, m *threat.Model, p *threat.Path) best {
	t.Helper()
	walkable(t, m, idsOf(p.Elements))
	b := best{length: len(p.Elements) - 1}
	switch {
	case len(p.Approvals) > 0:
		b.resistance = 2
	case len(p.Guards) > 0:
		b.resistance = 1
	}
	if (p.Cut() != "") != (b.resistance == 2) {
		t.Errorf("path %v: cut %q", idsOf(p.Elements), p.Cut())
	}
	return b
}

// walkable reports a path with a step that no flow makes.
func walkable(t *testing.T, m *threat.Model, path []string) {
	t.Helper()
	ways := steps(m)
	for i := 1; i < len(path); i++ {
		if !slices.ContainsFunc(ways[path[i-1]], func(s step) bool { return s.to == path[i] }) {
			t.Errorf("path %v: nothing flows from %s to %s", path, path[i-1], path[i])
		}
	}
}

func idsOf(elements []*threat.Element) []string {
	var out []string
	for _, e := range elements {
		out = append(out, e.ID)
	}
	return out
}

// architectures are five ways to build the same three things: content of
// strangers, private data, a way out. Each is on or off.
var architectures = map[string]string{
	"one agent": `
  - {id: mailbox, kind: external, trust: UNTRUSTED}
  - {id: records, kind: store, data: [PRIVATE]}
  - {id: send, kind: tool, can: [OUT]}
  - {id: agent, kind: agent}
flows:
  - {from: mailbox, to: agent}
  - {from: records, to: agent}
  - {from: agent, to: send}`,
	"retrieval": `
  - {id: forum, kind: store, trust: UNTRUSTED}
  - {id: contracts, kind: store, data: [PRIVATE]}
  - {id: index, kind: vector-store}
  - {id: finder, kind: retriever}
  - {id: web, kind: tool, can: [OUT]}
  - {id: agent, kind: agent}
flows:
  - {from: forum, to: index}
  - {from: contracts, to: index}
  - {from: index, to: finder}
  - {from: finder, to: agent}
  - {from: agent, to: web, returns: true}`,
	"agents in a row": `
  - {id: page, kind: service, trust: UNTRUSTED}
  - {id: reader, kind: agent}
  - {id: records, kind: store, data: [PRIVATE]}
  - {id: worker, kind: agent}
  - {id: sender, kind: agent}
  - {id: post, kind: tool, can: [OUT]}
flows:
  - {from: page, to: reader}
  - {from: reader, to: worker}
  - {from: records, to: worker}
  - {from: worker, to: sender}
  - {from: sender, to: post}`,
	"memory": `
  - {id: visitor, kind: human, trust: UNTRUSTED}
  - {id: front, kind: agent}
  - {id: notes, kind: memory}
  - {id: back, kind: agent, data: [PRIVATE]}
  - {id: mail, kind: tool, can: [OUT]}
flows:
  - {from: visitor, to: front}
  - {from: front, to: notes}
  - {from: notes, to: back}
  - {from: back, to: mail}`,
	"one server for all": `
  - {id: tickets, kind: store, trust: UNTRUSTED}
  - {id: rows, kind: store, data: [PRIVATE]}
  - {id: server, kind: mcp-server, can: [OUT]}
  - {id: agent, kind: agent}
  - {id: llm, kind: model, task: generate}
flows:
  - {from: tickets, to: server}
  - {from: rows, to: server}
  - {from: agent, to: server, returns: true}
  - {from: agent, to: llm, returns: true}`,
}

func TestTrifectaTruthTable(t *testing.T) {
	for name, system := range architectures {
		for bits := range 8 {
			untrusted, private, out := bits&1 != 0, bits&2 != 0, bits&4 != 0
			text := strings.NewReplacer("UNTRUSTED", pick(untrusted, "untrusted", "internal"),
				"PRIVATE", pick(private, "health", "public"), "OUT", pick(out, "sends-out", "renders")).Replace(system)
			m := parse(t, "name: x\nelements:"+text+"\n")
			got := threat.NewGraph(m).Trifectas()
			want := 0
			if untrusted && private && out {
				want = 1
			}
			if len(got) != want {
				t.Errorf("%s with untrusted %v, private %v, out %v: %d trifectas, want %d", name, untrusted, private, out, len(got), want)
			}
			for _, tri := range got {
				walkable(t, m, idsOf(tri.Walk().Elements))
				if tri.Cut() != "" {
					t.Errorf("%s: cut by %s, but there is no approval", name, tri.Cut())
				}
			}
		}
	}
}

func pick(b bool, yes, no string) string {
	if b {
		return yes
	}
	return no
}

func parse(t *testing.T, text string) *threat.Model {
	t.Helper()
	m, err := threat.Parse("system.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// A path from strangers' content over carriers to an agent and on to a way out
// is found however it is built and whatever stands around it; and no rule
// reports a path that cannot be walked.
func TestPlantedPaths(t *testing.T) {
	kinds := []threat.Kind{
		threat.KindStore, threat.KindTool, threat.KindService, threat.KindVectorStore, threat.KindRetriever, threat.KindMemory,
		threat.KindMCPServer, threat.KindContext, threat.KindGuard,
	}
	for seed := range uint64(150) {
		r := rand.New(rand.NewPCG(seed, 2))
		m := randomModel(r, 6+r.IntN(10), 4+r.IntN(20))
		plant := func(from, to string, n int) {
			for i := range n {
				id := fmt.Sprintf("%s-%s-%d", from, to, i)
				m.Elements = append(m.Elements, threat.Element{ID: id, Kind: kinds[r.IntN(len(kinds))], Trust: threat.Internal})
				m.Flows = append(m.Flows, threat.Flow{From: from, To: id})
				from = id
			}
			m.Flows = append(m.Flows, threat.Flow{From: from, To: to})
		}
		m.Elements = append(m.Elements,
			threat.Element{ID: "source", Kind: threat.KindExternal, Trust: threat.Untrusted},
			threat.Element{ID: "private", Kind: threat.KindStore, Trust: threat.Internal, Data: []threat.Data{threat.DataHealth}},
			threat.Element{ID: "victim", Kind: threat.KindAgent, Trust: threat.Internal},
			threat.Element{ID: "sink", Kind: threat.KindTool, Trust: threat.Internal, Can: []threat.Ability{threat.SendsOut, threat.Pays}})
		plant("source", "victim", r.IntN(4))
		plant("private", "victim", r.IntN(4))
		plant("victim", "sink", r.IntN(3))
		found := make(map[string]bool)
		for _, th := range m.Threats(all.Rules) {
			walkable(t, m, th.Path)
			if th.Elements[0].ID != "victim" || th.Unreachable != "" {
				continue
			}
			ids := idsOf(th.Elements)
			switch th.Rule.Name {
			case "threat/agent/indirect":
				found["indirect"] = found["indirect"] || slices.Contains(ids, "source")
			case "threat/agent/privilege":
				found["privilege"] = found["privilege"] || slices.Contains(ids, "sink") && slices.Contains(ids, "source")
			case "threat/agent/trifecta":
				found["trifecta"] = slices.Contains(ids, "source") && slices.Contains(ids, "private") && slices.Contains(ids, "sink")
			}
		}
		for _, what := range []string{"indirect", "privilege", "trifecta"} {
			if !found[what] {
				t.Errorf("seed %d: the planted %s was not found", seed, what)
			}
		}
	}
}

// An approval makes a threat unreachable if it stands on every way, and not if
// there is a way around it. A guard never does.
func TestApprovalOnEveryWay(t *testing.T) {
	const elements = `name: x
elements:
  - {id: mailbox, kind: external}
  - {id: desk, name: The desk, kind: approval}
  - {id: filter, name: The filter, kind: guard}
  - {id: agent, name: The agent, kind: agent}
  - {id: queue, kind: service}
  - {id: first, kind: store}
  - {id: second, kind: store}
flows:
`
	for name, c := range map[string]struct{ flows, unreachable, why string }{
		"approval":       {"  - {from: mailbox, to: agent, through: [desk]}", "every way from mailbox to The agent needs an approval: The desk", ""},
		"as a node":      {"  - {from: mailbox, to: desk}\n  - {from: desk, to: agent}", "every way from mailbox to The agent needs an approval: The desk", ""},
		"a way around":   {"  - {from: mailbox, to: agent, through: [desk]}\n  - {from: mailbox, to: queue}\n  - {from: queue, to: agent}", "", ""},
		"guard":          {"  - {from: mailbox, to: agent, through: [filter]}", "", "on the way stands The filter"},
		"around a guard": {"  - {from: mailbox, to: agent, through: [filter]}\n  - {from: mailbox, to: queue}\n  - {from: queue, to: agent}", "", ""},
		"a free channel beside one that is approved": {
			"  - {from: mailbox, to: first, through: [desk]}\n  - {from: first, to: agent}\n  - {from: mailbox, to: second}\n  - {from: second, to: agent}", "", "",
		},
		"both": {"  - {from: mailbox, to: agent, through: [filter, desk]}", "every way from mailbox to The agent needs an approval: The desk", "on the way stands The filter"},
	} {
		m := parse(t, elements+c.flows+"\n")
		n := 0
		for _, th := range m.Threats(all.Rules) {
			if th.Rule.Name != "threat/agent/indirect" {
				continue
			}
			n++
			if th.Unreachable != c.unreachable || strings.Contains(th.Why, "on the way") != (c.why != "") || !strings.Contains(th.Why, c.why) {
				t.Errorf("%s: unreachable %q, why %q", name, th.Unreachable, th.Why)
			}
		}
		if n != 1 {
			t.Errorf("%s: %d threats, want 1", name, n)
		}
	}
}

// A trifecta is cut by an approval before any of the three.
func TestTrifectaCut(t *testing.T) {
	flows := []string{"{from: mailbox, to: agent", "{from: records, to: agent", "{from: agent, to: send"}
	for cut := range len(flows) + 1 {
		text := `name: x
elements:
  - {id: mailbox, kind: external}
  - {id: records, kind: store, data: [health]}
  - {id: send, kind: tool, can: [sends-out]}
  - {id: desk, kind: approval}
  - {id: agent, kind: agent}
flows:
`
		for i, f := range flows {
			text += "  - " + f + pick(i == cut, ", through: [desk]}", "}") + "\n"
		}
		got := threat.NewGraph(parse(t, text)).Trifectas()
		if len(got) != 1 || (got[0].Cut() != "") != (cut < len(flows)) {
			t.Errorf("approval on flow %d: %d trifectas, cut %v", cut, len(got), len(got) > 0 && got[0].Cut() != "")
		}
	}
}
