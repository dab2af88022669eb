// Package hexfs lets tests keep hostile bytes as text that a reviewer can read
// and that neither a virus scanner nor a loader of models acts on.
package hexfs

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// Ext ends the names of files that hold bytes as text: "model.pkl.hex" stands
// for "model.pkl".
const Ext = ".hex"

// maxSize bounds what one text can stand for, so that a slip in a count does
// not fill the memory.
const maxSize = 16 << 20

// Decode returns the bytes that a text stands for. The words of the text are
// hexadecimal digits, two for a byte, or strings in double quotes as in Go.
// A word followed by *N stands for N copies. A # begins a comment.
//
//	80 02                  # PROTO 2
//	63 "os\nsystem\n"      # GLOBAL os system
//	00*16
func Decode(text []byte) ([]byte, error) {
	var out []byte
	for i, line := range strings.Split(string(text), "\n") {
		var err error
		if out, err = decodeLine(out, line); err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
	}
	return out, nil
}

// decodeLine appends what one line stands for to out.
func decodeLine(out []byte, line string) ([]byte, error) {
	for {
		line = strings.TrimLeft(line, " \t\r")
		if line == "" || line[0] == '#' {
			return out, nil
		}
		word, rest, err := decodeWord(line)
		if err != nil {
			return nil, err
		}
		n := 1
		if digits, ok := strings.CutPrefix(rest, "*"); ok {
			end := strings.IndexFunc(digits, func(r rune) bool { return r < '0' || r > '9' })
			if end < 0 {
				end = len(digits)
			}
			if n, err = strconv.Atoi(digits[:end]); err != nil {
				return nil, fmt.Errorf("count %q: %w", digits[:end], err)
			}
			rest = digits[end:]
		}
		if n > maxSize || len(out)+n*len(word) > maxSize {
			return nil, fmt.Errorf("more than %d bytes", maxSize)
		}
		out = append(out, bytes.Repeat(word, n)...)
		line = rest
	}
}

// decodeWord returns the bytes of the first word of line and what follows it.
func decodeWord(line string) (word []byte, rest string, err error) {
	if line[0] == '"' {
		quoted, err := strconv.QuotedPrefix(line)
		if err != nil {
			return nil, "", fmt.Errorf("string %q: %w", line, err)
		}
		s, err := strconv.Unquote(quoted)
		return []byte(s), line[len(quoted):], err
	}
	end := strings.IndexAny(line, " \t\r*#\"")
	if end < 0 {
		end = len(line)
	}
	word, err = hex.DecodeString(line[:end])
	if err != nil {
		return nil, "", fmt.Errorf("word %q: %w", line[:end], err)
	}
	if len(word) == 0 {
		return nil, "", fmt.Errorf("nothing stands before %q", line)
	}
	return word, line[end:], nil
}

// Encode returns b as text that [Decode] turns back into b, 16 bytes a line
// with what is printable beside it.
func Encode(b []byte) []byte {
	var out strings.Builder
	for len(b) > 0 {
		n := min(16, len(b))
		row := strings.TrimSpace(fmt.Sprintf("% x", b[:n]))
		fmt.Fprintf(&out, "%-47s  # %s\n", row, printable(b[:n]))
		b = b[n:]
	}
	return []byte(out.String())
}

func printable(b []byte) string {
	s := []byte(strings.Clone(string(b)))
	for i, c := range s {
		if c < ' ' || c > '~' {
			s[i] = '.'
		}
	}
	return string(s)
}
