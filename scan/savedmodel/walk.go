package savedmodel

import (
	"context"
	"fmt"
	"math/bits"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"

	"quintain"
	"quintain/scan"
	"quintain/scan/internal/tfops"
	"quintain/scan/internal/wire"
)

const (
	maxNest   = 64   // messages inside each other
	maxString = 1024 // of a text that is looked at
	maxNames  = 4096 // distinct names, or constants of a graph
	maxJSON   = 16 << 20
)

// A span is a stretch of bytes of the file.
type span struct{ off, n int64 }

// A val is the value of one field.
type val struct {
	field
	wire   protowire.Type
	at     int64 // offset of the field
	number uint64
	span   // of the bytes of anything but a varint
}

// A node is an operator of a graph.
type node struct {
	at      int64
	name    string
	op      string
	inputs  []string
	attrs   map[string]string
	strings []string // of tensors among its attributes
	program span     // of a compiled program
}

// A graph is a graph or function under inspection.
type graph struct {
	consts  map[string]string
	special []node
}

// A tensor is what a constant says of itself.
type tensor struct {
	kind     uint64
	elements uint64
	bad      bool
	content  int64 // bytes, or -1
}

// A walker walks through a file, message by message, and never holds more of
// it than a window.
type walker struct {
	ctx context.Context //nolint:containedctx // one walker serves one call of Inspect
	f   *scan.File
	w   *scan.Window

	unknown map[string]bool  // fields that were doubted
	uses    map[string]int64 // operators
	local   map[string]int64 // functions of the model
	graphs  []*graph
	node    *node
	key     string // of the attribute
	tensor  *tensor
	found   []node // nodes to judge
	nodes   int64
	numbers int64 // bytes of tensors
	full    bool
}

func newWalker(ctx context.Context, f *scan.File) *walker {
	return &walker{
		ctx: ctx, f: f, w: scan.NewWindow(f, f.Size()),
		unknown: make(map[string]bool), uses: make(map[string]int64), local: make(map[string]int64),
	}
}

// fields calls on for every field of a message that is known and well formed.
func (x *walker) fields(kind string, s span, on func(v val) error) error {
	msg := schema()[kind]
	return wire.Fields(x.w, kind, s.off, s.off+s.n, func(w wire.Field) error {
		f, ok := msg[w.Num]
		if !ok || !(wire.Entry{Kind: f.kind}).Fits(w.Wire) {
			x.doubt(w.At, kind, w.Num)
			return nil
		}
		return on(val{field: f, wire: w.Wire, at: w.At, number: w.Number, span: span{w.Off, w.N}})
	})
}

// doubt says once that a field is not known.
func (x *walker) doubt(at int64, kind string, num protowire.Number) {
	key := fmt.Sprintf("%s %d", kind, num)
	if !x.unknown[key] && len(x.unknown) < maxNames {
		x.unknown[key] = true
		x.f.Doubtf(at, "a %s has a field %d that the format does not know in this form", kind, num)
	}
}

// str returns the text of a field, cut to maxString.
func (x *walker) str(v val) (string, error) {
	b, err := x.w.Bytes(v.off, int(min(v.n, maxString)))
	if err != nil {
		return "", scan.Errorf(v.at, "%w", err)
	}
	return string(b), nil
}

// walk walks through a message of any kind.
func (x *walker) walk(kind string, s span, depth int) error {
	if depth > maxNest {
		return scan.Errorf(s.off, "%w: more than %d messages inside each other", scan.ErrBudget, maxNest)
	}
	if err := x.ctx.Err(); err != nil {
		return err
	}
	switch kind {
	case "tensorflow.GraphDef", "tensorflow.FunctionDef":
		x.graphs = append(x.graphs, &graph{consts: make(map[string]string)})
		defer x.leave()
	case "tensorflow.NodeDef":
		x.node = &node{at: s.off, attrs: make(map[string]string)}
		defer x.noted()
	case "tensorflow.TensorProto":
		outer := x.tensor
		x.tensor = &tensor{elements: 1, content: -1}
		defer func() {
			x.size(s.off)
			x.tensor = outer
		}()
	}
	return x.fields(kind, s, func(v val) error {
		if err := x.see(kind, v); err != nil {
			return err
		}
		if v.kind == message {
			return x.walk(v.sub, v.span, depth+1)
		}
		return nil
	})
}

// leave resolves what the nodes of a graph refer to.
func (x *walker) leave() {
	g := x.graphs[len(x.graphs)-1]
	x.graphs = x.graphs[:len(x.graphs)-1]
	for _, n := range g.special {
		for _, in := range n.inputs {
			in, _, _ = strings.Cut(strings.TrimPrefix(in, "^"), ":")
			if s, ok := g.consts[in]; ok {
				n.strings = append(n.strings, s)
			}
		}
		x.found = append(x.found, n)
	}
}

// noted files a node that was read.
func (x *walker) noted() {
	n := x.node
	x.node, x.key = nil, ""
	x.nodes++
	if _, ok := x.uses[n.op]; !ok {
		if x.full = x.full || len(x.uses) >= maxNames; x.full {
			return
		}
		x.uses[n.op] = n.at
	}
	if len(x.graphs) == 0 {
		return
	}
	g := x.graphs[len(x.graphs)-1]
	if n.op == "Const" && len(n.strings) > 0 && len(g.consts) < maxNames {
		g.consts[n.name] = n.strings[0]
	}
	if class := tfops.ClassOf(n.op); class != "" && class != tfops.Computes && len(x.found)+len(g.special) < maxNames {
		g.special = append(g.special, *n)
	}
}

// see notes what matters of a field.
func (x *walker) see(kind string, v val) (err error) {
	switch kind + "." + v.name {
	case "tensorflow.NodeDef.name":
		x.node.name, err = x.str(v)
	case "tensorflow.NodeDef.op":
		x.node.op, err = x.str(v)
	case "tensorflow.NodeDef.input":
		if len(x.node.inputs) < 8 {
			var s string
			s, err = x.str(v)
			x.node.inputs = append(x.node.inputs, s)
		}
	case "tensorflow.NodeDef.AttrEntry.key":
		x.key, err = x.str(v)
	case "tensorflow.AttrValue.s", "tensorflow.AttrValue.ListValue.s":
		if x.node != nil && x.key == "module" {
			x.node.program = v.span
			return nil
		}
		if x.node != nil && len(x.node.attrs) < 16 {
			x.node.attrs[x.key], err = x.str(v)
		}
	case "tensorflow.AssetFileDef.filename":
		var s string
		if s, err = x.str(v); escapes(s) {
			x.f.Reportf(quintain.High, v.at, "takes the file %q outside its folder for an asset", s)
		}
	case "tensorflow.SavedUserObject.metadata", "keras.SavedObject.metadata":
		return x.metadata(v)
	case "tensorflow.OpDef.name":
		// Functions are told apart from operators by where their names stand.
	}
	if err == nil && kind == "tensorflow.FunctionDef" && v.name == "signature" {
		return x.function(v)
	}
	if err == nil && kind == "tensorflow.TensorProto" {
		return x.content(v)
	}
	if err == nil && kind == "tensorflow.TensorShapeProto.Dim" && v.name == "size" && x.tensor != nil {
		hi, lo := bits.Mul64(x.tensor.elements, v.number)
		x.tensor.bad = x.tensor.bad || hi != 0 || lo > 1<<62 || v.number > 1<<62
		x.tensor.elements = lo
	}
	return err
}

// function notes the name of a function of the model.
func (x *walker) function(v val) error {
	return x.fields("tensorflow.OpDef", v.span, func(f val) error {
		if f.name != "name" {
			return nil
		}
		name, err := x.str(f)
		if _, twice := x.local[name]; twice {
			x.f.Reportf(quintain.High, f.at, "function %q is defined twice, so programs differ on what it does", name)
		}
		if x.full = x.full || len(x.local) >= 16*maxNames; !x.full {
			x.local[name] = f.at
		}
		return err
	})
}

// metadata hands the configuration of Keras to the format that reads it.
func (x *walker) metadata(v val) error {
	s, err := x.str(v)
	if err != nil || !strings.HasPrefix(s, "{") || !strings.Contains(s, `"class_name"`) {
		return err
	}
	if v.n > maxJSON {
		return scan.Errorf(v.at, "a configuration of %d bytes", v.n)
	}
	b := make([]byte, v.n)
	if n, err := x.f.ReadAt(b, v.off); n < len(b) {
		return scan.Errorf(v.off, "read: %w", err)
	}
	if _, err := x.f.Descend(x.ctx, "metadata.json", strings.NewReader(string(b)), v.n); err != nil {
		return scan.Errorf(v.at, "the configuration of Keras: %w", err)
	}
	return nil
}
