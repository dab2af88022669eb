package web

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// A message is one thing that a live page is told.
type message struct {
	Event string // "add" appends to the output, "swap" replaces an element by its id, "say" is for screen readers, "end" ends
	Data  string
}

// A live run is work that a page started and others may follow. It goes on
// when the page is left.
type live struct {
	ID      string
	Subject string // such as "exercise F01"; one at a time
	Href    string // where the result is
	Started time.Time

	mu       sync.Mutex
	messages []message
	wake     chan struct{} // closed when there is more
	ended    bool
	result   any
}

// tell adds messages.
func (l *live) tell(ms ...message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.messages = append(l.messages, ms...)
	close(l.wake)
	l.wake = make(chan struct{})
}

// end keeps the result and adds the last message.
func (l *live) end(result any, ms ...message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.messages = append(append(l.messages, ms...), message{"end", l.Href})
	l.ended, l.result = true, result
	close(l.wake)
}

// after returns the messages from n on, whether they end with the last, and
// what to wait on for more.
func (l *live) after(n int) (ms []message, ended bool, wake <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.messages[min(n, len(l.messages)):], l.ended, l.wake
}

// outcome returns the result, nil while it runs.
func (l *live) outcome() any {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.result
}

// running reports whether l goes on.
func (l *live) running() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.ended
}

// maxRuns is how many runs are remembered.
const maxRuns = 64

// runs are the live runs of this process, the oldest first.
type runs struct {
	mu   sync.Mutex
	list []*live
}

// begin adds a run, unless one of the same subject is under way.
func (rs *runs) begin(subject, href string, now time.Time) (*live, error) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	for _, l := range rs.list {
		if l.Subject == subject && l.running() {
			return l, &problem{fmt.Errorf("%s is being worked on", subject), http.StatusConflict, "Wait until it is done; the page shows how far it is."}
		}
	}
	l := &live{ID: strings.ToLower(rand.Text()), Subject: subject, Href: href, Started: now, wake: make(chan struct{})}
	rs.list = append(rs.list, l)
	if len(rs.list) > maxRuns && !rs.list[0].running() {
		rs.list = rs.list[1:]
	}
	return l, nil
}

// find returns the run with an id, or nil.
func (rs *runs) find(id string) *live {
	return rs.last(func(l *live) bool { return l.ID == id })
}

// last returns the latest run that matches, or nil.
func (rs *runs) last(match func(*live) bool) *live {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	for _, l := range slices.Backward(rs.list) {
		if match(l) {
			return l
		}
	}
	return nil
}

// of returns the latest run about a subject, or nil.
func (rs *runs) of(subject string) *live {
	return rs.last(func(l *live) bool { return l.Subject == subject })
}

// wantsStream reports whether a script of ours asks.
func wantsStream(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "text/event-stream")
}

// serveLive starts work and answers with its messages as they come where the
// page can show them, and otherwise with the finished page.
func (w *Workbench) serveLive(rw http.ResponseWriter, r *http.Request, subject, href string, work func(context.Context, *live)) {
	l, err := w.runs.begin(subject, href, w.o.Now())
	if err != nil {
		w.fail(rw, r, err)
		return
	}
	w.spawn(func(ctx context.Context) { work(ctx, l) })
	if wantsStream(r) {
		stream(rw, r, l)
		return
	}
	for ended := false; !ended; {
		var wake <-chan struct{}
		if _, ended, wake = l.after(0); !ended && !wait(r.Context(), wake) {
			return
		}
	}
	http.Redirect(rw, r, l.Href, http.StatusSeeOther)
}

// follow streams a run that is under way.
func (w *Workbench) follow(rw http.ResponseWriter, r *http.Request) {
	l := w.runs.find(r.PathValue("id"))
	if l == nil {
		w.fail(rw, r, notFound("there is no run %q", r.PathValue("id")))
		return
	}
	stream(rw, r, l)
}

// wait reports whether wake came before ctx ended.
func wait(ctx context.Context, wake <-chan struct{}) bool {
	select {
	case <-wake:
		return true
	case <-ctx.Done():
		return false
	}
}

// stream sends the messages of a run as server-sent events, from the first.
func stream(rw http.ResponseWriter, r *http.Request, l *live) {
	rw.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	out := http.NewResponseController(rw)
	for n := 0; ; {
		ms, ended, wake := l.after(n)
		n += len(ms)
		var b strings.Builder
		for _, m := range ms {
			fmt.Fprintf(&b, "event: %s\n", m.Event)
			for line := range strings.SplitSeq(strings.ReplaceAll(m.Data, "\r", ""), "\n") {
				fmt.Fprintf(&b, "data: %s\n", line)
			}
			b.WriteString("\n")
		}
		if _, err := rw.Write([]byte(b.String())); err != nil || out.Flush() != nil {
			return
		}
		if ended || !wait(r.Context(), wake) {
			return
		}
	}
}
