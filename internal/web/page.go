package web

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"math"
	"net/http"
	"strings"
	"sync"

	"quintain/curriculum"
	"quintain/lab"
	"quintain/report"
)

//go:embed templates/*.tmpl
var templateFiles embed.FS

// templates is parsed when the first page is written. Every test writes one,
// so that the panic cannot be reached in a binary that passed them.
var templates = sync.OnceValue(func() *template.Template {
	t := template.New("").Funcs(template.FuncMap{
		"mark":     func() template.HTML { return template.HTML(markSVG) },
		"number":   report.Number,
		"describe": report.Describe,
		"list":     func(v ...any) []any { return v },
		"minutes":  minutes,
		"plural":   plural,
		"title":    title,
		"hours":    curriculum.Hours,
		"span":     func(hours float64) string { return curriculum.Hours(int(math.Round(60 * hours))) },
		"flags":    func(command string) template.HTML { return template.HTML(unbroken(template.HTMLEscapeString(command))) },
	})
	return template.Must(t.ParseFS(templateFiles, "templates/*.tmpl"))
})

// A page is what one address shows.
type page struct {
	Name    string // of the template of its main part
	Title   string // of the window
	Section string // of the navigation that is lit
	Command string // that does the same
	Data    any

	// Once makes Data where the main part of the page is the same as long as
	// the workbench runs.
	Once func() any

	Status int // 0 is 200
}

// A frame is what every page has around it.
type frame struct {
	*page
	Nav     []navItem
	Version string
	Style   string // address, with the digest
	Script  string
}

type navItem struct {
	Name, Href, Icon string
	On               bool
}

// nav returns the sections that there are.
func (w *Workbench) nav(p *page) []navItem {
	items := []navItem{
		{Name: "Home", Href: "/", Icon: "home"},
		{Name: "Range", Href: "/exercises", Icon: "range"},
	}
	if w.o.Curriculum != nil {
		items = append(items, navItem{Name: "Path", Href: "/path", Icon: "path"})
	}
	if w.o.Assess != nil {
		items = append(items, navItem{Name: "Assessments", Href: "/assessments", Icon: "assess"})
	}
	items = append(items,
		navItem{Name: "Checks", Href: "/checks", Icon: "checks"},
		navItem{Name: "Techniques", Href: "/techniques", Icon: "techniques"},
		navItem{Name: "Settings", Href: "/settings", Icon: "settings"},
	)
	for i := range items {
		items[i].On = items[i].Name == p.Section
	}
	return items
}

// write sends a page, whole or not at all.
func (w *Workbench) write(rw http.ResponseWriter, r *http.Request, status int, p *page) {
	f := frame{page: p, Version: w.o.Tool.Version, Style: address("style.css"), Script: address("workbench.js")}
	if p.Name != "locked" {
		f.Nav = w.nav(p)
	}
	b, err := w.render("layout", f)
	if err != nil {
		http.Error(rw, "This page could not be made: "+report.Line(err.Error()), http.StatusInternalServerError)
		return
	}
	rw.Header().Set("Content-Type", "text/html; charset=utf-8")
	rw.WriteHeader(status)
	if r.Method != http.MethodHead {
		rw.Write(b) //nolint:errcheck // the reader is gone
	}
}

// render executes the layout with the page in its middle.
func (w *Workbench) render(layout string, f frame) ([]byte, error) {
	content, err := w.content(f.page)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = templates().ExecuteTemplate(&b, layout, struct {
		frame
		Main template.HTML
	}{f, content})
	// The templates have made everything text; this makes all of it show.
	return []byte(report.Visible(b.String())), err
}

// content returns the main part of a page.
func (w *Workbench) content(p *page) (template.HTML, error) {
	if p.Once == nil {
		return content(p.Name, p.Data)
	}
	if v, ok := w.fixed.Load(p.Name); ok {
		if out, ok := v.(template.HTML); ok {
			return out, nil
		}
	}
	out, err := content(p.Name, p.Once())
	if err == nil {
		w.fixed.Store(p.Name, out)
	}
	return out, err
}

func content(name string, data any) (template.HTML, error) {
	var b bytes.Buffer
	err := templates().ExecuteTemplate(&b, name, data)
	return template.HTML(b.String()), err
}

// fragment renders a part of a page.
func fragment(name string, data any) (string, error) {
	var b bytes.Buffer
	err := templates().ExecuteTemplate(&b, name, data)
	return report.Visible(b.String()), err
}

// part renders a part of which a page has many, once for each key. The key
// tells all that the part shows; of keys there are few.
func (w *Workbench) part(name, key string, data any) template.HTML {
	key = name + "|" + key
	if v, ok := w.parts.Load(key); ok {
		if out, ok := v.(template.HTML); ok {
			return out
		}
	}
	s, err := fragment(name, data)
	if err != nil {
		return template.HTML(template.HTMLEscapeString(err.Error()))
	}
	w.parts.Store(key, template.HTML(s))
	return template.HTML(s)
}

// shown makes a handler of a page.
func (w *Workbench) shown(page func(*http.Request) (*page, error)) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		p, err := page(r)
		if err != nil {
			w.fail(rw, r, err)
			return
		}
		w.write(rw, r, max(p.Status, http.StatusOK), p)
	})
}

// done makes a handler of what changes something and then shows a page, whose
// address act returns.
func (w *Workbench) done(act func(*http.Request) (string, error)) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		to, err := act(r)
		if err != nil {
			w.fail(rw, r, err)
			return
		}
		http.Redirect(rw, r, to, http.StatusSeeOther)
	})
}

// A problem is an error with what can be done about it.
type problem struct {
	error

	status int
	hint   string
}

func (p *problem) Unwrap() error { return p.error }

func notFound(format string, args ...any) error {
	return &problem{fmt.Errorf(format, args...), http.StatusNotFound, ""}
}

// fail shows an error as a page.
func (w *Workbench) fail(rw http.ResponseWriter, r *http.Request, err error) {
	status, hint := explain(err)
	w.write(rw, r, status, &page{Name: "error", Title: http.StatusText(status), Data: trouble{status, err.Error(), hint}})
}

type trouble struct {
	Status  int
	Message string
	Hint    string
}

// explain returns the status of an error and what can be done about it.
func explain(err error) (status int, hint string) {
	if p, ok := errors.AsType[*problem](err); ok {
		return p.status, p.hint
	}
	if h, ok := errors.AsType[interface {
		error
		Hint() string
	}](err); ok {
		hint = h.Hint()
	}
	switch {
	case errors.Is(err, lab.ErrUnknown):
		return http.StatusNotFound, "The range lists the exercises."
	case errors.Is(err, lab.ErrNoAttempt):
		return http.StatusConflict, "Start it first."
	case errors.Is(err, lab.ErrConflict):
		return http.StatusConflict, "Reload the page to see what it did."
	}
	return http.StatusInternalServerError, hint
}

// nothing answers for addresses that have no page.
func (*Workbench) nothing(r *http.Request) (*page, error) {
	return nil, notFound("there is no page %q", r.URL.Path)
}

// minutes prints a duration for people: "45 min", "1 h 30 min".
func minutes(n int) string {
	switch {
	case n < 60:
		return fmt.Sprintf("%d min", n)
	case n%60 == 0:
		return fmt.Sprintf("%d h", n/60)
	}
	return fmt.Sprintf("%d h %d min", n/60, n%60)
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// title starts a word with a capital letter.
func title(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
