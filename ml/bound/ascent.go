package bound

import (
	"math"
	"slices"
)

// How the lines are found.
const (
	climbs = 20  // steps
	over   = 0.5 // how much farther than needed a step is to lead, as a share of what was missing at first
)

// Lines are linear functions below a lead: every Relu between two sides of zero
// is replaced by a line that is below it where its weight is positive, and
// above it where it is negative; and what is held on one side of zero costs
// something on the other.
type lines struct {
	slope [][]float64 // of the lines below, from 0 to 1
	cost  [][]float64 // not negative
}

func (l lines) clone() lines { return lines{clone(l.slope), clone(l.cost)} }

func clone[T any](rows [][]T) [][]T {
	out := make([][]T, len(rows))
	for k, row := range rows {
		out[k] = slices.Clone(row)
	}
	return out
}

// An ascent looks for the lines that bound w·x+bias best, x being what goes
// into the last layer.
type ascent struct {
	lines
	p    *pass
	n    *node
	w    []float64
	bias float64

	lead float64     // the bound
	x    []float64   // the input for which the lines are least
	over [][]float64 // the weight of each Relu
	at   [][]float64 // what goes into each of them for x, by the lines
	best lines
}

// newAscent starts with the lines of the parent, or with those that are closer
// to Relu.
func newAscent(p *pass, n *node, w []float64, bias float64) *ascent {
	a := &ascent{p: p, n: n, w: w, bias: bias, x: make([]float64, len(p.in.low))}
	a.over, a.at = make([][]float64, len(p.before)), make([][]float64, len(p.before))
	if n.slope != nil {
		a.lines = lines{n.slope, n.cost}.clone()
		return a
	}
	for k := range p.before {
		b := &p.before[k]
		slope := make([]float64, len(b.low))
		for i := range slope {
			if b.high[i] > -b.low[i] {
				slope[i] = 1
			}
		}
		a.slope, a.cost = append(a.slope, slope), append(a.cost, make([]float64, len(slope)))
	}
	return a
}

// held returns a copy of what is held in the node.
func (a *ascent) held() [][]int8 {
	if a.n.state.held != nil {
		return clone(a.n.state.held)
	}
	out := make([][]int8, len(a.slope))
	for k := range out {
		out[k] = make([]int8, len(a.slope[k]))
	}
	return out
}

// side is on which side of zero value i of layer k is held.
func (a *ascent) side(k, i int) float64 {
	if a.n.state.held == nil {
		return 0
	}
	return float64(a.n.state.held[k][i])
}

// bends reports whether value i of layer k may be on both sides of a Relu.
func (a *ascent) bends(k, i int) bool {
	b := &a.p.before[k]
	return a.p.layers[k].Relu && b.low[i] < 0 && b.high[i] > 0
}

// climb improves the lines until the bound is above enough, and reports whether
// it is. The lines in the end are the best found.
func (a *ascent) climb(enough float64) bool {
	best, goal := math.Inf(-1), 0.0
	for t := range climbs + 1 {
		if a.bound(); a.lead > best || t == 0 {
			best, a.best = a.lead, a.clone()
		}
		if a.lead > enough {
			return true
		}
		if t == 0 {
			goal = enough + over*(enough-a.lead)
		}
		if !a.step(goal) {
			break // there is no better line
		}
	}
	a.lines = a.best.clone()
	a.bound()
	a.forward()
	return false
}

// bound works out the lead by the lines as they are.
func (a *ascent) bound() {
	cur, acc := slices.Clone(a.w), a.bias
	for k := len(a.over) - 1; k >= 0; k-- {
		a.over[k] = slices.Clone(cur)
		b, relu := &a.p.before[k], a.p.layers[k].Relu
		for i, v := range cur {
			switch {
			case !relu || b.low[i] >= 0:
			case b.high[i] <= 0:
				cur[i] = 0
			case v < 0:
				slope := b.high[i] / (b.high[i] - b.low[i])
				acc -= v * slope * b.low[i]
				cur[i] = v * slope
			default:
				cur[i] = v * a.slope[k][i]
			}
			cur[i] -= a.side(k, i) * a.cost[k][i]
		}
		cur, acc = through(&a.p.layers[k], cur, acc)
	}
	a.lead = acc + a.p.in.least(cur, a.x)
}

// forward works out what goes into each Relu for x, by the lines.
func (a *ascent) forward() {
	x := a.x
	for k := range a.at {
		l, b := &a.p.layers[k], &a.p.before[k]
		a.at[k] = make([]float64, len(l.W))
		next := make([]float64, len(l.W))
		for i, w := range l.W {
			z := l.B[i] + dot(w, x)
			a.at[k][i], next[i] = z, z
			switch {
			case !a.bends(k, i):
				if l.Relu && b.high[i] <= 0 {
					next[i] = 0
				}
			case a.over[k][i] < 0:
				next[i] = b.high[i] / (b.high[i] - b.low[i]) * (z - b.low[i])
			default:
				next[i] = a.slope[k][i] * z
			}
		}
		x = next
	}
}

// step moves the lines up the gradient of the bound so far that it would reach
// goal if it were linear (Polyak 1969), and reports whether there is any to
// move.
func (a *ascent) step(goal float64) bool {
	a.forward()
	up := make([][]float64, len(a.at))
	var gain float64
	for k := range a.at {
		var size float64
		for _, v := range a.over[k] {
			size += math.Abs(v) / float64(len(a.over[k]))
		}
		up[k] = make([]float64, len(a.at[k]))
		for i, z := range a.at[k] {
			g, to := 0.0, 0.0
			switch side := a.side(k, i); {
			case side != 0:
				g = -side * z
				if to = g * size * size; a.cost[k][i] <= 0 && g < 0 {
					to = 0
				}
			case a.bends(k, i) && a.over[k][i] > 0:
				g = a.over[k][i] * z
				if to = g; a.slope[k][i] <= 0 && g < 0 || a.slope[k][i] >= 1 && g > 0 {
					to = 0
				}
			}
			gain += g * to
			up[k][i] = to
		}
	}
	if !(gain > 0) {
		return false
	}
	share := (goal - a.lead) / gain
	for k, row := range up {
		for i, v := range row {
			if a.side(k, i) != 0 {
				a.cost[k][i] = math.Max(a.cost[k][i]+share*v, 0)
			} else {
				a.slope[k][i] = math.Min(math.Max(a.slope[k][i]+share*v, 0), 1)
			}
		}
	}
	return true
}

// gap is how much the line of Relu i of layer k takes from the bound for x.
func (a *ascent) gap(k, i int) float64 {
	if !a.bends(k, i) {
		return 0
	}
	b, v := &a.p.before[k], a.over[k][i]
	z := math.Min(math.Max(a.at[k][i], b.low[i]), b.high[i])
	if v < 0 {
		return -v * (b.high[i]/(b.high[i]-b.low[i])*(z-b.low[i]) - math.Max(z, 0))
	}
	return v * (math.Max(z, 0) - a.slope[k][i]*z)
}
