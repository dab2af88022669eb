package square

import (
	"math"
	"math/rand/v2"

	"quintain/attack/evasion"
)

// A part is what changes at a time, for rows of one shape.
type part struct {
	ball     evasion.Ball
	features []int // that may move
	channels int   // of an image, in which squares change; 0 if rows are flat
	height   int
	width    int
}

func newPart(tr *evasion.Trial) part {
	p := part{ball: tr.Ball}
	for i, r := range tr.Ball.Radius {
		if r > 0 {
			p.features = append(p.features, i)
		}
	}
	if s := tr.Model.Spec().Shape; len(s) == 3 && s[1] > 1 && s[2] > 1 {
		p.channels, p.height, p.width = s[0], s[1], s[2]
	}
	return p
}

// begin chooses a sign for every feature: one for each column of an image, and
// in flat rows one for each feature.
func (p *part) begin(x []float32, rng *rand.Rand) {
	if p.channels == 0 {
		for i := range x {
			x[i] = sign(rng)
		}
		return
	}
	for c := range p.channels {
		for col := range p.width {
			s := sign(rng)
			for row := range p.height {
				x[(c*p.height+row)*p.width+col] = s
			}
		}
	}
}

// change changes a share of x.
func (p *part) change(x, center []float32, share float64, rng *rand.Rand) {
	switch {
	case len(p.features) == 0:
	case p.channels == 0:
		p.block(x, center, share, rng)
	default:
		p.square(x, center, share, rng)
	}
}

// square moves a square of an image all the way up or down, each channel for
// itself.
func (p *part) square(x, center []float32, share float64, rng *rand.Rand) {
	side := int(math.Round(math.Sqrt(share * float64(p.height*p.width))))
	side = max(1, min(side, p.height-1, p.width-1))
	top, left := rng.IntN(p.height-side+1), rng.IntN(p.width-side+1)
	for c := range p.channels {
		s := sign(rng)
		for row := top; row < top+side; row++ {
			for i := (c*p.height+row)*p.width + left; i < (c*p.height+row)*p.width+left+side; i++ {
				x[i] = center[i] + s*p.ball.Radius[i]
			}
		}
	}
	p.ball.Clip(x, center)
}

// between is one in how many changes of flat rows stops anywhere in the ball:
// the way out of a forest need not lie at the edge.
const between = 4

// block moves random features of a flat row, each for itself: one alone to the
// other end, several up or down at random, and now and then anywhere.
func (p *part) block(x, center []float32, share float64, rng *rand.Rand) {
	n := len(p.features)
	k := max(1, min(int(math.Round(share*float64(n))), n))
	inside := rng.IntN(between) == 0
	if k == 1 {
		p.move(x, center, p.features[rng.IntN(n)], true, inside, rng)
	} else {
		for j, i := range p.features { // any k of them, all equally likely
			if rng.IntN(n-j) < k {
				p.move(x, center, i, false, inside, rng)
				k--
			}
		}
	}
	p.ball.Clip(x, center)
}

// move moves feature i.
func (p *part) move(x, center []float32, i int, alone, inside bool, rng *rand.Rand) {
	s := sign(rng)
	switch {
	case inside:
		s = 2*rng.Float32() - 1
	case alone && x[i] > center[i]:
		s = -1
	case alone && x[i] < center[i]:
		s = 1
	}
	x[i] = center[i] + s*p.ball.Radius[i]
}

func sign(rng *rand.Rand) float32 { return float32(2*rng.IntN(2) - 1) }
