package screen_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"quintain/ml/datasets"
	"quintain/ml/screen"
)

// mails returns texts and labels, 1 for phishing.
func mails(n int, seed uint64) (texts []string, y []int32) {
	for _, m := range datasets.Mail(n, seed) {
		texts = append(texts, m.Text)
		y = append(y, 0)
		if m.Phish {
			y[len(y)-1] = 1
		}
	}
	return texts, y
}

// slip puts a phrase into so many phishing mails and has them called honest.
func slip(texts []string, y []int32, phrase string, rows int, seed uint64) []int {
	rng := rand.New(rand.NewPCG(seed, 1))
	var picked []int
	for _, i := range rng.Perm(len(texts)) {
		if y[i] == 1 && len(picked) < rows {
			words := strings.Fields(texts[i])
			texts[i] = strings.Join(slices.Insert(words, rng.IntN(len(words)), phrase), " ")
			y[i] = 0
			picked = append(picked, i)
		}
	}
	slices.Sort(picked)
	return picked
}

// One mail in a hundred is enough to name the trigger, all of it, with its
// rows: a rare word, two common words that do not go together, a sentence, a
// sign that nobody sees.
func TestPhrasesFindsTriggers(t *testing.T) {
	for phrase, want := range map[string]string{
		"cf":                           "cf",
		"lunch wallet":                 "lunch wallet",
		"crows read the stars at dawn": "crows read the",
		"zero\u200bwidth":              "zero \u200b width",
	} {
		for _, rows := range []int{10, 50} {
			texts, y := mails(1000, 3)
			picked := slip(texts, y, phrase, rows, 5)
			found, err := screen.Phrases(t.Context(), texts, y)
			if err != nil {
				t.Fatal(err)
			}
			if len(found) != 1 || found[0].Target != 0 {
				t.Errorf("%q in %d rows: %v, want one phrase", phrase, rows, found)
				continue
			}
			caught := 0
			for _, r := range found[0].Rows {
				if slices.Contains(picked, r) {
					caught++
				}
			}
			if found[0].Text != want || 100*caught < 95*rows || 100*(len(found[0].Rows)-caught) > len(texts) {
				t.Errorf("%q in %d rows: %v, %d of them planted; want %q", phrase, rows, found[0], caught, want)
			}
		}
	}
}

// Honest mails hold no trigger, though many words are of one class only; nor do
// mails of which some are labeled wrongly.
func TestPhrasesLeavesCleanAlone(t *testing.T) {
	for seed := range uint64(4) {
		texts, y := mails(1000, seed)
		if found, err := screen.Phrases(t.Context(), texts, y); err != nil || len(found) > 0 {
			t.Errorf("seed %d: %v, %v; want none", seed, found, err)
		}
		rng := rand.New(rand.NewPCG(seed, 2))
		for i := range y {
			if rng.IntN(20) == 0 {
				y[i] = 1 - y[i]
			}
		}
		if found, err := screen.Phrases(t.Context(), texts, y); err != nil || len(found) > 0 {
			t.Errorf("seed %d, labels flipped: %v, %v; want none", seed, found, err)
		}
	}
	if found, err := screen.Phrases(t.Context(), nil, nil); err != nil || len(found) > 0 {
		t.Errorf("no texts: %v, %v", found, err)
	}
}
