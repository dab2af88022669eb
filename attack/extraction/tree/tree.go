// Package tree copies decision trees by finding the ways to their leaves.
package tree

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"slices"

	"quintain"
	"quintain/attack/extraction"
	"quintain/ml"
	"quintain/ml/graph"
	"quintain/ml/train"
)

//go:embed tree.md
var doc string

// Attack takes the scores of a leaf for its name and finds the box that leads
// there by halving.
var Attack = &extraction.Attack{
	Check: quintain.Check{
		Name:       "attack/extraction/tree",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0024.002", "AML.T0048.004", "ML05:2023"},
		Accepts:    []quintain.Kind{quintain.KindClassifier},
	},
	Paper: "Tramèr, Zhang, Juels, Reiter, Ristenpart: Stealing Machine Learning Models via Prediction APIs, USENIX Security 2016, section 4.2",
	Run:   run,
	Twin:  twin,
}

const halvings = 20 // of a range, until a cut is known

// A box is a leaf: the rows between low and high, and what is said of them.
type box struct {
	low, high []float32
	logits    []float32
}

func (b *box) has(x []float32) bool {
	for j, v := range x {
		if v < b.low[j] || v > b.high[j] {
			return false
		}
	}
	return true
}

type finder struct {
	tr    *extraction.Trial
	left  int
	boxes []*box
	seen  []place // rows whose leaf has not been looked at
}

type place struct{ x, logits []float32 }

var errSpent = errors.New("no queries left")

func run(ctx context.Context, tr *extraction.Trial) (*extraction.Copy, error) {
	if !tr.Answers.Soft() {
		return nil, fmt.Errorf("%w: leaves are told apart by their scores, and %s tell none", extraction.ErrUnfit, tr.Answers)
	}
	if tr.Answers.Noise() > 0 {
		return nil, fmt.Errorf("%w: with noise every leaf has many scores (%s)", extraction.ErrUnfit, tr.Answers)
	}
	f := &finder{tr: tr, left: tr.Budget}
	if err := f.flat(ctx); err != nil {
		return nil, err
	}
	var err error
	for err == nil && len(f.seen) > 0 {
		next := f.seen[0]
		f.seen = f.seen[1:]
		if !f.known(next) {
			err = f.leaf(ctx, next)
		}
	}
	spent := errors.Is(err, errSpent)
	if err != nil && !spent {
		return nil, err
	}
	says := fmt.Sprintf("the boxes of %d leaves, all that were met", len(f.boxes))
	if spent {
		says = fmt.Sprintf("the boxes of %d leaves, then the queries were spent", len(f.boxes))
	}
	return &extraction.Copy{Model: &boxes{f.boxes, tr}, Says: says}, nil
}

func (f *finder) ask(ctx context.Context, x []float32) ([]float32, error) {
	if f.left == 0 {
		return nil, errSpent
	}
	f.left--
	return f.tr.Victim.Predict(ctx, ml.Batch{X: x, Dim: f.tr.Dim()})
}

// flat sees that answers do not change with every small step, and begins with
// the rows that it asked about.
func (f *finder) flat(ctx context.Context) error {
	const rows = 4
	rng := f.tr.Rand(1)
	moved, tried := 0, 0
	for range rows {
		x := make([]float32, f.tr.Dim())
		for j, low := range f.tr.Low {
			x[j] = low + (f.tr.High[j]-low)*rng.Float32()
		}
		z, err := f.ask(ctx, x)
		if errors.Is(err, errSpent) {
			break
		}
		if err != nil {
			return err
		}
		f.seen = append(f.seen, place{x, z})
		near := slices.Clone(x)
		for j, low := range f.tr.Low {
			near[j] += (f.tr.High[j] - low) * 1e-3 * (0.5 - rng.Float32())
		}
		after, err := f.ask(ctx, near)
		if errors.Is(err, errSpent) {
			break
		}
		if err != nil {
			return err
		}
		tried++
		if !slices.Equal(z, after) {
			moved++
		}
	}
	if f.tr.Answers.Exact() && tried > 1 && moved == tried {
		return fmt.Errorf("%w: the scores change with every small step, so the model is no tree", extraction.ErrUnfit)
	}
	if len(f.seen) == 0 {
		return fmt.Errorf("%w: no queries", extraction.ErrUnfit)
	}
	// Somebody with nothing but this has at least one leaf, with no bounds.
	return nil
}

// known reports whether p lies in a box with the same scores.
func (f *finder) known(p place) bool {
	return slices.ContainsFunc(f.boxes, func(b *box) bool { return slices.Equal(b.logits, p.logits) && b.has(p.x) })
}

// leaf finds the box around p, one side after the other, and keeps the other
// leaves that it meets.
func (f *finder) leaf(ctx context.Context, p place) error {
	b := &box{slices.Clone(f.tr.Low), slices.Clone(f.tr.High), p.logits}
	f.boxes = append(f.boxes, b)
	for j := range p.x {
		for _, side := range []struct{ end, bound *float32 }{{&f.tr.Low[j], &b.low[j]}, {&f.tr.High[j], &b.high[j]}} {
			if p.x[j] == *side.end {
				continue
			}
			cut, err := f.cut(ctx, p, j, *side.end)
			if err != nil {
				return err
			}
			*side.bound = cut
		}
	}
	return nil
}

// cut returns how far feature j of p can go toward end in the same leaf.
func (f *finder) cut(ctx context.Context, p place, j int, end float32) (float32, error) {
	x := slices.Clone(p.x)
	same := func(v float32) (bool, error) {
		x[j] = v
		z, err := f.ask(ctx, x)
		if err != nil {
			return false, err
		}
		if slices.Equal(z, p.logits) {
			return true, nil
		}
		if q := (place{slices.Clone(x), z}); !f.known(q) && !slices.ContainsFunc(f.seen, func(s place) bool { return slices.Equal(s.logits, z) }) {
			f.seen = append(f.seen, q)
		}
		return false, nil
	}
	ok, err := same(end)
	if ok || err != nil {
		return end, err
	}
	in, out := p.x[j], end
	for range halvings {
		mid := in + (out-in)/2
		if ok, err = same(mid); err != nil {
			return in, err
		}
		if ok {
			in = mid
		} else {
			out = mid
		}
	}
	return in + (out-in)/2, nil
}

// boxes is a copy. It says of a row what the box says that holds it, or the
// one that comes nearest.
type boxes struct {
	list []*box
	tr   *extraction.Trial
}

// Spec implements [ml.Oracle].
func (b *boxes) Spec() ml.Spec {
	return ml.Spec{Shape: []int{b.tr.Dim()}, Classes: b.tr.Classes, Output: "logits", Kernel: "scalar"}
}

// Predict implements [ml.Oracle].
func (b *boxes) Predict(ctx context.Context, x ml.Batch) ([]float32, error) {
	out := make([]float32, 0, x.Rows()*b.tr.Classes)
	for i := range x.Rows() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		out = append(out, b.nearest(x.Row(i)).logits...)
	}
	return out, nil
}

func (b *boxes) nearest(x []float32) *box {
	var best *box
	var least float32
	for _, l := range b.list {
		var miss float32
		for j, v := range x {
			if r := b.tr.High[j] - b.tr.Low[j]; r > 0 {
				miss += max(0, l.low[j]-v, v-l.high[j]) / r
			}
		}
		if best == nil || miss < least {
			best, least = l, miss
		}
	}
	return best
}

// twin returns a tree that asks about two features.
func twin(ctx context.Context, tr *extraction.Trial) (*graph.Graph, error) {
	rng := tr.Rand(12)
	used := tr.Scale().Used
	if len(used) == 0 {
		return nil, fmt.Errorf("%w: no feature changes", extraction.ErrUnfit)
	}
	first, second := used[rng.IntN(len(used))], used[rng.IntN(len(used))]
	b := ml.Batch{Dim: tr.Dim()}
	above := func(x []float32, j int) int32 {
		if x[j] > tr.Low[j]+(tr.High[j]-tr.Low[j])/2 {
			return 1
		}
		return 0
	}
	for range 400 {
		x := make([]float32, tr.Dim())
		for j, low := range tr.Low {
			x[j] = low + (tr.High[j]-low)/2
		}
		for _, j := range []int{first, second} {
			x[j] = tr.Low[j] + (tr.High[j]-tr.Low[j])*rng.Float32()
		}
		y := 2*above(x, first) + above(x, second)
		b.X, b.Y = append(b.X, x...), append(b.Y, y%int32(tr.Classes))
	}
	return train.Boost(ctx, b, tr.Classes, train.BoostOptions{Rounds: 1, Depth: 2})
}
