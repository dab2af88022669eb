package evasion

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"quintain"
	"quintain/ml"
	"quintain/ml/graph"
)

// cascadeOf is an attack followed by a search that sees answers only, which is the
// least cascade.
func cascadeOf(first *Attack) *Attack {
	search := &Attack{
		Check: quintain.Check{Name: "attack/evasion/luck", Techniques: []quintain.Technique{"AML.T0015"}}, BlackBox: true, Share: 0.1,
		Run: func(ctx context.Context, tr *Trial) (Result, error) {
			res := Result{Adv: tr.Batch.Clone(), Queries: make([]int, tr.Batch.Rows())}
			for try := range 60 {
				x := tr.Batch.Clone()
				for i := range x.Rows() {
					corner(tr.Ball, x.Row(i), tr.Batch.Row(i), tr.Rand(i, try))
					res.Queries[i]++
				}
				fell, err := Fooled(ctx, tr.Model, x)
				if err != nil {
					return res, err
				}
				for i, f := range fell {
					if f {
						copy(res.Adv.Row(i), x.Row(i))
					}
				}
			}
			return res, nil
		},
	}
	a := &Attack{Check: quintain.Check{Name: "attack/evasion/both", Techniques: first.Techniques}, Parts: []string{first.Name, search.Name}}
	return a.resolve([]*Attack{first, search})
}

// A veil is a model behind a broken defense.
type veil struct {
	ml.Model
	before func(x []float32) // what it does to a copy of the rows
	hides  bool              // gradients
}

func (v *veil) in(x ml.Batch) ml.Batch {
	x = x.Clone()
	if v.before != nil {
		v.before(x.X)
	}
	return x
}

// Predict implements [ml.Oracle].
func (v *veil) Predict(ctx context.Context, x ml.Batch) ([]float32, error) {
	return v.Model.Predict(ctx, v.in(x))
}

// VJP implements [ml.Model].
func (v *veil) VJP(ctx context.Context, x ml.Batch, seed ml.Seed, dx []float32) error {
	err := v.Model.VJP(ctx, v.in(x), seed, dx)
	if v.hides {
		clear(dx)
	}
	return err
}

// scores is a linear model whose logits are so many times the difference to the
// middle of the box, with a softmax if asked for.
func scores(times float32, softmax bool) *graph.Graph {
	w := [][]float32{slices.Repeat([]float32{-times}, dim), slices.Repeat([]float32{times}, dim)}
	g := graph.Linear(w, []float32{times * dim / 2, -times * dim / 2})
	if softmax {
		g.Nodes = append(g.Nodes, graph.Node{Op: "Softmax", Inputs: []string{"z"}, Outputs: []string{"p"}, Attr: map[string]graph.Attr{"axis": {Int: -1}}})
		g.Outputs = []string{"p"}
	}
	return g
}

// Every broken defense raises the flags that it should, and a sound model none.
func TestZoo(t *testing.T) {
	var mu sync.Mutex
	rng := rand.New(rand.NewPCG(1, 2))
	quantize := func(x []float32) {
		for i, v := range x {
			x[i] = float32(math.Round(float64(v)*4)) / 4
		}
	}
	blur := func(x []float32) {
		mu.Lock()
		defer mu.Unlock()
		for i := range x {
			x[i] += float32(rng.NormFloat64()) * 0.2
		}
	}
	for name, c := range map[string]struct {
		graph *graph.Graph
		veil  *veil
		want  []string
	}{
		"sound":           {scores(1, false), nil, nil},
		"logits x1000":    {scores(1000, false), nil, []string{"WARN  G16"}},
		"softmax":         {scores(1, true), nil, []string{"WARN  G16  the model gives softmax"}},
		"quantized input": {scores(1, false), &veil{before: quantize, hides: true}, []string{"FAIL  G2", "FAIL  G9"}},
		"random noise":    {scores(1, false), &veil{before: blur}, []string{"FAIL  G10"}},
	} {
		s := opened(t, c.graph, 0.06)
		if c.veil != nil {
			c.veil.Model = s.net
			s.watch(c.veil, 0)
		}
		f := conclude(t, s, cascadeOf(oneStep))
		var lines string
		for _, e := range f.Evidence {
			if strings.Contains(e.Excerpt, "  G16  ") {
				lines = e.Excerpt
			}
		}
		if lines == "" {
			t.Fatalf("%s: %v %q has no guidelines", name, f.Outcome, f.Summary)
		}
		for _, want := range c.want {
			if !strings.Contains(lines, want) {
				t.Errorf("%s: the guidelines are\n%swant %q", name, lines, want)
			}
		}
		if raised := strings.Contains(lines, "FAIL") || strings.Contains(lines, "WARN  G16"); raised != (c.want != nil) {
			t.Errorf("%s: the guidelines are\n%swant flags: %v", name, lines, c.want != nil)
		}
		if name == "random noise" && (f.Outcome != quintain.Inconclusive || !strings.Contains(f.Summary, "differ")) {
			t.Errorf("%s: %v %q, want inconclusive", name, f.Outcome, f.Summary)
		}
	}
}
