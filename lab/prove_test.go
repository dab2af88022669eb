package lab_test

import (
	"context"
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"

	"quintain/lab"
)

// TestProve plants one fault of an author at a time in an exercise that is
// sound, and wants it found.
func TestProve(t *testing.T) {
	reference, mistake := 0, 1
	for name, c := range map[string]struct {
		plant    func(e *lab.Exercise)
		solution int
		want     string // in the error; empty: none
	}{
		"sound":         {func(*lab.Exercise) {}, reference, ""},
		"sound mistake": {func(*lab.Exercise) {}, mistake, ""},
		"takes anything": {func(e *lab.Exercise) {
			e.Stages[0].Checks[1].Measure = func(context.Context, *lab.Attempt) (lab.Reading, error) { return lab.Verdict(true, ""), nil }
		}, mistake, "passes, and must not"},
		"refuses the reference": {func(e *lab.Exercise) { e.Stages[0].Checks[0].Limit = 3 }, reference, "the reference"},
		"fails elsewhere":       {func(e *lab.Exercise) { e.Solutions[1].Fails = "b/word" }, mistake, "want b/word"},
		"two grades": {func(e *lab.Exercise) {
			n := 0
			e.Stages[0].Checks[0].Measure = func(context.Context, *lab.Attempt) (lab.Reading, error) {
				n++
				return lab.Reading{Value: float64(n) + 5}, nil
			}
		}, reference, "grades differ"},
		"two set-ups": {func(e *lab.Exercise) {
			n := 0
			e.Setup = func(_ context.Context, w *lab.Setup) error { n++; return w.Writef("number.txt", "%d", n) }
		}, reference, "differs"},
		"gives the word away": {func(e *lab.Exercise) {
			e.Setup = func(_ context.Context, w *lab.Setup) error {
				return w.Writef("note.txt", "psst: %s", w.Secret("word", 8))
			}
		}, reference, `gives away the secret "word"`},
		"acts that cannot be done again": {func(e *lab.Exercise) {
			n := 0
			ask := e.Acts[0].Run
			e.Acts[0].Run = func(ctx context.Context, a *lab.Attempt, args []string, out io.Writer) error {
				n++
				return ask(ctx, a, append(args, strconv.Itoa(n)), out)
			}
		}, reference, "cannot be done again: act 1, ask: event 1"},
		"breaks": {func(e *lab.Exercise) {
			e.Setup = func(context.Context, *lab.Setup) error { return errors.New("no disk") }
		}, reference, "no disk"},
		"styles its picture": {func(e *lab.Exercise) {
			e.Picture = func(context.Context, *lab.Attempt) ([]byte, error) {
				return []byte(`<svg><rect style="fill:red"/></svg>`), nil
			}
		}, reference, "style"},
	} {
		e := toy("F01")
		c.plant(e)
		_, err := lab.Prove(t.Context(), e, lab.Trial{Solution: &e.Solutions[c.solution], Dir: t.TempDir()})
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: Prove = %v, want %q", name, err, c.want)
		}
	}
	e := toy("F01")
	for i := range e.Stages {
		e.Stages[i].Checks = e.Stages[i].Checks[:1]
		e.Stages[i].Checks[0].Measure = func(context.Context, *lab.Attempt) (lab.Reading, error) {
			return lab.Reading{Value: 9, Holds: true}, nil
		}
	}
	if _, err := lab.Prove(t.Context(), e, lab.Trial{Dir: t.TempDir()}); err == nil {
		t.Error("an exercise that is solved already was not found")
	}
}

// TestValidate breaks one rule at a time.
func TestValidate(t *testing.T) {
	if err := toy("F01").Validate(); err != nil {
		t.Errorf("Validate of a sound exercise = %v", err)
	}
	for want, breakIt := range map[string]func(e *lab.Exercise){
		"id":             func(e *lab.Exercise) { e.ID = "one" },
		"title":          func(e *lab.Exercise) { e.Title = "" },
		"brief":          func(e *lab.Exercise) { e.Brief = "Do it." },
		"lesson":         func(e *lab.Exercise) { e.Lesson = "" },
		"hints":          func(e *lab.Exercise) { e.Hints = e.Hints[:2] },
		"skill":          func(e *lab.Exercise) { e.Skills = nil },
		"mode":           func(e *lab.Exercise) { e.Stages[0].Mode = "watch" },
		"two checks":     func(e *lab.Exercise) { e.Stages[0].Checks[1].ID = "ratio" },
		"comparison":     func(e *lab.Exercise) { e.Stages[0].Checks[0].Op = "" },
		"limit":          func(e *lab.Exercise) { e.Stages[0].Checks[1].Limit = 1 },
		"no check of it": func(e *lab.Exercise) { e.Solutions[1].Fails = "a/other" },
		"at least one":   func(e *lab.Exercise) { e.Solutions = e.Solutions[:1] },
	} {
		e := toy("F01")
		breakIt(e)
		if err := e.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Validate = %v, want an error with %q", err, want)
		}
	}
}
