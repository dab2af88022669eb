package tar

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strings"
)

const blockSize = 512

// Kinds of members.
const (
	kindOldFile    = 0
	kindFile       = '0'
	kindHardLink   = '1'
	kindSymlink    = '2'
	kindChar       = '3'
	kindBlock      = '4'
	kindFolder     = '5'
	kindPipe       = '6'
	kindContiguous = '7'
	kindPax        = 'x'
	kindSunPax     = 'X'
	kindGlobal     = 'g'
	kindLongName   = 'L'
	kindLongLink   = 'K'
	kindSparse     = 'S'
	kindLabel      = 'V'
)

// A header is the first block of a member.
type header struct {
	off  int64
	kind byte
	name string
	link string
	size int64
	odd  string // what programs disagree about; empty if all agree
}

// A field is a part of a header.
type field struct {
	name     string
	from, to int
}

func (f field) of(b []byte) []byte { return b[f.from:f.to] }

var (
	fieldName   = field{"name", 0, 100}
	fieldSize   = field{"size", 124, 136}
	fieldSum    = field{"checksum", 148, 156}
	fieldLink   = field{"link", 157, 257}
	fieldMagic  = field{"magic", 257, 263}
	fieldPrefix = field{"prefix", 345, 500}

	// Python ends an archive at a header in which one of these is no number.
	otherNumbers = []field{
		{"mode", 100, 108},
		{"owner", 108, 116},
		{"group", 116, 124},
		{"time", 136, 148},
		{"major", 329, 337},
		{"minor", 337, 345},
	}
)

const magicPOSIX = "ustar\x00"

// parseHeader reads a block whose sum is right.
func parseHeader(b []byte, off int64) (header, error) {
	h := header{off: off, kind: b[156], name: text(fieldName.of(b)), link: text(fieldLink.of(b))}
	var err error
	if h.size, err = number(fieldSize.of(b)); err != nil {
		return h, fmt.Errorf("size: %w", err)
	}
	if h.size < 0 {
		return h, fmt.Errorf("size %d is negative", h.size)
	}
	for _, x := range otherNumbers {
		if _, err := number(x.of(b)); err != nil {
			h.odd = fmt.Sprintf("%s: %v, where Python stops and others go on", x.name, err)
		}
	}
	prefix := text(fieldPrefix.of(b))
	switch {
	case prefix == "" || h.kind == kindLongName || h.kind == kindLongLink || h.kind == kindSparse:
	case string(fieldMagic.of(b)) == magicPOSIX:
		h.name = prefix + "/" + h.name
	default:
		h.odd = fmt.Sprintf("%q stands where only POSIX archives have the beginning of the name", prefix)
	}
	return h, nil
}

// text returns a field up to its first zero.
func text(b []byte) string {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return string(b)
}

var errNumber = errors.New("no number that all programs read alike")

// number reads an octal number between blanks, or a binary one whose first bit
// is set. What follows the end of the digits must be blank.
func number(b []byte) (int64, error) {
	if b[0]&0x80 != 0 {
		return binaryNumber(b)
	}
	s := strings.TrimLeft(string(b), " ")
	digits := len(s)
	if i := strings.IndexAny(s, " \x00"); i >= 0 {
		digits = i
	}
	if strings.Trim(s[digits:], " \x00") != "" {
		return 0, errNumber
	}
	var n int64
	for _, c := range []byte(s[:digits]) {
		if c < '0' || c > '7' {
			return 0, errNumber
		}
		n = n<<3 | int64(c-'0') // at most 12 digits of 3 bits
	}
	return n, nil
}

// binaryNumber reads a big-endian number in two's complement.
func binaryNumber(b []byte) (int64, error) {
	n := int64(b[0] & 0x3f)
	if negative := b[0]&0x40 != 0; negative {
		n -= 0x40
	}
	for _, c := range b[1:] {
		if n > math.MaxInt64>>8 || n < math.MinInt64>>8 {
			return 0, errNumber
		}
		n = n<<8 | int64(c)
	}
	return n, nil
}

// sumIsRight reports whether a block has the sum of bytes that it states,
// added up with or without signs.
func sumIsRight(b []byte) bool {
	want, err := number(fieldSum.of(b))
	if err != nil {
		return false
	}
	var unsigned, signed int64
	for i, c := range b {
		if i >= fieldSum.from && i < fieldSum.to {
			c = ' '
		}
		unsigned += int64(c)
		signed += int64(int8(c)) //nolint:gosec // old programs added signed bytes
	}
	return want == unsigned || want == signed
}

func allZero(b []byte) bool { return len(bytes.Trim(b, "\x00")) == 0 }
