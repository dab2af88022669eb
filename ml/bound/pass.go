package bound

import (
	"math"
)

// A pass bounds one layer after the other.
type pass struct {
	*Chain
	linear bool
	boxes  []box // what goes into each layer; the first is the input
	before []box // what the layers below give before Relu
}

// forward bounds what layer k gives, after Relu where there is one.
func (p *pass) forward(k int) box {
	l, in := &p.layers[k], &p.boxes[k]
	b := newBox(len(l.W))
	for j, w := range l.W {
		low, high := in.sum(w, l.B[j])
		// A value that Relu leaves alone or makes zero is bounded well enough.
		if p.linear && k > 0 && l.Relu && low < 0 && high > 0 {
			below, above := p.back(k, w, l.B[j], 1), -p.back(k, w, l.B[j], -1)
			low, high = math.Max(low, below), math.Min(high, above)
		}
		b.low[j], b.high[j], b.off[j] = low, high, in.rounding(w, l.B[j])
	}
	p.before = append(p.before, b)
	if !l.Relu {
		return b
	}
	after := newBox(len(l.W))
	copy(after.off, b.off)
	for j := range b.low {
		after.low[j], after.high[j] = math.Max(b.low[j], 0), math.Max(b.high[j], 0)
	}
	return after
}

// margin bounds the lead of class y in layer k.
func (p *pass) margin(k, y int) float64 {
	l, in := &p.layers[k], &p.boxes[k]
	if l.Relu {
		p.boxes = append(p.boxes, p.forward(k))
		return p.plain(k+1, y)
	}
	least := math.Inf(1)
	off := in.rounding(l.W[y], l.B[y])
	w := make([]float64, len(l.W[y]))
	for j := range l.W {
		if j == y {
			continue
		}
		for i, v := range l.W[y] {
			w[i] = v - l.W[j][i]
		}
		lead, _ := in.sum(w, l.B[y]-l.B[j])
		if p.linear && k > 0 {
			lead = math.Max(lead, p.back(k, w, l.B[y]-l.B[j], 1))
		}
		// Min of something that is no number is no number.
		least = math.Min(least, lead-off-in.rounding(l.W[j], l.B[j]))
	}
	return least
}

// plain bounds the lead of class y among the values of box k.
func (p *pass) plain(k, y int) float64 {
	b, least := &p.boxes[k], math.Inf(1)
	for j := range b.low {
		if j != y {
			least = math.Min(least, b.low[y]-b.off[y]-b.high[j]-b.off[j])
		}
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
		next := make([]float64, len(l.W[0]))
		for i, v := range cur {
			if v == 0 {
				continue
			}
			acc += v * l.B[i]
			for j, u := range l.W[i] {
				next[j] += v * u
			}
		}
		cur = next
	}
	low, _ := p.boxes[0].sum(cur, acc)
	return low
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
