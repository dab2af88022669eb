// Package rank is the attacker on membership: it orders people of whom nobody
// has said who was trained on by how likely they were. An audit, which knows the
// answer, is the business of package quintain/attack/privacy.
package rank

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"quintain/attack/privacy/score"
	"quintain/ml"
	"quintain/ml/graph"
	"quintain/ml/train"
)

// A Method is a way to turn what models say into a score of membership.
type Method string

// The methods. All but Loss need shadow models.
const (
	Loss       Method = "loss"       // the model's own error (Yeom et al. 2018)
	Calibrated Method = "calibrated" // less what models without the row say (Watson et al. 2022)
	LiRA       Method = "lira"       // likelihood ratio (Carlini et al. 2022)
	RMIA       Method = "rmia"       // against a population (Zarifzadeh et al. 2024)
)

// Methods are all methods.
var Methods = []Method{Loss, Calibrated, LiRA, RMIA}

// ParseMethod returns the method of a name.
func ParseMethod(s string) (Method, error) {
	if !slices.Contains(Methods, Method(s)) {
		names := make([]string, len(Methods))
		for i, m := range Methods {
			names[i] = string(m)
		}
		return "", fmt.Errorf("unknown method %q (have %s)", s, strings.Join(names, ", "))
	}
	return Method(s), nil
}

// Shadows says whether m compares with shadow models.
func (m Method) Shadows() bool { return m != Loss }

// Options say how to attack.
type Options struct {
	Method  Method
	Shadows int // models to train, at least 2
	Rows    int // each is trained on; 0 means half as many as there are people

	// Online trains every shadow model on half of the people as well, so that
	// each person is known to be in some and out of others. Without it they are
	// trained on others only.
	Online bool

	// Fit trains a model as the target was trained, as far as that is known.
	Fit func(ctx context.Context, b ml.Batch, seed uint64) (ml.Oracle, error)

	// Look is what the attacker makes of a model's answers on rows: a number
	// for each that is higher for rows that were trained on. Nil is [Odds].
	Look func(ctx context.Context, m ml.Oracle, b ml.Batch) ([]float64, error)

	Seed uint64
}

func (o *Options) look() func(context.Context, ml.Oracle, ml.Batch) ([]float64, error) {
	if o.Look == nil {
		return Odds
	}
	return o.Look
}

// Odds returns the log odds that m gives the label of each row of b.
func Odds(ctx context.Context, m ml.Oracle, b ml.Batch) ([]float64, error) {
	z, err := m.Predict(ctx, b)
	if err != nil {
		return nil, err
	}
	k := m.Spec().Classes
	out := make([]float64, b.Rows())
	for i := range out {
		if y := int(b.Y[i]); y < 0 || y >= k {
			return nil, fmt.Errorf("row %d is of class %d, and the model has %d", i+1, y, k)
		}
		if out[i] = score.Odds(z[i*k:(i+1)*k], int(b.Y[i])); math.IsNaN(out[i]) {
			return nil, fmt.Errorf("what the model says of row %d is not a number", i+1)
		}
	}
	return out, nil
}

// Like returns a Fit that trains the architecture of g from scratch.
func Like(g *graph.Graph, o train.Options) func(context.Context, ml.Batch, uint64) (ml.Oracle, error) {
	return func(ctx context.Context, b ml.Batch, seed uint64) (ml.Oracle, error) {
		fresh, err := train.Reinit(g, seed)
		if err != nil {
			return nil, err
		}
		t := o
		t.Seed, t.Workers = seed, 1
		if fresh, err = train.Fit(ctx, fresh, b, t); err != nil {
			return nil, err
		}
		return graph.Compile(fresh, graph.Options{})
	}
}

// Members returns a score for each of people, higher for those likelier to have
// been trained on. Others are rows like them that are known not to have been;
// Loss needs none. The labels of both are known.
func Members(ctx context.Context, target ml.Oracle, people, others ml.Batch, o Options) ([]float64, error) {
	odds, err := o.look()(ctx, target, people)
	if err != nil || !o.Method.Shadows() {
		return odds, err
	}
	s, err := Company(ctx, people, others, o)
	if err != nil {
		return nil, err
	}
	return Judge(odds, s, o)
}

// Judge returns the scores of people of whom the target says odds and shadow
// models say s.
func Judge(odds []float64, s *score.Shadows, o Options) ([]float64, error) {
	switch o.Method {
	case Loss:
		return odds, nil
	case Calibrated:
		return score.Calibrated(odds, s), nil
	case LiRA:
		return score.LiRA(odds, s, o.Online, score.Global), nil
	case RMIA:
		return score.RMIA(odds, s, population, 1, nil), nil
	}
	return nil, fmt.Errorf("unknown method %q", o.Method)
}

// population is how much a model that has a row is taken to gain over one that
// has not, in [score.RMIA].
const population = 0.3

// Company trains shadow models and asks them about the people. They do not
// depend on the target, so that several targets can share them.
func Company(ctx context.Context, people, others ml.Batch, o Options) (*score.Shadows, error) {
	look := o.look()
	rows := o.Rows
	if rows == 0 {
		rows = people.Rows() / 2
	}
	own := 0
	if o.Online {
		own = min(people.Rows()/2, rows)
	}
	switch {
	case o.Fit == nil || o.Shadows < 2:
		return nil, errors.New("the method compares with shadow models; there must be two or more, and a way to train them")
	case rows-own > others.Rows():
		return nil, fmt.Errorf("shadow models of %d rows need as many rows of others; there are %d", rows-own, others.Rows())
	}
	s := &score.Shadows{Odds: make([][]float64, o.Shadows), In: make([][]bool, o.Shadows)}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for j := range o.Shadows {
		g.Go(func() error {
			// Models come in pairs, of which each has the half of the people
			// that the other lacks: nobody is in all of them, or in none.
			order := rand.New(rand.NewPCG(o.Seed, uint64(j/2))).Perm(people.Rows())
			if j%2 == 1 {
				slices.Reverse(order)
			}
			s.In[j] = make([]bool, people.Rows())
			for _, i := range order[:own] {
				s.In[j][i] = true
			}
			b := people.Pick(order[:own])
			more := rand.New(rand.NewPCG(o.Seed, 1<<32+uint64(j))).Perm(others.Rows())
			rest := others.Pick(more[:rows-own])
			b.X, b.Y = append(b.X, rest.X...), append(b.Y, rest.Y...)
			m, err := o.Fit(ctx, b, o.Seed+uint64(j)+1)
			if err != nil {
				return fmt.Errorf("train shadow model %d: %w", j+1, err)
			}
			s.Odds[j], err = look(ctx, m, people)
			return err
		})
	}
	return s, g.Wait()
}
