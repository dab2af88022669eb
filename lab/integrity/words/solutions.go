package words

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"quintain/lab"
)

// solutions are the reference, and the ways in which people get it wrong.
var solutions = []lab.Solution{
	{Name: "one good word ten times, then only what speaks for phishing", Pass: true, Make: do(calm(1, 10), configured(oneSided))},
	{Name: "mails sent as they are", Fails: "a/evade", Make: do(words())},
	{Name: "words that the filter has never met", Fails: "a/evade", Make: do(words(idle[:10]...))},
	{Name: "twenty words", Fails: "a/edit", Make: do(calm(10, 2))},
	{Name: "the link taken out", Fails: "a/payload", Make: changed(func(text, ask string) string { return strings.Replace(text, ask, "", 1) })},
	{Name: "bait words spelled with other letters", Fails: "a/payload", Make: changed(func(text, ask string) string {
		return strings.ReplaceAll(strings.TrimSuffix(text, ask), "o", "0") + ask
	})},
	{Name: "mails of another seed", Fails: "a/payload", Make: stranger},
	{Name: "a file of noise", Fails: "a/payload", Make: file("evaded.csv", "id,text\n1,\"\x00\xff\n\x1b[2J")},
	{Name: "the filter as it was shipped", Fails: "b/known", Make: do(calm(1, 10), configured("threshold: 0\n"))},
	{Name: "a threshold at which ham is blocked", Fails: "b/clean", Make: do(calm(1, 10), configured("threshold: -20\n"))},
	{Name: "everything stopped", Fails: "b/clean", Make: do(calm(1, 10), configured("threshold: -1000\n"))},
	{Name: "every weight capped", Fails: "b/clean", Make: do(calm(1, 10), configured("presence: true\ncap: 0.3\nthreshold: -3\n"))},
	{Name: "a word counts once, and no more", Fails: "b/re-attack", Make: do(calm(1, 10), configured("presence: true\n"))},
	{Name: "only the ten strongest words", Fails: "b/re-attack", Make: do(calm(1, 10), configured("presence: true\nstrongest: 10\n"))},
	{Name: "a key that is none", Fails: "b/clean", Make: do(calm(1, 10), configured("block: [https, calendar]\n"))},
}

// oneSided is the filter of the reference.
const oneSided = "presence: true\nsuspicious: true\nthreshold: 8\n"

// A step is one thing that a learner does.
type step func(ctx context.Context, w *lab.Setup) error

func do(steps ...step) func(ctx context.Context, w *lab.Setup) error {
	return func(ctx context.Context, w *lab.Setup) error {
		for _, s := range steps {
			if err := s(ctx, w); err != nil {
				return err
			}
		}
		return nil
	}
}

// calm puts the n words in that calm the filter most, each as often as said.
func calm(n, often int) step {
	return func(ctx context.Context, w *lab.Setup) error {
		k, err := learned(ctx, w.Attempt)
		if err != nil {
			return err
		}
		var words []string
		for _, word := range plans(k)[0][:n] {
			words = append(words, slices.Repeat([]string{word}, often)...)
		}
		return w.Act(ctx, "insert", words...)
	}
}

func words(list ...string) step {
	return func(ctx context.Context, w *lab.Setup) error { return w.Act(ctx, "insert", list...) }
}

func file(name, text string) step {
	return func(_ context.Context, w *lab.Setup) error { return w.Writef(name, "%s", text) }
}

func configured(text string) step { return file("filter.yaml", text) }

// changed hands in the mails with each changed.
func changed(change func(text, ask string) string) step {
	return func(ctx context.Context, w *lab.Setup) error {
		mails, err := phishing(ctx, w.Attempt)
		if err != nil {
			return err
		}
		var rows [][]string
		for i, m := range mails {
			rows = append(rows, []string{strconv.Itoa(i + 1), change(m.Text, m.Ask)})
		}
		return w.Write("evaded.csv", sheet([]string{"id", "text"}, rows))
	}
}

// stranger hands in what somebody else was given.
func stranger(ctx context.Context, w *lab.Setup) error {
	k, err := learned(ctx, w.Attempt)
	if err != nil {
		return err
	}
	mails, err := stopped(k, w.Seed("somebody else"))
	if err != nil {
		return err
	}
	var rows [][]string
	for i, m := range mails {
		rows = append(rows, []string{strconv.Itoa(i + 1), m.Text + " " + strings.Join(plans(k)[0], " ")})
	}
	return w.Write("evaded.csv", sheet([]string{"id", "text"}, rows))
}
