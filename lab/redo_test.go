package lab_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"quintain"
	"quintain/lab"
	"quintain/ledger"
)

// readers is the toy whose world also reads a file, and writes one.
func readers() *lab.Exercise {
	e := toy("F01")
	e.Acts = append(e.Acts, lab.Act{Name: "send", Usage: "FILE", Doc: "send", Run: func(_ context.Context, a *lab.Attempt, args []string, _ io.Writer) error {
		b, err := a.File(args[0])
		text := string(b)
		if _, fault := errors.AsType[*lab.Fault](err); fault {
			text, err = "nothing", nil
		}
		if err != nil {
			return err
		}
		if len(text) > 100 {
			text = "much"
		}
		if _, err := a.Ledger.Append(ledger.Event{Kind: ledger.KindNote, Actor: "learner", Text: text}); err != nil {
			return err
		}
		w := &lab.Setup{Attempt: a}
		if err := w.Writef("sent.txt", "%s", text); err != nil {
			return err
		}
		_, err = a.File("sent.txt")
		return err
	}}, lab.Act{Name: "panic", Doc: "panic", Run: func(context.Context, *lab.Attempt, []string, io.Writer) error { panic("boom") }})
	return e
}

// A forger is a store that hands out other entries than it keeps, as somebody
// does who edits the store of their own install.
type forger struct {
	lab.Store

	forge func(a *lab.Acted)
}

func (f *forger) Entries(ctx context.Context, exercise string, attempt int) ([]lab.Entry, error) {
	out, err := f.Store.Entries(ctx, exercise, attempt)
	for i := range out {
		var a lab.Acted
		if out[i].Kind != lab.EntryAct || f.forge == nil {
			continue
		}
		if err := json.Unmarshal(out[i].Data, &a); err != nil {
			return nil, err
		}
		f.forge(&a)
		if out[i].Data, err = json.Marshal(a); err != nil {
			return nil, err
		}
	}
	return out, err
}

func rangeOf(t *testing.T, s lab.Store) (*lab.Range, string) {
	t.Helper()
	root := filepath.Join(t.TempDir(), "lab")
	r, err := lab.New(lab.Options{Exercises: []*lab.Exercise{readers()}, Store: s, Root: root, Now: func() time.Time { return morning }})
	if err != nil {
		t.Fatal(err)
	}
	return r, root
}

// worked is a learner who passed everything after several acts, each of which
// read another content of the same file.
func worked(t *testing.T, s lab.Store) *lab.Range {
	t.Helper()
	r, root := rangeOf(t, s)
	ctx, dir := t.Context(), filepath.Join(root, "F01")
	if _, err := r.Start(ctx, "F01"); err != nil {
		t.Fatal(err)
	}
	act := func(name string, args ...string) {
		t.Helper()
		if err := r.Act(ctx, "F01", name, args, io.Discard); err != nil {
			t.Fatal(err)
		}
	}
	act("send", "letter.txt") // which is not there
	for _, text := range []string{"first", "second", "first", ""} {
		put(t, dir, "letter.txt", text)
		act("send", "letter.txt")
	}
	act("send", "number.txt")
	act("ask", "please")
	if err := os.Remove(filepath.Join(dir, "letter.txt")); err != nil {
		t.Fatal(err)
	}
	act("send", "letter.txt")
	pass(t, r, root)
	return r
}

func replayOf(t *testing.T, learner *lab.Range) lab.ReplayedResult {
	t.Helper()
	teacher, root := rangeOf(t, lab.NewMemory())
	rp, err := teacher.Import(t.Context(), bytes.NewReader(export(t, learner)))
	if err != nil || len(rp.Attempts) != 1 {
		t.Fatalf("Import = %+v, %v", rp, err)
	}
	if left, err := filepath.Glob(filepath.Join(root, ".replay-*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
	return rp.Attempts[0]
}

// TestRedo does what a learner did again, from a bundle.
func TestRedo(t *testing.T) {
	got := replayOf(t, worked(t, lab.NewMemory()))
	if want := (lab.Done{Acts: 9, Again: 9}); got.Done != want || !got.Done.Same() || got.Error != "" || strings.Join(got.Passed, " ") != "a b" {
		t.Errorf("replay %+v, want %+v, and a and b passed", got, want)
	}
	r, root := rangeOf(t, lab.NewMemory())
	pass(t, r, root)
	put(t, filepath.Join(root, "F01"), "big.txt", strings.Repeat("x", 300<<10))
	if err := r.Act(t.Context(), "F01", "send", []string{"big.txt"}, io.Discard); err != nil {
		t.Fatal(err)
	}
	if got := replayOf(t, r).Done; got.Again != 1 || got.Missing != "act 2, send: big.txt was too large to be kept" {
		t.Errorf("with a large file: %+v, want that it is missing", got)
	}
}

// chained writes events as a ledger would, so that they verify.
func chained(texts ...string) string {
	l := ledger.New()
	for _, text := range texts {
		if _, err := l.Append(ledger.Event{Kind: ledger.KindNote, Actor: "learner", Text: text}); err != nil {
			panic(err)
		}
	}
	var b strings.Builder
	if _, err := l.WriteTo(&b); err != nil {
		panic(err)
	}
	return b.String()
}

// TestForged finds ledgers that were edited by somebody who holds the key of
// the install and makes the chain anew: what they claim happened counts for
// nothing.
func TestForged(t *testing.T) {
	for name, c := range map[string]struct {
		forge            func(a *lab.Acted)
		differs, missing string
	}{
		"an event that did not happen": {
			forge:   func(a *lab.Acted) { a.Events = chained("please", "the vault opened") },
			differs: "act 1, ask: event 1 is not what happens when it is done again",
		},
		"an event more": {
			forge:   func(a *lab.Acted) { a.Events = chained("", "the vault opened") },
			differs: "act 1, ask: the ledger has 2 events of it, and 1 happen when it is done again",
		},
		"no event":               {forge: func(a *lab.Acted) { a.Events = "" }, differs: "act 1, ask: the ledger has 0 events of it, and 1 happen when it is done again"},
		"other arguments":        {forge: func(a *lab.Acted) { a.Args = []string{"open"} }, differs: "act 1, ask: event 1 is not what happens when it is done again"},
		"an act that is not one": {forge: func(a *lab.Acted) { a.Name = "conjure" }, missing: "act 1, conjure: this version has no such act"},
		"an act that breaks":     {forge: func(a *lab.Acted) { a.Name = "panic" }, differs: "act 1, panic: it fails when it is done again: the act broke: boom"},
		"no files":               {forge: func(a *lab.Acted) { a.Files = nil }, missing: "act 1, ask: it was kept before acts kept the files that they read"},
		"a file outside": {forge: func(a *lab.Acted) {
			b := []byte("x")
			a.Files, a.Bytes = map[string]quintain.Digest{"../x": quintain.DigestOf(b)}, map[quintain.Digest][]byte{quintain.DigestOf(b): b}
		}, missing: "act 1, ask: path escapes from parent"},
	} {
		t.Run(name, func(t *testing.T) {
			s := &forger{Store: lab.NewMemory()}
			r, root := rangeOf(t, s)
			pass(t, r, root)
			s.forge = c.forge
			got := replayOf(t, r)
			if got.Done.Differs != c.differs || got.Done.Missing != c.missing || got.Done.Same() || got.Error != "" || strings.Join(got.Passed, " ") != "a" {
				t.Errorf("replay %+v, want differs %q, missing %q, and a passed, which no event decides", got, c.differs, c.missing)
			}
		})
	}
}
