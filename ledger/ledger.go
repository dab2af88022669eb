// Package ledger is an append-only, hash-chained log of what really happened:
// which message was sent, which tool was called, which secret crossed a
// boundary. It is the judge wherever effects decide.
//
// A written ledger is one line of JSON for each [Event]. Each line carries the
// hash of the one before, and its own: the SHA-256 of the line as it is with
// "hash":"", line feed included. There is one way only to write an event, so
// that any edit between the first byte and the last is found by [Verify].
// Cutting whole lines off the end leaves a shorter ledger that is whole in
// itself, and somebody who writes all of it anew can write what they like: who
// must rule that out keeps the [Ledger.Head] elsewhere.
package ledger

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"sync"

	"quintain"
)

// A Ledger keeps events in the order in which they were appended. The zero
// Ledger is empty and ready to use; methods may be called concurrently.
type Ledger struct {
	watch []Canary

	mu     sync.Mutex
	events []Event // never changed once appended
}

// New returns an empty Ledger that searches every [KindEgress] event for the
// canaries in watch: in its name, its arguments and its text. For each canary
// and each way it was written, a [KindCanary] event follows the egress.
func New(watch ...Canary) *Ledger { return &Ledger{watch: slices.Clone(watch)} }

// Append adds e, with Seq, Prev and Hash filled in, and returns it as it was
// kept. Text that is not valid UTF-8 is made so. An event without a kind, with
// Args that are not JSON, or of more than [MaxEvent] bytes is refused.
func (l *Ledger) Append(e Event) (Event, error) {
	e, err := e.clean()
	if err != nil {
		return Event{}, err
	}
	if size := len(e.Args) + len(e.Text) + len(e.Name); size > MaxEvent {
		return Event{}, fmt.Errorf("event of %d bytes, more than %d", size, MaxEvent)
	}
	var seen []sighting
	if e.Kind == KindEgress && len(l.watch) > 0 {
		seen = sightings(e, l.watch)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if e, err = l.append(e); err != nil {
		return Event{}, err
	}
	for _, s := range seen {
		args, err := json.Marshal(crossing{e.Seq, s.decoding})
		if err != nil {
			return Event{}, err
		}
		if _, err := l.append(Event{Kind: KindCanary, Actor: e.Actor, Name: s.canary, Args: args}); err != nil {
			return Event{}, err
		}
	}
	e.Args = slices.Clone(e.Args)
	return e, nil
}

// crossing is the Args of a KindCanary event.
type crossing struct {
	In       int    `json:"in"` // Seq of the event that held the canary
	Decoding string `json:"decoding"`
}

// append seals e and adds it; the lock is held.
func (l *Ledger) append(e Event) (Event, error) {
	e.Seq, e.Prev = len(l.events)+1, l.head()
	e, err := e.sealed()
	if err != nil {
		return e, err
	}
	if line, err := e.encode(); err != nil || len(line) > MaxEvent {
		return e, fmt.Errorf("event of more than %d bytes as written", MaxEvent)
	}
	l.events = append(l.events, e)
	return e, nil
}

func (l *Ledger) head() quintain.Digest {
	if len(l.events) == 0 {
		return genesis
	}
	return l.events[len(l.events)-1].Hash
}

// all returns the events so far; they are shared and must not be changed.
func (l *Ledger) all() []Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clip(l.events)
}

// Events returns a copy of all events.
func (l *Ledger) Events() []Event { return l.Where(func(Event) bool { return true }) }

// Head returns the hash of the last event. Of an empty ledger it is the digest
// of the format's name.
func (l *Ledger) Head() quintain.Digest {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.head()
}

// Where returns copies of the events that match, in order. The function must
// not change the event it is given.
func (l *Ledger) Where(match func(Event) bool) []Event {
	var out []Event
	for _, e := range l.all() {
		if match(e) {
			e.Args = slices.Clone(e.Args)
			out = append(out, e)
		}
	}
	return out
}

// Calls returns the [KindCall] events of one tool, or of all tools if tool is
// empty.
func (l *Ledger) Calls(tool string) []Event {
	return l.Where(func(e Event) bool { return e.Kind == KindCall && (tool == "" || e.Name == tool) })
}

// Crossed returns the first [KindCanary] event of c, if there is one.
func (l *Ledger) Crossed(c Canary) (Event, bool) {
	for _, e := range l.all() {
		if e.Kind == KindCanary && e.Name == c.Name {
			e.Args = slices.Clone(e.Args)
			return e, true
		}
	}
	return Event{}, false
}

// WriteTo writes the events, one line each, and returns the number of bytes
// written.
func (l *Ledger) WriteTo(w io.Writer) (int64, error) {
	var n int64
	for _, e := range l.all() {
		line, err := e.encode()
		if err != nil {
			return n, err
		}
		m, err := w.Write(line)
		n += int64(m)
		if err != nil {
			return n, fmt.Errorf("write event %d: %w", e.Seq, err)
		}
	}
	return n, nil
}
