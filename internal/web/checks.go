package web

import (
	"html/template"
	"net/http"
	"slices"
	"strings"

	"quintain"
	"quintain/report"
	"quintain/taxonomy"
)

// A checksPage is the catalog of checks.
type checksPage struct {
	Query   string
	Engines []engine
	N, All  int
}

// An engine is the checks that share the first word of their names.
type engine struct {
	Name, Doc string
	Checks    []checkRow
}

// A checkRow is a check in the list.
type checkRow struct {
	*quintain.Check

	Href   string
	First  link
	More   int
	Accept string
}

// engineDocs say what the engines do.
var engineDocs = map[string]string{
	"scan":   "model artifacts: what runs, leaks or lies when they are loaded",
	"attack": "learned models: what an attacker makes them decide, or learns from them",
	"probe":  "applications and agents: what strangers make them say and do",
	"threat": "rules over the system model: what can go wrong where, and which checks settle it",
	"defend": "measures of what a defense stops and what it costs",
	"guard":  "the gateway and its policy",
}

func (w *Workbench) checks(r *http.Request) (*page, error) {
	q := strings.TrimSpace(r.URL.Query().Get("q"))
	p := &page{Name: "checks", Title: "Checks", Section: "Checks", Command: "quintain checks"}
	if q == "" {
		p.Once = func() any { return w.found("") }
		return p, nil
	}
	p.Command, p.Data = report.Shell([]string{"quintain", "checks", q}), w.found(q)
	return p, nil
}

// found returns the checks that a query finds.
func (w *Workbench) found(q string) checksPage {
	p := checksPage{Query: q, All: len(w.o.Checks)}
	for _, c := range w.o.Checks {
		if !matches(c, q) {
			continue
		}
		p.N++
		name, _, _ := strings.Cut(c.Name, "/")
		i := slices.IndexFunc(p.Engines, func(e engine) bool { return e.Name == name })
		if i < 0 {
			p.Engines, i = append(p.Engines, engine{Name: name, Doc: engineDocs[name]}), len(p.Engines)
		}
		p.Engines[i].Checks = append(p.Engines[i].Checks, rowOfCheck(c))
	}
	return p
}

func matches(c *quintain.Check, q string) bool {
	q = strings.ToLower(q)
	return q == "" || strings.Contains(c.Name, q) || strings.Contains(strings.ToLower(c.Title()), q) ||
		slices.ContainsFunc(c.Techniques, func(t quintain.Technique) bool {
			return strings.Contains(strings.ToLower(string(t)+" "+taxonomy.Short(string(t))), q)
		})
}

func rowOfCheck(c *quintain.Check) checkRow {
	row := checkRow{Check: c, Href: "/checks/" + c.Name, More: max(len(c.Techniques)-1, 0)}
	if len(c.Techniques) > 0 {
		row.First = techniqueLink(string(c.Techniques[0]))
	}
	kinds := make([]string, 0, len(c.Accepts))
	for _, k := range c.Accepts {
		kinds = append(kinds, string(k))
	}
	row.Accept = strings.Join(kinds, ", ")
	return row
}

func techniqueLink(id string) link { return link{id, taxonomy.Short(id), "/techniques/" + id} }

// A checkPage is the manual page of a check.
type checkPage struct {
	checkRow

	Body       template.HTML
	Techniques []link
	Tasks      []task // exercises that practice one of its techniques
	Twins      []link // checks that demonstrate its most specific technique
}

func (w *Workbench) check(r *http.Request) (*page, error) {
	name := r.PathValue("name")
	i := slices.IndexFunc(w.o.Checks, func(c *quintain.Check) bool { return c.Name == name })
	if i < 0 {
		return nil, notFound("there is no check %q", name)
	}
	c := w.o.Checks[i]
	_, rest, _ := strings.Cut(c.Doc, "\n")
	p := checkPage{checkRow: rowOfCheck(c), Body: w.prose(rest)}
	var err error
	for _, t := range c.Techniques {
		p.Techniques = append(p.Techniques, techniqueLink(string(t)))
	}
	if p.Tasks, err = w.practicing(r, c.Techniques...); err != nil {
		return nil, err
	}
	for _, o := range w.o.Checks {
		if o != c && slices.Contains(o.Techniques, c.Techniques[0]) {
			p.Twins = append(p.Twins, link{o.Name, o.Title(), "/checks/" + o.Name})
		}
	}
	return &page{Name: "check", Title: c.Name, Section: "Checks", Command: "quintain explain " + c.Name, Data: p}, nil
}

// practicing returns the exercises that practice one of the techniques.
func (w *Workbench) practicing(r *http.Request, ids ...quintain.Technique) ([]task, error) {
	all, err := w.o.Range.List(r.Context())
	if err != nil {
		return nil, err
	}
	var out []task
	for i, e := range w.o.Range.Exercises() {
		if slices.ContainsFunc(slices.Concat(e.Techniques, e.Mitigations), func(t quintain.Technique) bool { return slices.Contains(ids, t) }) {
			out = append(out, w.taskOf(all[i]))
		}
	}
	return out, nil
}
