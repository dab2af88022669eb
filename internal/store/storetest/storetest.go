// Package storetest holds every implementation of [lab.Store] to its contract.
package storetest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"quintain/lab"
)

var start = time.Date(2026, 11, 25, 9, 0, 0, 123_456_789, time.UTC)

// Run tests stores; open returns an empty one.
func Run(t *testing.T, open func(t *testing.T) lab.Store) {
	t.Run("settings", func(t *testing.T) { settings(t, open(t)) })
	t.Run("attempts", func(t *testing.T) { attempts(t, open(t)) })
	t.Run("since", func(t *testing.T) { since(t, open(t)) })
	t.Run("entries", func(t *testing.T) { entries(t, open(t)) })
	t.Run("clock", func(t *testing.T) { clock(t, open(t)) })
	t.Run("together", func(t *testing.T) { together(t, open(t)) })
}

func settings(t *testing.T, s lab.Store) {
	t.Helper()
	ctx := t.Context()
	if v, err := s.Setting(ctx, "a", nil); v != nil || err != nil {
		t.Errorf("Setting of what was never set = %q, %v, want nothing", v, err)
	}
	all := []byte{0, 1, 0xff, '\'', '?'}
	if v, err := s.Setting(ctx, "a", func([]byte) ([]byte, error) { return all, nil }); !bytes.Equal(v, all) || err != nil {
		t.Errorf("Setting = %q, %v, want %q", v, err, all)
	}
	boom := errors.New("boom")
	if _, err := s.Setting(ctx, "a", func([]byte) ([]byte, error) { return []byte("x"), boom }); !errors.Is(err, boom) {
		t.Errorf("Setting with a change that fails = %v, want its error", err)
	}
	if v, err := s.Setting(ctx, "a", func([]byte) ([]byte, error) { return nil, nil }); !bytes.Equal(v, all) || err != nil {
		t.Errorf("Setting that changes nothing = %q, %v, want %q", v, err, all)
	}
}

func attempts(t *testing.T, s lab.Store) {
	t.Helper()
	ctx := t.Context()
	var want []lab.Record
	for _, r := range []lab.Record{
		{Exercise: "F02", Number: 1, Learner: "Ada <b>", Started: start},
		{Exercise: "F01", Number: 1, Learner: "'; DROP TABLE attempts; --", Cohort: "autumn", Started: start},
		{Exercise: "F02", Number: 2, Started: start.Add(time.Hour)},
	} {
		kept, err := s.Start(ctx, r)
		if err != nil {
			t.Fatal(err)
		}
		r.Started = lab.Instant(r.Started)
		if diff := cmp.Diff(r, kept); diff != "" {
			t.Errorf("kept record differs (-want +got):\n%s", diff)
		}
		want = append(want, r)
	}
	for _, n := range []int{0, 1, 2, 4} {
		if _, err := s.Start(ctx, lab.Record{Exercise: "F02", Number: n, Started: start}); !errors.Is(err, lab.ErrConflict) {
			t.Errorf("Start of attempt %d after 2 = %v, want %v", n, err, lab.ErrConflict)
		}
	}
	got, err := s.Since(ctx, lab.Place{})
	if diff := cmp.Diff(want, got.Attempts); diff != "" || err != nil {
		t.Errorf("Since: %v; attempts differ (-want +got):\n%s", err, diff)
	}
}

// since reads the history in pieces, which must come to the same as reading
// all of it at once.
func since(t *testing.T, s lab.Store) {
	t.Helper()
	ctx := t.Context()
	var parts lab.News
	read := func() lab.News {
		t.Helper()
		news, err := s.Since(ctx, parts.Next)
		if err != nil {
			t.Fatal(err)
		}
		parts = lab.News{Attempts: append(parts.Attempts, news.Attempts...), Entries: append(parts.Entries, news.Entries...), Next: news.Next}
		return news
	}
	if news := read(); len(news.Attempts)+len(news.Entries) > 0 || news.Next != (lab.Place{}) {
		t.Errorf("Since of an empty store = %+v, want nothing", news)
	}
	for i, e := range []struct {
		exercise string
		attempt  int
		start    bool
	}{{"F02", 1, true}, {"F01", 1, true}, {"F02", 1, false}, {"F01", 1, false}, {"F01", 2, true}, {"F02", 1, false}, {"F01", 1, false}} {
		if e.start {
			if _, err := s.Start(ctx, lab.Record{Exercise: e.exercise, Number: e.attempt, Started: start}); err != nil {
				t.Fatal(err)
			}
		}
		kept, err := s.Append(ctx, lab.Entry{Exercise: e.exercise, Attempt: e.attempt, At: start.Add(-time.Duration(i) * time.Hour), Kind: lab.EntryHint, Data: json.RawMessage(fmt.Sprint(i))}, -1)
		if err != nil {
			t.Fatal(err)
		}
		if i%2 == 0 {
			continue
		}
		if news := read(); len(news.Entries) != 2 || !cmp.Equal(news.Entries[1], kept) {
			t.Errorf("after entry %d Since = %+v, want two entries, %+v the last", i, news, kept)
		}
	}
	read()
	all, err := s.Since(ctx, lab.Place{})
	if diff := cmp.Diff(all, parts); diff != "" || err != nil {
		t.Errorf("Since: %v; at once and in pieces differ (-once +pieces):\n%s", err, diff)
	}
	if len(all.Attempts) != 3 || len(all.Entries) != 7 || all.Next != (lab.Place{Attempts: 3, Entries: 7}) {
		t.Errorf("%d attempts, %d entries, next %+v, want 3, 7 and what is after them", len(all.Attempts), len(all.Entries), all.Next)
	}
	if news := read(); len(news.Attempts)+len(news.Entries) > 0 {
		t.Errorf("Since the end = %+v, want nothing", news)
	}
}

func entries(t *testing.T, s lab.Store) {
	t.Helper()
	ctx := t.Context()
	e := lab.Entry{Exercise: "F01", Attempt: 1, At: start, Kind: lab.EntryHint, Data: json.RawMessage(`1`)}
	if _, err := s.Append(ctx, e, -1); !errors.Is(err, lab.ErrNoAttempt) {
		t.Errorf("Append before Start = %v, want %v", err, lab.ErrNoAttempt)
	}
	if _, err := s.Start(ctx, lab.Record{Exercise: "F01", Number: 1, Started: start}); err != nil {
		t.Fatal(err)
	}
	for i, after := range []int{0, 1, -1} {
		kept, err := s.Append(ctx, e, after)
		if err != nil || kept.Seq != i+1 {
			t.Errorf("Append after %d = %+v, %v, want Seq %d", after, kept, err, i+1)
		}
	}
	for _, after := range []int{0, 2, 4} {
		if _, err := s.Append(ctx, e, after); !errors.Is(err, lab.ErrConflict) {
			t.Errorf("Append after %d of 3 = %v, want %v", after, err, lab.ErrConflict)
		}
	}
	got, err := s.Entries(ctx, "F01", 1)
	if err != nil || len(got) != 3 || string(got[2].Data) != "1" || got[2].Kind != lab.EntryHint || !got[2].At.Equal(lab.Instant(start)) {
		t.Errorf("Entries = %+v, %v, want three as they were appended", got, err)
	}
	if got, err := s.Entries(ctx, "F01", 2); len(got) != 0 || err != nil {
		t.Errorf("Entries of no attempt = %v, %v, want none", got, err)
	}
}

// clock sets the clock back, which must not take entries back in time.
func clock(t *testing.T, s lab.Store) {
	t.Helper()
	ctx := t.Context()
	if _, err := s.Start(ctx, lab.Record{Exercise: "F01", Number: 1, Started: start}); err != nil {
		t.Fatal(err)
	}
	last := lab.Instant(start)
	for _, by := range []time.Duration{-time.Hour, time.Hour, -24 * time.Hour, 2 * time.Hour} {
		e, err := s.Append(ctx, lab.Entry{Exercise: "F01", Attempt: 1, At: start.Add(by), Kind: lab.EntryHint}, -1)
		if err != nil {
			t.Fatal(err)
		}
		if want := later(last, lab.Instant(start.Add(by))); !e.At.Equal(want) {
			t.Errorf("entry at %v after %v was kept at %v, want %v", start.Add(by), last, e.At, want)
		}
		last = e.At
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// together appends from several goroutines: nothing is lost, and there are no
// gaps.
func together(t *testing.T, s lab.Store) {
	t.Helper()
	ctx := t.Context()
	if _, err := s.Start(ctx, lab.Record{Exercise: "F01", Number: 1, Started: start}); err != nil {
		t.Fatal(err)
	}
	const writers, each = 4, 10
	var wg sync.WaitGroup
	errs := make(chan error, writers*each)
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				_, err := s.Append(ctx, lab.Entry{Exercise: "F01", Attempt: 1, At: start, Kind: lab.EntryHint, Data: json.RawMessage(fmt.Sprint(w*each + i))}, -1)
				errs <- err
			}
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			t.Error(err)
		}
	}
	got, err := s.Entries(ctx, "F01", 1)
	if err != nil || len(got) != writers*each {
		t.Fatalf("%d entries, %v, want %d", len(got), err, writers*each)
	}
	for i, e := range got {
		if e.Seq != i+1 {
			t.Errorf("entry %d has Seq %d, want %d", i, e.Seq, i+1)
		}
	}
}
