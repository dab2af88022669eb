// Package gloss reads sentences of a few European languages word for word, as
// English. It is a dictionary and no translator: it keeps the order of the
// words and leaves those that it does not know as they are. That is enough to
// see what an office is asked to do.
package gloss

import (
	_ "embed"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
)

//go:embed words.tsv
var table string

//go:embed english.txt
var functionWords string

// A dictionary maps lower-case words of one language to English ones.
type dictionary struct {
	code  string
	words map[string]string
}

var dictionaries = sync.OnceValue(func() []dictionary {
	lines := strings.Split(strings.TrimSpace(table), "\n")
	var out []dictionary
	for _, code := range strings.Split(lines[0], "\t")[1:] {
		out = append(out, dictionary{code, make(map[string]string)})
	}
	for _, line := range lines[1:] {
		cells := strings.Split(line, "\t")
		for i, cell := range cells[1:] {
			for w := range strings.SplitSeq(cell, "/") {
				if _, ok := out[i].words[w]; !ok && w != "-" {
					out[i].words[w] = cells[0]
				}
			}
		}
	}
	return out
})

var english = sync.OnceValue(func() map[string]bool {
	m := make(map[string]bool)
	for w := range strings.FieldsSeq(functionWords) {
		m[w] = true
	}
	return m
})

// Languages returns the codes of the languages that are read, sorted.
func Languages() []string {
	var codes []string
	for _, d := range dictionaries() {
		codes = append(codes, d.code)
	}
	slices.Sort(codes)
	return codes
}

var (
	sentenceForm = regexp.MustCompile(`[^.!?:;\n]+`)
	wordForm     = regexp.MustCompile(`[\pL\pM]+(?:[-'’][\pL\pM]+)*`)
)

// A sentence is read in a language if at least three of its words, and half of
// all, are in the dictionary, and more than there are English ones.
const minWords = 3

// English returns s with every sentence in a language of languages, or of all
// if there are none, replaced by its gloss, and reports whether there was any.
func English(s string, languages ...string) (text string, found bool) {
	text = sentenceForm.ReplaceAllStringFunc(s, func(sentence string) string {
		words := wordForm.FindAllString(strings.ToLower(sentence), -1)
		d := best(words, languages)
		if d == nil {
			return sentence
		}
		found = true
		return wordForm.ReplaceAllStringFunc(sentence, func(w string) string {
			if e := d.words[strings.ToLower(w)]; e != "" {
				return e
			}
			return w
		})
	})
	return text, found
}

// best returns the dictionary that explains words, or nil.
func best(words, languages []string) *dictionary {
	floor := max(minWords-1, (len(words)-1)/2, count(words, english()))
	var out *dictionary
	ds := dictionaries()
	for i := range ds {
		if len(languages) > 0 && !slices.Contains(languages, ds[i].code) {
			continue
		}
		n := 0
		for _, w := range words {
			if ds[i].words[w] != "" {
				n++
			}
		}
		if n > floor {
			floor, out = n, &ds[i]
		}
	}
	return out
}

func count(words []string, in map[string]bool) int {
	n := 0
	for _, w := range words {
		if in[w] {
			n++
		}
	}
	return n
}

// Share returns which share of the words of s are among the commonest of
// English, from 0 to 1. Text in ROT13 has next to none.
func Share(s string) float64 {
	words := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) })
	if len(words) == 0 {
		return 0
	}
	return float64(count(words, english())) / float64(len(words))
}
