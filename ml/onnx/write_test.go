package onnx_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"quintain/ml"
	"quintain/ml/graph"
	"quintain/ml/onnx"
)

// Every golden model says the same after it was written and read again, and
// writing it again gives the same bytes.
func TestMarshal(t *testing.T) {
	var paths []string
	for _, glob := range []string{"../testdata/*.onnx", "../testdata/sklearn/*.onnx"} {
		p, err := filepath.Glob(glob)
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, p...)
	}
	if len(paths) < 8 {
		t.Fatalf("%d golden models, want at least 8", len(paths))
	}
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		g, err := onnx.Parse(b)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		one, err := onnx.Marshal(g)
		if err != nil {
			t.Errorf("%s: Marshal = %v", path, err)
			continue
		}
		back, err := onnx.Parse(one)
		if err != nil {
			t.Errorf("%s: Parse of what was written = %v", path, err)
			continue
		}
		two, err := onnx.Marshal(back)
		if err != nil || !bytes.Equal(one, two) {
			t.Errorf("%s: written twice it differs: %v", path, err)
		}
		if got, want := logitsOf(t, back), logitsOf(t, g); !slices.Equal(got, want) {
			t.Errorf("%s: logits %v after writing, want %v", path, got, want)
		}
	}
}

// logitsOf returns the logits of a few rows.
func logitsOf(t *testing.T, g *graph.Graph) []float32 {
	t.Helper()
	net, err := graph.Compile(g, graph.Options{})
	if err != nil {
		t.Fatal(err)
	}
	d := net.Spec().Dim()
	x := ml.Batch{Dim: d, X: make([]float32, 4*d)}
	for i := range x.X {
		x.X[i] = float32(i%7) / 7
	}
	z, err := net.Predict(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// Outputs are described by the shapes that the graph names, else as rows.
func TestMarshalShapes(t *testing.T) {
	g := graph.Linear([][]float32{{1}, {2}}, []float32{0, 0})
	g.Shapes = map[string][]int{"z": {3, 2, 4}}
	b, err := onnx.Marshal(g)
	if err != nil || !bytes.Contains(b, message(12, input("z", 1, 3, 2, 4))) {
		t.Errorf("Marshal = %q, %v, want an output z of shape [3 2 4]", b, err)
	}
}

func TestMarshalRefuses(t *testing.T) {
	for name, c := range map[string]*graph.Tensor{
		"too few": {Shape: []int{3}, Float: []float32{1}}, "negative": {Shape: []int{-1}, Float: []float32{1}}, "none": nil,
	} {
		g := graph.Linear([][]float32{{1}, {2}}, []float32{0, 0})
		g.Const["w"] = c
		if _, err := onnx.Marshal(g); !errors.Is(err, graph.ErrInvalid) {
			t.Errorf("%s: Marshal = %v, want %v", name, err, graph.ErrInvalid)
		}
	}
}
