// Package hardening tells less: labels, rounded scores, or scores with noise.
package hardening

import (
	"cmp"
	"context"
	_ "embed"
	"math"
	"strings"

	"quintain"
	"quintain/defend"
	"quintain/ml"
)

//go:embed hardening.md
var doc string

// Defense changes what the model answers and nothing else.
var Defense = &defend.Defense{
	Check: quintain.Check{
		Name:       "defend/hardening",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0024.002", "AML.T0024.000", "ML05:2023", "ML04:2023"},
		Accepts:    []quintain.Kind{quintain.KindClassifier},
	},
	Paper:   "Tramer, Zhang, Juels, Reiter, Ristenpart: Stealing Machine Learning Models via Prediction APIs, USENIX Security 2016, section 7, arXiv:1609.02943",
	Against: []string{"attack/extraction", "attack/privacy"},
	Harden:  harden,
}

func harden(ctx context.Context, tr *defend.Trial) (*defend.Hardened, error) {
	tell, form, err := parse(tr.Settings.Answers, tr.Seed)
	if err != nil {
		return nil, err
	}
	net, err := tr.Fitted(ctx)
	if err != nil {
		return nil, err
	}
	h := &defend.Hardened{
		Model: &answers{net, tell}, Answers: form,
		Says:   "the model as it was, which now tells " + describe(tr.Settings.Answers),
		Policy: (&defend.Policy{Defense: "hardening", Answers: or(tr.Settings.Answers)}).Write("What the service tells of each row."),
	}
	if net.Gradients() == nil {
		h.Seen = net
	}
	return h, nil
}

// A teller turns the probabilities p of a row into what is told of it.
type teller func(row []float32, p []float64)

// parse reads what is told, and says as what an attacker should read it.
func parse(text string, seed uint64) (t teller, form string, err error) {
	kind, v, err := defend.Telling(text)
	switch kind {
	case "labels":
		return labels, "labels", err
	case "top":
		return top, "top", err
	case "round":
		scale := math.Pow(10, v)
		return func(_ []float32, p []float64) {
			for i := range p {
				p[i] = math.Round(p[i]*scale) / scale
			}
		}, text, nil
	case "noise":
		return func(row []float32, p []float64) {
			rng := defend.RowRand(seed, row)
			for i := range p {
				p[i] = max(0, p[i]+v*rng.NormFloat64())
			}
		}, text, nil
	}
	return nil, "", err
}

func or(text string) string { return cmp.Or(text, "labels") }

func describe(text string) string {
	switch kind, number, _ := strings.Cut(or(text), ":"); kind {
	case "top":
		return "the likeliest class with its probability"
	case "round":
		return "probabilities of " + number + " decimals"
	case "noise":
		return "probabilities with noise of deviation " + number + ", the same whenever a row is asked about"
	}
	return "the likeliest class and nothing else"
}

func labels(_ []float32, p []float64) {
	best := likeliest(p)
	for i := range p {
		p[i] = 0
	}
	p[best] = 1
}

func top(_ []float32, p []float64) {
	best := likeliest(p)
	for i := range p {
		if i != best {
			p[i] = 0
		}
	}
}

func likeliest(p []float64) int {
	best := 0
	for i, v := range p {
		if v > p[best] {
			best = i
		}
	}
	return best
}

// answers is a model that tells less.
type answers struct {
	ml.Oracle

	tell teller
}

// nothing is the probability that stands for one that is not told: a logarithm
// has to be finite.
const nothing = 1e-9

// Predict implements [ml.Oracle]. Logits are logarithms of what is told.
func (a *answers) Predict(ctx context.Context, x ml.Batch) ([]float32, error) {
	z, err := a.Oracle.Predict(ctx, x)
	if err != nil {
		return nil, err
	}
	k := a.Spec().Classes
	p := make([]float64, k)
	for i := range x.Rows() {
		row := z[i*k : (i+1)*k]
		if ml.Argmax(row) < 0 {
			continue // no number, so there is nothing to tell
		}
		softmax(row, p)
		a.tell(x.Row(i), p)
		for c, v := range p {
			row[c] = float32(math.Log(max(v, nothing)))
		}
	}
	return z, nil
}

func softmax(z []float32, p []float64) {
	top, sum := math.Inf(-1), 0.0
	for _, v := range z {
		top = max(top, float64(v))
	}
	for i, v := range z {
		p[i] = math.Exp(float64(v) - top)
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
}
