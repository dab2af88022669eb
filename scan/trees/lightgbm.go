package trees

import (
	"bytes"
	"context"
	"math"
	"slices"
	"strconv"
	"strings"

	"quintain"
	"quintain/scan"
)

// isLightGBM reports whether head begins a model of LightGBM.
func isLightGBM(head []byte) bool {
	first, rest, _ := bytes.Cut(head, []byte("\n"))
	return string(bytes.TrimSpace(first)) == "tree" && bytes.HasPrefix(rest, []byte("version="))
}

// A lgbm is a model of LightGBM under inspection.
type lgbm struct {
	f        *scan.File
	b        []byte
	i        int
	features int
	sizes    []float64 // of the trees, in bytes
	trees    int
	leaves   int
}

// Names in the text of a model.
var (
	lgbmHead = strings.Fields("tree version num_class num_tree_per_iteration label_index max_feature_idx objective average_output " +
		"feature_names monotone_constraints feature_infos tree_sizes linear_tree")
	lgbmTree = strings.Fields("num_leaves num_cat split_feature split_gain threshold decision_type left_child right_child leaf_value " +
		"leaf_weight leaf_count internal_value internal_weight internal_count cat_boundaries cat_threshold is_linear leaf_const " +
		"num_features leaf_features leaf_coeff shrinkage leaf_parent")
)

// line returns the next line and where it begins.
func (x *lgbm) line() (string, int64) {
	at := x.i
	l, _, found := bytes.Cut(x.b[x.i:], []byte("\n"))
	x.i += len(l)
	if found {
		x.i++
	}
	return strings.TrimSpace(string(l)), int64(at)
}

// lightgbm inspects a model of LightGBM.
func lightgbm(ctx context.Context, f *scan.File, b []byte) error {
	if bytes.IndexByte(b, 0) >= 0 {
		return scan.Errorf(int64(bytes.IndexByte(b, 0)), "a zero byte in a text")
	}
	x := &lgbm{f: f, b: b, features: -1}
	if err := x.head(); err != nil {
		return err
	}
	for {
		at := x.i
		l, off := x.line()
		switch {
		case strings.HasPrefix(l, "Tree="):
			if err := ctx.Err(); err != nil {
				return err
			}
			x.i = at
			if err := x.tree(); err != nil {
				return err
			}
		case l == "" && x.i < len(x.b):
		case l == "end of trees":
			x.rest()
			f.Fact("trees", strconv.Itoa(x.trees))
			f.Fact("leaves", strconv.Itoa(x.leaves))
			if len(x.sizes) != x.trees {
				f.Reportf(quintain.High, -1, "the model claims %d trees and has %d", len(x.sizes), x.trees)
			}
			return nil
		default:
			return scan.Errorf(off, "something that is no tree: %q", clip(l))
		}
	}
}

// head reads what stands before the trees.
func (x *lgbm) head() error {
	for x.i < len(x.b) {
		at := x.i
		l, off := x.line()
		if l == "" {
			continue
		}
		if strings.HasPrefix(l, "Tree=") || l == "end of trees" {
			x.i = at
			if x.features < 0 {
				return scan.Errorf(off, "the model does not say how many features it has")
			}
			return nil
		}
		key, value, _ := strings.Cut(l, "=")
		if !slices.Contains(lgbmHead, key) {
			x.f.Doubtf(off, "the name %q is not known where it stands", clip(key))
		}
		switch key {
		case "max_feature_idx":
			n, err := strconv.Atoi(value)
			if err != nil || n < 0 || n > 1<<30 {
				return scan.Errorf(off, "the highest feature is %q", clip(value))
			}
			x.features = n + 1
		case "tree_sizes":
			x.sizes, _ = numbers(value)
		case "feature_names", "feature_infos":
			if n := len(strings.Fields(value)); x.features >= 0 && n != x.features {
				x.f.Reportf(quintain.Medium, off, "%s has %d entries for %d features", key, n, x.features)
			}
		case "objective":
			if name, _, _ := strings.Cut(value, " "); name == "custom" {
				x.f.Fact("objective", "custom")
			}
		}
	}
	return scan.Errorf(int64(x.i), "the model ends before its trees")
}

// numbers reads numbers between spaces.
func numbers(s string) ([]float64, bool) {
	var out []float64
	for w := range strings.FieldsSeq(s) {
		v, err := strconv.ParseFloat(w, 64)
		if err != nil {
			return out, false
		}
		out = append(out, v)
	}
	return out, true
}

// tree reads one tree and checks that its lists fit its leaves.
func (x *lgbm) tree() error {
	start := x.i
	_, off := x.line()
	lists := make(map[string][]float64)
	for x.i < len(x.b) {
		at := x.i
		l, off := x.line()
		if strings.HasPrefix(l, "Tree=") || l == "end of trees" {
			x.i = at
			break
		}
		if l == "" {
			continue
		}
		key, value, ok := strings.Cut(l, "=")
		if !ok || !slices.Contains(lgbmTree, key) {
			x.f.Doubtf(off, "the name %q is not known in a tree", clip(key))
			continue
		}
		if _, twice := lists[key]; twice {
			x.f.Reportf(quintain.High, off, "%q is in a tree twice, so programs differ on what it is", key)
		}
		v, ok := numbers(value)
		if !ok {
			return scan.Errorf(off, "something that is no number in %s", key)
		}
		lists[key] = v
	}
	if i := x.trees; i < len(x.sizes) && x.sizes[i] != float64(x.i-start) {
		x.f.Reportf(quintain.High, off, "tree %d claims %.0f bytes and has %d", i, x.sizes[i], x.i-start)
	}
	x.trees++
	x.judge(off, lists)
	return nil
}

// one returns the single number of a list.
func one(v []float64) int {
	if len(v) != 1 || v[0] != math.Trunc(v[0]) || math.Abs(v[0]) > maxSize {
		return -1
	}
	return int(v[0])
}

// judge compares the lists of a tree.
func (x *lgbm) judge(off int64, lists map[string][]float64) {
	leaves := one(lists["num_leaves"])
	if leaves < 1 {
		x.f.Reportf(quintain.High, off, "a tree claims %v leaves", lists["num_leaves"])
		return
	}
	x.leaves += leaves
	for _, key := range []string{"left_child", "right_child", "split_feature", "threshold", "decision_type", "leaf_value"} {
		want := leaves - 1
		if key == "leaf_value" {
			want = leaves
		}
		if got := len(lists[key]); got != want && (leaves > 1 || key == "leaf_value") {
			x.f.Reportf(quintain.High, off, "%s of a tree has %d entries, want %d for %d leaves", key, got, want, leaves)
			return
		}
	}
	if leaves == 1 {
		return
	}
	for i, v := range lists["split_feature"] {
		if !(v >= 0 && v < float64(x.features)) {
			x.f.Reportf(quintain.High, off, "node %d splits on feature %v of %d", i, v, x.features)
			return
		}
	}
	if why := lgbmLinks(lists["left_child"], lists["right_child"], leaves); why != "" {
		x.f.Reportf(quintain.High, off, "%s", why)
	}
	x.categories(off, lists)
}

// lgbmLinks says what is wrong with the links of a tree. Leaf i is -i-1.
func lgbmLinks(left, right []float64, leaves int) string {
	seen := make(map[float64]bool)
	for i := range left {
		for _, c := range []float64{left[i], right[i]} {
			if !(c >= -float64(leaves) && c < float64(leaves-1)) || c == 0 || c != math.Trunc(c) {
				return "node " + strconv.Itoa(i) + " of a tree leads to node " + strconv.FormatFloat(c, 'f', -1, 64) + " of " + strconv.Itoa(leaves-1)
			}
			if seen[c] {
				return "node " + strconv.FormatFloat(c, 'f', -1, 64) + " of a tree is a child twice, so a walk may not end"
			}
			seen[c] = true
		}
	}
	return ""
}

// categories checks the sets of categories.
func (x *lgbm) categories(off int64, lists map[string][]float64) {
	n := one(lists["num_cat"])
	if n <= 0 {
		return
	}
	bounds, words := lists["cat_boundaries"], lists["cat_threshold"]
	ok := len(bounds) == n+1 && bounds[0] == 0 && bounds[n] == float64(len(words)) && slices.IsSorted(bounds)
	for i, t := range lists["threshold"] {
		if kind := lists["decision_type"][i]; int64(kind)&1 == 1 {
			ok = ok && t >= 0 && t < float64(n)
		}
	}
	if !ok {
		x.f.Reportf(quintain.High, off, "the sets of categories of a tree do not fit their list")
	}
}

// rest reads what stands behind the trees.
func (x *lgbm) rest() {
	section := ""
	for x.i < len(x.b) {
		l, off := x.line()
		switch {
		case l == "":
		case l == "feature_importances:", l == "parameters:":
			section = l
		case l == "end of parameters":
			section = ""
		case section == "parameters:" && strings.HasPrefix(l, "[") && strings.HasSuffix(l, "]") && strings.Contains(l, ":"):
		case section == "feature_importances:" && strings.Contains(l, "="):
		case strings.HasPrefix(l, "pandas_categorical:"):
			section = ""
		default:
			x.f.Doubtf(off, "text that is not known: %q", clip(l))
		}
	}
}

// clip cuts a text that is quoted.
func clip(s string) string {
	if len(s) > 60 {
		return s[:60] + "..."
	}
	return s
}
