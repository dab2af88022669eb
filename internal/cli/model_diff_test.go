package cli

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"quintain/ml/graph"
	"quintain/ml/onnx"
	"quintain/ml/train"
)

// TestDiffCommand compares a small model with itself, with one that has a unit
// planted, and with one that is built otherwise.
func TestDiffCommand(t *testing.T) {
	g := train.MLP([]int{6, 8, 2}, 1)
	planted := g.Clone()
	row := planted.Const["w1"].Float[5*6 : 6*6]
	clear(row)
	row[1], row[4] = 30, -30
	other := g.Clone()
	other.Nodes[1].Op, other.Nodes[1].Name = "Tanh", "odd\x1b[31m\nname"
	other.Const["w9"] = &graph.Tensor{Shape: []int{1}, Float: []float32{1}}
	files := map[string]string{"rows.csv": "a,b,c,d,e,f,label\n0,1,0,0,0,0,0\n0,0,0,0,1,0,1\n", "narrow.csv": "a,label\n1,0\n"}
	for name, m := range map[string]*graph.Graph{"g": g, "copy": g, "planted": planted, "other": other} {
		b, err := onnx.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		files[name+".onnx"] = string(b)
	}
	dir := folder(t, files)
	for _, tc := range []struct {
		line   string
		status int
		want   []string
		not    string
	}{
		{"g.onnx copy.onnx", 0, []string{"identical, byte for byte"}, "layer"},
		{"g.onnx planted.onnx", 0, []string{
			"graph: the same 3 nodes (2 Gemm, 1 Relu)", "w1      [8, 6]  6 of 48", "3 tensors did not change",
			"layer w1, 8 units: median change 0, 1 stands out", "2 inputs: +1 -4",
		}, "w3"},
		{"g.onnx planted.onnx --data rows.csv", 0, []string{"2 inputs: +b -e", "MEAN BEFORE", "rows.csv, 2 rows: the models disagree on", "CLASS  ROWS"}, ""},
		{"g.onnx planted.onnx --all", 0, []string{"layer w3, 2 logits: median change 0, none stands out"}, ""},
		{"g.onnx other.onnx", 0, []string{"3 nodes before, 3 after, and they differ", "- node 1, Relu Relu2", "+ node 1, Tanh odd", "input 0 comes from elsewhere", "w9      [1]    only after"}, "\x1b"},
		{"g.onnx rows.csv", 3, nil, ""},
		{"g.onnx nothing.onnx", 3, nil, ""},
		{"g.onnx planted.onnx --data narrow.csv", 3, nil, ""},
		{"g.onnx", 2, nil, ""},
	} {
		args := strings.Fields("model diff " + tc.line)
		for i, a := range args {
			if strings.Contains(a, ".") {
				args[i] = filepath.Join(dir, a)
			}
		}
		status, out := run(t.Context(), nil, args...)
		if status != tc.status {
			t.Errorf("%s: status %d, want %d: %s", tc.line, status, tc.status, out)
		}
		for _, w := range tc.want {
			if !strings.Contains(out, w) {
				t.Errorf("%s: no %q in\n%s", tc.line, w, out)
			}
		}
		if tc.not != "" && strings.Contains(out, tc.not) {
			t.Errorf("%s: %q in\n%s", tc.line, tc.not, out)
		}
	}
	var got struct {
		Identical, Same bool
		Layers          []struct{ Units []struct{ Odd bool } }
	}
	status, out := run(t.Context(), nil, "model", "diff", filepath.Join(dir, "g.onnx"), filepath.Join(dir, "planted.onnx"), "--json")
	if err := json.Unmarshal([]byte(out), &got); status != 0 || err != nil || got.Identical || got.Same || len(got.Layers) != 2 || !got.Layers[0].Units[5].Odd {
		t.Errorf("status %d, %v, %+v; want unit 5 to stand out", status, err, got)
	}
}
