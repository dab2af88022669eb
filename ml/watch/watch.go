// Package watch looks at what one account asks a model and raises an alarm if it
// looks like somebody who copies the model: by the rate of questions, by their
// distances to each other, by how many are unlike anything a customer asks, and
// by how evenly the answers fall.
//
// None of these catches every thief. Compare says what each catches and whom it
// accuses wrongly, on the same logs.
package watch

import (
	"fmt"
	"math"
	"slices"

	"quintain"
	"quintain/stats"
)

// A Request is one question with its answer.
type Request struct {
	At    float64   // seconds since the account was opened
	Row   []float32 // that was asked about
	Label int       // that was answered, from 0
}

// A Watcher sees the requests of one account in order.
type Watcher interface {
	// See takes the next request, and reports whether the account now looks
	// like a thief's.
	See(r Request) bool
}

// Until returns after how many requests of a log w raises its first alarm, 0 if
// it never does.
func Until(w Watcher, log []Request) int {
	for i, r := range log {
		if w.See(r) {
			return i + 1
		}
	}
	return 0
}

// A Report says what a watcher does.
type Report struct {
	False quintain.Measure // share of honest accounts that it accuses
	Found quintain.Measure // share of thieves that it accuses
	Until []int            // requests until that, for each thief; 0 is never
}

// Compare shows honest accounts and thieves to fresh watchers. Honest accounts
// come first: a watcher that accuses them is of no use, whatever it finds. There
// must be some of both.
func Compare(fresh func() Watcher, honest, thieves [][]Request, seed uint64) (*Report, error) {
	if len(honest) == 0 || len(thieves) == 0 {
		return nil, fmt.Errorf("watch: %d honest accounts and %d thieves, want some of both", len(honest), len(thieves))
	}
	accused := 0
	for _, log := range honest {
		if Until(fresh(), log) > 0 {
			accused++
		}
	}
	r := &Report{False: stats.Proportion("honest accounts accused", accused, len(honest), seed)}
	found := 0
	for _, log := range thieves {
		n := Until(fresh(), log)
		r.Until = append(r.Until, n)
		if n > 0 {
			found++
		}
	}
	r.Found = stats.Proportion("thieves accused", found, len(thieves), seed)
	return r, nil
}

// A Rate alarms when more than Most requests lie within Seconds.
type Rate struct {
	Most    int
	Seconds float64

	at []float64
}

// See implements [Watcher].
func (w *Rate) See(r Request) bool {
	w.at = append(w.at, r.At)
	for w.at[0] <= r.At-w.Seconds {
		w.at = w.at[1:]
	}
	return len(w.at) > w.Most
}

// A window is the last answers to a question that is yes or no.
type window struct {
	bits []bool
	hits int
}

func (w *window) push(b bool, size int) {
	w.bits = append(w.bits, b)
	if b {
		w.hits++
	}
	if len(w.bits) > size {
		if w.bits[0] {
			w.hits--
		}
		w.bits = slices.Delete(w.bits, 0, 1)
	}
}

// A Similar alarms when more than Most requests were near one before them: an
// attacker who feels the way along a boundary asks many questions that hardly
// differ, and a customer few (Chen, Carlini and Wagner 2020, Stateful Detection
// of Black-Box Adversarial Attacks, arXiv:1907.05587, with distances to the
// nearest instead of their mean). Questions that were asked before count too.
type Similar struct {
	Most int

	// Near is how far a row may lie from another in every feature and still be
	// near it, in units of Span, the range of each feature.
	Near float64
	Span []float32

	rows [][]float32
	seen int
}

// kept is how many rows a Similar remembers; it forgets the oldest.
const kept = 10_000

// See implements [Watcher].
func (w *Similar) See(r Request) bool {
	if w.Like(r.Row) {
		w.seen++
	}
	w.rows = append(w.rows, slices.Clone(r.Row))
	if len(w.rows) > kept {
		w.rows = w.rows[1:]
	}
	return w.seen > w.Most
}

// Like reports whether a row is near one that was seen.
func (w *Similar) Like(row []float32) bool {
	return slices.ContainsFunc(w.rows, func(b []float32) bool { return w.near(row, b) })
}

func (w *Similar) near(a, b []float32) bool {
	for j, v := range a {
		if math.Abs(float64(v)-float64(b[j])) > w.Near*float64(w.Span[j]) {
			return false
		}
	}
	return true
}
