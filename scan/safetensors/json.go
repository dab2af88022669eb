package safetensors

import (
	"encoding/hex"
	"errors"
	"fmt"
	"hash/maphash"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"quintain/scan"
)

// maxKept is how much of a string is kept; the rest is only checked.
const maxKept = 1 << 10

// A reader reads strict JSON (RFC 8259) without holding more of it than a
// window.
type reader struct {
	w    *scan.Window
	off  int64 // of the next byte
	end  int64
	hash maphash.Hash
	text []byte // the last string, cut to maxKept
	cut  bool   // and whether it was
}

var errShort = errors.New("the header ends inside a value")

// peek returns the next byte that is no space, without reading it.
func (r *reader) peek() (byte, error) {
	for r.off < r.end {
		b, err := r.w.Bytes(r.off, 1)
		if err != nil {
			return 0, err
		}
		switch b[0] {
		case ' ', '\t', '\r', '\n':
			r.off++
		default:
			return b[0], nil
		}
	}
	return 0, errShort
}

// expect reads one byte that must be c.
func (r *reader) expect(c byte) error {
	got, err := r.peek()
	if err != nil {
		return err
	}
	if got != c {
		return fmt.Errorf("%q where %q should be", got, c)
	}
	r.off++
	return nil
}

// more is called after an element of an array or object that ends with end. It
// reports whether another one follows.
func (r *reader) more(end byte) (bool, error) {
	c, err := r.peek()
	if err != nil {
		return false, err
	}
	r.off++
	switch c {
	case ',':
		return true, nil
	case end:
		return false, nil
	}
	return false, fmt.Errorf("%q where a comma or %q should be", c, end)
}

// next reads a byte inside a string.
func (r *reader) next() (byte, error) {
	if r.off >= r.end {
		return 0, errShort
	}
	b, err := r.w.Bytes(r.off, 1)
	if err != nil {
		return 0, err
	}
	r.off++
	return b[0], nil
}

// str reads a string. Its text is in r.text until the next one, its hash is
// returned.
func (r *reader) str() (uint64, error) {
	if err := r.expect('"'); err != nil {
		return 0, err
	}
	r.hash.Reset()
	r.text, r.cut = r.text[:0], false
	for {
		c, err := r.next()
		switch {
		case err != nil:
			return 0, err
		case c == '"':
			return r.hash.Sum64(), nil
		case c < ' ':
			return 0, fmt.Errorf("control character 0x%02x in a string", c)
		case c == '\\':
			err = r.escape()
		case c < utf8.RuneSelf:
			r.emit(rune(c))
		default:
			err = r.multibyte(c)
		}
		if err != nil {
			return 0, err
		}
	}
}

func (r *reader) emit(c rune) {
	var b [utf8.UTFMax]byte
	s := utf8.AppendRune(b[:0], c)
	r.hash.Write(s) // it never fails
	if len(r.text)+len(s) > maxKept {
		r.cut = true
		return
	}
	r.text = append(r.text, s...)
}

// multibyte reads the rest of a character that begins with c.
func (r *reader) multibyte(c byte) error {
	b := []byte{c}
	for !utf8.FullRune(b) {
		c, err := r.next()
		if err != nil {
			return err
		}
		b = append(b, c)
	}
	x, n := utf8.DecodeRune(b)
	if x == utf8.RuneError && n <= 1 {
		return errors.New("a string is not UTF-8")
	}
	r.emit(x)
	return nil
}

// escape reads what follows a backslash.
func (r *reader) escape() error {
	c, err := r.next()
	if err != nil {
		return err
	}
	switch c {
	case '"', '\\', '/':
		r.emit(rune(c))
	case 'b':
		r.emit('\b')
	case 'f':
		r.emit('\f')
	case 'n':
		r.emit('\n')
	case 'r':
		r.emit('\r')
	case 't':
		r.emit('\t')
	case 'u':
		x, err := r.hex4()
		if err != nil {
			return err
		}
		if utf16.IsSurrogate(x) {
			if err := r.word(`\u`); err != nil {
				return errors.New("half of a surrogate pair")
			}
			y, err := r.hex4()
			if err != nil {
				return err
			}
			if x = utf16.DecodeRune(x, y); x == utf8.RuneError {
				return errors.New("half of a surrogate pair")
			}
		}
		r.emit(x)
	default:
		return fmt.Errorf("escape %q in a string", c)
	}
	return nil
}

func (r *reader) hex4() (rune, error) {
	if r.end-r.off < 4 {
		return 0, errShort
	}
	b, err := r.w.Bytes(r.off, 4)
	if err != nil {
		return 0, err
	}
	var out [2]byte
	if _, err := hex.Decode(out[:], b); err != nil {
		return 0, fmt.Errorf("escape in a string: %w", err)
	}
	r.off += 4
	return rune(out[0])<<8 | rune(out[1]), nil
}

// word reads exactly s.
func (r *reader) word(s string) error {
	for i := range len(s) {
		c, err := r.next()
		if err != nil {
			return err
		}
		if c != s[i] {
			return fmt.Errorf("%q where %q should be", c, s[i])
		}
	}
	return nil
}

// natural reads a number that is an unsigned integer of 63 bits.
func (r *reader) natural() (int64, error) {
	if _, err := r.peek(); err != nil {
		return 0, err
	}
	start := r.off
	var digits [20]byte
	n := 0
	for r.off < r.end {
		b, err := r.w.Bytes(r.off, 1)
		if err != nil {
			return 0, err
		}
		c := b[0]
		if c >= '0' && c <= '9' && n < len(digits) {
			digits[n] = c
			n++
			r.off++
			continue
		}
		if c == '.' || c == '-' || c == '+' || c == 'e' || c == 'E' || c >= '0' && c <= '9' {
			return 0, errors.New("a number is no size")
		}
		break
	}
	if n == 0 || n > 1 && digits[0] == '0' {
		r.off = start
		return 0, errors.New("something stands where a number should be")
	}
	v, err := strconv.ParseInt(string(digits[:n]), 10, 64)
	if err != nil {
		return 0, errors.New("a number is too large for a size")
	}
	return v, nil
}
