package cli

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"quintain/curriculum"
	"quintain/internal/store"
	"quintain/lab"
	laball "quintain/lab/all"
)

// TestProofs: a stage that was passed on the range is a proof, also after a
// fresh attempt was begun; one passed after the solution was shown is no fresh
// one, and a grade that failed is none. The status tells the last check.
func TestProofs(t *testing.T) {
	home := t.TempDir()
	s, err := store.Open(t.Context(), filepath.Join(home, storeFile))
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)
	for n, entries := range [][]lab.Entry{
		{{Kind: lab.EntryHint, Data: []byte(`1`)}, {Kind: lab.EntryGrade, Data: []byte(`{"stage":"a","passed":true}`)}},
		{{Kind: lab.EntrySolution}, {Kind: lab.EntryGrade, Data: []byte(`{"stage":"a","passed":true}`)}},
		{{Kind: lab.EntryGrade, Data: []byte(`{"stage":"a","passed":false,"results":[{"stage":"a","check":"fpr","what":"stage a passed"}]}`)}},
	} {
		if _, err := s.Start(t.Context(), lab.Record{Exercise: "F01", Number: n + 1, Started: at}); err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			e.Exercise, e.Attempt, e.At = "F01", n+1, at
			if _, err := s.Append(t.Context(), e, -1); err != nil {
				t.Fatal(err)
			}
		}
	}
	r, err := lab.New(lab.Options{Exercises: laball.Exercises, Store: s, Root: filepath.Join(home, "lab"), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	got, err := withProofs(t.Context(), curriculum.Default(), curriculum.NewState(), r)
	if err != nil || len(got.Proofs) != 2 {
		t.Fatalf("proofs %+v, %v, want one of each attempt that passed", got, err)
	}
	first, second := got.Proofs[0], got.Proofs[1]
	if first.Stage != "a" || first.Hints != 1 || !first.Fresh || !first.Time.Equal(at) || second.Hints != 0 || second.Fresh {
		t.Errorf("proofs %+v and %+v, want a fresh one with a hint, and one that is not fresh", first, second)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	code := Main(t.Context(), &Env{
		Args: []string{"lab", "status", "F01", "--home", home}, Stdout: &out, Stderr: &out, Getenv: func(string) string { return "" }, Now: time.Now,
	})
	if want := "last check: a/fpr: stage a passed"; code != statusOK || !strings.Contains(out.String(), want) {
		t.Errorf("lab status: status %d, %q, want %q", code, out.String(), want)
	}
}
