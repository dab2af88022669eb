package screen

import (
	"errors"
	"slices"

	"quintain/ml/graph"
)

// A Pull is how the last layer of a model weighs what leads to a class.
type Pull struct {
	Label int
	Mean  float64 // of the weights of the class
	Index float64 // how far that is above the median of all classes, in deviations
}

// Pulls compares the weights of the last matrix multiplication of g, one row of
// them for each class: a backdoor tends to pull everything toward its class
// (Fields et al.: Trojan Signatures in DNN Weights, 2021). With few classes the
// median means little, and on small networks so does the index: it is one sign
// of several.
func Pulls(g *graph.Graph) ([]Pull, error) {
	for _, n := range slices.Backward(g.Nodes) {
		if n.Op != "Gemm" && n.Op != "MatMul" || len(n.Inputs) < 2 {
			continue
		}
		w := g.Const[n.Inputs[1]]
		if w == nil || len(w.Shape) != 2 || w.Shape[0]*w.Shape[1] != len(w.Float) || len(w.Float) == 0 {
			break
		}
		k, d := w.Shape[1], w.Shape[0]
		at := func(class, i int) float32 { return w.Float[i*k+class] }
		if n.Attr["transB"].Int != 0 {
			k, d = w.Shape[0], w.Shape[1]
			at = func(class, i int) float32 { return w.Float[class*d+i] }
		}
		out := make([]Pull, k)
		var means []float64
		for y := range out {
			out[y].Label = y
			for i := range d {
				out[y].Mean += float64(at(y, i)) / float64(d)
			}
			means = append(means, out[y].Mean)
		}
		for y, z := range deviations(means) {
			out[y].Index = z
		}
		return out, nil
	}
	return nil, errors.New("the model has no last layer of weights, one row for each class")
}
