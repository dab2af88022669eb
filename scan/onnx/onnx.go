// Package onnx finds models in the ONNX format that reach outside their file
// or need code that is not part of it.
package onnx

import (
	"bytes"
	"cmp"
	"context"
	_ "embed"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"google.golang.org/protobuf/encoding/protowire"

	"quintain"
	"quintain/scan"
)

//go:embed onnx.md
var doc string

//go:embed ops.txt
var opsText string

// Format reports data read from elsewhere, operators that need a library of
// their own, and tensors that do not have the size of their shape.
var Format = &scan.Format{
	Check: quintain.Check{
		Name:       "scan/onnx",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0011.000", "AML.T0018.001", "LLM04:2026", "CWE-22"},
		Accepts:    []quintain.Kind{quintain.KindArtifact},
	},
	Extensions: []string{".onnx"},
	Match:      match,
	Inspect:    inspect,
	Twin:       twin,
}

// operators returns the operators of the ONNX standard.
var operators = sync.OnceValue(func() map[op]bool {
	out := make(map[op]bool)
	domain := ""
	for line := range strings.SplitSeq(opsText, "\n") {
		line, _, _ = strings.Cut(line, "#")
		if d, ok := strings.CutSuffix(line, ":"); ok {
			domain = d
			continue
		}
		for name := range strings.FieldsSeq(line) {
			out[op{domain, name}] = true
		}
	}
	return out
})

// dangerous are operators of runtimes that run or load something.
var dangerous = map[op]string{
	{"com.microsoft", "PythonOp"}:      "runs Python functions",
	{"com.microsoft", "PythonOpGrad"}:  "runs Python functions",
	{"com.microsoft", "EPContext"}:     "loads a compiled program, from a file if it says so",
	{"com.microsoft", "SnpeOp"}:        "loads a compiled program",
	{"com.microsoft", "OpenVINO"}:      "loads a compiled program",
	{"ai.onnx.contrib", "PyOp"}:        "runs Python functions",
	{"ai.onnx.contrib", "AzureAudio"}:  "reaches the network",
	{"ai.onnx.contrib", "AzureText"}:   "reaches the network",
	{"ai.onnx.contrib", "AzureTriton"}: "reaches the network",
	{"org.pytorch.aten", "ATen"}:       "runs functions of PyTorch by name",
}

// builtin are domains whose other operators a common runtime has without a
// library: those of ONNX Runtime.
var builtin = map[string]bool{"com.microsoft": true, "com.microsoft.nchwc": true, "com.ms.internal.nhwc": true}

// match reads the first fields. The format has no magic number; models begin
// with their version. Fields that are not known are for inspect to doubt.
//
// A SavedModel of TensorFlow begins with the same two fields and has no others;
// its second one is a long message, where that of a model is a short name. A
// file that calls itself .onnx is taken at its word.
func match(name string, head []byte) bool {
	known, version := 0, false
	model := false // it has a field that a SavedModel has not, or a name as its second
	for first := true; len(head) > 0; first = false {
		num, wire, n := protowire.ConsumeTag(head)
		if n < 0 || num >= foreign {
			return false
		}
		if first && num == 1 && wire == protowire.VarintType {
			v, _ := protowire.ConsumeVarint(head[n:])
			version = v > 0 && v < 1000
		}
		if f, ok := schema["model"][num]; ok && fits(f.kind, wire) {
			known++
		} else if !version {
			return false
		}
		model = model || num > 2
		k := protowire.ConsumeFieldValue(num, wire, head[n:])
		if k < 0 { // the field goes on behind the head, or nowhere
			model = model || num == 2 && printable(head[n:])
			break
		}
		head = head[n+k:]
	}
	if strings.HasSuffix(strings.ToLower(name), ".onnx") {
		return known > 0
	}
	return known > 1 && version && model
}

// foreign is the first number of a field that no model has but those of Core
// ML, which begin like it.
const foreign = 200

// printable reports whether a field that follows its tag holds text, as far as
// the head reaches.
func printable(head []byte) bool {
	_, n := protowire.ConsumeVarint(head)
	return n < 0 || !bytes.ContainsFunc(head[n:], func(r rune) bool { return r < ' ' && r != '\t' && r != '\n' && r != '\r' })
}

func inspect(ctx context.Context, f *scan.File) error {
	x := &walker{
		ctx: ctx, f: f, w: scan.NewWindow(f, f.Size()),
		unknown: make(map[string]bool), uses: make(map[op]*use), local: make(map[op]int64),
		places: make(map[string]int64), imports: make(map[string]bool),
	}
	err := x.fields("model", 0, f.Size(), func(v val) error {
		if v.name == "opset_import" {
			return x.opset(v)
		}
		if v.kind == nested {
			return x.walk(v.sub, v, 0)
		}
		return nil
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	x.judge()
	if err != nil {
		return err
	}
	if x.graphs == 0 || len(x.imports) == 0 {
		f.Doubtf(-1, "the model lacks its graph or the version of its operators")
	}
	f.Account(scan.Parsed, f.Size()-x.numbers)
	f.Fact("nodes", strconv.FormatInt(x.nodes, 10))
	f.Fact("parameters", strconv.FormatInt(x.elements, 10))
	f.Fact("domains", strings.Join(slices.Sorted(maps.Keys(x.imports)), " "))
	if len(x.local) > 0 {
		f.Fact("local functions", strconv.Itoa(len(x.local)))
	}
	return nil
}

// opset notes a set of operators that the model asks for.
func (x *walker) opset(o val) error {
	domain := ""
	err := x.fields("opset", o.off, o.off+o.n, func(v val) (err error) {
		if v.name == "domain" {
			domain, err = x.str(v)
		}
		return err
	})
	if len(x.imports) < maxNames {
		x.imports[canonical(domain)] = true
	}
	return err
}

// judge reports what the operators and places that were seen amount to.
func (x *walker) judge() {
	byPlace := func(a, b op) int {
		return cmp.Or(cmp.Compare(x.uses[a].at, x.uses[b].at), cmp.Compare(a.String(), b.String()))
	}
	for _, o := range slices.SortedFunc(maps.Keys(x.uses), byPlace) {
		u := x.uses[o]
		_, local := x.local[o]
		standardDomain := slices.ContainsFunc(slices.Collect(maps.Keys(operators())), func(s op) bool { return s.domain == o.domain })
		switch why := dangerous[o]; {
		case why != "":
			x.f.Reportf(quintain.High, u.at, "uses operator %q, which %s", o, why)
		case operators()[o] || local || builtin[o.domain]:
		case standardDomain:
			x.f.Doubtf(u.at, "uses operator %q, which the standard does not know", o)
		default:
			x.f.Reportf(quintain.Medium, u.at, "uses operator %q, which a library of its own supplies", o)
		}
	}
	for _, o := range slices.SortedFunc(maps.Keys(x.local), func(a, b op) int { return cmp.Compare(x.local[a], x.local[b]) }) {
		if operators()[o] {
			x.f.Reportf(quintain.High, x.local[o], "defines operator %q of the standard anew", o)
		}
	}
	for _, p := range slices.SortedFunc(maps.Keys(x.places), func(a, b string) int { return cmp.Compare(x.places[a], x.places[b]) }) {
		x.f.Doubtf(x.places[p], "tensors are in the file %q beside the model, which was not compared with it", p)
	}
	if x.truncated {
		x.f.Doubtf(-1, "the model uses more than %d different operators", maxNames)
	}
}

// twin is a model whose only tensor is read from a file of the system.
func twin() (name string, data []byte) {
	msg := func(num protowire.Number, b []byte) []byte {
		return protowire.AppendBytes(protowire.AppendTag(nil, num, protowire.BytesType), b)
	}
	num := func(f protowire.Number, v uint64) []byte {
		return protowire.AppendVarint(protowire.AppendTag(nil, f, protowire.VarintType), v)
	}
	entry := slices.Concat(msg(1, []byte("location")), msg(2, []byte("../../etc/hostname")))
	tensor := slices.Concat(num(1, 1), num(2, 2), msg(8, []byte("w")), msg(13, entry), num(14, 1))
	graph := slices.Concat(msg(2, []byte("g")), msg(5, tensor))
	return "twin.onnx", slices.Concat(num(1, 8), msg(7, graph), msg(8, num(2, 17)))
}
