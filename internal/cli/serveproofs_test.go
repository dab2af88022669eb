package cli

import (
	"math/rand/v2"
	"path/filepath"
	"slices"
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
	fewer, err := withLevels(t.Context(), curriculum.Default(), curriculum.NewState(), r)
	if err != nil {
		t.Fatal(err)
	}
	now := at.Add(time.Hour)
	if a, b := curriculum.Default().Standing(got, now), curriculum.Default().Standing(fewer, now); !slices.EqualFunc(a, b, sameStanding) || len(fewer.Proofs) != 1 {
		t.Errorf("with %d proofs instead of %d the levels are\n%+v\nwant\n%+v", len(fewer.Proofs), len(got.Proofs), b, a)
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

func sameStanding(a, b curriculum.Standing) bool {
	return a.Skill == b.Skill && a.Level == b.Level && a.Stale == b.Stale && a.Since.Equal(b.Since)
}

// TestLevelsOfManyProofs: of many passes those that are left say the same of
// every skill as all of them.
func TestLevelsOfManyProofs(t *testing.T) {
	facts := curriculum.Default()
	rng := rand.New(rand.NewPCG(1, 2))
	at := time.Date(2026, 8, 1, 9, 0, 0, 0, time.UTC)
	for range 20 {
		home := t.TempDir()
		s := lab.NewMemory()
		for _, e := range laball.Exercises {
			for n := range rng.IntN(6) {
				if _, err := s.Start(t.Context(), lab.Record{Exercise: e.ID, Number: n + 1, Started: at}); err != nil {
					t.Fatal(err)
				}
				for _, st := range e.Stages {
					kinds := []lab.EntryKind{lab.EntryHint, lab.EntrySolution}
					if k := rng.IntN(6); k < len(kinds) {
						appendEntry(t, s, lab.Entry{Exercise: e.ID, Attempt: n + 1, At: at, Kind: kinds[k]})
					}
					if rng.IntN(3) > 0 {
						appendEntry(t, s, lab.Entry{
							Exercise: e.ID, Attempt: n + 1, At: at.Add(time.Duration(rng.IntN(90*24)) * time.Hour), Kind: lab.EntryGrade,
							Data: []byte(`{"stage":"` + st.ID + `","passed":true}`),
						})
					}
				}
			}
		}
		r, err := lab.New(lab.Options{Exercises: laball.Exercises, Store: s, Root: filepath.Join(home, "lab"), Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		all, err := withProofs(t.Context(), facts, curriculum.NewState(), r)
		if err != nil {
			t.Fatal(err)
		}
		few, err := withLevels(t.Context(), facts, curriculum.NewState(), r)
		if err != nil {
			t.Fatal(err)
		}
		now := at.Add(100 * 24 * time.Hour)
		if a, b := facts.Standing(all, now), facts.Standing(few, now); !slices.EqualFunc(a, b, sameStanding) || len(few.Proofs) >= len(all.Proofs) {
			t.Errorf("%d proofs of %d say\n%+v\nwant\n%+v", len(few.Proofs), len(all.Proofs), b, a)
		}
	}
}

func appendEntry(t *testing.T, s lab.Store, e lab.Entry) {
	t.Helper()
	if _, err := s.Append(t.Context(), e, -1); err != nil {
		t.Fatal(err)
	}
}
