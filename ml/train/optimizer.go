package train

import (
	"math"

	"quintain/ml/graph"
	"quintain/ml/kernel"
)

// An optimizer changes weights.
type optimizer struct {
	params []graph.Param
	o      *Options
	m, v   [][]float32 // running means of the gradient and of its square
	steps  int
}

func newOptimizer(params []graph.Param, o *Options) optimizer {
	opt := optimizer{params: params, o: o}
	for _, p := range params {
		opt.m = append(opt.m, make([]float32, len(p.Value)))
		opt.v = append(opt.v, make([]float32, len(p.Value)))
	}
	return opt
}

// step takes the gradient, which is share times grad, and reports whether all
// weights are still numbers.
func (t *optimizer) step(grad [][]float32, share float32) bool {
	t.steps++
	var sum float32
	for i, p := range t.params {
		if t.o.Optimizer == SGD {
			sum += t.slide(p.Value, grad[i], t.m[i], share)
		} else {
			sum += t.adapt(p.Value, grad[i], t.m[i], t.v[i], share)
		}
	}
	return sum == 0 // and not NaN
}

// slide is a step of SGD. It returns 0, or NaN if a weight is no number.
func (t *optimizer) slide(w, g, m []float32, share float32) (bad float32) {
	rate, decay, momentum := float32(t.o.Rate), float32(t.o.WeightDecay), float32(t.o.Momentum)
	g, m = g[:len(w)], m[:len(w)]
	for i, x := range w {
		d := g[i]*share + decay*x
		if t.steps > 1 {
			d += momentum * m[i]
		}
		m[i] = d
		x -= rate * d
		w[i] = x
		bad += x * 0
	}
	return bad
}

// adapt is a step of Adam. It returns 0, or NaN if a weight is no number.
func (t *optimizer) adapt(w, g, m, v []float32, share float32) (bad float32) {
	const b1, b2, eps = 0.9, 0.999, 1e-8
	n := float64(t.steps)
	return kernel.Adam(w, g, m, v, &kernel.AdamRates{
		Take: 1 - b1, KeepSquare: b2, TakeSquare: 1 - b2,
		Share: share, Decay: float32(t.o.WeightDecay),
		Rate:  float32(t.o.Rate / (1 - math.Pow(b1, n))),
		Root:  float32(1 / math.Sqrt(1-math.Pow(b2, n))),
		Floor: eps,
	})
}
