package defend

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"

	"quintain"
	"quintain/internal/regular"
	"quintain/ml"
	"quintain/ml/data"
	"quintain/ml/graph"
	"quintain/ml/onnx"
	"quintain/ml/train"
)

// A subject is a target that has been opened.
type subject struct {
	target  quintain.Target
	digest  quintain.Digest
	trial   Trial
	net     *graph.Net
	test    ml.Batch
	low     []float32 // range of each feature in test
	high    []float32
	right   []bool // rows of test that the model classifies as they are labeled
	trouble string // why nothing can be decided, if so

	plain   *Victim            // the undefended model
	results map[string]*Result // of attackers on it, by name
}

// open reads the files of a target. What is wrong with their content goes to
// trouble.
func (e *engine) open(ctx context.Context, t quintain.Target) (*subject, error) {
	s := &subject{target: t, results: make(map[string]*Result)}
	var err error
	if s.trial.Settings, err = parseSettings(t.With); err != nil {
		return nil, err
	}
	s.trial.Seed, s.trial.memo = e.o.Seed, &memo{}
	for _, key := range []string{"train", "data"} {
		if t.With[key] == "" {
			return nil, fmt.Errorf("no rows to train or to test on: the target has no %q", key)
		}
	}
	raw, err := regular.Read(t.Ref, onnx.MaxSize)
	if err != nil {
		return nil, err
	}
	s.digest = quintain.DigestOf(raw)
	var tables [2]*data.Table
	for i, key := range []string{"train", "data"} {
		tables[i], err = data.Open(t.With[key])
		if errors.Is(err, data.ErrFormat) {
			s.trouble = err.Error()
			return s, nil
		}
		if err != nil {
			return nil, err
		}
	}
	s.trial.Rows, s.test = tables[0].Batch(), tables[1].Batch()
	s.trial.Test = s.test
	s.trial.Low, s.trial.High = tables[0].Ranges()
	s.low, s.high = tables[1].Ranges()
	if err := s.load(ctx, raw); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		s.trouble = err.Error()
	}
	return s, nil
}

// load makes the model ready and sees that it goes with the rows.
func (s *subject) load(ctx context.Context, raw []byte) (err error) {
	if s.trial.Graph, err = onnx.Parse(raw); err != nil {
		return err
	}
	if s.net, err = graph.Compile(s.trial.Graph, graph.Options{}); err != nil {
		return err
	}
	s.trial.Classes = s.net.Spec().Classes
	for _, b := range []ml.Batch{s.trial.Rows, s.test} {
		if err := b.Check(s.net.Spec()); err != nil {
			return fmt.Errorf("model and data do not go together: %w", err)
		}
	}
	s.right, err = correct(ctx, s.net, s.test)
	s.plain = s.victim(&Hardened{Graph: s.trial.Graph, Model: s.net, Seen: s.net})
	s.plain.Refit = s.refit
	if s.net.Gradients() != nil {
		s.plain.Seen = nil
	}
	return err
}

// victim describes a hardened model to attackers, all but how to train it.
func (s *subject) victim(h *Hardened) *Victim {
	return &Victim{
		Target: s.target, Graph: h.Graph, Plain: s.trial.Graph, Model: h.Model, Seen: h.Seen, Shape: s.net.Spec().Shape, Rows: s.trial.Rows, Test: s.test,
		Low: s.low, High: s.high, Answers: h.Answers, Allowed: h.Allowed, Gate: h.Gate, Settings: s.trial.Settings, Seed: s.trial.Seed,
	}
}

// refit trains the model without any defense.
func (s *subject) refit(ctx context.Context, rows ml.Batch, seed uint64) (ml.Oracle, error) {
	tr := s.trial
	tr.Seed = seed
	g, err := tr.Fit(ctx, rows, train.Options{})
	if err != nil {
		return nil, err
	}
	return graph.Compile(g, graph.Options{})
}

// component describes the model for the bill of materials.
func (s *subject) component() quintain.Component {
	return quintain.Component{
		Kind: quintain.KindClassifier, Name: filepath.Base(s.target.Ref), Digest: s.digest,
		Properties: map[string]string{"format": "onnx", "training rows": strconv.Itoa(len(s.trial.Rows.Y))},
	}
}

// correct says of every row of b whether m classifies it as it is labeled.
func correct(ctx context.Context, m ml.Oracle, b ml.Batch) ([]bool, error) {
	z, err := m.Predict(ctx, b)
	if err != nil {
		return nil, err
	}
	k := m.Spec().Classes
	out := make([]bool, b.Rows())
	for i := range out {
		out[i] = ml.Argmax(z[i*k:(i+1)*k]) == int(b.Y[i])
	}
	return out, nil
}
