package pysource

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"
)

// unquote returns what a string stands for, with its prefix and quotes.
func unquote(b []byte) string {
	i := bytes.IndexAny(b, `"'`)
	if i < 0 {
		return ""
	}
	raw := bytes.ContainsAny(b[:i], "rR")
	b = b[i:]
	n := 1
	if len(b) >= 6 && b[1] == b[0] && b[2] == b[0] {
		n = 3
	}
	if len(b) < 2*n {
		return ""
	}
	s := string(b[n : len(b)-n])
	if raw || !strings.Contains(s, `\`) {
		return s
	}
	return unescape(s)
}

// simple are the escapes of one letter.
var simple = map[byte]string{
	'n': "\n", 't': "\t", 'r': "\r", '\\': `\`, '\'': "'", '"': `"`, 'a': "\a", 'b': "\b", 'f': "\f", 'v': "\v", '\n': "",
}

// unescape replaces the escapes in a text.
func unescape(s string) string {
	var out strings.Builder
	for i := 0; i < len(s); {
		if s[i] != '\\' || i+1 >= len(s) {
			out.WriteByte(s[i])
			i++
			continue
		}
		c := s[i+1]
		if e, ok := simple[c]; ok {
			out.WriteString(e)
			i += 2
			continue
		}
		digits, base := map[byte]int{'x': 2, 'u': 4, 'U': 8}[c], 16
		from := i + 2
		if digits == 0 && c >= '0' && c <= '7' {
			from, base = i+1, 8
			for digits < 3 && from+digits < len(s) && s[from+digits] >= '0' && s[from+digits] <= '7' {
				digits++
			}
		}
		if v, err := strconv.ParseUint(s[min(from, len(s)):min(from+digits, len(s))], base, 32); err == nil && digits > 0 && v <= utf8.MaxRune {
			out.WriteRune(rune(v))
			i = from + digits
			continue
		}
		out.WriteByte('\\')
		i++
	}
	return out.String()
}
