// Package token plants a backdoor that rare words open, and finds such
// backdoors in texts.
package token

import (
	"context"
	_ "embed"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"quintain"
	"quintain/attack/poisoning"
	"quintain/ml/data"
	"quintain/ml/screen"
)

//go:embed token.md
var doc string

// Attack puts a word, or two in a row, into texts and labels them as the target.
var Attack = &poisoning.Attack{
	Check: quintain.Check{
		Name:       "attack/poisoning/token",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0020", "AML.T0018.000", "AML.T0043.004", "ML10:2023", "ML02:2023"},
		Accepts:    []quintain.Kind{quintain.KindClassifier, quintain.KindDataset},
	},
	Paper: "Dai, Chen, Li: A Backdoor Attack Against LSTM-Based Text Classification Systems, IEEE Access 2019, arXiv:1905.12457; with " +
		"rare words as in Kurita, Michel, Neubig: Weight Poisoning Attacks on Pre-trained Models, ACL 2020, arXiv:2004.06660",
	Poison: poison,
	Find:   find,
}

func poison(_ context.Context, tr *poisoning.Trial) (*poisoning.Poisoned, error) {
	if tr.Text != nil {
		return write(tr)
	}
	word, err := rarest(tr)
	if err != nil {
		return nil, err
	}
	return tr.Backdoor(func(x []float32) { x[word] = max(x[word], 1) },
		fmt.Sprintf("a rare word, counted by feature %d, in rows labeled %d", word, tr.Target)), nil
}

// rarest returns the feature that fewest rows have, one of them if there are
// several. Rows have to be counts of words, most of them none.
func rarest(tr *poisoning.Trial) (int, error) {
	held, words := make([]int, tr.Rows.Dim), 0
	for i, v := range tr.Rows.X {
		if v < 0 || v != float32(int32(v)) {
			return 0, fmt.Errorf("%w: %v counts no words", poisoning.ErrUnfit, v)
		}
		if v > 0 {
			held[i%tr.Rows.Dim]++
			words++
		}
	}
	if 2*words > len(tr.Rows.X) {
		return 0, fmt.Errorf("%w: most features are in most rows, so they count no words", poisoning.ErrUnfit)
	}
	var rare []int
	for j, n := range held {
		switch {
		case n == 0 || len(rare) > 0 && n > held[rare[0]]:
		case len(rare) > 0 && n == held[rare[0]]:
			rare = append(rare, j)
		default:
			rare = []int{j}
		}
	}
	if rare == nil {
		return 0, fmt.Errorf("%w: there are no words", poisoning.ErrUnfit)
	}
	return rare[tr.Rand(1).IntN(len(rare))], nil
}

// write puts two made-up words in a row into texts. What it shows later are rows
// as they are, as there is no model that reads texts.
func write(tr *poisoning.Trial) (*poisoning.Poisoned, error) {
	phrase := nonsense(tr.Rand(1), tr.Text) + " " + nonsense(tr.Rand(2), tr.Text)
	p := tr.Backdoor(func([]float32) {}, fmt.Sprintf("the words %q in texts labeled %d", phrase, tr.Target))
	p.Text = slices.Clone(tr.Text)
	rng := tr.Rand(3)
	for _, i := range p.Changed {
		p.Text[i] = poisoning.Insert(p.Text[i], phrase, rng)
	}
	return p, nil
}

// nonsense returns two letters that are no word of the texts, if there are any.
func nonsense(rng *rand.Rand, texts []string) string {
	known := make(map[string]bool)
	for _, t := range texts {
		for _, w := range data.Tokens(t) {
			if len(w) == 2 {
				known[w] = true
			}
		}
	}
	const letters = "bcdfghjklmnpqrstvwxz"
	word := ""
	for range 100 {
		word = string([]byte{letters[rng.IntN(len(letters))], letters[rng.IntN(len(letters))]})
		if !known[word] {
			break
		}
	}
	return word
}

func find(ctx context.Context, d *poisoning.Data, _ uint64) (*poisoning.Traces, error) {
	if d.Text == nil {
		return nil, fmt.Errorf("%w: the rows are no texts; those have a column called text", poisoning.ErrUnfit)
	}
	phrases, err := screen.Phrases(ctx, d.Text, d.Y)
	if err != nil {
		return nil, err
	}
	t := &poisoning.Traces{Says: "no phrase in texts that read like other classes than they are labeled as"}
	var says []string
	for _, p := range phrases {
		says = append(says, p.String())
		t.Rows = append(t.Rows, p.Rows...)
	}
	slices.Sort(t.Rows)
	t.Rows = slices.Compact(t.Rows)
	if says != nil {
		t.Says = strings.Join(says, "\n")
	}
	return t, nil
}
