// Package transfer makes inputs for models of the attacker's own and hands them
// to the one that is attacked.
package transfer

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"math"

	"quintain"
	"quintain/attack/evasion"
	"quintain/ml"
	"quintain/stats"
)

//go:embed transfer.md
var doc string

// Attack climbs the loss of several surrogates together, with momentum, and
// asks the model about nothing but what comes out.
var Attack = &evasion.Attack{
	Check: quintain.Check{
		Name:       "attack/evasion/transfer",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0043.002", "AML.T0015", "ML01:2023"},
		Accepts:    []quintain.Kind{quintain.KindClassifier},
	},
	Paper: "Dong et al.: Boosting Adversarial Attacks with Momentum, CVPR 2018, arXiv:1710.06081, algorithm 2, which adds the logits of several models; " +
		"Liu, Chen, Liu, Song: Delving into Transferable Adversarial Examples and Black-box Attacks, ICLR 2017, arXiv:1611.02770, section 5",
	BlackBox: true, Halves: true, Whole: true,
	Steps:   defaultSteps,
	Queries: 1,
	Share:   0.5,
	Run:     run,
}

const (
	defaultSteps = 20
	decay        = 1.0 // of the momentum
	reach        = 2.0 // radii that all steps together go
)

func run(ctx context.Context, tr *evasion.Trial) (evasion.Result, error) {
	made, err := surrogates(ctx, tr)
	if err != nil {
		return evasion.Result{}, err
	}
	adv, err := climb(ctx, made.models, tr)
	if err != nil {
		return evasion.Result{}, err
	}
	says, err := made.evidence(ctx, tr, adv)
	if err != nil {
		return evasion.Result{}, err
	}
	res := evasion.Result{Adv: adv, Says: says, Queries: make([]int, adv.Rows())}
	for i := range res.Queries {
		res.Queries[i] = 1 // whether the row falls is the only question
	}
	return res, nil
}

// climb moves every row up the loss of the models' mean logits. The gradient of
// each step is brought to length 1 and added to those before it, so that the
// way does not turn with every bend of one model.
func climb(ctx context.Context, models []ml.Model, tr *evasion.Trial) (ml.Batch, error) {
	steps := cmp.Or(tr.Budget.Steps, defaultSteps)
	adv := tr.Batch.Clone()
	pace := make([]float32, len(adv.X))
	for range steps {
		grad, err := gradient(ctx, models, adv)
		if err != nil {
			return adv, err
		}
		for i := range adv.Rows() {
			g, p := grad[i*adv.Dim:(i+1)*adv.Dim], pace[i*adv.Dim:(i+1)*adv.Dim]
			var size float64
			for k, v := range g {
				size += math.Abs(float64(v)) * float64(tr.Ball.Radius[k])
			}
			if !(size > 0) || math.IsInf(size, 0) {
				size = math.Inf(1)
			}
			for k, v := range g {
				p[k] = decay*p[k] + float32(float64(v)/size)
			}
			tr.Ball.Step(adv.Row(i), p, tr.Batch.Row(i), reach/float32(steps))
		}
	}
	return adv, nil
}

// gradient is that of the loss at the mean of the models' logits.
func gradient(ctx context.Context, models []ml.Model, x ml.Batch) ([]float32, error) {
	z, err := mean(ctx, models, x)
	if err != nil {
		return nil, err
	}
	k := len(z) / max(1, x.Rows())
	sum, dx := make([]float32, len(x.X)), make([]float32, len(x.X))
	for _, m := range models {
		err := m.VJP(ctx, x, func(row int, _, dz []float32) {
			ml.CrossEntropy(z[row*k:(row+1)*k], int(x.Y[row]), dz)
		}, dx)
		if err != nil {
			return nil, err
		}
		for i, v := range dx {
			sum[i] += v
		}
	}
	return sum, nil
}

// mean returns the mean of the models' logits.
func mean(ctx context.Context, models []ml.Model, x ml.Batch) ([]float32, error) {
	var sum []float32
	for _, m := range models {
		z, err := m.Predict(ctx, x)
		if err != nil {
			return nil, err
		}
		if sum == nil {
			sum = make([]float32, len(z))
		}
		for i, v := range z {
			sum[i] += v / float32(len(models))
		}
	}
	return sum, nil
}

// evidence says what the surrogates are and how far the rows got with them.
func (s *set) evidence(ctx context.Context, tr *evasion.Trial, adv ml.Batch) ([]quintain.Evidence, error) {
	n, k := adv.Rows(), s.models[0].Spec().Classes
	right, fell := 0, 0
	for _, part := range []struct {
		x     ml.Batch
		count *int
		want  bool
	}{{tr.Batch, &right, true}, {adv, &fell, false}} {
		z, err := mean(ctx, s.models, part.x)
		if err != nil {
			return nil, err
		}
		for i := range n {
			if (ml.Argmax(z[i*k:(i+1)*k]) == int(tr.Batch.Y[i])) == part.want {
				*part.count++
			}
		}
	}
	says := fmt.Sprintf("%s, trained on %d rows that are not attacked and without a question to the model, classify %d of %d rows as it does; "+
		"it was asked once about each row that came out", s.about, tr.Own.Rows(), right, n)
	if n == 0 {
		return []quintain.Evidence{{Summary: says}}, nil
	}
	m := stats.Proportion("attack success rate on the surrogates", fell, n, tr.Seed)
	return []quintain.Evidence{{Summary: says + ". Rows turned on the surrogates, of which not all turn the model", Measure: &m}}, nil
}
