package savedmodel

import (
	"cmp"
	"maps"
	"math/bits"
	"path"
	"slices"
	"strconv"
	"strings"

	"quintain"
	"quintain/scan"
	"quintain/scan/internal/tfops"
)

// widths are the sizes of the element types in bytes.
var widths = map[uint64]uint64{
	1: 4, 2: 8, 3: 4, 4: 1, 5: 2, 6: 1, 8: 8, 9: 8, 10: 1, 11: 1, 12: 1, 13: 4, 14: 2, 15: 2, 16: 2, 17: 2, 18: 16, 19: 2, 22: 4, 23: 8,
	24: 1, 25: 1,
}

// content notes what a constant says of itself.
func (x *walker) content(v val) error {
	var err error
	switch {
	case v.name == "dtype":
		x.tensor.kind = v.number
	case v.name == "tensor_content":
		x.tensor.content = v.n
		x.data(v)
	case v.name == "string_val":
		if x.node != nil && len(x.node.strings) < 4 {
			var s string
			s, err = x.str(v)
			x.node.strings = append(x.node.strings, s)
		}
	case strings.HasSuffix(v.name, "_val") && v.kind != message:
		x.data(v)
	}
	return err
}

// data accounts for bytes that are numbers.
func (x *walker) data(v val) {
	x.f.Account(scan.Tensor, v.n)
	x.numbers += v.n
}

// size compares the bytes of a constant with its shape.
func (x *walker) size(at int64) {
	t := x.tensor
	width, known := widths[t.kind%100] // a reference to a type is 100 more
	switch {
	case t.bad:
		x.f.Reportf(quintain.High, at, "the shape of a constant is negative or overflows")
	case t.content >= 0 && known:
		hi, want := bits.Mul64(t.elements, width)
		if hi != 0 || want != uint64(t.content) {
			x.f.Reportf(quintain.High, at, "a constant has %d bytes where its shape calls for %d", t.content, want)
		}
	}
}

// judge reports what the operators that were seen amount to.
func (x *walker) judge() {
	for name := range x.uses {
		if _, ok := x.local[name]; ok && tfops.ClassOf(name) == "" {
			delete(x.uses, name)
		}
	}
	slices.SortStableFunc(x.found, func(a, b node) int { return cmp.Compare(a.at, b.at) })
	for i := range x.found {
		x.special(&x.found[i])
	}
	byPlace := func(m map[string]int64) []string {
		return slices.SortedFunc(maps.Keys(m), func(a, b string) int { return cmp.Or(cmp.Compare(m[a], m[b]), strings.Compare(a, b)) })
	}
	for _, name := range byPlace(x.uses) {
		if tfops.ClassOf(name) == "" {
			x.f.Reportf(quintain.Medium, x.uses[name], "uses operator %q, which a library of its own supplies", name)
		}
	}
	for _, name := range byPlace(x.local) {
		if tfops.ClassOf(name) != "" {
			x.f.Reportf(quintain.High, x.local[name], "defines operator %q of TensorFlow anew", name)
		}
	}
	if x.full {
		x.f.Doubtf(-1, "the model has more than %d different operators or functions", maxNames)
	}
}

// special judges a node whose operator reaches outside the graph.
func (x *walker) special(n *node) {
	class := tfops.ClassOf(n.op)
	switch class {
	case tfops.Checkpoint:
		for _, s := range n.strings {
			if escapes(s) && looksLikePath(s) {
				x.f.Reportf(quintain.Medium, n.at, "operator %q names the file %q outside the folder of the model", n.op, s)
			}
		}
	case tfops.Print:
		if s := n.attrs["output_stream"]; s != "" && s != "stdout" && s != "stderr" && !strings.HasPrefix(s, "log(") {
			x.f.Reportf(quintain.High, n.at, "operator %q, which writes to %q", n.op, s)
		}
	case tfops.Program:
		x.program(n)
	default:
		x.f.Reportf(quintain.High, n.at, "operator %q, which %s%s", n.op, class.Does(), named(n))
	}
}

// named lists the constant texts that a node works with.
func named(n *node) string {
	var all []string
	for _, s := range n.strings {
		all = append(all, strconv.Quote(s))
	}
	for _, key := range []string{"token", "memory_region_name", "call_target_name", "debug_urls", "address", "file_pattern", "output_file_path"} {
		if s := n.attrs[key]; s != "" {
			all = append(all, key+" "+strconv.Quote(s))
		}
	}
	if len(all) == 0 {
		return ""
	}
	return ": " + strings.Join(all, ", ")
}

// escapes reports whether a path leads out of the folder it is below.
func escapes(s string) bool {
	slashed := strings.ReplaceAll(s, `\`, "/")
	return strings.HasPrefix(slashed, "/") || strings.HasPrefix(slashed, "~") || strings.Contains(slashed, "://") ||
		len(slashed) > 1 && slashed[1] == ':' || slices.Contains(strings.Split(slashed, "/"), "..") || strings.ContainsRune(s, 0)
}

// looksLikePath reports whether a text names a file, not a part of a name.
func looksLikePath(s string) bool { return path.Base(s) != "/" && len(s) > 2 }
