package lab_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"quintain/lab"
)

// TestRestart: what a check came to and every pass are there in a range that
// was opened later over the same store, and what another process did is seen.
func TestRestart(t *testing.T) {
	s, c := lab.NewMemory(), &clock{morning}
	r, root := newRange(t, s, c)
	ctx := t.Context()
	late, err := lab.New(lab.Options{Exercises: r.Exercises(), Store: s, Root: root, Now: c.now})
	if err != nil {
		t.Fatal(err)
	}
	if g, err := late.LastGrade(ctx, "F01"); g != nil || err != nil {
		t.Errorf("LastGrade before the start = %+v, %v, want none", g, err)
	}
	solve(t, r, root, "double: 1\n")
	put(t, filepath.Join(root, "F01"), "answer.yaml", "double: 2\n")
	want, err := r.Check(ctx, "F01", "a", nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := late.LastGrade(ctx, "F01")
	if err != nil || got == nil || got.Failed() == nil || got.Failed().Line() != want.Failed().Line() || !strings.Contains(got.Failed().Line(), "since the last try") {
		t.Fatalf("LastGrade = %+v, %v, want %q", got, err, want.Failed().Line())
	}
	if _, _, err := r.Hint(ctx, "F01"); err != nil {
		t.Fatal(err)
	}
	c.t = c.t.Add(time.Hour)
	pass(t, r, root)
	all, err := late.LastGrades(ctx, "f01")
	if err != nil || len(all) != 2 || !all[0].Passed || all[0].Stage != "a" || all[1].Stage != "b" {
		t.Errorf("LastGrades = %+v, %v, want the passes of a and b", all, err)
	}
	if _, err := r.Reset(ctx, "F01"); err != nil {
		t.Fatal(err)
	}
	if all, err := late.LastGrades(ctx, "F01"); len(all) != 0 || err != nil {
		t.Errorf("LastGrades of a fresh attempt = %+v, %v, want none", all, err)
	}
	if _, err := r.Solution(ctx, "F01"); err != nil {
		t.Fatal(err)
	}
	pass(t, r, root)
	passes, err := late.Passes(ctx)
	if err != nil || len(passes) != 4 {
		t.Fatalf("Passes = %+v, %v, want those of two stages in two attempts", passes, err)
	}
	for i, p := range passes {
		first := i < 2
		if p.Exercise != "F01" || p.Stage != []string{"a", "b"}[i%2] || p.Attempt != 1+i/2 || (p.Hints == 1) != first || p.Told == first || !p.At.Equal(morning.Add(time.Hour)) {
			t.Errorf("pass %d is %+v", i, p)
		}
	}
	if _, err := late.LastGrade(ctx, "X99"); err == nil {
		t.Error("LastGrade of no exercise = nil, want an error")
	}
}

// TestBrokenEntry: an entry that cannot be read is told each time, and nothing
// is counted twice because of it.
func TestBrokenEntry(t *testing.T) {
	s := lab.NewMemory()
	r, _ := newRange(t, s, &clock{morning})
	if _, err := r.Start(t.Context(), "F01"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Append(t.Context(), lab.Entry{Exercise: "F01", Attempt: 1, Kind: lab.EntryGrade, Data: []byte(`[`)}, -1); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if all, err := r.List(t.Context()); err == nil || !strings.Contains(err.Error(), "attempt 1 at F01") {
			t.Errorf("List = %+v, %v, want the attempt that is broken", all, err)
		}
	}
}
