package extraction

import (
	"cmp"
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
	"quintain/internal/regular"
	"quintain/ml"
	"quintain/ml/data"
	"quintain/ml/graph"
	"quintain/ml/onnx"
)

// The limits of what a target may ask for.
const (
	maxQueries = 1_000_000
	maxValues  = 1 << 26 // numbers in all questions together
	minRows    = 20      // that a verdict can be built on
)

// A subject is a target that has been opened.
type subject struct {
	target    quintain.Target
	answers   Answers
	source    Source
	queries   int
	limit     float64 // share of rows on which a copy may agree
	perSecond float64 // 0 if nobody said
	price     float64
	similar   int // rows like an earlier one that may be asked about; -1 is no limit
	near      float64
	asked     func(row []float32, label int) error // is told what is asked; may be nil

	digest    quintain.Digest
	victim    ml.Oracle
	close     func() error
	file      bool // the victim is a file: asking costs nothing
	test      ml.Batch
	says      []int32 // what the victim says of the test rows
	rows      ml.Batch
	low, high []float32
	note      string // on how the answers are read; may be empty
	trouble   string // why nothing can be decided, if so
}

// open reads the files of a target. What is missing or wrong about their
// content goes to trouble.
func (e *engine) open(ctx context.Context, t quintain.Target) (*subject, error) {
	s := &subject{target: t, close: func() error { return nil }}
	if err := s.options(t.With); err != nil {
		return nil, err
	}
	test, err := rowsOf(t.With["data"], `no rows to judge a copy on: the target has no "data"`)
	if err == nil && t.With["rows"] != "" {
		var own *data.Table
		if own, err = rowsOf(t.With["rows"], ""); err == nil {
			s.rows = own.Batch()
			s.rows.Y = nil
		}
	}
	if err == nil {
		err = s.load(ctx, e.o, t)
	}
	if err == nil {
		err = s.prepare(ctx, test, e.o)
	}
	if bad, ok := errors.AsType[*troubleError](err); ok {
		s.trouble = bad.Error()
		return s, nil
	}
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// A troubleError says why a target cannot be attacked; it is no error of the
// run.
type troubleError struct{ error }

func rowsOf(name, missing string) (*data.Table, error) {
	if name == "" {
		return nil, &troubleError{errors.New(missing)}
	}
	t, err := data.Open(name)
	if errors.Is(err, data.ErrFormat) {
		return nil, &troubleError{err}
	}
	return t, err
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
	var err error
	if s.answers, err = ParseAnswers(with["answers"]); err != nil {
		errs = append(errs, err)
	}
	if s.source, err = ParseSource(with["source"]); err != nil {
		errs = append(errs, err)
	}
	s.queries, s.limit = int(number("queries", 1000, 1, maxQueries)), number("fidelity", 0.9, 0.01, 1)
	s.similar, s.near = int(number("similar", -1, 0, maxQueries)), number("near", 0.01, 0, 1)
	s.perSecond, s.price = number("per-second", 0, 1e-6, 1e9), number("price", 0, 0, 1e9)
	return errors.Join(errs...)
}

// load makes the victim ready.
func (s *subject) load(ctx context.Context, o Options, t quintain.Target) error {
	if ext := strings.ToLower(filepath.Ext(t.Ref)); ext == ".yaml" || ext == ".yml" || strings.Contains(t.Ref, "://") {
		if o.Open == nil {
			return &troubleError{fmt.Errorf("%s is no ONNX file, and nothing here opens it", t.Ref)}
		}
		victim, done, err := o.Open(ctx, t)
		if err != nil {
			return err
		}
		s.victim, s.close = victim, done
		if o.Terms != nil {
			perSecond, price, err := o.Terms(t)
			if err != nil {
				return err
			}
			s.perSecond, s.price = cmp.Or(s.perSecond, perSecond), cmp.Or(s.price, price)
		}
		if victim.Spec().Output == "label" {
			s.answers = Labels
		}
		return nil
	}
	raw, err := regular.Read(t.Ref, onnx.MaxSize)
	if err != nil {
		return err
	}
	s.digest, s.file = quintain.DigestOf(raw), true
	g, err := onnx.Parse(raw)
	if err == nil {
		s.victim, err = graph.Compile(g, graph.Options{})
	}
	if err != nil {
		return &troubleError{err}
	}
	return nil
}

// prepare draws the rows that copies are judged on and asks about them.
func (s *subject) prepare(ctx context.Context, t *data.Table, o Options) error {
	spec := s.victim.Spec()
	all := t.Batch()
	if err := all.Check(spec); err != nil {
		return &troubleError{fmt.Errorf("model and data do not go together: %w", err)}
	}
	if s.rows.X != nil {
		if err := s.rows.Check(spec); err != nil {
			return &troubleError{fmt.Errorf("model and the attacker's rows do not go together: %w", err)}
		}
	}
	if spec.Classes < 2 || s.queries*spec.Dim() > maxValues {
		return &troubleError{fmt.Errorf("%d questions of %d features about %d classes; the engine takes two classes or more, and %d numbers",
			s.queries, spec.Dim(), spec.Classes, maxValues)}
	}
	order := rand.New(rand.NewPCG(o.Seed, 0)).Perm(all.Rows())
	order = order[:min(len(order), o.MaxSamples)]
	slices.Sort(order)
	s.test = all.Pick(order)
	s.low, s.high = t.Ranges()
	if len(order) < minRows {
		return &troubleError{fmt.Errorf("only %d rows to judge a copy on; a verdict needs %d", len(order), minRows)}
	}
	z, precise, err := predict(ctx, s.victim, s.test)
	if err != nil {
		return err
	}
	if s.says, err = decided(z, spec.Classes); err != nil {
		return err
	}
	if n := decimals(z); precise && n > 0 && s.target.With["answers"] == "" && spec.Output == "probabilities" {
		s.answers = Rounded(n)
		s.note = fmt.Sprintf("no answer about %d rows has more than %d decimals, so they are taken to be rounded", s.test.Rows(), n)
	}
	return nil
}

// classes returns the answer of m about every row.
func classes(ctx context.Context, m ml.Oracle, b ml.Batch) ([]int32, error) {
	z, _, err := predict(ctx, m, b)
	if err != nil {
		return nil, err
	}
	return decided(z, m.Spec().Classes)
}

// decided returns the likeliest of k classes of every row.
func decided(z []float64, k int) ([]int32, error) {
	out := make([]int32, len(z)/k)
	for i := range out {
		c, ok := likeliest(z[i*k : (i+1)*k])
		if !ok || math.IsInf(z[i*k+c], 0) {
			return nil, &troubleError{fmt.Errorf("what the model says of row %d is no number", i)}
		}
		out[i] = int32(c)
	}
	return out, nil
}

// decimals returns how many decimals the probabilities have whose logarithms are
// given, 0 if there are more than 6 or too few that are neither 0 nor 1.
func decimals(z []float64) int {
	const few, tiny = 20, 1e-7
	for digits := 1; digits <= maxDigits; digits++ {
		scale, inside, all := math.Pow10(digits), 0, true
		for _, v := range z {
			p := math.Exp(v)
			if p > tiny && p < 1-tiny {
				inside++
			}
			all = all && math.Abs(p*scale-math.Round(p*scale)) < tiny*scale*0.1
		}
		if inside < few {
			return 0
		}
		if all {
			return digits
		}
	}
	return 0
}

// component describes the model for the bill of materials.
func (s *subject) component() quintain.Component {
	c := quintain.Component{Kind: quintain.KindClassifier, Name: filepath.Base(s.target.Ref), Digest: s.digest, Properties: map[string]string{"format": "onnx"}}
	if !s.file {
		c.Properties["format"] = "endpoint"
	}
	return c
}
