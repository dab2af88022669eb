package tokens

import (
	"fmt"
	"unicode"
)

// shapeless are the common characters that are not seen.
var shapeless = map[rune]string{
	0x09: "tab", 0x0a: "line feed", 0x0d: "carriage return", 0xa0: "no-break space", 0xad: "soft hyphen",
	0x34f: "combining grapheme joiner", 0x61c: "Arabic letter mark", 0x115f: "Hangul choseong filler", 0x1160: "Hangul jungseong filler",
	0x180e: "Mongolian vowel separator", 0x2000: "en quad", 0x2001: "em quad", 0x2002: "en space", 0x2003: "em space",
	0x2007: "figure space", 0x2009: "thin space", 0x200a: "hair space", 0x200b: "zero width space", 0x200c: "zero width non-joiner",
	0x200d: "zero width joiner", 0x200e: "left-to-right mark", 0x200f: "right-to-left mark", 0x2028: "line separator",
	0x2029: "paragraph separator", 0x202a: "left-to-right embedding", 0x202b: "right-to-left embedding",
	0x202c: "pop directional formatting", 0x202d: "left-to-right override", 0x202e: "right-to-left override",
	0x202f: "narrow no-break space", 0x2060: "word joiner", 0x2061: "function application", 0x2062: "invisible times",
	0x2063: "invisible separator", 0x2064: "invisible plus", 0x2066: "left-to-right isolate", 0x2067: "right-to-left isolate",
	0x2068: "first strong isolate", 0x2069: "pop directional isolate", 0x3000: "ideographic space", 0x3164: "Hangul filler",
	0xfeff: "zero width no-break space", 0xffa0: "halfwidth Hangul filler", unicode.ReplacementChar: "replacement character",
}

// scripts are those whose letters are often taken for Latin ones, and others
// that are common.
var scripts = []string{
	"Latin", "Cyrillic", "Greek", "Armenian", "Hebrew", "Arabic", "Devanagari", "Bengali", "Thai", "Georgian", "Cherokee",
	"Hangul", "Hiragana", "Katakana", "Han",
}

// Name says in a few words what a character is: the name of one that is not
// seen, and otherwise the alphabet or the kind.
func Name(r rune) string {
	switch {
	case shapeless[r] != "":
		return shapeless[r]
	case r >= 0xe0020 && r < 0xe007f:
		return fmt.Sprintf("tag %q", r-0xe0000)
	case unicode.Is(unicode.Variation_Selector, r):
		return "variation selector"
	case unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r):
		return "invisible format character"
	case unicode.IsControl(r):
		return "control character"
	case unicode.Is(unicode.M, r):
		return "combining mark"
	case r >= 0xff01 && r <= 0xff5e:
		return "wide form"
	case r >= 0x1d400 && r <= 0x1d7ff:
		return "mathematical letter or digit"
	case r <= unicode.MaxASCII:
		return "ASCII"
	}
	for _, s := range scripts {
		if unicode.Is(unicode.Scripts[s], r) {
			return s
		}
	}
	switch {
	case unicode.IsLetter(r):
		return "letter"
	case unicode.IsDigit(r):
		return "digit"
	case unicode.IsPunct(r):
		return "punctuation"
	}
	return "symbol"
}

// Visible reports whether a character has a shape of its own.
func Visible(r rune) bool {
	switch {
	case r == ' ':
		return true
	case shapeless[r] != "" && r != unicode.ReplacementChar, unicode.IsControl(r), unicode.Is(unicode.Cf, r),
		unicode.Is(unicode.Variation_Selector, r), unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r):
		return false
	}
	return true
}
