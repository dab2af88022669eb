package ledger

import "strings"

// minRun is the length of the shortest run of digits that is decoded. Shorter
// ones are mostly words, and hold nine letters at most.
const minRun = 12

// A base is a way of writing bytes as digits of a few bits each.
type base struct {
	bits   int                          // of a digit
	phases int                          // digits until the beginning of a digit is that of a byte again
	value  func(byte) int               // of a digit; -1 for what ends a run
	skip   func(text string, i int) int // size of what may stand between digits
}

// undoBase64 decodes runs of base64 digits of the standard or the URL alphabet,
// padded or not, at every alignment.
func undoBase64(w *writer, text string) {
	base{6, 4, base64Value, lineBreak}.undo(w, text)
}

// undoBase32 decodes runs of base32 digits, capital or small, padded or not, at
// every alignment.
func undoBase32(w *writer, text string) {
	base{5, 8, base32Value, lineBreak}.undo(w, text)
}

// undoHex decodes runs of hexadecimal digits at both alignments, also with 0x,
// spaces, colons, commas, semicolons, or dashes between them.
func undoHex(w *writer, text string) {
	base{4, 2, hexValue, hexSeparator}.undo(w, text)
}

func base64Value(b byte) int {
	switch {
	case 'A' <= b && b <= 'Z':
		return int(b - 'A')
	case 'a' <= b && b <= 'z':
		return int(b-'a') + 26
	case '0' <= b && b <= '9':
		return int(b-'0') + 52
	case b == '+' || b == '-':
		return 62
	case b == '/' || b == '_':
		return 63
	}
	return -1
}

func base32Value(b byte) int {
	switch {
	case 'A' <= b && b <= 'Z':
		return int(b - 'A')
	case 'a' <= b && b <= 'z':
		return int(b - 'a')
	case '2' <= b && b <= '7':
		return int(b-'2') + 26
	}
	return -1
}

func hexValue(b byte) int {
	switch {
	case '0' <= b && b <= '9':
		return int(b - '0')
	case 'a' <= b && b <= 'f':
		return int(b-'a') + 10
	case 'A' <= b && b <= 'F':
		return int(b-'A') + 10
	}
	return -1
}

// lineBreak is for runs that are folded, as in mail and PEM files.
func lineBreak(text string, i int) int {
	if text[i] == '\r' || text[i] == '\n' {
		return 1
	}
	return 0
}

func hexSeparator(text string, i int) int {
	switch {
	case strings.IndexByte(" \t\r\n:,;-", text[i]) >= 0:
		return 1
	case text[i] == '0' && i+1 < len(text) && text[i+1]|0x20 == 'x':
		return 2
	}
	return 0
}

// undo decodes every run in text. Each reading of each run is followed by a
// line feed, so that nothing is read across them.
func (s base) undo(w *writer, text string) {
	var digits []byte
	var at []int
	flush := func() {
		if len(digits) >= minRun {
			for phase := range s.phases {
				s.read(w, digits[phase:], at[phase:])
			}
		}
		digits, at = digits[:0], at[:0]
	}
	for i := 0; i < len(text); {
		if n := s.skip(text, i); n > 0 {
			i += n
			continue
		}
		if v := s.value(text[i]); v >= 0 {
			digits, at = append(digits, byte(v)), append(at, i)
		} else {
			flush()
		}
		i++
	}
	flush()
}

// read writes the bytes that digits stand for.
func (s base) read(w *writer, digits []byte, at []int) {
	var acc uint32
	have := 0
	for i, d := range digits {
		acc, have = acc<<s.bits|uint32(d), have+s.bits
		if have < 8 {
			continue
		}
		have -= 8
		first := (s.bits*(i+1) - have - 8) / s.bits // digit in which the byte begins
		w.byte(byte(acc>>have), at[first])
	}
	w.byte('\n', at[0])
}
