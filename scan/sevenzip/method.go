package sevenzip

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"quintain/scan"
)

// The methods of unpacking. What is not listed is not read: the decoders of
// other methods work in the background, where their mistakes cannot be caught,
// or say too late how much memory they need.
const (
	methodCopy  = "\x00"
	methodLZMA  = "\x03\x01\x01"
	methodLZMA2 = "\x21"
	methodPPMd  = "\x03\x04\x01"
	methodAES   = "\x06\xf1\x07\x01"
	methodDelta = "\x03"
)

// methods are those that are read, with their names.
var methods = map[string]string{
	methodCopy:         "copy",
	methodLZMA:         "LZMA",
	methodLZMA2:        "LZMA2",
	methodPPMd:         "PPMd",
	methodDelta:        "delta",
	"\x03\x03\x01\x03": "BCJ",
	"\x03\x03\x02\x05": "PPC",
	"\x03\x03\x05\x01": "ARM",
	"\x03\x03\x08\x05": "SPARC",
	"\x0a":             "ARM64",
	"\x04\x01\x08":     "deflate",
	"\x04\x02\x02":     "bzip2",
}

var errEncrypted = errors.New("it is encrypted")

func methodName(id string) string {
	if name, ok := methods[id]; ok {
		return name
	}
	return fmt.Sprintf("method %x", id)
}

// freeMemory is what the dictionaries of an archive may have beside twice
// their content: writers that do not know the size begin with that much.
const freeMemory = 16 << 20

// memory returns what a coder is going to allocate.
func (x *coder) memory() (int64, error) {
	switch x.id {
	case methodAES:
		return 0, errEncrypted
	case methodLZMA:
		if len(x.props) != 5 {
			return 0, fmt.Errorf("LZMA has %d bytes of properties", len(x.props))
		}
		return int64(binary.LittleEndian.Uint32(x.props[1:])), nil
	case methodPPMd:
		if len(x.props) != 5 {
			return 0, fmt.Errorf("PPMd has %d bytes of properties", len(x.props))
		}
		return int64(binary.LittleEndian.Uint32(x.props[1:])), nil
	case methodDelta:
		if len(x.props) == 1 && x.props[0] == 255 { // the decoder adds 1 in a byte, and never comes to an end
			return 0, errors.New("delta over 256 bytes is not read")
		}
		return 0, nil
	case methodLZMA2:
		if len(x.props) != 1 || x.props[0] > 40 {
			return 0, fmt.Errorf("LZMA2 has the properties % x", x.props)
		}
		bits := x.props[0]
		return int64(2|bits&1) << (bits/2 + 11), nil
	}
	if _, ok := methods[x.id]; !ok {
		return 0, fmt.Errorf("%s is not read", methodName(x.id))
	}
	return 0, nil
}

// afford sees that unpacking a folder takes no more memory than its content
// justifies, and returns what is left of the free memory.
func afford(f *folder, free int64) (int64, error) {
	var need int64
	for k := range f.coders {
		n, err := f.coders[k].memory()
		if err != nil {
			return free, err
		}
		need += n
	}
	rest := free - max(0, need-2*f.size())
	if rest < 0 {
		return free, fmt.Errorf("%w: a dictionary of %d bytes for %d bytes of content", scan.ErrBudget, need, f.size())
	}
	return rest, nil
}

// chunks sees that LZMA2 data fills its place and becomes the size it should,
// neither of which a decoder asks that is given the size.
func chunks(f *scan.File, s span, size int64) error {
	w := scan.NewWindow(f, s.off+s.n)
	for at := s.off; ; {
		b, err := w.UpTo(at, 5)
		if err != nil || len(b) == 0 {
			return io.ErrUnexpectedEOF
		}
		switch {
		case b[0] == 0 && at+1 == s.off+s.n && size == 0:
			return nil
		case b[0] == 0:
			return fmt.Errorf("it ends %d bytes early, with %d bytes of content missing", s.off+s.n-at-1, size)
		case b[0] > 2 && b[0] < 0x80 || len(b) < 5:
			return fmt.Errorf("an LZMA2 chunk of kind 0x%02x is wrong", b[0])
		}
		content := int64(binary.BigEndian.Uint16(b[1:])) + 1
		packed := 3 + content
		if b[0] >= 0x80 {
			content += int64(b[0]&0x1f) << 16
			packed = 6 + int64(binary.BigEndian.Uint16(b[3:]))
			if b[0] >= 0xc0 {
				packed++
			}
		}
		at += packed
		size -= content
	}
}
