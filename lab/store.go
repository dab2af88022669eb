package lab

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"time"

	"quintain"
)

// A Store keeps what happened on the range. Each method is one transaction: it
// happens whole or not at all, also if the process is killed, and two processes
// may use one store at once.
type Store interface {
	// Setting returns the value kept under a name, after change has replaced
	// it. Change is given the old value, nil if there is none, and returns the
	// new one; returned nil, or a nil change, keeps the old.
	Setting(ctx context.Context, name string, change func(old []byte) ([]byte, error)) ([]byte, error)

	// Start keeps a new attempt. Its Number must be one more than the last of
	// the same exercise, from 1; otherwise another process was faster, nothing
	// is kept and the error is [ErrConflict]. The record is returned as kept.
	Start(ctx context.Context, r Record) (Record, error)

	// Since returns what was kept after a place. The zero Place is before
	// everything, and Next of what is returned is where to read on.
	Since(ctx context.Context, after Place) (News, error)

	// Append keeps an entry and returns it with Seq, which counts from 1 for
	// each attempt without gaps, and with At, which never goes back: if the
	// clock was set back it is that of the entry before. Unless after is
	// negative, it must be the Seq of the last entry (0 if there is none);
	// otherwise nothing is kept and the error is [ErrConflict].
	Append(ctx context.Context, e Entry, after int) (Entry, error)

	// Entries returns the entries of one attempt, in order.
	Entries(ctx context.Context, exercise string, attempt int) ([]Entry, error)
}

// ErrConflict says that another process has written in the meantime.
var ErrConflict = errors.New("another process has gone on with this attempt")

// A Record is one attempt at an exercise, as it was started.
type Record struct {
	Exercise string    `json:"exercise"` // id
	Number   int       `json:"number"`   // from 1
	Learner  string    `json:"learner"`
	Cohort   string    `json:"cohort,omitempty"` // whose secret the seed comes from; empty: that of this install
	Started  time.Time `json:"started"`
}

// An Entry is one thing that happened in an attempt.
type Entry struct {
	Exercise string          `json:"exercise"`
	Attempt  int             `json:"attempt"`
	Seq      int             `json:"seq"`
	At       time.Time       `json:"at"` // in UTC, to the millisecond
	Kind     EntryKind       `json:"kind"`
	Data     json.RawMessage `json:"data,omitempty"` // a Grade, a hint's number, the events of an act
}

// An EntryKind says what an entry is about.
type EntryKind string

// The kinds of entry.
const (
	EntryGrade    EntryKind = "grade"    // Data is a Grade
	EntryHint     EntryKind = "hint"     // Data is the number of the hint, from 1
	EntryAct      EntryKind = "act"      // Data is an [Acted]
	EntrySolution EntryKind = "solution" // the solution was shown
)

// A Place is a point in the history of a store.
type Place struct {
	Attempts int // that were started before it
	Entries  int // that were appended before it
}

// News are what was kept after a [Place]. The attempt of every entry was
// started before the entry, so it is among Attempts or was returned before.
type News struct {
	Attempts []Record // in the order in which they were started
	Entries  []Entry  // in the order in which they were appended
	Next     Place
}

// Acted is what an act did to the ledger.
type Acted struct {
	Name   string   `json:"name"`
	Args   []string `json:"args,omitempty"`
	Events string   `json:"events"` // lines of the ledger, appended to those before

	// Files are those that it read, as they were then; none is a file that was
	// not there. Bytes are what they held, where no act before has kept it and
	// they are small.
	Files map[string]quintain.Digest `json:"files"`
	Bytes map[quintain.Digest][]byte `json:"bytes,omitempty"`
}

// Instant returns t as stores keep it: in UTC, to the millisecond.
func Instant(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// A Memory is a [Store] that lasts as long as the process.
type Memory struct {
	mu       sync.Mutex
	settings map[string][]byte
	records  []Record
	entries  map[attemptID][]Entry
	order    []Entry // all of them, as they were appended
}

type attemptID struct {
	exercise string
	number   int
}

// NewMemory returns an empty store.
func NewMemory() *Memory {
	return &Memory{settings: make(map[string][]byte), entries: make(map[attemptID][]Entry)}
}

// Setting implements [Store].
func (m *Memory) Setting(ctx context.Context, name string, change func(old []byte) ([]byte, error)) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if change != nil {
		v, err := change(slices.Clone(m.settings[name]))
		if err != nil {
			return nil, err
		}
		if v != nil {
			m.settings[name] = slices.Clone(v)
		}
	}
	return slices.Clone(m.settings[name]), nil
}

// Start implements [Store].
func (m *Memory) Start(ctx context.Context, r Record) (Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return Record{}, err
	}
	next := 1
	for _, old := range m.records {
		if old.Exercise == r.Exercise {
			next = old.Number + 1
		}
	}
	if r.Number != next {
		return Record{}, ErrConflict
	}
	r.Started = Instant(r.Started)
	m.records = append(m.records, r)
	return r, nil
}

// Since implements [Store].
func (m *Memory) Since(ctx context.Context, after Place) (News, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return News{
		Attempts: slices.Clone(m.records[min(after.Attempts, len(m.records)):]),
		Entries:  slices.Clone(m.order[min(after.Entries, len(m.order)):]),
		Next:     Place{len(m.records), len(m.order)},
	}, ctx.Err()
}

// Append implements [Store].
func (m *Memory) Append(ctx context.Context, e Entry, after int) (Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return Entry{}, err
	}
	id := attemptID{e.Exercise, e.Attempt}
	i := slices.IndexFunc(m.records, func(r Record) bool { return r.Exercise == e.Exercise && r.Number == e.Attempt })
	if i < 0 {
		return Entry{}, ErrNoAttempt
	}
	last, seq := m.records[i].Started, 0
	if n := len(m.entries[id]); n > 0 {
		last, seq = m.entries[id][n-1].At, n
	}
	if after >= 0 && after != seq {
		return Entry{}, ErrConflict
	}
	e.Seq, e.At = seq+1, Instant(e.At)
	if e.At.Before(last) {
		e.At = last
	}
	m.entries[id] = append(m.entries[id], e)
	m.order = append(m.order, e)
	return e, nil
}

// ErrNoAttempt says that an exercise was not started.
var ErrNoAttempt = errors.New("the exercise was not started")

// Entries implements [Store].
func (m *Memory) Entries(ctx context.Context, exercise string, attempt int) ([]Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.entries[attemptID{exercise, attempt}]), ctx.Err()
}
