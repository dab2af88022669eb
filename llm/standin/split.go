package standin

import (
	"strings"

	"quintain/llm/gloss"
)

// hyphenated finds words that a line break divides.
var hyphenated = compile(`(\pL)-[ \t]*\r?\n[ \t]*(\p{Ll})`)

var (
	assigned = compile(`\b(\w{1,12})\s*(?::=|=|\bis\b)\s*["“']([^"”'\n]{1,200})["”']`)
	sum      = compile(`(?:\w{1,12}|["“'][^"”'\n]{1,200}["”'])(?:\s*\+\s*(?:\w{1,12}|["“'][^"”'\n]{1,200}["”']))+`)
	term     = compile(`["“']([^"”'\n]{1,200})["”']|\w+`)
)

// maxSums bounds the sums that are worked out in one text.
const maxSums = 16

// joined works out the sums of quoted pieces in s, and of names that were
// given to such pieces: with a="ur" and b="gent", a+b is "urgent".
func joined(s string) string {
	names := make(map[string]string)
	for _, m := range assigned.FindAllStringSubmatch(s, maxSums) {
		names[m[1]] = m[2]
	}
	left := maxSums
	return sum.ReplaceAllStringFunc(s, func(expr string) string {
		var whole strings.Builder
		for _, m := range term.FindAllStringSubmatch(expr, -1) {
			piece, ok := m[1], m[1] != ""
			if !ok {
				piece, ok = names[m[0]]
			}
			if !ok {
				return expr
			}
			whole.WriteString(piece)
		}
		if left--; left < 0 {
			return expr
		}
		return whole.String()
	})
}

// glossed returns the readings of texts that are in another language, once
// each.
func glossed(texts ...string) []string {
	for _, s := range texts {
		if g, ok := gloss.English(s); ok {
			return []string{g}
		}
	}
	return nil
}
