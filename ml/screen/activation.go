package screen

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"math"
	"math/rand/v2"
	"slices"

	"quintain/ml"
	"quintain/ml/graph"
)

// Activations returns what the last hidden layer of g makes of the rows of b:
// the input of its last matrix multiplication.
func Activations(ctx context.Context, g *graph.Graph, b ml.Batch) (ml.Batch, error) {
	last := -1
	for i, n := range g.Nodes {
		if n.Op == "Gemm" || n.Op == "MatMul" {
			last = i
		}
	}
	if last < 0 || len(g.Nodes[last].Inputs) == 0 {
		return ml.Batch{}, errors.New("the model has no last layer of weights")
	}
	name := g.Nodes[last].Inputs[0]
	if len(g.Inputs) > 0 && name == g.Inputs[0].Name {
		return ml.Batch{X: b.X, Dim: b.Dim, Y: b.Y}, nil // a linear model: the rows themselves
	}
	cut := &graph.Graph{Opset: g.Opset, Inputs: g.Inputs, Outputs: []string{name}, Nodes: g.Nodes[:last], Const: maps.Clone(g.Const)}
	net, err := graph.Compile(cut, graph.Options{})
	if err != nil {
		return ml.Batch{}, err
	}
	z, err := net.Predict(ctx, b)
	if err != nil {
		return ml.Batch{}, err
	}
	return ml.Batch{X: z, Dim: net.Spec().Classes, Y: b.Y}, nil
}

// Spectral returns how far each row stands out of its class: the squared
// projection of its activations, less the mean of the class, on the direction
// in which the class varies most (Tran, Li and Madry, 2018). It gets worse as
// the share of poison grows, because the poison becomes that direction.
func Spectral(acts ml.Batch, seed uint64) []float64 {
	out := make([]float64, acts.Rows())
	for y := range classes(acts) {
		rows := of(acts, int32(y))
		if len(rows) < 2 {
			continue
		}
		c := centered(acts, rows)
		v := direction(c, rand.New(rand.NewPCG(seed, uint64(y))))
		for k, r := range rows {
			p := dot(c[k], v)
			out[r] = p * p
		}
	}
	return out
}

// centered returns the rows less their mean.
func centered(b ml.Batch, rows []int) [][]float64 {
	mean := make([]float64, b.Dim)
	for _, r := range rows {
		for j, v := range b.Row(r) {
			mean[j] += float64(v) / float64(len(rows))
		}
	}
	out := make([][]float64, len(rows))
	for k, r := range rows {
		out[k] = make([]float64, b.Dim)
		for j, v := range b.Row(r) {
			out[k][j] = float64(v) - mean[j]
		}
	}
	return out
}

const powerSteps = 200

// direction returns the unit vector along which rows vary most, by power
// iteration.
func direction(rows [][]float64, rng *rand.Rand) []float64 {
	v := make([]float64, len(rows[0]))
	for j := range v {
		v[j] = rng.NormFloat64()
	}
	for range powerSteps {
		next := make([]float64, len(v))
		for _, r := range rows {
			p := dot(r, v)
			for j, x := range r {
				next[j] += p * x
			}
		}
		size := math.Sqrt(dot(next, next))
		if size == 0 {
			return next // the rows are all the same
		}
		for j := range next {
			next[j] /= size
		}
		v = next
	}
	return v
}

func dot(a, b []float64) float64 {
	var s float64
	for i, x := range a {
		s += float64(x * b[i])
	}
	return s
}

// A Split is a class cut into two by its activations.
type Split struct {
	Label      int
	Rows       []int   // of the smaller part
	Share      float64 // of the class
	Silhouette float64 // how well the parts are set apart, from -1 to 1
}

// Cluster cuts each class of at least ten rows in two by k-means on the first
// ten principal components of its activations (Chen et al., 2018). A split
// says nothing by itself: clean classes have two halves too. Small parts that
// are set well apart are worth a look.
func Cluster(acts ml.Batch, seed uint64) []Split {
	var out []Split
	for y := range classes(acts) {
		rows := of(acts, int32(y))
		if len(rows) < 10 {
			continue
		}
		rng := rand.New(rand.NewPCG(seed, uint64(y)))
		points := components(centered(acts, rows), 10, rng)
		part := halves(points, rng)
		var small []int
		for k, p := range part {
			if p {
				small = append(small, rows[k])
			}
		}
		if 2*len(small) > len(rows) {
			all := rows
			small = slices.DeleteFunc(slices.Clone(all), func(r int) bool { return slices.Contains(small, r) })
		}
		out = append(out, Split{y, small, float64(len(small)) / float64(len(rows)), silhouette(points, part)})
	}
	return out
}

// A Part says how a class of rows falls apart in a model.
type Part struct {
	Split
	Out []int // rows of the class that stand out most, the most first
}

// partOut is how many rows a Part names.
const partOut = 5

// Parts returns for each class that [Cluster] cuts the cut, and the rows with
// the largest [Spectral] scores.
func Parts(acts ml.Batch, seed uint64) []Part {
	score := Spectral(acts, seed)
	var out []Part
	for _, c := range Cluster(acts, seed) {
		rows := of(acts, int32(c.Label))
		slices.SortStableFunc(rows, func(a, b int) int { return cmp.Compare(score[b], score[a]) })
		out = append(out, Part{c, rows[:min(partOut, len(rows))]})
	}
	return out
}

// components returns the coordinates of rows along the k directions in which
// they vary most.
func components(rows [][]float64, k int, rng *rand.Rand) [][]float64 {
	rest := make([][]float64, len(rows))
	out := make([][]float64, len(rows))
	for i, r := range rows {
		rest[i] = slices.Clone(r)
	}
	for range min(k, len(rows[0])) {
		v := direction(rest, rng)
		for i, r := range rest {
			p := dot(r, v)
			out[i] = append(out[i], p)
			for j := range r {
				r[j] -= p * v[j]
			}
		}
	}
	return out
}
