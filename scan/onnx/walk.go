package onnx

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"

	"quintain"
	"quintain/scan"
	"quintain/scan/internal/wire"
)

const (
	maxNest   = 64   // messages inside each other
	maxString = 1024 // of a string that is looked at
	maxNames  = 4096 // distinct operators, domains or locations
)

// A val is the value of one field.
type val struct {
	field
	wire   protowire.Type
	at     int64  // offset of the field
	number uint64 // of a varint
	off, n int64  // of the bytes of anything else
}

// A walker walks through a model, message by message, and never holds more of
// it than a window.
type walker struct {
	ctx context.Context //nolint:containedctx // one walker serves one call of Inspect
	f   *scan.File
	w   *scan.Window

	unknown   map[string]bool // fields that were doubted
	uses      map[op]*use     // operators
	local     map[op]int64    // functions that the model defines, and where
	places    map[string]int64
	imports   map[string]bool // domains of operator sets
	nodes     int64
	elements  int64
	numbers   int64 // bytes of tensors
	outside   int   // tensors whose data are in other files
	graphs    int
	truncated bool
}

// An op is an operator or a function.
type op struct{ domain, name string }

// A use says where an operator is used first, and how often.
type use struct {
	at    int64
	count int64
}

// fields calls on for every field of a message that is known and well formed.
func (x *walker) fields(kind string, off, end int64, on func(v val) error) error {
	return wire.Fields(x.w, kind, off, end, func(w wire.Field) error {
		f, ok := schema[kind][w.Num]
		if !ok || !fits(f.kind, w.Wire) {
			x.doubt(w.At, kind, w.Num)
			return nil
		}
		return on(val{field: f, wire: w.Wire, at: w.At, number: w.Number, off: w.Off, n: w.N})
	})
}

// fits reports whether a field can be written so.
func fits(k kind, w protowire.Type) bool {
	switch k {
	case number:
		return w == protowire.VarintType || w == protowire.BytesType
	case fixed:
		return w == protowire.Fixed32Type || w == protowire.Fixed64Type || w == protowire.BytesType
	case tensor:
		return true
	case text, opaque, nested:
	}
	return w == protowire.BytesType
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
func (x *walker) walk(kind string, v val, depth int) error {
	if depth > maxNest {
		return scan.Errorf(v.at, "%w: more than %d messages inside each other", scan.ErrBudget, maxNest)
	}
	if err := x.ctx.Err(); err != nil {
		return err
	}
	switch kind {
	case "node":
		return x.node(v, depth)
	case "tensor":
		return x.tensor(v)
	case "function":
		return x.function(v, depth)
	case "graph":
		x.graphs++
	}
	return x.fields(kind, v.off, v.off+v.n, func(v val) error {
		if v.kind == nested {
			return x.walk(v.sub, v, depth+1)
		}
		return nil
	})
}

// node notes which operator a node uses.
func (x *walker) node(n val, depth int) error {
	x.nodes++
	var o op
	err := x.fields("node", n.off, n.off+n.n, func(v val) (err error) {
		switch {
		case v.name == "op_type":
			o.name, err = x.str(v)
		case v.name == "domain":
			o.domain, err = x.str(v)
		case v.kind == nested:
			err = x.walk(v.sub, v, depth+1)
		}
		return err
	})
	if err != nil {
		return err
	}
	o.domain = canonical(o.domain)
	if u := x.uses[o]; u != nil {
		u.count++
	} else if len(x.uses) < maxNames {
		x.uses[o] = &use{at: n.at, count: 1}
	} else {
		x.truncated = true
	}
	return nil
}

// function notes a function that the model defines.
func (x *walker) function(n val, depth int) error {
	var o op
	err := x.fields("function", n.off, n.off+n.n, func(v val) (err error) {
		switch {
		case v.name == "name":
			o.name, err = x.str(v)
		case v.name == "domain":
			o.domain, err = x.str(v)
		case v.kind == nested:
			err = x.walk(v.sub, v, depth+1)
		}
		return err
	})
	o.domain = canonical(o.domain)
	if _, twice := x.local[o]; twice {
		x.f.Reportf(quintain.High, n.at, "function %q is defined twice, so programs differ on what it does", o)
	}
	if len(x.local) >= maxNames {
		x.truncated = true
		return err
	}
	x.local[o] = n.at
	return err
}

// String returns the name of the operator with its domain.
func (o op) String() string { return o.domain + ":" + o.name }

// canonical returns the name of a domain; the standard one has two.
func canonical(domain string) string {
	if domain == "" {
		return standard
	}
	return domain
}

const standard = "ai.onnx"
