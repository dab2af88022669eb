package web

import (
	"context"
	"fmt"
	"html/template"
	"net/http"
	"strings"

	"quintain/lab"
	"quintain/report"
)

// A home is the first page: the next step of each of the two doors, and the
// map of what is done.
type home struct {
	Next    *task
	NextWhy string
	Lead    string
	Modules []module
	Tally   tally
	Assess  bool
	Runs    []runRow
	More    int // runs that are not shown
}

// A tally is how far the learner has come, in numbers.
type tally struct {
	Passed, Exercises int
	Stages, AllStages int
	Alone             int // exercises that were passed without hints
	Due               int
	Minutes           int // that the passed exercises take
}

// A module is a part of the curriculum with its exercises.
type module struct {
	Name, Title, About string
	Tasks              []task
	Passed             int
}

// A task is an exercise as lists show it.
type task struct {
	lab.Status

	Href   string
	Shield shield
	Tile   template.HTML
}

// Word says in a word or two how far the learner has come.
func (t task) Word() string {
	switch {
	case t.Stale:
		return "due again"
	case t.State == lab.StatePassed:
		return "passed"
	case t.State == lab.StateStarted:
		return "under way"
	case len(t.Missing) > 0:
		return "after " + strings.Join(t.Missing, ", ")
	}
	return "new"
}

// Tone returns the name of the color that goes with the state.
func (t task) Tone() string {
	switch {
	case t.Stale:
		return "stale"
	case t.State == lab.StatePassed:
		return "resisted"
	case t.State == lab.StateStarted:
		return "accent"
	}
	return "unreachable"
}

// Verb says what the button of the exercise does.
func (t task) Verb() string {
	switch t.State {
	case lab.StateNew:
		return "Start"
	case lab.StatePassed:
		return "Look again"
	case lab.StateStarted:
	}
	return "Continue"
}

// A shield is the arms of an exercise: one part for each stage, charged with
// what is done there, colored when it is passed.
type shield struct {
	Parts []part
	Text  string
}

type part struct {
	X, W   float64
	CX, CY float64 // of the charge
	Size   float64
	Mode   lab.Mode
	Passed bool
}

// The drawing of a shield is 48 units wide, its field 42.
const (
	shieldLeft  = 3.0
	shieldWidth = 42.0
)

func shieldOf(s lab.Status) shield {
	var out shield
	words := make([]string, 0, len(s.Stages))
	w := shieldWidth / float64(max(len(s.Stages), 1))
	for i, st := range s.Stages {
		x := shieldLeft + w*float64(i)
		size := min(w-1, 20)
		out.Parts = append(out.Parts, part{
			X: round(x), W: round(w), CX: round(x + w/2 - size/2), CY: round(24 - size/2), Size: round(size), Mode: st.Mode, Passed: st.Passed,
		})
		words = append(words, string(st.Mode)+map[bool]string{true: " passed", false: " open"}[st.Passed])
	}
	out.Text = strings.Join(words, ", ")
	return out
}

func (w *Workbench) taskOf(s lab.Status) task {
	t := task{Status: s, Href: "/exercises/" + s.ID, Shield: shieldOf(s)}
	t.Tile = w.part("tile", fmt.Sprintf("%s|%s|%s|%t|%d|%s", t.ID, t.Word(), t.Tone(), t.Next, t.Level, t.Shield.Text), t)
	return t
}

// modules returns every exercise by its module, and the tally of them.
func (w *Workbench) modules(ctx context.Context) ([]module, tally, error) {
	all, err := w.o.Range.List(ctx)
	if err != nil {
		return nil, tally{}, err
	}
	var list []module
	var n tally
	for _, s := range all {
		if len(list) == 0 || list[len(list)-1].Name != s.Module {
			about := w.o.Modules[s.Module]
			if about.Title == "" {
				about.Title = title(s.Module)
			}
			list = append(list, module{Name: s.Module, Title: about.Title, About: about.About})
		}
		m := &list[len(list)-1]
		m.Tasks = append(m.Tasks, w.taskOf(s))
		n.Exercises++
		n.AllStages += len(s.Stages)
		for _, st := range s.Stages {
			if st.Passed {
				n.Stages++
			}
		}
		if s.Level >= lab.LevelHinted {
			n.Passed++
			n.Minutes += s.Minutes
			m.Passed++
		}
		if s.Level >= lab.LevelUnhinted {
			n.Alone++
		}
		if s.Stale {
			n.Due++
		}
	}
	return list, n, nil
}

func (w *Workbench) home(r *http.Request) (*page, error) {
	mods, n, err := w.modules(r.Context())
	if err != nil {
		return nil, err
	}
	h := home{Modules: mods, Tally: n, Assess: w.o.Assess != nil}
	for i := range mods {
		for j := range mods[i].Tasks {
			if t := &mods[i].Tasks[j]; t.Next {
				h.Next, h.Lead, h.NextWhy = t, report.Clip(w.leadOf(t.ID), 320), nextWhy(t, n)
			}
		}
	}
	if h.Runs, err = w.runRows(); err != nil {
		return nil, err
	}
	if len(h.Runs) > 3 {
		h.Runs, h.More = h.Runs[:3], len(h.Runs)-3
	}
	return &page{Name: "home", Title: "Home", Section: "Home", Command: "quintain lab next", Data: h}, nil
}

// leadOf returns the first paragraph of the brief of an exercise.
func (w *Workbench) leadOf(id string) string {
	e, err := w.o.Range.Exercise(id)
	if err != nil {
		return ""
	}
	return lead(body(e.Brief))
}

// nextWhy says why an exercise is the next step.
func nextWhy(t *task, n tally) string {
	switch {
	case t.State == lab.StateStarted:
		return "You are in the middle of it"
	case t.Stale:
		return "Passed before, and due again: what is not used fades"
	case n.Passed == 0:
		return "A first result in less than an hour"
	case len(t.Missing) > 0:
		return "What is left builds on each other"
	}
	return "Next on your path"
}

// A rangePage is the list of all exercises.
type rangePage struct {
	Modules []module
	Tally   tally
}

func (w *Workbench) exercises(r *http.Request) (*page, error) {
	mods, n, err := w.modules(r.Context())
	if err != nil {
		return nil, err
	}
	return &page{Name: "exercises", Title: "Range", Section: "Range", Command: "quintain lab list", Data: rangePage{mods, n}}, nil
}
