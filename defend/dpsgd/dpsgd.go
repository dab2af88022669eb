// Package dpsgd is differentially private training.
package dpsgd

import (
	"context"
	_ "embed"
	"fmt"

	"quintain"
	"quintain/defend"
	"quintain/ml/dp"
	"quintain/ml/train"
)

//go:embed dpsgd.md
var doc string

// Defense trains the model with clipped gradients and noise, and accounts for
// what that proves.
var Defense = &defend.Defense{
	Check: quintain.Check{
		Name:       "defend/dpsgd",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0024.000", "AML.T0024", "ML04:2023"},
		Accepts:    []quintain.Kind{quintain.KindClassifier},
	},
	Paper:   "Abadi, Chu, Goodfellow, McMahan, Mironov, Talwar, Zhang: Deep Learning with Differential Privacy, CCS 2016, arXiv:1607.00133",
	Against: []string{"attack/privacy"},
	Harden:  harden,
}

func harden(ctx context.Context, tr *defend.Trial) (*defend.Hardened, error) {
	if err := tr.Followable(); err != nil {
		return nil, err
	}
	for _, n := range tr.Graph.Nodes {
		if n.Op == "BatchNormalization" {
			return nil, fmt.Errorf("%w: batch normalization keeps means of the rows, which no noise covers", defend.ErrUnfit)
		}
	}
	s, n := tr.Settings, tr.Rows.Rows()
	g, err := tr.Fit(ctx, tr.Rows, train.Options{Clip: s.Clip, Noise: s.Noise})
	if err != nil {
		return nil, err
	}
	var proof []quintain.Evidence
	if !tr.Stale { // shadow models need no account
		proof = append(proof, quintain.Evidence{Summary: account(s, n)})
	}
	return &defend.Hardened{
		Graph: g, Evidence: proof,
		Says: fmt.Sprintf("trained afresh for %d epochs, every row in a minibatch with probability %.4g, its gradient clipped to %v, with noise of %v times that",
			s.Epochs, mechanism(s, n).Rate, s.Clip, s.Noise),
	}, nil
}

// mechanism is what an accountant needs to know about training on n rows.
func mechanism(s defend.Settings, n int) dp.SGD {
	return dp.SGD{Rate: min(1, float64(s.Batch)/float64(n)), Noise: s.Noise, Steps: s.Epochs * ((n + s.Batch - 1) / s.Batch)}
}

// interval is that of the losses, as accountants customarily have it.
const interval = 1e-4

// account says what the training proves.
func account(s defend.Settings, n int) string {
	m := mechanism(s, n)
	if s.Noise == 0 {
		return "clipped without noise, which proves no privacy"
	}
	renyi, _ := m.RDP(s.Delta, dp.Orders())
	over := fmt.Sprintf("over %d steps with sampling rate %.4g and noise %v", m.Steps, m.Rate, s.Noise)
	pld, err := m.PLD(interval)
	if err == nil {
		return fmt.Sprintf("by the accountant, (%.4g, %v) differential privacy at most (privacy loss distributions; %.4g by Renyi), %s", pld.Epsilon(s.Delta), s.Delta, renyi, over)
	}
	return fmt.Sprintf("by the accountant, (%.4g, %v) differential privacy at most (Renyi; %v), %s", renyi, s.Delta, err, over)
}
