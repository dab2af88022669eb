package compressed

import (
	"context"
	"errors"
	"io"

	"quintain/scan"
)

const pageSize = 64 << 10

// What one file may unpack to. The limit grows with what has been read of it,
// so that the cheapest bomb buys no more than freeSize of memory.
const (
	freeSize  = 16 << 20  // whatever the ratio
	maxRatio  = 250       // beyond freeSize
	bombRatio = 100       // a file stopped at this ratio is called a bomb
	maxSize   = 256 << 20 // in any case
)

// errLimit says that there is more than the limit allows.
var errLimit = errors.New("more unpacked bytes than are looked at")

// pages are unpacked bytes in memory. They grow without being copied.
type pages struct {
	ctx   context.Context //nolint:containedctx // of the one inspection that the pages live for
	src   *meter
	limit int64
	size  int64
	all   [][]byte // each is full but the last
	err   error    // the first of Write
}

// A meter knows how much of a file was read.
type meter struct {
	*scan.File
	read int64
}

// ReadAt implements [io.ReaderAt].
func (m *meter) ReadAt(p []byte, off int64) (int, error) {
	n, err := m.File.ReadAt(p, off)
	m.read = max(m.read, off+int64(n))
	return n, err
}

// limitOf returns the most that a file of some size may unpack to. It leaves
// half of the shared budget for the inspection of the content.
func limitOf(size int64) int64 {
	if size > maxSize {
		return maxSize
	}
	return min(maxSize, maxSize/2+2*size, max(freeSize, maxRatio*size))
}

// Write implements [io.Writer]. It fails with errLimit where the limit ends,
// after it has kept what fits.
func (p *pages) Write(b []byte) (int, error) {
	if p.err == nil {
		p.err = p.ctx.Err()
	}
	limit := min(p.limit, max(freeSize, maxRatio*p.src.read))
	n := int(min(int64(len(b)), limit-p.size))
	if p.err == nil {
		p.err = p.src.Spend(int64(n))
	}
	if p.err != nil {
		return 0, p.err
	}
	for rest := b[:n]; len(rest) > 0; {
		at := int(p.size % pageSize)
		if at == 0 {
			p.all = append(p.all, make([]byte, pageSize))
		}
		k := copy(p.all[len(p.all)-1][at:], rest)
		p.size += int64(k)
		rest = rest[k:]
	}
	if n < len(b) {
		p.err = errLimit
	}
	return n, p.err
}

// ReadAt implements [io.ReaderAt].
func (p *pages) ReadAt(b []byte, off int64) (int, error) {
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
