package taxonomy

import (
	"fmt"
	"slices"
)

// An Edge is a correspondence between two entries that somebody states.
type Edge struct {
	From, To string

	// Source names who says so; [Set.EdgeSource] describes it. Edges of
	// source "quintain" are ours.
	Source string

	// Relation is how strong the correspondence is said to be: "same",
	// "narrower" (To is part of From), "broader", "related", "crossref",
	// "successor", "renamed", "attack-reference" or "defends".
	Relation string

	// Lint is what became of checking the edge against the name history of
	// ATLAS: "ok", "ok-name-variant", "name-contradicts-id", "unknown-id",
	// "retired-id" in the release of the set, "id-newer-than-pin", or
	// "not-checked" where To is not embedded.
	Lint string

	Label  string // what the source calls To, where it contradicts the name
	Pinned string // the version of To's framework that the source relies on
}

// Sound reports whether the lint found nothing wrong with the edge.
func (e Edge) Sound() bool { return e.Lint == "ok" || e.Lint == "ok-name-variant" }

// Ours reports whether nobody but this project states the edge.
func (e Edge) Ours() bool { return e.Source == "quintain" }

func (e Edge) other(id string) string {
	if e.From == id {
		return e.To
	}
	return e.From
}

// An EdgeSource describes a party that states edges.
type EdgeSource struct {
	ID       string `json:"id"`
	By       string `json:"by"`
	What     string `json:"what"`
	Standing string `json:"standing"` // official, project, machine-assisted, unversioned, third party, ours
}

// Edges returns the stated correspondences from and to an entry, in the
// order of the data. They include wrong ones: see [Edge.Lint].
func (s *Set) Edges(id string) []Edge {
	index := s.edges()
	var list []Edge
	for _, i := range index.of[id] {
		list = append(list, index.edges[i])
	}
	return list
}

// AllEdges returns every stated correspondence, in the order of the data.
func (s *Set) AllEdges() []Edge { return slices.Clone(s.edges().edges) }

// EdgeSource describes the party that an [Edge.Source] names.
func (s *Set) EdgeSource(id string) (EdgeSource, bool) {
	src, ok := s.edges().sources[id]
	return src, ok
}

// An edgeFile is how edges are stored: rows of from, to, source, relation,
// lint and, where they matter, label and pinned version. Defenses are lists of
// one source, the defense first.
type edgeFile struct {
	Sources  []EdgeSource
	Edges    [][]string
	Defenses [][]string
}

// check reports the first row that is too short or names an unknown source.
func (f *edgeFile) check() error {
	known := map[string]bool{aidefendSource: false}
	for _, src := range f.Sources {
		known[src.ID] = true
	}
	for _, row := range f.Edges {
		if len(row) < 5 || len(row) > 7 || !known[row[2]] {
			return fmt.Errorf("taxonomy: edges: %q is not a row of a known source", row)
		}
	}
	for _, row := range f.Defenses {
		if len(row) < 2 || !known[aidefendSource] {
			return fmt.Errorf("taxonomy: edges: %q is not a list of a known source", row)
		}
	}
	return nil
}

// aidefendSource names the source of the defenses, which are stored as lists.
const aidefendSource = "aidefend-2026.06.25"

type edgeIndex struct {
	sources map[string]EdgeSource
	edges   []Edge
	of      map[string][]int // by either end
}

func newEdgeIndex(s *Set, file *edgeFile) *edgeIndex {
	x := &edgeIndex{sources: make(map[string]EdgeSource), of: make(map[string][]int)}
	for _, src := range file.Sources {
		x.sources[src.ID] = src
	}
	add := func(e Edge) {
		if e.Sound() && (s.entries[e.From].Retired || s.entries[e.To].Retired) {
			e.Lint = "retired-id"
		}
		n := len(x.edges)
		x.edges = append(x.edges, e)
		x.of[e.From] = append(x.of[e.From], n)
		if e.To != e.From {
			x.of[e.To] = append(x.of[e.To], n)
		}
	}
	for _, row := range file.Edges {
		e := Edge{From: row[0], To: row[1], Source: row[2], Relation: row[3], Lint: row[4]}
		if len(row) > 5 {
			e.Label = row[5]
		}
		if len(row) > 6 {
			e.Pinned = row[6]
		}
		add(e)
	}
	for _, row := range file.Defenses {
		for _, to := range row[1:] {
			add(Edge{From: row[0], To: to, Source: aidefendSource, Relation: "defends", Lint: "ok"})
		}
	}
	return x
}
