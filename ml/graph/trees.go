package graph

import (
	"fmt"
	"math"
	"slices"
)

// A Forest is trees over the input whose leaves add to the scores of classes.
type Forest struct {
	Trees []*Branch
	Base  []float64 // of the scores
}

// A Branch sends a row one way if a feature is less than the cut, else the
// other. A leaf has scores and nothing else.
type Branch struct {
	Feature      int
	Cut          float32
	Below, Above *Branch
	Scores       []float64
}

const (
	maxDepth  = 512     // of a tree
	maxScores = 1 << 22 // of all leaves
)

// Forest writes the model as trees. An error wraps [ErrUnsupported] if the
// model is not one forest on its input whose branches compare by order, or
// [ErrTooLarge].
func (n *Net) Forest() (*Forest, error) {
	for i := range n.g.Nodes {
		nd := &n.g.Nodes[i]
		if nd.Op != "ai.onnx.ml.TreeEnsembleClassifier" || len(nd.Outputs) != 2 || nd.Outputs[1] != n.out {
			continue
		}
		if nd.Inputs[0] != n.in.Name || len(n.spec.Shape) != 1 || nd.bends() {
			return nil, &OpError{nd.Op, nd.label(), unsupportedf("between other operators as a forest")}
		}
		f, err := n.trees(nd)
		if err != nil {
			return nil, &OpError{nd.Op, nd.label(), err}
		}
		return f, nil
	}
	return nil, unsupportedf("a model without trees as a forest")
}

// trees reads the trees of nd, which has been compiled before.
func (n *Net) trees(nd *Node) (*Forest, error) {
	ids, classes, post := nd.Attr["class_ids"].Ints, n.spec.Classes, nd.Attr["post_transform"].Text
	r := &treeReader{from: &forest[float64]{scores: classes}, classes: classes}
	if classes == 2 && len(ids) > 0 && !slices.ContainsFunc(ids, func(id int64) bool { return id != ids[0] }) {
		r.from.scores = 1
	}
	m := &node[float64]{Node: nd, lim: &limits{values: n.o.MaxValues, work: n.o.MaxWork}}
	places, err := r.from.plant(m, n.spec.Shape[0])
	if err == nil {
		err = r.from.leaves(m, "class", places)
	}
	if err != nil {
		return nil, err
	}
	if len(r.from.nodes) > maxScores/classes {
		return nil, fmt.Errorf("%w: %d nodes for %d classes", ErrTooLarge, len(r.from.nodes), classes)
	}
	base := make([]float64, r.from.scores)
	for i, v := range nd.Attr["base_values"].Floats {
		base[i] = float64(v)
	}
	f := &Forest{Base: r.spread(base)}
	if r.from.scores == 1 && post != rawScores && !slices.ContainsFunc(nd.Attr["class_weights"].Floats, func(w float32) bool { return w < 0 }) {
		f.Base[0]++ // what is left of 1
	}
	r.share = 1
	if nd.Attr["aggregate_function"].Text == "AVERAGE" {
		r.share = 1 / float64(len(r.from.roots))
	}
	for _, root := range r.from.roots {
		b, err := r.read(root, 0)
		if err != nil {
			return nil, err
		}
		f.Trees = append(f.Trees, b)
	}
	return f, nil
}

// A treeReader rewrites trees.
type treeReader struct {
	from    *forest[float64]
	classes int
	share   float64 // of a leaf's weights that counts
}

// spread makes scores of all classes from one of class 1, where that is all
// there is.
func (r *treeReader) spread(scores []float64) []float64 {
	if r.from.scores == 1 {
		return []float64{-scores[0], scores[0]}
	}
	return scores
}

// read rewrites the tree below node i.
func (r *treeReader) read(i int32, depth int) (*Branch, error) {
	b := &r.from.nodes[i]
	if depth > maxDepth {
		return nil, fmt.Errorf("%w: a tree of more than %d levels", ErrTooLarge, maxDepth)
	}
	if b.leaf {
		scores := make([]float64, r.from.scores)
		for _, w := range r.from.weights[b.first:b.last] {
			scores[w.score] += float64(w.value) * r.share
		}
		return &Branch{Scores: r.spread(scores)}, nil
	}
	yes, err := r.read(b.yes, depth+1)
	if err != nil {
		return nil, err
	}
	no, err := r.read(b.no, depth+1)
	if err != nil {
		return nil, err
	}
	cut := b.value
	switch m := modes[b.mode]; m {
	case "BRANCH_LEQ", "BRANCH_GT": // x ≤ cut as x < the next number
		cut = math.Nextafter32(cut, float32(math.Inf(1)))
	case "BRANCH_LT", "BRANCH_GTE":
	default:
		return nil, unsupportedf("mode %q as an order", m)
	}
	if math.IsNaN(float64(cut)) {
		return nil, unsupportedf("a cut that is no number")
	}
	if m := modes[b.mode]; m == "BRANCH_GT" || m == "BRANCH_GTE" {
		yes, no = no, yes
	}
	return &Branch{Feature: int(b.feature), Cut: cut, Below: yes, Above: no}, nil
}
