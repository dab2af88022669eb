// Package graph runs networks of ONNX operators forward, and backward for the
// gradient with respect to their input.
//
// Every operator is written once for single and double precision. Models run
// in single precision; the self-check holds the gradients against finite
// differences in double precision.
package graph

import (
	"errors"
	"fmt"
)

// What is wrong with a graph. Errors of [Compile] wrap one of them.
var (
	ErrUnsupported = errors.New("not supported")
	ErrInvalid     = errors.New("invalid")
	ErrTooLarge    = errors.New("too large")
)

// A Graph is a network with the meaning that ONNX gives to its operators. It
// may come from a hostile file: nothing about it holds before [Compile] has
// returned without an error.
type Graph struct {
	Opset   int // version of the ONNX operators
	Inputs  []Port
	Outputs []string
	Nodes   []Node             // in an order in which they can be computed
	Const   map[string]*Tensor // weights and other values known beforehand
	Shapes  map[string][]int   // of outputs that are no rows, for whoever writes them; may be nil
}

// A Port is an input of a graph. A dimension that the graph leaves open is -1.
// The first dimension is the batch.
type Port struct {
	Name  string
	Shape []int
}

// A Node is one use of an operator.
type Node struct {
	Op      string // "Conv"; "domain.Op" for operators that are not ONNX's own
	Name    string // may be empty
	Inputs  []string
	Outputs []string
	Attr    map[string]Attr
}

// An Attr is the value of an attribute; the operator knows which field it is.
type Attr struct {
	Int    int64
	Float  float32
	Text   string
	Ints   []int64
	Floats []float32
	Texts  []string
	Tensor *Tensor
}

// A Tensor is a constant, of integers if Int is not nil.
type Tensor struct {
	Shape []int
	Float []float32
	Int   []int64
}

// An OpError says which operator of which node is the trouble.
type OpError struct {
	Op   string
	Node string // the node's name, or that of its first output
	Err  error
}

// Error implements error.
func (e *OpError) Error() string {
	return fmt.Sprintf("operator %q of node %q: %v", e.Op, e.Node, e.Err)
}

// Unwrap returns what the trouble is.
func (e *OpError) Unwrap() error { return e.Err }

// Linear returns the graph of the linear classifier with logits W·x+b, where
// row j of W belongs to class j.
func Linear(w [][]float32, b []float32) *Graph {
	classes, dim := len(w), len(w[0])
	flat := make([]float32, 0, classes*dim)
	for _, row := range w {
		flat = append(flat, row...)
	}
	return &Graph{
		Opset:   17,
		Inputs:  []Port{{Name: "x", Shape: []int{-1, dim}}},
		Outputs: []string{"z"},
		Nodes: []Node{{
			Op: "Gemm", Name: "linear", Inputs: []string{"x", "w", "b"}, Outputs: []string{"z"},
			Attr: map[string]Attr{"transB": {Int: 1}},
		}},
		Const: map[string]*Tensor{
			"w": {Shape: []int{classes, dim}, Float: flat},
			"b": {Shape: []int{classes}, Float: append([]float32(nil), b...)},
		},
	}
}
