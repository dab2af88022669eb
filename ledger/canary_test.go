package ledger_test

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"quintain/ledger"
)

func canary(seed uint64) ledger.Canary {
	return ledger.NewCanary("secret", rand.New(rand.NewPCG(seed, 1)))
}

// each writes every character of s in its own way, with sep between.
func each(s, sep string, write func(r rune) string) string {
	var parts []string
	for _, r := range s {
		parts = append(parts, write(r))
	}
	return strings.Join(parts, sep)
}

func format(verb string) func(rune) string {
	return func(r rune) string { return fmt.Sprintf(verb, r) }
}

func same(r rune) string { return string(r) }

func reverse(s string) string {
	r := []rune(s)
	slices.Reverse(r)
	return string(r)
}

func rot13(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z':
			return (r-'a'+13)%26 + 'a'
		case 'A' <= r && r <= 'Z':
			return (r-'A'+13)%26 + 'A'
		}
		return r
	}, s)
}

// shift moves capitals and digits to other blocks of Unicode.
func shift(capital, zero rune) func(rune) string {
	return func(r rune) string {
		if 'A' <= r && r <= 'Z' {
			return string(r - 'A' + capital)
		}
		return string(r - '0' + zero)
	}
}

// selectors hides a byte in a variation selector.
func selectors(r rune) string {
	if r < 16 {
		return string(0xfe00 + r)
	}
	return string(0xe0100 + r - 16)
}

// homoglyph writes Greek and Cyrillic capitals where there are any.
func homoglyph(r rune) string {
	glyphs := map[rune]rune{'A': 'А', 'B': 'В', 'C': 'С', 'E': 'Е', 'H': 'Н', 'J': 'Ј', 'K': 'Κ', 'M': 'Μ', 'N': 'Ν', 'P': 'Ρ', 'S': 'Ѕ', 'T': 'Т', 'X': 'Χ', 'Y': 'Υ', 'Z': 'Ζ'}
	if g, ok := glyphs[r]; ok {
		return string(g)
	}
	return string(r)
}

// encodings are ways to write a token, each with the decoding that undoes it.
var encodings = []struct {
	name     string
	decoding string
	encode   func(string) string
}{
	{"as it is", "plain", func(s string) string { return s }},
	{"small letters", "case", strings.ToLower},
	{"every other letter small", "case", func(s string) string { return strings.ToLower(s[:13]) + s[13:] }},
	{"spaced out", "separators", func(s string) string { return each(s, " ", same) }},
	{"dashes", "separators", func(s string) string { return each(s, "-", same) }},
	{"lines", "separators", func(s string) string { return each(s, "\r\n", same) }},
	{"zero width", "separators", func(s string) string { return each(s, "\u200b\u2060", same) }},
	{"soft hyphens and joiners", "separators", func(s string) string { return each(s, "\u00ad\u200d", same) }},
	{"table", "separators", func(s string) string { return each(s, " | ", same) }},
	{"bold", "separators", func(s string) string { return s[:9] + "**_" + s[9:17] + "_**" + s[17:] }},
	{"reversed", "reversed", reverse},
	{"rot13", "rot13", rot13},
	{"base64", "base64", func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }},
	{"base64 for URLs, after other bytes", "base64", func(s string) string {
		return base64.RawURLEncoding.EncodeToString([]byte("\xff\xfe>?\xfb " + s + "~~\xff"))
	}},
	{"base64 of one more byte", "base64", func(s string) string { return base64.RawStdEncoding.EncodeToString([]byte("k" + s)) }},
	{"base64 of two more bytes", "base64", func(s string) string { return base64.RawStdEncoding.EncodeToString([]byte("k=" + s)) }},
	{"base64 after one more digit", "base64", func(s string) string { return "Z" + base64.StdEncoding.EncodeToString([]byte(s)) }},
	{"base64 after two more digits", "base64", func(s string) string { return "a/" + base64.StdEncoding.EncodeToString([]byte(s)) }},
	{"base64 after three more digits", "base64", func(s string) string { return "t/x" + base64.StdEncoding.EncodeToString([]byte(s)) }},
	{"base64 in lines", "base64", func(s string) string {
		b := base64.StdEncoding.EncodeToString([]byte(s))
		return b[:17] + "\r\n" + b[17:]
	}},
	{"base32", "base32", func(s string) string { return base32.StdEncoding.EncodeToString([]byte(s)) }},
	{"base32 in small letters, unpadded", "base32", func(s string) string {
		return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString([]byte(s)))
	}},
	{"base32 after five more digits", "base32", func(s string) string { return "token" + base32.StdEncoding.EncodeToString([]byte(s)) }},
	{"base32 of three more bytes", "base32", func(s string) string { return base32.StdEncoding.EncodeToString([]byte("id=" + s)) }},
	{"hex", "hex", func(s string) string { return hex.EncodeToString([]byte(s)) }},
	{"hex after one more digit", "hex", func(s string) string { return "a" + strings.ToUpper(hex.EncodeToString([]byte(s))) }},
	{"hex bytes", "hex", func(s string) string { return each(s, ", ", format("0x%02x")) }},
	{"hex dump", "hex", func(s string) string { return each(s, " ", format("%02X")) }},
	{"hex with colons", "hex", func(s string) string { return each(s, ":", format("%02x")) }},
	{"percent", "percent", func(s string) string { return each(s, "", format("%%%02X")) }},
	{"percent, in part", "percent", func(s string) string {
		return url.QueryEscape("/"+s[:5]) + "%" + hex.EncodeToString([]byte(s[5:6])) + s[6:]
	}},
	{"decimal references", "html", func(s string) string { return each(s, "", format("&#%d;")) }},
	{"hexadecimal references", "html", func(s string) string { return each(s, "", format("&#x%X;")) }},
	{"references without an end", "html", func(s string) string { return each(s, "", format("&#%06d")) }},
	{"JavaScript", "escapes", func(s string) string { return each(s, "", format(`\u%04x`)) }},
	{"JavaScript, newer", "escapes", func(s string) string { return each(s, "", format(`\u{%X}`)) }},
	{"Python", "escapes", func(s string) string { return each(s, "", format(`\U%08x`)) }},
	{"C", "escapes", func(s string) string { return each(s, "", format(`\x%02x`)) }},
	{"octal", "escapes", func(s string) string { return each(s, "", format(`\%03o`)) }},
	{"code points", "escapes", func(s string) string { return each(s, "", format("U+%04X")) }},
	{"wide", "lookalikes", func(s string) string { return each(s, "", shift('Ａ', '０')) }},
	{"mathematical bold", "lookalikes", func(s string) string { return each(s, "", shift(0x1d400, 0x1d7ce)) }},
	{"mathematical monospace", "lookalikes", func(s string) string { return each(s, "", shift(0x1d670, 0x1d7f6)) }},
	{"regional indicators, Arabic digits", "lookalikes", func(s string) string { return each(s, "", shift(0x1f1e6, 0x0660)) }},
	{"circled, Devanagari digits", "lookalikes", func(s string) string { return each(s, "", shift(0x24b6, 0x0966)) }},
	{"squared, lowered digits", "lookalikes", func(s string) string { return each(s, "", shift(0x1f130, 0x2080)) }},
	{"homoglyphs", "lookalikes", func(s string) string { return each(s, "", homoglyph) }},
	{"combining marks", "separators", func(s string) string { return each(s, "\u0336\u0301", same) }},
	{"wide with combining marks", "lookalikes", func(s string) string {
		return each(each(s, "", shift('Ａ', '０')), "\u0336\u0301", same)
	}},
	{"tags", "lookalikes", func(s string) string { return each(s, "", func(r rune) string { return string(0xe0000 + r) }) }},
	{"variation selectors", "lookalikes", func(s string) string { return each(s, "", selectors) }},
}

// chains are two of them, one after the other.
var chains = []struct {
	name     string
	decoding string
	encode   func(string) string
}{
	{"base64 of reversed", "base64+reversed", func(s string) string { return base64.StdEncoding.EncodeToString([]byte(reverse(s))) }},
	{"reversed base64", "reversed+base64", func(s string) string { return reverse(base64.StdEncoding.EncodeToString([]byte(s))) }},
	{"base64 twice", "base64+base64", func(s string) string {
		return base64.StdEncoding.EncodeToString([]byte(base64.StdEncoding.EncodeToString([]byte(s))))
	}},
	{"base64 spaced out", "separators+base64", func(s string) string { return each(base64.StdEncoding.EncodeToString([]byte(s)), " ", same) }},
	{"hex of base64", "hex+base64", func(s string) string {
		return hex.EncodeToString([]byte(base64.StdEncoding.EncodeToString([]byte(s))))
	}},
	{"small and spaced", "case+separators", func(s string) string { return each(strings.ToLower(s), " ", same) }},
	{"rot13 reversed", "reversed+rot13", func(s string) string { return reverse(rot13(s)) }},
	{"percent twice", "percent+percent", func(s string) string { return each(s, "", format("%%25%02X")) }},
	{"references twice", "html+html", func(s string) string { return each(s, "", format("&amp;#%d;")) }},
	{"escaped in JSON in JSON", "escapes+separators", func(s string) string { return each(s, "", format(`\\u%04x`)) }},
	{"wide in JSON", "escapes+lookalikes", func(s string) string {
		return each(s, "", func(r rune) string { return fmt.Sprintf(`\u%04x`, r-0x20+0xff00) })
	}},
	{"mathematical in JSON", "escapes+lookalikes", func(s string) string {
		return each(s, "", func(r rune) string {
			if r < 'A' {
				return string(r)
			}
			high, low := utf16.EncodeRune(r - 'A' + 0x1d400)
			return fmt.Sprintf(`\u%04x\u%04x`, high, low)
		})
	}},
	{"base32 of rot13", "base32+rot13", func(s string) string { return base32.StdEncoding.EncodeToString([]byte(rot13(s))) }},
}

// lead is text before a token that is no token in any decoding; it does not end
// in a letter, and is not ASCII.
const lead, tail = "Naïve reply № 7 for señor Müller (see https://a.example/?q=%20): ", ". Best regards & bye \\o/"

func TestFind(t *testing.T) {
	for seed := range uint64(20) {
		c := canary(seed)
		for _, e := range slices.Concat(encodings, chains) {
			text := lead + e.encode(c.Token) + tail
			hits := c.Find(text)
			if len(hits) != 1 || hits[0].Decoding != e.decoding {
				t.Errorf("%s: Find(%q) = %v, want one hit, by %s", e.name, text, hits, e.decoding)
				continue
			}
			if at := hits[0].Offset; at < len(lead) || at > len(lead)+16 {
				t.Errorf("%s: found at %d of %q, want near %d", e.name, at, text, len(lead))
			}
		}
	}
}

// Every decoding is needed: without it, at least one encoding is not found.
func TestEveryDecodingIsProved(t *testing.T) {
	if len(ledger.Decodings) != 12 {
		t.Errorf("%d decodings, want twelve", len(ledger.Decodings))
	}
	for _, d := range ledger.Decodings {
		found := false
		for _, e := range encodings {
			found = found || e.decoding == d.Name && strings.Contains(d.Decode(e.encode(canary(1).Token)), canary(1).Token)
		}
		if !found {
			t.Errorf("no encoding is undone by %s", d.Name)
		}
	}
}

// A token with one character changed is another word.
func TestFindNearMiss(t *testing.T) {
	c := canary(2)
	for i := range len(c.Token) {
		b := []byte(c.Token)
		b[i] = map[bool]byte{true: 'X', false: 'W'}[b[i] != 'X']
		for _, e := range slices.Concat(encodings, chains) {
			if text := lead + e.encode(string(b)) + tail; len(c.Find(text)) > 0 {
				t.Errorf("%s, character %d changed: Find(%q) = %v, want nothing", e.name, i, text, c.Find(text))
			}
		}
	}
}

// Ten thousand texts without the token: prose, digits, base64, bytes, and the
// token cut short at either end.
func TestFindNothing(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	alphabets := []string{
		"abcdefghijklmnopqrstuvwxyz      ,.\n",
		"0123456789ABCDEFGHJKMNPQRSTVWXYZ",
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=",
		"0123456789abcdef%&#;\\ux",
		"АВСЕНІЈКМОРЅТ０１２３\u200b\u0301ab ",
	}
	for i := range 10_000 {
		c := ledger.NewCanary("x", rng)
		letters := []rune(alphabets[i%len(alphabets)])
		var b strings.Builder
		b.WriteString(c.Token[1:])
		for range 150 {
			b.WriteRune(letters[rng.IntN(len(letters))])
		}
		b.WriteString(" " + c.Token[:len(c.Token)-1])
		if hits := c.Find(b.String()); len(hits) > 0 {
			t.Errorf("Find(%q) of %q = %v, want nothing", b.String(), c.Token, hits)
		}
	}
}

func TestFindSeveral(t *testing.T) {
	c := canary(4)
	text := c.Token + " and " + reverse(c.Token) + " and " + c.Token + " and " + strings.ToLower(c.Token)
	want := []ledger.Hit{{Decoding: "plain", Offset: 0}, {Decoding: "plain", Offset: 62}, {Decoding: "case", Offset: 93}, {Decoding: "reversed", Offset: 31}}
	if got := c.Find(text); !slices.Equal(got, want) {
		t.Errorf("Find(%q) = %v, want %v", text, got, want)
	}
	if got := len(c.Find(strings.Repeat(c.Token+" ", 1000))); got != 64 {
		t.Errorf("%d hits in a thousand tokens, want the limit, 64", got)
	}
}

// Tokens that somebody else chose have dashes and both cases.
func TestFindOtherTokens(t *testing.T) {
	c := ledger.Canary{Name: "theirs", Token: "tok-Zebra-42-violin"}
	for _, text := range []string{
		"x tok-Zebra-42-violin y", "TOK-ZEBRA-42-VIOLIN", "t o k Z e b r a 4 2 v i o l i n", "tok zebra 42 violin",
		reverse(c.Token), base64.StdEncoding.EncodeToString([]byte(c.Token)),
	} {
		if len(c.Find(text)) != 1 {
			t.Errorf("Find(%q) = %v, want one hit", text, c.Find(text))
		}
	}
	for _, token := range []string{"", "---"} {
		if hits := (ledger.Canary{Token: token}).Find("nothing here"); len(hits) > 0 {
			t.Errorf("the token %q is found in plain words: %v", token, hits)
		}
	}
}

func TestNewCanary(t *testing.T) {
	seen := make(map[string]bool)
	letters := make(map[rune]int)
	rng := rand.New(rand.NewPCG(5, 5))
	for range 1000 {
		c := ledger.NewCanary("n", rng)
		if len(c.Token) != 26 || strings.ToUpper(c.Token) != c.Token || seen[c.Token] || c.Name != "n" {
			t.Errorf("NewCanary = %+v, want 26 capitals and digits, never seen before", c)
		}
		seen[c.Token] = true
		for _, r := range c.Token {
			letters[r]++
		}
	}
	if len(letters) != 32 {
		t.Errorf("tokens are made of %d characters, want 32, for 130 bits", len(letters))
	}
	if a, b := canary(6), canary(6); a != b {
		t.Errorf("the same seed gives %v and %v", a, b)
	}
}

func FuzzFind(f *testing.F) {
	c := canary(7)
	for _, e := range encodings {
		f.Add(lead + e.encode(c.Token) + tail)
	}
	for _, s := range []string{`\u{`, `\u{}`, "&#x;", "&#", "%", "U+", `\ud800\u`, "\xff\xfe", strings.Repeat("A", 100), "0x0x0x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		hits := c.Find(text)
		for _, h := range hits {
			if h.Offset < 0 || h.Offset >= len(text) {
				t.Errorf("Find(%q): offset %d is outside", text, h.Offset)
			}
		}
		// A token beside any text is found, whatever the text is.
		if len(c.Find(text+" "+c.Token)) == 0 {
			t.Errorf("the token is lost after %q", text)
		}
		for _, d := range ledger.Decodings {
			if got := len(d.Decode(text)); got > 6*len(text)+8 {
				t.Errorf("%s makes %d bytes of %d", d.Name, got, len(text))
			}
		}
	})
}

func BenchmarkFind(b *testing.B) {
	c := canary(8)
	rng := rand.New(rand.NewPCG(8, 8))
	random := func(alphabet string, n int) string {
		out := make([]byte, n)
		for i := range out {
			out[i] = alphabet[rng.IntN(len(alphabet))]
		}
		return string(out)
	}
	for _, bench := range []struct{ name, text string }{
		{"reply", strings.Repeat("Thank you for your letter, I have booked the room. ", 20)},
		{"prose", strings.Repeat("Thank you for your letter, I have booked the room. ", 1<<20/51)},
		{"base64", random("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", 1<<20)},
		{"base32", random("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 1<<20)},
		{"hex", random("0123456789abcdef", 1<<20)},
		{"marks", random(`%&#;\ux0U+{}`, 1<<20)},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.SetBytes(int64(len(bench.text)))
			b.ReportAllocs()
			for b.Loop() {
				if len(c.Find(bench.text)) > 0 {
					b.Fatal("found where there is nothing")
				}
			}
		})
	}
}
