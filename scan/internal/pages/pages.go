// Package pages keeps unpacked bytes in memory, and no more of them than the
// packed ones justify.
package pages

import (
	"context"
	"errors"
	"io"
)

const pageSize = 64 << 10

// What one file may unpack to. The limit grows with the packed bytes, so that
// the cheapest bomb buys no more than freeSize of memory.
const (
	freeSize = 16 << 20  // whatever the ratio
	maxRatio = 250       // beyond freeSize
	maxSize  = 256 << 20 // in any case
)

// BombRatio is how many times its size a file that reaches its limit unpacks
// to before it is called a bomb.
const BombRatio = 100

// ErrLimit says that there is more than the limit allows.
var ErrLimit = errors.New("more unpacked bytes than are looked at")

// Limit returns the most bytes that a file of some size may unpack to. It
// leaves half of the shared budget for the inspection of the content.
func Limit(size int64) int64 {
	if size > maxSize {
		return maxSize
	}
	return min(maxSize, maxSize/2+2*size, max(freeSize, maxRatio*size))
}

// Pages are unpacked bytes. They grow without being copied.
type Pages struct {
	ctx   context.Context //nolint:containedctx // of the one inspection that the pages live for
	spend func(int64) error
	read  func() int64
	limit int64
	size  int64
	all   [][]byte // each is full but the last
	err   error    // the first of Write
}

// New returns empty pages for at most limit bytes. Each is paid for with
// spend; read returns how many packed bytes were read so far, or is nil if the
// limit stands from the beginning.
func New(ctx context.Context, limit int64, spend func(int64) error, read func() int64) *Pages {
	return &Pages{ctx: ctx, spend: spend, read: read, limit: limit}
}

// Size returns the number of bytes.
func (p *Pages) Size() int64 { return p.size }

// Limit returns the most bytes that the pages take.
func (p *Pages) Limit() int64 { return p.limit }

// Full reports whether Write has refused bytes.
func (p *Pages) Full() bool { return p.err != nil }

// Write implements [io.Writer]. It fails with [ErrLimit] where the limit ends,
// after it has kept what fits.
func (p *Pages) Write(b []byte) (int, error) {
	if p.err == nil {
		p.err = p.ctx.Err()
	}
	limit := p.limit
	if p.read != nil {
		limit = min(limit, max(freeSize, maxRatio*p.read()))
	}
	n := int(min(int64(len(b)), limit-p.size))
	if p.err == nil {
		p.err = p.spend(int64(n))
	}
	if p.err != nil {
		return 0, p.err
	}
	for rest := b[:n]; len(rest) > 0; {
		at := int(p.size % pageSize)
		if at == 0 {
			p.all = append(p.all, make([]byte, min(pageSize, p.limit-p.size)))
		}
		k := copy(p.all[len(p.all)-1][at:], rest)
		p.size += int64(k)
		rest = rest[k:]
	}
	if n < len(b) {
		p.err = ErrLimit
	}
	return n, p.err
}

// ReadAt implements [io.ReaderAt].
func (p *Pages) ReadAt(b []byte, off int64) (int, error) {
	if off < 0 {
		return 0, errors.New("read at a negative offset")
	}
	n := 0
	for n < len(b) && off < p.size {
		at := off % pageSize
		end := min(pageSize, at+p.size-off)
		k := copy(b[n:], p.all[off/pageSize][at:end])
		n += k
		off += int64(k)
	}
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}
