// Package queryguard limits how many questions an account may ask, and how many
// that hardly differ.
package queryguard

import (
	"context"
	_ "embed"
	"fmt"
	"math/rand/v2"

	"quintain"
	"quintain/defend"
	"quintain/ml"
	"quintain/ml/watch"
)

//go:embed queryguard.md
var doc string

// Defense stops answering an account that has asked often enough, and questions
// that are too much like its earlier ones.
var Defense = &defend.Defense{
	Check: quintain.Check{
		Name:       "defend/queryguard",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0024.002", "ML05:2023"},
		Accepts:    []quintain.Kind{quintain.KindClassifier},
	},
	Paper:   "Tramer, Zhang, Juels, Reiter, Ristenpart: Stealing Machine Learning Models via Prediction APIs, USENIX Security 2016, arXiv:1609.02943",
	Against: []string{"attack/extraction"},
	Harden:  harden,
}

func harden(ctx context.Context, tr *defend.Trial) (*defend.Hardened, error) {
	net, err := tr.Fitted(ctx)
	if err != nil {
		return nil, err
	}
	s := tr.Settings
	span := make([]float32, len(tr.Low))
	for j, low := range tr.Low {
		span[j] = tr.High[j] - low
	}
	h := &defend.Hardened{
		Model: net, Allowed: s.Queries * s.Accounts,
		Gate: func() func([]float32) bool { return newDoors(s, span).admit },
		Says: fmt.Sprintf("the model as it was, which answers %d questions of each account, of which at most %d may lie within %v of the range of each feature of an earlier one; an attacker is taken to have %d accounts",
			s.Queries, s.Similar, s.Near, s.Accounts),
		Policy: (&defend.Policy{Defense: "queryguard", Queries: s.Queries, Similar: s.Similar, Near: s.Near}).Write(
			"How many rows one account may ask about, and how many of them that are near an earlier one.\nNear is in units of the range of each feature in the training rows."),
	}
	if net.Gradients() == nil {
		h.Seen = net
	}
	if !tr.Stale && tr.Rows.Dim > 0 {
		h.Evidence = append(h.Evidence, honest(s, span, tr.Rows, tr.Seed))
	}
	return h, nil
}

// honest says how many customers would be turned away for questions that are
// alike, if they asked about training rows.
func honest(s defend.Settings, span []float32, rows ml.Batch, seed uint64) quintain.Evidence {
	const customers = 40
	rng := rand.New(rand.NewPCG(seed, 21))
	closed := 0
	for range customers {
		one := s
		one.Accounts = 1
		d := newDoors(one, span)
		for _, i := range rng.Perm(rows.Rows())[:min(s.Queries, rows.Rows())] {
			if !d.admit(rows.Row(i)) {
				closed++
				break
			}
		}
	}
	m := defend.Share("honest accounts closed", closed, customers, seed)
	return quintain.Evidence{
		Summary: fmt.Sprintf("accounts that ask about up to %d rows like those of the training and are closed because some are alike", s.Queries), Measure: &m,
	}
}

// doors are the accounts of one attacker who knows how they are guarded, and
// asks every question with an account that still gets an answer.
type doors struct {
	limit    defend.Settings
	span     []float32
	accounts []*door
}

type door struct {
	similar watch.Similar
	asked   int
	alike   int
}

func newDoors(s defend.Settings, span []float32) *doors { return &doors{limit: s, span: span} }

// admit reports whether one of the accounts is answered about a row. Accounts
// are opened as they are needed.
func (d *doors) admit(row []float32) bool {
	for _, a := range d.accounts {
		if a.admit(d.limit, row) {
			return true
		}
	}
	if len(d.accounts) >= d.limit.Accounts {
		return false
	}
	a := &door{similar: watch.Similar{Near: d.limit.Near, Span: d.span}}
	d.accounts = append(d.accounts, a)
	return a.admit(d.limit, row)
}

func (a *door) admit(limit defend.Settings, row []float32) bool {
	if a.asked >= limit.Queries {
		return false
	}
	alike := a.similar.Like(row)
	if alike && a.alike >= limit.Similar {
		return false
	}
	a.asked++
	if alike {
		a.alike++
	}
	a.similar.See(watch.Request{Row: row})
	return true
}
