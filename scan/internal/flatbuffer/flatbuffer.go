// Package flatbuffer reads FlatBuffers by a schema, and believes no offset and no
// length that they claim. It notes which bytes belong to the structure, so that
// those that do not can be accounted for.
package flatbuffer

import (
	"cmp"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"quintain"
	"quintain/scan"
)

// A field is one field of a table.
type field struct {
	kind  string // scalar, vector, string, strings, table, tables, union
	name  string
	width int64  // of a number
	table string // which
}

// A Schema is what is known of a format.
type Schema struct {
	tables map[string]map[int]field
	unions map[string]map[uint64]string
	of     map[string]string            // the union of a field
	Lists  map[string]map[uint64]string // names of numbers
}

// Parse reads a schema. A line that ends in a colon begins a table, a union
// ("union Name:") or a list of names ("list Name:"). Those below it have a
// number, and of a table the kind of the field, its name, and the width of a
// number in bytes or the table it is. The kinds are scalar, vector, string,
// strings, table, tables and union. Of says of which unions the fields of that
// kind are.
func Parse(text string, of map[string]string) *Schema {
	s := &Schema{make(map[string]map[int]field), make(map[string]map[uint64]string), of, make(map[string]map[uint64]string)}
	table := ""
	var names map[uint64]string // of a union or list
	for line := range strings.SplitSeq(text, "\n") {
		if name, ok := strings.CutSuffix(line, ":"); ok {
			table, names = s.begin(name)
			continue
		}
		w := strings.Fields(line)
		if len(w) < 2 || w[0] == "#" {
			continue
		}
		n, err := strconv.Atoi(w[0])
		switch {
		case err != nil || n < 0:
		case names != nil:
			names[uint64(n)] = w[1]
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
}

// begin begins a table, or a union or list.
func (s *Schema) begin(name string) (table string, names map[uint64]string) {
	if u, ok := strings.CutPrefix(name, "union "); ok {
		s.unions[u] = make(map[uint64]string)
		return "", s.unions[u]
	}
	if l, ok := strings.CutPrefix(name, "list "); ok {
		s.Lists[l] = make(map[uint64]string)
		return "", s.Lists[l]
	}
	s.tables[name] = make(map[int]field)
	return name, nil
}

const (
	maxObjects = 1 << 17
	maxNest    = 32
)

// A Span is a stretch of bytes of the file.
type Span struct{ Off, N int64 }

// An Object is a table that was read.
type Object struct {
	At   int64
	Vals []Val
}

// A Val is one field of an object.
type Val struct {
	Name string
	Num  uint64    // of a scalar
	Span           // of the content of a vector or string
	Kids []*Object // of tables
}

// Get returns a field of an object. It is zero if it is absent.
func (o *Object) Get(name string) Val {
	for _, v := range o.Vals {
		if v.Name == name {
			return v
		}
	}
	return Val{}
}

// A Reader reads a FlatBuffer. What is wrong with the structure it reports to
// the file, and returns [ErrStop].
type Reader struct {
	F      *scan.File
	Size   int64 // of the part of the file that is read
	schema *Schema
	seen   map[visit]*Object
	spans  []Span
	told   map[string]bool
	kids   int // tables that others lead to, counted every time
}

// New returns a Reader of the first size bytes of a file.
func New(f *scan.File, size int64, s *Schema) *Reader {
	return &Reader{F: f, Size: size, schema: s, seen: make(map[visit]*Object), told: make(map[string]bool)}
}

// Tables returns how many tables were read.
func (r *Reader) Tables() int { return len(r.seen) }

type visit struct {
	at    int64
	table string
}

// Num reads a number.
func (r *Reader) Num(at, width int64) (uint64, error) {
	var b [8]byte
	if at < 0 || width > 8 || at > r.Size-width {
		return 0, scan.Errorf(min(max(at, 0), r.Size), "something at %d, where the file does not reach", at)
	}
	if n, err := r.F.ReadAt(b[:width], at); int64(n) < width && !errors.Is(err, io.EOF) {
		return 0, scan.Errorf(at, "read: %w", err)
	}
	return binary.LittleEndian.Uint64(b[:]), nil
}

// Mark says that bytes belong to the structure.
func (r *Reader) Mark(off, n int64) error {
	if len(r.spans) >= 8*maxObjects {
		return scan.Errorf(off, "%w: more than %d parts", scan.ErrBudget, 8*maxObjects)
	}
	r.spans = append(r.spans, Span{off, n})
	return nil
}

// Follow reads an offset and returns where it leads.
func (r *Reader) Follow(at int64) (int64, error) {
	n, err := r.Num(at, 4)
	if err != nil {
		return 0, err
	}
	if n == 0 || int64(n) > r.Size-at {
		r.F.Reportf(quintain.High, at, "an offset leads %d bytes ahead, out of the file", n)
		return 0, ErrStop
	}
	return at + int64(n), nil
}

// ErrStop ends the inspection of a file whose fault was reported.
var ErrStop = errors.New("the structure is broken")

// vector reads the length of a vector and returns its content.
func (r *Reader) vector(at, width int64) (Span, error) {
	at, err := r.Follow(at)
	if err != nil {
		return Span{}, err
	}
	n, err := r.Num(at, 4)
	if err != nil {
		return Span{}, err
	}
	if int64(n) > (r.Size-at-4)/width {
		r.F.Reportf(quintain.High, at, "a vector claims %d entries of %d bytes, for which the file is too small", n, width)
		return Span{}, ErrStop
	}
	return Span{at + 4, int64(n) * width}, nil
}

// Table reads a table at a place.
func (r *Reader) Table(name string, at int64, depth int) (*Object, error) {
	if o, ok := r.seen[visit{at, name}]; ok {
		return o, nil
	}
	if len(r.seen) >= maxObjects || depth > maxNest {
		return nil, scan.Errorf(at, "%w: too many tables, or too many inside each other", scan.ErrBudget)
	}
	o := &Object{At: at}
	r.seen[visit{at, name}] = o
	back, err := r.Num(at, 4)
	if err != nil {
		return nil, err
	}
	list := at - Signed(back)
	slots, err := r.Num(list, 2)
	if err != nil {
		return nil, err
	}
	size, err := r.Num(list+2, 2)
	if err != nil {
		return nil, err
	}
	if slots < 4 || slots%2 != 0 || size < 4 || list+int64(slots) > r.Size || at+int64(size) > r.Size {
		r.F.Reportf(quintain.High, at, "a table %s does not fit the file", name)
		return nil, ErrStop
	}
	if err := errors.Join(r.Mark(list, int64(slots)), r.Mark(at, int64(size))); err != nil {
		return nil, err
	}
	kind := uint64(0) // the number before a union says of which table it is
	for i := range int(slots-4) / 2 {
		off, err := r.Num(list+4+2*int64(i), 2)
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
		kind = v.Num
		o.Vals = append(o.Vals, v)
	}
	return o, nil
}

// Signed reads a number as one with a sign.
func Signed(n uint64) int64 {
	n &= 1<<32 - 1
	if n >= 1<<31 {
		return int64(n) - 1<<32
	}
	return int64(n)
}

// field reads field i of a table that ends at end.
func (r *Reader) field(table string, i int, o *Object, at, end int64, kind uint64, depth int) (Val, error) {
	f, ok := r.schema.tables[table][i]
	if !ok {
		if key := table + strconv.Itoa(i); !r.told[key] && len(r.told) < maxObjects {
			r.told[key] = true
			r.F.Doubtf(o.At, "a table %s has a field %d, which is not known", table, i)
		}
		return Val{}, nil
	}
	v := Val{Name: f.name}
	width := int64(4)
	if f.kind == "scalar" {
		width = f.width
	}
	if at < o.At+4 || at+width > end {
		r.F.Reportf(quintain.High, o.At, "field %s of a table %s is outside of it", f.name, table)
		return v, ErrStop
	}
	var err error
	switch f.kind {
	case "scalar":
		v.Num, err = r.Num(at, width)
		v.Num &= 1<<(8*width-1)<<1 - 1
	case "vector", "string":
		err = r.bytes(&v, f, at)
	case "strings":
		err = r.list(&v, at, func(at int64) error { return r.bytes(&Val{}, field{kind: "string"}, at) })
	case "tables":
		err = r.list(&v, at, func(at int64) error { return r.child(&v, f.table, at, depth) })
	case "table":
		err = r.child(&v, f.table, at, depth)
	case "union":
		of := r.schema.unions[r.schema.of[f.name]][kind]
		if of == "" {
			r.F.Doubtf(o.At, "field %s of a table %s is of kind %d, which is not known", f.name, table, kind)
			return v, nil
		}
		err = r.child(&v, of, at, depth)
	}
	return v, err
}

// bytes reads where a vector of numbers or a string is.
func (r *Reader) bytes(v *Val, f field, at int64) (err error) {
	if v.Span, err = r.vector(at, max(f.width, 1)); err != nil {
		return err
	}
	if f.kind == "string" { // a zero byte ends it
		return r.Mark(v.Off-4, min(v.N+5, r.Size-v.Off+4))
	}
	return r.Mark(v.Off-4, v.N+4)
}

// list reads a vector of offsets.
func (r *Reader) list(v *Val, at int64, on func(at int64) error) (err error) {
	if v.Span, err = r.vector(at, 4); err != nil {
		return err
	}
	if err := r.Mark(v.Off-4, v.N+4); err != nil {
		return err
	}
	for i := v.Off; i < v.Off+v.N; i += 4 {
		if err := on(i); err != nil {
			return err
		}
	}
	return nil
}

// child reads a table that an offset leads to.
func (r *Reader) child(v *Val, table string, at int64, depth int) error {
	to, err := r.Follow(at)
	if err != nil {
		return err
	}
	if len(v.Kids) >= maxObjects {
		return scan.Errorf(at, "%w: more than %d tables in a vector", scan.ErrBudget, maxObjects)
	}
	if r.kids++; r.kids > 8*maxObjects {
		return scan.Errorf(at, "%w: more than %d ways to a table", scan.ErrBudget, 8*maxObjects)
	}
	o, err := r.Table(table, to, depth+1)
	v.Kids = append(v.Kids, o)
	return err
}

// Gaps merges the parts of the structure, reports those that overlap, and
// returns what lies between them.
func (r *Reader) Gaps() []Span {
	slices.SortFunc(r.spans, func(a, b Span) int { return cmp.Or(cmp.Compare(a.Off, b.Off), cmp.Compare(b.N, a.N)) })
	r.spans = slices.Compact(r.spans)
	var out []Span
	end := int64(0)
	overlaps := 0
	for _, s := range r.spans {
		switch {
		case s.Off > end:
			out = append(out, Span{end, s.Off - end})
		case s.Off < end && s.N > 0:
			if overlaps++; overlaps == 1 {
				r.F.Reportf(quintain.Medium, s.Off, "parts of the file overlap, so one part can be read as another")
			}
		}
		end = max(end, s.Off+s.N)
	}
	if end < r.Size {
		out = append(out, Span{end, r.Size - end})
	}
	return out
}
