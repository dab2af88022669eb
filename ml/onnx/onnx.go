// Package onnx reads ONNX files.
//
// The bytes are hostile. Nothing is executed, no other file is opened, and
// memory is bounded by a small multiple of the length of the file.
package onnx

import (
	"errors"
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"

	"quintain/ml/graph"
)

// ErrFormat says that the bytes are no ONNX model.
var ErrFormat = errors.New("onnx: not a model")

// MaxSize is the size limit of a file in bytes.
const MaxSize = 1 << 30

const (
	maxNodes = 100_000
	maxDepth = 8 // of messages in messages; a model needs six
)

// Parse reads a model. An error wraps [ErrFormat], [graph.ErrUnsupported] or
// [graph.ErrTooLarge]. Whether the operators are known and fit together is for
// [graph.Compile] to say.
func Parse(b []byte) (*graph.Graph, error) {
	if len(b) > MaxSize {
		return nil, fmt.Errorf("onnx: %w: %d bytes", graph.ErrTooLarge, len(b))
	}
	r := &reader{g: &graph.Graph{Const: make(map[string]*graph.Tensor)}}
	var body []byte
	err := fields(b, func(num int, v value) error {
		switch num {
		case 7:
			body = v.bytes
		case 8:
			return r.opset(v.bytes)
		}
		return nil
	})
	switch {
	case err != nil:
		return nil, err
	case body == nil:
		return nil, fmt.Errorf("%w: it has no graph", ErrFormat)
	case r.g.Opset == 0:
		return nil, fmt.Errorf("%w: it names no set of operators", ErrFormat)
	case r.g.Opset > 30:
		return nil, fmt.Errorf("onnx: operators of version %d: %w", r.g.Opset, graph.ErrUnsupported)
	}
	if err := r.graph(body); err != nil {
		return nil, err
	}
	return r.g, nil
}

// A value is one field of a message: bytes of a nested one, or a number.
type value struct {
	bytes []byte // nil for a number
	num   uint64
}

// fields calls f with every field of the message b.
func fields(b []byte, f func(num int, v value) error) error {
	for len(b) > 0 {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return fmt.Errorf("%w: %w", ErrFormat, protowire.ParseError(n))
		}
		b = b[n:]
		var v value
		switch typ {
		case protowire.VarintType:
			v.num, n = protowire.ConsumeVarint(b)
		case protowire.Fixed32Type:
			var x uint32
			x, n = protowire.ConsumeFixed32(b)
			v.num = uint64(x)
		case protowire.Fixed64Type:
			v.num, n = protowire.ConsumeFixed64(b)
		case protowire.BytesType:
			v.bytes, n = protowire.ConsumeBytes(b)
			if v.bytes == nil {
				v.bytes = []byte{}
			}
		default:
			return fmt.Errorf("%w: a field of wire type %d", ErrFormat, typ)
		}
		if n < 0 {
			return fmt.Errorf("%w: %w", ErrFormat, protowire.ParseError(n))
		}
		b = b[n:]
		if err := f(int(num), v); err != nil {
			return err
		}
	}
	return nil
}

// A reader collects a graph.
type reader struct{ g *graph.Graph }

func (r *reader) opset(b []byte) error {
	domain, version := "", 0
	err := fields(b, func(num int, v value) error {
		switch num {
		case 1:
			domain = string(v.bytes)
		case 2:
			version = int(min(v.num, math.MaxInt32))
		}
		return nil
	})
	if domain == "" || domain == "ai.onnx" {
		r.g.Opset = version
	}
	return err
}

func (r *reader) graph(b []byte) error {
	var inputs []graph.Port
	err := fields(b, func(num int, v value) error {
		switch num {
		case 1:
			if len(r.g.Nodes) == maxNodes {
				return fmt.Errorf("onnx: %w: more than %d nodes", graph.ErrTooLarge, maxNodes)
			}
			nd, err := node(v.bytes)
			r.g.Nodes = append(r.g.Nodes, nd)
			return err
		case 5:
			name, t, err := tensor(v.bytes)
			if err != nil {
				return fmt.Errorf("initializer %q: %w", name, err)
			}
			r.g.Const[name] = t
		case 11:
			p, err := port(v.bytes)
			inputs = append(inputs, p)
			return err
		case 12:
			p, err := name(v.bytes)
			r.g.Outputs = append(r.g.Outputs, p)
			return err
		case 15:
			return fmt.Errorf("onnx: sparse weights: %w", graph.ErrUnsupported)
		}
		return nil
	})
	for _, p := range inputs { // older files list the weights too
		if _, ok := r.g.Const[p.Name]; !ok {
			r.g.Inputs = append(r.g.Inputs, p)
		}
	}
	return err
}

// name returns the name in a description of a value.
func name(b []byte) (s string, err error) {
	err = fields(b, func(num int, v value) error {
		if num == 1 {
			s = string(v.bytes)
		}
		return nil
	})
	return s, err
}

// port reads the description of an input.
func port(b []byte) (p graph.Port, err error) {
	if p.Name, err = name(b); err != nil {
		return p, err
	}
	kind := 0
	// type, tensor type, and in it the type of elements and the shape
	err = descend(b, []int{2, 1}, func(num int, v value) error {
		switch num {
		case 1:
			kind = int(min(v.num, math.MaxInt32))
		case 2:
			return fields(v.bytes, func(num int, v value) error {
				if num != 1 {
					return nil
				}
				if len(p.Shape) == maxDepth {
					return fmt.Errorf("onnx: input %q: %w: more than %d dimensions", p.Name, graph.ErrTooLarge, maxDepth)
				}
				d, err := dimension(v.bytes)
				p.Shape = append(p.Shape, d)
				return err
			})
		}
		return nil
	})
	if err != nil {
		return p, err
	}
	switch kind {
	case typeFloat, typeFloat16, typeBFloat16, typeDouble:
		return p, nil
	}
	return p, fmt.Errorf("onnx: input %q of type %d: %w", p.Name, kind, graph.ErrUnsupported)
}

// descend calls f with the fields of the messages found by following path.
func descend(b []byte, path []int, f func(num int, v value) error) error {
	if len(path) == 0 {
		return fields(b, f)
	}
	return fields(b, func(num int, v value) error {
		if num != path[0] || v.bytes == nil {
			return nil
		}
		return descend(v.bytes, path[1:], f)
	})
}

// dimension returns a dimension, or -1 if it is open.
func dimension(b []byte) (d int, err error) {
	d = -1
	err = fields(b, func(num int, v value) error {
		if num == 1 && v.num > 0 && v.num <= math.MaxInt32 {
			d = int(v.num)
		}
		return nil
	})
	return d, err
}

func node(b []byte) (graph.Node, error) {
	nd := graph.Node{Attr: make(map[string]graph.Attr)}
	domain := ""
	err := fields(b, func(num int, v value) error {
		switch num {
		case 1:
			nd.Inputs = append(nd.Inputs, string(v.bytes))
		case 2:
			nd.Outputs = append(nd.Outputs, string(v.bytes))
		case 3:
			nd.Name = string(v.bytes)
		case 4:
			nd.Op = string(v.bytes)
		case 5:
			name, a, err := attribute(v.bytes)
			if err != nil {
				return fmt.Errorf("attribute %q: %w", name, err)
			}
			nd.Attr[name] = a
		case 7:
			domain = string(v.bytes)
		}
		return nil
	})
	if domain != "" && domain != "ai.onnx" {
		nd.Op = domain + "." + nd.Op
	}
	if err != nil {
		return nd, &graph.OpError{Op: nd.Op, Node: nd.Name, Err: err}
	}
	return nd, nil
}

func attribute(b []byte) (name string, a graph.Attr, err error) {
	err = fields(b, func(num int, v value) error {
		switch num {
		case 1:
			name = string(v.bytes)
		case 2:
			a.Float = math.Float32frombits(uint32(v.num))
		case 3:
			a.Int = int64(v.num)
		case 4:
			a.Text = string(v.bytes)
		case 5:
			_, t, err := tensor(v.bytes)
			a.Tensor = t
			return err
		case 6, 10, 11:
			return fmt.Errorf("a graph or a list of them: %w", graph.ErrUnsupported)
		case 7:
			f, err := repeated(v, 4)
			for _, x := range f {
				a.Floats = append(a.Floats, math.Float32frombits(uint32(x)))
			}
			return err
		case 8:
			i, err := repeated(v, 0)
			for _, x := range i {
				a.Ints = append(a.Ints, int64(x))
			}
			return err
		case 9:
			a.Texts = append(a.Texts, string(v.bytes))
		}
		return nil
	})
	return name, a, err
}
