package lab

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"quintain/internal/regular"
	"quintain/ledger"
)

// marker is the file in a learner's folder that says which attempt it is for.
const marker = ".attempt"

// Start starts an exercise, or goes on with it: its folder is there
// afterwards, and files that the learner has are never touched.
func (r *Range) Start(ctx context.Context, id string) (*Record, error) {
	e, err := r.Exercise(id)
	if err != nil {
		return nil, err
	}
	rec, err := r.latest(ctx, e)
	if errors.Is(err, ErrNoAttempt) {
		rec, err = r.begin(ctx, e, 1)
	}
	if err != nil {
		return nil, err
	}
	return rec, r.prepare(ctx, e, rec)
}

// Reset starts an exercise anew, with another seed. The folder of the attempt
// before is kept beside the new one.
func (r *Range) Reset(ctx context.Context, id string) (*Record, error) {
	e, err := r.Exercise(id)
	if err != nil {
		return nil, err
	}
	old, err := r.latest(ctx, e)
	if err != nil {
		return nil, err
	}
	rec, err := r.begin(ctx, e, old.Number+1)
	if err != nil {
		return nil, err
	}
	return rec, r.prepare(ctx, e, rec)
}

// begin keeps a new attempt. If another process was faster, its attempt is
// gone on with.
func (r *Range) begin(ctx context.Context, e *Exercise, number int) (*Record, error) {
	learner, err := r.o.Store.Setting(ctx, settingLearner, nil)
	if err != nil {
		return nil, err
	}
	cohort, err := r.o.Store.Setting(ctx, settingCohort, nil)
	if err != nil {
		return nil, err
	}
	rec, err := r.o.Store.Start(ctx, Record{
		Exercise: e.ID, Number: number, Learner: string(learner), Cohort: string(cohort), Started: r.o.Now(),
	})
	if errors.Is(err, ErrConflict) {
		return r.latest(ctx, e)
	}
	return &rec, err
}

// prepare makes the folder of an attempt unless it is there. It is made beside
// its place and moved when complete, so that a killed process leaves no half of
// it; a folder of another attempt is moved aside.
func (r *Range) prepare(ctx context.Context, e *Exercise, rec *Record) error {
	dir, number := r.dir(e), strconv.Itoa(rec.Number)
	if markOf(dir) == number {
		return nil
	}
	if err := os.MkdirAll(r.o.Root, 0o700); err != nil {
		return err
	}
	tmp, err := os.MkdirTemp(r.o.Root, ".new-"+e.ID+"-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp) //nolint:errcheck // gone already if all went well
	s, err := r.source(ctx, *rec)
	if err != nil {
		return err
	}
	if err := Prepare(ctx, e, s, tmp); err != nil {
		return fmt.Errorf("set up %s: %w", e.ID, err)
	}
	if err := os.WriteFile(filepath.Join(tmp, marker), []byte(number+"\n"), 0o600); err != nil {
		return err
	}
	for range 3 {
		if err = os.Rename(tmp, dir); err == nil {
			return nil
		}
		// Something is there: the folder that another process has made in the
		// meantime, or an older one.
		mark := markOf(dir)
		if mark == number {
			return nil
		}
		if err := moveAside(dir, mark); err != nil {
			return err
		}
	}
	return err
}

// markOf returns which attempt a folder is for, as text; empty if it does not
// say.
func markOf(dir string) string {
	b, err := regular.Read(filepath.Join(dir, marker), 64)
	if err != nil {
		return ""
	}
	return string(bytes.TrimSpace(b))
}

// moveAside renames a folder that is in the way after the attempt it is for.
func moveAside(dir, attempt string) error {
	if _, err := os.Lstat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if n, err := strconv.Atoi(attempt); err != nil || n < 1 {
		attempt = "unknown"
	}
	for i := range 1000 {
		to := dir + ".attempt-" + attempt
		if i > 0 {
			to += "." + strconv.Itoa(i)
		}
		if _, err := os.Lstat(to); errors.Is(err, fs.ErrNotExist) {
			return os.Rename(dir, to)
		}
	}
	return fmt.Errorf("%s is in the way", dir)
}

// Prepare writes what a learner starts from into an empty folder: the brief and
// the files of Setup.
func Prepare(ctx context.Context, e *Exercise, s *Source, dir string) error {
	f, err := OpenFolder(dir)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // nothing is buffered
	a, err := NewAttempt(e, s, f, "")
	if err != nil {
		return err
	}
	w := &Setup{a}
	if err := w.Writef("brief.md", "%s", e.Brief); err != nil {
		return err
	}
	return e.Setup(ctx, w)
}

// A session is an attempt that is being worked on.
type session struct {
	e       *Exercise
	rec     *Record
	run     *run
	seq     int // of the last entry
	attempt *Attempt
}

// open opens the latest attempt at an exercise; the caller closes its folder.
func (r *Range) open(ctx context.Context, id string) (*session, error) {
	e, err := r.Exercise(id)
	if err != nil {
		return nil, err
	}
	rec, err := r.latest(ctx, e)
	if err != nil {
		return nil, err
	}
	if err := r.prepare(ctx, e, rec); err != nil {
		return nil, err
	}
	entries, err := r.o.Store.Entries(ctx, e.ID, rec.Number)
	if err != nil {
		return nil, err
	}
	one, err := readRun(e, entries)
	if err != nil {
		return nil, err
	}
	s, err := r.source(ctx, *rec)
	if err != nil {
		return nil, err
	}
	f, err := OpenFolder(r.dir(e))
	if err != nil {
		return nil, err
	}
	a, err := NewAttempt(e, s, f, one.events.String())
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &session{e: e, rec: rec, run: one, seq: len(entries), attempt: a}, nil
}

func (s *session) close() { s.attempt.Close() } //nolint:errcheck // nothing is buffered

// keep appends an entry.
func (r *Range) keep(ctx context.Context, s *session, kind EntryKind, data any, after int) error {
	b, err := json.Marshal(data)
	if err != nil {
		return err
	}
	_, err = r.o.Store.Append(ctx, Entry{Exercise: s.e.ID, Attempt: s.rec.Number, At: r.o.Now(), Kind: kind, Data: b}, after)
	return err
}

// Check grades a stage, or without one those from the first that is not passed
// (all if all are) up to the first that fails, and returns the last grade. The
// function progress, which may be nil, is told each result as it comes.
func (r *Range) Check(ctx context.Context, id, stage string, progress func(Result)) (*Grade, error) {
	s, err := r.open(ctx, id)
	if err != nil {
		return nil, err
	}
	defer s.close()
	var g *Grade
	for _, st := range s.pick(stage) {
		if g, err = r.checkStage(ctx, s, st, progress); err != nil {
			return nil, err
		}
		if !g.Passed {
			break
		}
	}
	if g == nil {
		return nil, fmt.Errorf("exercise %s has no stage %q", s.e.ID, stage)
	}
	return g, nil
}

// pick returns the ids of the stages to grade.
func (s *session) pick(stage string) []string {
	var out []string
	whole := s.run.all(s.e)
	for _, st := range s.e.Stages {
		if stage == st.ID || stage == "" && (whole || len(out) > 0 || !s.run.passed[st.ID]) {
			out = append(out, st.ID)
		}
	}
	return out
}

func (r *Range) checkStage(ctx context.Context, s *session, stage string, progress func(Result)) (*Grade, error) {
	limited, cancel := context.WithTimeout(ctx, r.o.Timeout)
	defer cancel()
	before := s.run.last[stage]
	g, err := GradeStage(limited, s.attempt, stage, func(res Result) {
		res.Before = before.value(res.Check)
		if progress != nil {
			progress(res)
		}
	})
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		err = fmt.Errorf("grading took longer than %s; what was handed in may be too large", r.o.Timeout)
	}
	if err != nil {
		return nil, err
	}
	g.since(before)
	return g, r.keep(ctx, s, EntryGrade, g, -1)
}

// since notes what each check measured in the grade before, which may be nil.
func (g *Grade) since(before *Grade) {
	for i := range g.Results {
		g.Results[i].Before = before.value(g.Results[i].Check)
	}
}

// value returns what a check measured in a grade, or nil.
func (g *Grade) value(check string) *float64 {
	if g == nil {
		return nil
	}
	for i := range g.Results {
		if res := &g.Results[i]; res.Check == check && res.Type == Metric && res.Fault == nil {
			return &res.Reading.Value
		}
	}
	return nil
}

// Hint returns the next hint and its number, from 1; after the last, the last
// again. Hints are free and recorded: a hinted pass proves less than one without.
func (r *Range) Hint(ctx context.Context, id string) (text string, number int, err error) {
	s, err := r.open(ctx, id)
	if err != nil {
		return "", 0, err
	}
	defer s.close()
	n := min(s.run.shown, len(s.e.Hints)-1)
	if s.run.shown < len(s.e.Hints) {
		err = r.keep(ctx, s, EntryHint, n+1, -1)
	}
	return s.e.Hints[n], n + 1, err
}

// Solution returns the text of the reference solution. Asked for before the
// attempt is passed, it is recorded, and only a fresh attempt can count.
func (r *Range) Solution(ctx context.Context, id string) (string, error) {
	s, err := r.open(ctx, id)
	if err != nil {
		return "", err
	}
	defer s.close()
	return s.e.Solution, r.keep(ctx, s, EntrySolution, nil, -1)
}

// maxTriesAct is how often an act is tried while other processes write.
const maxTriesAct = 8

// Act does something in the exercise's world and writes what the learner sees
// to out. What happened is in the ledger before anything is shown.
func (r *Range) Act(ctx context.Context, id, name string, args []string, out io.Writer) error {
	for range maxTriesAct {
		var shown bytes.Buffer
		err := r.act(ctx, id, name, args, &shown)
		if errors.Is(err, ErrConflict) {
			continue
		}
		if err != nil {
			return err
		}
		_, err = out.Write(shown.Bytes())
		return err
	}
	return ErrConflict
}

func (r *Range) act(ctx context.Context, id, name string, args []string, out io.Writer) error {
	s, err := r.open(ctx, id)
	if err != nil {
		return err
	}
	defer s.close()
	act := s.e.Act(name)
	if act == nil {
		return fmt.Errorf("exercise %s has no act %q (have %s)", s.e.ID, name, actNames(s.e))
	}
	read := s.attempt.watch()
	if err := act.Run(ctx, s.attempt, args, out); err != nil {
		return err
	}
	whole, err := s.attempt.written()
	if err != nil {
		return err
	}
	fresh := strings.TrimPrefix(whole, s.run.events.String())
	did := Acted{Name: name, Args: args, Events: fresh}
	read.into(&did, s.run.kept)
	return r.keep(ctx, s, EntryAct, did, s.seq)
}

func actNames(e *Exercise) string {
	var names []string
	for _, a := range e.Acts {
		names = append(names, a.Name)
	}
	if names == nil {
		return "none"
	}
	return strings.Join(names, ", ")
}

// Ledger returns the ledger of the latest attempt.
func (r *Range) Ledger(ctx context.Context, id string) (*ledger.Ledger, error) {
	s, err := r.open(ctx, id)
	if err != nil {
		return nil, err
	}
	defer s.close()
	return s.attempt.Ledger, nil
}
