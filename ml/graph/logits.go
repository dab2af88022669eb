package graph

import (
	"maps"
	"slices"
	"strings"
)

// A tracer follows values back to the nodes that make them.
type tracer struct {
	g     *Graph
	maker map[string]*Node
}

// logits finds the logits of g, and what g makes of them. The graph that it
// returns makes them; it is g, or a copy in which a classifier keeps its
// scores as they are.
func logits(g *Graph) (made *Graph, name, output string, err error) {
	t := &tracer{g, make(map[string]*Node)}
	classic := false
	for i := range g.Nodes {
		classic = classic || strings.HasPrefix(g.Nodes[i].Op, "ai.onnx.ml.")
		for _, o := range g.Nodes[i].Outputs {
			t.maker[o] = &g.Nodes[i]
		}
	}
	switch {
	case len(g.Outputs) == 1:
		name = g.Outputs[0]
	case len(g.Outputs) == 2 && classic: // labels and scores
		name = g.Outputs[1]
	default:
		return nil, "", "", unsupportedf("%d outputs %q, want 1", len(g.Outputs), g.Outputs)
	}
	for range g.Nodes {
		nd := t.maker[name]
		if nd == nil || len(nd.Inputs) == 0 || len(nd.Outputs) == 0 {
			break
		}
		switch {
		case nd.Op == "Identity" || nd.Op == "Cast" && nd.Attr["to"].Int == 1 || nd.Op == "ai.onnx.ml.ZipMap" || t.rescales(nd):
			name = nd.Inputs[0]
			continue
		case nd.Op == "Concat" && t.complement(nd) != "":
			return g, t.complement(nd), "sigmoid", nil
		case nd.Op == "ai.onnx.ml.LinearRegressor" || nd.Op == "ai.onnx.ml.TreeEnsembleRegressor":
			return nil, "", "", &OpError{nd.Op, nd.label(), unsupportedf("a regression, want a classifier")}
		}
		if nd.Op == "ai.onnx.ml.SVMClassifier" {
			if k := len(nd.Attr["classlabels_ints"].Ints); k != 2 {
				return nil, "", "", &OpError{nd.Op, nd.label(), unsupportedf("scores of pairs of %d classes", k)}
			}
			return t.raw(nd), name, "logits", nil
		}
		switch output := t.squashes(name); {
		case output == "":
			return g, name, "logits", nil
		case strings.HasPrefix(nd.Op, "ai.onnx.ml."):
			return t.raw(nd), name, output, nil
		default:
			return g, nd.Inputs[0], output, nil
		}
	}
	return g, name, "logits", nil
}

// squashes says which function that keeps the order of scores makes name of
// them, if one does.
func (t *tracer) squashes(name string) string {
	nd := t.maker[name]
	if nd == nil {
		return ""
	}
	a, given := nd.Attr["axis"]
	last := !given || a.Int == 1 || a.Int == -1 // of two dimensions, which size checks
	post := nd.Attr["post_transform"].Text
	classifier := nd.Op == "ai.onnx.ml.LinearClassifier" || nd.Op == "ai.onnx.ml.TreeEnsembleClassifier"
	switch {
	case nd.Op == "Softmax" && last, classifier && post == "SOFTMAX":
		return "softmax"
	case nd.Op == "LogSoftmax" && last:
		return "log-softmax"
	case nd.Op == "Sigmoid", classifier && post == "LOGISTIC":
		return "sigmoid"
	}
	return ""
}

// rescales reports whether nd divides probabilities by their sum.
func (t *tracer) rescales(nd *Node) bool {
	if nd.Op != "ai.onnx.ml.Normalizer" || nd.Attr["norm"].Text != "L1" {
		return false
	}
	s := t.squashes(nd.Inputs[0])
	return s == "softmax" || s == "sigmoid"
}

// complement returns the log odds z if nd makes the two probabilities 1-σ(z)
// and σ(z) of it.
func (t *tracer) complement(nd *Node) string {
	if len(nd.Inputs) != 2 {
		return ""
	}
	not, p := t.maker[nd.Inputs[0]], t.maker[nd.Inputs[1]]
	if not == nil || p == nil || not.Op != "Sub" || p.Op != "Sigmoid" || len(p.Inputs) != 1 ||
		len(not.Inputs) != 2 || not.Inputs[1] != nd.Inputs[1] {
		return ""
	}
	if one := t.g.Const[not.Inputs[0]]; one == nil || len(one.Float) != 1 || one.Float[0] != 1 {
		return ""
	}
	return p.Inputs[0]
}

// raw returns a copy of the graph in which nd keeps its scores as they are.
func (t *tracer) raw(nd *Node) *Graph {
	g := *t.g
	g.Nodes = slices.Clone(g.Nodes)
	for i := range g.Nodes {
		if &t.g.Nodes[i] == nd {
			a := maps.Clone(nd.Attr)
			a["post_transform"] = Attr{Text: rawScores}
			g.Nodes[i].Attr = a
		}
	}
	return &g
}

// weights returns the number of weights in the attributes of a node.
func (nd *Node) weights() int {
	n := 0
	for _, a := range nd.Attr {
		n += len(a.Floats)
	}
	return n
}
