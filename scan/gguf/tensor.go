package gguf

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"math/bits"
	"slices"
	"strconv"

	"quintain"
	"quintain/scan"
)

const (
	maxTensors = 1 << 18
	maxName    = 63 // bytes that llama.cpp has room for
	maxDims    = 4  // dimensions that it has room for
	maxAnyDims = 64 // dimensions that are read at all
)

// A tensor is where the data of a tensor lies.
type tensor struct {
	name  string
	at    int64  // where the file describes it
	start uint64 // in the data
	size  uint64
	typ   uint32
	known bool // the size is
	elems uint64
}

// tensorInfos reads the descriptions of the tensors.
func (g *file) tensorInfos(ctx context.Context) error {
	if g.tensors > maxTensors {
		return scan.Errorf(8, "%w: %d tensors", scan.ErrBudget, g.tensors)
	}
	if least := g.tensors * minInfo; least > g.rest() {
		return scan.Errorf(g.off, "claims %d tensors, the rest of the file has room for %d", g.tensors, g.rest()/minInfo)
	}
	names := make(map[string]bool)
	for i := range g.tensors {
		if i&0xff == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		t, err := g.tensorInfo()
		if err != nil {
			return err
		}
		if names[t.name] {
			g.Reportf(quintain.High, t.at, "tensor %q is there twice, so programs differ on its data", clip(t.name))
		}
		names[t.name] = true
		g.infos = append(g.infos, t)
	}
	return nil
}

func (g *file) tensorInfo() (tensor, error) {
	t := tensor{at: g.off}
	name, err := g.text("a name", maxKey)
	if err != nil {
		return t, err
	}
	if t.name = identity(name); len(name) > maxName {
		g.Reportf(quintain.Medium, t.at, "tensor %q has a name of %d bytes; readers have room for %d", clip(name), len(name), maxName)
	}
	at := g.off
	n, err := g.uint32()
	if err != nil {
		return t, err
	}
	if n > maxDims {
		g.Reportf(quintain.High, at, "tensor %q has %d dimensions; readers have room for %d", clip(name), n, maxDims)
	}
	if n > maxAnyDims {
		return t, scan.Errorf(at, "tensor of %d dimensions", n)
	}
	dims := make([]uint64, n)
	for i := range dims {
		if dims[i], err = g.count(); err != nil {
			return t, err
		}
	}
	typeAt := g.off
	if t.typ, err = g.uint32(); err != nil {
		return t, err
	}
	if t.start, err = g.uint64(); err != nil {
		return t, err
	}
	if t.start%g.meta.alignment != 0 {
		g.Reportf(quintain.Medium, g.off-8, "data of tensor %q begins at %d, not at a multiple of %d", clip(name), t.start, g.meta.alignment)
	}
	g.measure(&t, name, dims, at, typeAt)
	return t, nil
}

// measure computes the size of a tensor, or reports why it has none.
func (g *file) measure(t *tensor, name string, dims []uint64, dimsAt, typeAt int64) {
	l, ok := layouts[t.typ]
	if !ok {
		g.Doubtf(typeAt, "tensor %q is of the unknown type %d, so its size is not known", clip(name), t.typ)
		return
	}
	elems := uint64(1)
	for _, d := range dims {
		if d == 0 {
			g.Reportf(quintain.Medium, dimsAt, "tensor %q has a dimension of 0; readers divide by it", clip(name))
		}
		hi, lo := bits.Mul64(elems, d)
		if hi != 0 || lo > math.MaxInt64 {
			g.Reportf(quintain.High, dimsAt, "the number of elements of tensor %q, %d, overflows", clip(name), dims)
			return
		}
		elems = lo
	}
	row := uint64(1)
	if len(dims) > 0 {
		row = dims[0]
	}
	if row%l.block != 0 {
		g.Reportf(quintain.High, dimsAt, "tensor %q has rows of %d elements, not a multiple of the %d in a block of %s", clip(name), row, l.block, l.name)
	}
	hi, size := bits.Mul64(elems/l.block, l.bytes)
	if hi != 0 || size > math.MaxInt64 {
		g.Reportf(quintain.High, dimsAt, "the size of tensor %q, %d of type %s, overflows", clip(name), dims, l.name)
		return
	}
	t.elems, t.size, t.known = elems, size, true
}

// layout accounts for the bytes after the descriptions.
func (g *file) layout(ctx context.Context) error {
	begin := up(uint64(g.off), g.meta.alignment)
	total := uint64(g.Size())
	if len(g.infos) == 0 || begin > total {
		for i := range g.infos {
			if t := &g.infos[i]; t.size > 0 {
				return scan.Errorf(g.off, "the file ends before the data of %d tensors", len(g.infos))
			}
		}
		begin = min(begin, total)
	}
	if err := g.padding(g.off, begin-uint64(g.off)); err != nil {
		return err
	}
	end, err := g.cover(begin, total-begin)
	if err != nil {
		return err
	}
	return g.trailing(ctx, int64(begin+end))
}

// cover accounts for the data, which has size bytes from begin, and returns
// where the last tensor in it ends.
func (g *file) cover(begin, size uint64) (uint64, error) {
	slices.SortStableFunc(g.infos, func(a, b tensor) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.size, b.size))
	})
	end, sure := uint64(0), true // sure that the bytes up to end are all that came before
	for i := range g.infos {
		t := &g.infos[i]
		stop, carry := bits.Add64(t.start, t.size, 0)
		switch {
		case carry != 0 || stop > size:
			g.Reportf(quintain.High, t.at, "tensor %q takes bytes %d to %s of data that has %d: the file is cut off, or readers read past its end",
				clip(t.name), t.start, sum(stop, carry), size)
			if stop = size; t.start >= size {
				stop = end
			}
		case t.start < end && t.size > 0:
			g.Reportf(quintain.High, t.at, "tensor %q begins %d bytes before the end of another", clip(t.name), end-t.start)
		case t.start > end && sure:
			if err := g.gap(begin+end, t.start-end); err != nil {
				return 0, err
			}
		}
		if stop > end {
			g.Account(scan.Tensor, int64(stop-max(end, min(t.start, stop))))
			end = stop
		}
		sure = t.known
	}
	if !sure {
		return size, nil // up to where the last one goes is not known
	}
	return end, nil
}

// sum writes a number of up to 65 bits.
func sum(n, carry uint64) string {
	if carry == 0 {
		return strconv.FormatUint(n, 10)
	}
	return "2^64+" + strconv.FormatUint(n, 10)
}

// up returns n, at most 2^63, rounded up to a multiple of align.
func up(n, align uint64) uint64 { return (n + align - 1) / align * align }

// gap accounts for bytes between two tensors.
func (g *file) gap(at, n uint64) error {
	if n < g.meta.alignment {
		return g.padding(int64(at), n)
	}
	g.Reportf(quintain.Medium, int64(at), "%d bytes between two tensors belong to none", n)
	return nil
}

// padding accounts for filler, which has to be zero.
func (g *file) padding(at int64, n uint64) error {
	g.Account(scan.Padding, int64(n))
	for n > 0 {
		b, err := g.w.Bytes(at, int(min(n, scan.MaxBytes)))
		if err != nil {
			return scan.Errorf(at, "padding: %w", err)
		}
		if i := slices.IndexFunc(b, func(c byte) bool { return c != 0 }); i >= 0 {
			g.Reportf(quintain.Medium, at+int64(i), "padding holds other bytes than zeros")
			return nil
		}
		at += int64(len(b))
		n -= uint64(len(b))
	}
	return nil
}

// trailing accounts for what follows the last tensor.
func (g *file) trailing(ctx context.Context, at int64) error {
	n := g.Size() - at
	pad := int64(up(uint64(at), g.meta.alignment)) - at
	if n <= pad {
		return g.padding(at, uint64(n))
	}
	g.Reportf(quintain.Medium, at, "%d bytes follow the end of the model, where no reader looks", n)
	g.Account(scan.Delegated, n)
	_, err := g.Descend(ctx, "trailing", io.NewSectionReader(g.File, at, n), n)
	return err
}

// describe keeps what the bill of materials and the evidence of a pass say.
func (g *file) describe() {
	g.Fact("version", strconv.FormatUint(uint64(g.version), 10))
	for _, key := range []string{"architecture", "name", "license"} {
		if s, ok := g.meta.texts["general."+key]; ok {
			g.Fact(key, shown(s))
		}
	}
	var elems uint64
	bytes := make(map[uint32]uint64)
	for i := range g.infos {
		t := &g.infos[i]
		elems = min(elems, math.MaxInt64) + t.elems
		bytes[t.typ] += t.size
	}
	g.Fact("tensors", strconv.Itoa(len(g.infos)))
	g.Fact("parameters", strconv.FormatUint(elems, 10))
	if q := g.quantization(bytes); q != "" {
		g.Fact("quantization", q)
	}
	g.Fact("templates", strconv.Itoa(g.templates))
}

// quantization names the type of most weights: as the file says, or else the
// type that most of the data has.
func (g *file) quantization(bytes map[uint32]uint64) string {
	if n, ok := g.meta.numbers["general.file_type"]; ok && fileTypes[n] != "" {
		return fileTypes[n]
	}
	best, most := "", uint64(0)
	for typ := range uint32(64) {
		if bytes[typ] > most {
			best, most = layouts[typ].name, bytes[typ]
		}
	}
	return best
}

// shown quotes a text unless it is plain.
func shown(s string) string {
	s = clip(s)
	for _, c := range []byte(s) {
		if c <= ' ' || c > '~' || c == '"' || c == ';' {
			return fmt.Sprintf("%q", s)
		}
	}
	return s
}
