package ledger

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Decoding undoes one way of writing text.
type Decoding struct {
	Name string
	undo func(w *writer, text string)
}

// Decode returns what text was before, or nothing if there is nothing in text
// to undo. It never fails: what it cannot undo it keeps or leaves out. It takes
// time and memory in proportion to the length of text.
func (d Decoding) Decode(text string) string {
	var w writer
	d.undo(&w, text)
	return w.text.String()
}

// trace returns, for each byte of Decode(text), the offset in text of the first
// byte that it came from.
func (d Decoding) trace(text string) []int {
	w := writer{trace: true}
	d.undo(&w, text)
	return w.at
}

// Decodings are the ways of writing a token that [Canary.Find] undoes, the
// simplest first. The slice must not be changed.
var Decodings = []Decoding{
	{"plain", func(w *writer, text string) { w.keep(text, 0, len(text)) }},
	{"case", undoCase},
	{"separators", undoSeparators},
	{"reversed", undoReversed},
	{"rot13", undoROT13},
	{"base64", undoBase64},
	{"hex", undoHex},
	{"base32", undoBase32},
	{"percent", undoPercent},
	{"html", undoHTML},
	{"escapes", undoEscapes},
	{"lookalikes", undoLookalikes},
}

// A writer collects decoded bytes and, if asked to, where they came from.
type writer struct {
	text  strings.Builder
	trace bool
	at    []int
}

// byte writes b, which came from offset at.
func (w *writer) byte(b byte, at int) {
	w.text.WriteByte(b)
	if w.trace {
		w.at = append(w.at, at)
	}
}

// string writes s, all of which came from offset at.
func (w *writer) string(s string, at int) {
	w.text.WriteString(s)
	if w.trace {
		w.at = append(w.at, slices.Repeat([]int{at}, len(s))...)
	}
}

// keep writes the part of text between two offsets as it is.
func (w *writer) keep(text string, from, to int) {
	w.text.WriteString(text[from:to])
	for i := from; w.trace && i < to; i++ {
		w.at = append(w.at, i)
	}
}

// undoCase turns small ASCII letters into capitals.
func undoCase(w *writer, text string) {
	small := func(r rune) bool { return 'a' <= r && r <= 'z' }
	if strings.IndexFunc(text, small) >= 0 {
		mapBytes(w, text, func(b byte) byte {
			if small(rune(b)) {
				return b - 'a' + 'A'
			}
			return b
		})
	}
}

// undoROT13 turns each ASCII letter into the one thirteen places on.
func undoROT13(w *writer, text string) {
	mapBytes(w, text, func(b byte) byte {
		switch {
		case 'a' <= b && b <= 'z':
			return 'a' + (b-'a'+13)%26
		case 'A' <= b && b <= 'Z':
			return 'A' + (b-'A'+13)%26
		}
		return b
	})
}

// mapBytes writes text with each byte changed.
func mapBytes(w *writer, text string, change func(byte) byte) {
	w.text.Grow(len(text))
	for i := range len(text) {
		w.byte(change(text[i]), i)
	}
}

// undoSeparators leaves letters and digits only: it drops spaces, dashes,
// punctuation, controls, and characters without width.
func undoSeparators(w *writer, text string) {
	drop := func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }
	if strings.IndexFunc(text, drop) < 0 {
		return
	}
	w.text.Grow(len(text))
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		if !drop(r) {
			w.keep(text, i, i+size)
		}
		i += size
	}
}

// undoReversed turns text around, character by character.
func undoReversed(w *writer, text string) {
	w.text.Grow(len(text))
	for i := len(text); i > 0; {
		_, size := utf8.DecodeLastRuneInString(text[:i])
		i -= size
		w.keep(text, i, i+size)
	}
}
