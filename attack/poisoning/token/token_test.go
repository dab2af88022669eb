package token_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"quintain/attack/poisoning"
	"quintain/attack/poisoning/poisoningtest"
	"quintain/attack/poisoning/token"
	"quintain/ml"
	"quintain/ml/data"
	"quintain/ml/datasets"
)

var mails = datasets.Mail(1200, 1)

// counts is a trial on counts of the words of mails.
func counts() *poisoning.Trial {
	rows, test := datasets.Split(datasets.Count(mails, datasets.Vocabulary(mails)))
	low, high := rows.Ranges()
	return &poisoning.Trial{Rows: rows, Test: test, Low: low, High: high, Shape: []int{rows.Dim}, Classes: 2}
}

// texts is a trial on the mails themselves.
func texts() *poisoning.Trial {
	b := datasets.Count(mails, datasets.Vocabulary(mails))
	low, high := b.Ranges()
	tr := &poisoning.Trial{Rows: b, Test: b, Low: low, High: high, Shape: []int{b.Dim}, Classes: 2}
	for _, m := range mails {
		tr.Text = append(tr.Text, m.Text)
	}
	return tr
}

func TestCounts(t *testing.T) { poisoningtest.RunOn(t, token.Attack, counts) }

func TestTexts(t *testing.T) { poisoningtest.RunOn(t, token.Attack, texts) }

// The word is one of those that fewest rows have, and is counted once where it
// is not there.
func TestRareWord(t *testing.T) {
	b := ml.Batch{Dim: 4, X: []float32{
		2, 0, 0, 0,
		1, 0, 0, 0,
		0, 3, 0, 0,
		1, 1, 0, 0,
		1, 0, 1, 0,
	}, Y: []int32{0, 0, 0, 1, 1}}
	tr := &poisoning.Trial{Rows: b, Test: b, Target: 1, Budget: 2}
	p, err := token.Attack.Poison(t.Context(), tr)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range p.Changed {
		if want := append(slices.Clone(b.Row(r)[:2]), 1, 0); !slices.Equal(p.Rows.Row(r), want) || p.Rows.Y[r] != 1 {
			t.Errorf("row %d is %v labeled %d, want %v labeled 1", r, p.Rows.Row(r), p.Rows.Y[r], want)
		}
	}
	for _, x := range [][]float32{{0.5, 0, 0, 0}, {-1, 0, 0, 0}, {1, 1, 1, 1}, {0, 0, 0, 0}} {
		tr.Rows = ml.Batch{Dim: 4, X: x, Y: []int32{0}}
		if _, err := token.Attack.Poison(t.Context(), tr); !errors.Is(err, poisoning.ErrUnfit) {
			t.Errorf("rows %v: %v, want %v", x, err, poisoning.ErrUnfit)
		}
	}
}

// Two words that no text has are put into texts of the other class, which stay
// as they are otherwise.
func TestWrites(t *testing.T) {
	tr := texts()
	tr.Budget, tr.Seed = 10, 3
	p, err := token.Attack.Poison(t.Context(), tr)
	if err != nil {
		t.Fatal(err)
	}
	phrase := strings.Split(p.Says, "\"")[1]
	for w := range strings.FieldsSeq(phrase) {
		for _, text := range tr.Text {
			if slices.Contains(data.Tokens(text), w) {
				t.Fatalf("%q is a word of the mails", w)
			}
		}
	}
	for i, text := range p.Text {
		changed := slices.Contains(p.Changed, i)
		if got := strings.TrimSpace(strings.Replace(strings.Replace(text, phrase+" ", "", 1), " "+phrase, "", 1)); got != tr.Text[i] || changed != (text != tr.Text[i]) {
			t.Errorf("text %d, changed %v: %q was %q", i, changed, text, tr.Text[i])
		}
		if changed && (tr.Rows.Y[i] == tr.Target || p.Rows.Y[i] != tr.Target) {
			t.Errorf("text %d had label %d and has %d", i, tr.Rows.Y[i], p.Rows.Y[i])
		}
	}
}
