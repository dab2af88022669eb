package alarm

import (
	"bytes"
	"context"
	"fmt"
	"strconv"

	"quintain/lab"
	"quintain/ml"
	"quintain/ml/datasets"
	"quintain/ml/graph"
	"quintain/ml/onnx"
	"quintain/ml/train"
)

const (
	labShare  = 0.30  // of fraud in the lab set
	liveShare = 0.005 // of fraud in production
	perDay    = 100_000

	// weight is how much more a missed fraud counted in training. It is why
	// half is no good threshold, and why a score is no probability.
	weight = 20
)

// setup hands the scorer over, with the rows it is measured on.
func setup(ctx context.Context, w *lab.Setup) error {
	g, err := trained(ctx, w.Source)
	if err != nil {
		return err
	}
	b, err := onnx.Marshal(g)
	if err != nil {
		return err
	}
	if err := w.Write("scorer.onnx", b); err != nil {
		return err
	}
	// The lab set has genuine rows enough to resolve a rate of 2 % to within a
	// twentieth of itself.
	return w.Write("lab.csv", table(datasets.Fraud(40_000, labShare, w.Seed("lab"))))
}

// trained makes the scorer: a small network on 4 000 payments.
func trained(ctx context.Context, s *lab.Source) (*graph.Graph, error) {
	b := datasets.Fraud(4000, labShare, s.Seed("train"))
	return train.Fit(ctx, train.MLP([]int{b.Dim, 16, 2}, s.Seed("weights")), b, train.Options{
		Epochs: 8, Batch: 64, Rate: 0.01, Seed: s.Seed("order"), Loss: weighted,
	})
}

// weighted is the cross-entropy, and [weight] times that for fraud.
func weighted(_ int, z []float32, y int, dz []float32) float64 {
	loss := train.CrossEntropy(z, y, dz)
	if y == 0 {
		return loss
	}
	for k := range dz {
		dz[k] *= weight
	}
	return weight * loss
}

// table writes rows as CSV.
func table(b ml.Batch) []byte {
	var out bytes.Buffer
	for _, f := range datasets.AboutFraud().Features {
		out.WriteString(f.Name + ",")
	}
	out.WriteString("label\n")
	var cell []byte
	for i := range b.Rows() {
		for _, x := range b.Row(i) {
			cell = strconv.AppendFloat(cell[:0], float64(x), 'f', 4, 32)
			out.Write(append(cell, ','))
		}
		fmt.Fprintf(&out, "%d\n", b.Y[i])
	}
	return out.Bytes()
}

// scored is how a scorer rates rows, fraud and genuine ones apart.
type scored struct {
	fraud, genuine []float64
	seed           uint64
}

// score has the scorer of this attempt rate fresh payments. The scorer is made
// again from the seed: what lies in the learner's folder may have been changed.
func score(ctx context.Context, a *lab.Attempt, label string, rows int, share float64) (*scored, error) {
	net, err := lab.Once(a, "scorer", func() (*graph.Net, error) {
		g, err := trained(ctx, a.Source)
		if err != nil {
			return nil, err
		}
		return graph.Compile(g, graph.Options{})
	})
	if err != nil {
		return nil, err
	}
	return lab.Once(a, label, func() (*scored, error) {
		s := &scored{seed: a.Seed(label)}
		b := datasets.Fraud(rows, share, s.seed)
		p, err := lab.Probabilities(ctx, net, b, 1)
		if err != nil {
			return nil, err
		}
		for i, v := range p {
			if b.Y[i] == 1 {
				s.fraud = append(s.fraud, v)
			} else {
				s.genuine = append(s.genuine, v)
			}
		}
		return s, nil
	})
}

// reach returns how many scores are at or above a threshold.
func reach(scores []float64, threshold float64) int {
	n := 0
	for _, v := range scores {
		if v >= threshold {
			n++
		}
	}
	return n
}
