package ledger

import (
	"strconv"
	"strings"
	"unicode/utf16"
)

// maxEscape bounds the length in bytes of one escape.
const maxEscape = 40

// rewrite writes text with every escape undone. An escape begins with one of
// the bytes in marks; read returns what the one at the beginning of its
// argument stands for and its size in bytes, 0 if there is none.
func rewrite(w *writer, text, marks string, read func(text string) (s string, size int)) {
	for i, kept := 0, 0; ; {
		next := strings.IndexAny(text[i:], marks)
		if next < 0 {
			if kept > 0 {
				w.keep(text, kept, len(text))
			}
			return
		}
		i += next
		s, size := read(text[i:min(i+maxEscape, len(text))])
		if size == 0 {
			i++
			continue
		}
		w.keep(text, kept, i)
		w.string(s, i)
		i += size
		kept = i
	}
}

// undoPercent undoes the %51 of URLs.
func undoPercent(w *writer, text string) {
	rewrite(w, text, "%", func(text string) (string, int) {
		if v, ok := number(text, 1, 2, 16); ok {
			return string([]byte{byte(v)}), 3
		}
		return "", 0
	})
}

// undoHTML undoes character references, such as &#81; and &#x51; and &amp;.
func undoHTML(w *writer, text string) { rewrite(w, text, "&", reference) }

// named are the references by name that stand inside what was written twice.
var named = map[string]string{
	"amp": "&", "num": "#", "semi": ";", "lt": "<", "gt": ">", "quot": `"`, "apos": "'",
	"percnt": "%", "bsol": `\`, "plus": "+", "equals": "=", "sol": "/", "nbsp": " ",
}

// reference reads a character reference. As in browsers, a number need not end
// with a semicolon.
func reference(text string) (s string, size int) {
	if name, _, ok := strings.Cut(text[1:], ";"); ok {
		if s, ok := named[name]; ok {
			return s, len(name) + 2
		}
	}
	begin, base := 2, 10
	switch {
	case !strings.HasPrefix(text, "&#"):
		return "", 0
	case len(text) > 2 && text[2]|0x20 == 'x':
		begin, base = 3, 16
	}
	end := begin
	for end < len(text) && hexValue(text[end]) >= 0 && hexValue(text[end]) < base {
		end++
	}
	v, ok := number(text, begin, end-begin, base)
	if !ok {
		return "", 0
	}
	if end < len(text) && text[end] == ';' {
		end++
	}
	return string(v), end
}

// undoEscapes undoes the escapes of programming languages: \u0051, \u{51},
// \U00000051, \x51, \121, and U+0051.
func undoEscapes(w *writer, text string) {
	rewrite(w, text, `\Uu`, func(text string) (string, int) {
		v, size := escape(text)
		if utf16.IsSurrogate(v) {
			if low, more := escape(text[size:]); more > 0 {
				v, size = utf16.DecodeRune(v, low), size+more
			}
		}
		return string(v), size
	})
}

// escape reads one escape.
func escape(text string) (v rune, size int) {
	if len(text) < 4 {
		return 0, 0
	}
	digits := func(begin, n, base int) (rune, int) {
		if v, ok := number(text, begin, n, base); ok {
			return v, begin + n
		}
		return 0, 0
	}
	switch text[:2] {
	case `\u`:
		end := strings.IndexByte(text, '}')
		if text[2] != '{' {
			return digits(2, 4, 16)
		}
		if v, ok := number(text, 3, end-3, 16); ok {
			return v, end + 1
		}
		return 0, 0
	case `\U`:
		return digits(2, 8, 16)
	case `\x`:
		return digits(2, 2, 16)
	case "U+", "u+":
		for n := 6; n >= 4; n-- {
			if v, size := digits(2, n, 16); size > 0 {
				return v, size
			}
		}
		return 0, 0
	}
	if text[0] == '\\' {
		return digits(1, 3, 8)
	}
	return 0, 0
}

// number returns the character whose number is written in the n digits of text
// at offset i.
func number(text string, i, n, base int) (rune, bool) {
	if n <= 0 || i+n > len(text) {
		return 0, false
	}
	v, err := strconv.ParseUint(text[i:i+n], base, 21)
	return rune(v), err == nil
}
