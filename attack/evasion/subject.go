package evasion

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strconv"

	"quintain"
	"quintain/attack/evasion/rules"
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
	smooth      float64         // deviation of the noise of a smoothed model; 0 for none
	strict      bool            // the lower end of the interval must be as required
	digest      quintain.Digest // of the model file

	net    *graph.Net // nil if the model is remote
	remote Remote     // nil if the model is a file
	runner Runner     // nil if package graph runs the model
	plain  ml.Model   // what answers of the three
	close  func() error
	model  *meter // what is attacked: plain as the attacker wants it to fail

	wrong   []bool    // rows that a remote model misclassifies as they are; nil if not known yet
	sharers int       // attacks that share what a remote model may be asked
	grant   allowance // of a remote model, for the attack at hand
	from    int       // the class of the rows to attack; -1 for all
	to      int       // the class to turn them into; -1 for any other
	table   *data.Table
	batch   ml.Batch // the rows drawn
	rows    []int    // where they stand in the table
	ball    Ball
	scale   []float32 // the range of each feature
	still   int       // features that never change in the data

	own   ml.Batch // rows that the attacker has for themselves
	frame *Picture // what an attack may replace that is for squares

	rules   *rules.Set // what a row must keep to; nil if nothing
	free    bool       // attacks that do not keep to them are mounted all the same
	invalid int        // rows of the data that do not, and were left out

	proof certificate

	trouble string // why nothing can be decided, if so
	blind   error  // why there are no gradients to follow, if so
}

// open reads the files of a target, or dials it for so many attacks. What is wrong
// with the content of files goes to trouble.
func (e *engine) open(ctx context.Context, t quintain.Target, attacks int) (*subject, error) {
	s := &subject{target: t, sharers: attacks, close: func() error { return nil }}
	var err error
	if err = s.threat(t); err != nil {
		return nil, err
	}
	if t.With["data"] == "" {
		return nil, errors.New(`no data to attack on: the target has no "data"`)
	}
	var model []byte
	if !elsewhere(t) {
		if model, err = regular.Read(t.Ref, onnx.MaxSize); err != nil {
			return nil, err
		}
		s.digest = quintain.DigestOf(model)
	}
	s.table, err = data.Open(t.With["data"])
	if errors.Is(err, data.ErrFormat) {
		s.trouble = err.Error()
		return s, nil
	}
	if err != nil {
		return nil, err
	}
	if err = s.bounded(t.With["range"]); err != nil {
		return nil, err
	}
	if err = s.constrain(t.With["constraints"]); err != nil {
		return nil, err
	}
	if elsewhere(t) {
		if err = s.dial(ctx, e.o); err != nil {
			return nil, err
		}
		err = s.fit(e.o)
	} else {
		err = s.load(ctx, model, e.o)
	}
	if ctx.Err() != nil {
		return nil, errors.Join(ctx.Err(), s.close())
	}
	switch {
	case errors.Is(err, ml.ErrNoGradient):
		s.blind = err
	case err != nil:
		s.trouble = err.Error()
	}
	if s.trouble == "" && s.net != nil {
		return s, s.certify(ctx, e.o.Nodes)
	}
	return s, nil
}

// load makes the model ready and sees that its gradients are right.
func (s *subject) load(ctx context.Context, model []byte, o Options) error {
	g, err := onnx.Parse(model)
	if err != nil {
		return err
	}
	if s.net, err = graph.Compile(g, graph.Options{Workers: o.Jobs}); err != nil {
		return err
	}
	s.plain = s.net
	check := s.net.SelfCheck
	if o.Engine != nil {
		r, err := o.Engine(s.net)
		if err != nil {
			return err
		}
		s.plain, s.runner, check = r, r, r.SelfCheck
		s.close = func() error { r.Close(); return nil }
	}
	if err := s.fit(o); err != nil {
		return err
	}
	err = check(ctx, s.batch, s.scale, o.Seed)
	if why := notFinite(g); why != "" && errors.Is(err, ml.ErrSelfCheck) {
		return fmt.Errorf("%w; %s", err, why)
	}
	return err
}

// notFinite names weights that are no numbers or infinite, if there are any. A
// sound model may hold some, such as the bounds of a clip.
func notFinite(g *graph.Graph) string {
	for _, name := range slices.Sorted(maps.Keys(g.Const)) {
		for _, v := range g.Const[name].Float {
			if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
				return fmt.Sprintf("the weights %q hold %v", name, v)
			}
		}
	}
	return ""
}

// fit sees that the model goes with the data, and draws the rows to attack.
func (s *subject) fit(o Options) error {
	all := ml.Batch{X: s.table.X, Y: s.table.Y, Dim: len(s.table.Features)}
	spec := s.plain.Spec()
	if err := all.Check(spec); err != nil {
		return fmt.Errorf("model and data do not go together: %w", err)
	}
	if most := spec.Classes - 1; s.from > most || s.to > most {
		return fmt.Errorf("there is no class %d: the model knows classes 0 to %d", max(s.from, s.to), most)
	}
	s.watch(s.plain, o.Batch)
	return s.draw(o.Seed, s.rowsToDraw(o))
}

// rowsToDraw is how many rows to attack at most.
func (s *subject) rowsToDraw(o Options) int {
	most := cmp.Or(o.MaxSamples, defaultSamples)
	if s.remote == nil {
		return most
	}
	most = cmp.Or(o.MaxSamples, remoteSamples)
	if a := s.allow(o, s.sharers); a.most >= 0 {
		most = min(most, max(1, a.most/(1+cmp.Or(o.Queries, leastQueries))))
	}
	return most
}

// labels reports whether the model answers with labels and nothing else.
func (s *subject) labels() bool { return s.plain != nil && s.plain.Spec().Output == "label" }

// watch attacks m, as the goal of the attacker wants it, so many rows at a time.
func (s *subject) watch(m ml.Model, batch int) {
	if s.to >= 0 {
		m = Toward(m, s.to)
	}
	s.model = &meter{Model: m, most: batch}
}

// opaque reports whether there are no gradients to follow.
func (s *subject) opaque() bool { return s.blind != nil }

// draw chooses the rows to attack and works out how far they may move, or says
// why it cannot.
func (s *subject) draw(seed uint64, most int) error {
	for _, r := range rand.New(rand.NewPCG(seed, 0)).Perm(s.table.Rows()) {
		y := int(s.table.Y[r])
		if row := s.table.Row(r); s.rules != nil && s.rules.Valid(row, row) != nil {
			s.invalid++
			continue
		}
		if len(s.rows) < most && (s.from < 0 || y == s.from) && y != s.to {
			s.rows = append(s.rows, r)
		}
	}
	if len(s.rows) == 0 {
		return fmt.Errorf("no row of the data is of class %d, can be turned into class %d and keeps to the constraints (-1 is any class)", s.from, s.to)
	}
	slices.Sort(s.rows)
	all := ml.Batch{X: s.table.X, Y: s.table.Y, Dim: len(s.table.Features)}
	s.batch = all.Pick(s.rows)
	s.ball.Low, s.ball.High = s.table.Ranges()
	for i, low := range s.ball.Low {
		r := s.ball.High[i] - low
		s.scale = append(s.scale, r)
		s.ball.Radius = append(s.ball.Radius, float32(s.eps*float64(r)))
		if r == 0 {
			s.still++
		}
	}
	if s.still == len(s.scale) {
		return errors.New("no feature changes in the data, so there is no range to move within")
	}
	return nil
}

// goal returns b as the attacked model labels it.
func (s *subject) goal(b ml.Batch) ml.Batch {
	if s.to >= 0 {
		b.Y = make([]int32, b.Rows())
	}
	return b
}

// warnings are what is odd about the data and worth knowing beside figures.
func (s *subject) warnings() []quintain.Evidence {
	var out []quintain.Evidence
	if s.runner != nil {
		out = append(out, quintain.Evidence{Summary: s.runner.About()})
	}
	if s.still > 0 {
		out = append(out, quintain.Evidence{Summary: fmt.Sprintf("%d of %d features never change in the data, so no attack changes them", s.still, len(s.scale))})
	}
	if y := s.batch.Y; len(y) > 1 && s.from < 0 && !slices.ContainsFunc(y, func(v int32) bool { return v != y[0] }) {
		out = append(out, quintain.Evidence{Summary: fmt.Sprintf("all rows are of class %d, so the figures are about that class only", y[0])})
	}
	if ev, ok := s.mixed(); ok {
		out = append(out, ev)
	}
	return out
}

// component describes the model for the bill of materials.
func (s *subject) component() quintain.Component {
	c := quintain.Component{
		Kind: quintain.KindClassifier, Name: filepath.Base(s.target.Ref), Digest: s.digest,
		Properties: map[string]string{"format": "onnx"},
	}
	if s.plain != nil {
		spec := s.plain.Spec()
		if s.remote != nil {
			c.Properties["format"] = "endpoint"
		} else {
			c.Properties["parameters"] = strconv.Itoa(spec.Parameters)
		}
		c.Properties["classes"] = strconv.Itoa(spec.Classes)
		c.Properties["features"] = strconv.Itoa(spec.Dim())
		c.Properties["output"] = spec.Output
	}
	return c
}
