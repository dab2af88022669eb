package train

import (
	"context"
	"errors"
	"fmt"
	"math"

	"quintain/ml"
	"quintain/ml/graph"
)

// A BayesKind is what naive Bayes takes features for.
type BayesKind int

// The kinds of naive Bayes.
const (
	Multinomial BayesKind = iota // counts, such as those of words
	Gaussian                     // numbers, normal in each class
)

// varianceShare of the largest variance of a feature is added to all
// variances, so that none is zero.
const varianceShare = 1e-9

// Bayes fits naive Bayes. Multinomial features are not negative, and smoothing,
// above 0, is added to each count (1 is Laplace's); its logits are linear.
// Gaussian features may be any number, and smoothing, not negative, is the share
// of the largest variance of a feature that is added to every variance, 0 being
// 1e-9; its logits are a sum of squares. Classes that do not occur get a
// probability that smoothing gives them, or an error for Gaussian features.
func Bayes(ctx context.Context, b ml.Batch, classes int, kind BayesKind, smoothing float64) (*graph.Graph, error) {
	if err := labeled(b, classes); err != nil {
		return nil, fmt.Errorf("naive Bayes: %w", err)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for i, v := range b.X {
		if v != v || math.IsInf(float64(v), 0) || kind == Multinomial && v < 0 {
			return nil, fmt.Errorf("naive Bayes: row %d holds %v", i/b.Dim, v)
		}
	}
	var g *graph.Graph
	var err error
	switch {
	case kind == Multinomial && smoothing > 0 && !math.IsInf(smoothing, 0):
		g = multinomial(b, classes, smoothing)
	case kind == Gaussian && smoothing >= 0 && !math.IsInf(smoothing, 0):
		g, err = gaussian(b, classes, smoothing)
	case kind != Multinomial && kind != Gaussian:
		err = fmt.Errorf("kind %d is not known", kind)
	default:
		err = fmt.Errorf("smoothing %v", smoothing)
	}
	if err != nil {
		return nil, fmt.Errorf("naive Bayes: %w", err)
	}
	return g, nil
}

func multinomial(b ml.Batch, classes int, smoothing float64) *graph.Graph {
	rows, counts := tally(b, classes)
	w, bias := make([][]float32, classes), make([]float32, classes)
	for j := range w {
		var all float64
		for _, n := range counts[j] {
			all += n + smoothing
		}
		for _, n := range counts[j] {
			w[j] = append(w[j], float32(math.Log((n+smoothing)/all)))
		}
		bias[j] = float32(math.Log((rows[j] + smoothing) / (float64(b.Rows()) + smoothing*float64(classes))))
	}
	return graph.Linear(w, bias)
}

// tally returns the number of rows of each class and the sums of its features.
func tally(b ml.Batch, classes int) (rows []float64, sums [][]float64) {
	rows, sums = make([]float64, classes), make([][]float64, classes)
	for j := range sums {
		sums[j] = make([]float64, b.Dim)
	}
	for i, y := range b.Y {
		rows[y]++
		for k, v := range b.Row(i) {
			sums[y][k] += float64(v)
		}
	}
	return rows, sums
}

// gaussian writes the logits as sums of squares of distances from the mean of
// each class: multiplied out, they would lose their digits in single precision.
func gaussian(b ml.Batch, classes int, smoothing float64) (*graph.Graph, error) {
	if smoothing == 0 {
		smoothing = varianceShare
	}
	rows, sums := tally(b, classes)
	center, all := make([]float64, b.Dim), make([]float64, b.Dim)
	variance := make([][]float64, classes)
	for j, n := range rows {
		if n == 0 {
			return nil, fmt.Errorf("no row has label %d", j)
		}
		variance[j] = make([]float64, b.Dim)
		for k := range center {
			center[k] += sums[j][k] / float64(b.Rows())
			sums[j][k] /= n
		}
	}
	for i, y := range b.Y {
		for k, v := range b.Row(i) {
			d, e := float64(v)-sums[y][k], float64(v)-center[k]
			variance[y][k] += d * d / rows[y]
			all[k] += e * e / float64(b.Rows())
		}
	}
	extra := smoothing * largest(all)
	if extra == 0 {
		return nil, errors.New("all features are constant")
	}
	var mean, share []float32
	bias := make([]float32, classes)
	for j, n := range rows {
		c := math.Log(n / float64(b.Rows()))
		for k, m := range sums[j] {
			v := variance[j][k] + extra
			mean, share = append(mean, float32(m)), append(share, float32(-0.5/v))
			c -= math.Log(2*math.Pi*v) / 2
		}
		bias[j] = float32(c)
	}
	return squares(b.Dim, mean, share, bias), nil
}

// squares returns the graph of logits that are weighted sums of squares of
// distances from means, one row of means and weights for each logit.
func squares(dim int, mean, weight, bias []float32) *graph.Graph {
	shape := []int{1, len(bias), dim}
	return &graph.Graph{
		Opset:   17,
		Inputs:  []graph.Port{{Name: "x", Shape: []int{-1, dim}}},
		Outputs: []string{"z"},
		Nodes: []graph.Node{
			{Op: "Unsqueeze", Name: "row", Inputs: []string{"x", "one"}, Outputs: []string{"r"}},
			{Op: "Sub", Name: "distance", Inputs: []string{"r", "mean"}, Outputs: []string{"d"}},
			{Op: "Mul", Name: "square", Inputs: []string{"d", "d"}, Outputs: []string{"dd"}},
			{Op: "Mul", Name: "weigh", Inputs: []string{"dd", "weight"}, Outputs: []string{"w"}},
			{Op: "ReduceSum", Name: "sum", Inputs: []string{"w", "two"}, Outputs: []string{"s"}, Attr: map[string]graph.Attr{"keepdims": {Int: 0}}},
			{Op: "Add", Name: "logits", Inputs: []string{"s", "bias"}, Outputs: []string{"z"}},
		},
		Const: map[string]*graph.Tensor{
			"mean": {Shape: shape, Float: mean}, "weight": {Shape: shape, Float: weight},
			"bias": {Shape: []int{len(bias)}, Float: bias},
			"one":  {Shape: []int{1}, Int: []int64{1}}, "two": {Shape: []int{1}, Int: []int64{2}},
		},
	}
}
