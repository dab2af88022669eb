package evasion

import (
	"context"
	"slices"

	"quintain/ml"
)

// A Nearest keeps, for every row of a trial, the nearest misclassified row that
// an attack has met.
type Nearest struct {
	tr   *Trial
	near ml.Batch
	far  []float64 // in radii; negative where nothing was met
}

// NewNearest returns a Nearest that has met nothing.
func NewNearest(tr *Trial) *Nearest {
	n := &Nearest{tr: tr, near: tr.Batch.Clone(), far: make([]float64, tr.Batch.Rows())}
	for i := range n.far {
		n.far[i] = -1
	}
	return n
}

// Meet tells of a misclassified row x of the box, made from the given row.
func (n *Nearest) Meet(row int, x []float32) {
	if d := n.tr.Ball.Far(x, n.tr.Batch.Row(row)); n.far[row] < 0 || d < n.far[row] {
		n.far[row] = d
		copy(n.near.Row(row), x)
	}
}

// Far returns how far off the nearest misclassified row is, in radii, and
// whether any was met.
func (n *Nearest) Far(row int) (float64, bool) { return n.far[row], n.far[row] >= 0 }

// Row returns the nearest misclassified row met, or the row itself.
func (n *Nearest) Row(row int) []float32 { return n.near.Row(row) }

// halvings is how often the distance of the nearest rows is bisected.
const halvings = 20

// margin is how much farther than the boundary a row goes that is in the ball,
// so that its class does not hang on rounding.
const margin = 0.02

// Result returns what was met, as near as it is still misclassified. Rows out
// of reach are brought into the ball.
func (n *Nearest) Result(ctx context.Context) (Result, error) {
	if err := n.Refine(ctx); err != nil {
		return Result{}, err
	}
	adv, past := n.near.Clone(), n.near.Clone()
	for i := range adv.Rows() {
		center := n.tr.Batch.Row(i)
		for k, v := range adv.Row(i) {
			to := v + margin*(v-center[k])
			past.Row(i)[k] = min(max(to, n.tr.Ball.Low[k]), n.tr.Ball.High[k])
		}
		n.tr.Ball.Clip(past.Row(i), center)
		n.tr.Ball.Clip(adv.Row(i), center)
	}
	fell, err := Fooled(ctx, n.tr.Model, past)
	for i, f := range fell {
		if f {
			copy(adv.Row(i), past.Row(i))
		}
	}
	return Result{Adv: adv, Near: n.near}, err
}

// Refine brings the rows met into smaller balls while they stay misclassified.
func (n *Nearest) Refine(ctx context.Context) error {
	low, high := make([]float64, len(n.far)), slices.Clone(n.far)
	for range halvings {
		try := n.near.Clone()
		for i := range low {
			if n.far[i] > 0 {
				n.tr.Ball.Scaled(float32((low[i]+high[i])/2)).Clip(try.Row(i), n.tr.Batch.Row(i))
			}
		}
		fell, err := Fooled(ctx, n.tr.Model, try)
		if err != nil {
			return err
		}
		for i, f := range fell {
			if mid := (low[i] + high[i]) / 2; f {
				n.Meet(i, try.Row(i))
				high[i] = mid
			} else {
				low[i] = mid
			}
		}
	}
	return nil
}
