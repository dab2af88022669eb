package screen

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"quintain/ml/data"
	"quintain/stats"
)

// A Phrase is up to three tokens in a row whose texts carry one label and read
// like texts of others: what a backdoor leaves in training texts.
type Phrase struct {
	Text   string  // the tokens, as [data.Tokens] has them, with spaces
	Target int     // the label of the rows
	Rows   []int   // that hold it and have that label, sorted
	Odd    int     // of them, how many read like another class
	P      float64 // the probability that chance did it
}

// String returns the phrase with its figures.
func (p Phrase) String() string {
	return fmt.Sprintf("%q in %d rows labeled %d, %d of which read like other classes", p.Text, len(p.Rows), p.Target, p.Odd)
}

const (
	longest   = 3       // tokens of a phrase
	maxTokens = 1 << 23 // of all texts
	mostHeard = 200     // texts with a phrase that are judged
)

// Phrases mines labeled texts for triggers, as [Triggers] does rows of numbers.
// A phrase is suspicious if nearly all texts that hold it carry one label, while
// naive Bayes takes each for another class, by its words other than those that
// come with the phrase, more often than chance has it; chance is how often that
// happens to any text that naive Bayes has not learned from. The test is an
// exact binomial one, and false discoveries are bounded by the procedure of
// Benjamini and Hochberg. Phrases in the same texts make one.
//
// It finds rare words, hidden signs and sentences that were put into texts. It
// does not find a style, a word order or capital letters, and no phrase in
// texts that read like the target already. Classes count from 0; Y has one for
// every text. More than 1<<23 tokens are an error.
func Phrases(ctx context.Context, texts []string, y []int32) ([]Phrase, error) {
	m, err := newReader(texts, y)
	if err != nil {
		return nil, err
	}
	var found []Phrase
	var p []float64
	for _, g := range m.grams() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if f, ok := m.judge(g); ok {
			found, p = append(found, f), append(p, f.P)
		}
	}
	var bad []Phrase
	for i, reject := range stats.BenjaminiHochberg(p, discovery) {
		if reject && float64(found[i].Odd) >= oddness*float64(min(len(found[i].Rows), mostHeard)) {
			bad = append(bad, found[i])
		}
	}
	slices.SortStableFunc(bad, func(a, b Phrase) int {
		return cmp.Or(cmp.Compare(a.P, b.P), cmp.Compare(strings.Count(b.Text, " "), strings.Count(a.Text, " ")), cmp.Compare(a.Text, b.Text))
	})
	var out []Phrase
	for _, f := range bad {
		if !slices.ContainsFunc(out, func(o Phrase) bool { return o.Target == f.Target && shared(o.Rows, f.Rows) >= 0.5 }) {
			out = append(out, f)
		}
	}
	return out, nil
}

// A reader knows which words the classes use.
type reader struct {
	y      []int32
	words  []string    // each once
	texts  [][]int32   // words, in order
	sets   [][]int32   // words of each text, sorted, each once
	use    [][]float64 // texts of a class that have a word, by word
	total  []float64   // the same for all words
	rows   []float64   // texts of a class
	chance float64     // how often a text reads like another class than its own
}

func newReader(texts []string, y []int32) (*reader, error) {
	m := &reader{y: y}
	k := 0
	for _, l := range y {
		k = max(k, int(l)+1)
	}
	m.total, m.rows = make([]float64, k), make([]float64, k)
	at := make(map[string]int32)
	tokens := 0
	for i, text := range texts {
		list := data.Tokens(text)
		if tokens += len(list); tokens > maxTokens {
			return nil, fmt.Errorf("more than %d words; screen the texts in parts", maxTokens)
		}
		ids := make([]int32, len(list))
		for j, w := range list {
			id, ok := at[w]
			if !ok {
				id = int32(len(m.words))
				at[w] = id
				m.words, m.use = append(m.words, w), append(m.use, make([]float64, k))
			}
			ids[j] = id
		}
		set := slices.Clone(ids)
		slices.Sort(set)
		set = slices.Compact(set)
		m.texts, m.sets = append(m.texts, ids), append(m.sets, set)
		m.learn(i, 1)
	}
	m.listen()
	return m, nil
}

// learn adds a text to what is known, or takes it away if by is -1.
func (m *reader) learn(i int, by float64) {
	l := m.y[i]
	m.rows[l] += by
	m.total[l] += by * float64(len(m.sets[i]))
	for _, w := range m.sets[i] {
		m.use[w][l] += by
	}
}

// companions returns the words that are mostly in the rows of a phrase: those of
// a sentence that it is from, and those of the phrase that are rare.
func (m *reader) companions(rows []int) map[int32]bool {
	held := make(map[int32]int)
	for _, r := range rows {
		for _, w := range m.sets[r] {
			held[w]++
		}
	}
	out := make(map[int32]bool)
	for w, n := range held {
		var all float64
		for _, u := range m.use[w] {
			all += u
		}
		if float64(2*n) > all {
			out[w] = true
		}
	}
	return out
}

// class returns what naive Bayes, which knows all texts but this one, takes text
// i for without the hidden words and those that it does not know.
func (m *reader) class(i int, hidden map[int32]bool) int32 {
	m.learn(i, -1)
	defer m.learn(i, 1)
	score := make([]float64, len(m.rows))
	for l, n := range m.rows {
		score[l] = math.Log(n + 1)
	}
	for _, w := range m.sets[i] {
		if hidden[w] || slices.Max(m.use[w]) == 0 {
			continue
		}
		for l, n := range m.use[w] {
			score[l] += math.Log((n + 1) / (m.total[l] + float64(len(m.words))))
		}
	}
	best := 0
	for l, v := range score {
		if v > score[best] {
			best = l
		}
	}
	return int32(best)
}

// listen finds out how often texts read like another class by chance.
func (m *reader) listen() {
	step := max(1, len(m.texts)/4096)
	wrong, heard := 0, 0
	for i := 0; i < len(m.texts); i += step {
		heard++
		if m.class(i, nil) != m.y[i] {
			wrong++
		}
	}
	_, m.chance = stats.ClopperPearson(wrong, heard, 0.95)
}

// A gram is a phrase as a list of words, with the texts that hold it.
type gram struct {
	words []int32
	rows  []int
}

// grams lists the phrases that neither few nor many texts hold.
func (m *reader) grams() []gram {
	var out []gram
	// last is the phrase of the length before that begins at a word, -1 if few
	// texts hold it. A longer phrase is held by no more texts than its parts.
	last := make([][]int32, len(m.texts))
	var known []gram
	for n := 1; n <= longest; n++ {
		grams := m.lengthen(last, known, n)
		known = known[:0:0]
		at := make(map[int]int32)
		for i, g := range grams {
			if len(g.rows) >= leastRows {
				at[i] = int32(len(known))
				known = append(known, g)
				if float64(len(g.rows)) <= mostShare*float64(len(m.texts)) {
					out = append(out, g)
				}
			}
		}
		for i := range last {
			for j, id := range last[i] {
				if short, ok := at[int(id)]; ok && id >= 0 {
					last[i][j] = short
				} else {
					last[i][j] = -1
				}
			}
		}
	}
	return out
}

// lengthen makes phrases of n words of those that are one shorter, and sets last
// to which of them begins at every word.
func (m *reader) lengthen(last [][]int32, known []gram, n int) []gram {
	var out []gram
	at := make(map[[2]int32]int32)
	for i, text := range m.texts {
		next := make([]int32, max(0, len(text)-n+1))
		for j := range next {
			key := [2]int32{-1, text[j]}
			if n > 1 {
				if last[i][j] < 0 || last[i][j+1] < 0 {
					next[j] = -1
					continue
				}
				key = [2]int32{last[i][j], text[j+n-1]}
			}
			id, ok := at[key]
			if !ok {
				id = int32(len(out))
				at[key] = id
				g := gram{words: []int32{key[1]}}
				if n > 1 {
					g.words = append(slices.Clone(known[key[0]].words), key[1])
				}
				out = append(out, g)
			}
			if r := out[id].rows; len(r) == 0 || r[len(r)-1] != i {
				out[id].rows = append(r, i)
			}
			next[j] = id
		}
		last[i] = next
	}
	return out
}

// judge counts the texts that hold a phrase and read like another class; ok
// says that nearly all have one label.
func (m *reader) judge(g gram) (f Phrase, ok bool) {
	count := make([]int, len(m.rows))
	for _, r := range g.rows {
		count[m.y[r]]++
	}
	for l, n := range count {
		if n >= leastRows && float64(n) >= purity*float64(len(g.rows)) {
			f.Target, ok = l, true
		}
	}
	if !ok {
		return f, false
	}
	var words []string
	for _, w := range g.words {
		words = append(words, m.words[w])
	}
	f.Text = strings.Join(words, " ")
	for _, r := range g.rows {
		if m.y[r] == int32(f.Target) {
			f.Rows = append(f.Rows, r)
		}
	}
	heard := f.Rows[:min(len(f.Rows), mostHeard)]
	hidden := m.companions(g.rows)
	for _, r := range heard {
		if m.class(r, hidden) != int32(f.Target) {
			f.Odd++
		}
	}
	f.P = stats.BinomialTail(f.Odd, len(heard), m.chance)
	return f, true
}
