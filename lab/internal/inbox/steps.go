package inbox

import (
	"encoding/base64"
	"encoding/hex"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"quintain/llm/gloss"
)

// A reading is a message on its way through the steps.
type reading struct {
	text      string
	gloss     string // what the filter reads besides
	languages []string
}

// A Step is one thing that can be done to a message.
type Step struct {
	Name string
	Doc  string // what it does and what it may harm, one sentence or two
	do   func(r *reading)
}

// Steps lists what can be done.
func Steps() []Step {
	text := func(f func(string) string) func(*reading) { return func(r *reading) { r.text = f(r.text) } }
	return []Step{
		{"nfkc", "Unicode form NFKC: styled, wide and circled letters become plain ones, and an accent joins its letter.", text(norm.NFKC.String)},
		{"strip-invisible", "Remove what has no shape: zero-width spaces and joiners, soft hyphens, variation selectors, tag characters.", text(stripInvisible)},
		{"strip-marks", "Remove accents and strokes that are written as characters of their own over Latin letters.", text(stripMarks)},
		{"fold-homoglyphs", "In words that mix Latin letters with Cyrillic or Greek ones, turn the look-alikes into Latin letters.", text(foldMixed)},
		{"transliterate", "Turn every Cyrillic or Greek look-alike into a Latin letter, in all words. Harms what is written in those alphabets.", text(foldAll)},
		{"join-split", "Join letters that stand apart, words that a line break divides, and quoted pieces that are added with +.", text(joinSplit)},
		{"remove-punctuation", "Remove everything that is no letter, digit or space. Harms addresses, dates and numbers.", text(bare)},
		{"decode-base64", "Replace runs of Base64 that hold text by that text.", text(decodeBase64)},
		{"decode-hex", "Replace runs of hexadecimal digits that hold text by that text.", text(decodeHex)},
		{"decode-rot13", "Replace sentences that read as English after ROT13.", text(decodeROT13)},
		{"translate", "The filter also reads, word for word in English, sentences in the languages of the policy. What the assistant gets stays as it is.", translate},
	}
}

func step(name string) *Step {
	for _, s := range Steps() {
		if s.Name == name {
			return &s
		}
	}
	return nil
}

func stepNames() string {
	var names []string
	for _, s := range Steps() {
		names = append(names, s.Name)
	}
	return strings.Join(names, ", ")
}

func translate(r *reading) {
	if g, ok := gloss.English(r.text, r.languages...); ok {
		r.gloss += g + "\n"
	}
}

// invisible reports whether a character has no shape of its own.
func invisible(r rune) bool {
	switch {
	case unicode.Is(unicode.Cf, r), unicode.Is(unicode.Variation_Selector, r), unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r):
		return true
	}
	return false
}

func stripInvisible(s string) string {
	return strings.Map(func(r rune) rune {
		if invisible(r) {
			return -1
		}
		return r
	}, s)
}

func stripMarks(s string) string {
	latin := false
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			if latin {
				return -1
			}
			return r
		}
		latin = unicode.Is(unicode.Latin, r)
		return r
	}, s)
}

// twins are the Cyrillic and Greek letters that look like Latin ones.
var twins = func() map[rune]rune {
	m := make(map[rune]rune)
	from := []rune("асԁеһіјӏорԛѕуԝхүАВСЕНІЈКМОРЅТУХαονρυικγηωΑΒΕΖΗΙΚΜΝΟΡΤΥΧɡ")
	to := []rune("acdehijlopqsywxyABCEHIJKMOPSTYXaovpuikynwABEZHIKMNOPTYXg")
	for i, r := range from {
		m[r] = to[i]
	}
	return m
}()

func foldAll(s string) string {
	return strings.Map(func(r rune) rune {
		if t := twins[r]; t != 0 {
			return t
		}
		return r
	}, s)
}

var letters = regexp.MustCompile(`[\pL\pM]+`)

func foldMixed(s string) string {
	return letters.ReplaceAllStringFunc(s, func(w string) string {
		latin, other := false, false
		for _, r := range w {
			latin = latin || unicode.Is(unicode.Latin, r) && twins[r] == 0
			other = other || twins[r] != 0
		}
		if latin && other {
			return foldAll(w)
		}
		return w
	})
}

var (
	divided  = regexp.MustCompile(`(\pL)-[ \t]*\r?\n[ \t]*(\p{Ll})`)
	apart    = regexp.MustCompile(`\b(?:\pL[ \-_.]{1,3}){5,}\pL\b`)
	wide     = regexp.MustCompile(`[ \-_.]{2,3}`)
	between  = regexp.MustCompile(`[ \-_.]`)
	assigned = regexp.MustCompile(`\b(\w{1,12})\s*=\s*"([^"\n]{1,200})"`)
	added    = regexp.MustCompile(`(?:\w{1,12}|"[^"\n]{1,200}")(?:\s*\+\s*(?:\w{1,12}|"[^"\n]{1,200}"))+`)
	piece    = regexp.MustCompile(`"([^"\n]{1,200})"|\w+`)
)

func joinSplit(s string) string {
	s = divided.ReplaceAllString(s, "$1$2")
	s = apart.ReplaceAllStringFunc(s, func(run string) string {
		ws := wide.Split(run, -1)
		for i := range ws {
			ws[i] = between.ReplaceAllString(ws[i], "")
		}
		return strings.Join(ws, " ")
	})
	return addPieces(s)
}

// maxSums bounds the sums that are worked out, and with them what the text
// grows by.
const maxSums = 16

func addPieces(s string) string {
	names := make(map[string]string)
	for _, m := range assigned.FindAllStringSubmatch(s, maxSums) {
		names[m[1]] = m[2]
	}
	left := maxSums
	return added.ReplaceAllStringFunc(s, func(sum string) string {
		left--
		var whole strings.Builder
		for i, m := range piece.FindAllStringSubmatch(sum, -1) {
			text := m[1]
			if text == "" {
				text = names[m[0]]
			}
			if text == "" || i > maxSums || left < 0 {
				return sum
			}
			whole.WriteString(text)
		}
		return whole.String()
	})
}

func bare(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsSpace(r) || unicode.Is(unicode.M, r) {
			return r
		}
		return -1
	}, s)
}

var (
	base64Run = regexp.MustCompile(`[A-Za-z0-9+/_-]{16,}(?:\r?\n[A-Za-z0-9+/_-]{4,})*={0,2}`)
	hexRun    = regexp.MustCompile(`(?:[0-9a-fA-F]{2}[ :]?){8,}`)
	phrase    = regexp.MustCompile(`[^.!?\n]+`)
)

func decodeBase64(s string) string {
	return base64Run.ReplaceAllStringFunc(s, func(run string) string {
		digits := strings.NewReplacer("-", "+", "_", "/", "\n", "", "\r", "").Replace(strings.TrimRight(run, "="))
		b, err := base64.RawStdEncoding.DecodeString(digits)
		if err != nil || !readable(b) {
			return run
		}
		return string(b)
	})
}

func decodeHex(s string) string {
	return hexRun.ReplaceAllStringFunc(s, func(run string) string {
		b, err := hex.DecodeString(strings.NewReplacer(" ", "", ":", "").Replace(run))
		if err != nil || !readable(b) {
			return run
		}
		return string(b)
	})
}

// readable reports whether b is text: valid, without controls, mostly letters.
func readable(b []byte) bool {
	if !utf8.Valid(b) {
		return false
	}
	n, good := 0, 0
	for _, r := range string(b) {
		n++
		switch {
		case unicode.IsLetter(r) || r == ' ':
			good++
		case unicode.IsControl(r) && r != '\n' && r != '\t' && r != '\r':
			return false
		}
	}
	return good*10 >= n*6
}

func decodeROT13(s string) string {
	return phrase.ReplaceAllStringFunc(s, func(p string) string {
		turned := strings.Map(rot13, p)
		if now, then := gloss.Share(p), gloss.Share(turned); then < 0.3 || then < now+0.2 {
			return p
		}
		return turned
	})
}

func rot13(r rune) rune {
	switch {
	case 'A' <= r && r <= 'Z':
		return 'A' + (r-'A'+13)%26
	case 'a' <= r && r <= 'z':
		return 'a' + (r-'a'+13)%26
	}
	return r
}
