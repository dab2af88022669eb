package bound_test

import (
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"quintain/ml"
	"quintain/ml/bound"
	"quintain/ml/graph"
	"quintain/ml/onnx"
)

func golden(t testing.TB, name string) (*graph.Net, *graph.Forest) {
	t.Helper()
	raw, err := os.ReadFile("../testdata/sklearn/" + name + ".onnx")
	if err != nil {
		t.Fatal(err)
	}
	g, err := onnx.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	net, err := graph.Compile(g, graph.Options{})
	if err != nil {
		t.Fatal(err)
	}
	f, err := net.Forest()
	if err != nil {
		t.Fatal(err)
	}
	return net, f
}

// cuts collects where the trees below b cut each feature.
func cuts(b *graph.Branch, into [][]float32) {
	if b.Below == nil {
		return
	}
	into[b.Feature] = append(into[b.Feature], b.Cut)
	cuts(b.Below, into)
	cuts(b.Above, into)
}

// cells returns a row of every part of the box that the trees tell apart.
func cells(f *graph.Forest, low, high []float32) ml.Batch {
	at := make([][]float32, len(low))
	for _, t := range f.Trees {
		cuts(t, at)
	}
	rows := [][]float32{nil}
	for i, list := range at {
		list = slices.DeleteFunc(list, func(c float32) bool { return c <= low[i] || c > high[i] })
		list = append(list, low[i])
		slices.Sort(list)
		list = slices.Compact(list)
		var longer [][]float32
		for _, r := range rows {
			for _, v := range list {
				longer = append(longer, append(slices.Clone(r), v))
			}
		}
		rows = longer
	}
	return ml.Batch{X: slices.Concat(rows...), Dim: len(low)}
}

// score follows the trees.
func score(f *graph.Forest, x []float32) []float64 {
	z := slices.Clone(f.Base)
	for _, b := range f.Trees {
		for b.Below != nil {
			if x[b.Feature] < b.Cut {
				b = b.Below
			} else {
				b = b.Above
			}
		}
		for j, v := range b.Scores {
			z[j] += v
		}
	}
	return z
}

// A box is safe if and only if no part of it that the trees tell apart is of
// another class, which trying all of them decides. Where two classes tie but
// for rounding Safe says no.
func TestForestExact(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for _, name := range []string{"tree", "forest", "forest2", "boost", "boost2"} {
		net, f := golden(t, name)
		b := bound.NewForest(f)
		safe, unsafe := 0, 0
		for range 150 {
			x, low, high := make([]float32, 4), make([]float32, 4), make([]float32, 4)
			for i := range x {
				x[i] = rng.Float32() * 7
				low[i], high[i] = x[i]-rng.Float32(), x[i]+rng.Float32()
			}
			z, err := net.Predict(t.Context(), ml.Batch{X: x, Dim: 4})
			if err != nil {
				t.Fatal(err)
			}
			own := score(f, x)
			for j, v := range own {
				if math.Abs(v-float64(z[j])) > 1e-5 {
					t.Fatalf("%s: scores %v by trees, want %v", name, own, z)
				}
			}
			y := ml.Argmax(z)
			all := cells(f, low, high)
			answers, err := net.Predict(t.Context(), all)
			if err != nil {
				t.Fatal(err)
			}
			lead := math.Inf(1)
			for row := range slices.Chunk(answers, len(z)) {
				lead = min(lead, float64(row[y])-float64(row[ml.Runner(row, y, 0)]))
			}
			if got, want := b.Safe(low, high, y), lead > 1e-5; got != want {
				t.Errorf("%s: safe is %v, but y leads by %v at worst of %d cells", name, got, lead, all.Rows())
			}
			if lead > 1e-5 {
				safe++
			} else {
				unsafe++
			}
		}
		if safe < 20 || unsafe < 20 {
			t.Errorf("%s: %d boxes are safe and %d are not: the boxes decide nothing", name, safe, unsafe)
		}
	}
}

// Pairs of trees that look worse apart than they are together make the search
// long. Given time it finds that class 0 leads by a quarter at worst; when it
// gives up it certifies nothing.
func TestForestGivesUp(t *testing.T) {
	for features, want := range map[int]bool{8: true, 40: false} {
		f := &graph.Forest{Base: []float64{0.25 + float64(features)/2, 0}}
		for i := range features {
			f.Trees = append(f.Trees,
				&graph.Branch{Feature: i, Cut: 0.5, Below: &graph.Branch{Scores: []float64{0, 1}}, Above: &graph.Branch{Scores: []float64{0, 0}}},
				&graph.Branch{Feature: i, Cut: 0.5, Below: &graph.Branch{Scores: []float64{1, 0}}, Above: &graph.Branch{Scores: []float64{0, 0.5}}})
		}
		low, high := make([]float32, features), slices.Repeat([]float32{1}, features)
		if got := bound.NewForest(f).Safe(low, high, 0); got != want {
			t.Errorf("%d features: safe is %v, want %v", features, got, want)
		}
		if bound.NewForest(f).Safe(high, high, 1) {
			t.Errorf("%d features: class 1 is certified, but class 0 leads", features)
		}
	}
}
