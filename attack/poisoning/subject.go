package poisoning

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
	target quintain.Target
	limits limits

	graph       *graph.Graph
	net         *graph.Net
	digest      quintain.Digest
	rows, test  ml.Batch
	low, high   []float32
	clean       []*graph.Net // trained on the rows as they are, one for each seed
	trouble     string       // why nothing can be decided, if so
	accuracy    float64      // of the model as it was handed in
	cleanHits   int          // of the clean models on the test rows, together
	epochs      int
	miniBatches int
	rate        float64
}

// limits are what the operator can say about a target.
type limits struct {
	budget    float64 // share of the rows that an attacker may change
	triggered float64 // share of the probes that may succeed
	target    int
	eps       float64 // most that a row may differ that nobody is to notice
}

// open reads the files of a classifier.
func (e *engine) open(ctx context.Context, t quintain.Target) (*subject, error) {
	s := &subject{target: t}
	if err := s.options(t.With); err != nil {
		return nil, err
	}
	raw, err := regular.Read(t.Ref, onnx.MaxSize)
	if err != nil {
		return nil, err
	}
	s.digest = quintain.DigestOf(raw)
	for _, key := range []string{"train", "data"} {
		if t.With[key] == "" {
			s.trouble = fmt.Sprintf("no rows to poison and to test with: the target has no %q", key)
			return s, nil
		}
	}
	rows, err := open(t.With["train"])
	if err == nil {
		s.rows = rows
		s.test, err = open(t.With["data"])
	}
	if errors.Is(err, data.ErrFormat) {
		s.trouble = err.Error()
		return s, nil
	}
	if err != nil {
		return nil, err
	}
	if err := s.load(ctx, raw); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		s.trouble = err.Error()
	}
	return s, nil
}

func open(name string) (ml.Batch, error) {
	t, err := data.Open(name)
	if err != nil {
		return ml.Batch{}, err
	}
	return t.Batch(), nil
}

func (s *subject) options(with map[string]string) error {
	var errs []error
	number := func(key string, def, least, most float64) float64 {
		text, ok := with[key]
		if !ok {
			return def
		}
		v, err := strconv.ParseFloat(text, 64)
		if err != nil || !(v >= least && v <= most) {
			errs = append(errs, fmt.Errorf("%s is %q, want a number from %v to %v", key, text, least, most))
		}
		return v
	}
	s.limits = limits{
		budget: number("poison", 0.01, 1e-6, 0.5), triggered: number("triggered", 0.5, 0, 1), target: int(number("class", 0, 0, 1<<16)),
		eps: number("eps", 16./255, 1e-6, 1),
	}
	s.epochs, s.miniBatches = int(number("epochs", 30, 1, 1e4)), int(number("batch", 32, 1, 1e5))
	s.rate = number("rate", 1e-3, 1e-9, 100)
	return errors.Join(errs...)
}

// load makes the model ready and sees that it goes with the rows.
func (s *subject) load(ctx context.Context, raw []byte) (err error) {
	if s.graph, err = onnx.Parse(raw); err != nil {
		return err
	}
	if s.net, err = graph.Compile(s.graph, graph.Options{}); err != nil {
		return err
	}
	spec := s.net.Spec()
	for _, b := range []ml.Batch{s.rows, s.test} {
		if err := b.Check(spec); err != nil {
			return fmt.Errorf("model and data do not go together: %w", err)
		}
	}
	if s.limits.target >= spec.Classes {
		return fmt.Errorf("class %d, but the model knows classes 0 to %d", s.limits.target, spec.Classes-1)
	}
	s.low, s.high = s.rows.Ranges()
	hits, err := train.Accuracy(ctx, s.net, s.test)
	if err != nil {
		return err
	}
	s.accuracy = float64(hits) / float64(s.test.Rows())
	return nil
}

// fit trains a graph like g with fresh weights on rows.
func (s *subject) fit(ctx context.Context, g *graph.Graph, rows ml.Batch, seed uint64) (*graph.Net, error) {
	fresh, err := train.Reinit(g, seed)
	if err != nil {
		return nil, err
	}
	fitted, err := train.Fit(ctx, fresh, rows, train.Options{Epochs: s.epochs, Batch: s.miniBatches, Rate: s.rate, Seed: seed})
	if err != nil {
		return nil, err
	}
	return graph.Compile(fitted, graph.Options{})
}

// component describes the model for the bill of materials.
func (s *subject) component() quintain.Component {
	return quintain.Component{
		Kind: quintain.KindClassifier, Name: filepath.Base(s.target.Ref), Digest: s.digest,
		Properties: map[string]string{"format": "onnx", "training rows": strconv.Itoa(len(s.rows.Y))},
	}
}
