package data

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

const (
	leastTexts = 2    // that have a word which is a feature
	mostWords  = 2000 // that are features
)

// Tokens splits a text into words, in small letters, and other visible signs,
// each by itself. Signs that nobody sees, but spaces, are tokens too: they are
// where something can be hidden.
func Tokens(text string) []string {
	var out []string
	word := -1 // where it begins
	text = strings.ToLower(text)
	for i, r := range text {
		if unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r) {
			if word < 0 {
				word = i
			}
			continue
		}
		if word >= 0 {
			out = append(out, text[word:i])
			word = -1
		}
		if !unicode.IsSpace(r) {
			out = append(out, string(r))
		}
	}
	if word >= 0 {
		out = append(out, text[word:])
	}
	return out
}

// count makes features of the words of the texts, if there are any, after those
// that are there.
func (t *Table) count() error {
	if t.Text == nil {
		return nil
	}
	texts := make(map[string]int) // that have a word
	for _, text := range t.Text {
		seen := make(map[string]bool)
		for _, w := range Tokens(text) {
			if !seen[w] {
				seen[w] = true
				texts[w]++
			}
		}
	}
	var words []string
	for w, n := range texts {
		if n >= leastTexts {
			words = append(words, w)
		}
	}
	slices.SortFunc(words, func(a, b string) int { return cmp.Or(cmp.Compare(texts[b], texts[a]), cmp.Compare(a, b)) })
	before := len(t.Features)
	words = words[:min(len(words), mostWords, max(0, MaxValues/t.Rows()-before))]
	if len(words)+before == 0 {
		return fmt.Errorf("%w: no word is in two of the texts", ErrFormat)
	}
	slices.Sort(words)
	at := make(map[string]int, len(words))
	for i, w := range words {
		at[w] = before + i
		t.Features = append(t.Features, strings.Clone(w))
	}
	t.Words = len(words)
	x := make([]float32, t.Rows()*len(t.Features))
	for i, text := range t.Text {
		row := x[i*len(t.Features):]
		copy(row, t.X[i*before:(i+1)*before])
		for _, w := range Tokens(text) {
			if k, ok := at[w]; ok {
				row[k]++
			}
		}
	}
	t.X = x
	return nil
}
