package standin

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"unicode"
)

// A form is a shape that an answer was asked for in.
type form struct {
	words  map[string]bool // stems that ask for it
	phrase []string        // or phrases
	apply  func(string) string
}

// forms are tried in this order.
var forms = []form{
	{phrase: []string{"letter by letter", "character by character", "one character at a time", "one letter at a time", "spell"}, apply: spellOut},
	{words: stems("base64"), apply: func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }},
	{words: stems("rot13 cipher"), apply: func(s string) string { return shift(s, 13) }},
	{words: stems("hex hexadecimal"), apply: func(s string) string { return hex.EncodeToString([]byte(s)) }},
	{words: stems("backward backwards reverse reversed"), apply: backwards},
	{words: stems("json"), apply: asJSON},
	{words: stems("table csv"), apply: asTable},
	{words: stems("yaml xml"), apply: func(s string) string { return "text: |\n  " + strings.ReplaceAll(s, "\n", "\n  ") }},
	{words: stems("poem song haiku verse rhyme limerick ballad rap"), apply: func(s string) string { return "Let me sing of this:\n" + strings.ReplaceAll(s, ". ", ",\n") }},
	{words: stems("translate translation french german spanish italian latin dutch portuguese russian chinese"), apply: func(s string) string { return "As well as I can translate it:\n" + s }},
	{words: stems("play story game imagine pretend novel scene character hypothetical hypothetically role rehearse theater"), apply: func(s string) string { return "And so it read aloud: “" + s + "”" }},
	{words: stems("summarize summary paraphrase rephrase rewrite"), apply: func(s string) string { return "In short: " + s }},
}

// shapes returns the forms that a text asks for.
func shapes(text string) []form {
	low := strings.ToLower(text)
	asked := make(map[string]bool)
	for _, t := range tokens(low) {
		asked[t.stem] = true
	}
	var out []form
	for _, f := range forms {
		hit := slices.ContainsFunc(f.phrase, func(p string) bool { return strings.Contains(low, p) })
		for w := range f.words {
			hit = hit || asked[w]
		}
		if hit {
			out = append(out, f)
		}
	}
	return out
}

// shaped gives s the forms, in their order.
func shaped(s string, fs []form) string {
	for _, f := range slices.Backward(fs) { // encodings last
		s = f.apply(s)
	}
	return s
}

func spellOut(s string) string {
	var b strings.Builder
	for i, r := range s {
		if i > 0 && !unicode.IsSpace(r) {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}

func backwards(s string) string {
	r := []rune(s)
	slices.Reverse(r)
	return string(r)
}

func asJSON(s string) string {
	b, err := json.Marshal(map[string]string{"text": s})
	if err != nil { // a string always has an encoding
		return s
	}
	return string(b)
}

func asTable(s string) string {
	var b strings.Builder
	for line := range strings.SplitSeq(strings.TrimSpace(s), "\n") {
		b.WriteString("| " + line + " |\n")
	}
	return strings.TrimSpace(b.String())
}
