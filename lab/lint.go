package lab

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// A Trial is one proof of an exercise: one seed, and one solution or, with
// none, the start that a learner is given.
type Trial struct {
	Solution *Solution // nil: nothing handed in
	Seed     int       // from 0
	Dir      string    // an empty folder to work in
}

// Name says what is tried.
func (t Trial) Name() string {
	if t.Solution == nil {
		return "nothing handed in"
	}
	return t.Solution.Name
}

// Prove sets an exercise up, works as the solution says, grades every stage
// twice, and returns the grades up to the first that is not passed. The error
// says how the exercise or its grader fell short: the start or a mistake that
// passes or fails at another check than it should, a reference that does not
// pass, grades or files that differ between two runs, a secret in a file that
// the learner is given, acts that cannot be done again, or a picture that could
// not be shown.
func Prove(ctx context.Context, e *Exercise, t Trial) ([]*Grade, error) {
	s := NewSource(Key(sha256.Sum256([]byte("proof of " + e.Name + " " + strconv.Itoa(t.Seed)))))
	if err := prepareTwice(ctx, e, s, t.Dir); err != nil {
		return nil, err
	}
	f, err := OpenFolder(filepath.Join(t.Dir, "first"))
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // nothing is buffered
	a, err := NewAttempt(e, s, f, "")
	if err != nil {
		return nil, err
	}
	if err := noSecrets(e, s, f); err != nil {
		return nil, err
	}
	if t.Solution != nil {
		if err := makeSolution(ctx, a, t); err != nil {
			return nil, fmt.Errorf("solution %q: %w", t.Solution.Name, err)
		}
	}
	grades, err := gradeTwice(ctx, a)
	if err != nil {
		return nil, err
	}
	if t.Solution != nil && t.Solution.Pass && e.Picture != nil {
		if err := checkPicture(ctx, a); err != nil {
			return grades, err
		}
	}
	return grades, judge(t, grades)
}

// makeSolution works as a solution says. What the reference does in the world of
// the exercise on the first seed is done again, as it will be from a bundle.
func makeSolution(ctx context.Context, a *Attempt, t Trial) error {
	if !t.Solution.Pass || t.Seed > 0 {
		return t.Solution.Make(ctx, &Setup{a})
	}
	var did []Acted
	a.did = &did
	if err := t.Solution.Make(ctx, &Setup{a}); err != nil || len(did) == 0 {
		return err
	}
	a.did, a.reads = nil, nil
	dir := filepath.Join(t.Dir, "again")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	if err := Prepare(ctx, a.Exercise, a.Source, dir); err != nil {
		return err
	}
	f, err := OpenFolder(dir)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // nothing is buffered
	if done, _ := redo(ctx, a.Exercise, a.Source, f, did); !done.Same() {
		return fmt.Errorf("what it does in the world cannot be done again: %s%s", done.Differs, done.Missing)
	}
	return nil
}

// judge says how grades differ from what a trial should come to.
func judge(t Trial, grades []*Grade) error {
	last := grades[len(grades)-1]
	failed := last.Failed()
	switch {
	case t.Solution != nil && t.Solution.Pass && failed != nil:
		return fmt.Errorf("seed %d: the reference %q fails: %s", t.Seed, t.Name(), failed.Line())
	case (t.Solution == nil || !t.Solution.Pass) && failed == nil:
		return fmt.Errorf("seed %d: %q passes, and must not", t.Seed, t.Name())
	case t.Solution != nil && !t.Solution.Pass && failed.Stage+"/"+failed.Check != t.Solution.Fails:
		return fmt.Errorf("seed %d: %q fails at %s, want %s: %s", t.Seed, t.Name(), failed.Stage+"/"+failed.Check, t.Solution.Fails, failed.Line())
	}
	return nil
}

// prepareTwice writes what the learner starts from into two folders, which
// must be the same.
func prepareTwice(ctx context.Context, e *Exercise, s *Source, dir string) error {
	var seen [2]map[string][sha256.Size]byte
	for i, name := range []string{"first", "second"} {
		sub := filepath.Join(dir, name)
		if err := os.Mkdir(sub, 0o700); err != nil {
			return err
		}
		if err := Prepare(ctx, e, s, sub); err != nil {
			return fmt.Errorf("set up: %w", err)
		}
		sums, err := digests(sub)
		if err != nil {
			return err
		}
		seen[i] = sums
	}
	for name, sum := range seen[0] {
		if seen[1][name] != sum {
			return fmt.Errorf("set up twice with one seed, and %s differs", name)
		}
	}
	if len(seen[0]) != len(seen[1]) {
		return errors.New("set up twice with one seed, and the files differ")
	}
	return os.RemoveAll(filepath.Join(dir, "second"))
}

func digests(dir string) (map[string][sha256.Size]byte, error) {
	f, err := OpenFolder(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // only read
	names, err := f.Files()
	if err != nil {
		return nil, err
	}
	out := make(map[string][sha256.Size]byte)
	for _, n := range names {
		b, err := f.File(n)
		if err != nil {
			return nil, err
		}
		out[n] = sha256.Sum256(b)
	}
	return out, nil
}

// noSecrets refuses files that give a secret away.
func noSecrets(e *Exercise, s *Source, f *Folder) error {
	names, err := f.Files()
	if err != nil {
		return err
	}
	for _, n := range names {
		b, err := f.File(n)
		if err != nil {
			return err
		}
		if label := s.leaked(string(b), e.Shown); label != "" {
			return fmt.Errorf("%s gives away the secret %q", n, label)
		}
	}
	return nil
}

// gradeTwice grades all stages up to the first that is not passed, once more
// from scratch, and compares.
func gradeTwice(ctx context.Context, a *Attempt) ([]*Grade, error) {
	var written bytes.Buffer
	if _, err := a.Ledger.WriteTo(&written); err != nil {
		return nil, err
	}
	var first []byte
	for {
		again, err := NewAttempt(a.Exercise, NewSource(a.key), a.Folder, written.String())
		if err != nil {
			return nil, err
		}
		var grades []*Grade
		for _, st := range a.Exercise.Stages {
			g, err := GradeStage(ctx, again, st.ID, nil)
			if err != nil {
				return nil, err
			}
			grades = append(grades, g)
			if !g.Passed {
				break
			}
		}
		b, err := json.Marshal(grades)
		switch {
		case err != nil:
			return nil, err
		case first == nil:
			first = b
		case !bytes.Equal(first, b):
			return nil, fmt.Errorf("graded twice, and the grades differ:\n%s\n%s", first, b)
		default:
			return grades, nil
		}
	}
}

// checkPicture refuses a picture that is no SVG or that carries style or
// script.
func checkPicture(ctx context.Context, a *Attempt) error {
	b, err := a.Exercise.Picture(ctx, a)
	if err != nil {
		return fmt.Errorf("picture: %w", err)
	}
	d := xml.NewDecoder(bytes.NewReader(b))
	for first := true; ; {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("picture: %w", err)
		}
		el, ok := tok.(xml.StartElement)
		if !ok {
			continue
		}
		if first && el.Name.Local != "svg" || el.Name.Local == "script" || el.Name.Local == "style" || el.Name.Local == "foreignObject" {
			return fmt.Errorf("picture: <%s> has no place there", el.Name.Local)
		}
		first = false
		for _, at := range el.Attr {
			if at.Name.Local == "style" || strings.HasPrefix(at.Name.Local, "on") || at.Name.Local == "href" {
				return fmt.Errorf("picture: <%s> has the attribute %q", el.Name.Local, at.Name.Local)
			}
		}
	}
}
