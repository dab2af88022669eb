package witchesbrew

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"quintain/attack/poisoning"
	"quintain/ml"
	"quintain/ml/graph"
	"quintain/ml/train"
)

// A brew is the search for changes of rows.
type brew struct {
	tr   *poisoning.Trial
	nets []*surrogate
}

// A surrogate is a model trained as the victim will be, with the direction that
// the attacker wants its training to take.
type surrogate struct {
	net  *graph.Net
	want [][]float32 // gradient of the loss of the victim's row with the wrong label, of length 1
	grad [][]float32 // scratch
}

// newBrew trains the surrogates.
func newBrew(ctx context.Context, tr *poisoning.Trial) (*brew, error) {
	b := &brew{tr: tr}
	for i := range brewers {
		g, err := tr.Surrogate(ctx, tr.Seed+uint64(i))
		if err != nil {
			return nil, fmt.Errorf("train a surrogate: %w", err)
		}
		net, err := graph.Trainable(g, graph.Options{})
		if err != nil {
			return nil, fmt.Errorf("%w: %w", poisoning.ErrUnfit, err)
		}
		b.nets = append(b.nets, &surrogate{net: net, want: room(net), grad: room(net)})
	}
	return b, nil
}

// victim draws a test row that belongs to another class and that every surrogate
// classifies as labeled, so that there is something to turn: another one for
// every case.
func (b *brew) victim(ctx context.Context) (int, error) {
	hits := make([]int, b.tr.Test.Rows())
	for _, s := range b.nets {
		z, err := s.net.Predict(ctx, b.tr.Test)
		if err != nil {
			return 0, err
		}
		for i, y := range b.tr.Test.Y {
			if ml.Argmax(z[i*b.tr.Classes:(i+1)*b.tr.Classes]) == int(y) {
				hits[i]++
			}
		}
	}
	var may []int
	for i, n := range hits {
		if n == len(b.nets) && b.tr.Test.Y[i] != b.tr.Target {
			may = append(may, i)
		}
	}
	if len(may) <= b.tr.Case {
		return 0, fmt.Errorf("%w: %d test rows of other classes than %d are classified right, and %d are to be turned",
			poisoning.ErrUnfit, len(may), b.tr.Target, b.tr.Case+1)
	}
	return may[b.tr.Rand(0).Perm(len(may))[b.tr.Case]], nil
}

// aim says which gradients are wanted.
func (b *brew) aim(ctx context.Context, victim ml.Batch) error {
	wrong := []int32{b.tr.Target}
	for _, s := range b.nets {
		if err := s.net.ParamGrad(ctx, victim, toward(wrong), s.want); err != nil {
			return err
		}
		by := 1 / max(math.Sqrt(inner(s.want, s.want)), tiny)
		for _, part := range s.want {
			for k := range part {
				part[k] = float32(float64(part[k]) * by)
			}
		}
	}
	return nil
}

// tiny is what is divided by where a length is zero.
const tiny = 1e-30

// toward is the seed of the cross-entropy of labels.
func toward(y []int32) ml.Seed {
	return func(row int, z, dz []float32) { train.CrossEntropy(z, int(y[row]), dz) }
}

// choose lists the rows of own, at most budget, from which the surrogates learn
// most: those with the longest gradients.
func (b *brew) choose(ctx context.Context, own []int, budget int) ([]int, error) {
	length := make(map[int]float64, len(own))
	for _, r := range own {
		row := b.tr.Rows.Pick([]int{r})
		for _, s := range b.nets {
			if err := s.net.ParamGrad(ctx, row, toward(row.Y), s.grad); err != nil {
				return nil, err
			}
			length[r] += math.Sqrt(inner(s.grad, s.grad))
		}
	}
	out := slices.Clone(own)
	slices.SortStableFunc(out, func(a, c int) int { return cmp.Compare(length[c], length[a]) })
	out = out[:min(budget, len(out))]
	slices.Sort(out)
	return out, nil
}

// run looks for changes of the rows listed, from a random start, by Adam on the
// signs of the gradient, whose steps get smaller three times. It returns the
// changed rows, and how well the gradients that training will see match the
// wanted ones: the mean cosine.
func (b *brew) run(ctx context.Context, rows []int, rng *rand.Rand) (ml.Batch, float64, error) {
	clean := b.tr.Rows.Pick(rows)
	x := clean.Clone()
	for i := range x.X {
		j := i % x.Dim
		x.X[i] = b.within(clean.X[i], clean.X[i]+(2*rng.Float32()-1)*b.reach(j), j)
	}
	rise, dx := make([]float64, len(x.X)), make([]float32, len(x.X))
	first, second := make([]float64, len(x.X)), make([]float64, len(x.X))
	for step := range steps {
		if _, err := b.match(ctx, x, rise, dx); err != nil {
			return x, 0, err
		}
		rate := 0.1
		for _, at := range []int{3, 5, 7} {
			if 8*step >= at*steps {
				rate /= 10
			}
		}
		const b1, b2 = 0.9, 0.999
		c1, c2 := 1-math.Pow(b1, float64(step+1)), 1-math.Pow(b2, float64(step+1))
		for i, g := range rise {
			sign := sign(g)
			first[i] = b1*first[i] + (1-b1)*sign
			second[i] = b2*second[i] + (1-b2)*sign*sign
			j := i % x.Dim
			move := rate * first[i] / c1 / (math.Sqrt(second[i]/c2) + 1e-8)
			x.X[i] = b.within(clean.X[i], x.X[i]+float32(move)*b.reach(j), j)
		}
	}
	m, err := b.match(ctx, x, rise, dx)
	return x, m, err
}

// reach is how far feature j may be moved.
func (b *brew) reach(j int) float32 { return float32(b.tr.Eps) * (b.tr.High[j] - b.tr.Low[j]) }

// within returns v, brought near to where the feature was and into its range.
func (b *brew) within(was, v float32, j int) float32 {
	r := b.reach(j)
	return min(max(v, was-r, b.tr.Low[j]), was+r, b.tr.High[j])
}

// match returns the mean cosine of the gradients of the rows x, together, and
// the wanted ones, and sets rise to its gradient with respect to x: with g the
// gradient of the rows, of length n, w the wanted one and c the cosine, that of
// <g, (w - c·g/n)/n>, in which the second factor is held fixed.
func (b *brew) match(ctx context.Context, x ml.Batch, rise []float64, dx []float32) (float64, error) {
	clear(rise)
	var sum float64
	for _, s := range b.nets {
		if err := s.net.ParamGrad(ctx, x, toward(x.Y), s.grad); err != nil {
			return 0, err
		}
		n := max(math.Sqrt(inner(s.grad, s.grad)), tiny)
		c := inner(s.grad, s.want) / n
		sum += c
		for i, g := range s.grad {
			for k, v := range g {
				g[k] = float32((float64(s.want[i][k]) - c*float64(v)/n) / n)
			}
		}
		if err := s.net.MixedGrad(ctx, x, toward(x.Y), s.grad, dx); err != nil {
			return 0, err
		}
		for i, d := range dx {
			rise[i] += float64(d)
		}
	}
	return sum / float64(len(b.nets)), nil
}

func sign(x float64) float64 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return 0
}

// room returns zeros for the gradient of every weight.
func room(n *graph.Net) [][]float32 {
	var out [][]float32
	for _, p := range n.Params() {
		out = append(out, make([]float32, len(p.Value)))
	}
	return out
}

func inner(a, b [][]float32) (sum float64) {
	for i := range a {
		for k, v := range a[i] {
			sum += float64(v) * float64(b[i][k])
		}
	}
	return sum
}
