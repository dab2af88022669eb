package evasion

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"quintain"
	"quintain/ml/bound"
	"quintain/stats"
)

// maxWork is how many multiplications the certificates of a target may take,
// for each budget that they are for.
const maxWork = 1 << 32

// A certificate says which rows no attack whatsoever can turn within the
// budget. It is the other end of the interval of which attacks give one.
type certificate struct {
	holds   []bool      // for each row drawn; nil if there is no certificate
	radius  []float64   // for each row drawn, the largest budget of the curve that it holds for, in radii; nil if nobody looked
	refuted [][]float32 // for each row drawn, a row within the budget that is misclassified, if one was found in the search; nil if there was none
	method  string
	search  string // what the exact search came to; empty if there was none
	why     string // there is none
}

// pick returns the certificate of the rows kept.
func (p certificate) pick(kept []int) certificate {
	p.holds, p.radius, p.refuted = picked(p.holds, kept), picked(p.radius, kept), picked(p.refuted, kept)
	return p
}

func picked[T any](list []T, kept []int) []T {
	if list == nil {
		return nil
	}
	out := make([]T, len(kept))
	for i, k := range kept {
		out[i] = list[k]
	}
	return out
}

// certify bounds the answers of the model around every row drawn: first by a
// bound that is quick, then, where that leaves rows open, exactly, and last at
// the other budgets of the curve.
func (s *subject) certify(ctx context.Context, nodes int) error {
	b, err := s.bounds(ctx)
	if err != nil {
		s.proof.why = err.Error()
		return ctx.Err()
	}
	right, err := s.rightly(ctx)
	if err != nil {
		return err
	}
	s.proof.holds = make([]bool, s.batch.Rows())
	err = each(ctx, right, func(i int) {
		s.proof.holds[i] = b.safe(s.ball.region(s.batch.Row(i)), int(s.batch.Y[i]))
	})
	if err != nil {
		return err
	}
	if b.chain != nil {
		if err := s.settle(ctx, b, right, nodes); err != nil {
			return err
		}
	}
	return s.widen(ctx, b, right)
}

// rightly lists the rows that are classified as they are labeled.
func (s *subject) rightly(ctx context.Context) ([]int, error) {
	wrong, err := Fooled(ctx, s.plain, s.batch)
	return indices(wrong, false), err
}

// each runs f for all of rows on as many goroutines as there are processors.
func each(ctx context.Context, rows []int, f func(row int)) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for _, row := range rows {
		g.Go(func() error {
			if ctx.Err() == nil {
				f(row)
			}
			return ctx.Err()
		})
	}
	return g.Wait()
}

// bounds are ways to bound the answers of a model.
type bounds struct {
	safe  func(in bound.Region, y int) bool // whether the answer is y for all rows of a region
	chain *bound.Chain                      // to be exact with; nil if that takes too long
	work  int                               // multiplications that safe takes, about
}

// bounds chooses the method.
func (s *subject) bounds(ctx context.Context) (bounds, error) {
	if s.blind != nil {
		forest, err := s.net.Forest()
		if err != nil {
			return bounds{}, err
		}
		s.proof.method = "a search of all leaves"
		f := bound.NewForest(forest)
		return bounds{safe: func(in bound.Region, y int) bool { return f.Safe(in.Low, in.High, y) }}, nil
	}
	layers, err := s.net.Chain(ctx)
	if err != nil {
		return bounds{}, err
	}
	chain := bound.New(layers)
	if s.to >= 0 {
		chain = chain.Against(s.to)
	}
	if work := chain.Work(); work <= maxWork/max(1, len(s.rows)) {
		s.proof.method = "linear bounds (CROWN)"
		return bounds{func(in bound.Region, y int) bool { return chain.Linear(in, y) > 0 }, chain, work}, nil
	}
	s.proof.method = "interval bounds"
	b := bounds{safe: func(in bound.Region, y int) bool { return chain.Interval(in, y) > 0 }}
	for _, l := range layers {
		b.work += len(l.W) * len(l.W[0])
	}
	return b, nil
}

// widen finds the largest budget of the curve that each row is certified for.
// Less is certified with more, so no row is tried within what holds already.
func (s *subject) widen(ctx context.Context, b bounds, right []int) error {
	s.proof.radius = make([]float64, s.batch.Rows())
	if b.work > maxWork/2/max(1, len(s.rows)) { // there are several budgets
		for i, h := range s.proof.holds {
			if h {
				s.proof.radius[i] = 1
			}
		}
		return nil
	}
	one := slices.Index(curveAt, 1)
	return each(ctx, right, func(i int) {
		try := func(at float64) bool {
			return b.safe(s.ball.Scaled(float32(at)).region(s.batch.Row(i)), int(s.batch.Y[i]))
		}
		if !s.proof.holds[i] {
			for k := one - 1; k >= 0; k-- {
				if try(curveAt[k]) {
					s.proof.radius[i] = curveAt[k]
					return
				}
			}
			return
		}
		s.proof.radius[i] = 1
		for _, at := range curveAt[one+1:] {
			if !try(at) {
				return
			}
			s.proof.radius[i] = at
		}
	})
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

// region returns where a row can be that [Ball.Check] takes for one of the ball
// around center. Check overlooks a little of every change, and no row is
// farther off than the ball by more than the length of all that together.
func (b Ball) region(center []float32) bound.Region {
	low, high := b.reach(center)
	in := bound.Region{Low: low, High: high}
	if b.Norm != L2 {
		return in
	}
	var over float64
	for i, c := range center {
		if r := float64(b.Radius[i]); r > 0 {
			d := slack * (math.Abs(float64(c)) + r) / r
			over += d * d
		}
	}
	in.Norm, in.Center = bound.L2, center
	for _, r := range b.Radius {
		wide := float32(float64(r) * (1 + math.Sqrt(over)))
		if r > 0 {
			wide = math.Nextafter32(wide, float32(math.Inf(1)))
		}
		in.Radius = append(in.Radius, wide)
	}
	return in
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
	says := fmt.Sprintf("rows that no attack can turn within the budget, certified by %s with rounding accounted for", c.proof.method)
	if c.proof.search != "" {
		says += "; " + c.proof.search
	}
	if n := count(c.missed()); n > 0 {
		says += fmt.Sprintf("; %d rows that this attack left standing have a counterexample, so it is too weak for this model", n)
	}
	return quintain.Evidence{Summary: says, Measure: &m}
}

// contradiction returns an error if the attack turned a certified row, or met
// a misclassified row nearer than is certified: then the certificate is wrong,
// and nothing can be concluded.
func (c *campaign) contradiction() error {
	for i, f := range c.fell {
		at := c.at[i]
		if f && c.proof.holds != nil && c.proof.holds[at] {
			return fmt.Errorf("row %d of the data fell though it is certified; this is an error in the certificate", c.rows[at]+1)
		}
		if d := c.far[i]; c.proof.radius != nil && d >= 0 && d <= c.proof.radius[at] {
			return fmt.Errorf("row %d of the data fell within %v of the budget though it is certified for %v of it; this is an error in the certificate", c.rows[at]+1, d, c.proof.radius[at])
		}
	}
	return uneven(c.curveOf())
}
