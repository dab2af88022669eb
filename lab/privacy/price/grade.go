package price

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"

	"quintain/lab"
	"quintain/lab/privacy/internal/clinic"
	"quintain/ledger"
	"quintain/ml/dp"
)

// A page is what page.yaml holds.
type page struct {
	Epsilon   float64  `yaml:"epsilon" need:"true"`
	Uncovered []string `yaml:"uncovered"`
}

// delta is the probability with which epsilon need not hold.
const delta = 1e-3

// tolerance is how far an epsilon may be off: printed figures are rounded.
const tolerance = 0.02

// made returns the models of the recipe that was handed in, on fresh trials.
func made(ctx context.Context, a *lab.Attempt) (*release, error) {
	return lab.Once(a, "release", func() (*release, error) {
		r, err := readRecipe(a)
		if err != nil {
			return nil, err
		}
		return r.make(ctx, a.Source, "fresh", redraws)
	})
}

func attacked(ctx context.Context, a *lab.Attempt) (*outcome, error) {
	m, err := made(ctx, a)
	if err != nil {
		return nil, err
	}
	return lab.Once(a, "outcome", func() (*outcome, error) { return m.attack(ctx) })
}

// before returns how many of the fresh patients the sponsor's models tell right.
func before(ctx context.Context, s *lab.Source, label string, redraws int) (float64, error) {
	hits, rows := 0, 0
	for k := 1; k <= redraws; k++ {
		t := redraw(s, label, k)
		m, err := sponsor.publish(ctx, t.Patients(), s.Seed(fmt.Sprintf("%s %d sponsor", label, k)))
		if err != nil {
			return 0, err
		}
		h, err := right(ctx, m, t.Fresh)
		if err != nil {
			return 0, err
		}
		hits, rows = hits+h, rows+t.Fresh.Rows()
	}
	return float64(hits) / float64(rows), nil
}

func utility(ctx context.Context, a *lab.Attempt) (lab.Reading, error) {
	o, err := made(ctx, a)
	if err != nil {
		return lab.Reading{}, err
	}
	r := lab.Rate(o.hits, o.rows, o.seed)
	r.Baseline, err = before(ctx, a.Source, "fresh", redraws)
	return r, err
}

func area(ctx context.Context, a *lab.Attempt) (lab.Reading, error) {
	o, err := attacked(ctx, a)
	if err != nil {
		return lab.Reading{}, err
	}
	return clinic.Area(o.better(), a.Seed("fresh 1")), nil
}

func found(ctx context.Context, a *lab.Attempt) (lab.Reading, error) {
	o, err := attacked(ctx, a)
	if err != nil {
		return lab.Reading{}, err
	}
	return clinic.Found(o.better(), a.Seed("fresh 1"))
}

// sgd is what an accountant needs to know about a recipe.
func (r recipe) sgd() dp.SGD {
	steps := r.Epochs * ((clinic.Members + r.Batch - 1) / r.Batch)
	return dp.SGD{Rate: float64(r.Batch) / clinic.Members, Noise: r.Noise, Steps: steps}
}

// bounds returns the epsilon of a recipe by the tighter accountant and by the
// looser one.
func (r recipe) bounds() (low, high float64, err error) {
	high, _ = r.sgd().RDP(delta, dp.Orders())
	p, err := r.sgd().PLD(1e-3)
	if err != nil {
		return 0, 0, err
	}
	return min(p.Epsilon(delta), high), high, nil
}

func epsilon(_ context.Context, a *lab.Attempt) (lab.Reading, error) {
	r, err := readRecipe(a)
	if err != nil {
		return lab.Reading{}, err
	}
	var p page
	if err := a.YAML(pageFile, &p); err != nil {
		return lab.Reading{}, err
	}
	if r.Noise == 0 || r.Clip == 0 {
		return lab.Verdict(false, "your recipe resisted these attacks, and has no epsilon: that takes clip and noise"), nil
	}
	low, high, err := r.bounds()
	if err != nil || math.IsInf(high, 1) {
		return lab.Verdict(false, "there is no finite bound for so little noise"), nil //nolint:nilerr // no bound is the answer
	}
	switch {
	case p.Epsilon < low*(1-tolerance):
		return lab.Verdict(false, "you promise an epsilon of %.4g, which is less than can be promised", p.Epsilon), nil
	case p.Epsilon > high*(1+tolerance):
		return lab.Verdict(false, "you state an epsilon of %.4g, and the accountant proves less", p.Epsilon), nil
	}
	return lab.Verdict(true, "your epsilon of %.4g is what the accountant computes", p.Epsilon), nil
}

func uncovered(_ context.Context, a *lab.Attempt) (lab.Reading, error) {
	var p page
	if err := a.YAML(pageFile, &p); err != nil {
		return lab.Reading{}, err
	}
	truth := make(map[string]bool)
	for _, s := range statements(a.Source) {
		truth[s.id] = !s.covered
	}
	right := 0
	for i, id := range p.Uncovered {
		open, known := truth[id]
		if !known || slices.Contains(p.Uncovered[:i], id) {
			return lab.Reading{}, lab.Faultf(pageFile, "uncovered lists %.40q, which %s does not have, or twice", id, listFile)
		}
		if open {
			right++
		}
	}
	ok := right == ofEach && len(p.Uncovered) == ofEach
	return lab.Verdict(ok, "you list %d of the %d statements", len(p.Uncovered), len(truth)), nil
}

// practice is how many trials a rehearsal has. They are not those of the grade.
const practice = 3

// rehearse shows what the grader would measure, on other patients.
func rehearse(ctx context.Context, a *lab.Attempt, _ []string, out io.Writer) error {
	r, err := readRecipe(a)
	if err != nil {
		return err
	}
	n := len(a.Ledger.Events()) + 1
	label := fmt.Sprintf("practice %d", n)
	m, err := r.make(ctx, a.Source, label, practice)
	if err != nil {
		return err
	}
	o, err := m.attack(ctx)
	if err != nil {
		return err
	}
	base, err := before(ctx, a.Source, label, practice)
	if err != nil {
		return err
	}
	plain, err := clinic.Found(o.plain, m.seed)
	if err != nil {
		return err
	}
	shadow, err := clinic.Found(o.shadow, m.seed)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d models of %d practice trials\n", practice*models, practice)
	fmt.Fprintf(out, "accuracy on fresh patients      %s; the sponsor's %s\n", lab.Value(lab.Rate(m.hits, m.rows, m.seed)), lab.Number(base))
	fmt.Fprintf(out, "attacker by the error           area %s, members found at 10 %% accused %s\n", lab.Value(clinic.Area(o.plain, m.seed)), lab.Value(plain))
	fmt.Fprintf(out, "attacker with shadow models     area %s, members found at 10 %% accused %s\n", lab.Value(clinic.Area(o.shadow, m.seed)), lab.Value(shadow))
	if s := r.sgd(); r.Noise > 0 {
		fmt.Fprintf(out, "for the accountant              quintain model epsilon --rate %.4g --noise %v --steps %d --delta 1e-3\n", s.Rate, s.Noise, s.Steps)
	}
	_, err = a.Ledger.Append(ledger.Event{Kind: ledger.KindNote, Actor: "learner", Name: "rehearse", Text: fmt.Sprintf("practice %d", n)})
	return err
}

func picture(ctx context.Context, a *lab.Attempt) ([]byte, error) {
	o, err := attacked(ctx, a)
	if err != nil {
		return nil, err
	}
	return clinic.Picture("What an attacker still learns from models made by your recipe", o.better()), nil
}
