package scorer

import (
	"context"
	"fmt"
	"math"

	"quintain/attack/extraction"
	"quintain/lab"
	"quintain/ml"
	"quintain/ml/graph"
	"quintain/stats"
)

// agreement measures copy.onnx on applicants nobody has seen.
func agreement(ctx context.Context, a *lab.Attempt) (lab.Reading, error) {
	b, err := open(ctx, a)
	if err != nil {
		return lab.Reading{}, err
	}
	net, err := handedIn(a, "copy.onnx")
	if err != nil {
		return lab.Reading{}, err
	}
	n, err := agree(ctx, net, b.net, b.applicants(judged, a.Rand("judged a")))
	if err != nil {
		return lab.Reading{}, err
	}
	r := lab.Rate(n, judged, a.Seed("judged a"))
	t, err := lab.Once(a, "thieves", func() (toll, error) { return b.thefts(ctx, a.Source) })
	r.Baseline = t.scores
	return r, err
}

// handedIn opens a copy.
func handedIn(a *lab.Attempt, name string) (*graph.Net, error) {
	net, err := a.Model(name)
	if err != nil {
		return nil, err
	}
	if s := net.Spec(); s.Dim() != features || s.Classes != 2 {
		return nil, lab.Faultf(name, "a model of %d features and %d classes, want %d and 2", s.Dim(), s.Classes, features)
	}
	return net, nil
}

// An answer is what answer.yaml holds.
type answer struct {
	Drop float64 `yaml:"drop" need:"true"`
}

const (
	tolerance = 0.04
	peers     = 3 // thieves who measure what can be had, and what it costs to hide confidences
)

// A toll is how far thieves get, on average, with mixed questions and a whole
// account: where they are told scores, and where they are told labels.
type toll struct{ scores, labels float64 }

// thefts sends peers of the learner, each with applicants of their own.
func (b *bureau) thefts(ctx context.Context, s *lab.Source) (toll, error) {
	var t toll
	fresh := b.applicants(judged, s.Rand("judged b"))
	for i := range peers {
		own := b.applicants(ownedRows, s.Rand(fmt.Sprintf("thief %d", i)))
		for _, told := range []struct {
			answers extraction.Answers
			sum     *float64
		}{{extraction.Scores, &t.scores}, {extraction.Labels, &t.labels}} {
			net, err := compile(steal(ctx, b.net, own, extraction.Mixed, told.answers, quota, s.Seed(fmt.Sprintf("student %d", i))))
			if err != nil {
				return toll{}, err
			}
			n, err := agree(ctx, net, b.net, fresh)
			if err != nil {
				return toll{}, err
			}
			*told.sum += float64(n) / judged / peers
		}
	}
	return t, nil
}

func delta(ctx context.Context, a *lab.Attempt) (lab.Reading, error) {
	var got answer
	if err := a.YAML("answer.yaml", &got); err != nil {
		return lab.Reading{}, err
	}
	b, err := open(ctx, a)
	if err != nil {
		return lab.Reading{}, err
	}
	t, err := lab.Once(a, "thieves", func() (toll, error) { return b.thefts(ctx, a.Source) })
	if err != nil {
		return lab.Reading{}, err
	}
	drop := t.scores - t.labels
	switch {
	case math.Abs(got.Drop-drop) <= tolerance:
		return lab.Verdict(true, "three thieves lose about what you predict"), nil
	case got.Drop > drop:
		return lab.Verdict(false, "you predict a loss of %.4g, and three thieves lose less", got.Drop), nil
	}
	return lab.Verdict(false, "you predict a loss of %.4g, and three thieves lose more", got.Drop), nil
}

// graded returns what the policy does to clients and thieves nobody has seen.
func graded(ctx context.Context, a *lab.Attempt) (*played, policy, error) {
	p, err := readPolicy(a, "policy.yaml")
	if err != nil {
		return nil, p, err
	}
	b, err := open(ctx, a)
	if err != nil {
		return nil, p, err
	}
	out, err := lab.Once(a, "played", func() (*played, error) { return b.play(ctx, a.Source, "graded", p, len(strategies)) })
	return out, p, err
}

func refused(ctx context.Context, a *lab.Attempt) (lab.Reading, error) {
	out, _, err := graded(ctx, a)
	if err != nil {
		return lab.Reading{}, err
	}
	return lab.Rate(out.refused, out.calls, a.Seed("graded clients")), nil
}

func changed(ctx context.Context, a *lab.Attempt) (lab.Reading, error) {
	out, _, err := graded(ctx, a)
	if err != nil {
		return lab.Reading{}, err
	}
	return lab.Rate(out.changed, out.people, a.Seed("graded judged")), nil
}

func best(ctx context.Context, a *lab.Attempt) (lab.Reading, error) {
	out, _, err := graded(ctx, a)
	if err != nil {
		return lab.Reading{}, err
	}
	t := out.best()
	r := lab.Rate(t.agrees, judged, a.Seed("graded judged"))
	b, err := open(ctx, a)
	if err != nil {
		return r, err
	}
	free, err := lab.Once(a, "told everything", func() (float64, error) { return b.openHouse(ctx, a.Source, "graded") })
	if err != nil {
		return r, err
	}
	r.Baseline = free
	r.Saw = fmt.Sprintf("the best of %d thieves got %d answers before the end", len(out.thieves), t.answered)
	return r, nil
}

// ring is how many accounts have banded together.
const ring = 3

// witnesses are the applicants whose decision may tell whose model it is.
const witnesses = 40_000

// innocents are models that the bureau trains without the scorer, and margin is
// what is added to the rate at which the worst of them sides with the mark.
const (
	innocents = 5
	margin    = 0.05
)

// testimony asks a model about the applicants of whom scorer and marked scorer
// say different things, and counts how often it says what the mark says.
func (b *bureau) testimony(ctx context.Context, api, m ml.Oracle, people ml.Batch) (hits, asked int, err error) {
	plain, err := says(ctx, b.net, people)
	if err != nil {
		return 0, 0, err
	}
	lean, err := says(ctx, api, people)
	if err != nil {
		return 0, 0, err
	}
	got, err := says(ctx, m, people)
	if err != nil {
		return 0, 0, err
	}
	for i, y := range got {
		if plain[i] != lean[i] {
			asked++
			if y == lean[i] {
				hits++
			}
		}
	}
	return hits, asked, nil
}

// owned holds the mark against a copy that a ring of accounts makes from three
// thousand answers, past all meters, and against a model that somebody made
// from outcomes of their own.
func owned(ctx context.Context, a *lab.Attempt) (lab.Reading, error) {
	_, p, err := graded(ctx, a)
	if err != nil {
		return lab.Reading{}, err
	}
	b, err := open(ctx, a)
	if err != nil {
		return lab.Reading{}, err
	}
	api := b.marked(p)
	stolen, err := b.copied(ctx, api, b.applicants(ring*quota, a.Rand("ring")), p.answers, a.Seed("ring"))
	if err != nil {
		return lab.Reading{}, err
	}
	people := b.applicants(witnesses, a.Rand("witnesses"))
	hits, asked, err := b.testimony(ctx, api, stolen, people)
	if err != nil {
		return lab.Reading{}, err
	}
	// The last of the innocent is the competitor; the others are the bureau's
	// own, and say how often a model that was not copied sides with the mark.
	rate, innocent := 0.0, 0
	for i := range innocents + 1 {
		label := fmt.Sprintf("innocent %d", i)
		other, err := b.independent(ctx, b.outcomes(3*quota, a.Rand(label)), a.Seed(label))
		if err != nil {
			return lab.Reading{}, err
		}
		if innocent, _, err = b.testimony(ctx, api, other, people); err != nil {
			return lab.Reading{}, err
		}
		if i < innocents && asked > 0 {
			rate = max(rate, min(float64(innocent)/float64(asked)+margin, 0.99))
		}
	}
	r := lab.Reading{Value: 1, Seed: a.Seed("witnesses"), Method: "exact", Saw: "no decision differs, so nothing is marked"}
	if asked == 0 {
		return r, nil
	}
	r.Value = stats.BinomialTail(hits, asked, rate)
	r.Saw = fmt.Sprintf("the stolen copy sides with the mark on %d of %d applicants, a model that was not copied on %d", hits, asked, innocent)
	if stats.BinomialTail(innocent, asked, rate) < 0.01 {
		r.Value = 1
		r.Saw += ": it would be accused too"
	}
	r.Trials, r.Low, r.High = asked, r.Value, r.Value // a probability that is computed, not estimated
	return r, nil
}
