package evasiontest

import (
	_ "embed"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"quintain/attack/evasion"
	"quintain/ml"
	"quintain/ml/graph"
	"quintain/ml/onnx"
)

//go:embed testdata/digits.json
var digits []byte

// Digits returns a logistic regression on handwritten digits with the 347 of
// 360 rows that it classifies correctly, to be attacked within eps of each
// pixel's range; testdata/make.py says where they are from. No attack can turn
// more than all but 310, 219, 7 and 0 of them at eps 0.05, 0.1, 0.2 and 0.3.
func Digits(t testing.TB, eps float32) *evasion.Trial {
	t.Helper()
	d := load(t)
	return d.trial(t, graph.Linear(d.W, d.B), eps)
}

//go:embed testdata/mlp.onnx
var mlp []byte

// DigitsMLP is Digits with a network of 64, 128, 64 and 10 units, which
// classifies 349 of the 360 rows correctly; testdata/mlp.py says how it was
// made.
func DigitsMLP(t testing.TB, eps float32) *evasion.Trial {
	t.Helper()
	g, err := onnx.Parse(mlp)
	if err != nil {
		t.Fatal(err)
	}
	return load(t).trial(t, g, eps)
}

// digitRows are images, a letter for each pixel, with the weights of a linear
// model.
type digitRows struct {
	W    [][]float32
	B    []float32
	Y    []int32
	Rows []string
}

func load(t testing.TB) (d digitRows) {
	t.Helper()
	if err := json.Unmarshal(digits, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// trial attacks the rows that g classifies correctly.
func (d digitRows) trial(t testing.TB, g *graph.Graph, eps float32) *evasion.Trial {
	t.Helper()
	net, err := graph.Compile(g, graph.Options{})
	if err != nil {
		t.Fatal(err)
	}
	all := ml.Batch{Dim: 64, Y: d.Y}
	for _, row := range d.Rows {
		for _, c := range row {
			all.X = append(all.X, float32(strings.IndexRune("0123456789abcdefg", c))/16)
		}
	}
	return &evasion.Trial{
		Model: net, Batch: all.Pick(right(t, net, all)), Seed: 1,
		Ball: evasion.Ball{Radius: slices.Repeat([]float32{eps}, 64), Low: make([]float32, 64), High: slices.Repeat([]float32{1}, 64)},
	}
}

// right lists the rows of all that the model classifies as they are labeled.
func right(t testing.TB, m ml.Oracle, all ml.Batch) []int {
	t.Helper()
	wrong, err := evasion.Fooled(t.Context(), m, all)
	if err != nil {
		t.Fatal(err)
	}
	var out []int
	for i, w := range wrong {
		if !w {
			out = append(out, i)
		}
	}
	return out
}

// Standing mounts a on tr and returns how many rows it leaves standing. It
// fails the test if a leaves the ball.
func Standing(t testing.TB, a *evasion.Attack, tr *evasion.Trial) int {
	t.Helper()
	res, err := a.Run(t.Context(), tr)
	if err != nil {
		t.Fatal(err)
	}
	fell, err := evasion.Fooled(t.Context(), tr.Model, res.Adv)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for i, f := range fell {
		if err := tr.Ball.Check(res.Adv.Row(i), tr.Batch.Row(i)); err != nil {
			t.Fatal(err)
		}
		if !f {
			n++
		}
	}
	return n
}
