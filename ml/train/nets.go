// Package train makes classifiers: it draws weights, fits them to labeled
// rows, and gives back graphs that [quintain/ml/graph] runs.
//
// Everything random comes from a seed. The same seed gives the same weights,
// bit for bit, for any number of workers on the same kind of processor.
package train

import (
	"fmt"
	"math"
	"math/rand/v2"

	"quintain/ml/graph"
)

// The streams that are drawn from one seed.
const (
	streamWeights = iota + 1
	streamOrder
	streamNoise
	streamPerturb
	streamTrees
)

// Linear returns a linear classifier with fresh weights, uniform within
// ±1/sqrt(features).
func Linear(features, classes int, seed uint64) *graph.Graph {
	return MLP([]int{features, classes}, seed)
}

// MLP returns a network of fully connected layers with Relu between them, and
// with fresh weights, uniform within ±1/sqrt(n) where n is the width before
// the layer, as PyTorch draws them. The widths, at least two, go from the
// number of features to that of classes.
func MLP(widths []int, seed uint64) *graph.Graph {
	b := newBuilder([]int{widths[0]}, seed)
	b.dense(widths)
	return b.g
}

// CNN returns a network for images of shape channels, height, width: 3×3
// convolutions with padding 1 and as many channels as channels tells, each
// followed by Relu; then the largest of every 2×2 pixels; then one hidden
// layer with Relu, and one logit for each class. Weights are drawn as for
// [MLP]; for a convolution n is 9 times its input channels.
func CNN(shape [3]int, channels []int, hidden, classes int, seed uint64) *graph.Graph {
	b := newBuilder(shape[:], seed)
	in := shape[0]
	for _, out := range channels {
		w, c := b.weights([]int{out, in, 3, 3}, in*9), b.weights([]int{out}, in*9)
		b.add("Conv", map[string]graph.Attr{"kernel_shape": {Ints: []int64{3, 3}}, "pads": {Ints: []int64{1, 1, 1, 1}}}, w, c)
		b.add("Relu", nil)
		in = out
	}
	b.add("MaxPool", map[string]graph.Attr{"kernel_shape": {Ints: []int64{2, 2}}, "strides": {Ints: []int64{2, 2}}})
	b.add("Flatten", map[string]graph.Attr{"axis": {Int: 1}})
	b.dense([]int{in * (shape[1] / 2) * (shape[2] / 2), hidden, classes})
	return b.g
}

// A builder chains operators.
type builder struct {
	g   *graph.Graph
	rng *rand.Rand
}

func newBuilder(shape []int, seed uint64) *builder {
	return &builder{
		g: &graph.Graph{
			Opset:   17,
			Inputs:  []graph.Port{{Name: "x", Shape: append([]int{-1}, shape...)}},
			Outputs: []string{"x"},
			Const:   make(map[string]*graph.Tensor),
		},
		rng: rand.New(rand.NewPCG(seed, streamWeights)),
	}
}

// add appends an operator to the chain and returns what it makes.
func (b *builder) add(op string, attr map[string]graph.Attr, consts ...string) {
	out := fmt.Sprintf("v%d", len(b.g.Nodes)+1)
	b.g.Nodes = append(b.g.Nodes, graph.Node{
		Op: op, Name: fmt.Sprintf("%s%d", op, len(b.g.Nodes)+1), Attr: attr,
		Inputs: append([]string{b.g.Outputs[0]}, consts...), Outputs: []string{out},
	})
	b.g.Outputs[0] = out
}

// weights draws numbers within ±1/sqrt(fanIn) and returns their name.
func (b *builder) weights(shape []int, fanIn int) string {
	n := 1
	for _, d := range shape {
		n *= d
	}
	t := &graph.Tensor{Shape: shape, Float: make([]float32, n)}
	draw(t.Float, fanIn, b.rng)
	name := fmt.Sprintf("w%d", len(b.g.Const)+1)
	b.g.Const[name] = t
	return name
}

func draw(w []float32, fanIn int, rng *rand.Rand) {
	bound := 1 / math.Sqrt(float64(max(fanIn, 1)))
	for i := range w {
		w[i] = float32((2*rng.Float64() - 1) * bound)
	}
}

func (b *builder) dense(widths []int) {
	for i := 1; i < len(widths); i++ {
		w := b.weights([]int{widths[i], widths[i-1]}, widths[i-1])
		c := b.weights([]int{widths[i]}, widths[i-1])
		b.add("Gemm", map[string]graph.Attr{"transB": {Int: 1}}, w, c)
		if i < len(widths)-1 {
			b.add("Relu", nil)
		}
	}
}
