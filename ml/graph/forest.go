package graph

import (
	"slices"

	"quintain/ml/kernel"
)

// A forest is trees whose leaves add to scores. It is made of steps, so it has
// no gradient.
type forest[T kernel.Float] struct {
	nodes   []branch
	roots   []int32
	weights []weight
	base    []T // of the scores
	scores  int
	mean    bool // divide by the number of trees
}

// A branch is a node of a tree; a leaf adds weights.
type branch struct {
	leaf        bool
	feature     int32
	mode        mode
	missing     bool // what is no number goes the way of what holds
	value       float32
	yes, no     int32
	first, last int32 // of the weights of a leaf
}

// A weight is what a leaf adds to a score.
type weight struct {
	score int32
	value float32
}

// A mode compares a feature with a value.
type mode uint8

var modes = []string{"BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ"}

func (m mode) holds(x, v float64) bool {
	switch m {
	case 0:
		return x <= v
	case 1:
		return x < v
	case 2:
		return x >= v
	case 3:
		return x > v
	case 4:
		return x == v
	}
	return x != v
}

func treeClassifier[T kernel.Float](n *node[T]) ([]result[T], error) {
	classes, err := n.labels("classlabels_int64s")
	if err != nil {
		return nil, err
	}
	ids, columns := n.Attr["class_ids"].Ints, classes
	if classes == 2 && len(ids) > 0 && !slices.ContainsFunc(ids, func(id int64) bool { return id != ids[0] }) {
		columns = 1 // the score of class 1, whichever class the file names
	}
	z, err := n.grow("class", columns)
	if err != nil {
		return nil, err
	}
	base := T(1)
	if slices.ContainsFunc(n.Attr["class_weights"].Floats, func(w float32) bool { return w < 0 }) {
		base = 0
	}
	scores, err := n.scores(z, classes, base)
	return []result[T]{unknown[T]("labels"), scores}, err
}

func treeRegressor[T kernel.Float](n *node[T]) ([]result[T], error) {
	z, err := n.grow("target", max(n.int("n_targets", 1), 1))
	if err != nil {
		return nil, err
	}
	r, err := n.finish(z)
	return []result[T]{r}, err
}

// grow returns the scores of a forest, whose leaves are in the attributes that
// start with kind.
func (n *node[T]) grow(kind string, columns int) (*operand[T], error) {
	x, err := n.table()
	if err != nil {
		return nil, err
	}
	f := &forest[T]{scores: columns}
	switch a := n.text("aggregate_function", "SUM"); a {
	case "SUM":
	case "AVERAGE":
		f.mean = true
	default:
		return nil, unsupportedf("aggregate_function %q", a)
	}
	base := n.Attr["base_values"].Floats
	if len(base) != 0 && len(base) != columns {
		return nil, unsupportedf("%d base values for %d scores", len(base), columns)
	}
	for _, v := range base {
		f.base = append(f.base, T(v))
	}
	places, err := f.plant(n, x.shape[1])
	if err != nil {
		return nil, err
	}
	if err := f.leaves(n, kind, places); err != nil {
		return nil, err
	}
	if err := n.lim.spend(x.shape[0], len(f.nodes)); err != nil {
		return nil, err
	}
	return n.c.keep(&one([]int{x.shape[0], columns}, function[T]{forward: f.forward}, x)[0])
}

// A place names a node: its tree, and its number there.
type place struct{ tree, node int64 }

// plant reads the nodes, and sees that they are trees.
func (f *forest[T]) plant(n *node[T], features int) (map[place]int32, error) {
	ids := n.Attr["nodes_nodeids"].Ints
	count := len(ids)
	if count == 0 || count > 1<<26 {
		return nil, unsupportedf("%d nodes", count)
	}
	if _, err := n.lim.take([]int{count, 8}); err != nil {
		return nil, err
	}
	var arg [4][]int64
	for i, name := range []string{"nodes_treeids", "nodes_featureids", "nodes_truenodeids", "nodes_falsenodeids"} {
		if arg[i] = n.Attr[name].Ints; len(arg[i]) != count {
			return nil, invalidf("%s has %d numbers for %d nodes", name, len(arg[i]), count)
		}
	}
	trees, feature, yes, no := arg[0], arg[1], arg[2], arg[3]
	values, names := n.Attr["nodes_values"].Floats, n.Attr["nodes_modes"].Texts
	missing := n.Attr["nodes_missing_value_tracks_true"].Ints
	if len(values) != count || len(names) != count || len(missing) != 0 && len(missing) != count {
		return nil, invalidf("%d values, %d modes and %d ways for missing values of %d nodes", len(values), len(names), len(missing), count)
	}
	places := make(map[place]int32, count)
	for i, id := range ids {
		p := place{trees[i], id}
		if _, ok := places[p]; ok {
			return nil, invalidf("node %d of tree %d twice", p.node, p.tree)
		}
		places[p] = int32(i)
	}
	child := make([]bool, count) // of another node
	for i, name := range names {
		b := branch{leaf: name == "LEAF", value: values[i], missing: len(missing) != 0 && missing[i] != 0}
		if !b.leaf {
			m := slices.Index(modes, name)
			if m < 0 {
				return nil, unsupportedf("mode %q", name)
			}
			if feature[i] < 0 || feature[i] >= int64(features) {
				return nil, invalidf("feature %d of %d", feature[i], features)
			}
			b.mode, b.feature = mode(m), int32(feature[i])
			for k, to := range []*int32{&b.yes, &b.no} {
				p := place{trees[i], []int64{yes[i], no[i]}[k]}
				at, ok := places[p]
				if !ok || child[at] {
					return nil, invalidf("node %d of tree %d has no parent of its own", p.node, p.tree)
				}
				child[at], *to = true, at
			}
		}
		f.nodes = append(f.nodes, b)
	}
	if err := f.root(trees, child); err != nil {
		return nil, err
	}
	return places, nil
}

// root finds the roots. As no node has two parents, what hangs on a root is a
// tree; what hangs on none runs in a circle.
func (f *forest[T]) root(trees []int64, child []bool) error {
	seen := make(map[int64]bool)
	var reached []int32
	for i, c := range child {
		if c {
			continue
		}
		if seen[trees[i]] {
			return invalidf("tree %d has two roots", trees[i])
		}
		seen[trees[i]] = true
		f.roots, reached = append(f.roots, int32(i)), append(reached, int32(i))
	}
	for i := 0; i < len(reached); i++ {
		if b := f.nodes[reached[i]]; !b.leaf {
			reached = append(reached, b.yes, b.no)
		}
	}
	if len(reached) != len(f.nodes) {
		return invalidf("%d of %d nodes hang on no root", len(f.nodes)-len(reached), len(f.nodes))
	}
	return nil
}

// leaves reads what the leaves add.
func (f *forest[T]) leaves(n *node[T], kind string, places map[place]int32) error {
	values := n.Attr[kind+"_weights"].Floats
	var arg [3][]int64
	for i, name := range []string{"_treeids", "_nodeids", "_ids"} {
		if arg[i] = n.Attr[kind+name].Ints; len(arg[i]) != len(values) {
			return invalidf("%s has %d numbers for %d weights", kind+name, len(arg[i]), len(values))
		}
	}
	if _, err := n.lim.take([]int{len(values), 4}); err != nil {
		return err
	}
	order := make([]int, len(values)) // the weights of a leaf together
	at := make([]int32, len(values))
	for i := range values {
		p := place{arg[0][i], arg[1][i]}
		leaf, ok := places[p]
		if !ok || !f.nodes[leaf].leaf {
			return invalidf("node %d of tree %d is no leaf", p.node, p.tree)
		}
		if f.scores > 1 && (arg[2][i] < 0 || arg[2][i] >= int64(f.scores)) {
			return invalidf("score %d of %d", arg[2][i], f.scores)
		}
		order[i], at[i] = i, leaf
	}
	slices.SortStableFunc(order, func(a, b int) int { return int(at[a]) - int(at[b]) })
	for _, i := range order {
		b := &f.nodes[at[i]]
		if b.last == 0 {
			b.first = int32(len(f.weights))
		}
		w := weight{value: values[i]}
		if f.scores > 1 {
			w.score = int32(arg[2][i])
		}
		f.weights = append(f.weights, w)
		b.last = int32(len(f.weights))
	}
	return nil
}

func (f *forest[T]) forward(in [][]T, out, _ []T) {
	features := len(in[0]) / max(len(out)/f.scores, 1)
	for r := range len(out) / f.scores {
		x, y := in[0][r*features:(r+1)*features], out[r*f.scores:(r+1)*f.scores]
		clear(y)
		for _, root := range f.roots {
			b := &f.nodes[root]
			for !b.leaf {
				v, next := float64(x[b.feature]), b.no
				if b.mode.holds(v, float64(b.value)) || b.missing && v != v { // only what is no number differs from itself
					next = b.yes
				}
				b = &f.nodes[next]
			}
			for _, w := range f.weights[b.first:b.last] {
				y[w.score] += T(w.value)
			}
		}
		for i := range y {
			if f.mean {
				y[i] /= T(len(f.roots))
			}
			if f.base != nil {
				y[i] += f.base[i]
			}
		}
	}
}
