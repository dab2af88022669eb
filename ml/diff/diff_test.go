package diff_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"quintain/ml"
	"quintain/ml/diff"
	"quintain/ml/graph"
	"quintain/ml/onnx"
	"quintain/ml/train"
)

func compare(t *testing.T, before, after *graph.Graph) *diff.Report {
	t.Helper()
	r, err := diff.Compare(t.Context(), before, after)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// renamed returns g with all values called otherwise.
func renamed(g *graph.Graph) *graph.Graph {
	out := g.Clone()
	rename := func(names []string) []string {
		out := slices.Clone(names)
		for i := range out {
			if out[i] != "" {
				out[i] = "other " + out[i]
			}
		}
		return out
	}
	for i := range out.Inputs {
		out.Inputs[i].Name = "other " + out.Inputs[i].Name
	}
	out.Outputs = rename(out.Outputs)
	for i := range out.Nodes {
		out.Nodes[i].Inputs, out.Nodes[i].Outputs = rename(out.Nodes[i].Inputs), rename(out.Nodes[i].Outputs)
	}
	out.Const = make(map[string]*graph.Tensor)
	for name, w := range g.Const {
		out.Const["other "+name] = w
	}
	return out
}

// TestSame compares real models with themselves, by other names too.
func TestSame(t *testing.T) {
	files, err := filepath.Glob("../testdata/*.onnx")
	if err != nil || len(files) == 0 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		g, err := onnx.Parse(b)
		if err != nil {
			t.Fatal(err)
		}
		for _, other := range []*graph.Graph{g, renamed(g)} {
			r := compare(t, g, other)
			if !r.Same() || len(r.Graph.Changes) > 0 {
				t.Errorf("%s: differs from itself: %+v", name, r.Graph.Changes)
			}
			for _, l := range r.Layers {
				for _, u := range l.Units {
					if u.Change() != 0 || u.Odd {
						t.Errorf("%s: unit %d of %s changed by %v", name, u.Index, l.Weights, u.Change())
					}
				}
			}
		}
	}
}

// TestKnown changes single numbers, and knows what the norms are then.
func TestKnown(t *testing.T) {
	g := train.MLP([]int{4, 3, 2}, 1) // w1, w2; w3, w4
	h := g.Clone()
	h.Const["w1"].Float[1*4+2] += 3 // unit 1, input 2
	h.Const["w2"].Float[1] += 4     // its bias
	h.Const["w3"].Float[0*3+1] -= 2 // logit 0, unit 1
	r := compare(t, g, h)
	if r.Same() || len(r.Graph.Changes) > 0 || len(r.Layers) != 2 || len(r.Tensors) != 4 {
		t.Fatalf("got %+v, want two layers of four tensors, and one graph", r)
	}
	first, last := r.Layers[0], r.Layers[1]
	for i, want := range [][2]float64{{0, 0}, {5, 2}, {0, 0}} {
		if u := first.Units[i]; !near(u.In, want[0]) || !near(u.Out, want[1]) {
			t.Errorf("unit %d changed by %v and %v, want %v", i, u.In, u.Out, want)
		}
	}
	if u := last.Units[0]; first.Last || !last.Last || !near(u.In, 2) || u.Out != 0 {
		t.Errorf("logit 0 changed by %v and %v, want 2 and 0", u.In, u.Out)
	}
	w := r.Tensors[0]
	if w.Before != "w1" || w.Changed != 1 || w.Values != 12 || !near(w.Change, 3) || !near(w.Largest, 3) || !slices.Equal(w.At, []int{1, 2}) {
		t.Errorf("w1: %+v, want a change of 3 at [1 2]", w)
	}
	if w := r.Tensors[2]; !near(w.Largest, -2) {
		t.Errorf("w3: the largest change is %v, want -2", w.Largest)
	}
}

func near(got, want float64) bool { return math.Abs(got-want) < 1e-5 }

// TestWays writes one layer in the ways that exporters know, and finds the same
// units in all of them.
func TestWays(t *testing.T) {
	way := func(op string, transB bool, delta float32) *graph.Graph {
		w := &graph.Tensor{Shape: []int{2, 3}, Float: []float32{1, 2, 3, 4, 5 + delta, 6}} // unit 1, input 1
		nd := graph.Node{Op: op, Inputs: []string{"x", "w"}, Outputs: []string{"y"}}
		if transB {
			nd.Attr = map[string]graph.Attr{"transB": {Int: 1}}
		} else {
			w = &graph.Tensor{Shape: []int{3, 2}, Float: []float32{1, 4, 2, 5 + delta, 3, 6}}
		}
		bias := &graph.Tensor{Shape: []int{2}, Float: []float32{0, 2 * delta}}
		nodes := []graph.Node{nd}
		if op == "MatMul" {
			nodes = append(nodes, graph.Node{Op: "Add", Inputs: []string{"y", "b"}, Outputs: []string{"z"}})
		} else {
			nodes[0].Inputs = append(nodes[0].Inputs, "b")
			nodes[0].Outputs = []string{"z"}
		}
		return &graph.Graph{Opset: 17, Inputs: []graph.Port{{Name: "x", Shape: []int{-1, 3}}}, Outputs: []string{"z"}, Nodes: nodes, Const: map[string]*graph.Tensor{"w": w, "b": bias}}
	}
	for _, tc := range []struct {
		op     string
		transB bool
	}{{"Gemm", true}, {"Gemm", false}, {"MatMul", false}} {
		r := compare(t, way(tc.op, tc.transB, 0), way(tc.op, tc.transB, 1))
		if len(r.Layers) != 1 {
			t.Fatalf("%v: %d layers, want 1", tc, len(r.Layers))
		}
		u := r.Layers[0].Units
		if u[0].In != 0 || !near(u[1].In, math.Sqrt(5)) {
			t.Errorf("%v: units changed by %v and %v, want 0 and the root of 1 and 4", tc, u[0].In, u[1].In)
		}
		// Of 16, 36 and 36 nine tenths, 79.2, take all three; of 1, 4 and 9
		// they take two.
		if got := u[0].Inputs; u[0].Reads != 2 || got[0] != (diff.Input{Index: 2, Weight: 3}) || got[1] != (diff.Input{Index: 1, Weight: 2}) {
			t.Errorf("%v: unit 0 reads %+v, want inputs 2 and 1", tc, u[0])
		}
		if got := u[1].Inputs; u[1].Reads != 3 || got[0] != (diff.Input{Index: 1, Weight: 6}) || got[1] != (diff.Input{Index: 2, Weight: 6}) {
			t.Errorf("%v: unit 1 reads %+v, want inputs 1, 2 and 0", tc, u[1])
		}
	}
}

// TestConv follows a channel through pooling and flattening into the weights
// that read it.
func TestConv(t *testing.T) {
	g := train.CNN([3]int{1, 4, 4}, []int{2, 3}, 5, 2, 1)
	h := g.Clone()
	h.Const["w1"].Float[9] += 2          // channel 1 of the first convolution
	h.Const["w3"].Float[2*18+1*9] += 3   // channel 2 of the second, from channel 1 of the first
	h.Const["w5"].Float[4*12+2*4+1] += 4 // unit 4, from the second place of channel 2
	h.Const["w5"].Float[4*12+2*4+3] -= 3 // and from the fourth
	r := compare(t, g, h)
	if len(r.Layers) != 4 {
		t.Fatalf("%d layers, want 4", len(r.Layers))
	}
	for _, tc := range []struct {
		layer, unit int
		in, out     float64
	}{{0, 0, 0, 0}, {0, 1, 2, 3}, {1, 2, 3, 5}, {1, 1, 0, 0}, {2, 4, 5, 0}} {
		if u := r.Layers[tc.layer].Units[tc.unit]; !near(u.In, tc.in) || !near(u.Out, tc.out) {
			t.Errorf("unit %d of layer %d changed by %v and %v, want %v and %v", tc.unit, tc.layer, u.In, u.Out, tc.in, tc.out)
		}
	}
	if n := len(r.Layers[1].Units[0].Inputs); n < 1 || n > 2 {
		t.Errorf("a channel reads %d channels, of two", n)
	}
}

// TestStructure takes nodes away, adds them, sets them otherwise and connects
// them otherwise.
func TestStructure(t *testing.T) {
	g := train.MLP([]int{4, 3, 2}, 1)
	softer := g.Clone()
	softer.Nodes[1].Op = "LeakyRelu"
	scaled := g.Clone()
	scaled.Nodes[2].Attr = map[string]graph.Attr{"transB": {Int: 1}, "alpha": {Float: 2}}
	zero := g.Clone() // which is not the usual alpha of 1
	zero.Nodes[2].Attr = map[string]graph.Attr{"transB": {Int: 1}, "alpha": {}}
	longer := g.Clone()
	longer.Nodes = slices.Insert(longer.Nodes, 2, graph.Node{Op: "Tanh", Name: "more", Inputs: []string{"v2"}, Outputs: []string{"v2t"}})
	longer.Nodes[3].Inputs = []string{"v2t", "w3", "w4"}
	past := g.Clone()
	past.Outputs = []string{"v2"}
	newer := g.Clone()
	newer.Opset = 18
	wider := g.Clone()
	wider.Inputs[0].Shape = []int{-1, 5}
	swapped := g.Clone() // the two biases of one shape
	swapped.Const["w5"] = g.Const["w2"]
	swapped.Nodes[0].Inputs = []string{"x", "w1", "w5"}
	for name, tc := range map[string]struct {
		after *graph.Graph
		want  []diff.Change
	}{
		"another operator":     {softer, []diff.Change{{Kind: diff.Removed, Op: "Relu", Name: "Relu2", Before: 1, After: -1}, {Kind: diff.Added, Op: "LeakyRelu", Name: "Relu2", Before: -1, After: 1}, {Kind: diff.Wiring, Op: "Gemm", Name: "Gemm3", Before: 2, After: 2, What: "input 0"}}},
		"another setting":      {scaled, []diff.Change{{Kind: diff.Attribute, Op: "Gemm", Name: "Gemm3", Before: 2, After: 2, What: "alpha"}}},
		"a setting of 0":       {zero, []diff.Change{{Kind: diff.Attribute, Op: "Gemm", Name: "Gemm3", Before: 2, After: 2, What: "alpha"}}},
		"one more":             {longer, []diff.Change{{Kind: diff.Added, Op: "Tanh", Name: "more", Before: -1, After: 2}, {Kind: diff.Wiring, Op: "Gemm", Name: "Gemm3", Before: 2, After: 3, What: "input 0"}}},
		"another output":       {past, []diff.Change{{Kind: diff.Wiring, Before: -1, After: -1, What: "output 0"}}},
		"another input":        {wider, []diff.Change{{Kind: diff.Port, Before: -1, After: -1, What: "input 0"}}},
		"another bias is read": {swapped, []diff.Change{{Kind: diff.Wiring, Op: "Gemm", Name: "Gemm1", Before: 0, After: 0, What: "input 2"}}},
		"another opset":        {newer, nil},
	} {
		r := compare(t, g, tc.after)
		if !reflect.DeepEqual(r.Graph.Changes, tc.want) || r.Same() {
			t.Errorf("%s: same %v with %+v, want %+v", name, r.Same(), r.Graph.Changes, tc.want)
		}
	}
	r := compare(t, g, longer)
	if want := []diff.Operator{{Name: "Gemm", Counts: [2]int{2, 2}}, {Name: "Relu", Counts: [2]int{1, 1}}, {Name: "Tanh", Counts: [2]int{0, 1}}}; !reflect.DeepEqual(r.Graph.Operators, want) {
		t.Errorf("operators %v, want %v", r.Graph.Operators, want)
	}
	if len(r.Layers) != 2 {
		t.Errorf("%d layers are compared beside a new node, want 2", len(r.Layers))
	}
}

// TestTensors has weights that only one of the models has, that are called
// otherwise, and that stand in a node.
func TestTensors(t *testing.T) {
	g := train.MLP([]int{4, 3, 2}, 1)
	h := g.Clone()
	h.Const["kernel"] = h.Const["w1"]
	delete(h.Const, "w1")
	h.Nodes[0].Inputs = []string{"x", "kernel", "w2"}
	w4 := h.Const["w4"]
	delete(h.Const, "w4")
	h.Nodes = append([]graph.Node{{Op: "Constant", Outputs: []string{"w4"}, Attr: map[string]graph.Attr{"value": {Tensor: w4}}}}, h.Nodes...)
	if r := compare(t, g, h); !r.Same() || r.Tensors[0].After != "kernel" {
		t.Errorf("got %+v, want the same weights under other names", r)
	}
	h = train.MLP([]int{4, 5, 2}, 1)
	r := compare(t, g, h)
	both, only := 0, [2]int{}
	for _, w := range r.Tensors {
		switch {
		case w.Both():
			both++
		case w.After == "":
			only[0]++
		default:
			only[1]++
		}
	}
	if both != 1 || only != [2]int{3, 3} || r.Same() || len(r.Layers) != 0 { // the bias of the logits
		t.Errorf("%d tensors of both and %v of one, want 1 and 3 of each", both, only)
	}
}

// TestShared takes weights that two nodes share for one layer, and one that is
// read besides being an output for no last one.
func TestShared(t *testing.T) {
	g := train.MLP([]int{3, 3, 3}, 1)
	g.Nodes[2].Inputs[1] = "w1"
	delete(g.Const, "w3")
	g.Outputs = append(g.Outputs, "v2")
	r := compare(t, g, g)
	if len(r.Layers) != 1 || r.Layers[0].Last {
		t.Errorf("got %+v, want one layer, which is not the last", r.Layers)
	}
}

// TestExtra does not take a model for the same that has numbers besides, and
// takes 0 and -0 for one number.
func TestExtra(t *testing.T) {
	g := train.MLP([]int{4, 3, 2}, 1)
	g.Const["w2"].Float[0] = 0
	h := g.Clone()
	h.Const["w2"].Float[0] = float32(math.Copysign(0, -1))
	if r := compare(t, g, h); !r.Same() {
		t.Errorf("0 and -0 differ: %+v", r.Tensors)
	}
	h.Const["w9"] = &graph.Tensor{Shape: []int{1}, Float: []float32{1}}
	if compare(t, g, h).Same() || compare(t, h, g).Same() {
		t.Error("a tensor that only one model has is overlooked")
	}
}

// TestNotFinite counts numbers that are none, and leaves all else readable.
func TestNotFinite(t *testing.T) {
	g := train.MLP([]int{4, 3, 2}, 1)
	h := g.Clone()
	h.Const["w1"].Float[0], h.Const["w1"].Float[5] = float32(math.NaN()), float32(math.Inf(1))
	r := compare(t, g, h)
	if w := r.Tensors[0]; w.NotFinite != 2 || w.Changed != 2 || w.Change != 0 {
		t.Errorf("%+v, want 2 changed and not finite", w)
	}
	if compare(t, h, h).Tensors[0].Changed != 0 {
		t.Error("the same NaN counts as a change")
	}
	if _, err := json.Marshal(r); err != nil {
		t.Error(err)
	}
}

// TestOdd plants a unit that waits for two pixels among units that all moved a
// little.
func TestOdd(t *testing.T) {
	g := train.MLP([]int{50, 20, 3}, 1)
	h := g.Clone()
	for i := range h.Const["w1"].Float {
		h.Const["w1"].Float[i] += 0.01 * float32(i%7)
	}
	row := h.Const["w1"].Float[13*50 : 14*50]
	clear(row)
	row[7], row[31], row[8] = 2, -2, 0.5
	units := compare(t, g, h).Layers[0].Units
	for _, u := range units {
		if u.Odd != (u.Index == 13) {
			t.Errorf("unit %d stands out: %v, score %v", u.Index, u.Odd, u.Score)
		}
		if u.Index != 13 && u.Reads < 20 {
			t.Errorf("unit %d reads %d inputs, want many", u.Index, u.Reads)
		}
	}
	if u, want := units[13], []diff.Input{{Index: 7, Weight: 2}, {Index: 31, Weight: -2}}; u.Reads != 2 || !slices.Equal(u.Inputs, want) {
		t.Errorf("unit 13 reads %+v, want %v", u, want)
	}
}

// TestRun counts what a model does that has learned to say 1 when feature 2 is
// set.
func TestRun(t *testing.T) {
	net := func(w [3]float32) *graph.Graph {
		g := train.MLP([]int{3, 2, 2}, 1)
		copy(g.Const["w1"].Float, []float32{1, 0, 0, 0, 1, w[0]}) // units: feature 0; feature 1 and some of 2
		copy(g.Const["w2"].Float, []float32{0, -0.5})
		copy(g.Const["w3"].Float, []float32{1, 0, 0, 1})
		copy(g.Const["w4"].Float, []float32{0.1, 0})
		return g
	}
	b := ml.Batch{Dim: 3, X: []float32{1, 0, 0, 0, 1, 0, 1, 0, 1, 0, 0, 1}, Y: []int32{0, 1, 0, 0}}
	g, h := net([3]float32{}), net([3]float32{2})
	r := compare(t, g, h)
	got, err := r.Run(t.Context(), g, h, b)
	if err != nil {
		t.Fatal(err)
	}
	want := []diff.Class{
		{Label: 0, Rows: 3, Disagree: 2, Right: [2]int{3, 1}, Answers: [2]int{3, 1}},
		{Label: 1, Rows: 1, Right: [2]int{1, 1}, Answers: [2]int{1, 3}},
	}
	if got.Rows != 4 || got.Disagree.Value != 0.5 || got.Right != [2]int{4, 2} || !reflect.DeepEqual(got.Classes, want) {
		t.Errorf("got %+v, want 2 of 4 rows and %+v", got, want)
	}
	// Unit 1 gives 0.5 for the second row, and afterwards 1.5 for the last two.
	a := r.Layers[0].Units[1].Activity
	if a == nil || !near(a.Mean[0], 0.125) || !near(a.Mean[1], 0.875) || a.Fires != [2]float64{0.25, 0.75} {
		t.Errorf("unit 1: %+v, want means of 1/8 and 7/8, in 1/4 and 3/4 of the rows", a)
	}
	if r.Layers[1].Units[0].Activity != nil {
		t.Error("logits are no activity")
	}
}

// TestRunConv takes the mean over the places of a channel.
func TestRunConv(t *testing.T) {
	g := train.CNN([3]int{1, 4, 4}, []int{2}, 3, 2, 1)
	h := g.Clone()
	for i := range h.Const["w1"].Float {
		h.Const["w1"].Float[i] = 0
	}
	copy(h.Const["w2"].Float, []float32{3, -1})
	r := compare(t, g, h)
	if _, err := r.Run(t.Context(), g, h, ml.Batch{Dim: 16, X: make([]float32, 32), Y: []int32{0, 1}}); err != nil {
		t.Fatal(err)
	}
	for u, want := range []float64{3, 0} {
		if a := r.Layers[0].Units[u].Activity; a == nil || !near(a.Mean[1], want) {
			t.Errorf("channel %d: %+v, want a mean of %v", u, a, want)
		}
	}
}

// TestRunRefuses says which model cannot run.
func TestRunRefuses(t *testing.T) {
	g, h := train.MLP([]int{4, 3, 2}, 1), train.MLP([]int{4, 3, 2}, 1)
	h.Nodes[1].Op = "Nothing"
	rows := ml.Batch{Dim: 4, X: make([]float32, 4), Y: []int32{0}}
	for want, tc := range map[string]struct {
		before, after *graph.Graph
		rows          ml.Batch
	}{
		"the model after": {g, h, rows}, "the model before": {h, g, rows},
		"features":   {g, g, ml.Batch{Dim: 3, X: make([]float32, 3), Y: []int32{0}}},
		"no labeled": {g, g, ml.Batch{Dim: 4, X: make([]float32, 4)}},
	} {
		r := compare(t, tc.before, tc.after)
		if _, err := r.Run(t.Context(), tc.before, tc.after, tc.rows); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}

// FuzzCompare compares files that nobody has checked.
func FuzzCompare(f *testing.F) {
	for _, g := range []*graph.Graph{train.MLP([]int{2, 2, 2}, 1), train.CNN([3]int{1, 4, 4}, []int{2}, 3, 2, 1)} {
		b, err := onnx.Marshal(g)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, b[:len(b)*9/10])
		f.Add(b, b)
	}
	f.Fuzz(func(t *testing.T, x, y []byte) {
		g, err := onnx.Parse(x)
		h, err2 := onnx.Parse(y)
		if err != nil || err2 != nil {
			return
		}
		r := compare(t, g, h)
		if _, err := json.Marshal(r); err != nil {
			t.Fatal(err)
		}
		if !compare(t, g, g).Same() {
			t.Error("a model differs from itself")
		}
	})
}
