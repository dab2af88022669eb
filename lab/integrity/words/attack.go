package words

import (
	"slices"
	"strings"
)

// tokens is how many words an attacker may put into a mail.
const tokens = 10

// slip returns how many words an attacker who knows the filter puts into a mail
// until it gets through, or -1 if the budget is not enough. He tries the word
// that helps most at every step; one word again and again; and the ten that say
// most for a mail, all at once.
func slip(f filter, k *knowledge, text string) int {
	best := greedy(f, k, text)
	for _, plan := range plans(k) {
		t := f.tally(k, text)
		for n, w := range plan {
			if best >= 0 && n >= best {
				break
			}
			if !t.stopped() {
				best = n
				break
			}
			t.add(w)
		}
		if best < 0 && !t.stopped() {
			best = len(plan)
		}
	}
	return best
}

func greedy(f filter, k *knowledge, text string) int {
	t := f.tally(k, text)
	for n := range tokens + 1 {
		if !t.stopped() {
			return n
		}
		if n == tokens {
			break
		}
		word, low := "", t.score()
		for _, w := range k.words {
			if s := t.with(w); word == "" || s < low {
				word, low = w, s
			}
		}
		t.add(word)
	}
	return -1
}

// plans are words to put in whatever the filter says in between: a filter that
// counts the strongest only may not move until several have come.
func plans(k *knowledge) [][]string {
	calm := slices.Clone(k.words)
	slices.SortStableFunc(calm, func(a, b string) int {
		switch {
		case k.weight[a] < k.weight[b]:
			return -1
		case k.weight[a] > k.weight[b]:
			return 1
		}
		return strings.Compare(a, b)
	})
	calm = calm[:min(tokens, len(calm))]
	return [][]string{calm, slices.Repeat(calm[:1], tokens)}
}
