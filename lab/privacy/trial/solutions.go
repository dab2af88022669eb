package trial

import (
	"bytes"
	"context"
	"fmt"

	"quintain/attack/privacy/rank"
	"quintain/lab"
	"quintain/lab/privacy/internal/clinic"
	"quintain/ml"
)

// solutions are the reference, and the ways in which people get it wrong.
var solutions = []lab.Solution{
	{Name: "likelihood ratio with shadow models", Pass: true, Make: with(rank.Options{Method: rank.LiRA, Shadows: 12, Online: true})},
	{Name: "shadow models of others only", Pass: true, Make: with(rank.Options{Method: rank.LiRA, Shadows: 12})},
	{Name: "loss threshold alone", Fails: "a/tpr", Make: with(rank.Options{Method: rank.Loss})},
	{Name: "the loss and not its opposite", Fails: "a/auc", Make: func(ctx context.Context, w *lab.Setup) error {
		return each(ctx, w, rank.Options{Method: rank.Loss}, func(s []float64) []float64 {
			for i := range s {
				s[i] = -s[i]
			}
			return s
		})
	}},
	{Name: "one score for all", Fails: "a/auc", Make: func(ctx context.Context, w *lab.Setup) error {
		return each(ctx, w, rank.Options{Method: rank.Loss}, func(s []float64) []float64 { return make([]float64, len(s)) })
	}},
	{Name: "who the models of another attempt knew", Fails: "a/auc", Make: func(_ context.Context, w *lab.Setup) error {
		s := make([]float64, 2*clinic.Members)
		for k := 1; k <= redraws; k++ {
			for i, in := range clinic.New(w.Seed(fmt.Sprintf("another %d", k)), 0).In {
				s[i] = 0
				if in {
					s[i] = 1
				}
			}
			if err := write(w, k, s); err != nil {
				return err
			}
		}
		return nil
	}},
	{Name: "a hostile file", Fails: "a/auc", Make: func(_ context.Context, w *lab.Setup) error {
		for k := 1; k <= redraws; k++ {
			if err := w.Writef(scores(k), "row,score\n1,1e999\n-5,NaN\n"); err != nil {
				return err
			}
		}
		return nil
	}},
}

// with returns what a learner does who attacks all trials the same way.
func with(o rank.Options) func(context.Context, *lab.Setup) error {
	return func(ctx context.Context, w *lab.Setup) error {
		return each(ctx, w, o, func(s []float64) []float64 { return s })
	}
}

// each attacks every trial from the learner's files.
func each(ctx context.Context, w *lab.Setup, o rank.Options, then func([]float64) []float64) error {
	for k := 1; k <= redraws; k++ {
		net, err := w.Model(fmt.Sprintf("trial-%d/model.onnx", k))
		if err != nil {
			return err
		}
		var rows [2]ml.Batch
		for i, name := range []string{"people.csv", "others.csv"} {
			t, err := w.Table(fmt.Sprintf("trial-%d/%s", k, name))
			if err != nil {
				return err
			}
			rows[i] = t.Batch()
		}
		o.Fit, o.Seed = rank.Like(net.Graph(), clinic.Sponsor.Options(0)), 1
		s, err := rank.Members(ctx, net, rows[0], rows[1], o)
		if err != nil {
			return err
		}
		if err := write(w, k, then(s)); err != nil {
			return err
		}
	}
	return nil
}

// write hands scores in.
func write(w *lab.Setup, k int, s []float64) error {
	var b bytes.Buffer
	if err := rank.Write(&b, s); err != nil {
		return err
	}
	return w.Write(scores(k), b.Bytes())
}
