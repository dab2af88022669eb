package price

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"quintain/attack/privacy/rank"
	"quintain/lab"
	"quintain/lab/privacy/internal/clinic"
	"quintain/ml"
	"quintain/ml/graph"
	"quintain/stats"
)

const (
	shadows = 12
	copies  = 24  // of each row, for who is not told confidences
	jitter  = 0.5 // standard deviations by which they differ
)

// An outcome is what attackers learned.
type outcome struct {
	plain  []*stats.ROC // of the attacker who goes by the error
	shadow []*stats.ROC // of the attacker with shadow models
}

// better returns the curves of the attacker with the larger mean area.
func (o *outcome) better() []*stats.ROC {
	if clinic.Area(o.plain, 0).Value > clinic.Area(o.shadow, 0).Value {
		return o.plain
	}
	return o.shadow
}

// A release is the models that a recipe makes of redraws.
type release struct {
	recipe recipe
	trials []*clinic.Trial
	models [][]*published // of each trial
	hits   int            // on fresh patients
	rows   int
	seed   uint64
}

// make trains by a recipe on several redraws.
func (r recipe) make(ctx context.Context, s *lab.Source, label string, redraws int) (*release, error) {
	out := &release{recipe: r, seed: s.Seed(label + " 1")}
	for k := 1; k <= redraws; k++ {
		t := redraw(s, label, k)
		var targets []*published
		for j := range models {
			m, err := r.publish(ctx, t.Patients(), s.Seed(fmt.Sprintf("%s %d model %d", label, k, j)))
			if err != nil {
				return nil, err
			}
			hits, err := right(ctx, m, t.Fresh)
			if err != nil {
				return nil, err
			}
			out.hits, out.rows = out.hits+hits, out.rows+t.Fresh.Rows()
			targets = append(targets, m)
		}
		out.trials, out.models = append(out.trials, t), append(out.models, targets)
	}
	return out, nil
}

// attack attacks every model. The attacker knows the recipe and how the models
// answer.
func (r *release) attack(ctx context.Context) (*outcome, error) {
	o := new(outcome)
	for k, t := range r.trials {
		if err := o.attack(ctx, t, r.recipe, r.models[k]); err != nil {
			return nil, err
		}
	}
	return o, nil
}

// attack lets both attackers at the models of one trial. They share the shadow
// models, which do not depend on the target.
func (o *outcome) attack(ctx context.Context, t *clinic.Trial, r recipe, targets []*published) error {
	opts := rank.Options{
		Method: rank.LiRA, Shadows: shadows, Online: true, Look: r.look(t.Seed), Seed: t.Seed,
		Fit: func(ctx context.Context, b ml.Batch, seed uint64) (ml.Oracle, error) { return r.publish(ctx, b, seed) },
	}
	company, err := rank.Company(ctx, t.People, t.Others, opts)
	if err != nil {
		return err
	}
	for _, m := range targets {
		odds, err := opts.Look(ctx, m, t.People)
		if err != nil {
			return err
		}
		ratio, err := rank.Judge(odds, company, opts)
		if err != nil {
			return err
		}
		plain, err := stats.NewROC(t.Sides(odds))
		if err != nil {
			return err
		}
		shadow, err := stats.NewROC(t.Sides(ratio))
		if err != nil {
			return err
		}
		o.plain, o.shadow = append(o.plain, plain), append(o.shadow, shadow)
	}
	return nil
}

// A published model answers as its recipe says.
type published struct {
	ml.Oracle
	answers string
}

// publish trains a model that answers as the recipe says.
func (r recipe) publish(ctx context.Context, b ml.Batch, seed uint64) (*published, error) {
	g, err := r.train().Fit(ctx, b, seed)
	if err != nil {
		return nil, lab.Faultf(recipeFile, "training does not get anywhere: %s", err)
	}
	net, err := graph.Compile(g, graph.Options{Workers: 1})
	return &published{net, r.Answers}, err
}

// says returns the probability of class 1 of each row, as the model tells it.
func (p *published) says(ctx context.Context, b ml.Batch) ([]float64, error) {
	v, err := lab.Probabilities(ctx, p.Oracle, b, 1)
	for i := range v {
		switch p.answers {
		case rounded:
			v[i] = math.Round(10*v[i]) / 10
		case labels:
			v[i] = math.Round(v[i])
		}
	}
	return v, err
}

// right counts the rows that m tells right.
func right(ctx context.Context, m *published, b ml.Batch) (int, error) {
	p, err := m.says(ctx, b)
	hits := 0
	for i, v := range p {
		if (v > 0.5) == (b.Y[i] == 1) {
			hits++
		}
	}
	return hits, err
}

// look is what an attacker makes of the answers. Confidences speak for
// themselves. If they are rounded or withheld, the attacker asks about many
// copies of a person that differ a little, and takes the mean: how soon the
// answer changes says how far the border is (Choquette-Choo et al. 2021).
func (r recipe) look(seed uint64) func(context.Context, ml.Oracle, ml.Batch) ([]float64, error) {
	if r.Answers == confidences {
		return func(ctx context.Context, m ml.Oracle, b ml.Batch) ([]float64, error) {
			return rank.Odds(ctx, m.(*published).Oracle, b)
		}
	}
	return func(ctx context.Context, m ml.Oracle, b ml.Batch) ([]float64, error) {
		rng := rand.New(rand.NewPCG(seed, 2))
		mean := make([]float64, b.Rows())
		for c := range copies {
			near := b.Clone()
			if c > 0 {
				for i := range near.X {
					near.X[i] += float32(jitter * rng.NormFloat64())
				}
			}
			p, err := m.(*published).says(ctx, near)
			if err != nil {
				return nil, err
			}
			for i, v := range p {
				if b.Y[i] == 0 {
					v = 1 - v
				}
				mean[i] += v / copies
			}
		}
		for i, v := range mean {
			v = (v*copies + 0.5) / (copies + 1)
			mean[i] = math.Log(v / (1 - v))
		}
		return mean, nil
	}
}
