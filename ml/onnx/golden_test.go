package onnx_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"quintain/ml"
	"quintain/ml/graph"
	"quintain/ml/onnx"
)

// A golden is what PyTorch computes; testdata/make.py says how it was made.
type golden struct {
	Rows    int
	Shape   []int
	Classes int
	X, Z    []float32
	R, DX   []float32
}

func open(t testing.TB, name string) *graph.Net {
	t.Helper()
	return compiled(t, name, graph.Options{})
}

func compiled(t testing.TB, name string, o graph.Options) *graph.Net {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("../testdata", name+".onnx"))
	if err != nil {
		t.Fatal(err)
	}
	g, err := onnx.Parse(b)
	if err != nil {
		t.Fatalf("Parse(%s) = %v", name, err)
	}
	n, err := graph.Compile(g, o)
	if err != nil {
		t.Fatalf("Compile(%s) = %v", name, err)
	}
	return n
}

func load(t testing.TB, name string) (g golden) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("../testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

func (g golden) batch() ml.Batch { return ml.Batch{X: g.X, Dim: len(g.X) / g.Rows} }

// distance returns the largest difference between a and b, relative to the
// largest number in b.
func distance(a, b []float32) float64 {
	var d, top float64
	for i := range b {
		d = math.Max(d, math.Abs(float64(a[i])-float64(b[i])))
		top = math.Max(top, math.Abs(float64(b[i])))
	}
	return d / top
}

var models = map[string]string{ // and what they give
	"mlp": "logits", "cnn": "softmax", "even": "logits", "resnet": "log-softmax", "attention": "logits",
	"grow": "logits", "choose": "logits",
}

// Logits and input gradients are those of PyTorch.
func TestGolden(t *testing.T) {
	for name, output := range models {
		n, want := open(t, name), load(t, name)
		if got := n.Spec(); got.Classes != want.Classes || got.Dim() != len(want.X)/want.Rows || got.Output != output {
			t.Errorf("%s: Spec() = %+v, want %d classes, shape %v, output %s", name, got, want.Classes, want.Shape, output)
		}
		z, err := n.Predict(t.Context(), want.batch())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if d := distance(z, want.Z); d > 2e-6 {
			t.Errorf("%s: logits differ from PyTorch's by %.2g of the largest", name, d)
		}
		dx := make([]float32, len(want.X))
		err = n.VJP(t.Context(), want.batch(), func(row int, _, dz []float32) {
			copy(dz, want.R[row*want.Classes:(row+1)*want.Classes])
		}, dx)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if d := distance(dx, want.DX); d > 5e-6 {
			t.Errorf("%s: input gradients differ from PyTorch's by %.2g of the largest", name, d)
		}
	}
}

// Logits and gradients of a row are the same, to the last bit, whatever rows are
// beside it and however many goroutines work.
func TestBits(t *testing.T) {
	for name := range models {
		g := load(t, name)
		all := ml.Batch{Dim: len(g.X) / g.Rows}
		for i := range 23 { // more than are run together, and not a multiple
			all.X = append(all.X, g.batch().Row(i%g.Rows)...)
			all.X[i*all.Dim] += float32(i)
		}
		z, dx := answers(t, name, 1, all)
		z3, dx3 := answers(t, name, 3, all)
		if !slices.Equal(bits(z), bits(z3)) || !slices.Equal(bits(dx), bits(dx3)) {
			t.Errorf("%s: three goroutines answer otherwise than one", name)
		}
		for _, i := range []int{0, 7, 22} {
			one, done := answers(t, name, 1, all.Pick([]int{i}))
			k := len(one)
			if !slices.Equal(bits(one), bits(z[i*k:(i+1)*k])) || !slices.Equal(bits(done), bits(dx[i*all.Dim:(i+1)*all.Dim])) {
				t.Errorf("%s: row %d alone has other logits or another gradient than among others", name, i)
			}
		}
	}
}

func answers(t *testing.T, name string, workers int, x ml.Batch) (z, dx []float32) {
	t.Helper()
	n := compiled(t, name, graph.Options{Workers: workers})
	z, err := n.Predict(t.Context(), x)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	dx = make([]float32, len(x.X))
	err = n.VJP(t.Context(), x, func(_ int, z, dz []float32) {
		for j := range dz {
			dz[j] = z[j] - float32(j)
		}
	}, dx)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return z, dx
}

func bits(x []float32) []uint32 {
	out := make([]uint32, len(x))
	for i, v := range x {
		out[i] = math.Float32bits(v)
	}
	return out
}

func TestSelfCheckPasses(t *testing.T) {
	for name := range models {
		n, g := open(t, name), load(t, name)
		scale := make([]float32, g.batch().Dim)
		for i := range scale {
			scale[i] = 1
		}
		for seed := range uint64(5) {
			if err := n.SelfCheck(t.Context(), g.batch(), scale, seed); err != nil {
				t.Errorf("%s, seed %d: SelfCheck = %v", name, seed, err)
			}
		}
	}
}
