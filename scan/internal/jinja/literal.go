package jinja

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// unquote returns what a string literal stands for. It is false if the text
// has an escape that this package does not know or that is none.
func unquote(lit string) (string, bool) {
	s := lit[1 : len(lit)-1]
	if !strings.Contains(s, `\`) {
		return s, true
	}
	var b strings.Builder
	for s != "" {
		i := strings.IndexByte(s, '\\')
		if i < 0 {
			b.WriteString(s)
			break
		}
		b.WriteString(s[:i])
		text, rest, ok := escapeSeq(s[i+1:])
		if !ok {
			return "", false
		}
		b.WriteString(text)
		s = rest
	}
	return b.String(), true
}

var simpleEscapes = map[byte]string{
	'\n': "", '\\': `\`, '\'': "'", '"': `"`, 'a': "\a", 'b': "\b", 'f': "\f", 'n': "\n", 'r': "\r", 't': "\t", 'v': "\v",
}

// escapeSeq decodes the escape sequence at the beginning of s, after the
// backslash.
func escapeSeq(s string) (text, rest string, ok bool) {
	if s == "" {
		return "", "", false
	}
	if t, ok := simpleEscapes[s[0]]; ok {
		return t, s[1:], true
	}
	switch c := s[0]; c {
	case 'x':
		return codePoint(s[1:], 2, 16)
	case 'u':
		return codePoint(s[1:], 4, 16)
	case 'U':
		return codePoint(s[1:], 8, 16)
	case 'N':
		return named(s[1:])
	case '0', '1', '2', '3', '4', '5', '6', '7':
		n := 1
		for n < 3 && n < len(s) && s[n] >= '0' && s[n] <= '7' {
			n++
		}
		return codePoint(s, n, 8)
	}
	_, n := utf8.DecodeRuneInString(s)
	return `\` + s[:n], s[n:], true // Python keeps the backslash
}

func codePoint(s string, digits, base int) (text, rest string, ok bool) {
	if len(s) < digits {
		return "", "", false
	}
	n, err := strconv.ParseUint(s[:digits], base, 32)
	if err != nil || n > utf8.MaxRune {
		return "", "", false
	}
	return string(rune(n)), s[digits:], true
}

// named decodes a character given by its Unicode name, for the letters of
// ASCII, the digits and the underscore: all that identifiers are made of.
func named(s string) (text, rest string, ok bool) {
	end := strings.IndexByte(s, '}')
	if end < 0 || s[0] != '{' {
		return "", "", false
	}
	name, rest := strings.ToUpper(s[1:end]), s[end+1:]
	if name == "LOW LINE" || name == "SPACING UNDERSCORE" {
		return "_", rest, true
	}
	if l, ok := strings.CutPrefix(name, "LATIN SMALL LETTER "); ok && len(l) == 1 {
		return strings.ToLower(l), rest, true
	}
	if l, ok := strings.CutPrefix(name, "LATIN CAPITAL LETTER "); ok && len(l) == 1 {
		return l, rest, true
	}
	for i, d := range [...]string{"ZERO", "ONE", "TWO", "THREE", "FOUR", "FIVE", "SIX", "SEVEN", "EIGHT", "NINE"} {
		if name == "DIGIT "+d {
			return strconv.Itoa(i), rest, true
		}
	}
	return "", "", false
}

// number returns what a numeral stands for, as an integer where it fits.
func number(text string) value {
	if i, err := strconv.ParseInt(text, 0, 64); err == nil {
		return value{kind: isInt, num: i}
	}
	if i, err := strconv.ParseInt(strings.TrimLeft(strings.ReplaceAll(text, "_", ""), "0"), 10, 64); err == nil {
		return value{kind: isInt, num: i}
	}
	return unknown(aNumber)
}
