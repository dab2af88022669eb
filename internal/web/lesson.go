package web

import (
	"bytes"
	"encoding/json"
	"html/template"
	"net/http"
	"strings"

	"quintain/lab"
	"quintain/ledger"
	"quintain/report"
)

// A textPage is an exercise's lesson or solution.
type textPage struct {
	exerciseHead

	Text    template.HTML
	Trouble string
}

func (w *Workbench) lesson(r *http.Request) (*page, error) {
	h, err := w.head(r.Context(), r, "lesson")
	if err != nil {
		return nil, err
	}
	return &page{
		Name: "lesson", Title: "Lesson of " + h.E.ID, Section: "Range", Command: "quintain lab lesson " + h.E.ID,
		Data: textPage{exerciseHead: h, Text: w.prose(h.E.Lesson)},
	}, nil
}

// askSolution shows the solution to those who have passed and asks the others
// whether they mean it, because then only a fresh attempt can count.
func (w *Workbench) askSolution(r *http.Request) (*page, error) {
	h, err := w.head(r.Context(), r, "solution")
	if err != nil {
		return nil, err
	}
	t := textPage{exerciseHead: h}
	if h.State == lab.StatePassed {
		t.Text = w.prose(h.E.Solution)
	}
	return solutionPage(t), nil
}

// solution shows the solution and records that it was shown.
func (w *Workbench) solution(r *http.Request) (*page, error) {
	h, err := w.head(r.Context(), r, "solution")
	if err != nil {
		return nil, err
	}
	text, err := w.o.Range.Solution(r.Context(), h.E.ID)
	if err != nil {
		return nil, err
	}
	return solutionPage(textPage{exerciseHead: h, Text: w.prose(text)}), nil
}

func solutionPage(t textPage) *page {
	return &page{Name: "solution", Title: "Solution of " + t.E.ID, Section: "Range", Command: "quintain lab solution " + t.E.ID, Data: t}
}

// act does something in the exercise's world.
func (w *Workbench) act(r *http.Request) (*page, error) {
	h, err := w.head(r.Context(), r, "brief")
	if err != nil {
		return nil, err
	}
	name, args := r.PostFormValue("name"), words(r.PostFormValue("args"))
	what := &said{Command: report.Shell(append([]string{"quintain", "lab", "act", h.E.ID, name}, args...))}
	var out bytes.Buffer
	if err := w.o.Range.Act(r.Context(), h.E.ID, name, args, &out); err != nil {
		what.Trouble = err.Error()
	}
	what.Text = report.Clip(out.String(), maxSaid)
	return w.exerciseWith(r, what)
}

// maxSaid is how many characters of what an act shows are on the page.
const maxSaid = 64 << 10

// words splits a line at blanks, except between quotes.
func words(line string) []string {
	var list []string
	var b strings.Builder
	quote, open := rune(0), false
	for _, c := range line {
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote, open = c, true
		case quote == 0 && (c == ' ' || c == '\t' || c == '\n' || c == '\r'):
			if open || b.Len() > 0 {
				list = append(list, b.String())
			}
			b.Reset()
			open = false
		default:
			b.WriteRune(c)
		}
	}
	if open || b.Len() > 0 {
		list = append(list, b.String())
	}
	return list
}

// A ledgerPage is what really happened in an attempt.
type ledgerPage struct {
	exerciseHead

	Events []event
	More   int // events before those that are shown
	Head   string
}

type event struct {
	ledger.Event

	Detail string // arguments, on several lines
	Tone   string
}

// maxEvents is how many events a page shows.
const maxEvents = 500

// tones are the colors of the kinds of event that are not neutral.
var tones = map[string]string{
	ledger.KindCall: "accent", ledger.KindEgress: "stale", ledger.KindChange: "stale", ledger.KindCanary: "failed",
}

func (w *Workbench) ledger(r *http.Request) (*page, error) {
	h, err := w.head(r.Context(), r, "ledger")
	if err != nil {
		return nil, err
	}
	p := ledgerPage{exerciseHead: h}
	if h.State != lab.StateNew {
		l, err := w.o.Range.Ledger(r.Context(), h.E.ID)
		if err != nil {
			return nil, err
		}
		all := l.Events()
		if n := len(all); n > maxEvents {
			all, p.More = all[n-maxEvents:], n-maxEvents
		}
		for _, e := range all {
			var b bytes.Buffer
			if len(e.Args) > 0 && json.Indent(&b, e.Args, "", "  ") != nil {
				b.Write(e.Args)
			}
			e.Text = report.Clip(e.Text, 4000)
			p.Events = append(p.Events, event{e, report.Clip(b.String(), 4000), tones[e.Kind]})
		}
		p.Head = l.Head().Short()
	}
	return &page{Name: "ledger", Title: "Ledger of " + h.E.ID, Section: "Range", Command: "quintain lab ledger " + h.E.ID, Data: p}, nil
}
