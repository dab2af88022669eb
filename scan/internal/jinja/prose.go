package jinja

import (
	"fmt"
	"strings"
	"unicode"

	"quintain"
)

func letters(s string) int {
	n := 0
	for _, r := range s {
		if unicode.IsLetter(r) {
			n++
		}
	}
	return n
}

// words counts the words of a text outside of <tags> and [TAGS]. Two
// characters of a script without spaces count as one.
func words(s string) int {
	n, run, wide, tag := 0, 0, 0, false
	for _, r := range s + " " {
		switch r {
		case '<', '[':
			tag = true
		case '>', ']':
			tag = false
		}
		switch {
		case tag:
			run = 0
		case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai):
			wide++
		case unicode.IsLetter(r) || r == '\'':
			run++
		default:
			if run > 1 {
				n++
			}
			run = 0
		}
	}
	return n + wide/2
}

// invisible notes characters that a reader of the template does not see.
func (in *interp) invisible(src string) {
	var spelled strings.Builder
	seen := make(map[string]bool)
	prev, first := rune(0), -1
	for i, r := range src {
		what := ""
		switch {
		case r >= 0xe0000 && r <= 0xe007f:
			what = "tag characters"
			if r >= 0xe0020 && r < 0xe007f {
				spelled.WriteRune(r - 0xe0000)
			}
		case r >= 0xe0100 && r <= 0xe01ef:
			what = "variation selectors, which can carry bytes"
		case r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
			what = fmt.Sprintf("%U, which changes the order in which text is shown", r)
		case r == 0x200b, r == 0x2060, r == 0xfeff && i > 0, r == 0x180e, r == 0x3164, r == 0x115f, r == 0x1160, r == 0xffa0,
			r >= 0x2061 && r <= 0x2064:
			what = fmt.Sprintf("%U, which is not shown", r)
		case r == 0x200d || r == 0x200c: // joins emoji and letters of some scripts
			if prev < 0x80 {
				what = fmt.Sprintf("%U, which is not shown", r)
			}
		}
		prev = r
		if what != "" && !seen[what] {
			seen[what] = true
			if what == "tag characters" {
				first = i
				continue
			}
			in.note(i, quintain.Medium, "holds %s", what)
		}
	}
	if first >= 0 {
		in.note(first, quintain.High, "holds invisible characters that a model reads as %q", short(spelled.String()))
	}
}
