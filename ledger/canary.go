package ledger

import (
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
)

// A Canary is a word that nobody would write by chance, placed where it must
// not leave.
type Canary struct{ Name, Token string }

// The letters and digits of a token. Letters that look like digits or like
// each other are left out, and there is one case only, so that a reader, a
// model or a change of case cannot blur it.
const (
	alphabet    = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	tokenLength = 26
)

// NewCanary returns a canary with a token of 26 capital letters and digits, 130
// random bits.
//
// Text that does not hold the token is found to hold it, in some decoding, by
// chance alone: [Canary.Find] looks at fewer than 2^10 decoded bytes for each
// byte of text, so for a mebibyte the probability is below 2^(20+10-130) =
// 2^-100.
func NewCanary(name string, rng *rand.Rand) Canary {
	var b [tokenLength]byte
	for i := range b {
		b[i] = alphabet[rng.IntN(len(alphabet))]
	}
	return Canary{name, string(b[:])}
}

// A Hit says where a canary was seen.
type Hit struct {
	// Decoding names the way the token was written: one of [Decodings], or
	// two joined with "+" in the order in which they are undone.
	Decoding string
	Offset   int // of the first byte of the written token in the text
}

// maxHits bounds what one search reports.
const maxHits = 64

// Find searches text for the token, as it is, after each of [Decodings], and
// after each two of them in a row. Each place is reported once, with the
// simplest decoding that shows the token there, and at most 64 places are. It
// takes time and memory in proportion to the length of text.
func (c Canary) Find(text string) []Hit {
	var f found
	for d := range undone(text) {
		if !f.search(d, c.spellings()) {
			break
		}
	}
	return f.hits
}

// spellings returns the token and, where it is not made of capital letters and
// digits, what changes of case and the removal of separators leave of it.
func (c Canary) spellings() []string {
	upper, bare := strings.ToUpper(c.Token), Decoding{undo: undoSeparators}.Decode(c.Token)
	out := []string{c.Token, upper, bare, strings.ToUpper(bare)}
	slices.Sort(out)
	return slices.DeleteFunc(slices.Compact(out), func(s string) bool { return s == "" })
}

// A reading is text after some decodings.
type reading struct {
	name string
	text string
	at   func() []int // the offset in the original of each byte of text
}

// undone yields text, then each decoding of it, then each decoding of those.
// What has nothing to undo is left out.
func undone(text string) iter.Seq[reading] {
	return func(yield func(reading) bool) {
		whole := reading{text: text, at: func() []int { return Decodings[0].trace(text) }}
		for _, d := range Decodings {
			if r := whole.then(d); r.text != "" && !yield(r) {
				return
			}
		}
		for _, d := range Decodings[1:] {
			first := whole.then(d)
			for _, d := range Decodings[1:] {
				if r := first.then(d); r.text != "" && !yield(r) {
					return
				}
			}
		}
	}
}

// then returns r after one more decoding.
func (r reading) then(d Decoding) reading {
	text := d.Decode(r.text)
	if text == "" {
		return reading{}
	}
	name := d.Name
	if r.name != "" {
		name = r.name + "+" + d.Name
	}
	return reading{name, text, sync.OnceValue(func() []int {
		at, before := d.trace(r.text), r.at()
		for i := range at {
			at[i] = before[at[i]]
		}
		return at
	})}
}

// found collects the hits of one canary in one text.
type found struct {
	hits  []Hit
	spans [][2]int // first and last byte of each
}

// search adds the places in r where a spelling stands and nothing was found
// before, and reports whether there is room for more.
func (f *found) search(r reading, spellings []string) bool {
	for _, token := range spellings {
		for i := 0; ; {
			next := strings.Index(r.text[i:], token)
			if next < 0 {
				break
			}
			if len(f.hits) >= maxHits {
				return false
			}
			i += next
			f.add(r.name, r.at()[i], r.at()[i+len(token)-1])
			i += len(token)
		}
	}
	return true
}

// add keeps a hit on the bytes between two, in either order, unless they are
// part of an earlier one.
func (f *found) add(name string, a, b int) {
	span := [2]int{min(a, b), max(a, b)}
	for _, s := range f.spans {
		if span[0] <= s[1] && s[0] <= span[1] {
			return
		}
	}
	f.spans = append(f.spans, span)
	f.hits = append(f.hits, Hit{name, span[0]})
}

// A sighting is a canary and how it was written.
type sighting struct{ canary, decoding string }

// sightings returns every canary seen in e with every way in which it was
// written, each once.
func sightings(e Event, watch []Canary) []sighting {
	seen := make([][]sighting, len(watch))
	spellings := make([][]string, len(watch))
	for i, c := range watch {
		spellings[i] = c.spellings()
	}
	for _, text := range []string{e.Name, string(e.Args), e.Text} {
		hits := make([]found, len(watch))
		for r := range undone(text) {
			for i := range watch {
				hits[i].search(r, spellings[i])
			}
		}
		for i, c := range watch {
			for _, h := range hits[i].hits {
				if s := (sighting{c.Name, h.Decoding}); !slices.Contains(seen[i], s) {
					seen[i] = append(seen[i], s)
				}
			}
		}
	}
	return slices.Concat(seen...)
}
