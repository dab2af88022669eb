package web

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"quintain"
	"quintain/taxonomy"
)

// A matrixPage shows what the checks and exercises cover of the catalogs.
type matrixPage struct {
	Tactics []column
	Lists   []column
	Covered int // techniques of ATLAS that some check demonstrates
	All     int
	Release string
}

// A column is a tactic with its techniques, or a list with its risks.
type column struct {
	ID, Name, Href string
	Cells          []cell
	Covered        int
}

// A cell is a technique with what is known about it here.
type cell struct {
	ID, Name, Href string
	Checks         int // that demonstrate it or one of its sub-techniques
	Tasks          int // exercises that practice it
}

// Heat returns how much there is, 0 to 4, for the shade of the cell.
func (c cell) Heat() int {
	switch n := c.Checks; {
	case n == 0:
		return 0
	case n <= 2:
		return 1
	case n <= 5:
		return 2
	case n <= 12:
		return 3
	}
	return 4
}

// Text says the cell in words.
func (c cell) Text() string {
	if c.Tasks == 0 {
		return plural(c.Checks, "check", "checks")
	}
	return plural(c.Checks, "check", "checks") + ", " + plural(c.Tasks, "exercise", "exercises")
}

// coverage counts the checks and exercises by technique. A sub-technique
// counts for its parent too, each check once.
type coverage struct{ checks, tasks map[string]map[string]bool }

func (w *Workbench) coverage() coverage {
	c := coverage{make(map[string]map[string]bool), make(map[string]map[string]bool)}
	add := func(to map[string]map[string]bool, ids []quintain.Technique, name string) {
		for _, id := range ids {
			e, ok := taxonomy.Lookup(string(id))
			for _, key := range []string{string(id), e.Parent} {
				if !ok || key == "" {
					continue
				}
				if to[key] == nil {
					to[key] = make(map[string]bool)
				}
				to[key][name] = true
			}
		}
	}
	for _, check := range w.o.Checks {
		if strings.HasPrefix(check.Name, "threat/") {
			continue // a rule says what to test, and tests nothing
		}
		add(c.checks, check.Techniques, check.Name)
	}
	for _, e := range w.o.Range.Exercises() {
		add(c.tasks, slices.Concat(e.Techniques, e.Mitigations), e.ID)
	}
	return c
}

func (c *coverage) cell(e taxonomy.Entry) cell {
	return cell{ID: e.ID, Name: e.Name, Href: "/techniques/" + e.ID, Checks: len(c.checks[e.ID]), Tasks: len(c.tasks[e.ID])}
}

// lists are the lists beside ATLAS that the page shows.
var lists = []string{taxonomy.OWASPLLM + " 2026", taxonomy.OWASPML + " 2023", taxonomy.OWASPASI + " 2026"}

func (w *Workbench) techniques(*http.Request) (*page, error) {
	return &page{Name: "techniques", Title: "Techniques", Section: "Techniques", Command: "quintain checks", Once: func() any { return w.matrix() }}, nil
}

// matrix is made once.
func (w *Workbench) matrix() matrixPage {
	p := matrixPage{}
	cov := w.coverage()
	for _, t := range taxonomy.Tactics() {
		p.Tactics = append(p.Tactics, column{ID: t.ID, Name: t.Name, Href: t.URL})
		p.Release = t.Edition
	}
	for _, e := range taxonomy.Entries(taxonomy.ATLAS) {
		if e.Kind != "technique" || e.Retired {
			continue
		}
		one := cov.cell(e)
		p.All++
		if one.Checks > 0 {
			p.Covered++
		}
		for i := range p.Tactics {
			if slices.Contains(e.Tactics, p.Tactics[i].ID) {
				p.Tactics[i].add(one)
			}
		}
	}
	for _, name := range lists {
		col := column{Name: name}
		for _, e := range taxonomy.Entries(name) {
			if !e.Retired {
				col.add(cov.cell(e))
			}
		}
		if len(col.Cells) > 0 {
			p.Lists = append(p.Lists, col)
		}
	}
	for _, cols := range [][]column{p.Tactics, p.Lists[:0]} {
		for i := range cols {
			slices.SortStableFunc(cols[i].Cells, func(a, b cell) int {
				return cmp.Or(cmp.Compare(min(b.Checks, 1), min(a.Checks, 1)), cmp.Compare(a.Name, b.Name))
			})
		}
	}
	return p
}

func (c *column) add(one cell) {
	c.Cells = append(c.Cells, one)
	if one.Checks > 0 {
		c.Covered++
	}
}

// A techniquePage is one entry of a taxonomy.
type techniquePage struct {
	taxonomy.Entry

	Label       string
	Tactics     []string
	Parent      *link
	Children    []cell
	Checks      []checkRow
	Tasks       []task
	Mitigations []link
	Edges       []edge
	Defenses    []edge
	Names       []taxonomy.Name
}

// An edge is a correspondence with another entry, and who states it.
type edge struct {
	Other    link
	Relation string
	By       string
	Sound    bool
}

func (w *Workbench) technique(r *http.Request) (*page, error) {
	id := r.PathValue("id")
	e, ok := taxonomy.Lookup(id)
	if !ok {
		return nil, w.unknown(id)
	}
	p := techniquePage{Entry: e, Label: taxonomy.Label(id), Names: taxonomy.Default().Names(id)}
	for _, t := range taxonomy.TacticsOf(id) {
		p.Tactics = append(p.Tactics, taxonomy.Short(t))
	}
	if e.Parent != "" {
		p.Parent = &link{e.Parent, taxonomy.Short(e.Parent), "/techniques/" + e.Parent}
	}
	ids := []quintain.Technique{quintain.Technique(id)}
	cov := w.coverage()
	for _, c := range taxonomy.Entries(e.Framework) {
		if c.Parent == id && !c.Retired {
			p.Children = append(p.Children, cov.cell(c))
			ids = append(ids, quintain.Technique(c.ID))
		}
	}
	for _, c := range w.o.Checks {
		if slices.ContainsFunc(c.Techniques, func(t quintain.Technique) bool { return slices.Contains(ids, t) }) {
			p.Checks = append(p.Checks, rowOfCheck(c))
		}
	}
	var err error
	if p.Tasks, err = w.practicing(r, ids...); err != nil {
		return nil, err
	}
	for _, m := range e.Mitigations {
		p.Mitigations = append(p.Mitigations, techniqueLink(m))
	}
	for _, e := range edges(id) {
		if e.Relation == "defends" {
			p.Defenses = append(p.Defenses, e)
		} else {
			p.Edges = append(p.Edges, e)
		}
	}
	return &page{Name: "technique", Title: id, Section: "Techniques", Command: "quintain taxonomy show " + id, Data: p}, nil
}

// edges returns what others say corresponds to an entry.
func edges(id string) []edge {
	var out []edge
	for _, e := range taxonomy.Edges(id) {
		other := e.To
		if other == id {
			other = e.From
		}
		one := edge{Other: link{ID: other, Text: taxonomy.Short(other)}, Relation: e.Relation, By: e.Source, Sound: e.Sound()}
		if _, ok := taxonomy.Lookup(other); ok {
			one.Other.Href = "/techniques/" + other
		}
		if s, ok := taxonomy.Default().EdgeSource(e.Source); ok {
			one.By = s.By
		}
		if !slices.ContainsFunc(out, func(o edge) bool { return o.Other == one.Other && o.By == one.By }) {
			out = append(out, one)
		}
	}
	return out
}

// unknown says that there is no such entry and what may have been meant.
func (w *Workbench) unknown(id string) error {
	var ids []string
	for _, c := range taxonomy.Default().Candidates(id) {
		ids = append(ids, c.ID)
	}
	p := &problem{fmt.Errorf("there is no technique %q", id), http.StatusNotFound, ""}
	if len(ids) > 0 {
		p.hint = "Did you mean " + strings.Join(ids[:min(len(ids), 5)], ", ") + "?"
	}
	return p
}
