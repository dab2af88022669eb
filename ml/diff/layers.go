package diff

import (
	"cmp"
	"context"
	"math"
	"slices"

	"quintain/ml/graph"
)

// A Layer is a matrix or convolution that both models have, unit by unit.
type Layer struct {
	Node    int     `json:"node"` // before
	Op      string  `json:"op"`
	Weights string  `json:"weights"` // name of its matrix before
	Last    bool    `json:"last"`    // its units are logits: no other layer reads them
	Median  float64 `json:"median"`  // change of a unit
	Units   []Unit  `json:"units"`   // in the order of the matrix

	value [2]string // what its units give, before and after
}

// A Unit is one output of a layer.
type Unit struct {
	Index int     `json:"index"` // from 0
	In    float64 `json:"in"`    // Euclidean norm of the change of what it weighs its inputs with, bias included
	Out   float64 `json:"out"`   // of the change of what the next layers weigh it with; 0 if that is not known
	Score float64 `json:"score"` // how far In or Out, whichever is farther, is above that of the layer's other units
	Odd   bool    `json:"odd"`   // the score is above [Odd]

	// Reads is the smallest number of inputs that hold nine tenths of its
	// squared weights after the change. A unit that looks at a picture as a
	// whole needs many; a unit that waits for a trigger, few.
	Reads  int     `json:"reads"`
	Inputs []Input `json:"inputs"` // the first of these, at most [MaxInputs], by weight

	// Activity is filled in by [Run].
	Activity *Activity `json:"activity,omitempty"`
}

// Change returns the norm of all that changed of u.
func (u *Unit) Change() float64 { return math.Hypot(u.In, u.Out) }

// An Input is one input of a unit: a feature for the first layer, else a unit
// of the layer before.
type Input struct {
	Index  int     `json:"index"`  // from 0
	Weight float64 `json:"weight"` // after; of a kernel the sum of its values
}

// MaxInputs is how many inputs of a unit are listed.
const MaxInputs = 8

// Odd is the score above which a unit stands out: 3.5, as Iglewicz and Hoaglin
// (1993) advise for the modified z-score.
const Odd = 3.5

// compareLayers compares the layers whose nodes are paired. Weights that several
// nodes share are one layer, that of the first.
func (r *Report) compareLayers(ctx context.Context, a, b *side, pair []int, match map[string]string) error {
	seen, units := make(map[string]bool), 0
	for i, j := range pair {
		if j < 0 {
			continue
		}
		x, y := a.matrix(i), b.matrix(j)
		if x == nil || y == nil || x.units != y.units || x.fan != y.fan || x.block != y.block || match[x.name] != y.name || seen[x.name] {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if units += x.units; units > MaxUnits {
			r.Omitted++
			continue
		}
		seen[x.name] = true
		r.Layers = append(r.Layers, compareUnits(a, b, i, j, x, y))
	}
	return nil
}

func compareUnits(a, b *side, i, j int, x, y *matrix) Layer {
	l := Layer{Node: i, Op: a.g.Nodes[i].Op, Weights: x.name, Units: make([]Unit, x.units)}
	next, last := a.next(i)
	nextToo, _ := b.next(j)
	l.Last = last
	l.value = [2]string{a.active(i), b.active(j)}
	out := make([]float64, x.units) // squared
	if len(next) == len(nextToo) {
		for k := range next {
			outgoing(a.matrix(next[k]), b.matrix(nextToo[k]), out)
		}
	}
	bias, biasToo := a.bias(i, x.units), b.bias(j, y.units)
	for u := range l.Units {
		in := 0.0
		for k := range x.fan {
			in += squared(x.at(u, k), y.at(u, k))
		}
		if bias != nil && biasToo != nil {
			in += squared(bias[u], biasToo[u])
		}
		l.Units[u] = Unit{Index: u, In: math.Sqrt(in), Out: math.Sqrt(out[u])}
		l.Units[u].look(y)
	}
	l.score()
	return l
}

// squared is the square of a difference, 0 if a number is not finite.
func squared(x, y float32) float64 {
	if !finite(x) || !finite(y) {
		return 0
	}
	d := float64(y) - float64(x)
	return d * d
}

// outgoing adds to sum, for each unit, the squared changes of its weights in a
// layer that reads it.
func outgoing(x, y *matrix, sum []float64) {
	if x == nil || y == nil || x.units != y.units || x.fan != y.fan || x.fan%len(sum) != 0 {
		return
	}
	each := x.fan / len(sum)
	for u := range x.units {
		for k := range x.fan {
			sum[k/each] += squared(x.at(u, k), y.at(u, k))
		}
	}
}

// readShare is the share of the squared weights that counts as what a unit reads.
const readShare = 0.9

// look finds the inputs that hold most of the squared weights of u.
func (u *Unit) look(m *matrix) {
	var in []Input
	size, total := make([]float64, m.fan/m.block), 0.0
	for i := range size {
		s := Input{Index: i}
		for k := i * m.block; k < (i+1)*m.block; k++ {
			w := m.at(u.Index, k)
			s.Weight += finiteOr0(w)
			size[i] += squared(0, w)
		}
		total += size[i]
		in = append(in, s)
	}
	slices.SortStableFunc(in, func(x, y Input) int { return cmp.Compare(size[y.Index], size[x.Index]) })
	for held := 0.0; held < readShare*total && u.Reads < len(in); u.Reads++ {
		held += size[in[u.Reads].Index]
	}
	u.Inputs = slices.Clone(in[:min(u.Reads, MaxInputs)])
}

func finiteOr0(x float32) float64 {
	if !finite(x) {
		return 0
	}
	return float64(x)
}

// score says which units stand out.
func (l *Layer) score() {
	var in, out, all []float64
	for i := range l.Units {
		u := &l.Units[i]
		in, out, all = append(in, u.In), append(out, u.Out), append(all, u.Change())
	}
	l.Median = median(all)
	zIn, zOut := scores(in), scores(out)
	for i := range l.Units {
		l.Units[i].Score = max(zIn[i], zOut[i])
		l.Units[i].Odd = l.Units[i].Score > Odd
	}
}

// scores returns the modified z-score of every number: its distance from the
// median in units of 1.4826 times the median distance, which for normal numbers
// is the standard deviation. Where more than half of the numbers are one, the
// mean distance stands in, times 1.2533.
func scores(x []float64) []float64 {
	middle := median(x)
	far, mean := make([]float64, len(x)), 0.0
	for i, v := range x {
		far[i] = math.Abs(v - middle)
		mean += far[i] / float64(len(x))
	}
	unit := 1.4826 * median(far)
	if unit == 0 {
		unit = math.Sqrt(math.Pi/2) * mean
	}
	out := make([]float64, len(x))
	for i, v := range x {
		if unit > 0 {
			out[i] = (v - middle) / unit
		}
	}
	return out
}

func median(x []float64) float64 {
	if len(x) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(x))
	if n := len(s); n%2 == 0 {
		return (s[n/2-1] + s[n/2]) / 2
	}
	return s[len(s)/2]
}

// A matrix is the weights of a layer, seen as one row for each unit.
type matrix struct {
	name              string
	w                 []float32
	units, fan        int
	block             int // values of one input
	perUnit, perInput int // strides
}

func (m *matrix) at(unit, k int) float32 { return m.w[unit*m.perUnit+k*m.perInput] }

// matrix returns the weights of node i, or nil if it is no layer with constant
// weights.
func (s *side) matrix(i int) *matrix {
	nd := &s.g.Nodes[i]
	if len(nd.Inputs) < 2 {
		return nil
	}
	t := s.g.Const[nd.Inputs[1]]
	if t == nil || len(t.Shape) < 2 || !holds(t) {
		return nil
	}
	m := &matrix{name: nd.Inputs[1], w: t.Float, block: 1}
	switch {
	case nd.Op == "Conv":
		m.units = t.Shape[0]
		m.fan = len(t.Float) / m.units
		m.block = m.fan / t.Shape[1]
		m.perUnit, m.perInput = m.fan, 1
	case len(t.Shape) != 2:
		return nil
	case nd.Op == "Gemm" && nd.Attr["transB"].Int != 0:
		m.units, m.fan = t.Shape[0], t.Shape[1]
		m.perUnit, m.perInput = m.fan, 1
	case nd.Op == "Gemm", nd.Op == "MatMul":
		m.units, m.fan = t.Shape[1], t.Shape[0]
		m.perUnit, m.perInput = 1, m.units
	default:
		return nil
	}
	return m
}

// holds reports whether a tensor has as many numbers as its shape says, and at
// least one.
func holds(t *graph.Tensor) bool {
	n := 1
	for _, d := range t.Shape {
		if d < 1 || n > len(t.Float)/d {
			return false
		}
		n *= d
	}
	return n == len(t.Float)
}
