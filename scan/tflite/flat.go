package tflite

import (
	"cmp"
	_ "embed"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"

	"quintain"
	"quintain/scan"
)

//go:embed schema.txt
var schemaText string

// A field is one field of a table.
type field struct {
	kind  string // scalar, vector, string, strings, table, tables, union
	name  string
	width int64  // of a number
	table string // which
}

// A schemata is what is known of the format.
type schemata struct {
	tables    map[string]map[int]field
	unions    map[string]map[uint64]string
	operators map[uint64]string
}

// unionOf says of which union a field is.
var unionOf = map[string]string{
	"BuiltinOptions": "BuiltinOptions", "BuiltinOptions2": "BuiltinOptions2", "Details": "QuantizationDetails",
	"ArraySegments": "SparseIndexVector", "ArrayIndices": "SparseIndexVector",
}

// schema returns what schema.txt says.
var schema = sync.OnceValue(func() *schemata {
	s := &schemata{make(map[string]map[int]field), make(map[string]map[uint64]string), make(map[uint64]string)}
	table, union := "", ""
	for line := range strings.SplitSeq(schemaText, "\n") {
		if name, ok := strings.CutSuffix(line, ":"); ok {
			table, union = name, ""
			if u, ok := strings.CutPrefix(name, "union "); ok {
				table, union = "", u
				s.unions[u] = make(map[uint64]string)
			}
			s.tables[table] = make(map[int]field)
			continue
		}
		w := strings.Fields(line)
		if len(w) < 2 || w[0] == "#" {
			continue
		}
		n, err := strconv.Atoi(w[0])
		switch {
		case err != nil || n < 0:
		case union != "":
			s.unions[union][uint64(n)] = w[1]
		case table == "operators":
			s.operators[uint64(n)] = w[1]
		case len(w) > 2:
			f := field{kind: w[1], name: w[2]}
			if len(w) > 3 {
				f.table = w[3]
				f.width, _ = strconv.ParseInt(w[3], 10, 64)
			}
			s.tables[table][n] = f
		}
	}
	return s
})

const (
	maxObjects = 1 << 17
	maxNest    = 32
	maxWord    = 256
)

// A span is a stretch of bytes of the file.
type span struct{ off, n int64 }

// An object is a table that was read.
type object struct {
	at   int64
	vals []val
}

// A val is one field of an object.
type val struct {
	name string
	num  uint64    // of a scalar
	span           // of the content of a vector or string
	kids []*object // of tables
}

// get returns a field of an object. It is zero if it is absent.
func (o *object) get(name string) val {
	for _, v := range o.vals {
		if v.name == name {
			return v
		}
	}
	return val{}
}

// A flat reads a FlatBuffer.
type flat struct {
	f     *scan.File
	size  int64
	seen  map[visit]*object
	spans []span
	told  map[string]bool
}

type visit struct {
	at    int64
	table string
}

// num reads a number.
func (r *flat) num(at, width int64) (uint64, error) {
	var b [8]byte
	if at < 0 || width > 8 || at > r.size-width {
		return 0, scan.Errorf(min(max(at, 0), r.size), "something at %d, where the file does not reach", at)
	}
	if n, err := r.f.ReadAt(b[:width], at); int64(n) < width && !errors.Is(err, io.EOF) {
		return 0, scan.Errorf(at, "read: %w", err)
	}
	return binary.LittleEndian.Uint64(b[:]), nil
}

// mark says that bytes belong to the structure.
func (r *flat) mark(off, n int64) error {
	if len(r.spans) >= 8*maxObjects {
		return scan.Errorf(off, "%w: more than %d parts", scan.ErrBudget, 8*maxObjects)
	}
	r.spans = append(r.spans, span{off, n})
	return nil
}

// follow reads an offset and returns where it leads.
func (r *flat) follow(at int64) (int64, error) {
	n, err := r.num(at, 4)
	if err != nil {
		return 0, err
	}
	if n == 0 || int64(n) > r.size-at {
		r.f.Reportf(quintain.High, at, "an offset leads %d bytes ahead, out of the file", n)
		return 0, errStop
	}
	return at + int64(n), nil
}

// errStop ends the inspection of a file whose fault was reported.
var errStop = errors.New("the structure is broken")

// vector reads the length of a vector and returns its content.
func (r *flat) vector(at, width int64) (span, error) {
	at, err := r.follow(at)
	if err != nil {
		return span{}, err
	}
	n, err := r.num(at, 4)
	if err != nil {
		return span{}, err
	}
	if int64(n) > (r.size-at-4)/width {
		r.f.Reportf(quintain.High, at, "a vector claims %d entries of %d bytes, for which the file is too small", n, width)
		return span{}, errStop
	}
	return span{at + 4, int64(n) * width}, nil
}

// table reads a table at a place.
func (r *flat) table(name string, at int64, depth int) (*object, error) {
	if o, ok := r.seen[visit{at, name}]; ok {
		return o, nil
	}
	if len(r.seen) >= maxObjects || depth > maxNest {
		return nil, scan.Errorf(at, "%w: too many tables, or too many inside each other", scan.ErrBudget)
	}
	o := &object{at: at}
	r.seen[visit{at, name}] = o
	back, err := r.num(at, 4)
	if err != nil {
		return nil, err
	}
	list := at - signed(back)
	slots, err := r.num(list, 2)
	if err != nil {
		return nil, err
	}
	size, err := r.num(list+2, 2)
	if err != nil {
		return nil, err
	}
	if slots < 4 || slots%2 != 0 || size < 4 || list+int64(slots) > r.size || at+int64(size) > r.size {
		r.f.Reportf(quintain.High, at, "a table %s does not fit the file", name)
		return nil, errStop
	}
	if err := errors.Join(r.mark(list, int64(slots)), r.mark(at, int64(size))); err != nil {
		return nil, err
	}
	kind := uint64(0) // the number before a union says of which table it is
	for i := range int(slots-4) / 2 {
		off, err := r.num(list+4+2*int64(i), 2)
		if err != nil {
			return nil, err
		}
		if off == 0 {
			kind = 0
			continue
		}
		v, err := r.field(name, i, o, at+int64(off), at+int64(size), kind, depth)
		if err != nil {
			return nil, err
		}
		kind = v.num
		o.vals = append(o.vals, v)
	}
	return o, nil
}

// signed reads a number as one with a sign.
func signed(n uint64) int64 {
	n &= 1<<32 - 1
	if n >= 1<<31 {
		return int64(n) - 1<<32
	}
	return int64(n)
}

// field reads field i of a table that ends at end.
func (r *flat) field(table string, i int, o *object, at, end int64, kind uint64, depth int) (val, error) {
	f, ok := schema().tables[table][i]
	if !ok {
		if key := table + strconv.Itoa(i); !r.told[key] && len(r.told) < maxObjects {
			r.told[key] = true
			r.f.Doubtf(o.at, "a table %s has a field %d, which is not known", table, i)
		}
		return val{}, nil
	}
	v := val{name: f.name}
	width := int64(4)
	if f.kind == "scalar" {
		width = f.width
	}
	if at < o.at+4 || at+width > end {
		r.f.Reportf(quintain.High, o.at, "field %s of a table %s is outside of it", f.name, table)
		return v, errStop
	}
	var err error
	switch f.kind {
	case "scalar":
		v.num, err = r.num(at, width)
		v.num &= 1<<(8*width-1)<<1 - 1
	case "vector", "string":
		err = r.bytes(&v, f, at)
	case "strings":
		err = r.list(&v, at, func(at int64) error { return r.bytes(&val{}, field{kind: "string"}, at) })
	case "tables":
		err = r.list(&v, at, func(at int64) error { return r.child(&v, f.table, at, depth) })
	case "table":
		err = r.child(&v, f.table, at, depth)
	case "union":
		of := schema().unions[unionOf[f.name]][kind]
		if of == "" {
			r.f.Doubtf(o.at, "field %s of a table %s is of kind %d, which is not known", f.name, table, kind)
			return v, nil
		}
		err = r.child(&v, of, at, depth)
	}
	return v, err
}

// bytes reads where a vector of numbers or a string is.
func (r *flat) bytes(v *val, f field, at int64) (err error) {
	if v.span, err = r.vector(at, max(f.width, 1)); err != nil {
		return err
	}
	if f.kind == "string" { // a zero byte ends it
		return r.mark(v.off-4, min(v.n+5, r.size-v.off+4))
	}
	return r.mark(v.off-4, v.n+4)
}

// list reads a vector of offsets.
func (r *flat) list(v *val, at int64, on func(at int64) error) (err error) {
	if v.span, err = r.vector(at, 4); err != nil {
		return err
	}
	if err := r.mark(v.off-4, v.n+4); err != nil {
		return err
	}
	for i := v.off; i < v.off+v.n; i += 4 {
		if err := on(i); err != nil {
			return err
		}
	}
	return nil
}

// child reads a table that an offset leads to.
func (r *flat) child(v *val, table string, at int64, depth int) error {
	to, err := r.follow(at)
	if err != nil {
		return err
	}
	if len(v.kids) >= maxObjects {
		return scan.Errorf(at, "%w: more than %d tables in a vector", scan.ErrBudget, maxObjects)
	}
	o, err := r.table(table, to, depth+1)
	v.kids = append(v.kids, o)
	return err
}

// gaps merges the parts of the structure, reports those that overlap, and
// returns what lies between them.
func (r *flat) gaps() []span {
	slices.SortFunc(r.spans, func(a, b span) int { return cmp.Or(cmp.Compare(a.off, b.off), cmp.Compare(b.n, a.n)) })
	r.spans = slices.Compact(r.spans)
	var out []span
	end := int64(0)
	overlaps := 0
	for _, s := range r.spans {
		switch {
		case s.off > end:
			out = append(out, span{end, s.off - end})
		case s.off < end && s.n > 0:
			if overlaps++; overlaps == 1 {
				r.f.Reportf(quintain.Medium, s.off, "parts of the file overlap, so one part can be read as another")
			}
		}
		end = max(end, s.off+s.n)
	}
	if end < r.size {
		out = append(out, span{end, r.size - end})
	}
	return out
}
