package poisoning

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"quintain"
	"quintain/ml"
	"quintain/ml/graph"
	"quintain/ml/train"
)

// A Suspect is a trained model that may have a backdoor.
type Suspect struct {
	Graph     *graph.Graph
	Model     *graph.Net
	Rows      ml.Batch  // that it was trained on, poison among them if there is any
	Test      ml.Batch  // that nobody has poisoned
	Low, High []float32 // the range of each feature in Rows
	Seed      uint64
}

// A Suspicion is what was found in a suspect.
type Suspicion struct {
	Classes  []int // that seem to have a backdoor, sorted
	Says     string
	Evidence []quintain.Evidence

	// Doubt says, if not empty, why nothing follows from it.
	Doubt string
}

const (
	sleeperCells = 4    // features that the planted backdoor sets
	sleeperShare = 0.05 // of the rows that it is planted in
)

// inspect looks for a backdoor in the model as it was handed in. The control is
// a plain network that is trained on the same rows with a backdoor planted.
func (e *engine) inspect(ctx context.Context, s *subject, a *Attack) (quintain.Finding, error) {
	f := quintain.Finding{Check: a.Name, Target: s.target, Techniques: a.Techniques}
	seed := a.Seed(e.o.Seed)
	found, err := a.Inspect(ctx, &Suspect{Graph: s.graph, Model: s.net, Rows: s.rows, Test: s.test, Low: s.low, High: s.high, Seed: seed})
	if errors.Is(err, ErrUnfit) {
		f.Outcome, f.Summary = quintain.NotApplicable, err.Error()
		return f, nil
	}
	if err != nil {
		return f, err
	}
	if len(found.Evidence) > 0 {
		found.Evidence[0].Repro = s.repro(a, e.o.Seed)
	}
	f.Evidence = found.Evidence
	switch {
	case found.Doubt != "":
		f.Summary = found.Doubt
		return f, nil
	case len(found.Classes) > 0:
		f.Outcome, f.Severity, f.Summary = quintain.Fail, quintain.High, found.Says
	default:
		f.Outcome, f.Summary = quintain.Pass, found.Says
	}
	var doubt string
	if f.Control, doubt, err = e.sleeper(ctx, s, a, seed); err != nil {
		return f, err
	}
	if doubt != "" {
		f.Evidence = append(f.Evidence, quintain.Evidence{Summary: doubt})
	}
	return f, nil
}

// sleeper trains a plain network with a backdoor and has it inspected.
func (e *engine) sleeper(ctx context.Context, s *subject, a *Attack, seed uint64) (*quintain.Control, string, error) {
	tr := &Trial{
		Rows: s.rows, Test: s.test, Low: s.low, High: s.high, Classes: s.net.Spec().Classes,
		Budget: max(leastRows, int(sleeperShare*float64(s.rows.Rows()))), Seed: seed,
	}
	rng := tr.Rand(2)
	tr.Target = s.rows.Y[rng.IntN(s.rows.Rows())]
	var vary []int
	for _, j := range rng.Perm(s.rows.Dim) {
		if s.low[j] < s.high[j] && len(vary) < sleeperCells {
			vary = append(vary, j)
		}
	}
	p := tr.Backdoor(func(x []float32) {
		for _, j := range vary {
			x[j] = s.high[j]
		}
	}, "")
	net, err := s.fit(ctx, train.MLP([]int{s.rows.Dim, 64, tr.Classes}, seed), p.Rows, seed)
	if err != nil {
		return nil, "", fmt.Errorf("train a plain network with a backdoor: %w", err)
	}
	found, err := a.Inspect(ctx, &Suspect{Graph: net.Graph(), Model: net, Rows: p.Rows, Test: s.test, Low: s.low, High: s.high, Seed: seed})
	if err != nil {
		return nil, "", fmt.Errorf("inspect a plain network with a backdoor: %w", err)
	}
	if !slices.Contains(found.Classes, int(tr.Target)) {
		return nil, fmt.Sprintf("no positive control: a plain network whose class %d was given a backdoor does not look like it", tr.Target), nil
	}
	return &quintain.Control{
		Target: quintain.Target{
			Kind: quintain.KindClassifier, Ref: "plain network with a planted backdoor",
			Digest: quintain.DigestOf(fmt.Appendf(nil, "%v %d %v", net.Spec(), seed, vary)),
		},
		Outcome: quintain.Fail,
		Summary: fmt.Sprintf("class %d of a plain network, trained on %d rows of which %d carry a trigger of %d features, is found", tr.Target, p.Rows.Rows(), len(p.Changed), len(vary)),
	}, "", nil
}

// repro returns the command line that runs the check again.
func (s *subject) repro(a *Attack, seed uint64) []string {
	cmd := []string{"quintain", "attack", s.target.Ref, "--check", a.Name, "--seed", strconv.FormatUint(seed, 10)}
	for _, k := range []struct{ key, flag string }{
		{"train", "--train"},
		{"data", "--data"},
		{"poison", "--poison"},
		{"triggered", "--triggered"},
		{"class", "--class"},
		{"eps", "--eps"},
		{"epochs", "--epochs"},
		{"batch", "--train-batch"},
		{"rate", "--train-rate"},
	} {
		if text, ok := s.target.With[k.key]; ok {
			cmd = append(cmd, k.flag, text)
		}
	}
	return cmd
}
