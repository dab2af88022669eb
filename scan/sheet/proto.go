package sheet

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
)

// A field is one field of a message of protocol buffers.
type field struct {
	num protowire.Number
	n   uint64 // a number
	b   []byte // a text or a message; nil for numbers
}

var errProto = errors.New("no message of protocol buffers")

// fields calls f with every field of a message, up to its first error.
func fields(b []byte, f func(field) error) error {
	for len(b) > 0 {
		num, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return errProto
		}
		b = b[n:]
		x := field{num: num}
		switch kind {
		case protowire.VarintType:
			x.n, n = protowire.ConsumeVarint(b)
		case protowire.BytesType:
			x.b, n = protowire.ConsumeBytes(b)
			if n >= 0 && x.b == nil {
				x.b = []byte{}
			}
		default:
			n = protowire.ConsumeFieldValue(num, kind, b)
		}
		if n < 0 {
			return errProto
		}
		b = b[n:]
		if err := f(x); err != nil {
			return err
		}
	}
	return nil
}

// sub returns the first message in a field of a message, or nil.
func sub(b []byte, num protowire.Number) []byte {
	var out []byte
	err := fields(b, func(x field) error {
		if x.num == num && x.b != nil && out == nil {
			out = x.b
		}
		return nil
	})
	if err != nil {
		return nil
	}
	return out
}

// isSavedModel reports whether b is a saved model of TensorFlow: a schema
// version, and graphs with a graph definition inside.
func isSavedModel(b []byte) bool {
	return fields(b, func(field) error { return nil }) == nil && sub(sub(b, 2), 2) != nil && sub(sub(sub(b, 2), 2), 1) != nil
}

// readSavedModel describes the graph of a saved model. Its tensors are those of
// the variables; their numbers lie in files beside it.
func readSavedModel(s *Sheet, b []byte) error {
	s.Format = "savedmodel"
	ops := make(map[string]int)
	node := func(b []byte) error { return s.node(b, ops) }
	err := fields(b, func(x field) error {
		switch {
		case x.num == 1 && x.b == nil:
			s.Version = strconv.FormatUint(x.n, 10)
		case x.num == 2 && x.b != nil:
			if v := sub(sub(x.b, 1), 5); v != nil {
				s.Facts["tensorflow"] = quoted(string(v))
			}
			return graphDef(sub(x.b, 2), node)
		}
		return nil
	})
	s.Operators = counted(ops)
	return err
}

// graphDef calls node with every node of a graph and of its functions.
func graphDef(b []byte, node func([]byte) error) error {
	return fields(b, func(x field) error {
		switch {
		case x.num == 1 && x.b != nil:
			return node(x.b)
		case x.num == 2 && x.b != nil: // the library: functions, whose nodes are field 3
			return fields(x.b, func(f field) error {
				if f.num != 1 || f.b == nil {
					return nil
				}
				return fields(f.b, func(n field) error {
					if n.num == 3 && n.b != nil {
						return node(n.b)
					}
					return nil
				})
			})
		}
		return nil
	})
}

// node counts a node, and takes a variable for a tensor.
func (s *Sheet) node(b []byte, ops map[string]int) error {
	var name, op string
	attrs := make(map[string][]byte)
	err := fields(b, func(x field) error {
		switch {
		case x.num == 1 && x.b != nil:
			name = string(x.b)
		case x.num == 2 && x.b != nil:
			op = string(x.b)
		case x.num == 5 && x.b != nil:
			attrs[string(sub(x.b, 1))] = sub(x.b, 2)
		}
		return nil
	})
	if err != nil {
		return err
	}
	ops[op]++
	if op != "VarHandleOp" && op != "VariableV2" {
		return nil
	}
	t := Tensor{Name: name, DType: "?"}
	shape := sub(attrs["shape"], 7)
	err = fields(shape, func(x field) error {
		if x.num != 2 || x.b == nil {
			return nil
		}
		n := int64(0)
		err := fields(x.b, func(d field) error {
			if d.num == 1 {
				n = int64(d.n & (1<<62 - 1)) // -1, an open dimension, becomes too large and is refused
			}
			return nil
		})
		t.Shape = append(t.Shape, n)
		return err
	})
	if err := fields(attrs["dtype"], func(x field) error {
		if x.num == 6 {
			t.DType = map[uint64]string{1: "F32", 2: "F64", 3: "I32", 9: "I64", 10: "BOOL", 14: "BF16", 19: "F16"}[x.n]
		}
		return nil
	}); err != nil {
		return err
	}
	s.Tensors = append(s.Tensors, t)
	return err
}

// isONNX reports whether b is a model of ONNX: a version of the format and a
// graph.
func isONNX(b []byte) bool {
	version := false
	err := fields(b, func(x field) error {
		version = version || x.num == 1 && x.b == nil && x.n > 0 && x.n < 100
		return nil
	})
	return err == nil && version && sub(b, 7) != nil
}

// onnxTypes are the names of types of tensors.
var onnxTypes = map[uint64]string{1: "F32", 2: "U8", 3: "I8", 4: "U16", 5: "I16", 6: "I32", 7: "I64", 9: "BOOL", 10: "F16", 11: "F64", 12: "U32", 13: "U64", 16: "BF16"}

// readONNX describes the graph of a model of ONNX.
func readONNX(s *Sheet, b []byte) error {
	s.Format = "onnx"
	ops := make(map[string]int)
	err := fields(b, func(x field) error {
		switch {
		case x.num == 1 && x.b == nil:
			s.Version = strconv.FormatUint(x.n, 10)
		case x.num == 2 && x.b != nil:
			s.Facts["producer"] = quoted(string(x.b))
		case x.num == 7 && x.b != nil:
			return s.onnxGraph(x.b, ops)
		}
		return nil
	})
	s.Operators = counted(ops)
	return err
}

func (s *Sheet) onnxGraph(b []byte, ops map[string]int) error {
	return fields(b, func(x field) error {
		switch {
		case x.num == 1 && x.b != nil:
			op := string(sub(x.b, 4))
			if domain := string(sub(x.b, 7)); domain != "" {
				op = domain + "." + op
			}
			ops[op]++
		case x.num == 5 && x.b != nil:
			return s.initializer(x.b)
		}
		return nil
	})
}

// initializer describes a tensor of ONNX, and where its data are if they are
// not in the file.
func (s *Sheet) initializer(b []byte) error {
	var t Tensor
	var outside []string
	err := fields(b, func(x field) error {
		switch {
		case x.num == 1 && x.b == nil:
			t.Shape = append(t.Shape, int64(x.n&(1<<62-1)))
		case x.num == 1:
			for d := x.b; len(d) > 0; {
				v, n := protowire.ConsumeVarint(d)
				if n < 0 {
					return errProto
				}
				t.Shape, d = append(t.Shape, int64(v&(1<<62-1))), d[n:]
			}
		case x.num == 2 && x.b == nil:
			t.DType = onnxTypes[x.n]
		case x.num == 8 && x.b != nil:
			t.Name = string(x.b)
		case x.num == 13 && x.b != nil:
			outside = append(outside, string(sub(x.b, 1))+"="+string(sub(x.b, 2)))
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("tensor %q: %w", t.Name, err)
	}
	s.Tensors = append(s.Tensors, t)
	for _, o := range outside {
		if at, ok := strings.CutPrefix(o, "location="); ok {
			s.Outside = append(s.Outside, at)
		}
	}
	return nil
}
