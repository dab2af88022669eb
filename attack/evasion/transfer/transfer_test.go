package transfer

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"quintain/attack/evasion"
	"quintain/attack/evasion/evasiontest"
	"quintain/ml"
	"quintain/ml/graph"
)

// flat returns a linear target of two classes, rows to attack that lie apart from
// the tie, and other rows of the attacker's own.
func flat(t *testing.T, seed uint64, dim int, eps float32) *evasion.Trial {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 7))
	w, b := make([]float32, dim), float32(0)
	for i := range w {
		w[i] = float32(rng.NormFloat64())
		b -= w[i] / 2
	}
	g := graph.Linear([][]float32{make([]float32, dim), w}, []float32{0, b})
	net, err := graph.Compile(g, graph.Options{})
	if err != nil {
		t.Fatal(err)
	}
	draw := func(n int) ml.Batch {
		out := ml.Batch{Dim: dim, X: make([]float32, n*dim)}
		for i := range out.X {
			out.X[i] = rng.Float32()
		}
		z, err := net.Predict(t.Context(), out)
		if err != nil {
			t.Fatal(err)
		}
		for row := range slices.Chunk(z, 2) {
			out.Y = append(out.Y, int32(ml.Argmax(row)))
		}
		return out
	}
	return &evasion.Trial{
		Model: blind{net}, Batch: draw(200), Own: draw(200), Like: g, Seed: seed,
		Ball: evasion.Ball{Radius: slices.Repeat([]float32{eps}, dim), Low: make([]float32, dim), High: slices.Repeat([]float32{1}, dim)},
	}
}

// blind shows nothing of a model but its answers.
type blind struct{ ml.Oracle }

// inside is the model behind a blind.
func inside(t *testing.T, m ml.Oracle) ml.Model {
	t.Helper()
	return m.(blind).Oracle.(ml.Model)
}

// fallen counts the rows of tr that adv turns, and sees that none leaves the ball.
func fallen(t *testing.T, tr *evasion.Trial, adv ml.Batch) []bool {
	t.Helper()
	for i := range adv.Rows() {
		if err := tr.Ball.Check(adv.Row(i), tr.Batch.Row(i)); err != nil {
			t.Fatalf("row %d: %v", i, err)
		}
	}
	fell, err := evasion.Fooled(t.Context(), tr.Model, adv)
	if err != nil {
		t.Fatal(err)
	}
	return fell
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

// With the target itself for a surrogate this is the white-box attack: of a
// linear model it turns exactly the rows that can be turned. A surrogate that
// points the other way turns none.
func TestSurrogateIsTarget(t *testing.T) {
	for seed := range uint64(4) {
		tr := flat(t, seed, 12, 0.1)
		target := inside(t, tr.Model)
		for _, norm := range []evasion.Norm{evasion.LInf, evasion.L2} {
			tr.Ball.Norm = norm
			adv, err := climb(t.Context(), []ml.Model{target, target}, tr)
			if err != nil {
				t.Fatal(err)
			}
			fell, can := fallen(t, tr, adv), 0
			z, err := target.Predict(t.Context(), tr.Batch)
			if err != nil {
				t.Fatal(err)
			}
			dx := make([]float32, len(tr.Batch.X))
			if _, _, err := ml.LossGrad(t.Context(), target, tr.Batch, ml.Margin, dx); err != nil {
				t.Fatal(err)
			}
			for i := range fell {
				gap := math.Abs(float64(z[2*i+1] - z[2*i]))
				most := gain(tr.Ball, tr.Batch.Row(i), dx[i*12:(i+1)*12], gap)
				if math.Abs(most-1) < 1e-2 {
					continue
				}
				if most < 1 {
					can++
				}
				if fell[i] != (most < 1) {
					t.Errorf("seed %d, %s, row %d: fell is %v, and the boundary is %v radii away", seed, norm, i, fell[i], most)
				}
			}
			if can < 10 {
				t.Errorf("seed %d, %s: %d rows can fall: the model decides nothing", seed, norm, can)
			}
		}
		away, err := climb(t.Context(), []ml.Model{reversed{target}}, tr)
		if err != nil {
			t.Fatal(err)
		}
		if n := count(fallen(t, tr, away)); n != 0 {
			t.Errorf("seed %d: a surrogate that points the other way turns %d rows", seed, n)
		}
	}
}

// gain is how many radii away the boundary is of a linear model.
func gain(b evasion.Ball, x, w []float32, gap float64) float64 {
	return b.Lean(slices.Clone(x), w, gap)
}

// reversed is a model whose gradients point the other way.
type reversed struct{ ml.Model }

// VJP implements [ml.Model].
func (r reversed) VJP(ctx context.Context, x ml.Batch, seed ml.Seed, dx []float32) error {
	err := r.Model.VJP(ctx, x, seed, dx)
	for i := range dx {
		dx[i] = -dx[i]
	}
	return err
}

// Surrogates that are trained on other rows turn most of what can be turned of
// a linear model, and nothing else; the model is asked nothing while they are
// made, and the same seed gives the same bytes on any number of processors.
func TestTransfers(t *testing.T) {
	turned, can := 0, 0
	for seed := range uint64(3) {
		tr := flat(t, seed, 12, 0.1)
		asked := &asking{Oracle: tr.Model}
		tr.Model = asked
		res, err := Attack.Run(t.Context(), tr)
		if err != nil {
			t.Fatal(err)
		}
		if asked.rows != 0 {
			t.Errorf("the model was asked about %d rows before anything was there to judge", asked.rows)
		}
		if n := len(res.Queries); n != tr.Batch.Rows() || slices.ContainsFunc(res.Queries, func(q int) bool { return q != 1 }) {
			t.Errorf("queries %v, want one for each of %d rows", res.Queries, tr.Batch.Rows())
		}
		tr.Model = asked.Oracle
		white, err := climb(t.Context(), []ml.Model{inside(t, tr.Model)}, tr)
		if err != nil {
			t.Fatal(err)
		}
		fell, most := fallen(t, tr, res.Adv), fallen(t, tr, white)
		for i := range fell {
			if fell[i] && !most[i] {
				t.Errorf("seed %d: row %d fell, which looking inside does not turn", seed, i)
			}
		}
		turned, can = turned+count(fell), can+count(most)
		before := runtime.GOMAXPROCS(1)
		again, err := Attack.Run(t.Context(), tr)
		runtime.GOMAXPROCS(before)
		if err != nil || !slices.Equal(again.Adv.X, res.Adv.X) {
			t.Errorf("seed %d: two runs differ, %v", seed, err)
		}
		if len(res.Says) != 1 || res.Says[0].Measure == nil || !strings.Contains(res.Says[0].Summary, "3 surrogates, 2 of them with the model's architecture") {
			t.Errorf("the attack says %+v", res.Says)
		}
	}
	t.Logf("%d rows turned of %d that can be", turned, can)
	if can < 100 || float64(turned) < 0.8*float64(can) {
		t.Errorf("%d rows turned of %d that can be, want most", turned, can)
	}
}

// asking counts the rows that a model is asked about.
type asking struct {
	ml.Oracle
	rows int
}

// Predict implements [ml.Oracle].
func (a *asking) Predict(ctx context.Context, x ml.Batch) ([]float32, error) {
	a.rows += x.Rows()
	return a.Oracle.Predict(ctx, x)
}

// Between networks for digits attacks transfer, better than random noise and
// worse than looking inside; so they do where the architecture is not known.
func TestDigits(t *testing.T) {
	for _, known := range []bool{true, false} {
		tr := evasiontest.DigitsMLP(t, 0.15)
		if known {
			tr.Like = tr.Model.(*graph.Net).Graph()
		}
		all := tr.Batch
		var own, kept []int
		for i := range all.Rows() {
			if i%2 == 0 {
				own = append(own, i)
			} else {
				kept = append(kept, i)
			}
		}
		tr.Own, tr.Batch = all.Pick(own), all.Pick(kept)
		res, err := Attack.Run(t.Context(), tr)
		if err != nil {
			t.Fatal(err)
		}
		fell := count(fallen(t, tr, res.Adv))
		noise := tr.Batch.Clone()
		for i := range noise.Rows() {
			tr.Ball.Scatter(noise.Row(i), tr.Batch.Row(i), tr.Rand(i, 0))
		}
		white, err := climb(t.Context(), []ml.Model{tr.Model.(ml.Model)}, tr)
		if err != nil {
			t.Fatal(err)
		}
		lucky, inside := count(fallen(t, tr, noise)), count(fallen(t, tr, white))
		t.Logf("architecture known %v: %d of %d rows turned, %d by noise, %d by looking inside", known, fell, tr.Batch.Rows(), lucky, inside)
		if fell < 3*lucky+30 || fell >= inside {
			t.Errorf("architecture known %v: %d rows turned, %d by noise, %d by looking inside", known, fell, lucky, inside)
		}
	}
}

// What cannot be a surrogate is replaced by what can, and said; rows of one
// class are no use.
func TestUnfit(t *testing.T) {
	tr := flat(t, 1, 6, 0.1)
	tr.Like = &graph.Graph{Opset: 17, Inputs: tr.Like.Inputs, Outputs: []string{"z"}, Const: map[string]*graph.Tensor{}, Nodes: []graph.Node{{Op: "Relu", Inputs: []string{"x"}, Outputs: []string{"z"}}}}
	made, err := surrogates(t.Context(), tr)
	if err != nil || len(made.models) != 3 || !strings.Contains(made.about, "3 surrogates, 0 of them with the model's architecture (none has") {
		t.Errorf("surrogates = %+v, %v", made, err)
	}
	clear(tr.Own.Y)
	if _, err := Attack.Run(t.Context(), tr); !errors.Is(err, evasion.ErrUnfit) {
		t.Errorf("Run with rows of one class = %v, want %v", err, evasion.ErrUnfit)
	}
	if err := Attack.Validate(); err != nil {
		t.Error(err)
	}
}
