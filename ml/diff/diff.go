// Package diff compares two models that should be one and the same, or one made
// from the other: what their graphs compute, what their weights are, and what
// they do with rows.
//
// [Compare] needs no data and runs nothing: it works on graphs that cannot be
// compiled, and nothing about a graph is believed. [Run] runs both models.
package diff

import (
	"context"

	"quintain/ml/graph"
)

// A Report is what the graphs and weights of two models have in common, and
// what not.
type Report struct {
	Graph   Structure `json:"graph"`
	Tensors []Tensor  `json:"tensors"`
	Layers  []Layer   `json:"layers"` // that both have, in the order in which they compute

	// Omitted are layers that both have and that are not compared unit by unit,
	// because all layers together have more than [MaxUnits] units.
	Omitted int `json:"omitted,omitempty"`
}

// MaxUnits is how many units are compared in all layers together.
const MaxUnits = 1 << 20

// Same reports whether the two models compute the same with the same numbers.
func (r *Report) Same() bool {
	if !r.Graph.Same() {
		return false
	}
	for i := range r.Tensors {
		if r.Tensors[i].Changed > 0 || !r.Tensors[i].Both() {
			return false
		}
	}
	return true
}

// Compare compares two graphs. Names of values mean nothing: a graph whose
// values are called otherwise is the same. The error is that of ctx.
func Compare(ctx context.Context, before, after *graph.Graph) (*Report, error) {
	a, b := read(before), read(after)
	pairs := align(a.g.Nodes, b.g.Nodes)
	r := &Report{}
	var match map[string]string
	r.Tensors, match = compareTensors(a, b)
	r.Graph = compareNodes(a, b, pairs, match)
	return r, r.compareLayers(ctx, a, b, pairs, match)
}

// A side is one of two models, with what is needed to find one's way in it.
type side struct {
	g     *graph.Graph
	made  map[string]int   // value to the node that makes it
	used  map[string][]int // value to the nodes that read it
	order []string         // constants, in the order in which they are used
}

// read returns a side whose constants are all in one place: exporters differ in
// whether numbers stand beside the graph or in nodes that give nothing else.
func read(g *graph.Graph) *side {
	s := &side{
		g:    &graph.Graph{Opset: g.Opset, Inputs: g.Inputs, Outputs: g.Outputs, Const: make(map[string]*graph.Tensor)},
		made: make(map[string]int), used: make(map[string][]int),
	}
	for name, t := range g.Const {
		if t != nil {
			s.g.Const[name] = t
		}
	}
	for _, nd := range g.Nodes {
		t := nd.Attr["value"].Tensor
		if nd.Op == "Constant" && t != nil && len(nd.Outputs) == 1 && s.g.Const[nd.Outputs[0]] == nil {
			s.g.Const[nd.Outputs[0]] = t
			continue
		}
		s.g.Nodes = append(s.g.Nodes, nd)
	}
	seen := make(map[string]bool)
	for i := range s.g.Nodes {
		nd := &s.g.Nodes[i]
		for _, in := range nd.Inputs {
			s.used[in] = append(s.used[in], i)
			if s.g.Const[in] != nil && !seen[in] {
				seen[in] = true
				s.order = append(s.order, in)
			}
		}
		for _, out := range nd.Outputs {
			s.made[out] = i
		}
	}
	s.order = append(s.order, unused(s.g, seen)...)
	return s
}
