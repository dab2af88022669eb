package evasion

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"quintain"
	"quintain/ml"
	"quintain/ml/data"
	"quintain/ml/graph"
	"quintain/record"
	"quintain/stats"
)

// dim is the number of features here.
const dim = 8

// oneStep is an attack for tests; plug-ins cannot be had here.
var oneStep = &Attack{
	Check: quintain.Check{Name: "attack/evasion/step", Techniques: []quintain.Technique{"AML.T0015"}},
	Run: func(ctx context.Context, tr *Trial) (Result, error) {
		grad := make([]float32, len(tr.Batch.X))
		if _, _, err := ml.LossGrad(ctx, tr.Model.(ml.Model), tr.Batch, ml.CrossEntropy, grad); err != nil {
			return Result{}, err
		}
		adv := tr.Batch.Clone()
		for i := range adv.Rows() {
			tr.Ball.Step(adv.Row(i), grad[i*adv.Dim:(i+1)*adv.Dim], tr.Batch.Row(i), 1)
		}
		return Result{Adv: adv}, nil
	},
}

// steep returns a classifier that looks at the sum of its features through a
// sigmoid of the given steepness. The steeper, the smaller its gradients.
func steep(by float32) *graph.Graph {
	w := &graph.Tensor{Shape: []int{dim, 1}, Float: slices.Repeat([]float32{by}, dim)}
	b := &graph.Tensor{Shape: []int{1}, Float: []float32{-by * float32(dim) / 2}}
	return &graph.Graph{
		Opset: 17, Inputs: []graph.Port{{Name: "x", Shape: []int{-1, dim}}}, Outputs: []string{"z"},
		Const: map[string]*graph.Tensor{
			"w": w, "b": b, "v": {Shape: []int{1, 2}, Float: []float32{-1, 1}}, "c": {Shape: []int{2}, Float: []float32{1, 0}},
		},
		Nodes: []graph.Node{
			{Op: "Gemm", Inputs: []string{"x", "w", "b"}, Outputs: []string{"h"}},
			{Op: "Sigmoid", Inputs: []string{"h"}, Outputs: []string{"s"}},
			{Op: "Gemm", Inputs: []string{"s", "v", "c"}, Outputs: []string{"z"}},
		},
	}
}

// opened returns a subject without files: rows of the unit box, labeled by
// whether their sum is large.
func opened(t *testing.T, g *graph.Graph, eps float64) *subject {
	t.Helper()
	net, err := graph.Compile(g, graph.Options{})
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(8, 8))
	tab := &data.Table{Features: slices.Repeat([]string{"f"}, dim)}
	for range 200 {
		var sum float32
		for range dim {
			v := rng.Float32()
			tab.X, sum = append(tab.X, v), sum+v
		}
		y := int32(0)
		if sum > dim/2 {
			y = 1
		}
		tab.Y = append(tab.Y, y)
	}
	s := &subject{
		target: quintain.Target{Kind: quintain.KindClassifier, Ref: "m", With: map[string]string{"data": "d"}},
		eps:    eps, robust: 0.5, net: net, plain: net, table: tab, from: -1, to: -1,
	}
	if err := s.draw(1, 500); err != nil {
		t.Fatal(err)
	}
	s.watch(net, 0)
	return s
}

func conclude(t *testing.T, s *subject, a *Attack) quintain.Finding {
	t.Helper()
	e := &engine{}
	f, err := e.mount(t.Context(), s, a, record.NewMemory(), &progress{})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Validate(); err != nil {
		t.Error(err)
	}
	return f
}

// A model that hides its gradients withstands every attack that follows them.
// That is no pass.
func TestMaskedIsNoPass(t *testing.T) {
	open := conclude(t, opened(t, steep(2), 0.01), oneStep)
	if !open.Resisted() {
		t.Errorf("without a mask: %v %q, want resisted", open.Outcome, open.Summary)
	}
	masked := conclude(t, opened(t, steep(5000), 0.01), oneStep)
	if masked.Outcome != quintain.Inconclusive || !strings.Contains(masked.Summary, "no gradient to follow") {
		t.Errorf("masked: %v %q, want inconclusive for want of gradients", masked.Outcome, masked.Summary)
	}
	text := masked.Evidence[len(masked.Evidence)-1].Excerpt
	for _, e := range masked.Evidence {
		if strings.Contains(e.Excerpt, "FAIL") {
			text = e.Excerpt
		}
	}
	for _, want := range []string{"FAIL", "random noise turns", "stand though features may change by 100.0%"} {
		if !strings.Contains(text, want) {
			t.Errorf("the checks say %q, want %q in it", text, want)
		}
	}
}

// An attack that does nothing has no control and proves nothing.
func TestIdleAttackHasNoControl(t *testing.T) {
	idle := &Attack{Check: oneStep.Check, Run: func(_ context.Context, tr *Trial) (Result, error) {
		return Result{Adv: tr.Batch.Clone()}, nil
	}}
	f := conclude(t, opened(t, steep(2), 0.05), idle)
	if f.Control != nil || f.Outcome == quintain.Pass {
		t.Errorf("outcome %v, control %v, want no pass and no control: %q", f.Outcome, f.Control, f.Summary)
	}
}

// A black-box attack that turns half of the rows of the twin that can fall has
// a control, though it is not exact; one that turns few has none.
func TestBlackBoxControl(t *testing.T) {
	for tries, want := range map[int]bool{1: false, 200: true} {
		lucky := &Attack{Check: oneStep.Check, BlackBox: true, Share: 0.5, Run: func(ctx context.Context, tr *Trial) (Result, error) {
			if _, ok := tr.Model.(ml.Model); ok {
				t.Error("a black-box attack is shown gradients")
			}
			res := Result{Adv: tr.Batch.Clone()}
			for try := range tries {
				x := tr.Batch.Clone()
				for i := range x.Rows() {
					corner(tr.Ball, x.Row(i), tr.Batch.Row(i), tr.Rand(i, try))
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
		}}
		if f := conclude(t, opened(t, steep(2), 0.1), lucky); (f.Control != nil) != want {
			t.Errorf("%d tries: control %+v, want one: %v", tries, f.Control, want)
		}
	}
}

// The engine judges for itself: an attack that leaves the ball is an error.
func TestCheatIsCaught(t *testing.T) {
	cheat := &Attack{Check: oneStep.Check, Run: func(_ context.Context, tr *Trial) (Result, error) {
		adv := tr.Batch.Clone()
		adv.X[3] = tr.Batch.X[3] + 1.01*tr.Ball.Radius[3]
		return Result{Adv: adv}, nil
	}}
	e := &engine{}
	_, err := e.mount(t.Context(), opened(t, steep(2), 0.05), cheat, record.NewMemory(), &progress{})
	if err == nil || !strings.Contains(err.Error(), "broke the rules in row 0") {
		t.Errorf("mount = %v, want an error about row 0", err)
	}
}

func TestNoGradients(t *testing.T) {
	blind := &Attack{Check: oneStep.Check, Run: func(context.Context, *Trial) (Result, error) { return Result{}, ErrNeedsGradient }}
	if f := conclude(t, opened(t, steep(2), 0.05), blind); f.Outcome != quintain.Inconclusive {
		t.Errorf("outcome %v, want inconclusive", f.Outcome)
	}
}

// What is undone leaves rows that are still misclassified and changed no more
// than before.
func TestTellingRows(t *testing.T) {
	s := opened(t, steep(2), 0.3)
	c := &campaign{subject: s, attack: oneStep}
	if err := c.run(t.Context(), Options{}); err != nil {
		t.Fatal(err)
	}
	var fell []int
	for i, f := range c.fell {
		if f {
			fell = append(fell, i)
		}
	}
	clean, adv := c.trial.Batch.Pick(fell), c.adv.Pick(fell)
	before := adv.Clone()
	if err := errors.Join(c.stretch(t.Context(), clean, adv), c.undo(t.Context(), clean, adv), c.shrink(t.Context(), clean, adv)); err != nil {
		t.Fatal(err)
	}
	still, err := Fooled(t.Context(), s.net, adv)
	if err != nil {
		t.Fatal(err)
	}
	fewer := 0
	for i := range fell {
		if err := c.ball.Check(adv.Row(i), clean.Row(i)); err != nil || !still[i] {
			t.Fatalf("row %d: misclassified %v, %v", i, still[i], err)
		}
		a, b := changed(clean.Row(i), adv.Row(i)), changed(clean.Row(i), before.Row(i))
		if len(a) > len(b) {
			t.Errorf("row %d: %d features changed, before %d", i, len(a), len(b))
		}
		if len(a) < len(b) {
			fewer++
		}
	}
	if fewer < len(fell)/2 {
		t.Errorf("of %d rows %d became simpler", len(fell), fewer)
	}
}

func TestVerdict(t *testing.T) {
	for _, c := range []struct {
		rows, right, fell int
		want              quintain.Outcome
		severity          quintain.Severity
	}{
		{200, 200, 190, quintain.Fail, quintain.High},
		{200, 190, 120, quintain.Fail, quintain.High},
		{200, 200, 100, quintain.Inconclusive, 0}, // half of it, as required, but the interval is around
		{200, 200, 40, quintain.Pass, 0},
		{200, 60, 0, quintain.Inconclusive, 0}, // bad before any attack
		{19, 19, 19, quintain.Inconclusive, 0}, // too few rows
	} {
		camp := &campaign{
			subject: &subject{robust: 0.5, eps: 0.1, from: -1, to: -1, rows: make([]int, c.rows)},
			at:      make([]int, c.right), fell: make([]bool, c.right),
		}
		for i := range c.fell {
			camp.fell[i] = true
		}
		v := camp.verdict(0)
		if v.outcome != c.want || v.severity != c.severity {
			t.Errorf("%d rows, %d right, %d fell: %v %v, want %v %v: %s", c.rows, c.right, c.fell, v.outcome, v.severity, c.want, c.severity, v.summary)
		}
		if m := camp.robustAccuracy(0); m.Low > m.Value || m != stats.Proportion(m.Name, c.right-c.fell, c.rows, 0) {
			t.Errorf("robust accuracy %+v", m)
		}
	}
}

// A certified row that falls means that the certificate is wrong; nothing may
// be concluded.
func TestContradiction(t *testing.T) {
	s := opened(t, steep(2), 0.3)
	s.proof.holds = make([]bool, len(s.rows))
	for i := range s.proof.holds {
		s.proof.holds[i] = true
	}
	_, err := (&engine{}).mount(t.Context(), s, oneStep, record.NewMemory(), &progress{})
	if err == nil || !strings.Contains(err.Error(), "fell though it is certified") {
		t.Errorf("mount = %v, want an error about the certificate", err)
	}
}

// A pass that rests on a certificate counts though the attack is a weak one.
func TestProvenPass(t *testing.T) {
	idle := &Attack{Check: oneStep.Check, Run: func(_ context.Context, tr *Trial) (Result, error) {
		return Result{Adv: tr.Batch.Clone()}, nil
	}}
	s := opened(t, steep(2), 0.01)
	if f := conclude(t, s, idle); f.Outcome != quintain.Inconclusive {
		t.Errorf("without a certificate: %v %q, want inconclusive", f.Outcome, f.Summary)
	}
	s.proof.holds = slices.Concat(slices.Repeat([]bool{true}, 140), make([]bool, 60))
	f := conclude(t, s, idle)
	if want := "140 of 200 rows withstand every attack: accuracy is between 70.0% (certified) and 100.0% (attacked)"; f.Outcome != quintain.Pass || !strings.HasPrefix(f.Summary, want) {
		t.Errorf("with a certificate: %v %q, want a pass saying %q", f.Outcome, f.Summary, want)
	}
}
