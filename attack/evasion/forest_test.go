package evasion_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"quintain"
	"quintain/attack/evasion"
	"quintain/ml"
	"quintain/ml/graph"
	"quintain/ml/onnx"
)

// flowers writes n random rows of four features that a golden model of
// scikit-learn classifies as they are labeled.
func flowers(t *testing.T, model string, n int) string {
	t.Helper()
	raw, err := os.ReadFile(model)
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
	rng := rand.New(rand.NewPCG(6, 6))
	b := ml.Batch{X: make([]float32, n*4), Dim: 4}
	for i := range b.X {
		b.X[i] = rng.Float32() * 7
	}
	z, err := net.Predict(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	var s strings.Builder
	s.WriteString("a,b,c,d,label\n")
	k := len(z) / n
	for i := range n {
		for _, v := range b.Row(i) {
			fmt.Fprintf(&s, "%v,", v)
		}
		fmt.Fprintln(&s, ml.Argmax(z[i*k:(i+1)*k]))
	}
	return file(t, "flowers.csv", s.String())
}

// What follows gradients does not concern a forest and says why; what sees
// answers only decides.
func TestForest(t *testing.T) {
	for _, name := range []string{"tree", "forest2", "boost"} {
		model := "../../ml/testdata/sklearn/" + name + ".onnx"
		data := flowers(t, model, 80)
		for eps, want := range map[string]quintain.Outcome{"0.01": quintain.Pass, "0.5": quintain.Fail} {
			for _, f := range run(t, target(model, data, eps), evasion.Options{}) {
				if !forForests(f.Check) {
					if f.Outcome != quintain.NotApplicable || !strings.Contains(f.Summary, "ai.onnx.ml.TreeEnsembleClassifier") {
						t.Errorf("%s, eps %s, %s: %v %q, want not applicable because of the trees", name, eps, f.Check, f.Outcome, f.Summary)
					}
					continue
				}
				if f.Outcome != want || f.Control == nil {
					t.Errorf("%s, eps %s: %v %q with control %v, want %v with one", name, eps, f.Outcome, f.Summary, f.Control, want)
				}
				var says []string
				for _, e := range f.Evidence {
					says = append(says, e.Summary+" "+e.Excerpt)
				}
				if all := strings.Join(says, "\n"); !strings.Contains(all, "asked the model about") || strings.Contains(all, "finite differences") {
					t.Errorf("%s, eps %s: the evidence is %s\nwant queries, and nothing about gradients", name, eps, all)
				}
			}
		}
	}
}
