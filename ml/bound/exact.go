package bound

import (
	"cmp"
	"math"
	"slices"
)

// A Verdict is what [Chain.Exact] came to.
type Verdict int

// The verdicts.
const (
	Open  Verdict = iota // the nodes were too few, or rounding decides
	Safe                 // the answer is the same for every input of the region
	Falls                // it is not for some input, in single precision too
)

// An Answer is a verdict and how it was reached.
type Answer struct {
	Verdict Verdict
	Witness []float32 // an input of the region, but for rounding, for which another class is ahead; nil unless Falls
	Nodes   int       // that were looked at
}

// Exact decides whether class y is the answer for every input of the region. It
// splits the region in two, where the linear bounds leave the answer open,
// until it is settled in every part or so many nodes of this tree have been
// looked at. What it finds depends on no clock and on nothing random.
//
// It is the branch and bound of Bunel, Turkaslan, Torr, Kohli, Kumar: A Unified
// View of Piecewise Linear Neural Network Verification, NeurIPS 2018,
// arXiv:1711.00455. A part is the inputs that put a Relu on one side of zero;
// its bound has the multipliers of Wang et al.: Beta-CROWN, NeurIPS 2021,
// arXiv:2103.06624, and the slopes of Xu et al.: Fast and Complete, ICLR 2021,
// arXiv:2011.13824, found by ascent. Where no Relu is left to split, the region
// itself is halved, so that enough nodes settle every region but for rounding.
func (c *Chain) Exact(in Region, y, nodes int) Answer {
	s := &search{Chain: c, y: y, low: in.Low, high: in.High, left: nodes}
	root := c.pass(in.domain(), true)
	if !root.forward(&state{}) {
		return Answer{Verdict: Safe}
	}
	lead := make(map[int]float64)
	for _, j := range c.rivals(y) {
		w, bias, _ := root.lead(y, j)
		lead[j] = root.back(len(c.layers)-1, w, bias, 1)
	}
	order := c.rivals(y)
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(lead[i], lead[j]) })
	v := Safe
	for _, j := range order {
		s.j = j
		if v = s.settle(&node{in: root.in, pass: root}); v != Safe {
			break
		}
	}
	return Answer{Verdict: v, Witness: s.witness, Nodes: nodes - max(s.left, 0)}
}

// A search decides whether class j can get ahead of class y.
type search struct {
	*Chain
	y, j      int
	low, high []float32 // of the region
	left      int       // nodes that may still be looked at
	witness   []float32
}

// A node is a part of the region.
type node struct {
	in          domain
	state       state
	pass        *pass       // nil if there was none yet
	slope, cost [][]float64 // of the lines of its parent; nil for none
}

// settle decides for one part.
func (s *search) settle(n *node) Verdict {
	if s.left--; s.left < 0 {
		return Open
	}
	p := n.pass
	if p == nil {
		if p = s.pass(n.in, true); !p.forward(&n.state) {
			return Safe
		}
	}
	w, bias, off := p.lead(s.y, s.j)
	a := newAscent(p, n, w, bias)
	if a.climb(off) {
		return Safe
	}
	// Where rounding decides, what is below may still be worse.
	if v := s.descend(a, off); v == Falls || v == Open && a.lead >= -off {
		return v
	}
	for _, part := range s.split(n, a) {
		if v := s.settle(part); v != Safe {
			return v
		}
	}
	return Safe
}

// few is how many inputs are so few that halving is better than splitting Relus.
const few = 6

// split returns the two parts of a node, that of its worst input first: on
// both sides of the Relu whose lines give most away there or, if inputs are few
// or none gives anything away, the two halves of the domain.
func (s *search) split(n *node, a *ascent) []*node {
	if len(n.in.low) <= few {
		return s.halves(n, a)
	}
	most, layer, unit := 0.0, -1, -1
	for k := range a.slope {
		for i := range a.slope[k] {
			if g := a.gap(k, i); g > most {
				most, layer, unit = g, k, i
			}
		}
	}
	if !(most > doubt*math.Abs(a.lead)) {
		return s.halves(n, a)
	}
	side := int8(-1)
	if a.at[layer][unit] > 0 {
		side = 1
	}
	var out []*node
	for _, v := range []int8{side, -side} {
		held := a.held()
		held[layer][unit] = v
		out = append(out, &node{
			in: n.in, state: state{known: a.p.before, held: held, fresh: layer + 1}, slope: a.best.slope, cost: a.best.cost,
		})
	}
	return out
}

// halves cuts the domain where it is widest for the first layer.
func (s *search) halves(n *node, a *ascent) []*node {
	most, at := 0.0, 0
	for i := range n.in.low {
		var sum float64
		for _, w := range s.layers[0].W {
			sum += math.Abs(w[i])
		}
		if wide := sum * (n.in.high[i] - n.in.low[i]); wide > most {
			most, at = wide, i
		}
	}
	var out []*node
	for _, above := range []bool{false, true} {
		out = append(out, &node{
			in: n.in.half(at, above), state: state{known: a.p.before, held: a.held()}, slope: a.best.slope, cost: a.best.cost,
		})
	}
	return out
}

// How many steps are taken from the worst input of the lines, and how many more
// where one so far is too close to a tie to tell.
const (
	turns = 10
	more  = 90
)

// descend looks for an input of the node for which class j is ahead, from the
// worst one of the lines on. Each step goes a part of the way to where the lead
// would be least if it were linear (Frank and Wolfe 1956), so it stays in the
// region. It reports Falls if it found one, Safe if nothing speaks against
// that, and Open if for some input rounding decides.
func (s *search) descend(a *ascent, off float64) Verdict {
	x, to := slices.Clone(a.x), make([]float64, len(a.x))
	best, least := slices.Clone(x), math.Inf(1)
	for t := range turns + more {
		lead, slope := s.gradient(a.w, a.bias, x)
		if lead < least {
			least = lead
			copy(best, x)
		}
		if lead < -off || t == turns && !(least <= off) {
			break
		}
		a.p.in.least(slope, to)
		for i := range x {
			x[i] += (to[i] - x[i]) * 2 / float64(t+3)
		}
	}
	if !(least <= off) {
		return Safe
	}
	point := make([]float32, len(best))
	for i, v := range best {
		point[i] = min(max(float32(v), s.low[i]), s.high[i])
	}
	p := s.pass(Region{Low: point, High: point}.domain(), false)
	p.forward(&state{})
	w, bias, off := p.lead(s.y, s.j)
	switch lead, _ := p.sum(len(s.layers)-1, w, bias); {
	case lead < -off:
		s.witness = point
		return Falls
	case lead <= off:
		return Open
	}
	return Safe
}

// gradient returns the lead for x, and its gradient there.
func (s *search) gradient(w []float64, bias float64, x []float64) (lead float64, slope []float64) {
	on := make([][]bool, len(s.layers)-1)
	for k := range on {
		l := &s.layers[k]
		next := make([]float64, len(l.W))
		on[k] = make([]bool, len(l.W))
		for j, v := range l.W {
			next[j] = l.B[j] + dot(v, x)
			if on[k][j] = next[j] > 0 || !l.Relu; !on[k][j] {
				next[j] = 0
			}
		}
		x = next
	}
	lead, slope = bias+dot(w, x), w
	for k := len(on) - 1; k >= 0; k-- {
		slope = slices.Clone(slope)
		for j, v := range on[k] {
			if !v {
				slope[j] = 0
			}
		}
		slope, _ = through(&s.layers[k], slope, 0)
	}
	return lead, slope
}
