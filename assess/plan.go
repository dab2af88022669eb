package assess

import (
	"cmp"
	"iter"
	"slices"
	"strings"

	"quintain"
	"quintain/threat"
)

// A Plan is what an assessment would run, and for which threats.
type Plan struct {
	Threats []threat.Threat
	Steps   []Step

	// For maps the id of each threat to the indexes of the steps that settle
	// it. A threat without steps stays open: nothing here can test it.
	For map[string][]int
}

// A Step is one check against one target.
type Step struct {
	Engine quintain.Engine
	Check  *quintain.Check
	Target quintain.Target

	// Refused is the reason why the step cannot run, if there is one: a need
	// that was not granted.
	Refused string

	engine int // index of Engine in the options; engines need not be comparable
}

// beside reports whether two steps have the same engine and target, so that
// one call runs both.
func (s *Step) beside(other *Step) bool {
	return s.engine == other.engine && Key(s.Target) == Key(other.Target)
}

// NewPlan derives the threats of m and the checks that settle them: for each
// threat, the checks that its rule names, against those targets of the
// threat's elements that the check accepts.
func NewPlan(m *threat.Model, o *Options) *Plan {
	p := &Plan{Threats: m.Threats(o.Rules), For: make(map[string][]int)}
	index := make(map[string]int)
	for i := range p.Threats {
		t := &p.Threats[i]
		if t.Unreachable != "" {
			continue
		}
		for _, s := range stepsFor(m, t, o) {
			key := s.Check.Name + "\x00" + Key(s.Target)
			n, ok := index[key]
			if !ok {
				n = len(p.Steps)
				index[key] = n
				p.Steps = append(p.Steps, s)
			}
			if !slices.Contains(p.For[t.ID], n) {
				p.For[t.ID] = append(p.For[t.ID], n)
			}
		}
	}
	p.sort()
	return p
}

// Groups yields the steps that one call of an engine runs together.
func (p *Plan) Groups() iter.Seq2[quintain.Engine, []Step] {
	return func(yield func(quintain.Engine, []Step) bool) {
		for i := 0; i < len(p.Steps); {
			j := i + 1
			for j < len(p.Steps) && p.Steps[j].beside(&p.Steps[i]) {
				j++
			}
			if !yield(p.Steps[i].Engine, p.Steps[i:j]) {
				return
			}
			i = j
		}
	}
}

// sort orders the steps by target and check, so that the order of the elements
// in the file does not show.
func (p *Plan) sort() {
	order := make([]int, len(p.Steps))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		x, y := p.Steps[a], p.Steps[b]
		return cmp.Or(cmp.Compare(Key(x.Target), Key(y.Target)), cmp.Compare(x.engine, y.engine), cmp.Compare(x.Check.Name, y.Check.Name))
	})
	steps := make([]Step, len(p.Steps))
	at := make([]int, len(p.Steps))
	for to, from := range order {
		steps[to] = p.Steps[from]
		at[from] = to
	}
	p.Steps = steps
	for id, ns := range p.For {
		for i, n := range ns {
			ns[i] = at[n]
		}
		slices.Sort(ns)
		p.For[id] = ns
	}
}

// stepsFor returns the steps that settle one threat.
func stepsFor(m *threat.Model, t *threat.Threat, o *Options) []Step {
	var steps []Step
	for i, e := range o.Engines {
		for _, c := range e.Checks() {
			if !names(t.Rule.Verify, c.Name) {
				continue
			}
			for _, el := range t.Elements {
				for _, target := range m.Targets(el) {
					if !c.AcceptsKind(target.Kind) {
						continue
					}
					steps = append(steps, Step{Engine: e, Check: c, Target: target, Refused: o.refuse(c, target), engine: i})
				}
			}
		}
	}
	return steps
}

// names reports whether verify names check, itself or by a prefix that ends
// in a slash.
func names(verify []string, check string) bool {
	return slices.ContainsFunc(verify, func(v string) bool {
		return v == check || strings.HasSuffix(v, "/") && strings.HasPrefix(check, v)
	})
}

// Key identifies a target by what it is, apart from its content.
func Key(t quintain.Target) string {
	var b strings.Builder
	b.WriteString(string(t.Kind) + "\x00" + t.Ref)
	for _, k := range sortedKeys(t.With) {
		b.WriteString("\x00" + k + "=" + t.With[k])
	}
	return b.String()
}
