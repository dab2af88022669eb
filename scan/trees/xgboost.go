package trees

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"quintain"
	"quintain/scan"
)

// jsonModel inspects a model of XGBoost in JSON.
func jsonModel(ctx context.Context, f *scan.File, b []byte) error {
	root, err := fromJSON(b)
	if err != nil {
		return err
	}
	x := &xgboost{f: f, ctx: ctx}
	x.twice(&root)
	return x.model(&root)
}

// ubjsonModel inspects a model of XGBoost in UBJSON.
func ubjsonModel(ctx context.Context, f *scan.File, b []byte) error {
	p := &ubj{b: b}
	root, err := p.value(0)
	if err != nil {
		return err
	}
	if p.i < len(b) {
		f.Reportf(quintain.Medium, int64(p.i), "%s follow the end of the model", scan.Count(len(b)-p.i, "byte"))
	}
	x := &xgboost{f: f, ctx: ctx}
	x.twice(&root)
	return x.model(&root)
}

// An xgboost is a model under inspection.
type xgboost struct {
	f     *scan.File
	ctx   context.Context //nolint:containedctx // it serves one call of Inspect
	trees int
	nodes int64
}

// twice reports names that are in one object twice.
func (x *xgboost) twice(n *node) {
	seen := make(map[string]bool)
	for i := range n.members {
		m := &n.members[i]
		if seen[m.name] {
			x.f.Reportf(quintain.High, m.off, "the name %q is there twice, so programs differ on what it is", m.name)
		}
		seen[m.name] = true
		x.twice(&m.node)
	}
	for i := range n.items {
		x.twice(&n.items[i])
	}
}

// known are the names in the objects of a model. Those that end in "param" hold
// numbers only.
var known = map[string]string{
	"":        "learner version Model Config",
	"learner": "attributes feature_names feature_types gradient_booster learner_model_param objective learner_train_param metrics generic_param default_metric cats",
	"booster": "name model weight_drop gbtree gbtree_train_param gblinear_train_param dart_train_param specified_updater updater version tree_train_param",
	"model":   "gbtree_model_param iteration_indptr tree_info trees weights boosted_rounds param cats",
	"tree":    "base_weights categories categories_nodes categories_segments categories_sizes default_left id left_children loss_changes parents right_children split_conditions split_indices split_type sum_hessian tree_param leaf_child_counts split_conditions leaf_weights",
}

// names doubts names that an object of this kind does not have.
func (x *xgboost) names(n *node, kind string) {
	for i := range n.members {
		m := &n.members[i]
		if !slices.Contains(strings.Fields(known[kind]), m.name) {
			x.f.Doubtf(m.off, "the name %q is not known where it stands", m.name)
		}
	}
}

// model inspects the root of a model.
func (x *xgboost) model(root *node) error {
	x.names(root, "")
	if inner := root.get("Model"); inner != nil { // a model with its settings
		x.names(inner, "")
		root = inner
	}
	l := root.get("learner")
	if l == nil || l.sort != object {
		return scan.Errorf(root.off, "a model without a learner")
	}
	x.names(l, "learner")
	if v := root.get("version"); v != nil && len(v.nums) > 0 {
		var parts []string
		for _, n := range v.nums {
			parts = append(parts, strconv.FormatFloat(n, 'f', -1, 64))
		}
		x.f.Fact("XGBoost", strings.Join(parts[:min(3, len(parts))], "."))
	}
	features, ok := l.get("learner_model_param").get("num_feature").integer()
	if !ok || features < 0 {
		x.f.Doubtf(l.off, "the model does not say how many features it has")
	}
	for _, key := range []string{"feature_names", "feature_types"} {
		if n := l.get(key); n != nil && n.size() > 0 && int64(n.size()) != features {
			x.f.Reportf(quintain.Medium, n.off, "%s has %d entries for %d features", key, n.size(), features)
		}
	}
	x.objective(l.get("objective"))
	b := l.get("gradient_booster")
	if b == nil || b.sort != object {
		return scan.Errorf(l.off, "a model without a booster")
	}
	x.names(b, "booster")
	if inner := b.get("gbtree"); inner != nil {
		x.names(inner, "booster")
		b = inner
	}
	m := b.get("model")
	if m == nil || m.sort != object {
		return scan.Errorf(b.off, "a booster without a model")
	}
	x.names(m, "model")
	x.forest(m, features)
	x.f.Fact("trees", strconv.Itoa(x.trees))
	x.f.Fact("nodes", strconv.FormatInt(x.nodes, 10))
	return x.ctx.Err()
}

// objective doubts an objective that is not one of XGBoost.
func (x *xgboost) objective(o *node) {
	name := o.get("name")
	if name == nil || name.sort != text {
		x.f.Doubtf(-1, "the model does not name its objective")
		return
	}
	group, _, _ := strings.Cut(name.text, ":")
	if !slices.Contains([]string{"reg", "binary", "multi", "rank", "count", "survival"}, group) {
		x.f.Doubtf(name.off, "the objective %q is not one of XGBoost", name.text)
	}
}

// forest inspects the trees.
func (x *xgboost) forest(m *node, features int64) {
	trees := m.get("trees")
	if trees == nil {
		if w := m.get("weights"); w == nil {
			x.f.Doubtf(m.off, "a model without trees or weights")
		} else if features >= 0 && len(w.nums)%(int(min(features, 1<<30))+1) != 0 {
			x.f.Reportf(quintain.High, w.off, "%d weights do not fit %d features", len(w.nums), features)
		}
		return
	}
	x.trees = trees.size()
	if n, ok := m.get("gbtree_model_param").get("num_trees").integer(); !ok || n != int64(x.trees) {
		x.f.Reportf(quintain.High, m.off, "the model claims %d trees and has %d", n, x.trees)
	}
	if info := m.get("tree_info"); info == nil || info.size() != x.trees {
		x.f.Reportf(quintain.High, m.off, "tree_info does not have one entry for each of %s", scan.Count(x.trees, "tree"))
	}
	if p := m.get("iteration_indptr"); p != nil {
		for i, v := range p.nums {
			if v < 0 || v > float64(x.trees) || i > 0 && v < p.nums[i-1] {
				x.f.Reportf(quintain.High, p.off, "iteration_indptr leads to tree %.0f of %d", v, x.trees)
				break
			}
		}
	}
	for i := range trees.items {
		x.tree(&trees.items[i], features)
	}
	if len(trees.nums) > 0 {
		x.f.Reportf(quintain.High, trees.off, "numbers stand where trees should be")
	}
}

// tree inspects one tree: all lists have one entry for each node, and all links
// lead to other nodes, none of them twice.
func (x *xgboost) tree(t *node, features int64) {
	x.names(t, "tree")
	n, ok := t.get("tree_param").get("num_nodes").integer()
	if !ok || n <= 0 || n > maxSize {
		x.f.Reportf(quintain.High, t.off, "a tree claims %d nodes", n)
		return
	}
	x.nodes += n
	width, _ := t.get("tree_param").get("size_leaf_vector").integer()
	for _, key := range []string{"left_children", "right_children", "parents", "split_indices", "split_conditions", "default_left", "split_type", "sum_hessian", "loss_changes", "base_weights"} {
		v := t.get(key)
		size := 0
		if v != nil {
			size = v.size()
		}
		optional := v == nil && (key == "split_type" || key == "parents")
		vector := key == "base_weights" && width > 1 && int64(size) == n*width
		if int64(size) != n && !optional && !vector {
			x.f.Reportf(quintain.High, t.off, "%s of a tree has %d entries for %d nodes", key, size, n)
			return
		}
	}
	left, right := t.get("left_children").nums, t.get("right_children").nums
	if int64(len(left)) != n || int64(len(right)) != n {
		x.f.Reportf(quintain.High, t.off, "the children of a tree are no numbers")
		return
	}
	x.links(t.off, left, right)
	split := t.get("split_indices").nums
	for i := range left {
		if left[i] != -1 && i < len(split) && features > 0 && (split[i] < 0 || split[i] >= float64(features)) {
			x.f.Reportf(quintain.High, t.off, "node %d splits on feature %.0f of %d", i, split[i], features)
			break
		}
	}
	x.categories(t)
}

// links checks the children of all nodes: each is the child of one node at
// most, and none is the root.
func (x *xgboost) links(off int64, left, right []float64) {
	if why := badLinks(left, right); why != "" {
		x.f.Reportf(quintain.High, off, "%s", why)
	}
}

// badLinks says what is wrong with the links of a tree, if something is.
func badLinks(left, right []float64) string {
	seen := make([]bool, len(left))
	for i := range left {
		if (left[i] == -1) != (right[i] == -1) {
			return "node " + strconv.Itoa(i) + " of a tree has one child"
		}
		for _, c := range []float64{left[i], right[i]} {
			switch {
			case c == -1:
			case !(c >= 1 && c < float64(len(left))) || c != float64(int(c)):
				return "node " + strconv.Itoa(i) + " of a tree leads to node " + strconv.FormatFloat(c, 'f', -1, 64) + " of " + strconv.Itoa(len(left))
			case seen[int(c)]:
				return "node " + strconv.Itoa(int(c)) + " of a tree is a child twice, so a walk may not end"
			default:
				seen[int(c)] = true
			}
		}
	}
	return ""
}

// categories checks that the segments of categories lie in their list.
func (x *xgboost) categories(t *node) {
	all, from, sizes := t.get("categories"), t.get("categories_segments"), t.get("categories_sizes")
	if all == nil || from == nil || sizes == nil {
		return
	}
	if len(from.nums) != len(sizes.nums) {
		x.f.Reportf(quintain.High, from.off, "%d segments of categories have %d sizes", len(from.nums), len(sizes.nums))
		return
	}
	for i, off := range from.nums {
		if n := sizes.nums[i]; !(off >= 0 && n >= 0 && off+n <= float64(len(all.nums))) {
			x.f.Reportf(quintain.High, from.off, "categories %.0f to %.0f of a node are outside the list of %d", off, off+n, len(all.nums))
			return
		}
	}
}
