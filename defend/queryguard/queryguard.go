// Package queryguard limits how many questions an account may ask.
package queryguard

import (
	"context"
	_ "embed"
	"fmt"

	"quintain"
	"quintain/defend"
)

//go:embed queryguard.md
var doc string

// Defense stops answering an account that has asked often enough.
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
	h := &defend.Hardened{
		Model: net, Allowed: s.Queries * s.Accounts,
		Says:   fmt.Sprintf("the model as it was, which answers %d questions of each account; an attacker is taken to have %d accounts", s.Queries, s.Accounts),
		Policy: fmt.Appendf(nil, "# How many rows one account may ask about.\ndefense: queryguard\nqueries: %d\n", s.Queries),
	}
	if net.Gradients() == nil {
		h.Seen = net
	}
	return h, nil
}
