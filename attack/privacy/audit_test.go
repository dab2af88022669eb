package privacy_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"quintain"
	"quintain/attack/privacy"
	"quintain/attack/privacy/all"
	"quintain/ml"
	"quintain/ml/datasets"
	"quintain/ml/graph"
	"quintain/ml/onnx"
	"quintain/ml/train"
	"quintain/record"
)

func save(t *testing.T, g *graph.Graph) string {
	t.Helper()
	b, err := onnx.Marshal(g)
	if err != nil {
		t.Fatal(err)
	}
	p := filepath.Join(t.TempDir(), "model.onnx")
	if err := os.WriteFile(p, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

func fit(t *testing.T, g *graph.Graph, b ml.Batch, o train.Options) *graph.Graph {
	t.Helper()
	out, err := train.Fit(t.Context(), g, b, o)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// noisy returns rows of random numbers under random labels: nothing can be
// learned about them but by heart.
func noisy(rows, dim, classes int, seed uint64) ml.Batch {
	rng := rand.New(rand.NewPCG(seed, 9))
	b := ml.Batch{Dim: dim}
	for range rows {
		for range dim {
			b.X = append(b.X, rng.Float32())
		}
		b.Y = append(b.Y, int32(rng.IntN(classes)))
	}
	return b
}

func part(b ml.Batch, from, to int) ml.Batch {
	return ml.Batch{X: b.X[from*b.Dim : to*b.Dim], Y: b.Y[from:to], Dim: b.Dim}
}

var heart = train.Options{Epochs: 150, Batch: 8, Rate: 3e-3}

// A network that has learned rows by heart is caught by every attack, and
// measured to be far from private.
func TestByHeart(t *testing.T) {
	b := noisy(240, 12, 3, 1)
	members, others := part(b, 0, 120), part(b, 120, 240)
	g := fit(t, train.MLP([]int{12, 64, 3}, 1), members, heart)
	target := quintain.Target{Ref: save(t, g), With: map[string]string{
		"train": csvFile(t, members), "data": csvFile(t, others), "epsilon": "0.5",
	}}
	o := privacy.Options{Seed: 2, Shadows: 4, Train: heart}
	names := []string{"gap", "loss", "calibrated", "lira", "rmia", "quantile", "labelonly", "epsilon"}
	for name, f := range run(t, target, o, names...) {
		if f.Outcome != quintain.Fail || f.Severity != quintain.High {
			t.Errorf("%s: %s (%s), want fail", name, f.Outcome, f.Summary)
		}
	}
	testExposed(t, target, o)
	target.With["epsilon"] = "50"
	if f := run(t, target, o, "epsilon")["epsilon"]; f.Outcome != quintain.Inconclusive {
		t.Errorf("epsilon 50 on 240 rows: %s (%s), want inconclusive", f.Outcome, f.Summary)
	}
}

// testExposed reads the rows that give themselves away most, and the curve of
// how often who accuses them is right: of a model that knows its rows by heart
// the first is a member, and eight of the first ten at least.
func testExposed(t *testing.T, target quintain.Target, o privacy.Options) {
	t.Helper()
	rec := record.NewMemory()
	target.Kind = quintain.KindClassifier
	if err := privacy.New(o, all.Attacks...).Run(t.Context(), target, checks(t, "lira"), rec); err != nil {
		t.Fatal(err)
	}
	rows, drawn := false, false
	for _, e := range rec.Findings()[0].Evidence {
		if strings.HasPrefix(e.Excerpt, "most exposed rows of the training data") {
			rows = len(strings.Split(strings.TrimSpace(e.Excerpt), "\n")) == 12
		}
		if !strings.HasPrefix(e.Summary, "figure: precision") {
			continue
		}
		b, ok := rec.Blob(e.Blob)
		var f quintain.Figure
		if err := json.Unmarshal(b.Data, &f); !ok || err != nil {
			t.Fatalf("the curve is not kept: %v", err)
		}
		l := f.Lines[0]
		drawn = l.Y[0] == 1 && l.Y[len(l.Y)-1] == 0.5 && l.X[len(l.X)-1] == 240 && e.Measure.Value >= 0.8
	}
	if !rows || !drawn {
		t.Errorf("ten rows in a table %v, a curve from 1 to the share of members %v; want both", rows, drawn)
	}
}

// The same rows under a model that has never seen them: nothing is found, the
// attacks that use shadow models say that these are no likeness, and the audit
// does not contradict a claim.
func TestNeverSeen(t *testing.T) {
	b := noisy(720, 12, 3, 2)
	g := fit(t, train.MLP([]int{12, 64, 3}, 1), part(b, 600, 720), heart)
	target := quintain.Target{Ref: save(t, g), With: map[string]string{
		"train": csvFile(t, part(b, 0, 300)), "data": csvFile(t, part(b, 300, 600)), "epsilon": "0.8",
	}}
	o := privacy.Options{Seed: 2, Shadows: 4, Train: train.Options{Epochs: 20}}
	found := run(t, target, o, "loss", "rmia", "lira", "labelonly", "quantile", "epsilon")
	for name, f := range found {
		if name == "epsilon" {
			if f.Outcome != quintain.Pass || f.Control == nil {
				t.Errorf("epsilon: %s (%s), want pass", f.Outcome, f.Summary)
			}
			continue
		}
		m := f.Evidence[0].Measure
		if f.Outcome == quintain.Fail || m.Low > 0.5 || m.High < 0.5 {
			t.Errorf("%s: %s with an area of %.3f to %.3f, want chance", name, f.Outcome, m.Low, m.High)
		}
		if name == "rmia" && !strings.Contains(fmt.Sprint(f.Evidence), "differ from the target") {
			t.Errorf("%s: shadow models unlike the target are not reported", name)
		}
	}
}

// TestBrokenTraining holds the same claim against a training that adds the noise
// it says, against one that clips but forgets the noise, and against one that
// divides it by the size of the minibatch twice. The first cannot be
// contradicted; the others are disproved.
func TestBrokenTraining(t *testing.T) {
	b := noisy(400, 12, 3, 6)
	members, others := part(b, 0, 200), part(b, 200, 400)
	// 200 rows, minibatches of 10, 120 epochs of 20 steps: what an accountant is told.
	with := map[string]string{"train": csvFile(t, members), "data": csvFile(t, others), "noise": "20", "sampling": "0.05", "sgd-steps": "2400"}
	for name, c := range map[string]struct {
		noise float64
		want  quintain.Outcome
	}{"as claimed": {20, quintain.Pass}, "forgotten": {0, quintain.Fail}, "divided twice": {20.0 / 100, quintain.Fail}} {
		o := train.Options{Epochs: 120, Batch: 10, Rate: 0.01, Clip: 4, Noise: c.noise, Seed: 1}
		g := fit(t, train.MLP([]int{12, 64, 3}, 1), members, o)
		f := run(t, quintain.Target{Ref: save(t, g), With: with}, privacy.Options{Seed: 2, Shadows: 4, Train: o}, "epsilon")["epsilon"]
		t.Logf("%s: %s", name, f.Summary)
		if f.Outcome != c.want {
			t.Errorf("%s: %s (%s), want %s", name, f.Outcome, f.Summary, c.want)
		}
	}
}

// Rows from elsewhere look like others, but that says nothing about the model.
func TestOtherPopulation(t *testing.T) {
	b := noisy(240, 12, 2, 3)
	for i := range b.Rows() { // labels are clear in the first half, and not in the second
		if i < 120 {
			b.Y[i] = int32(i % 2)
			b.Row(i)[0] = float32(i%2)*4 - 2
		}
	}
	members, others := part(b, 0, 120), part(b, 120, 240)
	g := fit(t, train.MLP([]int{12, 16, 2}, 1), members, train.Options{Epochs: 40, Batch: 8, Rate: 3e-3})
	target := quintain.Target{Ref: save(t, g), With: map[string]string{"train": csvFile(t, members), "data": csvFile(t, others)}}
	f := run(t, target, privacy.Options{Seed: 1, Shadows: 4, Train: train.Options{Epochs: 40, Batch: 8, Rate: 3e-3}}, "rmia")["rmia"]
	if f.Outcome != quintain.Inconclusive || !strings.Contains(fmt.Sprint(f.Evidence), "different populations") {
		t.Errorf("members from elsewhere: %s (%s), want inconclusive", f.Outcome, f.Summary)
	}
}

// answers writes what a model said: members get gain more of the odds.
func answers(t *testing.T, rows int, gain float64) string {
	t.Helper()
	rng := rand.New(rand.NewPCG(5, 5))
	var s strings.Builder
	s.WriteString("member,p0,p1,label\n")
	for i := range 2 * rows {
		odds := 1 + rng.NormFloat64() + gain*float64(i%2)
		p := 1 / (1 + math.Exp(-odds))
		fmt.Fprintf(&s, "%d,%.6f,%.6f,0\n", i%2, p, 1-p)
	}
	return file(t, s.String())
}

func TestAnswers(t *testing.T) {
	names := []string{"loss", "quantile", "gap"}
	for name, f := range run(t, quintain.Target{Ref: answers(t, 800, 1)}, privacy.Options{Seed: 1}, "loss", "quantile") {
		// Two bells one apart: the area is Phi(1/sqrt 2).
		m := f.Evidence[0].Measure
		if f.Outcome != quintain.Fail || m.Low > 0.77 || m.High < 0.75 {
			t.Errorf("%s: %s (%s), want fail around 0.760", name, f.Outcome, f.Summary)
		}
	}
	for name, f := range run(t, quintain.Target{Ref: answers(t, 1000, 0)}, privacy.Options{Seed: 1}, names...) {
		if f.Outcome != quintain.Pass || !f.Resisted() {
			t.Errorf("%s at chance: %s (%s), want pass", name, f.Outcome, f.Summary)
		}
	}
	for name, f := range run(t, quintain.Target{Ref: answers(t, 60, 0)}, privacy.Options{Seed: 1}, names...) {
		if f.Outcome != quintain.Inconclusive || !strings.Contains(f.Summary, "takes 100 negatives") {
			t.Errorf("%s of 60 rows: %s (%s), want inconclusive", name, f.Outcome, f.Summary)
		}
	}
	for name, f := range run(t, quintain.Target{Ref: answers(t, 60, 0)}, privacy.Options{}, "lira", "labelonly", "inversion") {
		if f.Outcome != quintain.NotApplicable {
			t.Errorf("%s of answers: %s (%s), want not applicable", name, f.Outcome, f.Summary)
		}
	}
	for _, bad := range []string{"p0,p1,label\n1,0,0\n", "member,p0,p1,label\n2,1,0,0\n", "member,p0,label\n1,1,0\n", "member,p0,p1,label\n1,1,0,9\n", "member,p0,p1,label\n1,1,0,0\n"} {
		if f := run(t, quintain.Target{Ref: file(t, bad)}, privacy.Options{}, "loss")["loss"]; f.Outcome != quintain.Inconclusive {
			t.Errorf("%q: %s (%s), want inconclusive", bad, f.Outcome, f.Summary)
		}
	}
}

func TestAttribute(t *testing.T) {
	b := noisy(2000, 8, 2, 4)
	for i := range b.Rows() {
		b.Row(i)[3] = float32(math.Round(float64(b.Row(i)[3])))
	}
	members, others := part(b, 0, 150), part(b, 1000, 2000)
	with := map[string]string{"data": csvFile(t, others), "sensitive": "f3"}
	leaks := fit(t, train.MLP([]int{8, 64, 2}, 1), members, heart)
	blind := graph.Linear([][]float32{{1, 1, 1, 0, 1, 1, 1, 1}, {0, 0, 0, 0, 0, 0, 0, 0}}, []float32{0, 3})
	for _, c := range []struct {
		g    *graph.Graph
		rows int
		most string
		want quintain.Outcome
	}{{leaks, 150, "0.05", quintain.Fail}, {blind, 1000, "0.1", quintain.Pass}} {
		with["advantage"] = c.most
		with["train"] = csvFile(t, part(b, 0, c.rows))
		f := run(t, quintain.Target{Ref: save(t, c.g), With: with}, privacy.Options{Seed: 1}, "attribute")["attribute"]
		if f.Outcome != c.want || f.Control == nil {
			t.Errorf("attribute: %s (%s) with control %v, want %s", f.Outcome, f.Summary, f.Control, c.want)
		}
	}
	for _, column := range []string{"", "f9", "f0"} { // none, unknown, with too many values
		with["sensitive"] = column
		if f := run(t, quintain.Target{Ref: save(t, blind), With: with}, privacy.Options{}, "attribute")["attribute"]; f.Outcome != quintain.NotApplicable {
			t.Errorf("sensitive %q: %s (%s), want not applicable", column, f.Outcome, f.Summary)
		}
	}
}

// TestAttributeCredit infers whether applicants for credit have a telephone from
// a network that has learned them by heart: the guess without any model is right
// for two of three already, and the network hardly adds to it. What it adds is
// told at low rates of false accusation too.
func TestAttributeCredit(t *testing.T) {
	b := datasets.Credit().Clone()
	datasets.Standardize(b)
	telephone := 7
	for i := range b.Rows() { // two values, whatever the scale
		if b.Row(i)[telephone] > 0 {
			b.Row(i)[telephone] = 1
		} else {
			b.Row(i)[telephone] = 0
		}
	}
	members, others := part(b, 0, 300), part(b, 300, 1000)
	g := fit(t, train.MLP([]int{b.Dim, 64, 2}, 1), members, train.Options{Epochs: 60, Batch: 16, Rate: 3e-3})
	with := map[string]string{"train": csvFile(t, members), "data": csvFile(t, others), "sensitive": "f7", "advantage": "0.15"}
	f := run(t, quintain.Target{Ref: save(t, g), With: with}, privacy.Options{Seed: 1}, "attribute")["attribute"]
	if f.Outcome != quintain.Pass || f.Control == nil {
		t.Errorf("%s (%s) with control %v, want a pass: the model does not beat the guess by 15 points", f.Outcome, f.Summary, f.Control)
	}
	var alone, withIt float64
	if n, err := fmt.Sscanf(f.Evidence[1].Summary, "%f%% of rows right with the model, %f%% without it", &withIt, &alone); n != 2 || err != nil || alone < 60 {
		t.Errorf("%q, want a guess without the model that is right for 60%% and more (%v)", f.Evidence[1].Summary, err)
	}
	rates := 0
	for _, e := range f.Evidence {
		if e.Measure != nil && strings.HasPrefix(e.Measure.Name, "true positive rate at") {
			rates++
		}
	}
	if rates != 2 {
		t.Errorf("%d rates of the rarest value, want those at 10%% and 1%%: %+v", rates, f.Evidence)
	}
	t.Logf("%s; %s", f.Summary, f.Evidence[2].Summary)
}

func TestInversion(t *testing.T) {
	members, others := datasets.Split(datasets.Digits())
	target := quintain.Target{Ref: mlp, With: map[string]string{"train": csvFile(t, members), "data": csvFile(t, others)}}
	f := run(t, target, privacy.Options{Seed: 1}, "inversion")["inversion"]
	// Convincing, and yet farther from the data than what needs no model.
	if f.Outcome != quintain.Pass || f.Control == nil || !strings.HasPrefix(f.Summary, "for 0 of 10 classes") {
		t.Errorf("inversion: %s (%s), want pass with 0 of 10", f.Outcome, f.Summary)
	}
	if !strings.Contains(f.Evidence[0].Summary, "10 of 10 classes recognized") && !strings.Contains(f.Evidence[0].Summary, "9 of 10 classes recognized") {
		t.Errorf("%q, want nearly all classes recognized", f.Evidence[0].Summary)
	}
	if f.Control != nil && f.Control.Measure.Value != 1 {
		t.Errorf("control: %s, want all classes of the twin", f.Control.Summary)
	}
}

func TestReconstruction(t *testing.T) {
	members, others := datasets.Split(datasets.Digits())
	members = part(members, 0, 500)
	g, err := train.Logistic(t.Context(), members, 10, 1)
	if err != nil {
		t.Fatal(err)
	}
	with := map[string]string{"train": csvFile(t, members), "data": csvFile(t, others), "l2": "1"}
	f := run(t, quintain.Target{Ref: save(t, g), With: with}, privacy.Options{Seed: 1, MaxSamples: 50}, "reconstruction")["reconstruction"]
	if f.Outcome != quintain.Fail || f.Evidence[0].Measure.Value < 0.9 {
		t.Errorf("reconstruction: %s (%s), want nearly all of 200 rows", f.Outcome, f.Summary)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	for _, name := range graph.Weights(g) { // noise, as differential privacy has it
		for i := range g.Const[name].Float {
			g.Const[name].Float[i] += float32(rng.NormFloat64() * 0.3)
		}
	}
	f = run(t, quintain.Target{Ref: save(t, g), With: with}, privacy.Options{Seed: 1}, "reconstruction")["reconstruction"]
	if f.Outcome != quintain.Pass || f.Control == nil {
		t.Errorf("reconstruction with noise: %s (%s), want pass", f.Outcome, f.Summary)
	}
	if f := run(t, quintain.Target{Ref: mlp, With: with}, privacy.Options{Seed: 1}, "reconstruction")["reconstruction"]; f.Outcome != quintain.NotApplicable {
		t.Errorf("reconstruction of a network: %s (%s), want not applicable", f.Outcome, f.Summary)
	}
}

func TestRefuses(t *testing.T) {
	members, others := datasets.Split(datasets.Digits())
	rows, rest := csvFile(t, members), csvFile(t, others)
	small := csvFile(t, part(others, 0, 10))
	for _, c := range []struct {
		ref, want string
		with      map[string]string
	}{
		{mlp, `"train"`, map[string]string{"data": rest}},
		{mlp, `"data"`, map[string]string{"train": rows}},
		{mlp, "10 others", map[string]string{"train": rows, "data": small}},
		{mlp, "do not go together", map[string]string{"train": csvFile(t, noisy(30, 5, 2, 1)), "data": csvFile(t, noisy(30, 5, 2, 2))}},
		{mlp, "columns", map[string]string{"train": rows, "data": csvFile(t, noisy(30, 5, 2, 2))}},
		{mlp + "x", "", map[string]string{"train": rows, "data": rest}},
		{mlp, "", map[string]string{"train": rows, "data": rest, "auc": "1.5"}},
	} {
		target := quintain.Target{Kind: quintain.KindClassifier, Ref: c.ref, With: c.with}
		if c.want == "" {
			if err := privacy.New(privacy.Options{}).Run(t.Context(), target, nil, nil); err == nil {
				t.Errorf("%v: no error", target)
			}
			continue
		}
		if f := run(t, target, privacy.Options{}, "loss")["loss"]; f.Outcome != quintain.Inconclusive || !strings.Contains(f.Summary, c.want) {
			t.Errorf("%v: %s (%s), want inconclusive about %q", c.with, f.Outcome, f.Summary, c.want)
		}
	}
}
