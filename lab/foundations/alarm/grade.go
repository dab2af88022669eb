package alarm

import (
	"context"

	"quintain/lab"
)

// tolerance is how far a forecast may be off, relative to the replay. Chance
// alone moves an honest forecast by about 4 %.
const tolerance = 0.15

// An answer is what answer.yaml holds.
type answer struct {
	Threshold float64 `yaml:"threshold" need:"true"`
	Precision float64 `yaml:"precision"`
	Alerts    float64 `yaml:"alerts"`
}

func read(a *lab.Attempt) (answer, error) {
	var got answer
	if err := a.YAML("answer.yaml", &got); err != nil {
		return got, err
	}
	if got.Threshold <= 0 || got.Threshold >= 1 {
		f := lab.Faultf("answer.yaml", "threshold is %v, want a number between 0 and 1", got.Threshold)
		f.Hint = "a payment raises an alarm if the scorer's probability of fraud is at least the threshold"
		return got, f
	}
	return got, nil
}

// heldOut are payments with as much fraud as the lab set.
func heldOut(ctx context.Context, a *lab.Attempt) (*scored, error) {
	return score(ctx, a, "held-out", 40_000, labShare)
}

// replay are payments with as much fraud as there is in production.
func replay(ctx context.Context, a *lab.Attempt) (*scored, error) {
	return score(ctx, a, "replay", 3*perDay, liveShare)
}

func recall(ctx context.Context, a *lab.Attempt) (lab.Reading, error) {
	got, err := read(a)
	if err != nil {
		return lab.Reading{}, err
	}
	s, err := heldOut(ctx, a)
	if err != nil {
		return lab.Reading{}, err
	}
	return lab.Rate(reach(s.fraud, got.Threshold), len(s.fraud), s.seed), nil
}

func falsePositives(ctx context.Context, a *lab.Attempt) (lab.Reading, error) {
	got, err := read(a)
	if err != nil {
		return lab.Reading{}, err
	}
	s, err := heldOut(ctx, a)
	if err != nil {
		return lab.Reading{}, err
	}
	return lab.Rate(reach(s.genuine, got.Threshold), len(s.genuine), s.seed), nil
}

// queue counts the alarms of the replay: all of them, and those that are fraud.
func queue(ctx context.Context, a *lab.Attempt) (got answer, all, fraud int, err error) {
	if got, err = read(a); err != nil {
		return got, 0, 0, err
	}
	s, err := replay(ctx, a)
	if err != nil {
		return got, 0, 0, err
	}
	fraud = reach(s.fraud, got.Threshold)
	return got, fraud + reach(s.genuine, got.Threshold), fraud, nil
}

func precision(ctx context.Context, a *lab.Attempt) (lab.Reading, error) {
	got, all, fraud, err := queue(ctx, a)
	if err != nil || all == 0 {
		return lab.Reading{}, err
	}
	return forecast(got.Precision, float64(fraud)/float64(all), "precision"), nil
}

func alerts(ctx context.Context, a *lab.Attempt) (lab.Reading, error) {
	got, all, _, err := queue(ctx, a)
	if err != nil {
		return lab.Reading{}, err
	}
	return forecast(got.Alerts, float64(all)/3, "alerts per 100 000 payments"), nil
}

// forecast compares a forecast with what came. It tells the direction and not
// the distance: who knew the factor would only have to divide.
func forecast(got, came float64, what string) lab.Reading {
	switch {
	case lab.Within(got, came, tolerance):
		return lab.Verdict(true, "your %s: close enough to the replay", what)
	case got > came:
		return lab.Verdict(false, "you forecast %.4g %s, and the replay has fewer", got, what)
	}
	return lab.Verdict(false, "you forecast %.4g %s, and the replay has more", got, what)
}
