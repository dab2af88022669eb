package evasiontest

import (
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"quintain/attack/evasion"
	"quintain/ml"
	"quintain/ml/graph"
	"quintain/ml/onnx"
)

// Golden returns the model in an ONNX file with random rows between low and
// high, labeled as the model classifies them, to be attacked within eps of that
// range.
func Golden(t testing.TB, file string, rows int, low, high, eps float32) *evasion.Trial {
	t.Helper()
	raw, err := os.ReadFile(file)
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
	dim, classes := net.Spec().Dim(), net.Spec().Classes
	rng := rand.New(rand.NewPCG(5, 5))
	b := ml.Batch{Dim: dim, X: make([]float32, rows*dim)}
	for i := range b.X {
		b.X[i] = low + (high-low)*rng.Float32()
	}
	z, err := net.Predict(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	for row := range slices.Chunk(z, classes) {
		b.Y = append(b.Y, int32(ml.Argmax(row)))
	}
	return &evasion.Trial{Model: net, Batch: b, Seed: 1, Ball: evasion.Ball{
		Radius: slices.Repeat([]float32{eps * (high - low)}, dim), Low: slices.Repeat([]float32{low}, dim), High: slices.Repeat([]float32{high}, dim),
	}}
}
