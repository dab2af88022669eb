package harden

import (
	"context"
	"fmt"
	"math"
	"slices"

	"quintain/attack/evasion"
	"quintain/attack/evasion/all"
	"quintain/lab"
	"quintain/ml"
	"quintain/ml/graph"
)

const (
	rounding      = 1e-4
	freshImages   = 1000 // to measure the accuracy on
	freshTargets  = 200  // images that are attacked
	blackTargets  = 60
	maxParameters = 1 << 20
)

// findings are what can be said of the vendor's model; one is right.
var findings = []string{"stronger", "gradient-masking", "memorized", "noise-training"}

// An answer is what answer.yaml holds.
type answer struct {
	Finding string `yaml:"finding" need:"true"`
	Example int    `yaml:"example" need:"true"` // image of transfer.csv, from 1
}

// handed reads transfer.csv, with the images that it was made of.
func handed(a *lab.Attempt) (got, given ml.Batch, err error) {
	const name = "transfer.csv"
	t, err := a.Table(name)
	if err != nil {
		return got, given, err
	}
	given = drawn(tested, a.Seed("test"))
	if t.Rows() != given.Rows() || len(t.Features) != given.Dim {
		f := lab.Faultf(name, "has %d images of %d pixels, want the %d of %d of test.csv", t.Rows(), len(t.Features), given.Rows(), given.Dim)
		f.Hint = "quintain attack with --adv-out writes all rows in their order"
		return got, given, f
	}
	return ml.Batch{X: t.X, Dim: given.Dim, Y: given.Y}, given, nil
}

func near(_ context.Context, a *lab.Attempt) (lab.Reading, error) {
	got, given, err := handed(a)
	if err != nil {
		return lab.Reading{}, err
	}
	most := 0.0
	for i, v := range got.X {
		d := math.Abs(float64(v) - float64(given.X[i]))
		if !(d <= limit+rounding) || v < -rounding || v > 1+rounding {
			return lab.Verdict(false, "in image %d a pixel moved by %.3f, to %.3f", i/got.Dim+1, d, v), nil
		}
		most = max(most, d)
	}
	return lab.Verdict(true, "the largest change is %.3f", most), nil
}

func finding(ctx context.Context, a *lab.Attempt) (lab.Reading, error) {
	var said answer
	if err := a.YAML("answer.yaml", &said); err != nil {
		return lab.Reading{}, err
	}
	if !slices.Contains(findings, said.Finding) {
		return lab.Reading{}, lab.Faultf("answer.yaml", "finding is %.40q, want one of %v", said.Finding, findings)
	}
	got, given, err := handed(a)
	if err != nil {
		return lab.Reading{}, err
	}
	if said.Example < 1 || said.Example > got.Rows() {
		return lab.Reading{}, lab.Faultf("answer.yaml", "example is %d, want the number of an image of transfer.csv, from 1 to %d", said.Example, got.Rows())
	}
	m, err := vendor(ctx, a)
	if err != nil {
		return lab.Reading{}, err
	}
	one := []int{said.Example - 1}
	before, err := evasion.Fooled(ctx, m, given.Pick(one))
	if err != nil {
		return lab.Reading{}, err
	}
	after, err := evasion.Fooled(ctx, m, got.Pick(one))
	switch {
	case err != nil:
		return lab.Reading{}, err
	case before[0]:
		return lab.Verdict(false, "image %d of test.csv is misread as it is, so it shows nothing", said.Example), nil
	case !after[0]:
		return lab.Verdict(false, "image %d of transfer.csv is read right", said.Example), nil
	case said.Finding != "gradient-masking":
		return lab.Verdict(false, "image %d breaks the model, but does that fit %q?", said.Example, said.Finding), nil
	}
	return lab.Verdict(true, "%s, and image %d breaks the model", said.Finding, said.Example), nil
}

func exposed(ctx context.Context, a *lab.Attempt) (lab.Reading, error) {
	got, _, err := handed(a)
	if err != nil {
		return lab.Reading{}, err
	}
	m, err := vendor(ctx, a)
	if err != nil {
		return lab.Reading{}, err
	}
	return accuracy(ctx, m, got, a.Seed("test"))
}

// accuracy is how many images a model reads right.
func accuracy(ctx context.Context, m ml.Oracle, b ml.Batch, seed uint64) (lab.Reading, error) {
	wrong, err := evasion.Fooled(ctx, m, b)
	return lab.Rate(standing(wrong), b.Rows(), seed), err
}

// standing returns how many did not fall.
func standing(fell []bool) int {
	n := 0
	for _, v := range fell {
		if !v {
			n++
		}
	}
	return n
}

// hardened is the model that was handed in.
func hardened(a *lab.Attempt) (*graph.Net, error) {
	return lab.Once(a, "hardened", func() (*graph.Net, error) {
		const name = "hardened.onnx"
		m, err := a.Model(name)
		if err != nil {
			return nil, err
		}
		s := m.Spec()
		if s.Dim() != side*side || s.Classes != 10 {
			return nil, lab.Faultf(name, "takes %d pixels and knows %d digits, want %d and 10", s.Dim(), s.Classes, side*side)
		}
		if s.Parameters > maxParameters {
			return nil, lab.Faultf(name, "has %d parameters, want at most %d; the scanner has to run it", s.Parameters, maxParameters)
		}
		if err := m.Gradients(); err != nil {
			return nil, lab.Faultf(name, "has no gradients (%s), so nobody could tell strength from a lost attack", err)
		}
		return m, nil
	})
}

func clean(ctx context.Context, a *lab.Attempt) (lab.Reading, error) {
	m, err := hardened(a)
	if err != nil {
		return lab.Reading{}, err
	}
	base, err := reader(ctx, a, "reader")
	if err != nil {
		return lab.Reading{}, err
	}
	b := drawn(freshImages, a.Seed("fresh"))
	was, err := accuracy(ctx, base, b, 0)
	if err != nil {
		return lab.Reading{}, err
	}
	r, err := accuracy(ctx, m, b, a.Seed("fresh"))
	r.Baseline = was.Value
	return r, err
}

// targets are the images that are attacked, which nobody has seen.
func targets(a *lab.Attempt, rows int) ml.Batch { return drawn(rows, a.Seed("targets")) }

func whiteBox(ctx context.Context, a *lab.Attempt) (lab.Reading, error) {
	m, err := hardened(a)
	if err != nil {
		return lab.Reading{}, err
	}
	b := targets(a, freshTargets)
	adv, err := attack(ctx, "pgd", m, b, limit, evasion.Budget{Steps: 20}, a.Seed("white"))
	if err != nil {
		return lab.Reading{}, err
	}
	return accuracy(ctx, m, adv, a.Seed("white"))
}

// transferred carries images over from the reader and from another model of its
// kind, made by one long step and by many short ones. An image counts as read
// if it is under all of them.
func transferred(ctx context.Context, a *lab.Attempt) (lab.Reading, error) {
	m, err := hardened(a)
	if err != nil {
		return lab.Reading{}, err
	}
	b := targets(a, freshTargets)
	fell := make([]bool, b.Rows())
	for _, name := range []string{"reader", "cousin"} {
		from, err := reader(ctx, a, name)
		if err != nil {
			return lab.Reading{}, err
		}
		for _, how := range []string{"fgsm", "pgd"} {
			adv, err := attack(ctx, how, from, b, limit, evasion.Budget{Steps: 20}, a.Seed("transfer"))
			if err != nil {
				return lab.Reading{}, err
			}
			wrong, err := evasion.Fooled(ctx, m, adv)
			if err != nil {
				return lab.Reading{}, err
			}
			for i, w := range wrong {
				fell[i] = fell[i] || w
			}
		}
	}
	return lab.Rate(standing(fell), len(fell), a.Seed("transfer")), nil
}

// answers is a model of which nothing is seen but what it says.
type answers struct{ ml.Oracle }

// blackBox is the share of the images read right that a search turns.
func blackBox(ctx context.Context, a *lab.Attempt) (lab.Reading, error) {
	m, err := hardened(a)
	if err != nil {
		return lab.Reading{}, err
	}
	b := targets(a, blackTargets)
	wrong, err := evasion.Fooled(ctx, m, b)
	if err != nil {
		return lab.Reading{}, err
	}
	adv, err := attack(ctx, "square", answers{m}, b, 0.15, evasion.Budget{Queries: 500}, a.Seed("black"))
	if err != nil {
		return lab.Reading{}, err
	}
	after, err := evasion.Fooled(ctx, m, adv)
	right := standing(wrong)
	return lab.Rate(right-standing(after), max(right, 1), a.Seed("black")), err
}

// attack mounts an attack on the images that a model reads right. Pixels move by
// at most eps, within 0 and 1.
func attack(ctx context.Context, name string, m ml.Oracle, b ml.Batch, eps float64, o evasion.Budget, seed uint64) (ml.Batch, error) {
	at := slices.IndexFunc(all.Attacks, func(k *evasion.Attack) bool { return k.Name == "attack/evasion/"+name })
	if at < 0 {
		return b, fmt.Errorf("there is no attack %q", name)
	}
	wrong, err := evasion.Fooled(ctx, m, b)
	if err != nil {
		return b, err
	}
	var rows []int
	for i, w := range wrong {
		if !w {
			rows = append(rows, i)
		}
	}
	if len(rows) == 0 {
		return b, nil
	}
	ball := evasion.Ball{Low: make([]float32, b.Dim)}
	for range b.Dim {
		ball.Radius, ball.High = append(ball.Radius, float32(eps)), append(ball.High, 1)
	}
	r, err := all.Attacks[at].Run(ctx, &evasion.Trial{Model: m, Batch: b.Pick(rows), Ball: ball, Budget: o, Seed: seed, Rows: rows})
	if err != nil {
		return b, err
	}
	out := b.Clone()
	for i, row := range rows {
		copy(out.Row(row), r.Adv.Row(i))
	}
	return out, nil
}
