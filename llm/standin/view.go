package standin

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// A view is one reading of a text.
type view struct {
	text    string
	encoded bool // the text was hidden from a reader who reads plainly
}

// maxText is how much of a text is read, in bytes.
const maxText = 16 << 10

// views returns the readings of s: the text itself with look-alikes folded,
// and whatever is encoded in it, also twice.
func views(s string) []view {
	if len(s) > maxText {
		s = strings.ToValidUTF8(s[:maxText], "")
	}
	plain, hidden := fold(s)
	out := []view{{text: spelled(plain)}}
	queue := decodings(plain)
	if whole := joined(plain); whole != plain {
		queue = append(queue, whole)
	}
	queue = append(queue, glossed(s, plain)...)
	if hidden != "" {
		queue = append([]string{hidden}, queue...)
	}
	for range 2 {
		var next []string
		for _, q := range queue {
			v := view{q, true}
			if q != plain && !slices.Contains(out, v) && len(out) < 12 {
				out = append(out, v)
				next = append(append(next, decodings(q)...), glossed(q)...)
			}
		}
		queue = next
	}
	return out
}

// fold maps look-alike letters to the plain ones and drops what is invisible.
// Letters written in invisible tag characters come back on their own.
func fold(s string) (plain, hidden string) {
	var p, h strings.Builder
	for _, r := range s {
		switch {
		case r >= 0xe0020 && r < 0xe007f: // tags
			h.WriteRune(r - 0xe0000)
		case r >= 0xff01 && r <= 0xff5e: // full width
			p.WriteRune(r - 0xfee0)
		case r >= 0x1d400 && r <= 0x1d7ff || r >= 0x2460 && r <= 0x24ff || r >= 0x2100 && r <= 0x214f: // styled
			p.WriteString(norm.NFKC.String(string(r)))
		case lookalikes[r] != 0:
			p.WriteRune(lookalikes[r])
		case r == 0xa0 || r == 0x3000:
			p.WriteByte(' ')
		case unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Mn, r) && r < 0x370 || r == 0xfe0f:
		default:
			p.WriteRune(r)
		}
	}
	whole := hyphenated.ReplaceAllString(p.String(), "$1$2")
	return spaced.ReplaceAllStringFunc(whole, unspace), h.String()
}

// lookalikes are letters that pass for Latin ones.
var lookalikes = func() map[rune]rune {
	m := make(map[rune]rune)
	from := []rune("асԁеһіјӏморԛѕтуѵԝхАВСЕНІЈКМОРЅТХΑΒΕΖΗΙΚΜΝΟΡΤΥΧαενοικτυρ")
	to := []rune("acdehijlmopqstyvwxABCEHIJKMOPSTXABEZHIKMNOPTYXaevoiktup")
	for i, r := range from {
		m[r] = to[i]
	}
	return m
}()

// spaced finds words written with a space or a dash after every letter.
var spaced = compile(`(?:\b\pL[ \-_.]{1,3}){5,}\pL\b`)

// wide separates words that are written so.
var wide = compile(`[ \-_.]{2,3}`)

func unspace(s string) string {
	words := wide.Split(s, -1)
	for i, w := range words {
		words[i] = strings.Map(func(r rune) rune {
			if unicode.IsLetter(r) {
				return r
			}
			return -1
		}, w)
	}
	return strings.Join(words, " ")
}

var (
	base64Run = compile(`[A-Za-z0-9+/_-]{12,}(?:\s?[\r\n][A-Za-z0-9+/_-]{12,})*={0,2}`)
	base32Run = compile(`[A-Z2-7]{16,}={0,6}`)
	again     = compile(`^(?:[0-9a-f]{24,}|[A-Za-z0-9+/]{24,}={0,2})$`) // encoded twice
	hexRun    = compile(`(?:[0-9a-fA-F]{2}[ :\n]?){6,}`)
	octet     = compile(`[01]{8}`)
	binaryRun = compile(`(?:[01]{8} ?){6,}`)
)

// decodings returns what is encoded in s and reads like language.
func decodings(s string) []string {
	var out []string
	keep := func(d string) {
		d, _ = fold(d)
		if readable(d) && (known(d) >= 0.34 || again.MatchString(d) || glossed(d) != nil) {
			out = append(out, d)
		}
	}
	for _, run := range binaryRun.FindAllString(s, 8) {
		keep(bits(run))
	}
	for _, run := range hexRun.FindAllString(s, 8) {
		run = strings.NewReplacer(" ", "", ":", "", "\n", "").Replace(run)
		if b, err := hex.DecodeString(run); err == nil {
			keep(string(b))
		}
	}
	for _, run := range base64Run.FindAllString(s, 8) {
		run = strings.NewReplacer("-", "+", "_", "/", "\n", "", "\r", "", " ", "").Replace(strings.TrimRight(run, "="))
		if b, err := base64.RawStdEncoding.DecodeString(run); err == nil {
			keep(string(b))
		}
	}
	for _, run := range base32Run.FindAllString(s, 8) {
		if b, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.TrimRight(run, "=")); err == nil {
			keep(string(b))
		}
	}
	if u, err := url.PathUnescape(s); err == nil && u != s {
		keep(u)
	}
	return append(out, disguises(s)...)
}

// disguises undoes whole texts that were shifted along the alphabet, reversed
// or written in digits, where the result reads better than the text does.
func disguises(s string) []string {
	var out []string
	parts := append([]string{s}, strings.Split(s, "\n\n")...)
	if _, tail, ok := strings.Cut(s, "\n\n"); ok {
		parts = append(parts, tail)
	}
	for _, part := range parts {
		now := known(part)
		if len(part) < 8 || now > 0.5 {
			continue
		}
		best, score := "", max(now+0.2, 0.4)
		try := func(d string) {
			if k := known(d); k > score {
				best, score = d, k
			}
		}
		for k := 1; k < 26; k++ {
			try(shift(part, k))
		}
		r := []rune(part)
		slices.Reverse(r)
		try(string(r))
		try(leet.Replace(part))
		if best != "" && !slices.Contains(out, best) {
			out = append(out, best)
		}
	}
	return out
}

var leet = strings.NewReplacer("0", "o", "1", "i", "3", "e", "4", "a", "5", "s", "7", "t", "@", "a", "$", "s")

// shift moves every letter k places on.
func shift(s string, k int) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z':
			return 'a' + (r-'a'+rune(k))%26
		case 'A' <= r && r <= 'Z':
			return 'A' + (r-'A'+rune(k))%26
		}
		return r
	}, s)
}

func bits(s string) string {
	var b []byte
	for _, f := range octet.FindAllString(s, -1) {
		var c byte
		for _, bit := range f {
			c = c<<1 | byte(bit-'0')
		}
		b = append(b, c)
	}
	return string(b)
}

// readable reports whether s is text: valid, printable, mostly letters.
func readable(s string) bool {
	if len(s) < 4 || !utf8.ValidString(s) {
		return false
	}
	letters, n := 0, 0
	for _, r := range s {
		n++
		if unicode.IsControl(r) && r != '\n' && r != '\t' && r != '\r' {
			return false
		}
		if unicode.IsLetter(r) || r == ' ' {
			letters++
		}
	}
	return letters*10 >= n*6 || again.MatchString(s)
}

// known returns the share of the words of s that the lexicon or common usage
// knows.
func known(s string) float64 {
	n, hits := 0, 0
	for _, w := range strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && r != '\'' }) {
		n++
		w = strings.ToLower(w)
		if common[w] || lexicon[stem(w)] != 0 {
			hits++
		}
	}
	if n == 0 {
		return 0
	}
	return float64(hits) / float64(n)
}
