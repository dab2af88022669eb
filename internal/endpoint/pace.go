package endpoint

import (
	"context"
	"sync"
	"time"
)

// A pace keeps requests to as many as an endpoint has time for: as many in
// flight as it is configured for at first, one fewer for each that is turned
// away, and one more after a run of answers. A pause that the endpoint asks
// for is everybody's, so that those turned away together do not come back one
// by one to be turned away again.
type pace struct {
	sleep func(ctx context.Context, d time.Duration) error
	gap   time.Duration // before each request; 0 is none
	slots chan struct{} // a request in flight holds one
	turn  chan struct{} // whoever waits for the gap or in a pause holds it

	mu     sync.Mutex
	open   int           // slots in circulation
	calm   int           // answers since their number last changed
	pauses int           // that came to an end
	last   time.Duration // the latest
}

// grow is how many answers in a row it takes to have one more request in
// flight.
const grow = 64

func newPace(flight int, rate float64, sleep func(context.Context, time.Duration) error) *pace {
	p := &pace{sleep: sleep, slots: make(chan struct{}, flight), turn: make(chan struct{}, 1), open: flight}
	for range flight {
		p.slots <- struct{}{}
	}
	p.turn <- struct{}{}
	if rate > 0 {
		p.gap = time.Duration(float64(time.Second) / rate)
	}
	return p
}

// take receives from c unless ctx ends first.
func take(ctx context.Context, c <-chan struct{}) error {
	select {
	case <-c:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// begin waits until one more request may be sent, and returns how many pauses
// there have been. Each begin that succeeds is followed by an end.
func (p *pace) begin(ctx context.Context) (pauses int, err error) {
	if err := take(ctx, p.slots); err != nil {
		return 0, err
	}
	if err = take(ctx, p.turn); err == nil {
		if p.gap > 0 { // one at a time: gaps side by side would be none
			err = p.sleep(ctx, p.gap)
		}
		p.turn <- struct{}{}
	}
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		p.slots <- struct{}{}
		return 0, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pauses, nil
}

// end says that a request is no longer in flight, and whether it was turned
// away.
func (p *pace) end(busy bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if busy {
		p.calm = 0
		if p.open > 1 {
			p.open-- // the slot is not given back
			return
		}
	} else if p.calm++; p.calm >= grow && p.open < cap(p.slots) {
		p.open, p.calm = p.open+1, 0
		p.slots <- struct{}{}
	}
	p.slots <- struct{}{}
}

// pause waits for d, and so does everybody. Whoever sent a request before the
// latest pause began has waited for that one already.
func (p *pace) pause(ctx context.Context, pauses int, d time.Duration) error {
	if err := take(ctx, p.turn); err != nil {
		return err
	}
	defer func() { p.turn <- struct{}{} }()
	p.mu.Lock()
	rest := d
	if p.pauses > pauses {
		rest -= p.last
	}
	p.mu.Unlock()
	if rest <= 0 {
		return ctx.Err()
	}
	if err := p.sleep(ctx, rest); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pauses, p.last = p.pauses+1, d
	return nil
}
