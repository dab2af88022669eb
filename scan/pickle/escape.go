package pickle

import (
	"strconv"
	"unicode/utf8"
)

// unescape appends what a string literal of Python 2 stands for to dst.
// Escapes that Python does not know stay as they are, as in Python.
func unescape(dst, b []byte) []byte {
	for i := 0; i < len(b); i++ {
		if b[i] != '\\' || i+1 == len(b) {
			dst = append(dst, b[i])
			continue
		}
		i++
		switch c := b[i]; c {
		case '\n':
		case '\\', '\'', '"':
			dst = append(dst, c)
		case 'a':
			dst = append(dst, '\a')
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'n':
			dst = append(dst, '\n')
		case 'r':
			dst = append(dst, '\r')
		case 't':
			dst = append(dst, '\t')
		case 'v':
			dst = append(dst, '\v')
		case '0', '1', '2', '3', '4', '5', '6', '7':
			v, n := 0, 0
			for n < 3 && i+n < len(b) && b[i+n] >= '0' && b[i+n] <= '7' {
				v = v*8 + int(b[i+n]-'0')
				n++
			}
			dst = append(dst, byte(v)) // Python keeps the low byte too
			i += n - 1
		case 'x':
			v, ok := hexValue(b[i+1:], 2)
			if !ok {
				dst = append(dst, '\\', 'x')
				continue
			}
			dst = append(dst, byte(v)) // two digits
			i += 2
		default:
			dst = append(dst, '\\', c)
		}
	}
	return dst
}

// unescapeRaw appends what raw-unicode-escape text stands for to dst, in
// UTF-8. Only \u and \U are escapes; other bytes are Latin-1.
func unescapeRaw(dst, b []byte) []byte {
	for i := 0; i < len(b); i++ {
		if b[i] != '\\' || i+1 == len(b) {
			dst = utf8.AppendRune(dst, rune(b[i]))
			continue
		}
		digits := map[byte]int{'u': 4, 'U': 8}[b[i+1]]
		v, ok := hexValue(b[i+2:], digits)
		if digits == 0 || !ok {
			dst = utf8.AppendRune(append(dst, '\\'), rune(b[i+1]))
			i++
			continue
		}
		dst = utf8.AppendRune(dst, rune(v)) // AppendRune checks it
		i += 1 + digits
	}
	return dst
}

// hexValue returns the number that the first n bytes of b spell.
func hexValue(b []byte, n int) (uint32, bool) {
	if n == 0 || len(b) < n {
		return 0, false
	}
	v, err := strconv.ParseUint(string(b[:n]), 16, 32)
	return uint32(v), err == nil // 32 bits were asked for
}
