package web

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"slices"
	"strings"

	"quintain/lab"
	"quintain/report"
	"quintain/taxonomy"
)

// An exercisePage is one exercise: the brief, and the bench beside it.
type exercisePage struct {
	exerciseHead

	Brief   template.HTML
	Stages  []stage
	Files   []string
	Gone    bool     // the folder is not there
	Hints   []string // that were shown
	AllHint int
	Drawn   pictureView
	Acts    []lab.Act
	Said    *said
	Needs   []task // exercises to pass before
	Topics  []link
}

// An exerciseHead is what the pages of an exercise have in common.
type exerciseHead struct {
	task

	E      *lab.Exercise
	Module string
	Tab    string
	needs  []task // exercises to pass before
}

// A link is an entry of a taxonomy, or another page.
type link struct{ ID, Text, Href string }

// A said is what an act in the exercise's world showed.
type said struct{ Command, Text, Trouble string }

// A stage is one part of the exercise with what was last seen of it.
type stage struct {
	lab.StageStatus

	Exercise string
	Dir      string
	Editors  []editor
	Others   []string // files to hand in that are not edited here
	Checks   []lab.Check
	Results  []result
	Verdict  *verdict
	Live     string // id of the run that is under way
	Command  string
}

// A verdict is what a check of a stage came to.
type verdict struct {
	Stage, Tone, Word, Text string
}

func (w *Workbench) head(ctx context.Context, r *http.Request, tab string) (exerciseHead, error) {
	e, err := w.o.Range.Exercise(r.PathValue("id"))
	if err != nil {
		return exerciseHead{}, err
	}
	all, err := w.o.Range.List(ctx)
	if err != nil {
		return exerciseHead{}, err
	}
	h := exerciseHead{E: e, Tab: tab}
	for _, s := range all {
		if s.ID == e.ID {
			h.task = w.taskOf(s)
		}
	}
	for _, s := range all {
		if slices.Contains(h.Missing, s.ID) {
			h.needs = append(h.needs, w.taskOf(s))
		}
	}
	s := h.Status
	if h.Module = w.o.Modules[s.Module].Title; h.Module == "" {
		h.Module = title(s.Module)
	}
	return h, nil
}

func (w *Workbench) exercise(r *http.Request) (*page, error) { return w.exerciseWith(r, nil) }

func (w *Workbench) exerciseWith(r *http.Request, what *said) (*page, error) {
	ctx := r.Context()
	h, err := w.head(ctx, r, "brief")
	if err != nil {
		return nil, err
	}
	p := exercisePage{
		exerciseHead: h, Brief: w.prose(body(h.E.Brief)), AllHint: len(h.E.Hints), Acts: h.E.Acts, Said: what,
		Hints: h.E.Hints[:min(h.Hints, len(h.E.Hints))], Needs: h.needs,
	}
	for _, id := range slices.Concat(h.E.Techniques, h.E.Mitigations) {
		p.Topics = append(p.Topics, link{string(id), taxonomy.Short(string(id)), "/techniques/" + string(id)})
	}
	command := "quintain lab start " + h.E.ID
	if h.State != lab.StateNew {
		command = "quintain lab status " + h.E.ID
		p.Files, err = files(h.Dir)
		if p.Gone = errors.Is(err, fs.ErrNotExist); err != nil && !p.Gone {
			return nil, err
		}
	}
	if h.State != lab.StateNew && !p.Gone {
		p.Drawn = w.view(ctx, h.E)
	}
	grades, err := w.o.Range.LastGrades(ctx, h.E.ID)
	if err != nil {
		return nil, err
	}
	p.Stages = w.stages(h, grades)
	return &page{Name: "exercise", Title: h.E.ID + " " + h.E.Title, Section: "Range", Command: command, Data: p}, nil
}

// stages returns the stages of an exercise with what is known of each.
func (w *Workbench) stages(h exerciseHead, grades []*lab.Grade) []stage {
	var out []stage
	for i, st := range h.Stages {
		s := stage{
			StageStatus: st, Exercise: h.E.ID, Dir: h.Dir, Checks: h.E.Stages[i].Checks,
			Command: fmt.Sprintf("quintain lab check %s %s", h.E.ID, st.ID),
		}
		if h.State != lab.StateNew {
			s.Editors, s.Others = editors(h.Dir, h.E.Stages[i].HandIn)
		}
		if l := w.runs.of(checkSubject(h.E.ID, st.ID)); l != nil && h.Attempt > 0 {
			if l.running() {
				s.Live = l.ID
			} else if o, ok := l.outcome().(checked); ok && o.Attempt == h.Attempt {
				s.Verdict = o.Verdict
			}
		}
		for _, g := range grades {
			if g.Stage == st.ID && s.Live == "" && s.Verdict == nil {
				s.Verdict = verdictOf(st.ID, g, nil)
				for _, res := range g.Results {
					s.Results = append(s.Results, resultOf(res))
				}
			}
		}
		out = append(out, s)
	}
	return out
}

func checkSubject(id, stage string) string { return "the check of stage " + stage + " of " + id }

// checked is what a run of a check leaves behind, beside the grade that the
// range keeps.
type checked struct {
	Attempt int
	Verdict *verdict // that nothing was graded, or nil
}

// runCheck saves what the form holds, and checks a stage.
func (w *Workbench) runCheck(rw http.ResponseWriter, r *http.Request) {
	h, err := w.head(r.Context(), r, "brief")
	if err == nil {
		err = saveForm(h, r)
	}
	stage := r.PostFormValue("stage")
	if err == nil && h.E.Stage(stage) == nil {
		err = notFound("exercise %s has no stage %q", h.E.ID, stage)
	}
	if err != nil {
		w.failForm(rw, r, err)
		return
	}
	href := fmt.Sprintf("/exercises/%s#stage-%s", h.E.ID, stage)
	w.serveLive(rw, r, checkSubject(h.E.ID, stage), href, func(ctx context.Context, l *live) {
		w.checkStage(ctx, l, h, stage)
	})
}

// checkStage grades a stage and tells each result as it comes.
func (w *Workbench) checkStage(ctx context.Context, l *live, h exerciseHead, stage string) {
	out := checked{Attempt: h.Attempt}
	l.tell(message{"say", "Checking stage " + stage})
	g, err := w.o.Range.Check(ctx, h.E.ID, stage, func(res lab.Result) {
		one := resultOf(res)
		l.tell(piece("add", "result", one), message{"say", one.Line()})
	})
	v := verdictOf(stage, g, err)
	if err != nil {
		out.Verdict = v
	}
	ms := []message{piece("swap", "verdict", v), {"say", v.Word + ". " + v.Text}}
	if s, err := w.o.Range.Status(ctx, h.E.ID); err == nil {
		h.task = w.taskOf(s)
		ms = append(ms, piece("swap", "standing", h))
	}
	if h.E.Picture != nil {
		ms = append(ms, piece("swap", "picture", w.view(ctx, h.E)))
	}
	l.end(out, ms...)
}

// piece makes a message of a part of a page.
func piece(event, name string, data any) message {
	s, err := fragment(name, data)
	if err != nil {
		return message{"say", "This could not be shown: " + err.Error()}
	}
	return message{event, s}
}

func verdictOf(stage string, g *lab.Grade, err error) *verdict {
	switch {
	case err != nil:
		return &verdict{stage, "stale", "Not graded", report.Line(err.Error()) + ". Nothing was recorded; this is not about your work."}
	case g.Passed:
		return &verdict{stage, "resisted", "Passed", plural(len(g.Results), "check holds", "checks hold") + "."}
	case g.Withheld == 0:
		return &verdict{stage, "failed", "Not yet", "The last check does not hold."}
	}
	return &verdict{stage, "failed", "Not yet", "It stops at the first check that fails; " + plural(g.Withheld, "more was", "more were") + " not tried."}
}

func (w *Workbench) start(r *http.Request) (string, error) {
	id := r.PathValue("id")
	_, err := w.o.Range.Start(r.Context(), id)
	return "/exercises/" + strings.ToUpper(id), err
}

func (w *Workbench) reset(r *http.Request) (string, error) {
	id := r.PathValue("id")
	_, err := w.o.Range.Reset(r.Context(), id)
	return "/exercises/" + strings.ToUpper(id), err
}

func (w *Workbench) hint(r *http.Request) (string, error) {
	id := r.PathValue("id")
	_, _, err := w.o.Range.Hint(r.Context(), id)
	return "/exercises/" + strings.ToUpper(id) + "#hints", err
}
