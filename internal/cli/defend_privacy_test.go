package cli

import (
	"path/filepath"
	"strings"
	"testing"

	"quintain"
	"quintain/ml"
	"quintain/ml/datasets"
	"quintain/ml/onnx"
	"quintain/ml/train"
)

// TestDefendPrivate trains a network with noise of twice the clipping length
// instead of by heart. The finding gives what an accountant proves, and the area
// under the curve of the best attack before and after, both with intervals, by
// attackers whose shadow models are trained as the victim was.
func TestDefendPrivate(t *testing.T) {
	digits := datasets.Digits().Clone()
	part := func(from, to int) ml.Batch {
		return ml.Batch{X: digits.X[from*64 : to*64], Y: digits.Y[from:to], Dim: 64}
	}
	in, out := part(0, 400), part(400, 800)
	for i := range 120 { // labels that can only be learned by heart
		in.Y[i] = (in.Y[i] + 1 + int32(i%9)) % 10
		out.Y[i] = (out.Y[i] + 1 + int32(i%9)) % 10
	}
	g, err := train.Fit(t.Context(), train.MLP([]int{64, 48, 10}, 1), in, train.Options{Epochs: 40, Batch: 40, Rate: 0.005, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	b, err := onnx.Marshal(g)
	if err != nil {
		t.Fatal(err)
	}
	dir := folder(t, map[string]string{"m.onnx": string(b), "train.csv": csvOf(in), "test.csv": csvOf(out)})
	f := judge(t, quintain.Target{Kind: quintain.KindClassifier, Ref: filepath.Join(dir, "m.onnx"), With: map[string]string{
		"train": filepath.Join(dir, "train.csv"), "data": filepath.Join(dir, "test.csv"),
		"epochs": "40", "batch": "40", "rate": "0.005", "noise": "2", "cost": "0.3",
	}}, defenseCalled(t, "defend/dpsgd"), 0)
	var areas []*quintain.Measure
	account := false
	for _, e := range f.Evidence {
		account = account || strings.HasPrefix(e.Summary, "by the accountant, (") && strings.Contains(e.Summary, "differential privacy at most")
		if e.Measure != nil && e.Measure.Name == "area under the curve" {
			areas = append(areas, e.Measure)
		}
	}
	if !account || len(areas) != 2 {
		t.Fatalf("an account %v, %d areas; want one, before and after: %+v", account, len(areas), f.Evidence)
	}
	before, after := areas[0], areas[1]
	t.Logf("area %.3f (%.3f to %.3f) before, %.3f (%.3f to %.3f) after: %s", before.Value, before.Low, before.High, after.Value, after.Low, after.High, f.Summary)
	if before.Value < 0.65 || after.High > before.Low || after.Value > 0.57 {
		t.Errorf("area %.3f before and %.3f after, want 0.65 or more and about chance", before.Value, after.Value)
	}
	if f.Outcome != quintain.Pass || !f.Resisted() {
		t.Errorf("%s: %s; want an effective defense", f.Outcome, f.Summary)
	}
}
