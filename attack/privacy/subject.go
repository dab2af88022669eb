package privacy

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"quintain"
	"quintain/attack/privacy/score"
	"quintain/internal/regular"
	"quintain/ml"
	"quintain/ml/data"
	"quintain/ml/graph"
	"quintain/ml/onnx"
	"quintain/ml/train"
)

// minRows is the fewest members, and others, that a verdict can be built on.
const minRows = 20

// A subject is a target that has been opened. Members and others stand in one
// pool, shuffled, so that no attack can go by the order.
type subject struct {
	target        quintain.Target
	auc, tpr, fpr float64
	digest        quintain.Digest

	net      *graph.Net // nil if there are only answers
	features []string
	classes  int

	pool   ml.Batch // without features if there are only answers
	labels []int32
	in     []bool
	row    []int    // in its file, from 1
	spare  ml.Batch // members that are not tested, for shadow models to be trained on
	odds   []float64
	right  []bool

	shadows *shadows // made when first asked for
	twin    *copyist // likewise
	trouble string   // why nothing can be decided, if so
}

// open reads the files of a target. What is wrong with their content goes to
// trouble.
func (e *engine) open(ctx context.Context, t quintain.Target) (*subject, error) {
	s := &subject{target: t}
	for _, l := range []struct {
		to  *float64
		key string
		def float64
	}{{&s.auc, "auc", 0.6}, {&s.tpr, "tpr", 0.05}, {&s.fpr, "fpr", 0.01}} {
		var err error
		if *l.to, err = number(t, l.key, l.def); err != nil {
			return nil, err
		}
	}
	var err error
	if strings.EqualFold(filepath.Ext(t.Ref), ".csv") {
		err = s.answers(t.Ref, e.o)
	} else {
		err = s.model(ctx, t, e.o)
	}
	switch {
	case errors.Is(err, data.ErrFormat), errors.Is(err, errContent):
		s.trouble = err.Error()
	case err != nil:
		return nil, err
	}
	if n := count(s.in); s.trouble == "" && min(n, len(s.in)-n) < minRows {
		s.trouble = fmt.Sprintf("%d members and %d others; a verdict needs %d of each", n, len(s.in)-n, minRows)
	}
	return s, nil
}

var errContent = errors.New("the target cannot be attacked")

// number returns an entry of With that is above 0 and below 1.
func number(t quintain.Target, key string, def float64) (float64, error) {
	text, ok := t.With[key]
	if !ok {
		return def, nil
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || !(v > 0 && v < 1) {
		return 0, fmt.Errorf("%s is %q, want a number above 0 and below 1", key, text)
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

// model opens an ONNX file with the rows it was trained on and others.
func (s *subject) model(ctx context.Context, t quintain.Target, o Options) error {
	if t.With["train"] == "" {
		return fmt.Errorf(`%w: no rows that the model was trained on are given as "train"`, errContent)
	}
	if t.With["data"] == "" {
		return fmt.Errorf(`%w: no rows that the model was not trained on are given as "data"`, errContent)
	}
	raw, err := regular.Read(t.Ref, onnx.MaxSize)
	if err != nil {
		return err
	}
	s.digest = quintain.DigestOf(raw)
	members, err := readTable(t.With["train"])
	if err != nil {
		return err
	}
	others, err := readTable(t.With["data"])
	if err != nil {
		return err
	}
	g, err := onnx.Parse(raw)
	if err == nil {
		s.net, err = graph.Compile(g, graph.Options{})
	}
	if err != nil {
		return fmt.Errorf("%w: %w", errContent, err)
	}
	s.features, s.classes = members.Features, s.net.Spec().Classes
	if !slices.Equal(members.Features, others.Features) {
		return fmt.Errorf("%w: the columns of %s and %s differ", errContent, t.With["train"], t.With["data"])
	}
	s.gather(members, others, o)
	if err := s.pool.Check(s.net.Spec()); err != nil {
		return fmt.Errorf("%w: model and data do not go together: %w", errContent, err)
	}
	s.odds, s.right, err = ask(ctx, s.net, s.pool)
	return err
}

// gather draws members and others and shuffles them.
func (s *subject) gather(members, others *data.Table, o Options) {
	rng := rand.New(rand.NewPCG(o.Seed, 0))
	type place struct {
		t *data.Table
		i int
	}
	var all []place
	for _, t := range []*data.Table{members, others} {
		order := rng.Perm(t.Rows())
		n := min(o.MaxSamples, t.Rows())
		for _, i := range order[:n] {
			all = append(all, place{t, i})
		}
		if t == members {
			b := ml.Batch{X: t.X, Y: t.Y, Dim: len(t.Features)}
			s.spare = b.Pick(order[n:])
		}
	}
	rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	s.pool.Dim = len(members.Features)
	for _, p := range all {
		s.pool.X = append(s.pool.X, p.t.Row(p.i)...)
		s.pool.Y = append(s.pool.Y, p.t.Y[p.i])
		s.in = append(s.in, p.t == members)
		s.row = append(s.row, p.i+1)
	}
	s.labels = s.pool.Y
}

// ask returns the log odds of the true label of each row, and whether it is the
// answer.
func ask(ctx context.Context, m ml.Oracle, b ml.Batch) (odds []float64, right []bool, err error) {
	z, err := m.Predict(ctx, b)
	if err != nil {
		return nil, nil, err
	}
	k := m.Spec().Classes
	odds, right = make([]float64, b.Rows()), make([]bool, b.Rows())
	for i := range odds {
		zi := z[i*k : (i+1)*k]
		if odds[i] = score.Odds(zi, int(b.Y[i])); math.IsNaN(odds[i]) {
			return nil, nil, fmt.Errorf("%w: what it says of a row is not a number", errContent)
		}
		right[i] = ml.Argmax(zi) == int(b.Y[i])
	}
	return odds, right, nil
}

// answers opens a file of what a model said.
func (s *subject) answers(name string, o Options) error {
	raw, err := regular.Read(name, data.MaxBytes)
	if err != nil {
		return err
	}
	s.digest = quintain.DigestOf(raw)
	t, err := data.Read(strings.NewReader(string(raw)))
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	member := slices.IndexFunc(t.Features, func(f string) bool { return strings.EqualFold(f, "member") })
	if member < 0 {
		return fmt.Errorf("%w: %s has no column \"member\"", errContent, name)
	}
	s.classes = len(t.Features) - 1
	if s.classes < 2 {
		return fmt.Errorf("%w: %s has answers for %d classes", errContent, name, s.classes)
	}
	shares := true
	rows := make([][]float32, t.Rows())
	for i := range rows {
		rows[i] = slices.Delete(slices.Clone(t.Row(i)), member, member+1)
		var sum float64
		for _, v := range rows[i] {
			sum += float64(v)
			shares = shares && v >= 0
		}
		shares = shares && math.Abs(sum-1) < 0.02 // rounding to two decimals is common
		if m := t.Row(i)[member]; m != 0 && m != 1 || int(t.Y[i]) >= s.classes {
			return fmt.Errorf("%w: row %d is of class %d and member %v", errContent, i+1, t.Y[i], m)
		}
	}
	rng := rand.New(rand.NewPCG(o.Seed, 0))
	for _, i := range rng.Perm(len(rows)) {
		y := int(t.Y[i])
		s.labels = append(s.labels, t.Y[i])
		s.in = append(s.in, t.Row(i)[member] == 1)
		s.row = append(s.row, i+1)
		s.right = append(s.right, ml.Argmax(rows[i]) == y)
		if shares {
			s.odds = append(s.odds, oddsOf(rows[i], y))
		} else {
			s.odds = append(s.odds, score.Odds(rows[i], y))
		}
	}
	return nil
}

// oddsOf returns the log odds of class y under probabilities, which may have
// been rounded to 0 or 1.
func oddsOf(p []float32, y int) float64 {
	const least = 1e-8
	var rest float64
	for j, v := range p {
		if j != y {
			rest += float64(v)
		}
	}
	return math.Log(max(float64(p[y]), least)) - math.Log(max(rest, least))
}

// component describes the model for the bill of materials.
func (s *subject) component() quintain.Component {
	c := quintain.Component{Kind: quintain.KindClassifier, Name: filepath.Base(s.target.Ref), Digest: s.digest, Properties: map[string]string{}}
	if s.net != nil {
		c.Properties["format"] = "onnx"
		c.Properties["parameters"] = strconv.Itoa(s.net.Spec().Parameters)
		c.Properties["classes"] = strconv.Itoa(s.classes)
	}
	return c
}

// fitter returns a function that trains the target's architecture from scratch,
// or nil and why not.
func (s *subject) fitter(o Options) (fit, error) {
	if s.net == nil {
		return nil, errors.New("there are only answers, and no model to train anew")
	}
	fresh := s.net.Graph()
	if _, err := train.Reinit(fresh, 0); err != nil {
		return nil, err
	}
	return func(ctx context.Context, b ml.Batch, seed uint64) (*graph.Net, error) {
		g, err := train.Reinit(fresh, seed)
		if err != nil {
			return nil, err
		}
		t := o.Train
		t.Seed, t.Workers, t.Progress = seed, 1, nil
		if g, err = train.Fit(ctx, g, b, t); err != nil {
			return nil, err
		}
		return graph.Compile(g, graph.Options{})
	}, nil
}

// world is what an audit gets.
func (s *subject) world(e *engine) *World {
	w := &World{Target: s.target, Net: s.net, Features: s.features, Classes: s.classes, Seed: e.o.Seed}
	var in, out []int
	for i, m := range s.in {
		if m {
			in = append(in, i)
		} else {
			out = append(out, i)
		}
	}
	w.Members, w.Others = s.pool.Pick(in), s.pool.Pick(out)
	w.Trained = w.Members.Clone()
	w.Trained.X, w.Trained.Y = append(w.Trained.X, s.spare.X...), append(w.Trained.Y, s.spare.Y...)
	w.Fit, _ = s.fitter(e.o) // nil says enough
	w.Rank = func(ctx context.Context) (members, others []float64, by string, err error) {
		values, by, err := e.rank(ctx, s)
		for i, v := range values {
			if s.in[i] {
				members = append(members, v)
			} else {
				others = append(others, v)
			}
		}
		return members, others, by, err
	}
	return w
}

func count(b []bool) int {
	n := 0
	for _, v := range b {
		if v {
			n++
		}
	}
	return n
}
