package lab_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"quintain/lab"
)

// solve solves stage a of F01, and leaves b.
func solve(t *testing.T, r *lab.Range, root string, text string) {
	t.Helper()
	if _, err := r.Start(t.Context(), "F01"); err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(root, "F01"), "answer.yaml", text)
	if _, err := r.Check(t.Context(), "F01", "", nil); err != nil {
		t.Fatal(err)
	}
}

func export(t *testing.T, r *lab.Range) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := r.Export(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestBundle goes from teacher to learners and back.
func TestBundle(t *testing.T) {
	c := &clock{time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)}
	ctx := t.Context()
	teacher, _ := newRange(t, lab.NewMemory(), c)
	code, err := teacher.Cohort(ctx, "autumn")
	if err != nil {
		t.Fatal(err)
	}
	var bundles [][]byte
	for _, name := range []string{"Ada", "Bo <script>"} {
		learner, root := newRange(t, lab.NewMemory(), c)
		if err := learner.Join(ctx, code, name); err != nil {
			t.Fatal(err)
		}
		if _, err := learner.Start(ctx, "F01"); err != nil {
			t.Fatal(err)
		}
		if name == "Ada" {
			number, err := os.ReadFile(filepath.Join(root, "F01", "number.txt"))
			if err != nil {
				t.Fatal(err)
			}
			solve(t, learner, root, "double: "+double(strings.TrimSpace(string(number)))+"\n")
		} else {
			solve(t, learner, root, "double: 1\n")
		}
		bundles = append(bundles, export(t, learner))
	}
	ada, err := teacher.Import(ctx, bytes.NewReader(bundles[0]))
	if err != nil {
		t.Fatal(err)
	}
	bo, err := teacher.Import(ctx, bytes.NewReader(bundles[1]))
	if err != nil {
		t.Fatal(err)
	}
	if at := bo.Attempts[0]; bo.Learner != "Bo <script>" || at.Stuck != "a/ratio" || at.Cohort != "autumn" || at.Tries != 1 || at.Error != "" {
		t.Errorf("Bo's replay is %+v, want to be stuck at a/ratio after one try, under the cohort's seed", at)
	}
	if at := ada.Attempts[0]; strings.Join(at.Passed, " ") != "a" || strings.Join(at.Claimed, " ") != "a" || at.Error != "" {
		t.Errorf("Ada's replay passes %q, and the bundle claims %q, want a and a", at.Passed, at.Claimed)
	}
}

// TestBundleTampered changes every tenth byte of a bundle in turn. Nothing but
// what is no part of its meaning, such as a space, may be taken.
func TestBundleTampered(t *testing.T) {
	c := &clock{time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)}
	r, root := newRange(t, lab.NewMemory(), c)
	solve(t, r, root, "double: 1\n")
	whole := export(t, r)
	for i := 0; i < len(whole); i += 10 {
		b := bytes.Clone(whole)
		if b[i]++; b[i] == '"' || b[i] == '=' {
			continue
		}
		if _, err := r.Import(t.Context(), bytes.NewReader(b)); err == nil {
			t.Errorf("byte %d was changed from %q to %q, and the bundle was taken", i, whole[i], b[i])
		}
	}
}

// TestTwins finds a file that two learners share although their seeds differ.
func TestTwins(t *testing.T) {
	c := &clock{time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)}
	var replays []*lab.Replay
	teacher, _ := newRange(t, lab.NewMemory(), c)
	for _, text := range []string{"double: 7\n", "double: 7\n", "double: 8\n"} {
		r, root := newRange(t, lab.NewMemory(), c)
		solve(t, r, root, text)
		rp, err := teacher.Import(t.Context(), bytes.NewReader(export(t, r)))
		if err != nil {
			t.Fatal(err)
		}
		replays = append(replays, rp)
	}
	got := lab.Twins(replays)
	if len(got) != 1 || got[0].File != "answer.yaml" || len(got[0].Learners) != 2 {
		t.Errorf("Twins = %+v, want answer.yaml of two learners", got)
	}
	if got := lab.Twins([]*lab.Replay{replays[0], replays[0]}); len(got) != 0 {
		t.Errorf("Twins of one bundle given twice = %+v, want none: the seed is the same", got)
	}
}
