package watch_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"quintain/ml"
	"quintain/ml/datasets"
	"quintain/ml/graph"
	"quintain/ml/train"
	"quintain/ml/watch"
)

// TestShapiroWilk holds W to values from R: shapiro.test of the weights of
// eleven men in the paper of 1965, and of the numbers from 1 to 10.
func TestShapiroWilk(t *testing.T) {
	for _, c := range []struct {
		x    []float64
		want float64
	}{
		{[]float64{148, 154, 158, 160, 161, 162, 166, 170, 182, 195, 236}, 0.79},
		{[]float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, 0.9701646},
		{[]float64{1, 1, 1, 1}, 1},
	} {
		if got := watch.ShapiroWilk(c.x); math.Abs(got-c.want) > 0.005 {
			t.Errorf("W of %v is %v, want %v", c.x, got, c.want)
		}
	}
	if !math.IsNaN(watch.ShapiroWilk([]float64{1, 2})) {
		t.Error("two values have a W")
	}
}

// ask answers rows with a network trained on digits.
func ask(t *testing.T, net *graph.Net, b ml.Batch) []watch.Request {
	t.Helper()
	z, err := net.Predict(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]watch.Request, b.Rows())
	for i := range out {
		out[i] = watch.Request{At: float64(i), Row: b.Row(i), Label: ml.Argmax(z[i*10 : (i+1)*10])}
	}
	return out
}

// streams are the questions of a customer and of three thieves: steps along the
// gradient from ten rows, pixels drawn one by one, and noise.
func streams(t *testing.T) (own ml.Batch, benign, steps, marginals, noise []watch.Request) {
	t.Helper()
	own, test := datasets.Split(datasets.Digits())
	g, err := train.Fit(t.Context(), train.MLP([]int{64, 32, 10}, 1), own, train.Options{Epochs: 10, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	net, err := graph.Compile(g, graph.Options{})
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	b := test.Pick([]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9})
	for b.Rows() < 320 {
		dx := make([]float32, len(b.X))
		if _, _, err := ml.LossGrad(t.Context(), net, b, ml.CrossEntropy, dx); err != nil {
			t.Fatal(err)
		}
		next := b.Clone()
		for i, v := range dx {
			next.X[i] += 0.1 * float32(math.Copysign(1, float64(v)))
		}
		b.X, b.Y = append(b.X, next.X...), append(b.Y, next.Y...)
	}
	m, u := ml.Batch{Dim: 64}, ml.Batch{Dim: 64}
	for range 320 {
		for j := range 64 {
			m.X = append(m.X, own.Row(rng.IntN(own.Rows()))[j])
			u.X = append(u.X, rng.Float32())
		}
	}
	return own, ask(t, net, test), ask(t, net, b), ask(t, net, m), ask(t, net, u)
}

// TestPRADA finds what its authors say it does, and not what it cannot: of the
// thieves only the one who steps along gradients is caught.
func TestPRADA(t *testing.T) {
	_, benign, steps, marginals, noise := streams(t)
	for _, c := range []struct {
		name   string
		log    []watch.Request
		caught bool
	}{{"a customer", benign, false}, {"gradient steps", steps, true}, {"pixels drawn one by one", marginals, false}, {"noise", noise, false}} {
		if n := watch.Until(&watch.PRADA{}, c.log); (n > 0) != c.caught || n > 100 {
			t.Errorf("%s: alarm at question %d, want one by 100: %v", c.name, n, c.caught)
		}
	}
}

// TestNovelty finds the thieves that PRADA does not.
func TestNovelty(t *testing.T) {
	own, benign, _, marginals, noise := streams(t)
	p, err := watch.NewProfile(own, 0.02)
	if err != nil {
		t.Fatal(err)
	}
	fresh := func() watch.Watcher { return &watch.Novelty{Profile: p, Share: 0.25, Window: 40} }
	r, err := watch.Compare(fresh, [][]watch.Request{benign}, [][]watch.Request{marginals, noise}, 1)
	if err != nil {
		t.Fatal(err)
	}
	if r.False.Value != 0 || r.Found.Value != 1 || r.Until[0] > 60 || r.Until[1] != 40 {
		t.Errorf("honest accused %v, thieves found %v after %v", r.False.Value, r.Found.Value, r.Until)
	}
	if err := r.False.Validate(); err != nil {
		t.Error(err)
	}
	if _, err := watch.Compare(fresh, nil, nil, 1); err == nil {
		t.Error("nobody is compared with nobody")
	}
}

// TestProfile measures distance by what is normal: along the diagonal on which
// two features lie, a long way is short.
func TestProfile(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 1))
	b := ml.Batch{Dim: 3}
	for range 500 {
		v := rng.NormFloat64()
		b.X = append(b.X, float32(v), float32(v+0.1*rng.NormFloat64()), 7)
	}
	p, err := watch.NewProfile(b, 0.01)
	if err != nil {
		t.Fatal(err)
	}
	if p.Unlike([]float32{1.5, 1.5, 7}) || !p.Unlike([]float32{1, -1, 7}) || !p.Unlike([]float32{0, 0, 8}) {
		t.Error("the profile does not know how features go together")
	}
	for _, share := range []float64{0, 1, math.NaN()} {
		if _, err := watch.NewProfile(b, share); err == nil {
			t.Errorf("a share of %v is taken", share)
		}
	}
}

func TestRate(t *testing.T) {
	var log []watch.Request
	for i := range 20 {
		log = append(log, watch.Request{At: float64(i)})
	}
	if n := watch.Until(&watch.Rate{Most: 5, Seconds: 10}, log); n != 6 {
		t.Errorf("alarm at question %d, want 6", n)
	}
	if n := watch.Until(&watch.Rate{Most: 10, Seconds: 10}, log); n != 0 {
		t.Errorf("alarm at question %d, want none: ten in ten seconds are allowed", n)
	}
}

func TestEntropy(t *testing.T) {
	even, odd := make([]watch.Request, 40), make([]watch.Request, 40)
	for i := range even {
		even[i].Label = i % 2
		if i%10 == 0 {
			odd[i].Label = 1
		}
	}
	fresh := func() watch.Watcher { return &watch.Entropy{Window: 20, Above: 0.9} }
	if watch.Until(fresh(), even) != 20 || watch.Until(fresh(), odd) != 0 {
		t.Error("answers of one bit raise no alarm at the end of the window, or those of half a bit do")
	}
}

// TestSimilar alarms at the third question that is like one before, whether it
// is the same or lies next to it in every feature, and not at others.
func TestSimilar(t *testing.T) {
	fresh := func() watch.Watcher {
		return &watch.Similar{Most: 2, Near: 0.1, Span: []float32{10, 1}}
	}
	log := func(rows ...[]float32) []watch.Request {
		var out []watch.Request
		for _, r := range rows {
			out = append(out, watch.Request{Row: r})
		}
		return out
	}
	for name, c := range map[string]struct {
		log  []watch.Request
		want int
	}{
		"the same":           {log([]float32{1, 0}, []float32{1, 0}, []float32{1, 0}, []float32{1, 0}), 4},
		"steps":              {log([]float32{1, 0}, []float32{1.9, 0}, []float32{9, 0}, []float32{2.8, 0.05}, []float32{8.2, 0}), 5},
		"far in one feature": {log([]float32{1, 0}, []float32{1, 0.2}, []float32{1, 0.4}, []float32{1, 0.6}, []float32{1, 0.8}), 0},
		"two only":           {log([]float32{1, 0}, []float32{1, 0}, []float32{1, 0}, []float32{5, 0}), 0},
	} {
		if n := watch.Until(fresh(), c.log); n != c.want {
			t.Errorf("%s: alarm at question %d, want %d", name, n, c.want)
		}
	}
}
