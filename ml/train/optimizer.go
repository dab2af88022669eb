package train

import (
	"math"

	"quintain/ml/graph"
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
	rate := float32(t.o.Rate / (1 - math.Pow(b1, n)))
	root := float32(1 / math.Sqrt(1-math.Pow(b2, n)))
	decay := float32(t.o.WeightDecay)
	g, m, v = g[:len(w)], m[:len(w)], v[:len(w)]
	for i, x := range w {
		d := g[i]*share + decay*x
		m1 := m[i] + (1-b1)*(d-m[i])
		v1 := b2*v[i] + (1-b2)*d*d
		m[i], v[i] = m1, v1
		x -= rate * m1 / (float32(math.Sqrt(float64(v1)))*root + eps)
		w[i] = x
		bad += x * 0
	}
	return bad
}
