package pickle

import (
	"bytes"
	"errors"
	"io"
)

const (
	windowSize = 128 << 10
	keepBehind = 4 << 10 // bytes before the position that stay in the window
	maxLine    = 64 << 10
)

var errEOF = errors.New("the file ends inside the pickle")

// A source reads a pickle forward through a window of a fixed size.
type source struct {
	r    io.ReaderAt
	size int64
	buf  []byte // the window
	base int64  // offset of buf[0]
	pos  int    // of the next byte in buf
	back []byte // what at returns of bytes outside the window
}

func newSource(r io.ReaderAt, size int64) *source {
	return &source{r: r, size: size, buf: make([]byte, 0, min(windowSize, size))}
}

// offset returns the offset of the next byte.
func (s *source) offset() int64 { return s.base + int64(s.pos) }

// fill tries to have n bytes in the window, at most maxLine, and reports
// whether it has.
func (s *source) fill(n int) (bool, error) {
	if len(s.buf)-s.pos >= n {
		return true, nil
	}
	off := s.offset()
	if off >= s.size {
		return n == 0, nil
	}
	keep := min(s.pos, keepBehind, cap(s.buf)/2)
	if s.pos > len(s.buf) {
		keep = 0
	}
	start := off - int64(keep)
	want := int(min(int64(cap(s.buf)), s.size-start))
	got, err := s.r.ReadAt(s.buf[:want], start)
	s.base, s.pos = start, keep
	s.buf = s.buf[:got]
	if got < want {
		s.pos = min(keep, got)
		if err == nil || errors.Is(err, io.EOF) {
			err = errEOF
		}
		return false, err
	}
	return len(s.buf)-s.pos >= n, nil
}

// take returns the next n bytes, few enough for the window. They are valid
// until the next call.
func (s *source) take(n int) ([]byte, error) {
	if len(s.buf)-s.pos < n {
		if ok, err := s.fill(n); !ok {
			if err == nil {
				err = errEOF
			}
			return nil, err
		}
	}
	b := s.buf[s.pos : s.pos+n]
	s.pos += n
	return b, nil
}

// next returns the next byte.
func (s *source) next() (byte, error) {
	if s.pos < len(s.buf) {
		s.pos++
		return s.buf[s.pos-1], nil
	}
	b, err := s.take(1)
	if err != nil {
		return 0, err
	}
	return b[0], nil
}

// skip passes over n bytes.
func (s *source) skip(n int64) error {
	if n < 0 || n > s.size-s.offset() {
		return errEOF
	}
	if rest := int64(len(s.buf) - s.pos); n <= rest {
		s.pos += int(n)
		return nil
	}
	s.base, s.pos, s.buf = s.offset()+n, 0, s.buf[:0]
	return nil
}

// line reads up to the next newline or the end of the file. Like the readers
// of Python it drops the last byte, whether that is a newline or not. The text
// is nil if the line is too long to keep; off and n locate it in any case.
func (s *source) line() (text []byte, off, n int64, err error) {
	off = s.offset()
	for {
		if ok, err := s.fill(1); !ok {
			if err != nil {
				return nil, 0, 0, err
			}
			if s.offset() == off {
				return nil, 0, 0, errEOF
			}
			break
		}
		i := bytes.IndexByte(s.buf[s.pos:], '\n')
		if i >= 0 {
			s.pos += i + 1
			break
		}
		s.pos = len(s.buf)
	}
	n = s.offset() - off - 1
	if n > maxLine {
		return nil, off, n, nil
	}
	text, err = s.at(off, int(n))
	return text, off, n, err
}

// at returns n bytes at an offset that was passed already. They are valid
// until the next call of any method.
func (s *source) at(off int64, n int) ([]byte, error) {
	if i := off - s.base; i >= 0 && i+int64(n) <= int64(len(s.buf)) {
		return s.buf[i : int(i)+n], nil
	}
	if cap(s.back) < n {
		s.back = make([]byte, n)
	}
	b := s.back[:n]
	if got, err := s.r.ReadAt(b, off); got < n {
		if err == nil || errors.Is(err, io.EOF) {
			err = errEOF
		}
		return nil, err
	}
	return b, nil
}
