package endpoint

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"quintain/ml"
)

// ErrBudget says that an endpoint has been asked about as many rows as were
// granted.
var ErrBudget = errors.New("the budget of queries is spent")

// ErrFickle says that an endpoint answered the same row in two ways, so that
// nothing follows from single answers.
var ErrFickle = errors.New("the endpoint changes its mind")

// Options are how an endpoint is asked. The zero value is usable.
type Options struct {
	Key     string        // sent as a bearer token; "" sends none
	Budget  int           // rows that may be asked about; 0 is no limit
	Timeout time.Duration // of one request; 0 is 30 seconds
	Retries int           // further tries when the endpoint is busy; 0 is four, -1 none
	MaxWait time.Duration // the longest pause that an endpoint may ask for; 0 is one minute

	// Sleep waits. Nil waits in real time.
	Sleep func(ctx context.Context, d time.Duration) error
	// Recheck is how many of the rows that were asked about before are asked
	// about again, one in this many; 0 is 100, -1 never.
	Recheck int
}

const (
	maxReply = 16 << 20
	maxCache = 1 << 18 // rows
)

// An Endpoint is a classifier that is asked over HTTP. It implements
// [ml.Oracle].
type Endpoint struct {
	c      *Config
	o      Options
	shown  string // the address without its query
	client *http.Client
	turns  chan struct{} // whoever waits for the rate holds it

	mu    sync.Mutex
	seed  maphash.Seed
	cache map[uint64]answer
	count Count
}

type answer struct {
	row    []float32
	logits []float32
}

// A Count is what asking has cost so far.
type Count struct {
	Rows     int     // that the endpoint was asked about; its own count is the same
	Cached   int     // rows that were known already
	Requests int     // that were sent, tries included
	Busy     int     // times that the endpoint asked to be left alone for a while
	Price    float64 // of the rows
}

// Open returns the endpoint that c describes. It does not connect.
func Open(c *Config, o Options) (*Endpoint, error) {
	u, err := url.Parse(c.URL)
	if err != nil {
		return nil, errors.New("endpoint: not a URL") // the cause quotes it
	}
	u.RawQuery, u.Fragment = "", ""
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	if o.Retries == 0 {
		o.Retries = 4
	}
	if o.MaxWait == 0 {
		o.MaxWait = time.Minute
	}
	if o.Recheck == 0 {
		o.Recheck = 100
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	e := &Endpoint{
		c: c, o: o, shown: u.String(), turns: make(chan struct{}, 1),
		seed: maphash.MakeSeed(), cache: make(map[uint64]answer),
	}
	e.client = &http.Client{
		Timeout: o.Timeout,
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: c.Concurrency, IdleConnTimeout: time.Minute,
			TLSHandshakeTimeout: 20 * time.Second, MaxResponseHeaderBytes: 64 << 10, ForceAttemptHTTP2: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return e, nil
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// Spec implements [ml.Oracle].
func (e *Endpoint) Spec() ml.Spec {
	return ml.Spec{Shape: []int{e.c.Features}, Classes: e.c.Classes, Output: string(e.c.Output), Kernel: "remote"}
}

// Count returns what asking has cost so far.
func (e *Endpoint) Count() Count {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.count
}

// Predict implements [ml.Oracle]. Rows that were asked about before are
// answered from memory, now and then checked against the endpoint; see
// [ErrFickle] and [ErrBudget].
func (e *Endpoint) Predict(ctx context.Context, x ml.Batch) ([]float32, error) {
	if x.Dim != e.c.Features {
		return nil, fmt.Errorf("rows of %d features for an endpoint that takes %d", x.Dim, e.c.Features)
	}
	for i, v := range x.X {
		if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
			return nil, fmt.Errorf("feature %d of a row is %v, which JSON cannot say", i%x.Dim, f)
		}
	}
	out := make([]float32, x.Rows()*e.c.Classes)
	ask := e.recall(x, out)
	if err := e.grant(len(ask)); err != nil {
		return nil, err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(e.c.Concurrency)
	for len(ask) > 0 {
		part := ask[:min(e.c.Batch, len(ask))]
		ask = ask[len(part):]
		g.Go(func() error { return e.part(ctx, x, part, out) })
	}
	if err := g.Wait(); err != nil {
		return nil, fmt.Errorf("%s: %w", e.shown, err)
	}
	return out, nil
}

// recall answers what is known, and returns the rows to ask about.
func (e *Endpoint) recall(x ml.Batch, out []float32) []int {
	e.mu.Lock()
	defer e.mu.Unlock()
	var ask []int
	for i := range x.Rows() {
		known, ok := e.cache[e.hash(x.Row(i))]
		if !ok || !equal(known.row, x.Row(i)) {
			ask = append(ask, i)
			continue
		}
		e.count.Cached++
		if e.o.Recheck > 0 && e.count.Cached%e.o.Recheck == 0 {
			ask = append(ask, i)
			continue
		}
		copy(out[i*e.c.Classes:], known.logits)
	}
	return ask
}

func (e *Endpoint) hash(row []float32) uint64 {
	var h maphash.Hash
	h.SetSeed(e.seed)
	for _, v := range row {
		b := math.Float32bits(v)
		h.Write([]byte{byte(b), byte(b >> 8), byte(b >> 16), byte(b >> 24)})
	}
	return h.Sum64()
}

func equal(a, b []float32) bool {
	for i, v := range a {
		if math.Float32bits(v) != math.Float32bits(b[i]) {
			return false
		}
	}
	return true
}

// grant takes rows from the budget.
func (e *Endpoint) grant(rows int) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.o.Budget > 0 && e.count.Rows+rows > e.o.Budget {
		return fmt.Errorf("%s: %w: %d of %d rows, and %d more wanted", e.shown, ErrBudget, e.count.Rows, e.o.Budget, rows)
	}
	e.count.Rows += rows
	e.count.Price = float64(e.count.Rows) / 1000 * e.c.Price
	return nil
}

// part asks about the rows of x listed in rows, and remembers the answers.
func (e *Endpoint) part(ctx context.Context, x ml.Batch, rows []int, out []float32) error {
	b := x.Pick(rows)
	body, err := e.c.request(b)
	if err != nil {
		return err
	}
	reply, err := e.send(ctx, body)
	if err != nil {
		return err
	}
	z, err := e.c.answers(reply, len(rows))
	if err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for k, i := range rows {
		got := z[k*e.c.Classes : (k+1)*e.c.Classes]
		h := e.hash(x.Row(i))
		if known, ok := e.cache[h]; ok && equal(known.row, x.Row(i)) && !equal(known.logits, got) {
			return fmt.Errorf("%w: a row was answered %v, and later %v", ErrFickle, known.logits, got)
		}
		if len(e.cache) < maxCache {
			e.cache[h] = answer{b.Row(k), got}
		}
		copy(out[i*e.c.Classes:], got)
	}
	return nil
}

// send posts body until the endpoint has time for it.
func (e *Endpoint) send(ctx context.Context, body []byte) ([]byte, error) {
	for try := 0; ; try++ {
		if err := e.turn(ctx); err != nil {
			return nil, err
		}
		reply, wait, err := e.post(ctx, body)
		if err == nil || wait < 0 {
			return reply, err
		}
		if try >= e.o.Retries {
			return nil, fmt.Errorf("%w, %d times", err, try+1)
		}
		if wait > e.o.MaxWait {
			return nil, fmt.Errorf("%w, and asks for a pause of %v", err, wait)
		}
		if wait == 0 {
			wait = min(time.Second<<min(try, 10), e.o.MaxWait)
		}
		if err := e.o.Sleep(ctx, wait); err != nil {
			return nil, err
		}
	}
}

// turn waits until the rate allows one more request.
func (e *Endpoint) turn(ctx context.Context) error {
	if e.c.Rate <= 0 {
		return ctx.Err()
	}
	select { // one at a time: pauses that run side by side would be none
	case e.turns <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-e.turns }()
	return e.o.Sleep(ctx, time.Duration(float64(time.Second)/e.c.Rate))
}

// post sends body once. A wait that is not negative says that it is worth
// trying again, after that time or whenever the caller likes if it is 0.
func (e *Endpoint) post(ctx context.Context, body []byte) (reply []byte, wait time.Duration, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.c.URL, bytes.NewReader(body))
	if err != nil {
		return nil, -1, errors.New("cannot make a request of the description")
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	if e.o.Key != "" {
		req.Header.Set("Authorization", "Bearer "+e.o.Key)
	}
	e.mu.Lock()
	e.count.Requests++
	e.mu.Unlock()
	res, err := e.client.Do(req)
	if err != nil {
		if u, ok := errors.AsType[*url.Error](err); ok {
			err = u.Err // without the address, which may hold more than is fit to print
		}
		return nil, -1, err
	}
	defer res.Body.Close() //nolint:errcheck // only read
	reply, err = io.ReadAll(io.LimitReader(res.Body, maxReply+1))
	switch {
	case err != nil:
		return nil, -1, err
	case len(reply) > maxReply:
		return nil, -1, fmt.Errorf("%w: more than %d bytes", errAnswer, maxReply)
	case res.StatusCode == http.StatusTooManyRequests || res.StatusCode == http.StatusServiceUnavailable:
		e.mu.Lock()
		e.count.Busy++
		e.mu.Unlock()
		seconds, _ := strconv.ParseUint(res.Header.Get("Retry-After"), 10, 20)
		return nil, time.Duration(seconds) * time.Second, fmt.Errorf("busy (status %d)", res.StatusCode)
	case res.StatusCode != http.StatusOK:
		return nil, -1, fmt.Errorf("status %d: %q", res.StatusCode, clip(string(reply)))
	}
	return reply, 0, nil
}
