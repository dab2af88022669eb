package endpoint

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// A reply is what one request came to.
type reply struct {
	body []byte
	busy bool          // turned away: try again
	wait time.Duration // after so long; 0 is up to the caller
	none bool          // the endpoint never saw the request
}

// send posts body, which asks about so many rows, until the endpoint has time
// for it.
func (e *Endpoint) send(ctx context.Context, body []byte, rows int) ([]byte, error) {
	for try := 0; ; try++ {
		pauses, err := e.pace.begin(ctx)
		if err != nil {
			return nil, err
		}
		r, err := e.post(ctx, body)
		e.note(&r, rows)
		e.pace.end(r.busy)
		switch {
		case !r.busy:
			return r.body, err
		case try >= e.o.Retries:
			return nil, fmt.Errorf("%w, %d times", err, try+1)
		case r.wait > e.o.MaxWait:
			return nil, fmt.Errorf("%w, and asks for a pause of %v", err, r.wait)
		case r.wait == 0:
			r.wait = min(time.Second<<min(try, 10), e.o.MaxWait)
		}
		if err := e.pace.pause(ctx, pauses, r.wait); err != nil {
			return nil, err
		}
	}
}

// note counts a request. Rows count unless they were turned away: whatever
// else came back, the endpoint may have worked on them.
func (e *Endpoint) note(r *reply, rows int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.count.Requests++
	switch {
	case r.busy:
		e.count.Busy++
	case !r.none:
		e.count.Rows += rows
	}
}

// post sends body once.
func (e *Endpoint) post(ctx context.Context, body []byte) (reply, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.c.URL, bytes.NewReader(body))
	if err != nil {
		return reply{none: true}, errors.New("cannot make a request of the description")
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	if e.o.Key != "" {
		req.Header.Set("Authorization", "Bearer "+e.o.Key)
	}
	res, err := e.client.Do(req)
	if err != nil {
		op, ok := errors.AsType[*net.OpError](err)
		r := reply{none: ok && op.Op == "dial"}
		if u, ok := errors.AsType[*url.Error](err); ok {
			err = u.Err // without the address, which may hold more than is fit to print
		}
		return r, err
	}
	defer res.Body.Close() //nolint:errcheck // only read
	got, err := io.ReadAll(io.LimitReader(res.Body, maxReply+1))
	switch {
	case res.StatusCode == http.StatusTooManyRequests || res.StatusCode == http.StatusServiceUnavailable:
		return reply{busy: true, wait: retryAfter(res.Header)}, fmt.Errorf("busy (status %d)", res.StatusCode)
	case err != nil:
		return reply{}, err
	case len(got) > maxReply:
		return reply{}, fmt.Errorf("%w: more than %d bytes", errAnswer, maxReply)
	case res.StatusCode != http.StatusOK:
		return reply{}, fmt.Errorf("status %d: %q", res.StatusCode, clip(string(got)))
	}
	return reply{body: got}, nil
}

// retryAfter reads how long an endpoint asks to be left alone: seconds, or a
// date, which is compared with the endpoint's own clock.
func retryAfter(h http.Header) time.Duration {
	v := h.Get("Retry-After")
	if n, err := strconv.ParseUint(v, 10, 20); err == nil {
		return time.Duration(n) * time.Second
	}
	until, err := http.ParseTime(v)
	now, err2 := http.ParseTime(h.Get("Date"))
	if err != nil || err2 != nil {
		return 0
	}
	return max(0, until.Sub(now))
}
