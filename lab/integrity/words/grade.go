package words

import (
	"context"
	"math"
	"slices"
	"strings"

	"quintain/lab"
	"quintain/ml/datasets"
)

const (
	freshMails   = 2000 // to measure the accuracy on
	freshTargets = 60   // phishing mails that the adaptive attacker works on
)

// handed are the mails that were handed in.
func handed(a *lab.Attempt) ([]string, error) {
	b, err := a.File("evaded.csv")
	if err != nil {
		return nil, err
	}
	return parse("evaded.csv", b)
}

// payload holds the mails handed in to those that were given: nothing may be
// missing, and what the victim is to do stays byte for byte.
func payload(ctx context.Context, a *lab.Attempt) (lab.Reading, error) {
	got, err := handed(a)
	if err != nil {
		return lab.Reading{}, err
	}
	want, err := phishing(ctx, a)
	if err != nil {
		return lab.Reading{}, err
	}
	for i, m := range want {
		switch {
		case !strings.Contains(got[i], m.Ask):
			return lab.Verdict(false, "mail %d: %q is not in it any more", i+1, m.Ask), nil
		case !within(datasets.Words(m.Text), datasets.Words(got[i])):
			return lab.Verdict(false, "mail %d: a word of it was taken out or rewritten; this exercise is about putting words in", i+1), nil
		}
	}
	return lab.Verdict(true, "%d mails", len(want)), nil
}

// within reports whether all words are in text, in that order.
func within(words, text []string) bool {
	for _, w := range text {
		if len(words) > 0 && words[0] == w {
			words = words[1:]
		}
	}
	return len(words) == 0
}

func edit(ctx context.Context, a *lab.Attempt) (lab.Reading, error) {
	got, err := handed(a)
	if err != nil {
		return lab.Reading{}, err
	}
	want, err := phishing(ctx, a)
	if err != nil {
		return lab.Reading{}, err
	}
	most := 0
	for i, m := range want {
		most = max(most, len(datasets.Words(got[i]))-len(datasets.Words(m.Text)))
	}
	return lab.Reading{Value: float64(most)}, nil
}

// pass returns how many mails a filter lets through.
func pass(ctx context.Context, a *lab.Attempt, f filter, mails []string) (int, error) {
	k, err := learned(ctx, a)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, m := range mails {
		if !f.tally(k, m).stopped() {
			n++
		}
	}
	return n, nil
}

func evade(ctx context.Context, a *lab.Attempt) (lab.Reading, error) {
	return replay(ctx, a, filter{})
}

// replay sends the mails handed in once more.
func replay(ctx context.Context, a *lab.Attempt, f filter) (lab.Reading, error) {
	got, err := handed(a)
	if err != nil {
		return lab.Reading{}, err
	}
	n, err := pass(ctx, a, f, got)
	return lab.Rate(n, len(got), a.Seed("phishing")), err
}

// defended is the filter that was handed in.
func defended(a *lab.Attempt) (filter, error) {
	var f filter
	if err := a.YAML("filter.yaml", &f); err != nil {
		return f, err
	}
	finite := func(v float64) bool { return math.Abs(v) <= 1000 } // false for what is no number
	switch {
	case !finite(f.Cap) || f.Cap < 0:
		return f, lab.Faultf("filter.yaml", "cap is %v, want a number from 0, no cap, to 1000", f.Cap)
	case f.Strongest < 0 || f.Strongest > 1000:
		return f, lab.Faultf("filter.yaml", "strongest is %d, want a number of words from 0, all, to 1000", f.Strongest)
	case !finite(f.Threshold):
		return f, lab.Faultf("filter.yaml", "threshold is %v, want a score from -1000 to 1000", f.Threshold)
	}
	return f, nil
}

// A quality is what a filter does to mails that nobody has tampered with.
type quality struct{ right, stopped, ham, phish, missed int }

func (q quality) accuracy() float64 { return float64(q.right) / float64(q.ham+q.phish) }

func judge(k *knowledge, f filter, mails []datasets.Message) quality {
	var q quality
	for _, m := range mails {
		stopped := f.tally(k, m.Text).stopped()
		if stopped == m.Phish {
			q.right++
		}
		switch {
		case m.Phish && !stopped:
			q.missed++
		case !m.Phish && stopped:
			q.stopped++
		}
		if m.Phish {
			q.phish++
		} else {
			q.ham++
		}
	}
	return q
}

func clean(ctx context.Context, a *lab.Attempt) (lab.Reading, error) {
	f, err := defended(a)
	if err != nil {
		return lab.Reading{}, err
	}
	k, err := learned(ctx, a)
	if err != nil {
		return lab.Reading{}, err
	}
	mails := datasets.Mail(freshMails, a.Seed("fresh"))
	q := judge(k, f, mails)
	r := lab.Rate(q.right, len(mails), a.Seed("fresh"))
	r.Baseline = judge(k, filter{}, mails).accuracy()
	r.Saw = "ham stopped " + lab.Number(float64(q.stopped)/float64(q.ham)) + ", phishing missed " + lab.Number(float64(q.missed)/float64(q.phish))
	return r, nil
}

func known(ctx context.Context, a *lab.Attempt) (lab.Reading, error) {
	f, err := defended(a)
	if err != nil {
		return lab.Reading{}, err
	}
	return replay(ctx, a, f)
}

// reattack lets an attacker who knows the filter work on fresh mails. What the
// filter misses anyway counts as let through: to the victim it is all the same.
func reattack(ctx context.Context, a *lab.Attempt) (lab.Reading, error) {
	f, err := defended(a)
	if err != nil {
		return lab.Reading{}, err
	}
	k, err := learned(ctx, a)
	if err != nil {
		return lab.Reading{}, err
	}
	seed := a.Seed("re-attack")
	mails := slices.DeleteFunc(datasets.Mail(4*freshTargets, seed), func(m datasets.Message) bool { return !m.Phish })
	mails = mails[:min(freshTargets, len(mails))]
	through := 0
	for _, m := range mails {
		if err := ctx.Err(); err != nil {
			return lab.Reading{}, err
		}
		if slip(f, k, m.Text) >= 0 {
			through++
		}
	}
	return lab.Rate(through, len(mails), seed), nil
}
