// Package bound says what a classifier answers at worst when its input may be
// anything in a box, or in a ball and a box: a chain of affine maps and Relu by
// interval arithmetic, by linear bounds and exactly by branch and bound, a
// forest by a search of its leaves.
//
// The linear bounds are those of Zhang, Weng, Chen, Hsieh, Daniel: Efficient
// Neural Network Robustness Certification with General Activation Functions,
// NeurIPS 2018, arXiv:1811.00866 (CROWN), with the lower line that is closer. A
// linear function is least in a ball as its dual norm says (section 3.2 there),
// and here the box is kept as well.
//
// What is said holds for the model as it runs in single precision, whatever the
// order in which sums are computed: what rounding can do is accounted for.
package bound

import (
	"math"
	"slices"

	"quintain/ml/graph"
)

const (
	single = 1.0 / (1 << 24) // the rounding of one operation in single precision
	tiny   = 1e-30           // what underflow may do to a sum
	huge   = 1e37            // larger sums may overflow
)

// A Chain bounds the answers of a network. Its methods may be called
// concurrently.
type Chain struct {
	layers []graph.Layer // the last has no Relu
	rival  int           // the only class that matters besides the answer; -1 for all
}

// New returns the bounds of layers as [graph.Net.Chain] gives them.
func New(layers []graph.Layer) *Chain {
	if l := layers[len(layers)-1]; l.Relu { // what it gives, once more
		same := graph.Layer{W: make([][]float64, len(l.W)), B: make([]float64, len(l.W))}
		for j := range same.W {
			same.W[j] = make([]float64, len(l.W))
			same.W[j][j] = 1
		}
		layers = append(slices.Clone(layers), same)
	}
	return &Chain{layers, -1}
}

// Against returns the bounds of c where no class but rival may take the lead.
func (c *Chain) Against(rival int) *Chain { return &Chain{c.layers, rival} }

// rivals lists the classes that may take the lead from y.
func (c *Chain) rivals(y int) []int {
	var out []int
	for j := range c.layers[len(c.layers)-1].W {
		if j != y && (c.rival < 0 || j == c.rival) {
			out = append(out, j)
		}
	}
	return out
}

// Work returns about how many multiplications [Chain.Linear] takes for one box.
func (c *Chain) Work() int {
	work, below := 0, 0
	for k := range c.layers {
		l := &c.layers[k]
		below += len(l.W) * len(l.W[0])
		if k > 0 && (l.Relu || k == len(c.layers)-1) {
			work += 2 * len(l.W) * below
		}
	}
	return work + below
}

// Interval bounds from below by how much the logit of class y leads the next
// for any input of the region, by interval arithmetic. Where y leads by more
// than 0 it is the answer, in single precision too.
func (c *Chain) Interval(in Region, y int) float64 { return c.lead(in, y, false) }

// Linear is Interval by linear bounds, which are never worse. If there is no
// Relu they are exact but for rounding.
func (c *Chain) Linear(in Region, y int) float64 { return c.lead(in, y, true) }

func (c *Chain) lead(in Region, y int, linear bool) float64 {
	p := c.pass(in.domain(), linear)
	if !p.forward(&state{}) {
		return math.Inf(1)
	}
	return p.margin(y)
}

// A box says for each value what it is at least and at most in exact
// arithmetic, and how far off it may be in single precision.
type box struct{ low, high, off []float64 }

func newBox(n int) box {
	all := make([]float64, 3*n)
	return box{all[:n:n], all[n : 2*n : 2*n], all[2*n:]}
}

// size is the largest absolute value in single precision.
func (b *box) size(i int) float64 {
	return math.Max(math.Abs(b.low[i]), math.Abs(b.high[i])) + b.off[i]
}

// sum bounds w·x+bias for x in b. It is exact if the features are independent.
func (b *box) sum(w []float64, bias float64) (low, high float64) {
	low, high = bias, bias
	for i, v := range w {
		if v >= 0 {
			low, high = low+v*b.low[i], high+v*b.high[i]
		} else {
			low, high = low+v*b.high[i], high+v*b.low[i]
		}
	}
	return low, high
}

// rounding bounds how far off w·x+bias is in single precision, computed in any
// order from values that are off themselves.
func (b *box) rounding(w []float64, bias float64) float64 {
	var off float64
	sum := math.Abs(bias)
	for i, v := range w {
		v = math.Abs(v)
		off += v * b.off[i]
		sum += v * b.size(i)
	}
	if !(sum < huge) {
		return math.Inf(1)
	}
	n := float64(len(w) + 8) // products, their sum and the bias, and some for scaling
	return off*(1+n*single) + sum*n*single/(1-n*single) + tiny
}
