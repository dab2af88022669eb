package price

import (
	"context"
	"strings"

	"quintain/lab"
)

// private is the reference.
var private = recipe{Hidden: 4, Epochs: 20, Batch: 75, Rate: 0.01, Clip: 1, Noise: 1.5, Answers: confidences}

// with returns private with something changed.
func with(change func(*recipe)) recipe {
	r := private
	change(&r)
	return r
}

// solutions are the reference, and the ways in which people get it wrong.
var solutions = []lab.Solution{
	{Name: "a small net, clipping and noise", Pass: true, Make: hand(private, 1, nil)},
	{Name: "constant model", Fails: "a/utility", Make: hand(with(func(r *recipe) { r.Noise, r.Clip, r.Rate = 100, 1e-3, 1e-6 }), 1, nil)},
	{Name: "noise without measure", Fails: "a/utility", Make: hand(with(func(r *recipe) { r.Noise = 12 }), 1, nil)},
	{Name: "the sponsor's recipe", Fails: "a/auc", Make: hand(sponsor, 1, nil)},
	{Name: "round the confidences", Fails: "a/auc", Make: hand(rounding(rounded), 1, nil)},
	{Name: "labels only", Fails: "a/auc", Make: hand(rounding(labels), 1, nil)},
	{Name: "stop early and promise nothing", Fails: "a/epsilon", Make: hand(recipe{Hidden: 32, Epochs: 3, Batch: 32, Rate: 0.003, WeightDecay: 0.05, Answers: confidences}, 1, nil)},
	{Name: "epsilon of one step", Fails: "a/epsilon", Make: hand(private, 0.2, nil)},
	{Name: "epsilons of all steps added up", Fails: "a/epsilon", Make: hand(private, 8, nil)},
	{Name: "epsilon covers everything", Fails: "a/uncovered", Make: hand(private, 1, []string{})},
	{Name: "statements of another attempt", Fails: "a/uncovered", Make: func(ctx context.Context, w *lab.Setup) error {
		have := make(map[string]bool)
		for _, s := range statements(w.Source) {
			have[s.id] = true
		}
		var other []string
		for _, s := range bank {
			if !s.covered && !have[s.id] {
				other = append(other, s.id)
			}
		}
		return hand(private, 1, other)(ctx, w)
	}},
	{Name: "a hostile file", Fails: "a/utility", Make: func(_ context.Context, w *lab.Setup) error {
		return w.Writef(recipeFile, "hidden: 99999999\nepochs: -1\nbatch: &a [*a]\n")
	}},
}

func rounding(answers string) recipe {
	r := sponsor
	r.Answers = answers
	return r
}

// hand writes a recipe, and a page with a factor times its epsilon and with
// ids, those that are right if nil.
func hand(r recipe, factor float64, ids []string) func(context.Context, *lab.Setup) error {
	return func(_ context.Context, w *lab.Setup) error {
		if err := r.write(w); err != nil {
			return err
		}
		eps := 1.0
		if r.Noise > 0 {
			low, _, err := r.bounds()
			if err != nil {
				return err
			}
			eps = factor * low
		}
		list := ids
		if list == nil {
			list = open(w.Source)
		}
		return w.Writef(pageFile, "epsilon: %.4g\nuncovered: [%s]\n", eps, strings.Join(list, ", "))
	}
}

// open returns the ids of the statements of an attempt that no epsilon covers.
func open(s *lab.Source) []string {
	var out []string
	for _, st := range statements(s) {
		if !st.covered {
			out = append(out, st.id)
		}
	}
	return out
}
