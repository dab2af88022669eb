package cli

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"quintain/ml/graph"
	"quintain/ml/onnx"
)

// TestAttackBadInput hands an attack what is wrong with a model or its rows: one
// clear line, or a warning with the figures, and the documented status.
func TestAttackBadInput(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	good := "a,b,label\n" + strings.Repeat("1,0,0\n0,1,1\n2,1,0\n1,3,1\n", 15)
	wide := func(batch int) func(*graph.Graph) { return func(g *graph.Graph) { g.Inputs[0].Shape[0] = batch } }
	for name, c := range map[string]struct {
		weights [][]float32
		change  func(*graph.Graph)
		rows    string
		status  int
		says    string
	}{
		"weights that are no numbers": {[][]float32{{1, nan}, {0, 1}}, nil, good, 3, "logit 0 is NaN; the weights \"w\" hold NaN"},
		"infinite weights":            {[][]float32{{1, 0}, {0, inf}}, nil, good, 3, "the weights \"w\" hold +Inf"},
		"rows too narrow":             {nil, nil, "a,label\n1,0\n2,1\n", 3, "rows of 1 features for a model that takes 2"},
		"rows too wide":               {nil, nil, "a,b,c,label\n1,2,3,0\n", 3, "rows of 3 features for a model that takes 2"},
		"any batch":                   {nil, wide(-1), good, 1, "accuracy falls from 100.0%"},
		"a batch of one":              {nil, wide(1), good, 1, "accuracy falls from 100.0%"},
		"a batch of eight":            {nil, wide(8), good, 1, "accuracy falls from 100.0%"},
		"labels out of range":         {nil, nil, "a,b,label\n1,0,0\n0,1,7\n", 3, "label 7, but the model knows classes 0 to 1"},
		"negative labels":             {nil, nil, "a,b,label\n1,0,-1\n", 3, "-1"},
		"constant features":           {nil, nil, "a,b,label\n" + strings.Repeat("1,0,0\n", 40), 3, "no feature changes in the data"},
		"a feature that never changes": {
			nil, nil, "a,b,label\n" + strings.Repeat("1,0,0\n-1,0,1\n", 30), 1, "1 of 2 features never change in the data",
		},
		"one class only": {nil, nil, "a,b,label\n" + strings.Repeat("1,0,0\n2,1,0\n", 30), 0, "all rows are of class 0"},
		"ragged rows":    {nil, nil, "a,b,label\n1,0,0\n1,0\n", 3, "line 3"},
		"no rows":        {nil, nil, "a,b,label\n", 3, "no rows"},
		"no numbers":     {nil, nil, "a,b,label\n1,x,0\n", 3, `"x" is no number`},
		"rows that are NaN": {
			nil, nil, "a,b,label\n1,NaN,0\n", 3, "NaN",
		},
	} {
		weights := c.weights
		if weights == nil {
			weights = [][]float32{{1, 0}, {0, 1}}
		}
		g := graph.Linear(weights, []float32{0, 0})
		if c.change != nil {
			c.change(g)
		}
		b, err := onnx.Marshal(g)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		dir := t.TempDir()
		model, rows := filepath.Join(dir, "model.onnx"), filepath.Join(dir, "rows.csv")
		for file, content := range map[string][]byte{model: b, rows: []byte(c.rows)} {
			if err := os.WriteFile(file, content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		status, out, errs := invoke(t, "attack", model, "--data", rows, "--eps", "0.9", "--check", "attack/evasion/pgd")
		if status != c.status || !strings.Contains(out+errs, c.says) {
			t.Errorf("%s: status %d, want %d and %q:\n%s%s", name, status, c.status, c.says, out, errs)
		}
		if strings.Contains(errs, "panic") || strings.Count(strings.TrimSpace(errs), "\n") > 1 {
			t.Errorf("%s: said\n%s", name, errs)
		}
	}
}
