package hardening

import (
	"math"
	"testing"

	"quintain/ml"
	"quintain/ml/graph"
)

// TestTold knows what each policy tells of probabilities 0.7311 and 0.2689.
func TestTold(t *testing.T) {
	net, err := graph.Compile(graph.Linear([][]float32{{1}, {0}}, []float32{0, 0}), graph.Options{})
	if err != nil {
		t.Fatal(err)
	}
	x := ml.Batch{X: []float32{1}, Dim: 1}
	for text, want := range map[string][2]float64{
		"":        {1, nothing},
		"labels":  {1, nothing},
		"top":     {0.731059, nothing},
		"round:1": {0.7, 0.3},
		"round:3": {0.731, 0.269},
	} {
		tell, _, err := parse(text, 1)
		if err != nil {
			t.Fatal(err)
		}
		z, err := (&answers{net, tell}).Predict(t.Context(), x)
		if err != nil {
			t.Fatal(err)
		}
		for c := range want {
			if got := math.Exp(float64(z[c])); math.Abs(got-want[c]) > 1e-6 {
				t.Errorf("%q tells %v of class %d, want %v", text, got, c, want[c])
			}
		}
	}
}

// TestNoise does not average away: the same row gets the same noise.
func TestNoise(t *testing.T) {
	tell, _, err := parse("noise:0.1", 1)
	if err != nil {
		t.Fatal(err)
	}
	var p [3][]float64
	for i, row := range [][]float32{{1}, {1}, {2}} {
		p[i] = []float64{0.6, 0.4}
		tell(row, p[i])
	}
	if p[0][0] != p[1][0] || p[0][0] == p[2][0] || p[0][0] == 0.6 {
		t.Errorf("noise on rows 1, 1 and 2 gives %v", p)
	}
}

func TestParseErrors(t *testing.T) {
	for _, text := range []string{"all", "labels:1", "top:2", "round", "round:0", "round:7", "round:2.5", "noise:0", "noise:-1", "noise:NaN", "noise:x"} {
		if _, _, err := parse(text, 1); err == nil {
			t.Errorf("%q: no error", text)
		}
	}
}
