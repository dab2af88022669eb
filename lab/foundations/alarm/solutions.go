package alarm

import (
	"context"

	"quintain/lab"
	"quintain/ml"
	"quintain/stats"
)

// solutions are the reference, and the ways in which people get it wrong.
var solutions = []lab.Solution{
	{Name: "sweep, then Bayes", Pass: true, Make: func(ctx context.Context, w *lab.Setup) error {
		c, err := measure(ctx, w, 0.015)
		if err != nil {
			return err
		}
		return c.write(w, c.precision(liveShare), c.alarms(liveShare)*perDay)
	}},
	{Name: "threshold left at 0.5 without a sweep", Fails: "a/fpr", Make: func(ctx context.Context, w *lab.Setup) error {
		c, err := at(ctx, w, 0.5)
		if err != nil {
			return err
		}
		return c.write(w, c.precision(liveShare), c.alarms(liveShare)*perDay)
	}},
	{Name: "a quiet queue", Fails: "a/recall", Make: func(ctx context.Context, w *lab.Setup) error {
		c, err := measure(ctx, w, 0.0015)
		if err != nil {
			return err
		}
		return c.write(w, c.precision(liveShare), c.alarms(liveShare)*perDay)
	}},
	{Name: "accuracy quoted instead of precision", Fails: "a/precision-forecast", Make: func(ctx context.Context, w *lab.Setup) error {
		c, err := measure(ctx, w, 0.015)
		if err != nil {
			return err
		}
		accuracy := labShare*c.recall + (1-labShare)*(1-c.fpr)
		return c.write(w, accuracy, c.alarms(liveShare)*perDay)
	}},
	{Name: "precision of the lab set", Fails: "a/precision-forecast", Make: func(ctx context.Context, w *lab.Setup) error {
		c, err := measure(ctx, w, 0.015)
		if err != nil {
			return err
		}
		return c.write(w, c.precision(labShare), c.alarms(liveShare)*perDay)
	}},
	{Name: "only the frauds counted as alerts", Fails: "a/alerts-per-day", Make: func(ctx context.Context, w *lab.Setup) error {
		c, err := measure(ctx, w, 0.015)
		if err != nil {
			return err
		}
		return c.write(w, c.precision(liveShare), c.recall*liveShare*perDay)
	}},
}

// A cut is a threshold, and what it does on the lab set.
type cut struct{ threshold, recall, fpr float64 }

func (c cut) alarms(share float64) float64 { return share*c.recall + (1-share)*c.fpr }

// precision is Bayes' rule.
func (c cut) precision(share float64) float64 { return share * c.recall / c.alarms(share) }

func (c cut) write(w *lab.Setup, precision, alerts float64) error {
	return w.Writef("answer.yaml", "threshold: %.6f\nprecision: %.4f\nalerts: %.0f\n", c.threshold, precision, alerts)
}

// curve is what a learner's sweep shows, made from the learner's files.
func curve(ctx context.Context, a *lab.Attempt) (*stats.ROC, error) {
	t, err := a.Table("lab.csv")
	if err != nil {
		return nil, err
	}
	m, err := a.Model("scorer.onnx")
	if err != nil {
		return nil, err
	}
	p, err := lab.Probabilities(ctx, m, ml.Batch{X: t.X, Dim: len(t.Features), Y: t.Y}, 1)
	if err != nil {
		return nil, err
	}
	var pos, neg []float64
	for i, v := range p {
		if t.Y[i] == 1 {
			pos = append(pos, v)
		} else {
			neg = append(neg, v)
		}
	}
	return stats.NewROC(pos, neg)
}

// measure returns the threshold that leaves a rate of false positives.
func measure(ctx context.Context, w *lab.Setup, fpr float64) (cut, error) {
	r, err := curve(ctx, w.Attempt)
	if err != nil {
		return cut{}, err
	}
	o, err := r.At(fpr)
	if err != nil {
		return cut{}, err
	}
	return at(ctx, w, o.Threshold)
}

// at returns what a threshold does.
func at(ctx context.Context, w *lab.Setup, threshold float64) (cut, error) {
	r, err := curve(ctx, w.Attempt)
	if err != nil {
		return cut{}, err
	}
	o := r.Reaching(threshold)
	return cut{threshold: threshold, recall: o.Rate(), fpr: float64(o.FP) / float64(o.Neg)}, nil
}
