package lab

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"

	"quintain"
	"quintain/ledger"
)

// An Attempt is what a grader sees: the learner's folder, what happened in the
// exercise's world so far, and everything random about it.
type Attempt struct {
	*Source
	*Folder
	Exercise *Exercise
	Ledger   *ledger.Ledger

	mu   sync.Mutex
	memo map[string]*memo
	did  *[]Acted // where [Setup.Act] notes what it did; nil where it does not
}

type memo struct {
	once sync.Once
	v    any
	err  error
}

// NewAttempt returns an attempt at e in a folder, after the events of a written
// ledger, which may be empty. A ledger that was edited is refused.
func NewAttempt(e *Exercise, s *Source, f *Folder, written string) (*Attempt, error) {
	old, err := ledger.Read(strings.NewReader(written))
	if err != nil {
		return nil, fmt.Errorf("ledger of exercise %s: %w", e.ID, err)
	}
	var watch []ledger.Canary
	if e.Watch != nil {
		watch = e.Watch(s)
	}
	l := ledger.New(watch...)
	for _, ev := range old.Events() {
		if ev.Kind == ledger.KindCanary {
			continue // the ledger adds it by itself
		}
		if _, err := l.Append(ev); err != nil {
			return nil, err
		}
	}
	if l.Head() != old.Head() {
		return nil, fmt.Errorf("ledger of exercise %s: its canaries are not those of this seed", e.ID)
	}
	return &Attempt{Source: s, Folder: f, Exercise: e, Ledger: l, memo: make(map[string]*memo)}, nil
}

// Once returns what make returned when it was first called for a key in this
// attempt. The checks of a stage share what is dear that way: a trained model,
// the answers of an attack.
func Once[T any](a *Attempt, key string, make func() (T, error)) (T, error) {
	a.mu.Lock()
	m := a.memo[key]
	if m == nil {
		m = new(memo)
		a.memo[key] = m
	}
	a.mu.Unlock()
	m.once.Do(func() { m.v, m.err = make() })
	v, ok := m.v.(T)
	if m.err == nil && !ok {
		return v, fmt.Errorf("lab: %q was made as %T before, now wanted as %T", key, m.v, v)
	}
	return v, m.err
}

// A Setup is where an exercise writes the files that a learner starts from,
// and where a [Solution] works.
type Setup struct{ *Attempt }

// Write writes a file, whose name has slashes and stays in the folder.
func (w *Setup) Write(name string, b []byte) error { return w.write(name, b) }

// Writef writes a file of text.
func (w *Setup) Writef(name, format string, args ...any) error {
	return w.write(name, fmt.Appendf(nil, format, args...))
}

// Remove removes a file.
func (w *Setup) Remove(name string) error { return w.root.Remove(name) }

// Act does what `quintain lab act` would.
func (w *Setup) Act(ctx context.Context, name string, args ...string) error {
	act := w.Exercise.Act(name)
	if act == nil {
		return fmt.Errorf("exercise %s has no act %q", w.Exercise.ID, name)
	}
	if w.did == nil {
		return act.Run(ctx, w.Attempt, args, io.Discard)
	}
	before, err := w.written()
	if err != nil {
		return err
	}
	read := w.watch()
	if err := act.Run(ctx, w.Attempt, args, io.Discard); err != nil {
		return err
	}
	whole, err := w.written()
	did := Acted{Name: name, Args: args, Events: strings.TrimPrefix(whole, before)}
	read.into(&did, make(map[quintain.Digest]bool))
	*w.did = append(*w.did, did)
	return err
}

// written returns the ledger as it is kept.
func (a *Attempt) written() (string, error) {
	var b strings.Builder
	_, err := a.Ledger.WriteTo(&b)
	return b.String(), err
}
