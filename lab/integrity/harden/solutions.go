package harden

import (
	"context"
	"math/rand/v2"

	"quintain/attack/evasion"
	"quintain/lab"
	"quintain/ml"
	"quintain/ml/graph"
	"quintain/ml/onnx"
	"quintain/ml/train"
)

// solutions are the reference, and the ways in which people get it wrong.
var solutions = []lab.Solution{
	{Name: "carry the attack over, then train on what hurts", Pass: true, Make: do(carried(limit), says("gradient-masking"), model(adversarial))},
	{Name: "the vendor believed", Fails: "a/masking", Make: do(carried(limit), says("stronger"))},
	{Name: "an example that was misread before", Fails: "a/masking", Make: do(carried(limit), sloppy)},
	{Name: "the lost attack handed in", Fails: "a/transfer", Make: do(lost, says("gradient-masking"))},
	{Name: "images changed too far", Fails: "a/eps", Make: do(carried(0.2), says("gradient-masking"))},
	{Name: "images of another seed", Fails: "a/eps", Make: do(stranger, says("gradient-masking"))},
	{Name: "a file of noise for the images", Fails: "a/eps", Make: do(file("transfer.csv", "\x00\xff,label\n,,,"))},
	{Name: "the vendor's model as one's own", Fails: "b/transfer", Make: do(carried(limit), says("gradient-masking"), model(vended))},
	{Name: "input rounding and nothing else", Fails: "b/transfer", Make: do(carried(limit), says("gradient-masking"), model(grayed))},
	{Name: "the reader as it is", Fails: "b/white", Make: do(carried(limit), says("gradient-masking"), model(plain))},
	{Name: "test images learned by heart", Fails: "b/white", Make: do(carried(limit), says("gradient-masking"), model(memorized))},
	{Name: "one answer for everything", Fails: "b/clean", Make: do(carried(limit), says("gradient-masking"), model(constant))},
	{Name: "a file of noise for the model", Fails: "b/clean", Make: do(carried(limit), says("gradient-masking"), file("hardened.onnx", "\x08\x07\xff\xff\xff\xff\x0f"))},
}

// A step is one thing that a learner does.
type step func(ctx context.Context, w *lab.Setup) error

func do(steps ...step) func(ctx context.Context, w *lab.Setup) error {
	return func(ctx context.Context, w *lab.Setup) error {
		for _, s := range steps {
			if err := s(ctx, w); err != nil {
				return err
			}
		}
		return nil
	}
}

func file(name, text string) step {
	return func(_ context.Context, w *lab.Setup) error { return w.Writef(name, "%s", text) }
}

// carried hands in images that turn the reader.
func carried(eps float64) step {
	return func(ctx context.Context, w *lab.Setup) error {
		m, err := reader(ctx, w.Attempt, "reader")
		if err != nil {
			return err
		}
		return turned(ctx, w, m, eps)
	}
}

// lost hands in what the attack on the vendor's model itself came to.
func lost(ctx context.Context, w *lab.Setup) error {
	m, err := vendor(ctx, w.Attempt)
	if err != nil {
		return err
	}
	return turned(ctx, w, m, limit)
}

func turned(ctx context.Context, w *lab.Setup, m ml.Oracle, eps float64) error {
	adv, err := attack(ctx, "pgd", m, drawn(tested, w.Seed("test")), eps, evasion.Budget{}, 1)
	if err != nil {
		return err
	}
	return w.Write("transfer.csv", table(adv))
}

// says hands in a finding, with the first image that shows something.
func says(what string) step {
	return func(ctx context.Context, w *lab.Setup) error {
		return answered(ctx, w, what, func(before, after bool) bool { return !before && after })
	}
}

func sloppy(ctx context.Context, w *lab.Setup) error {
	return answered(ctx, w, "gradient-masking", func(before, _ bool) bool { return before })
}

func answered(ctx context.Context, w *lab.Setup, what string, fits func(before, after bool) bool) error {
	got, given, err := handed(w.Attempt)
	if err != nil {
		return err
	}
	m, err := vendor(ctx, w.Attempt)
	if err != nil {
		return err
	}
	before, err := evasion.Fooled(ctx, m, given)
	if err != nil {
		return err
	}
	after, err := evasion.Fooled(ctx, m, got)
	if err != nil {
		return err
	}
	example := 1
	for i := range before {
		if fits(before[i], after[i]) {
			example = i + 1
			break
		}
	}
	return w.Writef("answer.yaml", "finding: %s\nexample: %d\n", what, example)
}

// stranger hands in images that somebody else was given.
func stranger(_ context.Context, w *lab.Setup) error {
	return w.Write("transfer.csv", table(drawn(tested, w.Seed("somebody else"))))
}

// model hands a model in.
func model(make func(ctx context.Context, s *lab.Source) (*graph.Graph, error)) step {
	return func(ctx context.Context, w *lab.Setup) error {
		g, err := make(ctx, w.Source)
		if err != nil {
			return err
		}
		b, err := onnx.Marshal(g)
		if err != nil {
			return err
		}
		return w.Write("hardened.onnx", b)
	}
}

// adversarial trains on images that are attacked before every step, as quintain
// defend advtrain does.
func adversarial(ctx context.Context, s *lab.Source) (*graph.Graph, error) {
	b := drawn(taught, s.Seed("reader images"))
	return train.Fit(ctx, train.MLP([]int{b.Dim, hidden, 10}, s.Seed("hardened")), b, train.Options{
		Epochs: 20, Rate: 0.001, Seed: s.Seed("hardened order"), Perturb: worsen,
	})
}

// worsen takes five steps up the loss from a random image nearby.
func worsen(ctx context.Context, net *graph.Net, b ml.Batch, rng *rand.Rand) error {
	const steps, stride = 5, 0.5 * limit
	center, grad := b.Clone(), make([]float32, len(b.X))
	for i, v := range b.X {
		b.X[i] = within(v+float32(limit*(2*rng.Float64()-1)), center.X[i])
	}
	for range steps {
		if _, _, err := ml.LossGrad(ctx, net, b, ml.CrossEntropy, grad); err != nil {
			return err
		}
		for i, g := range grad {
			switch {
			case g > 0:
				b.X[i] = within(b.X[i]+stride, center.X[i])
			case g < 0:
				b.X[i] = within(b.X[i]-stride, center.X[i])
			}
		}
	}
	return nil
}

// within brings a pixel back to where it may be.
func within(v, center float32) float32 {
	return min(max(v, center-limit, 0), center+limit, 1)
}

func plain(ctx context.Context, s *lab.Source) (*graph.Graph, error) { return learn(ctx, s, "reader") }

func vended(ctx context.Context, s *lab.Source) (*graph.Graph, error) {
	g, err := learn(ctx, s, "reader")
	if err != nil {
		return nil, err
	}
	return saturated(g), nil
}

func grayed(ctx context.Context, s *lab.Source) (*graph.Graph, error) {
	g, err := learn(ctx, s, "reader")
	if err != nil {
		return nil, err
	}
	return rounded(g), nil
}

// memorized is trained on the test images as well, attacked ones included.
func memorized(ctx context.Context, s *lab.Source) (*graph.Graph, error) {
	g, err := learn(ctx, s, "reader")
	if err != nil {
		return nil, err
	}
	net, err := graph.Compile(g, graph.Options{})
	if err != nil {
		return nil, err
	}
	test := drawn(tested, s.Seed("test"))
	adv, err := attack(ctx, "pgd", net, test, limit, evasion.Budget{}, 1)
	if err != nil {
		return nil, err
	}
	b := drawn(taught, s.Seed("reader images"))
	for _, more := range []ml.Batch{test, adv} {
		b.X, b.Y = append(b.X, more.X...), append(b.Y, test.Y...)
	}
	return train.Fit(ctx, g, b, train.Options{Epochs: 4, Rate: 0.002, Seed: s.Seed("memorized")})
}

// constant answers 8 whatever it sees.
func constant(context.Context, *lab.Source) (*graph.Graph, error) {
	w, bias := make([][]float32, 10), make([]float32, 10)
	for j := range w {
		w[j] = make([]float32, side*side)
	}
	bias[8] = 1
	return graph.Linear(w, bias), nil
}
