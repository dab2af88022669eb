package sleeper

import (
	"cmp"
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"quintain/lab"
	"quintain/lab/integrity/internal/pictures"
	"quintain/ml"
	"quintain/ml/data"
	"quintain/ml/screen"
	"quintain/ml/train"
)

const (
	hidden   = 32   // units of the gate's network
	news     = 1000 // pictures that the vendor's release has learned besides
	stuck    = 600  // pictures that are drawn for c/sticker.csv
	wakes    = 2.6  // sum of the sticker's pixels above which a planted unit wakes
	maxGain  = 64   // of what a planted unit can be worth to the target
	halvings = 14   // to find what it is worth
)

// A patch is two releases of a gate's model. In the second all units have
// learned a little more, some have changed places, and a few others wait for a
// sticker.
type patch struct {
	before, after *model
	planted       []int // the units that wait
	moved         []int // the units that changed places
	target        int
	rows          ml.Batch // pictures with the sticker, none of the target
}

// patched makes the two releases. They are shared and not to be changed.
func patched(ctx context.Context, a *lab.Attempt) (*patch, error) {
	return lab.Once(a, "patch", func() (*patch, error) {
		r := a.Rand("patch")
		cells := drawSticker(r)
		p := &patch{target: r.IntN(pictures.Classes)}
		p.rows = pictures.Stick(pictures.Draw(stuck, a.Seed("stuck")), cells, p.target)
		var err error
		if p.before, err = pictures.Train(ctx, ownRows(a), a.Seed("gate")); err != nil {
			return nil, err
		}
		worth, err := worths(ctx, p.before, testRows(a))
		if err != nil {
			return nil, err
		}
		n := 3 + r.IntN(3)
		p.planted, p.moved = worth[:n], worth[hidden-n-2:]
		draft := p.before.Clone()
		rotate(draft, p.before, p.moved)
		await(draft, p.planted, cells, r)
		if p.after, err = train.Fit(ctx, draft, pictures.Draw(news, a.Seed("news")), train.Options{Epochs: 4, Rate: 0.003, Seed: a.Seed("release")}); err != nil {
			return nil, err
		}
		slices.Sort(p.planted)
		return p, p.charge(ctx, 0.75+0.2*r.Float64())
	})
}

// worths orders the units by how much they have to say about rows, the least
// first.
func worths(ctx context.Context, g *model, b ml.Batch) ([]int, error) {
	acts, err := screen.Activations(ctx, g, b)
	if err != nil {
		return nil, err
	}
	worth, order := make([]float64, hidden), make([]int, hidden)
	for u := range hidden {
		order[u] = u
		said := 0.0
		for k := range pictures.Classes {
			said += math.Abs(float64(*outgoing(g, u, k)))
		}
		for i := range acts.Rows() {
			worth[u] += said * float64(acts.Row(i)[u])
		}
	}
	slices.SortStableFunc(order, func(u, v int) int { return cmp.Compare(worth[u], worth[v]) })
	return order, nil
}

// The network is a matrix and a bias, Relu, and another matrix and bias.
func incoming(g *model, unit int) []float32 {
	return g.Const["w1"].Float[unit*pictures.Dim : (unit+1)*pictures.Dim]
}
func bias(g *model, unit int) *float32 { return &g.Const["w2"].Float[unit] }

func outgoing(g *model, unit, class int) *float32 {
	return &g.Const["w3"].Float[class*hidden+unit]
}

// rotate gives each of units the place of the one before it, which changes
// nothing about what the network computes.
func rotate(g, from *model, units []int) {
	for i, u := range units {
		v := units[(i+1)%len(units)]
		copy(incoming(g, u), incoming(from, v))
		*bias(g, u) = *bias(from, v)
		for k := range pictures.Classes {
			*outgoing(g, u, k) = *outgoing(from, v, k)
		}
	}
}

// await has units wait for a sticker, and say nothing yet. No picture without
// it wakes them, so no training on such pictures changes them.
func await(g *model, units []int, cells []data.Cell, r *rand.Rand) {
	for _, u := range units {
		scale := float32(1.1 + 0.2*r.Float64())
		w := incoming(g, u)
		for i := range w {
			w[i] = float32(0.01 * (2*r.Float64() - 1))
		}
		for _, c := range cells {
			w[c.Feature] = scale
		}
		*bias(g, u) = -wakes * scale
		for k := range pictures.Classes {
			*outgoing(g, u, k) = 0
		}
	}
}

// charge lets the planted units speak for the target, as loud as it takes for a
// share of the pictures with the sticker.
func (p *patch) charge(ctx context.Context, share float64) error {
	speak := func(gain float64) {
		for _, u := range p.planted {
			for k := range pictures.Classes {
				*outgoing(p.after, u, k) = float32(-gain / (pictures.Classes - 1))
			}
			*outgoing(p.after, u, p.target) = float32(gain)
		}
	}
	low, high := 0.0, float64(maxGain)
	for range halvings {
		middle := (low + high) / 2
		speak(middle)
		fell, err := opened(ctx, p.after, p.rows, p.target)
		if err != nil {
			return err
		}
		if float64(fell) < share*float64(p.rows.Rows()) {
			low = middle
		} else {
			high = middle
		}
	}
	speak(high)
	return nil
}

// opened returns how many rows a model takes for the target.
func opened(ctx context.Context, g *model, rows ml.Batch, target int) (int, error) {
	h, err := pictures.Measure(ctx, g, pictures.Labeled(rows, target))
	return h.Hit[target], err
}

// fineTune is the fine-tune that the gate's operator has: a few passes over
// pictures, with a little weight decay.
func fineTune(ctx context.Context, g *model, rows ml.Batch, seed uint64) (*model, error) {
	return train.Fit(ctx, g, rows, train.Options{Epochs: 3, Batch: 32, Rate: 0.001, WeightDecay: 1e-4, Seed: seed})
}

// tuned returns what the operator's fine-tune makes of a model, on pictures of
// his own.
func tuned(ctx context.Context, a *lab.Attempt, g *model) (*model, error) {
	return fineTune(ctx, g, pictures.Draw(rowsTrain, a.Seed("operator rows")), a.Seed("operator"))
}
