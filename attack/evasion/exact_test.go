package evasion

import (
	"context"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"quintain"
	"quintain/ml"
	"quintain/ml/graph"
)

// bent is a network of one hidden layer of Relu that agrees with the labels of
// [opened], and is no straight line between them.
func bent() *graph.Graph {
	rng := rand.New(rand.NewPCG(21, 22))
	const hidden = 12
	w := &graph.Tensor{Shape: []int{dim, hidden}}
	for range dim * hidden {
		w.Float = append(w.Float, 0.25+0.4*float32(rng.NormFloat64()))
	}
	b, v := &graph.Tensor{Shape: []int{hidden}}, &graph.Tensor{Shape: []int{hidden, 2}}
	for j := range hidden {
		b.Float = append(b.Float, -0.25*(2+4*float32(j)/hidden))
		u := 1 + 0.5*float32(rng.NormFloat64())
		v.Float = append(v.Float, -u, u)
	}
	c := &graph.Tensor{Shape: []int{2}, Float: []float32{3.05, -3.05}}
	return &graph.Graph{
		Opset: 17, Inputs: []graph.Port{{Name: "x", Shape: []int{-1, dim}}}, Outputs: []string{"z"},
		Const: map[string]*graph.Tensor{"w": w, "b": b, "v": v, "c": c},
		Nodes: []graph.Node{
			{Op: "Gemm", Inputs: []string{"x", "w", "b"}, Outputs: []string{"h"}},
			{Op: "Relu", Inputs: []string{"h"}, Outputs: []string{"r"}},
			{Op: "Gemm", Inputs: []string{"r", "v", "c"}, Outputs: []string{"z"}},
		},
	}
}

// idle is an attack that does nothing.
var idle = &Attack{Check: oneStep.Check, Run: func(_ context.Context, tr *Trial) (Result, error) {
	return Result{Adv: tr.Batch.Clone()}, nil
}}

// The search closes the interval: every row that is classified correctly is
// certified or has a counterexample, in both norms. Without nodes it is open.
func TestSearchCloses(t *testing.T) {
	for norm, eps := range map[Norm]float64{LInf: 0.1, L2: 0.25} {
		lower := 0
		for _, nodes := range []int{1, 0} {
			s := opened(t, bent(), eps)
			s.ball.Norm = norm
			if err := s.certify(t.Context(), nodes); err != nil {
				t.Fatal(err)
			}
			if nodes == 1 {
				if lower = count(s.proof.holds); s.proof.refuted != nil || s.proof.search != "" {
					t.Errorf("%s: one node for all rows searched: %q", norm, s.proof.search)
				}
				continue
			}
			right, err := s.rightly(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			refuted := 0
			for i, w := range s.proof.refuted {
				if w == nil {
					continue
				}
				refuted++
				if err := s.ball.Check(w, s.batch.Row(i)); err != nil || s.proof.holds[i] {
					t.Errorf("%s: the counterexample of row %d, which is certified: %v, %v", norm, i, s.proof.holds[i], err)
				}
				fell, err := Fooled(t.Context(), s.model, ml.Batch{X: w, Dim: dim, Y: s.batch.Y[i : i+1]})
				if err != nil || !fell[0] {
					t.Errorf("%s: the counterexample of row %d is classified correctly, %v", norm, i, err)
				}
			}
			holds := count(s.proof.holds)
			if holds <= lower || holds+refuted != len(right) || refuted < 20 {
				t.Errorf("%s: %d rows certified, %d with linear bounds, and %d refuted of %d", norm, holds, lower, refuted, len(right))
			}
			if !strings.Contains(s.proof.search, "and leaves 0 open after") {
				t.Errorf("%s: %q", norm, s.proof.search)
			}
		}
	}
}

// A counterexample that the attack did not find counts against the model: an
// attack that does nothing is no reason to pass, and the finding says that it is
// too weak.
func TestMissedCounterexamples(t *testing.T) {
	s := opened(t, bent(), 0.3)
	if err := s.certify(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	f := conclude(t, s, idle)
	if f.Outcome != quintain.Fail || !strings.Contains(f.Summary, "attacked and searched)") {
		t.Errorf("%v %q, want that the model fails by the search", f.Outcome, f.Summary)
	}
	found := false
	for _, e := range f.Evidence {
		found = found || strings.Contains(e.Summary, "so it is too weak for this model")
	}
	if !found {
		t.Errorf("no evidence says that the attack is too weak: %+v", f.Evidence)
	}
	blind := *idle
	blind.BlackBox = true
	if f := conclude(t, s, &blind); f.Outcome == quintain.Fail || strings.Contains(f.Summary, "searched") {
		t.Errorf("%v %q, want that nobody who sees answers only is blamed for the search", f.Outcome, f.Summary)
	}
}

// With more budget no more is certified, and less is known to stand; where the
// ends cross or the curve rises, nothing can be concluded.
func TestCurveFalls(t *testing.T) {
	s := opened(t, bent(), 0.1)
	if err := s.certify(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	c := &campaign{subject: s, attack: oneStep}
	if err := c.run(t.Context(), Options{}); err != nil {
		t.Fatal(err)
	}
	curve := c.curveOf()
	if err := c.contradiction(); err != nil {
		t.Fatal(err)
	}
	if first, last := curve[0], curve[len(curve)-1]; first.certified <= last.certified || first.stand <= last.stand {
		t.Errorf("the curve goes from %+v to %+v, want that both ends fall", first, last)
	}
	ev, ok := c.curve()
	if !ok || !strings.Contains(ev.Excerpt, "accuracy, at least") || !strings.Contains(ev.Summary, "both fall as the budget grows") {
		t.Errorf("curve %+v", ev)
	}
	for name, broken := range map[string][]budgetPoint{
		"ends cross":     {{1, 5, 4}},
		"attacked rises": {{1, 0, 4}, {2, 0, 5}},
		"certified too":  {{1, 1, 4}, {2, 2, 4}},
	} {
		if uneven(broken) == nil {
			t.Errorf("%s: no error", name)
		}
	}
	for i, d := range c.far {
		if d > 0 {
			c.proof.radius[c.at[i]] = 4
			break
		}
	}
	if err := c.contradiction(); err == nil || !strings.Contains(err.Error(), "though it is certified for 4 of it") {
		t.Errorf("contradiction = %v, want one about a row certified too far", err)
	}
}

// What is taken for a row of the ball is in the region that is certified.
func TestRegionHoldsBall(t *testing.T) {
	rng := rand.New(rand.NewPCG(31, 32))
	edge := 0
	for range 3000 {
		const n = 5
		b, center, x := Ball{Norm: L2}, make([]float32, n), make([]float32, n)
		for i := range center {
			center[i] = float32(rng.NormFloat64()) * 100
			b.Radius = append(b.Radius, rng.Float32()*float32(math.Pow(10, float64(-rng.IntN(4)))))
			b.Low, b.High = append(b.Low, center[i]-rng.Float32()), append(b.High, center[i]+rng.Float32())
		}
		b.Scatter(x, center, rng)
		for i := range x { // a little too far
			x[i] = center[i] + (x[i]-center[i])*(1+3e-5*rng.Float32())
			x[i] = min(max(x[i], b.Low[i]), b.High[i])
		}
		if b.Check(x, center) != nil {
			continue
		}
		if b.Far(x, center) > 1 {
			edge++
		}
		in := b.region(center)
		var far float64
		for i, v := range x {
			if v < in.Low[i] || v > in.High[i] {
				t.Fatalf("feature %d is %v, outside of [%v, %v]", i, v, in.Low[i], in.High[i])
			}
			d := (float64(v) - float64(in.Center[i])) / float64(in.Radius[i])
			far += d * d
		}
		if far > 1 {
			t.Fatalf("a row of the ball is %v radii off in its region", math.Sqrt(far))
		}
	}
	if edge == 0 {
		t.Error("no row is over the edge: rounding is not tested")
	}
}
