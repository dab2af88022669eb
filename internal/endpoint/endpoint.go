package endpoint

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"math"
	"net/http"
	"net/url"
	"slices"
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
	// about again: four soon, and one for this many new ones; 0 is 100, -1
	// never.
	Recheck int
}

const (
	maxReply = 16 << 20
	maxCache = 1 << 18 // rows
	soon     = 4       // rows that are asked about again as soon as can be
	kept     = 64      // rows to choose those from that are asked about again
)

// An Endpoint is a classifier that is asked over HTTP. It implements
// [ml.Oracle].
type Endpoint struct {
	c      *Config
	o      Options
	shown  string // the address without its query
	client *http.Client
	pace   *pace

	mu       sync.Mutex
	seed     maphash.Seed
	cache    map[uint64]answer
	samples  []answer // to ask about again
	rechecks int
	granted  int // rows about to be asked about
	count    Count
}

type answer struct {
	row    []float32
	logits []float64
}

// A question is a row to ask about, and where its answer goes. One without a
// place is asked to see whether the answer is what it was.
type question struct {
	row []float32
	at  []int
}

// A Count is what asking has cost so far.
type Count struct {
	Rows     int     // that the endpoint was asked about and did not turn away; its own count is the same
	Cached   int     // rows that were known already
	Again    int     // rows that were asked about again and answered as before
	Requests int     // that were sent, those that were turned away included
	Busy     int     // requests that the endpoint turned away
	Price    float64 // of the rows
	Left     int     // rows that may still be asked about; -1 if there is no limit
	Fickle   string  // what a row was answered at first and later, if the two differ
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
		c: c, o: o, shown: u.String(), pace: newPace(max(1, c.Concurrency), c.Rate, o.Sleep),
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

// Close lets go of connections that are not in use.
func (e *Endpoint) Close() error {
	e.client.CloseIdleConnections()
	return nil
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
	c := e.count
	c.Price, c.Left = float64(c.Rows)/1000*e.c.Price, -1
	if e.o.Budget > 0 {
		c.Left = e.o.Budget - c.Rows
	}
	return c
}

// Predict implements [ml.Oracle]. Rows that were asked about before are
// answered from memory, and a few of them asked about again beside new ones;
// see [ErrFickle] and [ErrBudget].
func (e *Endpoint) Predict(ctx context.Context, x ml.Batch) ([]float32, error) {
	z, err := e.Predict64(ctx, x)
	if err != nil {
		return nil, err
	}
	out := make([]float32, len(z))
	for i, v := range z {
		if out[i] = float32(v); math.IsInf(float64(out[i]), 0) {
			return nil, fmt.Errorf("%s: %w: a score is %v", e.shown, errAnswer, v)
		}
	}
	return out, nil
}

// Predict64 is Predict with all digits of the answers, which JSON has in double
// precision.
func (e *Endpoint) Predict64(ctx context.Context, x ml.Batch) ([]float64, error) {
	if x.Dim != e.c.Features {
		return nil, fmt.Errorf("rows of %d features for an endpoint that takes %d", x.Dim, e.c.Features)
	}
	for i, v := range x.X {
		if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
			return nil, fmt.Errorf("feature %d of a row is %v, which JSON cannot say", i%x.Dim, f)
		}
	}
	out := make([]float64, x.Rows()*e.c.Classes)
	ask, err := e.grant(e.recall(x, out))
	if err != nil {
		return nil, err
	}
	defer e.settle(len(ask))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(max(1, e.c.Concurrency))
	for part := range slices.Chunk(ask, e.c.Batch) {
		g.Go(func() error { return e.part(ctx, part, out) })
	}
	if err := g.Wait(); err != nil {
		return nil, fmt.Errorf("%s: %w", e.shown, err)
	}
	return out, nil
}

// recall answers what is known, and returns what to ask about: every other row
// once.
func (e *Endpoint) recall(x ml.Batch, out []float64) []question {
	e.mu.Lock()
	defer e.mu.Unlock()
	var ask []question
	place := make(map[uint64]int)
	for i := range x.Rows() {
		row := x.Row(i)
		h := e.hash(row)
		if known, ok := e.cache[h]; ok && equal(known.row, row) {
			e.count.Cached++
			copy(out[i*e.c.Classes:], known.logits)
			continue
		}
		if k, ok := place[h]; ok && equal(ask[k].row, row) {
			e.count.Cached++
			ask[k].at = append(ask[k].at, i)
			continue
		}
		place[h] = len(ask)
		ask = append(ask, question{row: row, at: []int{i}})
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

// grant takes rows from the budget and adds those whose answers are due to be
// checked, if there is any budget left for them.
func (e *Endpoint) grant(ask []question) ([]question, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	used, want := e.count.Rows+e.granted, len(ask)
	if e.o.Budget > 0 && used+want > e.o.Budget {
		return nil, fmt.Errorf("%s: %w: %d of %d rows, and %d more wanted", e.shown, ErrBudget, used, e.o.Budget, want)
	}
	for want > 0 && e.o.Recheck > 0 && len(e.samples) > 0 && e.rechecks < soon+used/e.o.Recheck {
		if e.o.Budget > 0 && used+len(ask) >= e.o.Budget {
			break
		}
		ask = append(ask, question{row: e.samples[e.rechecks%len(e.samples)].row})
		e.rechecks++
	}
	e.granted += len(ask)
	return ask, nil
}

// settle ends what grant began: rows that were asked about are counted by now.
func (e *Endpoint) settle(rows int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.granted -= rows
}

// part asks questions in one request, and remembers the answers.
func (e *Endpoint) part(ctx context.Context, ask []question, out []float64) error {
	b := ml.Batch{Dim: e.c.Features}
	for _, q := range ask {
		b.X = append(b.X, q.row...)
	}
	body, err := e.c.request(b)
	if err != nil {
		return err
	}
	reply, err := e.send(ctx, body, len(ask))
	if err != nil {
		return err
	}
	z, err := e.c.answers(reply, len(ask))
	if err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for k, q := range ask {
		got := z[k*e.c.Classes : (k+1)*e.c.Classes]
		if err := e.remember(b.Row(k), got); err != nil {
			return err
		}
		for _, i := range q.at {
			copy(out[i*e.c.Classes:], got)
		}
	}
	return nil
}

// remember keeps an answer, and compares it with an earlier one. e.mu is held.
func (e *Endpoint) remember(row []float32, got []float64) error {
	h := e.hash(row)
	known, ok := e.cache[h]
	switch {
	case ok && equal(known.row, row):
		if !alike(known.logits, got) {
			e.count.Fickle = fmt.Sprintf("a row was answered %s, and later %s", e.c.tell(known.logits), e.c.tell(got))
			return fmt.Errorf("%w: %s", ErrFickle, e.count.Fickle)
		}
		e.count.Again++
		return nil
	case len(e.cache) < maxCache:
		e.cache[h] = answer{row, got}
	}
	if len(e.samples) < kept {
		e.samples = append(e.samples, answer{row, got})
	}
	return nil
}

// jitter is by how much a probability may differ between two answers about one
// row: servers add up in another order where a batch has another size.
const jitter = 1e-3

// alike reports whether two answers agree but for rounding.
func alike(a, b []float64) bool {
	if likeliest(a) != likeliest(b) {
		return false
	}
	p, q := softmax(a), softmax(b)
	for i := range p {
		if math.Abs(p[i]-q[i]) > jitter {
			return false
		}
	}
	return true
}

// likeliest returns the class with the largest logit, the first of equals.
func likeliest(z []float64) int { return slices.Index(z, slices.Max(z)) }

func softmax(z []float64) []float64 {
	out, sum, high := make([]float64, len(z)), 0.0, slices.Max(z)
	for i, v := range z {
		out[i] = math.Exp(v - high)
		sum += out[i]
	}
	for i := range out {
		out[i] /= sum
	}
	return out
}
