package bound_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"quintain/ml"
	"quintain/ml/bound"
	"quintain/ml/graph"
)

// network returns a random network with layers of the given sizes.
func network(t testing.TB, rng *rand.Rand, sizes ...int) (*graph.Net, *bound.Chain) {
	t.Helper()
	g := &graph.Graph{Opset: 17, Inputs: []graph.Port{{Name: "x", Shape: []int{-1, sizes[0]}}}, Const: map[string]*graph.Tensor{}}
	last := "x"
	for k, out := range sizes[1:] {
		w := &graph.Tensor{Shape: []int{sizes[k], out}, Float: make([]float32, sizes[k]*out)}
		b := &graph.Tensor{Shape: []int{out}, Float: make([]float32, out)}
		for _, list := range [][]float32{w.Float, b.Float} {
			for i := range list {
				list[i] = float32(rng.NormFloat64() / math.Sqrt(float64(sizes[k])))
			}
		}
		if k > 0 {
			g.Nodes = append(g.Nodes, graph.Node{Op: "Relu", Inputs: []string{last}, Outputs: []string{last + "r"}})
			last += "r"
		}
		g.Nodes = append(g.Nodes, graph.Node{Op: "Gemm", Inputs: []string{last, last + "w", last + "b"}, Outputs: []string{last + "'"}})
		g.Const[last+"w"], g.Const[last+"b"] = w, b
		last += "'"
	}
	g.Outputs = []string{last}
	return compiled(t, g)
}

func compiled(t testing.TB, g *graph.Graph) (*graph.Net, *bound.Chain) {
	t.Helper()
	net, err := graph.Compile(g, graph.Options{})
	if err != nil {
		t.Fatal(err)
	}
	layers, err := net.Chain(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return net, bound.New(layers)
}

func box(low, high []float32) bound.Region { return bound.Region{Low: low, High: high} }

// A place is a box around a row.
func place(rng *rand.Rand, dim int, eps float32) (x, low, high []float32) {
	for range dim {
		v := rng.Float32()*2 - 1
		x, low, high = append(x, v), append(low, v-eps*rng.Float32()), append(high, v+eps*rng.Float32())
	}
	return x, low, high
}

// inside returns all corners of a box and n rows anywhere in it.
func inside(rng *rand.Rand, low, high []float32, n int) ml.Batch {
	dim := len(low)
	b := ml.Batch{Dim: dim}
	for c := range 1 << dim {
		for i := range dim {
			v := low[i]
			if c>>i&1 == 1 {
				v = high[i]
			}
			b.X = append(b.X, v)
		}
	}
	for range n {
		for i := range dim {
			b.X = append(b.X, low[i]+(high[i]-low[i])*rng.Float32())
		}
	}
	return b
}

// least is the smallest lead of class y over the rows of b.
func least(t *testing.T, net *graph.Net, b ml.Batch, y int) float64 {
	t.Helper()
	z, err := net.Predict(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	lead := math.Inf(1)
	for row := range slices.Chunk(z, net.Spec().Classes) {
		lead = min(lead, float64(row[y])-float64(row[ml.Runner(row, y, 0)]))
	}
	return lead
}

// No row of a box does worse than the bounds say, and linear bounds are no
// worse than intervals. Both say something: many boxes are certified.
func TestSound(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	interval, linear, safe := 0, 0, 0
	for range 40 {
		net, chain := network(t, rng, [][]int{{4, 6, 3}, {5, 8, 8, 2}, {3, 9, 7, 5, 4}, {6, 3}}[rng.IntN(4)]...)
		for range 10 {
			x, low, high := place(rng, net.Spec().Dim(), 0.4*rng.Float32())
			z, err := net.Predict(t.Context(), ml.Batch{X: x, Dim: len(x)})
			if err != nil {
				t.Fatal(err)
			}
			y := ml.Argmax(z)
			worst := least(t, net, inside(rng, low, high, 300), y)
			a, b := chain.Interval(box(low, high), y), chain.Linear(box(low, high), y)
			if a > worst || b > worst {
				t.Fatalf("a row of the box leads by %v; the bounds are %v by intervals and %v by lines", worst, a, b)
			}
			if b < a {
				t.Errorf("linear bound %v, interval bound %v", b, a)
			}
			for to, v := range map[*int]float64{&interval: a, &linear: b, &safe: worst} {
				if v > 0 {
					*to++
				}
			}
		}
	}
	t.Logf("certified by intervals %d, by lines %d; no row falls in %d", interval, linear, safe)
	if linear < safe*3/4 || interval >= linear || safe < 100 || safe > 390 {
		t.Errorf("of %d boxes in which no row was found to fall, %d are certified by intervals and %d by lines", safe, interval, linear)
	}
}

// Without Relu, and where Relu never bends, linear bounds are exact: some
// corner attains them but for rounding.
func TestExact(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 20 {
		for _, sizes := range [][]int{{6, 2}, {5, 4}, {4, 7, 3}} {
			net, chain := network(t, rng, sizes...)
			eps := float32(0.5)
			if len(sizes) > 2 {
				eps = 1e-4 // so small a box meets no bend
			}
			x, low, high := place(rng, sizes[0], eps)
			y := rng.IntN(sizes[len(sizes)-1])
			got, want := chain.Linear(box(low, high), y), least(t, net, inside(rng, low, high, 0), y)
			if math.Abs(got-want) > 2e-5 {
				t.Errorf("sizes %v: bound %v, want %v around %v", sizes, got, want, x)
			}
		}
	}
}

// In single precision 2²⁴ + ½ is 2²⁴: a lead that is there on paper only is no
// certificate.
func TestRounding(t *testing.T) {
	g := graph.Linear([][]float32{{1 << 24}, {1 << 24}}, []float32{0, 0.5})
	net, chain := compiled(t, g)
	one := []float32{1}
	z, err := net.Predict(t.Context(), ml.Batch{X: one, Dim: 1})
	if err != nil {
		t.Fatal(err)
	}
	if got := ml.Argmax(z); got != 0 {
		t.Fatalf("the answer is %d, want 0: the model does not show what it should", got)
	}
	if got := chain.Linear(box(one, one), 1); got > 0 {
		t.Errorf("class 1 is certified to lead by %v, but class 0 is the answer", got)
	}
	if got := chain.Linear(box(one, one), 0); got > 0 {
		t.Errorf("class 0 is certified to lead by %v, but on paper class 1 does", got)
	}
}

// Weights that overflow or are no numbers certify nothing.
func TestNoNumbers(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for _, w := range []float64{inf, nan, 1e300, 1e38} {
		chain := bound.New([]graph.Layer{
			{W: [][]float64{{1}, {w}}, B: []float64{0, 0}, Relu: true},
			{W: [][]float64{{1, 0}, {0, -1}}, B: []float64{5, 0}},
		})
		low, high := []float32{-1}, []float32{1}
		for name, got := range map[string]float64{"interval": chain.Interval(box(low, high), 0), "linear": chain.Linear(box(low, high), 0)} {
			if got > 0 {
				t.Errorf("%s bound with a weight of %v is %v, want no certificate", name, w, got)
			}
		}
	}
}

// BenchmarkLinear bounds one box of the usual network for small pictures.
func BenchmarkLinear(b *testing.B) {
	rng := rand.New(rand.NewPCG(5, 6))
	_, chain := network(b, rng, 64, 128, 64, 10)
	_, low, high := place(rng, 64, 0.05)
	for b.Loop() {
		chain.Linear(box(low, high), 3)
	}
}
