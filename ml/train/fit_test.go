package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"quintain/ml"
	"quintain/ml/graph"
)

// blobs returns rows around one point for each class.
func blobs(rows, dim, classes int, spread float64, seed uint64) ml.Batch {
	rng := rand.New(rand.NewPCG(seed, 1))
	center := make([]float64, dim*classes)
	for i := range center {
		center[i] = rng.Float64()
	}
	b := ml.Batch{Dim: dim}
	for i := range rows {
		y := i % classes
		for k := range dim {
			b.X = append(b.X, float32(center[y*dim+k]+spread*rng.NormFloat64()))
		}
		b.Y = append(b.Y, int32(y))
	}
	return b
}

func TestFitLearns(t *testing.T) {
	b := blobs(600, 64, 10, 0.2, 1)
	for name, g := range map[string]*graph.Graph{
		"linear": Linear(64, 10, 1), "mlp": MLP([]int{64, 32, 10}, 1), "cnn": CNN([3]int{1, 8, 8}, []int{4, 8}, 16, 10, 1),
	} {
		out, err := Fit(t.Context(), g, b, Options{Epochs: 10, Seed: 1, Rate: 3e-3})
		if err != nil {
			t.Errorf("%s: Fit = %v", name, err)
			continue
		}
		net, err := graph.Compile(out, graph.Options{})
		if err != nil {
			t.Fatal(err)
		}
		hits, err := Accuracy(t.Context(), net, b)
		if err != nil {
			t.Fatal(err)
		}
		if hits < 590 {
			t.Errorf("%s: %d of 600 right after training, want at least 590", name, hits)
		}
	}
}

// weightsOf returns all weights that can be trained.
func weightsOf(g *graph.Graph) (all []float32) {
	for _, name := range graph.Weights(g) {
		all = append(all, g.Const[name].Float...)
	}
	return all
}

// Every way to train gives the same bits for any number of workers, and others
// for another seed.
func TestFitWorkers(t *testing.T) {
	b := blobs(150, 16, 3, 0.3, 2)
	soft := make([]float32, 3*b.Rows())
	for i := range soft {
		soft[i] = 1. / 3
	}
	push := func(_ context.Context, _ *graph.Net, b ml.Batch, rng *rand.Rand) error {
		for i := range b.X {
			b.X[i] += 0.1 * rng.Float32()
		}
		return nil
	}
	for name, o := range map[string]Options{
		"adam":    {},
		"sgd":     {Optimizer: SGD, Momentum: 0.5},
		"private": {Clip: 0.5, Noise: 1},
		"distill": {Targets: soft},
		"perturb": {Perturb: push},
		"trades":  {Perturb: push, Trades: 2},
	} {
		var want []float32
		for _, workers := range []int{1, 2, 3} {
			o.Epochs, o.Batch, o.Workers, o.Seed = 2, 70, workers, 9
			g, err := Fit(t.Context(), CNN([3]int{1, 4, 4}, []int{3}, 8, 3, 1), b, o)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			got := weightsOf(g)
			if want == nil {
				want = got
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s: %d workers give other bits", name, workers)
			}
		}
		o.Seed = 10
		g, err := Fit(t.Context(), CNN([3]int{1, 4, 4}, []int{3}, 8, 3, 1), b, o)
		if err != nil {
			t.Fatal(err)
		}
		if slices.Equal(weightsOf(g), want) {
			t.Errorf("%s: another seed gives the same bits", name)
		}
	}
}

// Where the loss is flat, all that changes the weights is noise: its mean is 0
// and its deviation Noise·Clip/Batch times the rate. The bounds are five
// standard errors.
func TestPrivateNoise(t *testing.T) {
	b := blobs(100, 64, 10, 0.2, 1)
	flat := func(int, []float32, int, []float32) float64 { return 0 }
	g := MLP([]int{64, 128, 10}, 1)
	out, err := Fit(t.Context(), g, b, Options{Epochs: 1, Batch: 100, Optimizer: SGD, Rate: 1, Clip: 0.5, Noise: 2, Loss: flat, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	was, now := weightsOf(g), weightsOf(out)
	var sum, squares, fourth float64
	for i, v := range now {
		d := float64(v-was[i]) / 0.01
		sum, squares, fourth = sum+d, squares+d*d, fourth+d*d*d*d
	}
	n := float64(len(now))
	if got := sum / n; math.Abs(got) > 5/math.Sqrt(n) {
		t.Errorf("noise has mean %v, want 0", got)
	}
	if got := squares / n; math.Abs(got-1) > 5*math.Sqrt(2/n) {
		t.Errorf("noise has variance %v of what it should be, want 1", got)
	}
	if got := fourth / n; math.Abs(got-3) > 5*math.Sqrt(96/n) {
		t.Errorf("noise has fourth moment %v, want 3, that of the normal distribution", got)
	}
}

// Rows are drawn one by one: over many steps their number has the mean and the
// variance of a binomial distribution. The bounds are five standard errors.
func TestPrivateSampling(t *testing.T) {
	b := blobs(200, 4, 2, 0.2, 1)
	var rows atomic.Int64
	count := func(int, []float32, int, []float32) float64 { rows.Add(1); return 0 }
	var sum, squares float64
	const steps, mean, variance = 400, 200 * 0.75, 200 * 0.75 * 0.25
	done := 0.0
	o := Options{Epochs: steps, Batch: 150, Clip: 1, Loss: count, Seed: 4}
	// An epoch of 200 rows has two steps.
	o.Progress = func(int, int) {
		n := float64(rows.Swap(0)) - 2*mean
		sum, squares, done = sum+n, squares+n*n, done+1
	}
	if _, err := Fit(t.Context(), Linear(4, 2, 1), b, o); err != nil {
		t.Fatal(err)
	}
	if got := sum / done; math.Abs(got) > 5*math.Sqrt(2*variance/done) {
		t.Errorf("a minibatch has %v rows more than 150 on average, want 0", got/2)
	}
	if got := squares / done; math.Abs(got/(2*variance)-1) > 5*math.Sqrt(2/done) {
		t.Errorf("the number of rows in two minibatches has variance %v, want %v", got, 2*variance)
	}
}

// No row moves the weights further than its clipped gradient allows.
func TestPrivateClip(t *testing.T) {
	b := ml.Batch{Dim: 2, X: []float32{300, 400}, Y: []int32{0}}
	g := Linear(2, 2, 1)
	out, err := Fit(t.Context(), g, b, Options{Epochs: 1, Batch: 1, Optimizer: SGD, Rate: 1, Clip: 0.25, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	var length float64
	was := weightsOf(g)
	for i, v := range weightsOf(out) {
		length += float64(v-was[i]) * float64(v-was[i])
	}
	if got := math.Sqrt(length); math.Abs(got-0.25) > 1e-4 {
		t.Errorf("the weights moved by %v, want 0.25", got)
	}
}

// The gradients of the losses agree with finite differences.
func TestLossGradients(t *testing.T) {
	z, p := []float32{0.3, -1.2, 2}, []float32{0.2, 0.5, 0.3}
	for name, f := range map[string]func(z, dz []float32) float64{
		"cross-entropy": func(z, dz []float32) float64 { return CrossEntropy(z, 1, dz) },
		"toward":        func(z, dz []float32) float64 { return Toward(z, p, dz) },
	} {
		dz, junk := make([]float32, 3), make([]float32, 3)
		f(z, dz)
		for j := range z {
			const h = 1. / 128
			up, down := slices.Clone(z), slices.Clone(z)
			up[j], down[j] = up[j]+h, down[j]-h
			want := (f(up, junk) - f(down, junk)) / float64(up[j]-down[j])
			if math.Abs(float64(dz[j])-want) > 1e-4 {
				t.Errorf("%s: slope %d = %v, finite differences say %v", name, j, dz[j], want)
			}
		}
	}
	if got, want := CrossEntropy([]float32{0, 0, 0, 0}, 2, make([]float32, 4)), math.Log(4); math.Abs(got-want) > 1e-12 {
		t.Errorf("cross-entropy of equal logits %v, want %v", got, want)
	}
}

// The gradients of both halves of TRADES agree with finite differences of the
// loss that it is.
func TestTradeGradient(t *testing.T) {
	tr := &trainer{o: Options{Trades: 3}, k: 3, rows: []int{0}, loss: make([]float64, 2)}
	tr.mini.Y = []int32{1, 1}
	at := []float32{0.3, -1.2, 2, 1, 0.5, -0.4}
	value := func(z []float32, d0, d1 []float32) float64 {
		tr.zs = z
		tr.trade(0, z[:3], d0)
		tr.trade(1, z[3:], d1)
		return tr.loss[0]
	}
	d := make([]float32, 6)
	value(at, d[:3], d[3:])
	for j := range at {
		const h = 1. / 128
		up, down, junk := slices.Clone(at), slices.Clone(at), make([]float32, 6)
		up[j], down[j] = up[j]+h, down[j]-h
		want := (value(up, junk[:3], junk[3:]) - value(down, junk[:3], junk[3:])) / float64(up[j]-down[j])
		if math.Abs(float64(d[j])-want) > 1e-3 {
			t.Errorf("slope %d = %v, finite differences say %v", j, d[j], want)
		}
	}
}

func TestFitHooks(t *testing.T) {
	b := blobs(90, 8, 3, 0.2, 1)
	before := b.Clone()
	g := Linear(8, 3, 1)
	start := slices.Clone(weightsOf(g))
	var seen, told []int
	var moved int
	_, err := Fit(t.Context(), g, b, Options{
		Epochs: 9, Batch: 40, Seed: 1,
		Perturb: func(ctx context.Context, net *graph.Net, b ml.Batch, _ *rand.Rand) error {
			seen = append(seen, b.Rows())
			if !slices.Equal(weightsOf(net.Graph()), start) {
				moved++
			}
			for i := range b.X {
				b.X[i] = 1
			}
			_, err := net.Predict(ctx, b)
			return err
		},
		Stop:     func(epoch int, _ *graph.Net) bool { return epoch == 2 },
		Progress: func(done, total int) { told = append(told, done, total) },
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(seen, told, moved), "[40 40 10 40 40 10] [1 9 2 9] 5"; got != want {
		t.Errorf("minibatches, progress and moves %s, want %s", got, want)
	}
	if !slices.Equal(b.X, before.X) || !slices.Equal(weightsOf(g), start) {
		t.Error("the rows or the graph changed")
	}
}

func TestFitRefuses(t *testing.T) {
	b := blobs(30, 4, 3, 0.2, 1)
	nan := b.Clone()
	nan.X[5] = float32(math.NaN())
	label := b.Clone()
	label.Y[3] = 3
	for name, c := range map[string]struct {
		b    ml.Batch
		o    Options
		want string
	}{
		"diverges":   {b, Options{Optimizer: SGD, Rate: 1, WeightDecay: 1e4}, "smaller rate"},
		"nan":        {nan, Options{}, "diverged"},
		"label":      {label, Options{}, "label 3"},
		"no labels":  {ml.Batch{X: b.X, Dim: 4}, Options{}, "0 labels"},
		"no rows":    {ml.Batch{Dim: 4}, Options{}, "no rows"},
		"features":   {ml.Batch{X: b.X, Dim: 2, Y: make([]int32, 60)}, Options{}, "features"},
		"noise":      {b, Options{Noise: 1}, "clip"},
		"targets":    {b, Options{Targets: make([]float32, 5)}, "target"},
		"trade":      {b, Options{Trades: 1}, "trade-off"},
		"momentum":   {b, Options{Momentum: 1}, "momentum"},
		"rate":       {b, Options{Rate: -1}, "rate"},
		"optimizer":  {b, Options{Optimizer: 7}, "optimizer"},
		"negative":   {b, Options{Epochs: -1}, "epochs"},
		"clip":       {b, Options{Clip: math.Inf(1)}, "clip"},
		"two losses": {b, Options{Targets: make([]float32, 90), Loss: func(int, []float32, int, []float32) float64 { return 0 }}, "both"},
	} {
		_, err := Fit(t.Context(), Linear(4, 3, 1), c.b, c.o)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: Fit = %v, want an error about %q", name, err, c.want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Fit(ctx, Linear(4, 3, 1), b, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Fit = %v, want %v", err, context.Canceled)
	}
}

// Fresh weights fill the interval they are drawn from, and Reinit draws from
// the same.
func TestDraw(t *testing.T) {
	for name, g := range map[string]*graph.Graph{"mlp": MLP([]int{100, 50, 10}, 1), "cnn": CNN([3]int{2, 8, 8}, []int{16}, 20, 10, 1)} {
		again, err := Reinit(g, 7)
		if err != nil {
			t.Fatal(err)
		}
		same, err := Reinit(g, 7)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(weightsOf(again), weightsOf(same)) || slices.Equal(weightsOf(again), weightsOf(g)) {
			t.Errorf("%s: the seed does not decide the weights", name)
		}
		for _, g := range []*graph.Graph{g, again} {
			w := g.Const["w1"]
			fanIn := 100.0
			if name == "cnn" {
				fanIn = 18
			}
			top := float64(max(slices.Max(w.Float), -slices.Min(w.Float))) * math.Sqrt(fanIn)
			if top > 1 || top < 0.95 {
				t.Errorf("%s: weights reach %v of their bound, want nearly 1", name, top)
			}
		}
	}
}
