package lab_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"quintain/lab"
	"quintain/ledger"
)

// toy is an exercise that takes no time: hand in the number in the file given,
// doubled, then the word that asking reveals.
func toy(id string) *lab.Exercise {
	type answer struct {
		Double float64 `yaml:"double"`
	}
	number := func(s *lab.Source) float64 { return float64(s.Public("number")) }
	return &lab.Exercise{
		ID: id, Name: "lab/toys/" + strings.ToLower(id), Title: "Twice", Industry: "none", Minutes: 1,
		Brief: strings.Repeat("Double it. ", 40), Lesson: strings.Repeat("Twice two is four. ", 80), Solution: "Multiply by two.",
		Skills: []string{"br-ml-metrics"}, Hints: []string{"direction", "method", "near"},
		Setup: func(_ context.Context, w *lab.Setup) error {
			return w.Writef("number.txt", "%v\n", number(w.Source))
		},
		Acts: []lab.Act{{Name: "ask", Usage: "WORD", Doc: "ask", Run: func(_ context.Context, a *lab.Attempt, args []string, out io.Writer) error {
			_, err := a.Ledger.Append(ledger.Event{Kind: ledger.KindNote, Actor: "learner", Text: strings.Join(args, " ")})
			io.WriteString(out, a.Secret("word", 8)) //nolint:errcheck // a buffer
			return err
		}}},
		Stages: []lab.Stage{
			{ID: "a", Mode: lab.Analyze, Goal: "Double the number", HandIn: []string{"answer.yaml"}, Checks: []lab.Check{
				{ID: "ratio", Type: lab.Metric, What: "ratio of answer and number", Op: lab.AtLeast, Limit: 2, Show: "cat number.txt", Measure: func(_ context.Context, a *lab.Attempt) (lab.Reading, error) {
					var got answer
					err := a.YAML("answer.yaml", &got)
					return lab.Reading{Value: got.Double / number(a.Source)}, err
				}},
				{ID: "not-more", Type: lab.Answer, What: "the answer", Show: "cat number.txt", Measure: func(_ context.Context, a *lab.Attempt) (lab.Reading, error) {
					var got answer
					err := a.YAML("answer.yaml", &got)
					return lab.Verdict(got.Double == 2*number(a.Source), "%v", got.Double), err
				}},
			}},
			{ID: "b", Mode: lab.Attack, Goal: "Learn the word", HandIn: []string{"word.txt"}, Checks: []lab.Check{
				{ID: "asked", Type: lab.Event, What: "the world was asked", Show: "quintain lab act " + id + " ask", Measure: func(_ context.Context, a *lab.Attempt) (lab.Reading, error) {
					n := len(a.Ledger.Events())
					return lab.Verdict(n > 0, "%d events", n), nil
				}},
				{ID: "word", Type: lab.Proof, What: "the word", Show: "quintain lab act " + id + " ask", Measure: func(_ context.Context, a *lab.Attempt) (lab.Reading, error) {
					b, err := a.File("word.txt")
					return lab.Verdict(strings.TrimSpace(string(b)) == a.Secret("word", 8), "%d bytes", len(b)), err
				}},
			}},
		},
		Solutions: []lab.Solution{
			{Name: "reference", Pass: true, Make: func(ctx context.Context, w *lab.Setup) error { return solveToy(ctx, w, 2) }},
			{Name: "triple", Fails: "a/not-more", Make: func(ctx context.Context, w *lab.Setup) error { return solveToy(ctx, w, 3) }},
		},
	}
}

func solveToy(ctx context.Context, w *lab.Setup, times float64) error {
	if err := w.Act(ctx, "ask", "please"); err != nil {
		return err
	}
	if err := w.Writef("answer.yaml", "double: %v\n", times*float64(w.Public("number"))); err != nil {
		return err
	}
	return w.Writef("word.txt", "%s\n", w.Secret("word", 8))
}

// A clock is set by hand.
type clock struct{ t time.Time }

func (c *clock) now() time.Time { return c.t }

func newRange(t *testing.T, s lab.Store, c *clock) (*lab.Range, string) {
	t.Helper()
	root := filepath.Join(t.TempDir(), "lab")
	r, err := lab.New(lab.Options{Exercises: []*lab.Exercise{toy("S01"), toy("F01")}, Store: s, Root: root, Now: c.now})
	if err != nil {
		t.Fatal(err)
	}
	return r, root
}

func put(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestRange goes through an exercise as a learner does.
func TestRange(t *testing.T) {
	c := &clock{time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)}
	r, root := newRange(t, lab.NewMemory(), c)
	ctx := t.Context()
	if e, err := r.Next(ctx); err != nil || e.ID != "F01" {
		t.Fatalf("Next = %v, %v, want F01, the first of the curriculum", e, err)
	}
	if _, err := r.Start(ctx, "f01"); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(root, "F01")
	number, err := os.ReadFile(filepath.Join(dir, "number.txt"))
	if err != nil {
		t.Fatal(err)
	}
	put(t, dir, "answer.yaml", "double: 1\n")
	g, err := r.Check(ctx, "F01", "", nil)
	if err != nil || g.Passed || g.Withheld != 1 || g.Failed().Check != "ratio" {
		t.Fatalf("Check of a wrong answer = %+v, %v, want a failure at ratio with one check withheld", g, err)
	}
	put(t, dir, "answer.yaml", "doubel: 1\n")
	if g, err = r.Check(ctx, "F01", "", nil); err != nil || g.Failed().Fault == nil || !strings.Contains(g.Failed().Fault.Message, "answer.yaml:1") {
		t.Fatalf("Check of a misspelled key = %+v, %v, want a fault with file and line", g, err)
	}
	put(t, dir, "answer.yaml", "double: "+strings.TrimSpace(string(number))+"\n")
	if g, err = r.Check(ctx, "F01", "", nil); err != nil || g.Failed().Reading.Value != 1 {
		t.Fatalf("Check = %+v, %v, want the value 1", g, err)
	}
	var word bytes.Buffer
	if err := r.Act(ctx, "F01", "ask", []string{"please"}, &word); err != nil {
		t.Fatal(err)
	}
	put(t, dir, "word.txt", word.String())
	if g, err = r.Check(ctx, "F01", "b", nil); err != nil || !g.Passed {
		t.Fatalf("Check of stage b = %+v, %v, want a pass", g, err)
	}
	st, err := r.Status(ctx, "F01")
	if err != nil || st.Level != lab.LevelPartial || st.Tries != 4 || st.State != lab.StateStarted {
		t.Errorf("Status = %+v, %v, want level 1 after 4 tries", st, err)
	}
}
