package evasion

import (
	"context"
	"fmt"
	"math"
	"runtime"

	"golang.org/x/sync/errgroup"

	"quintain"
	"quintain/ml/bound"
	"quintain/stats"
)

// maxWork is how many multiplications the certificates of a target may take.
const maxWork = 1 << 32

// A certificate says which rows no attack whatsoever can turn within the
// budget. It is the other end of the interval of which attacks give one.
type certificate struct {
	holds  []bool // for each row drawn; nil if there is no certificate
	method string
	why    string // there is none
}

// certify bounds the answers of the model around every row drawn.
func (s *subject) certify(ctx context.Context) error {
	safe, err := s.bounds(ctx)
	if err == nil {
		s.proof.holds, err = s.prove(ctx, safe)
	}
	if err != nil {
		s.proof.why = err.Error()
	}
	return ctx.Err()
}

// A safe reports whether the answer is y for all rows between low and high.
type safe func(low, high []float32, y int) bool

// bounds chooses the method.
func (s *subject) bounds(ctx context.Context) (safe, error) {
	if s.blind != nil {
		forest, err := s.net.Forest()
		if err != nil {
			return nil, err
		}
		s.proof.method = "a search of all leaves"
		return bound.NewForest(forest).Safe, nil
	}
	layers, err := s.net.Chain(ctx)
	if err != nil {
		return nil, err
	}
	chain := bound.New(layers)
	lead := chain.Linear
	s.proof.method = "linear bounds (CROWN)"
	if chain.Work() > maxWork/max(1, len(s.rows)) {
		lead = chain.Interval
		s.proof.method = "interval bounds"
	}
	return func(low, high []float32, y int) bool { return lead(bound.Region{Low: low, High: high}, y) > 0 }, nil
}

// prove says which rows drawn are certified.
func (s *subject) prove(ctx context.Context, safe safe) ([]bool, error) {
	holds := make([]bool, s.batch.Rows())
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i := range holds {
		g.Go(func() error {
			if ctx.Err() == nil {
				low, high := s.ball.reach(s.batch.Row(i))
				holds[i] = safe(low, high, int(s.batch.Y[i]))
			}
			return ctx.Err()
		})
	}
	return holds, g.Wait()
}

// reach returns the least and the greatest that every feature can be in a row
// that [Ball.Check] takes for one of the ball around center.
func (b Ball) reach(center []float32) (low, high []float32) {
	for i, c := range center {
		room := float64(b.Radius[i]) + slack*(math.Abs(float64(c))+float64(b.Radius[i]))
		least := math.Nextafter32(float32(float64(c)-room), float32(math.Inf(-1)))
		most := math.Nextafter32(float32(float64(c)+room), float32(math.Inf(1)))
		low, high = append(low, max(least, b.Low[i])), append(high, min(most, b.High[i]))
	}
	return low, high
}

// proven measures how many of all rows drawn are certified, if there is a
// certificate.
func (c *campaign) proven(seed uint64) (m quintain.Measure, ok bool) {
	if c.proof.holds == nil {
		return m, false
	}
	return stats.Proportion("robust accuracy, lower bound", count(c.proof.holds), len(c.rows), seed), true
}

// certified returns the evidence of the certificate, or of why there is none.
func (c *campaign) certified(seed uint64) quintain.Evidence {
	m, ok := c.proven(seed)
	if !ok {
		return quintain.Evidence{Summary: "no certificate says how many rows withstand every attack: " + c.proof.why}
	}
	return quintain.Evidence{
		Summary: fmt.Sprintf("rows that no attack can turn within the budget, certified by %s with rounding accounted for", c.proof.method),
		Measure: &m,
	}
}

// contradiction returns an error if the attack turned a certified row: then
// the certificate is wrong, and nothing can be concluded.
func (c *campaign) contradiction() error {
	for i, f := range c.fell {
		if f && c.proof.holds != nil && c.proof.holds[c.at[i]] {
			return fmt.Errorf("row %d of the data fell though it is certified; this is an error in the certificate", c.rows[c.at[i]]+1)
		}
	}
	return nil
}
