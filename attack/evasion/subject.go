package evasion

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strconv"

	"quintain"
	"quintain/internal/regular"
	"quintain/ml"
	"quintain/ml/data"
	"quintain/ml/graph"
	"quintain/ml/onnx"
)

// A subject is a target that has been opened.
type subject struct {
	target      quintain.Target
	eps, robust float64
	digest      quintain.Digest // of the model file

	net   *graph.Net
	table *data.Table
	batch ml.Batch // the rows drawn
	rows  []int    // where they stand in the table
	ball  Ball
	scale []float32 // the range of each feature

	proof certificate

	trouble string // why nothing can be decided, if so
	blind   error  // why there are no gradients to follow, if so
}

// open reads the files of a target. What is wrong with their content goes to
// trouble.
func (e *engine) open(ctx context.Context, t quintain.Target) (*subject, error) {
	s := &subject{target: t}
	var err error
	if s.eps, err = share(t, "eps", 0.1); err != nil {
		return nil, err
	}
	if s.robust, err = share(t, "robust", 0.5); err != nil {
		return nil, err
	}
	if t.With["data"] == "" {
		return nil, errors.New(`no data to attack on: the target has no "data"`)
	}
	model, err := regular.Read(t.Ref, onnx.MaxSize)
	if err != nil {
		return nil, err
	}
	s.digest = quintain.DigestOf(model)
	s.table, err = readTable(t.With["data"])
	if errors.Is(err, data.ErrFormat) {
		s.trouble = err.Error()
		return s, nil
	}
	if err != nil {
		return nil, err
	}
	if err = s.load(model); err == nil {
		s.draw(e.o.Seed, e.o.MaxSamples)
		err = s.net.SelfCheck(ctx, s.batch, s.scale, e.o.Seed)
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	switch {
	case errors.Is(err, ml.ErrNoGradient):
		s.blind = err
	case err != nil:
		s.trouble = err.Error()
	}
	if s.trouble == "" {
		return s, s.certify(ctx)
	}
	return s, nil
}

// share returns an entry of With that is above 0 and at most 1.
func share(t quintain.Target, key string, def float64) (float64, error) {
	text, ok := t.With[key]
	if !ok {
		return def, nil
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || !(v > 0 && v <= 1) {
		return 0, fmt.Errorf("%s is %q, want a number above 0 and at most 1", key, text)
	}
	return v, nil
}

func readTable(name string) (*data.Table, error) {
	f, err := regular.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // only read
	t, err := data.Read(f)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return t, nil
}

// load makes the model ready and sees that it goes with the data.
func (s *subject) load(model []byte) error {
	g, err := onnx.Parse(model)
	if err != nil {
		return err
	}
	if s.net, err = graph.Compile(g, graph.Options{}); err != nil {
		return err
	}
	all := ml.Batch{X: s.table.X, Y: s.table.Y, Dim: len(s.table.Features)}
	if err := all.Check(s.net.Spec()); err != nil {
		return fmt.Errorf("model and data do not go together: %w", err)
	}
	return nil
}

// draw chooses the rows to attack and works out how far they may move.
func (s *subject) draw(seed uint64, most int) {
	if most <= 0 {
		most = defaultSamples
	}
	rng := rand.New(rand.NewPCG(seed, 0))
	s.rows = rng.Perm(s.table.Rows())[:min(most, s.table.Rows())]
	slices.Sort(s.rows)
	all := ml.Batch{X: s.table.X, Y: s.table.Y, Dim: len(s.table.Features)}
	s.batch = all.Pick(s.rows)
	s.ball.Low, s.ball.High = s.table.Ranges()
	for i, low := range s.ball.Low {
		r := s.ball.High[i] - low
		s.scale = append(s.scale, r)
		s.ball.Radius = append(s.ball.Radius, float32(s.eps*float64(r)))
	}
}

// component describes the model for the bill of materials.
func (s *subject) component() quintain.Component {
	c := quintain.Component{
		Kind: quintain.KindClassifier, Name: filepath.Base(s.target.Ref), Digest: s.digest,
		Properties: map[string]string{"format": "onnx"},
	}
	if s.net != nil {
		spec := s.net.Spec()
		c.Properties["parameters"] = strconv.Itoa(spec.Parameters)
		c.Properties["classes"] = strconv.Itoa(spec.Classes)
		c.Properties["features"] = strconv.Itoa(spec.Dim())
		c.Properties["output"] = spec.Output
	}
	return c
}
