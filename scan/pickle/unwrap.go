package pickle

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"encoding/hex"
	"io"

	"quintain/scan"
)

// This file looks into constants that are packed or written as text: a pickle
// in Base64 in a pickle is data to the one who loads it, until other code
// unpacks it.

const (
	minWrapped  = 24       // bytes of a constant worth looking into
	wrappedHead = 64       // of it that are looked at first
	maxWrapped  = 16 << 20 // of it, and of what it unpacks to
	maxWraps    = 3        // inside each other
)

// An unwrapper looks into constants.
type unwrapper struct {
	spend func(int64) error
	hunt  func([]byte) ([]scan.Hidden, error)
}

// constant looks into n bytes at off, the constant that was just read.
func (m *machine) constant(off, n int64) {
	if m.unwrap == nil || n < minWrapped {
		return
	}
	head, err := m.src.at(off, int(min(n, wrappedHead)))
	if err != nil || wrapping(head) == "" {
		return
	}
	if n > maxWrapped {
		m.flaw(doubt, "a constant that looks packed is too long to look into")
		return
	}
	b := head
	if n > wrappedHead {
		b = make([]byte, n)
		if got, _ := m.src.r.ReadAt(b, off); got < len(b) {
			return // the file ends, which reading on reports
		}
	}
	m.look(b, "")
}

// look searches what b unpacks to. Path says what b was itself unpacked from.
func (m *machine) look(b []byte, path string) {
	for range maxWraps {
		kind := wrapping(b[:min(len(b), wrappedHead)])
		if kind == "" {
			return
		}
		out, err := m.unpack(kind, b)
		if err != nil {
			m.flaw(doubt, "a constant in %s could not be looked into: %v", kind, err)
		}
		if path != "" {
			path += " in "
		}
		path += kind
		if !bytes.ContainsAny(out, "ci") && bytes.IndexByte(out, 0x80) < 0 && bytes.IndexByte(out, 0x93) < 0 && wrapping(out[:min(len(out), wrappedHead)]) == "" {
			return
		}
		found, err := m.unwrap.hunt(out)
		for _, x := range found {
			l := medium
			if x.Severity > 2 {
				l = high
			}
			m.flaw(l, "a constant in %s hides a pickle: %s", path, x.Text)
		}
		if err != nil {
			m.flaw(doubt, "a constant in %s could not be searched: %v", path, err)
		}
		b = out
	}
}

// wrapping says how a constant that begins with head seems to be packed.
func wrapping(head []byte) string {
	if len(head) < 2 {
		return ""
	}
	switch {
	case head[0] == 0x78 && (int(head[0])<<8|int(head[1]))%31 == 0:
		return "zlib"
	case bytes.HasPrefix(head, []byte("\x1f\x8b\x08")):
		return "gzip"
	}
	isHex := true
	for i, c := range head {
		if !textByte[c] && (c != '=' || i < len(head)-2) {
			return ""
		}
		isHex = isHex && (c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F')
	}
	switch {
	case len(head) < minWrapped:
		return ""
	case isHex:
		return "hexadecimal"
	}
	return "Base64"
}

// textByte are the bytes of Base64 in either alphabet, and of its lines.
var textByte = func() (t [256]bool) {
	for _, c := range []byte("+/-_\n0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") {
		t[c] = true
	}
	return t
}()

// unpack returns what b unpacks to, as far as it does.
func (m *machine) unpack(kind string, b []byte) ([]byte, error) {
	switch kind {
	case "hexadecimal":
		out := make([]byte, len(b)/2)
		n, _ := hex.Decode(out, b[:len(b)/2*2]) // as far as it goes
		return out[:n], nil
	case "Base64":
		return fromBase64(b), nil
	}
	var r io.Reader
	var err error
	if kind == "zlib" {
		r, err = zlib.NewReader(bytes.NewReader(b))
	} else {
		r, err = gzip.NewReader(bytes.NewReader(b))
	}
	if err != nil {
		return nil, nil //nolint:nilerr // it only looked packed
	}
	out, _ := io.ReadAll(io.LimitReader(r, maxWrapped)) // as far as it goes
	return out, m.unwrap.spend(int64(len(out)))
}

// fromBase64 decodes b in either alphabet, with or without padding and lines.
func fromBase64(b []byte) []byte {
	text := make([]byte, 0, len(b))
	for _, c := range b {
		switch c {
		case '\n', '=':
			continue
		case '-':
			c = '+'
		case '_':
			c = '/'
		}
		text = append(text, c)
	}
	out := make([]byte, base64.RawStdEncoding.DecodedLen(len(text)))
	n, _ := base64.RawStdEncoding.Decode(out, text) // as far as it goes
	return out[:n]
}
