package badge

import (
	"context"
	"math/rand/v2"
	"slices"

	"quintain/lab"
	"quintain/ml"
	"quintain/ml/graph"
	"quintain/ml/train"
)

// A badge is an image of side by side pixels from 0 to 1: a symbol of seven
// bars in a frame of lamps, some of them lit.
const (
	side    = 14
	pixels  = side * side
	badges  = 6      // that a door knows, one a class
	noBadge = badges // the class of everything else
	lit     = 12     // lamps of a badge
	rows    = 1600   // images that a door is trained on
	grain   = 0.15   // of a camera, standard deviation of a pixel
)

// letters are the symbols that badges can show, and symbols their bars: top,
// then clockwise, the middle one last. Any two differ in at least two bars, so
// that one bar misread is no other symbol.
const letters = "01469ACF"

var (
	symbols = [len(letters)][7]bool{
		{true, true, true, true, true, true, false},
		{false, true, true, false, false, false, false},
		{false, true, true, false, false, true, true},
		{true, false, true, true, true, true, true},
		{true, true, true, true, false, true, true},
		{true, true, true, false, true, true, true},
		{true, false, false, true, true, true, false},
		{true, false, false, false, true, true, true},
	}

	// bars are where they lie: column, row, width, height.
	bars = [7][4]int{{4, 2, 6, 1}, {9, 3, 1, 3}, {9, 8, 1, 3}, {4, 11, 6, 1}, {4, 8, 1, 3}, {4, 3, 1, 3}, {4, 6, 6, 2}}

	lamps = border()
)

// border returns the pixels that are lamps: every other one around the image.
func border() []int {
	var at []int
	for i := 0; i < side; i += 2 {
		at = append(at, i, (side-1)*side+i+1, (i+1)*side, i*side+side-1)
	}
	return at
}

// A design says what the badges of one door look like.
type design struct {
	symbol [badges]int // an index of letters
	frame  [badges][]int
}

func newDesign(rng *rand.Rand) *design {
	d := &design{}
	copy(d.symbol[:], rng.Perm(len(letters)))
	for k := range d.frame {
		d.frame[k] = rng.Perm(len(lamps))[:lit]
	}
	return d
}

// right counts the symbols of a guess that are those of the badges.
func (d *design) right(guess []int) int {
	n := 0
	for k, s := range guess {
		if d.symbol[k] == s {
			n++
		}
	}
	return n
}

// draw returns a clean image.
func draw(on [7]bool, frame []int) []float32 {
	x := make([]float32, pixels)
	for i, r := range bars {
		for dy := range r[3] {
			for dx := range r[2] {
				if on[i] {
					x[(r[1]+dy)*side+r[0]+dx] = 1
				}
			}
		}
	}
	for _, l := range frame {
		x[lamps[l]] = 1
	}
	return x
}

// see returns what a camera makes of a clean image.
func see(x []float32, rng *rand.Rand) []float32 {
	for i, v := range x {
		x[i] = float32(min(max(0.1+0.8*float64(v)+grain*rng.NormFloat64(), 0), 1))
	}
	return x
}

// visitors draws images at the door. Four in ten are badges. The others are
// what a door must refuse: loose bars, symbols in a frame of chance, badges
// copied from memory, and true frames around a wrong symbol.
func (d *design) visitors(n int, rng *rand.Rand) ml.Batch {
	b := ml.Batch{Dim: pixels}
	for range n {
		k := rng.IntN(badges)
		y, on, frame := noBadge, symbols[d.symbol[k]], d.frame[k]
		switch u := rng.Float64(); {
		case u < 0.40:
			y = k
		case u < 0.50:
			for i := range on {
				on[i] = rng.IntN(2) == 0
			}
			frame = anyFrame(rng)
		case u < 0.85:
			on, frame = symbols[rng.IntN(len(symbols))], anyFrame(rng)
			if u < 0.65 {
				frame = nil
			}
		case u < 0.95:
			frame = d.remembered(k, rng)
		default:
			on = symbols[(d.symbol[k]+1+rng.IntN(len(symbols)-1))%len(symbols)]
		}
		b.X, b.Y = append(b.X, see(draw(on, frame), rng)...), append(b.Y, int32(y))
	}
	return b
}

func anyFrame(rng *rand.Rand) []int { return rng.Perm(len(lamps))[:rng.IntN(lit+5)] }

// remembered returns a frame of which half of the lamps are those of a badge.
func (d *design) remembered(k int, rng *rand.Rand) []int {
	var out []int
	for _, i := range rng.Perm(lit)[:lit/2] {
		out = append(out, d.frame[k][i])
	}
	for _, l := range rng.Perm(len(lamps)) {
		if len(out) < lit && !slices.Contains(d.frame[k], l) {
			out = append(out, l)
		}
	}
	return out
}

// A door is a design and the model that knows it.
type door struct {
	*design
	graph *graph.Graph
	net   *graph.Net
}

// newDoor makes the door with a label. Its badges are new.
func newDoor(ctx context.Context, s *lab.Source, label string) (*door, error) {
	d := &door{design: newDesign(s.Rand("design of " + label))}
	var err error
	d.graph, err = train.Fit(ctx, train.MLP([]int{pixels, 24, badges + 1}, s.Seed("weights of "+label)),
		d.visitors(rows, s.Rand("visitors of "+label)),
		train.Options{Epochs: 20, Batch: 32, Rate: 0.004, WeightDecay: 0.03, Seed: s.Seed("order of " + label)})
	if err != nil {
		return nil, err
	}
	d.net, err = graph.Compile(d.graph, graph.Options{Workers: 1})
	return d, err
}

// open returns a door of an attempt, made once.
func open(ctx context.Context, a *lab.Attempt, label string) (*door, error) {
	return lab.Once(a, "door "+label, func() (*door, error) { return newDoor(ctx, a.Source, label) })
}
