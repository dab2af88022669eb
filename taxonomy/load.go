package taxonomy

import (
	"embed"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed data/*.json
var files embed.FS

const (
	kindTactic     = "tactic"
	kindTechnique  = "technique"
	kindSub        = "subtechnique"
	kindMitigation = "mitigation"
)

// past is what is known of an ATLAS entry beyond one release.
type past struct {
	names     []Name // oldest first
	gone      string // the first release without it, "" while it exists
	successor string
}

// since returns the first release with the entry.
func (p past) since() string {
	if len(p.names) == 0 {
		return ""
	}
	return p.names[0].Since
}

// at returns the name of the entry in a release, and whether it existed.
func (p past) at(version string) (string, bool) {
	name := ""
	for _, n := range p.names {
		if compareVersions(n.Since, version) <= 0 {
			name = n.Name
		}
	}
	return name, name != "" && (p.gone == "" || compareVersions(version, p.gone) < 0)
}

// embedded decodes the files of this package. A test loads every one of
// them, so that the panics cannot be reached in a binary that passed it.
func embedded() *Set {
	var release Release
	decode("data/atlas.json", &release)
	var history []struct {
		ID              string
		Names           [][2]string
		Gone, Successor string
	}
	decode("data/atlas_history.json", &history)
	past := make(map[string]past, len(history))
	for _, h := range history {
		p := past[h.ID]
		for _, n := range h.Names {
			p.names = append(p.names, Name{Name: n[0], Since: n[1]})
		}
		p.gone, p.successor = h.Gone, h.Successor
		past[h.ID] = p
	}
	var others []Entry
	for _, name := range []string{"owasp", "nist", "cwe", "aidefend", "cosai"} {
		others = append(others, decodeLists("data/"+name+".json")...)
	}
	var sources []Source
	decode("data/sources.json", &sources)
	return newSet(&release, past, others, sources)
}

func decode(name string, to any) {
	b, err := files.ReadFile(name)
	if err == nil {
		err = json.Unmarshal(b, to)
	}
	if err != nil {
		panic(fmt.Sprintf("taxonomy: embedded %s: %v", name, err))
	}
}

// decodeLists reads a file of lists of entries: id, name, and parent if any.
func decodeLists(name string) []Entry {
	var lists []struct {
		Framework, Edition, Kind string
		Entries                  [][]string
	}
	decode(name, &lists)
	var all []Entry
	for _, l := range lists {
		for _, row := range l.Entries {
			e := Entry{ID: row[0], Name: row[1], Framework: l.Framework, Edition: l.Edition, Kind: l.Kind}
			if len(row) > 2 {
				e.Parent = row[2]
			}
			all = append(all, e)
		}
	}
	return all
}

// newSet makes a Set of one ATLAS release, what is known of the others, and
// the entries of all other frameworks.
func newSet(release *Release, history map[string]past, others []Entry, sources []Source) *Set {
	s := &Set{
		entries: make(map[string]Entry, len(release.Entries)+len(others)),
		history: history,
		atlas:   release.Version,
		sources: slices.Clone(sources),
	}
	add := func(e Entry) {
		if _, dup := s.entries[e.ID]; !dup {
			s.order = append(s.order, e.ID)
		}
		e.URL = s.url(e)
		s.entries[e.ID] = e
	}
	for i := range s.sources {
		if s.sources[i].Framework == ATLAS {
			s.sources[i].Version = release.Version
		}
	}
	for _, e := range release.Entries {
		e.Framework, e.Edition = ATLAS, release.Version
		add(e)
	}
	for _, id := range sortedKeys(history) {
		p := history[id]
		if _, ok := s.entries[id]; ok || compareVersions(p.since(), release.Version) > 0 {
			continue
		}
		name, _ := past{names: p.names}.at(release.Version)
		add(Entry{
			ID: id, Name: name, Kind: atlasKind(id), Framework: ATLAS, Edition: release.Version,
			Retired: true, Successor: p.successor,
		})
	}
	for _, e := range others {
		add(e)
	}
	s.edges = sync.OnceValue(func() *edgeIndex { return loadEdges() })
	s.names = sync.OnceValue(func() *nameIndex { return newNameIndex(s) })
	return s
}

// url returns the page that describes e, or that of its framework.
func (s *Set) url(e Entry) string {
	switch e.Framework {
	case ATLAS:
		folder := map[string]string{kindTactic: "tactics", kindMitigation: "mitigations"}[e.Kind]
		if folder == "" {
			folder = "techniques"
		}
		return "https://atlas.mitre.org/" + folder + "/" + e.ID
	case CWE:
		return "https://cwe.mitre.org/data/definitions/" + strings.TrimPrefix(e.ID, "CWE-") + ".html"
	}
	for _, src := range s.sources {
		if src.Framework == e.Framework {
			return src.URL
		}
	}
	return ""
}

// atlasKind tells the kind of an ATLAS entry from its identifier, "" when it
// is not one.
func atlasKind(id string) string {
	rest, ok := strings.CutPrefix(id, "AML.")
	if !ok {
		return ""
	}
	for _, k := range []struct{ prefix, kind string }{
		{"TA", kindTactic}, {"T", kindTechnique}, {"M", kindMitigation},
	} {
		digits, ok := strings.CutPrefix(rest, k.prefix)
		if !ok {
			continue
		}
		main, sub, isSub := strings.Cut(digits, ".")
		switch {
		case !isDigits(main, 4):
			return ""
		case !isSub:
			return k.kind
		case k.kind == kindTechnique && isDigits(sub, 3):
			return kindSub
		}
		return ""
	}
	return ""
}

func isDigits(s string, n int) bool {
	return len(s) == n && strings.Trim(s, "0123456789") == ""
}

// compareVersions compares dotted numbers; calendar versions come after
// semantic ones because years are large.
func compareVersions(a, b string) int {
	x, y := strings.Split(a, "."), strings.Split(b, ".")
	for i := range max(len(x), len(y)) {
		var n, m int
		if i < len(x) {
			n, _ = strconv.Atoi(x[i])
		}
		if i < len(y) {
			m, _ = strconv.Atoi(y[i])
		}
		if n != m {
			return n - m
		}
	}
	return 0
}
