// Package taxonomy knows the public catalogs of attacks on AI systems: which
// identifiers exist, what they are and were called, which were retired in
// favor of what, and how the catalogs correspond, with the party that says so.
//
// It embeds MITRE ATLAS 2026.07 with the name history of its releases, the
// OWASP lists for LLM applications (2023, 2025, 2026), machine learning
// (2023), agentic applications (2026) and GenAI data (2026), the attacks of
// NIST AI 100-2 E2025, the NIST AI RMF, the CWE entries that concern AI, the
// defenses of AIDEFEND and the CoSAI risk map: identifiers, names and links,
// no prose. Nothing here uses the network.
//
// OWASP identifiers mean something else in every edition, so only the
// qualified form "LLM03:2025" is an identifier; "LLM03" is an error that
// offers the candidates. [Lint] finds such references, and wrong and stale
// ones, in any text.
package taxonomy

import (
	"slices"
	"strings"

	"quintain"
)

// The names of the frameworks.
const (
	ATLAS    = "ATLAS"
	OWASPLLM = "OWASP LLM"
	OWASPML  = "OWASP ML"
	OWASPASI = "OWASP ASI"
	OWASPGAI = "OWASP DSGAI"
	NISTAML  = "NIST AI 100-2"
	NISTRMF  = "NIST AI RMF"
	CWE      = "CWE"
	AIDEFEND = "AIDEFEND"
	CoSAI    = "CoSAI"
)

// An Entry is one item of one edition of a framework.
type Entry struct {
	ID        string `json:"id"` // the only legal way to write it, such as "AML.T0051.001" or "LLM01:2025"
	Name      string `json:"name"`
	Framework string `json:"framework,omitempty"`
	Edition   string `json:"edition,omitempty"`
	Kind      string `json:"kind"` // tactic, technique, subtechnique, mitigation, risk, attack, weakness ...

	Tactics     []string `json:"tactics,omitempty"`   // ids, of ATLAS techniques
	Platforms   []string `json:"platforms,omitempty"` // of ATLAS techniques: predictive-ai, generative-ai, agentic-ai, enterprise
	Maturity    string   `json:"maturity,omitempty"`  // of ATLAS techniques: feasible, demonstrated, realized
	Parent      string   `json:"parent,omitempty"`
	Mitigations []string `json:"mitigations,omitempty"` // ids, of ATLAS techniques

	Retired   bool   `json:"retired,omitempty"` // no longer part of the edition
	Successor string `json:"successor,omitempty"`
	URL       string `json:"url,omitempty"`
}

// A Name is what an entry was called from one release on.
type Name struct {
	Name  string
	Since string // the first release that used the name
}

// A Framework is a catalog, with the editions that are known.
type Framework struct {
	Name     string // as in [Entry.Framework]
	Title    string
	Editions []string
	Entries  int // that are not retired
	URL      string
}

// A Source says where embedded data comes from and what its license is.
type Source struct {
	Framework string `json:"framework"`
	Name      string `json:"name"`
	Version   string `json:"version"`
	License   string `json:"license"` // an SPDX identifier where there is one
	URL       string `json:"url"`
	File      string `json:"file"` // below this package
	Notice    string `json:"notice"`
}

// A Set is a consistent collection of frameworks. It is never modified, so
// it may be used from many goroutines.
type Set struct {
	entries map[string]Entry
	order   []string // of entries: framework, edition, then as published
	history map[string]past
	sources []Source
	atlas   string // the edition of ATLAS

	edges func() *edgeIndex // made when first asked for
	names func() *nameIndex
}

// Default returns the embedded data. The first call decodes it.
func Default() *Set { return defaultSet() }

// Lookup returns the entry with exactly this identifier. Retired entries are
// found; [Entry.Retired] tells them apart.
func (s *Set) Lookup(id string) (Entry, bool) {
	e, ok := s.entries[id]
	return e.clone(), ok
}

// Names returns what an ATLAS entry was called over time, oldest first.
// Entries of other frameworks have the one name.
func (s *Set) Names(id string) []Name {
	if h, ok := s.history[id]; ok {
		return slices.Clone(h.names)
	}
	if e, ok := s.entries[id]; ok && e.Name != "" {
		return []Name{{Name: e.Name, Since: e.Edition}}
	}
	return nil
}

// Short returns the name of an entry for people who see its identifier
// beside it: "LLM Prompt Injection: Indirect". An unknown id is returned as it is.
func (s *Set) Short(id string) string {
	e, ok := s.entries[id]
	switch {
	case !ok || e.Name == "":
		return id
	case e.Kind == kindSub:
		if p, ok := s.entries[e.Parent]; ok {
			return p.Name + ": " + e.Name
		}
	}
	return e.Name
}

// Label returns how an entry is named where nothing else tells its framework
// and edition: "ATLAS 2026.07 AML.T0051.001 Indirect". An unknown id is
// returned as it is.
func (s *Set) Label(id string) string {
	e, ok := s.entries[id]
	if !ok {
		return id
	}
	label := e.Framework + " " + e.Edition + " " + e.ID
	switch e.Framework {
	case OWASPLLM, OWASPML, OWASPASI, OWASPGAI:
		label = "OWASP " + e.ID // the edition is in the id
	case CWE:
		label = e.ID // weaknesses keep their meaning
	}
	if e.Name != "" {
		label += " " + e.Name
	}
	if e.Retired {
		label += " (retired)"
	}
	return label
}

// Tactics returns the tactics of ATLAS in the order of its matrix.
func (s *Set) Tactics() []Entry {
	return s.filter(func(e Entry) bool { return e.Kind == kindTactic && !e.Retired })
}

// Entries returns the entries of a framework as published, retired ones
// last. The framework may carry an edition: "OWASP LLM" has thirty entries,
// "OWASP LLM 2025" ten.
func (s *Set) Entries(framework string) []Entry {
	return s.filter(func(e Entry) bool {
		return framework == e.Framework || framework == e.Framework+" "+e.Edition
	})
}

func (s *Set) filter(keep func(Entry) bool) []Entry {
	var list, retired []Entry
	for _, id := range s.order {
		switch e := s.entries[id]; {
		case !keep(e):
		case e.Retired:
			retired = append(retired, e.clone())
		default:
			list = append(list, e.clone())
		}
	}
	return append(list, retired...)
}

// TacticsOf returns the identifiers of the ATLAS tactics an entry serves, in
// the order of the matrix. An entry outside ATLAS inherits them over the
// edges that lead to an ATLAS technique and passed the lint.
func (s *Set) TacticsOf(id string) []string {
	in := make(map[string]bool)
	collect := func(id string) {
		e := s.entries[id]
		if e.Kind == kindTactic {
			in[id] = true
		}
		for _, t := range e.Tactics {
			in[t] = true
		}
	}
	collect(id)
	if e, ok := s.entries[id]; ok && e.Framework != ATLAS {
		for _, edge := range s.Edges(id) {
			if edge.Sound() {
				collect(edge.other(id))
			}
		}
	}
	var list []string
	for _, t := range s.Tactics() {
		if in[t.ID] {
			list = append(list, t.ID)
		}
	}
	return list
}

// Coverage groups techniques by the tactics they serve, the cells of a
// matrix. Identifiers keep the order they came in; those without a tactic
// are left out.
func (s *Set) Coverage(ids []quintain.Technique) map[string][]string {
	cells := make(map[string][]string)
	for _, id := range ids {
		for _, t := range s.TacticsOf(string(id)) {
			if !slices.Contains(cells[t], string(id)) {
				cells[t] = append(cells[t], string(id))
			}
		}
	}
	return cells
}

// Frameworks lists the frameworks in the set.
func (s *Set) Frameworks() []Framework {
	var list []Framework
	for _, src := range s.sources {
		f := Framework{Name: src.Framework, Title: src.Name, URL: src.URL}
		for _, e := range s.Entries(src.Framework) {
			if e.Retired {
				continue
			}
			f.Entries++
			if !slices.Contains(f.Editions, e.Edition) {
				f.Editions = append(f.Editions, e.Edition)
			}
		}
		list = append(list, f)
	}
	return list
}

// Sources lists where the data comes from, with licenses, one per framework.
func (s *Set) Sources() []Source { return slices.Clone(s.sources) }

func (e Entry) clone() Entry {
	e.Tactics = slices.Clone(e.Tactics)
	e.Platforms = slices.Clone(e.Platforms)
	e.Mitigations = slices.Clone(e.Mitigations)
	return e
}

// String returns the identifier and the name.
func (e Entry) String() string { return strings.TrimSpace(e.ID + " " + e.Name) }

// Lookup looks id up in the embedded data; see [Set.Lookup].
func Lookup(id string) (Entry, bool) { return Default().Lookup(id) }

// Label names id with its edition; see [Set.Label].
func Label(id string) string { return Default().Label(id) }

// Short names id without its edition; see [Set.Short].
func Short(id string) string { return Default().Short(id) }

// Tactics returns the embedded ATLAS tactics; see [Set.Tactics].
func Tactics() []Entry { return Default().Tactics() }

// TacticsOf returns the tactics id serves; see [Set.TacticsOf].
func TacticsOf(id string) []string { return Default().TacticsOf(id) }

// Entries returns the embedded entries of a framework; see [Set.Entries].
func Entries(framework string) []Entry { return Default().Entries(framework) }

// Edges returns the embedded edges of id; see [Set.Edges].
func Edges(id string) []Edge { return Default().Edges(id) }

// Frameworks lists the embedded frameworks; see [Set.Frameworks].
func Frameworks() []Framework { return Default().Frameworks() }

// Sources lists the origin of the embedded data; see [Set.Sources].
func Sources() []Source { return Default().Sources() }

// Coverage groups ids by tactic; see [Set.Coverage].
func Coverage(ids []quintain.Technique) map[string][]string { return Default().Coverage(ids) }

// CheckTechniques checks ids against the embedded data; see
// [Set.CheckTechniques].
func CheckTechniques(ids []quintain.Technique) error { return Default().CheckTechniques(ids) }

// Lint checks the references in a text against the embedded data; see
// [Set.Lint].
func Lint(name string, data []byte) []Issue { return Default().Lint(name, data) }

// Migrate reports what changed between two releases; see [Set.Migrate].
func Migrate(from, to string) (*Migration, error) { return Default().Migrate(from, to) }
