package bound

import (
	"math"

	"quintain/ml/graph"
)

// A pass bounds one layer after the other for the inputs of one domain.
type pass struct {
	*Chain
	in     domain
	linear bool
	boxes  []box // what goes into each layer; the first is the input
	before []box // what the layers below the last give before Relu
}

func (c *Chain) pass(in domain, linear bool) *pass {
	return &pass{Chain: c, in: in, linear: linear, boxes: []box{{in.low, in.high, make([]float64, len(in.low))}}}
}

// A state is what is known before a pass of the values before Relu: nothing in
// the zero state.
type state struct {
	known []box    // of each layer but the last; nil if nothing is
	held  [][]int8 // on which side of zero each is: 1 above, -1 below, 0 where that is open
	fresh int      // the first layer of which more than known can be said
}

// forward bounds what goes into every layer, and reports whether any input can
// be there.
func (p *pass) forward(st *state) bool {
	if p.in.empty() {
		return false
	}
	for k := range len(p.layers) - 1 {
		l := &p.layers[k]
		b, after := newBox(len(l.W)), newBox(len(l.W))
		for j := range l.W {
			low, high := p.value(st, k, j)
			if low > high {
				if low-high > doubt*(math.Abs(low)+math.Abs(high)) {
					return false
				}
				low, high = high, low
			}
			b.low[j], b.high[j], b.off[j] = low, high, p.boxes[k].rounding(l.W[j], l.B[j])
			after.low[j], after.high[j], after.off[j] = low, high, b.off[j]
			if l.Relu {
				after.low[j], after.high[j] = math.Max(low, 0), math.Max(high, 0)
			}
		}
		p.before, p.boxes = append(p.before, b), append(p.boxes, after)
	}
	return true
}

// value bounds value j of layer k before Relu.
func (p *pass) value(st *state, k, j int) (low, high float64) {
	l := &p.layers[k]
	if st.known != nil && k < st.fresh {
		return hold(st.known[k].low[j], st.known[k].high[j], st.held[k][j])
	}
	low, high = p.sum(k, l.W[j], l.B[j])
	if st.known != nil {
		low, high = math.Max(low, st.known[k].low[j]), math.Min(high, st.known[k].high[j])
		low, high = hold(low, high, st.held[k][j])
	}
	// A value that Relu leaves alone or makes zero is bounded well enough.
	if p.linear && k > 0 && l.Relu && low < 0 && high > 0 {
		below, above := p.back(k, l.W[j], l.B[j], 1), -p.back(k, l.W[j], l.B[j], -1)
		low, high = math.Max(low, below), math.Min(high, above)
	}
	return low, high
}

// doubt is how much two bounds of one value may contradict each other because
// of rounding in double precision.
const doubt = 1e-11

// hold takes what is on the wrong side of zero from an interval.
func hold(low, high float64, side int8) (l, h float64) {
	switch {
	case side > 0:
		return math.Max(low, 0), high
	case side < 0:
		return low, math.Min(high, 0)
	}
	return low, high
}

// sum bounds w·x+bias for x that goes into layer k.
func (p *pass) sum(k int, w []float64, bias float64) (low, high float64) {
	if k > 0 {
		return p.boxes[k].sum(w, bias)
	}
	x, minus := make([]float64, len(w)), make([]float64, len(w))
	for i, v := range w {
		minus[i] = -v
	}
	return bias + p.in.least(w, x), bias - p.in.least(minus, x)
}

// lead is how far class y leads class j: its weights in the last layer, and how
// far off it may be in single precision.
func (p *pass) lead(y, j int) (w []float64, bias, off float64) {
	k := len(p.layers) - 1
	l, in := &p.layers[k], &p.boxes[k]
	w = make([]float64, len(l.W[y]))
	for i, v := range l.W[y] {
		w[i] = v - l.W[j][i]
	}
	return w, l.B[y] - l.B[j], in.rounding(l.W[y], l.B[y]) + in.rounding(l.W[j], l.B[j])
}

// margin bounds the lead of class y.
func (p *pass) margin(y int) float64 {
	k, least := len(p.layers)-1, math.Inf(1)
	for _, j := range p.rivals(y) {
		w, bias, off := p.lead(y, j)
		lead, _ := p.sum(k, w, bias)
		if p.linear && k > 0 {
			lead = math.Max(lead, p.back(k, w, bias, 1))
		}
		// Min of something that is no number is no number.
		least = math.Min(least, lead-off)
	}
	return least
}

// back bounds sign·(w·x+bias) from below, x being what goes into layer k: it
// replaces each Relu by a line below or above it, one layer after the other
// down to the input, where the bound of a sum is exact.
func (p *pass) back(k int, w []float64, bias, sign float64) float64 {
	acc := sign * bias
	cur := make([]float64, len(w))
	for i, v := range w {
		cur[i] = sign * v
	}
	for k--; k >= 0; k-- {
		l := &p.layers[k]
		if l.Relu {
			acc += relax(cur, &p.before[k])
		}
		cur, acc = through(l, cur, acc)
	}
	return acc + p.in.least(cur, make([]float64, len(cur)))
}

// through turns weights of what a layer gives before Relu into weights of what
// goes into it, and adds its biases.
func through(l *graph.Layer, w []float64, acc float64) (below []float64, sum float64) {
	below = make([]float64, len(l.W[0]))
	for i, v := range w {
		if v == 0 {
			continue
		}
		acc += v * l.B[i]
		for j, u := range l.W[i] {
			below[j] += v * u
		}
	}
	return below, acc
}

// relax turns weights of values after Relu into weights of values before it,
// and returns what is to be added.
func relax(w []float64, before *box) float64 {
	var acc float64
	for i, v := range w {
		low, high := before.low[i], before.high[i]
		switch {
		case v == 0 || low >= 0:
		case high <= 0:
			w[i] = 0
		case v < 0: // the line from (low, 0) to (high, high) is above
			slope := high / (high - low)
			acc -= v * slope * low
			w[i] = v * slope
		case high <= -low: // zero is below; else the line x is, and closer
			w[i] = 0
		}
	}
	return acc
}
