package lab_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"quintain/lab"
)

var morning = time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)

// pass passes the toy F01 in its folder.
func pass(t *testing.T, r *lab.Range, root string) {
	t.Helper()
	ctx := t.Context()
	if _, err := r.Start(ctx, "F01"); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(root, "F01")
	number, err := os.ReadFile(filepath.Join(dir, "number.txt"))
	if err != nil {
		t.Fatal(err)
	}
	put(t, dir, "answer.yaml", "double: "+double(strings.TrimSpace(string(number)))+"\n")
	var word strings.Builder
	if err := r.Act(ctx, "F01", "ask", nil, &word); err != nil {
		t.Fatal(err)
	}
	put(t, dir, "word.txt", word.String())
	if g, err := r.Check(ctx, "F01", "", nil); err != nil || !g.Passed {
		t.Fatalf("Check = %+v, %v, want a pass", g, err)
	}
}

// double doubles a number in decimal.
func double(s string) string {
	carry := 0
	out := []byte(s)
	for i := len(out) - 1; i >= 0; i-- {
		d := 2*int(out[i]-'0') + carry
		out[i], carry = byte('0'+d%10), d/10
	}
	if carry > 0 {
		return "1" + string(out)
	}
	return string(out)
}

// TestLevels: hints cost a level of that attempt only, and a solution that was
// looked up takes a fresh seed.
func TestLevels(t *testing.T) {
	c := &clock{morning}
	r, root := newRange(t, lab.NewMemory(), c)
	ctx := t.Context()
	level := func(what string, want int) {
		t.Helper()
		if s, err := r.Status(ctx, "F01"); err != nil || s.Level != want {
			t.Errorf("%s: level %d, %v, want %d", what, s.Level, err, want)
		}
	}
	if _, err := r.Start(ctx, "F01"); err != nil {
		t.Fatal(err)
	}
	level("started", lab.LevelNone)
	if _, err := r.Solution(ctx, "F01"); err != nil {
		t.Fatal(err)
	}
	pass(t, r, root)
	level("passed after the solution", lab.LevelPartial)
	old, err := os.ReadFile(filepath.Join(root, "F01", "number.txt"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Reset(ctx, "F01"); err != nil {
		t.Fatal(err)
	}
	if fresh, err := os.ReadFile(filepath.Join(root, "F01", "number.txt")); err != nil || string(fresh) == string(old) {
		t.Errorf("after Reset the number is %q, %v, want another than %q", fresh, err, old)
	}
	if kept, err := os.ReadFile(filepath.Join(root, "F01.attempt-1", "answer.yaml")); err != nil || len(kept) == 0 {
		t.Errorf("the work of attempt 1 is lost: %v", err)
	}
	for want := range 4 {
		if _, n, err := r.Hint(ctx, "F01"); err != nil || n != min(want+1, 3) {
			t.Errorf("hint %d, %v, want %d", n, err, min(want+1, 3))
		}
	}
	pass(t, r, root)
	level("passed with hints", lab.LevelHinted)
	if _, err := r.Reset(ctx, "F01"); err != nil {
		t.Fatal(err)
	}
	pass(t, r, root)
	level("passed without", lab.LevelUnhinted)
	c.t = c.t.AddDate(0, 0, 7)
	if s, err := r.Status(ctx, "F01"); err != nil || !s.Stale || !s.Next {
		t.Errorf("a week later: stale %v, next %v, %v, want both", s.Stale, s.Next, err)
	}
}

// TestNothingIsLost: a folder that is gone comes back with the same seed, and
// files of the learner survive going on.
func TestNothingIsLost(t *testing.T) {
	r, root := newRange(t, lab.NewMemory(), &clock{morning})
	ctx := t.Context()
	dir := filepath.Join(root, "F01")
	start := func() string {
		t.Helper()
		if _, err := r.Start(ctx, "F01"); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(dir, "number.txt"))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	number := start()
	put(t, dir, "mine.txt", "work")
	if start() != number {
		t.Error("going on changed the number")
	}
	if b, err := os.ReadFile(filepath.Join(dir, "mine.txt")); err != nil || string(b) != "work" {
		t.Errorf("going on lost a file: %v", err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if start() != number {
		t.Error("the folder came back with another number")
	}
	if info, err := os.Stat(root); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the root has mode %v, %v, want 0700", info.Mode(), err)
	}
}

// TestTwoAtOnce: two windows act and check in one attempt, and every event is
// kept in one unbroken ledger.
func TestTwoAtOnce(t *testing.T) {
	r, root := newRange(t, lab.NewMemory(), &clock{morning})
	ctx := t.Context()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if _, err := r.Start(ctx, "F01"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for range 2 {
		wg.Go(func() {
			for range 3 {
				if err := r.Act(ctx, "F01", "ask", []string{"x"}, io.Discard); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if names, err := os.ReadDir(root); err != nil || len(names) != 1 {
		t.Errorf("the root holds %v, %v, want one folder", names, err)
	}
	l, err := r.Ledger(ctx, "F01")
	if err != nil || len(l.Events()) != 6 {
		t.Errorf("%d events, %v, want 6", len(l.Events()), err)
	}
	if s, err := r.Status(ctx, "F01"); err != nil || s.Attempt != 1 {
		t.Errorf("attempt %d, %v, want 1", s.Attempt, err)
	}
}

// TestBrokenGrader: a grader that panics is an error, costs nothing, and
// nothing is recorded; so is one that measures no number.
func TestBrokenGrader(t *testing.T) {
	for name, measure := range map[string]func(context.Context, *lab.Attempt) (lab.Reading, error){
		"panics": func(context.Context, *lab.Attempt) (lab.Reading, error) { panic("boom") },
		"NaN":    func(context.Context, *lab.Attempt) (lab.Reading, error) { return lab.Reading{Value: nan()}, nil },
		"fails": func(context.Context, *lab.Attempt) (lab.Reading, error) {
			return lab.Reading{}, errors.New("disk full")
		},
	} {
		e := toy("F01")
		e.Stages[0].Checks[0].Measure = measure
		s := lab.NewMemory()
		r, err := lab.New(lab.Options{Exercises: []*lab.Exercise{e}, Store: s, Root: filepath.Join(t.TempDir(), "lab"), Now: (&clock{morning}).now})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Start(t.Context(), "F01"); err != nil {
			t.Fatal(err)
		}
		if g, err := r.Check(t.Context(), "F01", "", nil); err == nil {
			t.Errorf("%s: Check = %+v, want an error", name, g)
		}
		if entries, err := s.Entries(t.Context(), "F01", 1); err != nil || len(entries) != 0 {
			t.Errorf("%s: %d entries, %v, want none", name, len(entries), err)
		}
	}
}

func nan() float64 { zero := 0.0; return zero / zero }

// TestReview draws the way: one step for each entry, with how far it came.
func TestReview(t *testing.T) {
	r, root := newRange(t, lab.NewMemory(), &clock{morning})
	solve(t, r, root, "double: 1\n")
	pass(t, r, root)
	v, err := r.Review(t.Context(), "F01")
	if err != nil {
		t.Fatal(err)
	}
	var reached []int
	for _, s := range v.Steps {
		reached = append(reached, s.Reached)
	}
	want := []int{0, 0, 2, 4} // failed, asked, stage a, stage b
	if len(v.Path) != 4 || len(reached) != len(want) {
		t.Fatalf("Review = %+v, want four steps along four checks", v)
	}
	for i := range want {
		if reached[i] != want[i] {
			t.Errorf("step %d reached %d, want %d", i, reached[i], want[i])
		}
	}
}
