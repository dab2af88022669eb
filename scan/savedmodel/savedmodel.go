// Package savedmodel finds TensorFlow graphs that run code, reach files or the
// network, or need operators that are not part of TensorFlow.
package savedmodel

import (
	"bytes"
	"context"
	_ "embed"
	"path"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"

	"quintain"
	"quintain/scan"
)

//go:embed savedmodel.md
var doc string

// Format reports operators of TensorFlow graphs that reach outside the graph.
// It inspects saved models, meta graphs, frozen graphs, and the files beside
// them.
var Format = &scan.Format{
	Check: quintain.Check{
		Name:       "scan/savedmodel",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0011.000", "AML.T0018.002", "LLM04:2026", "CWE-94"},
		Accepts:    []quintain.Kind{quintain.KindArtifact},
	},
	Extensions: []string{".pb", ".meta", "variables.index", ".index", "-of-00001"},
	Match:      func(name string, head []byte) bool { return rootOf(name, head) != "" },
	Inspect:    inspect,
	Twin:       twin,
}

// The roots: the message that a file consists of, or one of two that are none.
const (
	rootModel       = "tensorflow.SavedModel"
	rootMeta        = "tensorflow.MetaGraphDef"
	rootGraph       = "tensorflow.GraphDef"
	rootFingerprint = "tensorflow.FingerprintDef"
	rootDebug       = "tensorflow.GraphDebugInfo"
	rootKeras       = "keras.SavedMetadata"
	rootIndex       = "index of variables"
	rootData        = "data of variables"
)

var shard = regexp.MustCompile(`^[\w.-]+\.data-\d{5}-of-\d{5}$`)

// rootOf says what a file is, or "". Most of these formats have no magic
// number, so it looks for fields that the file has to begin with.
func rootOf(name string, head []byte) string {
	base := path.Base(name)
	switch {
	case len(head) == 0:
		return ""
	case bytes.HasPrefix(head, []byte{0x08, 0x01, 0x12}) && isMeta(head[2:], 0x12) && onlyMeta(head[2:]):
		return rootModel
	case isIndex(head):
		return rootIndex
	case shard.MatchString(base):
		return rootData
	case isGraph(head):
		return rootGraph
	case isMeta(head, 0x0a) && (path.Ext(base) == ".meta" || bytes.Contains(head, []byte("AssignVariableOp"))):
		return rootMeta
	case isFingerprint(head):
		return rootFingerprint
	case head[0] == 0x0a && strings.HasSuffix(base, "debug_info.pb"):
		return rootDebug
	case head[0] == 0x0a && bytes.Contains(head, []byte(`_tf_keras_`)):
		return rootKeras
	}
	return ""
}

// onlyMeta reports whether b has no other field than those that hold meta
// graphs, as far as it reaches.
func onlyMeta(b []byte) bool {
	for len(b) > 0 {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 || num != 2 || typ != protowire.BytesType {
			return false
		}
		k := protowire.ConsumeFieldValue(num, typ, b[n:])
		if k < 0 {
			return true
		}
		b = b[n+k:]
	}
	return true
}

// isMeta reports whether b begins with a field that holds a meta graph, or its
// first one.
func isMeta(b []byte, tag byte) bool {
	if len(b) == 0 || b[0] != tag {
		return false
	}
	_, n := protowire.ConsumeVarint(b[1:])
	if n < 0 || len(b) < n+2 {
		return len(b) > 1 && n >= 0 && tag == 0x12
	}
	b = b[1+n:]
	switch b[0] {
	case 0x0a, 0x12: // its description, or the graph
		_, n := protowire.ConsumeVarint(b[1:])
		return n > 0
	case 0x1a, 0x22, 0x2a, 0x32, 0x3a:
		return true
	}
	return false
}

// isGraph reports whether head begins with a node: its name and its operator.
func isGraph(head []byte) bool {
	if head[0] != 0x0a {
		return false
	}
	size, n := protowire.ConsumeVarint(head[1:])
	if n < 0 {
		return false
	}
	b := head[1+n:]
	b = b[:min(uint64(len(b)), size)]
	for _, tag := range []byte{0x0a, 0x12} {
		if len(b) == 0 || b[0] != tag {
			return false
		}
		word, n := protowire.ConsumeBytes(b[1:])
		if n < 0 || len(word) == 0 || !printable(word) {
			return false
		}
		b = b[1+n:]
	}
	return len(b) == 0 || b[0] == 0x1a || b[0] == 0x22 || b[0] == 0x2a || b[0] == 0x0a || b[0] == 0x12 || b[0] == 0x32
}

func printable(b []byte) bool {
	return utf8.Valid(b) && bytes.IndexFunc(b, func(r rune) bool { return !unicode.IsPrint(r) }) < 0
}

// isFingerprint reports whether head is a fingerprint: four numbers or more.
func isFingerprint(head []byte) bool {
	if len(head) > 300 || head[0] != 0x08 {
		return false
	}
	want := protowire.Number(1)
	for len(head) > 0 {
		num, wire, n := protowire.ConsumeField(head)
		if n < 0 || num < want || num > 7 || num <= 5 && wire != protowire.VarintType || num > 5 && wire != protowire.BytesType {
			return false
		}
		want = num + 1
		head = head[n:]
	}
	return want > 5
}

func inspect(ctx context.Context, f *scan.File) error {
	head := make([]byte, min(scan.HeadSize, f.Size()))
	if n, err := f.ReadAt(head, 0); n < len(head) {
		return scan.Errorf(0, "read: %w", err)
	}
	x := newWalker(ctx, f)
	switch root := rootOf(f.Name(), head); root {
	case "":
		return scan.Errorf(0, "no file of TensorFlow")
	case rootData:
		f.Account(scan.Tensor, f.Size())
		f.Fact("described by", "the index beside it")
		return nil
	case rootIndex:
		return x.index()
	default:
		err := x.walk(root, span{0, f.Size()}, 0)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		x.judge()
		if err != nil {
			return err
		}
		f.Account(scan.Parsed, f.Size()-x.numbers)
		if root == rootModel || root == rootGraph || root == rootMeta {
			if x.nodes == 0 {
				f.Doubtf(-1, "a model without nodes")
			}
			f.Fact("nodes", strconv.FormatInt(x.nodes, 10))
			f.Fact("functions", strconv.Itoa(len(x.local)))
		}
		return nil
	}
}

// twin is a graph whose only node reads a file.
func twin() (name string, data []byte) {
	msg := func(num protowire.Number, b []byte) []byte {
		return protowire.AppendBytes(protowire.AppendTag(nil, num, protowire.BytesType), b)
	}
	node := append(msg(1, []byte("r")), msg(2, []byte("ReadFile"))...)
	return "twin.pb", msg(1, node)
}
