package train

import (
	"context"
	"fmt"
	"math"
	"slices"

	"quintain/ml"
	"quintain/ml/graph"
)

// BoostOptions say how to grow gradient-boosted trees.
type BoostOptions struct {
	Rounds  int     // of one tree for each class, or one in all for two classes; 50
	Depth   int     // of a tree, 1 to 10; 3
	Rate    float64 // share of each tree's answer that counts; 0.1
	Lambda  float64 // added to the second derivatives in a leaf; 1
	MinRows int     // in a leaf; 5

	// Progress, if not nil, is told after every round how many of all are done.
	Progress func(done, total int)
}

// Boost fits gradient-boosted trees to the cross-entropy with first and second
// derivatives (Friedman 2001, Chen and Guestrin 2016), trying every cut between
// two values of a feature. Nothing about it is random. The graph is one
// TreeEnsembleClassifier with raw scores as logits.
func Boost(ctx context.Context, b ml.Batch, classes int, o BoostOptions) (*graph.Graph, error) {
	if err := labeled(b, classes); err != nil {
		return nil, fmt.Errorf("boosting: %w", err)
	}
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("boosting: %w", err)
	}
	for i, v := range b.X {
		if v != v || math.IsInf(float64(v), 0) {
			return nil, fmt.Errorf("boosting: row %d holds %v", i/b.Dim, v)
		}
	}
	g := newGrower(b, classes, o)
	for round := range o.Rounds {
		g.slopes()
		for s := range g.scores {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			g.tree(s)
		}
		if o.Progress != nil {
			o.Progress(round+1, o.Rounds)
		}
	}
	return g.graph(), nil
}

func (o *BoostOptions) check() error {
	for _, d := range []struct {
		v   *int
		def int
	}{{&o.Rounds, 50}, {&o.Depth, 3}, {&o.MinRows, 5}} {
		if *d.v == 0 {
			*d.v = d.def
		}
	}
	if o.Rate == 0 {
		o.Rate = 0.1
	}
	if o.Lambda == 0 {
		o.Lambda = 1
	}
	if o.Rounds < 1 || o.Depth < 1 || o.Depth > 10 || o.MinRows < 1 || !(o.Rate > 0 && o.Rate <= 1) || !(o.Lambda > 0) || math.IsInf(o.Lambda, 0) {
		return fmt.Errorf("%d rounds of depth %d, leaves of %d rows, rate %v and lambda %v", o.Rounds, o.Depth, o.MinRows, o.Rate, o.Lambda)
	}
	return nil
}

// A grower grows trees.
type grower struct {
	b       ml.Batch
	classes int
	o       BoostOptions
	scores  int       // trees in a round
	z       []float64 // scores of every row
	g, h    []float64 // first and second derivatives
	order   [][]int32 // rows by the value of each feature
	leaf    []int32   // node of the tree that a row is in
	attr    map[string]graph.Attr
	base    []float32
	trees   int
}

func newGrower(b ml.Batch, classes int, o BoostOptions) *grower {
	g := &grower{b: b, classes: classes, o: o, scores: classes, attr: make(map[string]graph.Attr)}
	if classes == 2 {
		g.scores = 1
	}
	n := b.Rows()
	g.z, g.g, g.h = make([]float64, n*g.scores), make([]float64, n*g.scores), make([]float64, n*g.scores)
	g.leaf = make([]int32, n)
	rows, _ := tally(b, classes)
	for j := range g.scores { // where no feature matters, the classes are as likely as in the data
		v := math.Log((rows[j] + 0.5) / (float64(n) + 0.5*float64(classes)))
		if classes == 2 {
			v = math.Log((rows[1] + 0.5) / (rows[0] + 0.5))
		}
		g.base = append(g.base, float32(v))
		for i := range n {
			g.z[i*g.scores+j] = float64(float32(v))
		}
	}
	for k := range b.Dim {
		rows := make([]int32, n)
		for i := range rows {
			rows[i] = int32(i)
		}
		slices.SortStableFunc(rows, func(x, y int32) int {
			a, b := b.X[int(x)*b.Dim+k], b.X[int(y)*b.Dim+k]
			switch {
			case a < b:
				return -1
			case a > b:
				return 1
			}
			return 0
		})
		g.order = append(g.order, rows)
	}
	return g
}

// slopes works out the derivatives of the loss at every row.
func (g *grower) slopes() {
	for i, y := range g.b.Y {
		z := g.z[i*g.scores : (i+1)*g.scores]
		if g.scores == 1 {
			p := 1 / (1 + math.Exp(-z[0]))
			g.g[i], g.h[i] = p-float64(y), p*(1-p)
			continue
		}
		top := slices.Max(z)
		var sum float64
		for _, v := range z {
			sum += math.Exp(v - top)
		}
		for j, v := range z {
			p := math.Exp(v-top) / sum
			at := i*g.scores + j
			if g.g[at], g.h[at] = p, p*(1-p); j == int(y) {
				g.g[at]--
			}
		}
	}
}

// A split is the best cut of a node, and what its rows sum to.
type split struct {
	g, h    float64
	rows    int
	gain    float64
	feature int
	cut     float32
	lg, lh  float64 // of the rows below, while cuts are tried
	lrows   int
	last    float32
}

// tree grows one tree for score s and adds it to the scores.
func (g *grower) tree(s int) {
	clear(g.leaf)
	nodes := make([]split, 1)
	kids := [][2]int32{{}} // of each node; none for a leaf
	for i := range g.leaf {
		nodes[0].add(g.g[i*g.scores+s], g.h[i*g.scores+s])
	}
	for first, depth := 0, 0; depth < g.o.Depth; depth++ {
		end := len(nodes)
		g.search(s, nodes, first)
		for at := first; at < end; at++ {
			if nodes[at].gain > 0 {
				kids[at] = [2]int32{int32(len(nodes)), int32(len(nodes) + 1)}
				nodes, kids = append(nodes, split{}, split{}), append(kids, [2]int32{}, [2]int32{})
			}
		}
		if first = end; len(nodes) == end {
			break
		}
		for i, at := range g.leaf {
			if k := kids[at]; k[0] > 0 {
				next := k[1]
				if g.b.Row(i)[nodes[at].feature] <= nodes[at].cut {
					next = k[0]
				}
				g.leaf[i] = next
				nodes[next].add(g.g[i*g.scores+s], g.h[i*g.scores+s])
			}
		}
	}
	values := make([]float32, len(nodes))
	for i := range nodes {
		values[i] = float32(-g.o.Rate * nodes[i].g / (nodes[i].h + g.o.Lambda))
	}
	for i, at := range g.leaf {
		g.z[i*g.scores+s] += float64(values[at])
	}
	g.write(s, nodes, kids, values)
}

func (n *split) add(g, h float64) { n.g, n.h, n.rows = n.g+g, n.h+h, n.rows+1 }

// search finds the best cut of every node from first on.
func (g *grower) search(s int, nodes []split, first int) {
	for k, rows := range g.order {
		for i := first; i < len(nodes); i++ {
			nodes[i].lg, nodes[i].lh, nodes[i].lrows = 0, 0, 0
		}
		for _, r := range rows {
			at := int(g.leaf[r])
			if at < first {
				continue
			}
			n, x := &nodes[at], g.b.X[int(r)*g.b.Dim+k]
			if n.lrows >= g.o.MinRows && n.rows-n.lrows >= g.o.MinRows && x > n.last {
				g.weigh(n, k, x)
			}
			n.lg, n.lh, n.lrows, n.last = n.lg+g.g[int(r)*g.scores+s], n.lh+g.h[int(r)*g.scores+s], n.lrows+1, x
		}
	}
}

// weigh considers the cut between the last value and x.
func (g *grower) weigh(n *split, feature int, x float32) {
	l := g.o.Lambda
	rg, rh := n.g-n.lg, n.h-n.lh
	gain := n.lg*n.lg/(n.lh+l) + rg*rg/(rh+l) - n.g*n.g/(n.h+l)
	if gain <= n.gain+1e-12 {
		return
	}
	cut := n.last + (x-n.last)/2
	if !(cut < x) {
		cut = n.last
	}
	n.gain, n.feature, n.cut = gain, feature, cut
}

// write appends a tree to the attributes.
func (g *grower) write(s int, nodes []split, kids [][2]int32, values []float32) {
	ints := func(name string, v int64) {
		a := g.attr[name]
		a.Ints = append(a.Ints, v)
		g.attr[name] = a
	}
	floats := func(name string, v float32) {
		a := g.attr[name]
		a.Floats = append(a.Floats, v)
		g.attr[name] = a
	}
	modes := g.attr["nodes_modes"]
	for i, n := range nodes {
		leaf := kids[i][0] == 0
		mode := "BRANCH_LEQ"
		if leaf {
			mode, n.feature, n.cut = "LEAF", 0, 0
			ints("class_treeids", int64(g.trees))
			ints("class_nodeids", int64(i))
			ints("class_ids", int64(s))
			floats("class_weights", values[i])
		}
		modes.Texts = append(modes.Texts, mode)
		ints("nodes_treeids", int64(g.trees))
		ints("nodes_nodeids", int64(i))
		ints("nodes_featureids", int64(n.feature))
		ints("nodes_truenodeids", int64(kids[i][0]))
		ints("nodes_falsenodeids", int64(kids[i][1]))
		floats("nodes_values", n.cut)
	}
	g.attr["nodes_modes"] = modes
	g.trees++
}

func (g *grower) graph() *graph.Graph {
	for j := range g.classes {
		a := g.attr["classlabels_int64s"]
		a.Ints = append(a.Ints, int64(j))
		g.attr["classlabels_int64s"] = a
	}
	post := "SOFTMAX"
	if g.scores == 1 {
		post = "LOGISTIC"
	}
	g.attr["base_values"] = graph.Attr{Floats: g.base}
	g.attr["post_transform"] = graph.Attr{Text: post}
	return &graph.Graph{
		Opset:   17,
		Inputs:  []graph.Port{{Name: "x", Shape: []int{-1, g.b.Dim}}},
		Outputs: []string{"label", "scores"},
		Nodes: []graph.Node{{
			Op: "ai.onnx.ml.TreeEnsembleClassifier", Name: "trees", Inputs: []string{"x"},
			Outputs: []string{"label", "scores"}, Attr: g.attr,
		}},
		Const: make(map[string]*graph.Tensor),
	}
}
