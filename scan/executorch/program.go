package executorch

import (
	"context"
	"io"
	"math/bits"
	"strings"

	"quintain"
	"quintain/scan"
	"quintain/scan/internal/flatbuffer"
)

// A program is a program under inspection.
type program struct {
	*flatbuffer.Reader
	ctx      context.Context //nolint:containedctx // it serves one call of Inspect
	base     int64           // of the segments; 0 without
	data     int64           // bytes of segments
	segments []flatbuffer.Span
	inline   int // delegates whose data are in the structure
	buffers  int // constants that are in the structure
	constant *flatbuffer.Object
	mutable  []*flatbuffer.Object
	outside  int // tensors in another file
	done     map[part]bool
}

// A part is an object in a plan. Many offsets may lead to one object, which is
// judged once.
type part struct{ plan, object *flatbuffer.Object }

// first reports whether a part is new.
func (p *program) first(plan, o *flatbuffer.Object) bool {
	k := part{plan, o}
	if p.done[k] {
		return false
	}
	p.done[k] = true
	return true
}

const maxWord = 256

// judge inspects the program.
func (p *program) judge(root *flatbuffer.Object) error {
	p.inline = len(root.Get("backend_delegate_data").Kids)
	p.buffers = len(root.Get("constant_buffer").Kids)
	p.mutable = root.Get("mutable_data_segments").Kids
	for i, s := range root.Get("segments").Kids {
		if !p.first(nil, s) {
			p.F.Reportf(quintain.Medium, s.At, "two segments are one")
			return flatbuffer.ErrStop
		}
		if err := p.segment(i, s); err != nil {
			return err
		}
	}
	for _, d := range root.Get("backend_delegate_data").Kids {
		if !p.first(nil, d) {
			continue
		}
		if err := p.library(d.Get("data").Span, "the data of a delegate"); err != nil {
			return err
		}
	}
	parts := p.mutable
	if c := root.Get("constant_segment").Kids; len(c) > 0 {
		p.constant = c[0]
		parts = append([]*flatbuffer.Object{c[0]}, parts...)
	}
	for _, s := range parts {
		if !p.first(nil, s) {
			continue
		}
		if err := p.subsegments(s); err != nil {
			return err
		}
	}
	for _, d := range root.Get("named_data").Kids {
		if n := d.Get("segment_index").Num; n >= uint64(len(p.segments)) {
			p.F.Reportf(quintain.High, d.At, "named data are in segment %d of %d", n, len(p.segments))
		}
	}
	for _, plan := range root.Get("execution_plan").Kids {
		if !p.first(nil, plan) {
			continue
		}
		if err := p.plan(plan); err != nil {
			return err
		}
	}
	if p.outside > 0 {
		p.F.Doubtf(-1, "%s in another file, which is not compared", scan.Count(p.outside, "tensor"))
	}
	return nil
}

// segment sees that a segment is in the file.
func (p *program) segment(i int, s *flatbuffer.Object) error {
	off, n := s.Get("offset").Num, s.Get("size").Num
	room := uint64(p.F.Size() - p.base) //nolint:gosec // the base is in the file
	if p.base == 0 || off > room || n > room-off {
		p.F.Reportf(quintain.High, s.At, "segment %d of %d bytes at %d reaches out of the file", i, n, off)
		return flatbuffer.ErrStop
	}
	at := flatbuffer.Span{Off: p.base + int64(off), N: int64(n)} //nolint:gosec // checked above
	p.segments = append(p.segments, at)
	p.data += at.N
	if err := p.Mark(at.Off, at.N); err != nil {
		return err
	}
	return p.library(at, "a segment")
}

// library reports native code, and searches other data for pickles.
func (p *program) library(s flatbuffer.Span, what string) error {
	if s.N == 0 {
		return nil
	}
	head := make([]byte, min(s.N, 4))
	if n, err := p.F.ReadAt(head, s.Off); n < len(head) {
		return scan.Errorf(s.Off, "read: %w", err)
	}
	switch h := string(head); {
	case h == "\x7fELF", h == "\xcf\xfa\xed\xfe", h == "\xca\xfe\xba\xbe", strings.HasPrefix(h, "MZ\x90"):
		p.F.Reportf(quintain.High, s.Off, "%s is a library, whose code runs when a delegate loads it", what)
	}
	return p.F.Search(p.ctx, what, s.Off, io.NewSectionReader(p.F, s.Off, s.N), s.N)
}

// subsegments sees that constants begin in their segment.
func (p *program) subsegments(o *flatbuffer.Object) error {
	offsets := o.Get("offsets")
	if offsets.N == 0 {
		return nil
	}
	i := o.Get("segment_index").Num
	if i >= uint64(len(p.segments)) {
		p.F.Reportf(quintain.High, o.At, "constants are in segment %d of %d", i, len(p.segments))
		return flatbuffer.ErrStop
	}
	for at := offsets.Off; at < offsets.Off+offsets.N; at += 8 {
		n, err := p.Num(at, 8)
		if err != nil {
			return err
		}
		if n > uint64(p.segments[i].N) { //nolint:gosec // not negative
			p.F.Reportf(quintain.High, at, "a constant is at %d of a segment of %d bytes", n, p.segments[i].N)
			return flatbuffer.ErrStop
		}
	}
	return nil
}

// word returns a string, cut to maxWord.
func (p *program) word(v flatbuffer.Val) (string, error) {
	b := make([]byte, min(v.N, maxWord))
	if n, err := p.F.ReadAt(b, v.Off); n < len(b) {
		return "", scan.Errorf(v.Off, "read: %w", err)
	}
	return string(b), nil
}

// widths are the sizes of the types of elements in bytes.
var widths = map[uint64]uint64{0: 1, 1: 1, 2: 2, 3: 4, 4: 8, 5: 2, 6: 4, 7: 8, 8: 4, 9: 8, 10: 16, 11: 1, 12: 1, 13: 1, 14: 4, 15: 2, 22: 1, 23: 1, 24: 1, 25: 1, 27: 2, 28: 4, 29: 8}

const inOtherFile = 1

// tensor compares a tensor with its data.
func (p *program) tensor(o *flatbuffer.Object) error {
	sizes := o.Get("sizes")
	if order := o.Get("dim_order"); order.N != sizes.N/4 {
		p.F.Reportf(quintain.High, o.At, "a tensor has %d dimensions in an order of %d", sizes.N/4, order.N)
		return nil
	}
	width, known := widths[o.Get("scalar_type").Num]
	if !known {
		p.F.Doubtf(o.At, "elements of type %d are not known", o.Get("scalar_type").Num)
	}
	total := max(width, 1)
	for at := sizes.Off; at < sizes.Off+sizes.N; at += 4 {
		n, err := p.Num(at, 4)
		if err != nil {
			return err
		}
		d := flatbuffer.Signed(n)
		high, low := bits.Mul64(total, uint64(max(d, 0))) //nolint:gosec // not negative
		if d < 0 || high != 0 || low > 1<<62 {
			p.F.Reportf(quintain.High, at, "a tensor has a dimension of %d, which overflows its size", d)
			return nil
		}
		total = low
	}
	where := o.Get("extra_tensor_info").Kids
	if len(where) > 0 && where[0].Get("location").Num == inOtherFile {
		p.outside++
		return nil
	}
	return p.constantOf(o, total, where)
}

// constantOf sees that the data of a tensor are there, and long enough.
func (p *program) constantOf(o *flatbuffer.Object, total uint64, where []*flatbuffer.Object) error {
	i := o.Get("data_buffer_idx").Num
	if i == 0 {
		return nil
	}
	if p.buffers > 0 && (p.constant == nil || p.constant.Get("offsets").N == 0) {
		if i >= uint64(p.buffers) {
			p.F.Reportf(quintain.High, o.At, "a tensor has constant %d of %d", i, p.buffers)
		}
		return nil
	}
	in := p.constant
	if len(o.Get("allocation_info").Kids) > 0 {
		k := uint64(0)
		if len(where) > 0 {
			k = where[0].Get("mutable_data_segments_idx").Num
		}
		if k >= uint64(len(p.mutable)) {
			p.F.Reportf(quintain.High, o.At, "a tensor begins as constant of list %d of %d", k, len(p.mutable))
			return nil
		}
		in = p.mutable[k]
	}
	if in == nil || i >= uint64(in.Get("offsets").N/8) { //nolint:gosec // not negative
		p.F.Reportf(quintain.High, o.At, "a tensor has constant %d, which the program does not have", i)
		return nil
	}
	at, err := p.Num(in.Get("offsets").Off+8*int64(i), 8) //nolint:gosec // less than a length
	if err != nil {
		return err
	}
	segment := p.segments[in.Get("segment_index").Num]
	if have := uint64(segment.N) - at; total > have { //nolint:gosec // subsegments has checked it
		p.F.Reportf(quintain.High, o.At, "a tensor of %d bytes has %d in its segment", total, have)
	}
	return nil
}
