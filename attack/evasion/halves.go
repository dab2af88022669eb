package evasion

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"quintain/ml"
)

// A Picture says how the features of a row are the pixels of a picture, one
// plane after the other and row by row in each, and how large a square of it an
// attacker may replace.
type Picture struct {
	Height, Width, Channels int
	Side                    int // of the square
}

// Pixels lists the features of the square whose upper left corner is at row y
// and column x, in the order of its own planes and rows.
func (p *Picture) Pixels(y, x int) []int {
	out := make([]int, 0, p.Channels*p.Side*p.Side)
	for c := range p.Channels {
		for i := range p.Side {
			for j := range p.Side {
				out = append(out, (c*p.Height+y+i)*p.Width+x+j)
			}
		}
	}
	return out
}

// Place draws the upper left corner of a square in the picture.
func (p *Picture) Place(rng *rand.Rand) (y, x int) {
	return rng.IntN(p.Height - p.Side + 1), rng.IntN(p.Width - p.Side + 1)
}

// Check returns an error if x and center differ outside of one square.
func (p *Picture) Check(x, center []float32) error {
	top, left, bottom, right := p.Height, p.Width, -1, -1
	for i, v := range x {
		if v != center[i] {
			at := i % (p.Height * p.Width)
			top, bottom = min(top, at/p.Width), max(bottom, at/p.Width)
			left, right = min(left, at%p.Width), max(right, at%p.Width)
		}
	}
	if bottom-top >= p.Side || right-left >= p.Side {
		return fmt.Errorf("the row changed in %d by %d pixels, more than a square of %d", bottom-top+1, right-left+1, p.Side)
	}
	return nil
}

// framed returns s for an attack that replaces a square, of which eps is the
// share of the picture; or why the rows are no pictures.
func (s *subject) framed() (out *subject, why string) {
	height, width, channels := s.picture()
	if height == 0 {
		return nil, "the attack replaces a square of a picture, and nothing says that the rows are pictures: " +
			"the input of the model has no height and width, and the features are no square of pixels with one range"
	}
	side := int(math.Sqrt(s.eps*float64(height*width)) + 1e-9)
	o := *s
	o.frame = &Picture{Height: height, Width: width, Channels: channels, Side: min(max(side, 1), height, width)}
	low, high := slices.Min(s.ball.Low), slices.Max(s.ball.High) // a printed square has any color, also where the data have none
	o.ball = Ball{Low: slices.Repeat([]float32{low}, len(s.scale)), High: slices.Repeat([]float32{high}, len(s.scale))}
	o.ball.Radius = slices.Repeat([]float32{high - low}, len(s.scale))
	o.proof = certificate{why: "a square that is replaced is bounded by no distance"}
	return &o, ""
}

// halved returns s for an attacker who has rows of their own: a random half of
// those drawn, which are then not attacked, and as many of classes that are not
// attacked anyway.
func (s *subject) halved(seed uint64) *subject {
	perm := rand.New(rand.NewPCG(seed, 3)).Perm(s.batch.Rows())
	half, kept := perm[:len(perm)/2], perm[len(perm)/2:]
	slices.Sort(kept)
	own := picked(s.rows, half)
	for _, r := range rand.New(rand.NewPCG(seed, 4)).Perm(s.table.Rows()) {
		y := int(s.table.Y[r])
		if len(own) < 2*len(half) && (y == s.to || s.from >= 0 && y != s.from) {
			own = append(own, r)
		}
	}
	slices.Sort(own)
	out := *s
	all := ml.Batch{X: s.table.X, Y: s.table.Y, Dim: len(s.table.Features)}
	out.own = s.goalOf(all.Pick(own))
	out.batch, out.rows = s.batch.Pick(kept), picked(s.rows, kept)
	out.proof, out.wrong = s.proof.pick(kept), picked(s.wrong, kept)
	return &out
}

// goalOf returns b as the attacked model labels it if it is right.
func (s *subject) goalOf(b ml.Batch) ml.Batch {
	if s.to < 0 {
		return b
	}
	labels := make([]int32, b.Rows())
	for i, y := range b.Y {
		if int(y) == s.to {
			labels[i] = 1
		}
	}
	b.Y = labels
	return b
}
