// Package tokens shows how a language model takes a text apart. Its table is
// made by byte pair encoding (Sennrich, Haddow and Birch, 2016) over bytes, as
// GPT-2 did (Radford and others, 2019), from a page of English. It shows the
// principle; the table of a real model has a hundred thousand entries.
package tokens

import (
	_ "embed"
	"regexp"
	"slices"
	"strings"
	"sync"
)

//go:embed corpus.txt
var corpus string

// maxMerges is the size of the table.
const maxMerges = 500

// wordForm cuts a text before it is encoded: a word or a mark with the space
// before it, three digits at most, or space.
var wordForm = regexp.MustCompile(`(?s) ?\pL+| ?\pN{1,3}| ?[^\s\pL\pN]+|\s+|.`)

type pair struct{ a, b string }

// ranks says in which order pairs are merged.
var ranks = sync.OnceValue(func() map[pair]int {
	counts := make(map[string]int)
	for _, w := range wordForm.FindAllString(corpus, -1) {
		counts[w]++
	}
	type entry struct {
		pieces []string
		n      int
	}
	var words []entry
	for w, n := range counts {
		words = append(words, entry{bytesOf(w), n})
	}
	out := make(map[pair]int)
	for len(out) < maxMerges {
		seen := make(map[pair]int)
		for _, w := range words {
			for i := range len(w.pieces) - 1 {
				seen[pair{w.pieces[i], w.pieces[i+1]}] += w.n
			}
		}
		best, most := pair{}, 1
		for p, n := range seen {
			if n > most || n == most && most > 1 && p.a+"\x00"+p.b < best.a+"\x00"+best.b {
				best, most = p, n
			}
		}
		if most < 2 {
			break
		}
		out[best] = len(out)
		for i := range words {
			words[i].pieces = merge(words[i].pieces, best)
		}
	}
	return out
})

func bytesOf(s string) []string {
	out := make([]string, len(s))
	for i := range len(s) {
		out[i] = s[i : i+1]
	}
	return out
}

// merge joins every p in pieces.
func merge(pieces []string, p pair) []string {
	out := pieces[:0]
	for i := 0; i < len(pieces); i++ {
		if i+1 < len(pieces) && pieces[i] == p.a && pieces[i+1] == p.b {
			out = append(out, p.a+p.b)
			i++
			continue
		}
		out = append(out, pieces[i])
	}
	return out
}

// maxWord is how much of a word is merged, in bytes; what is longer is taken
// in pieces.
const maxWord = 64

// Split returns the tokens of text, which put together are text again, also
// where it is not UTF-8. A token may end inside a character.
func Split(text string) []string {
	var out []string
	end := 0
	for _, m := range wordForm.FindAllStringIndex(text, -1) {
		for w := range slices.Chunk([]byte(text[m[0]:m[1]]), maxWord) {
			out = append(out, encode(string(w))...)
		}
		end = m[1]
	}
	return append(out, bytesOf(text[end:])...)
}

func encode(word string) []string {
	pieces := bytesOf(word)
	table := ranks()
	for {
		best, low := pair{}, maxMerges
		for i := range len(pieces) - 1 {
			p := pair{pieces[i], pieces[i+1]}
			if rank, ok := table[p]; ok && rank < low {
				best, low = p, rank
			}
		}
		if low == maxMerges {
			return pieces
		}
		pieces = merge(pieces, best)
	}
}

// Join puts tokens together.
func Join(tokens []string) string { return strings.Join(tokens, "") }
