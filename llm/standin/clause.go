package standin

import (
	"strings"
	"unicode"
)

// A token is a word, a number, a mark, or something with a form of its own.
type token struct {
	text  string // as written
	low   string // lower case
	stem  string
	at    int // offset in the sentence
	kind  kind
	means concept
}

type kind int

const (
	mark kind = iota
	word
	number
	address
	date // YYYY-MM-DD
	clock
	quoted
	link
	opaque // a word that no language has, such as "4f2a9c11" or "X7QK"
)

var tokenForm = compile(`"[^"\n]{1,400}"|“[^”\n]{1,400}”|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|https?://[^\s)>"]+|` +
	`\b\d{4}-\d{2}-\d{2}\b|\b\d{1,2}:\d{2}\b|[\pL\pN_]+(?:['’-][\pL\pN_]+)*|\S`)

// maxTokens is how far into a sentence is read.
const maxTokens = 250

// tokens splits a sentence.
func tokens(s string) []token {
	var out []token
	for _, m := range tokenForm.FindAllStringIndex(s, maxTokens) {
		out = append(out, newToken(s[m[0]:m[1]], m[0]))
	}
	return out
}

var (
	dateForm  = compile(`^\d{4}-\d{2}-\d{2}$`)
	clockForm = compile(`^\d{1,2}:\d{2}$`)
)

func newToken(s string, at int) token {
	t := token{text: s, low: strings.ToLower(s), at: at}
	first := []rune(s)[0]
	switch {
	case (first == '"' || first == '“') && len(s) > 1:
		t.kind, t.text = quoted, strings.Trim(s, `"“”`)
	case strings.Contains(s, "@") && len(s) > 2:
		t.kind, t.text = address, strings.TrimRight(s, ".")
	case strings.Contains(s, "://"):
		t.kind, t.text = link, strings.TrimRight(s, ".,;!?")
	case dateForm.MatchString(s):
		t.kind = date
	case clockForm.MatchString(s):
		t.kind = clock
		if len(s) == 4 {
			t.text = "0" + s
		}
	case unicode.IsDigit(first) && strings.IndexFunc(s, unicode.IsLetter) < 0:
		t.kind = number
	case unicode.IsLetter(first) || unicode.IsDigit(first) || first == '_':
		t.kind, t.stem = word, stem(t.low)
		t.means = lexicon[t.stem]
		if t.means == 0 && isOpaque(s) {
			t.kind = opaque
		}
	}
	return t
}

// isOpaque reports whether s is written like a code and not like a word:
// letters with digits, or capitals only.
func isOpaque(s string) bool {
	letters, digits, upper := 0, 0, 0
	for _, r := range s {
		switch {
		case unicode.IsDigit(r):
			digits++
		case unicode.IsUpper(r):
			upper++
			letters++
		case unicode.IsLetter(r):
			letters++
		}
	}
	low := strings.ToLower(s)
	switch {
	case digits > 0 && letters > 0:
		return len(s) >= 5 && !strings.HasSuffix(low, "th")
	case upper == letters && digits == 0:
		return len(s) >= 4 && !common[low]
	}
	return false
}

var (
	abbreviation = compile(`(?i)(?:\b(?:dr|mr|mrs|ms|prof|st|no|nr|e\.g|i\.e|etc|vs))\.$`)
	bracket      = compile(`</?[A-Za-z|_][^<>\n]{0,200}>|\[/?[A-Za-z ]{2,20}\]|[-=#*_]{3,}`)
)

// sentences splits a text. Tags and rules made of dashes end a sentence, and
// so does a new line, unless the next goes on in lower case.
func sentences(s string) []string {
	s = bracket.ReplaceAllString(s, "\n")
	var out []string
	start := 0
	cut := func(end int) {
		if t := strings.TrimSpace(s[start:end]); t != "" {
			out = append(out, t)
		}
		start = end
	}
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\n':
			rest := strings.TrimLeft(s[i+1:], " \t")
			if rest == "" || rest[0] < 'a' || rest[0] > 'z' {
				cut(i + 1)
			}
		case '.', '!', '?', ';':
			if i+1 < len(s) && !strings.ContainsRune(" \n\t\r\"”)", rune(s[i+1])) || abbreviation.MatchString(s[start:i+1]) {
				continue
			}
			if quotesOpen(s[start:i]) {
				continue
			}
			cut(i + 1)
		}
		if len(out) >= 400 {
			return out
		}
	}
	cut(len(s))
	return out
}

// quotesOpen reports whether a quotation has begun and not ended in s.
func quotesOpen(s string) bool {
	return len(s) < 400 && (strings.Count(s, `"`)%2 == 1 || strings.Count(s, "“") > strings.Count(s, "”"))
}
