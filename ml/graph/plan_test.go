package graph

import (
	"errors"
	"slices"
	"testing"
)

// What does not depend on the rows is worked out, what only moves numbers is
// said to, and nothing that the logits do not need is there.
func TestPlan(t *testing.T) {
	g := &Graph{
		Opset: 11, Inputs: []Port{{Name: "x", Shape: []int{-1, 2, 3}}}, Outputs: []string{"p"},
		Const: map[string]*Tensor{"one": whole(1), "rest": whole(-1), "zero": whole(0), "w": numbers(6)},
		Nodes: []Node{
			{Op: "Shape", Inputs: []string{"x"}, Outputs: []string{"s"}},
			{Op: "Slice", Inputs: []string{"s", "zero", "one"}, Outputs: []string{"rows"}},
			{Op: "Concat", Inputs: []string{"rows", "rest"}, Outputs: []string{"to"}, Attr: map[string]Attr{"axis": {}}},
			{Op: "Transpose", Inputs: []string{"x"}, Outputs: []string{"t"}, Attr: map[string]Attr{"perm": list(0, 2, 1)}},
			{Op: "Exp", Inputs: []string{"t"}, Outputs: []string{"unused"}},
			{Op: "Reshape", Inputs: []string{"t", "to"}, Outputs: []string{"flat"}},
			{Op: "Mul", Inputs: []string{"flat", "w"}, Outputs: []string{"z"}},
			{Op: "Relu", Inputs: []string{"z"}, Outputs: []string{"r"}},
			{Op: "Softmax", Inputs: []string{"r"}, Outputs: []string{"p"}},
		},
	}
	n, err := Compile(g, Options{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := n.Plan()
	if err != nil {
		t.Fatal(err)
	}
	var ops []string
	for _, s := range p.Steps {
		ops = append(ops, s.Op)
	}
	if want := []string{"Transpose", "Reshape", "Mul", "Relu"}; !slices.Equal(ops, want) || p.Output != "r" || p.Input != "x" {
		t.Fatalf("steps %v from %q to %q, want %v from x to r", ops, p.Input, p.Output, want)
	}
	rows := n.chunk
	if got := p.Const["to"]; got == nil || !slices.Equal(got.Int, []int64{int64(rows), -1}) {
		t.Errorf("constant %+v, want [%d -1]", got, rows)
	}
	if got, want := p.Shape["flat"], []int{rows, 6}; !slices.Equal(got, want) {
		t.Errorf("shape %v, want %v", got, want)
	}
	turn, same := p.Steps[0], p.Steps[1]
	if turn.Same || turn.Mix == nil || turn.Mix.Terms != 1 || !slices.Equal(turn.Mix.From[:6], []int32{0, 3, 1, 4, 2, 5}) {
		t.Errorf("Transpose is %+v made of %+v, want every number from elsewhere", turn, turn.Mix)
	}
	if !same.Same || same.Mix != nil || p.Steps[2].Same || p.Steps[3].Same {
		t.Errorf("only Reshape gives the same numbers: %+v", p.Steps)
	}

	if n, err = Compile(constantNet(), Options{}); err != nil {
		t.Fatal(err)
	}
	if _, err := n.Plan(); !errors.Is(err, ErrUnsupported) {
		t.Errorf("Plan = %v of logits that do not depend on the input, want %v", err, ErrUnsupported)
	}
}

// constantNet answers without looking.
func constantNet() *Graph {
	return &Graph{
		Opset: 17, Inputs: []Port{{Name: "x", Shape: []int{2, 3}}}, Outputs: []string{"z"},
		Const: map[string]*Tensor{"c": numbers(2, 2)},
		Nodes: []Node{{Op: "Identity", Inputs: []string{"c"}, Outputs: []string{"z"}}},
	}
}
