package defend

import (
	"context"
	"fmt"
	"math/rand/v2"

	"quintain/ml"
	"quintain/ml/graph"
	"quintain/ml/train"
)

// travel is how many radii the steps of one ascent add up to.
const travel = 2.5

// A Slope sets dz to the gradient, with respect to the logits z of row i of a
// batch with label y, of what the attacker wants to grow.
type Slope func(i int, z []float32, y int, dz []float32)

// Ascend moves every row of b, in place, by Settings.Steps signed steps up the
// slope from a random row within Settings.Eps of where it was and within the
// range of the training rows: projected gradient descent (Madry et al., 2018)
// as the attacker inside training.
func (tr *Trial) Ascend(ctx context.Context, m ml.Model, b ml.Batch, rng *rand.Rand, slope Slope) error {
	center, eps := b.Clone(), float32(tr.Settings.Eps)
	clip := func(i, j int, v float32) float32 {
		radius, c := eps*(tr.High[j]-tr.Low[j]), center.Row(i)[j]
		v = min(max(v, c-radius), c+radius)
		return min(max(v, tr.Low[j]), tr.High[j])
	}
	for i := range b.Rows() {
		for j, v := range b.Row(i) {
			b.Row(i)[j] = clip(i, j, v+(2*rng.Float32()-1)*eps*(tr.High[j]-tr.Low[j]))
		}
	}
	grad := make([]float32, len(b.X))
	size := travel / float32(tr.Settings.Steps)
	for range tr.Settings.Steps {
		err := m.VJP(ctx, b, func(i int, z, dz []float32) { slope(i, z, int(b.Y[i]), dz) }, grad)
		if err != nil {
			return fmt.Errorf("attack the rows of a minibatch: %w", err)
		}
		for i := range b.Rows() {
			for j, v := range b.Row(i) {
				step := size * eps * (tr.High[j] - tr.Low[j])
				switch g := grad[i*b.Dim+j]; {
				case g > 0:
					b.Row(i)[j] = clip(i, j, v+step)
				case g < 0:
					b.Row(i)[j] = clip(i, j, v-step)
				}
			}
		}
	}
	return nil
}

// Robust trains the model with fresh weights on rows that are moved by
// [Trial.Ascend] before every step, up a slope that may depend on what the model
// of that moment says of them. Trades is as [train.Options] has it. It returns
// the model, and what was done to it.
func (tr *Trial) Robust(ctx context.Context, trades float64, slope func(ctx context.Context, net *graph.Net, b ml.Batch) (Slope, error)) (*Hardened, error) {
	if err := tr.Followable(); err != nil {
		return nil, err
	}
	g, err := tr.Fit(ctx, tr.Rows, train.Options{
		Trades: trades,
		Perturb: func(ctx context.Context, net *graph.Net, b ml.Batch, rng *rand.Rand) error {
			up, err := slope(ctx, net, b)
			if err != nil {
				return err
			}
			return tr.Ascend(ctx, net, b, rng, up)
		},
	})
	if err != nil {
		return nil, err
	}
	s := tr.Settings
	says := fmt.Sprintf("trained afresh for %d epochs on rows attacked by %d steps within %v of the range of each feature", s.Epochs, s.Steps, s.Eps)
	if trades > 0 {
		says += fmt.Sprintf(", with %v times the divergence from the rows as they are", trades)
	}
	return &Hardened{Graph: g, Says: says}, nil
}

// Followable returns nil if the model of the trial has gradients and weights,
// and else an error that wraps [ErrUnfit].
func (tr *Trial) Followable() error {
	net, err := graph.Trainable(tr.Graph, graph.Options{})
	if err == nil {
		err = net.Gradients()
	}
	if err == nil && len(net.Params()) == 0 {
		return fmt.Errorf("%w: it has no weights to train", ErrUnfit)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnfit, err)
	}
	return nil
}
