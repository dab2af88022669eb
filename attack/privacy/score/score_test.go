package score_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"quintain/attack/privacy/score"
	"quintain/stats"
)

func TestOdds(t *testing.T) {
	for _, c := range []struct {
		z    []float32
		y    int
		want float64
	}{
		{[]float32{0, 0}, 0, 0},
		{[]float32{0, 0, 0}, 1, -math.Log(2)},
		{[]float32{100, 0}, 0, 100}, // the probability would round to 1
		{[]float32{0, 1e4}, 0, -1e4},
	} {
		if got := score.Odds(c.z, c.y); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("Odds(%v, %d) = %v, want %v", c.z, c.y, got, c.want)
		}
	}
	if got := score.Loss(0); math.Abs(got-math.Ln2) > 1e-12 {
		t.Errorf("Loss(0) = %v, want ln 2", got)
	}
	if got := score.Loss(-1e4); got != 1e4 {
		t.Errorf("Loss(-1e4) = %v, want 1e4", got)
	}
}

// A gaussian world: how hard a row is differs from row to row, having seen it
// adds gain, and models differ by one. Whoever knows how hard each row is can
// reach the area Phi(gain/sqrt 2) and no more.
type world struct {
	odds    []float64
	in      []bool
	shadows *score.Shadows
}

func newWorld(rows, models int, gain, hardness float64, seed uint64) world {
	rng := rand.New(rand.NewPCG(seed, 5))
	hard := make([]float64, rows)
	for i := range hard {
		hard[i] = hardness * rng.NormFloat64()
	}
	w := world{shadows: &score.Shadows{}}
	for m := range models + 1 {
		odds, in := make([]float64, rows), make([]bool, rows)
		for i := range rows {
			in[i] = rng.IntN(2) == 0
			odds[i] = hard[i] + rng.NormFloat64()
			if in[i] {
				odds[i] += gain
			}
		}
		if m == 0 {
			w.odds, w.in = odds, in
		} else {
			w.shadows.Odds, w.shadows.In = append(w.shadows.Odds, odds), append(w.shadows.In, in)
		}
	}
	return w
}

func (w world) roc(t *testing.T, s []float64) *stats.ROC {
	t.Helper()
	var pos, neg []float64
	for i, v := range s {
		if w.in[i] {
			pos = append(pos, v)
		} else {
			neg = append(neg, v)
		}
	}
	r, err := stats.NewROC(pos, neg)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestLikelihoodRatioIsOptimal(t *testing.T) {
	const gain, hardness = 1.5, 4
	best := math.Erfc(-gain/2) / 2 // 0.856
	loss := math.Erfc(-gain/2/math.Sqrt(1+hardness*hardness)) / 2
	w := newWorld(6000, 128, gain, hardness, 1)
	near := func(what string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 0.015 {
			t.Errorf("AUC of %s = %.4f, want %.4f", what, got, want)
		}
	}
	near("loss", w.roc(t, w.odds).AUC(), loss)
	for _, v := range []score.Variance{score.Global, score.PerExample, score.Bayesian} {
		near("LiRA online, "+v.String(), w.roc(t, score.LiRA(w.odds, w.shadows, true, v)).AUC(), best)
		near("LiRA offline, "+v.String(), w.roc(t, score.LiRA(w.odds, w.shadows, false, v)).AUC(), best)
	}
	if got := w.roc(t, score.Calibrated(w.odds, w.shadows)).AUC(); got < loss+0.1 {
		t.Errorf("AUC of calibrated loss = %.4f, want much more than %.4f of the loss", got, loss)
	}
	if got := w.roc(t, score.RMIA(w.odds, w.shadows, 0.3, 1, nil)).AUC(); got < loss+0.05 {
		t.Errorf("AUC of RMIA = %.4f, want more than %.4f of the loss", got, loss)
	}
}

// With few models a variance for each row is worse than one for all at low
// rates of false positives, and the Bayesian one is not.
func TestFewShadows(t *testing.T) {
	w := newWorld(20000, 6, 2.5, 3, 2)
	tpr := func(v score.Variance) float64 {
		o, err := w.roc(t, score.LiRA(w.odds, w.shadows, true, v)).At(0.001)
		if err != nil {
			t.Fatal(err)
		}
		return o.Rate()
	}
	global, each, bayes := tpr(score.Global), tpr(score.PerExample), tpr(score.Bayesian)
	if !(each < global/3) {
		t.Errorf("TPR at 0.1%%: %.4f with a variance for each row and %.4f with one for all, want less than a third", each, global)
	}
	if !(bayes > 2*each) {
		t.Errorf("TPR at 0.1%%: %.4f Bayesian and %.4f with a variance for each row, want more than twice", bayes, each)
	}
}

func TestNoGainNoScore(t *testing.T) {
	w := newWorld(4000, 16, 0, 3, 3)
	for what, s := range map[string][]float64{
		"LiRA":       score.LiRA(w.odds, w.shadows, true, score.Global),
		"offline":    score.LiRA(w.odds, w.shadows, false, score.Bayesian),
		"RMIA":       score.RMIA(w.odds, w.shadows, 0.3, 1, []int{0, 1, 2, 3}),
		"calibrated": score.Calibrated(w.odds, w.shadows),
	} {
		if got := w.roc(t, s).AUC(); math.Abs(got-0.5) > 0.03 {
			t.Errorf("AUC of %s where nothing is learned = %.4f, want 0.5", what, got)
		}
	}
}

func TestRMIAPopulation(t *testing.T) {
	w := newWorld(500, 8, 1, 2, 4)
	pop := []int{3, 50, 99, 200, 201}
	plain, shared := score.RMIA(w.odds, w.shadows, 0.3, 1, nil), score.RMIA(w.odds, w.shadows, 0.3, 2, pop)
	if a, b := w.roc(t, plain).AUC(), w.roc(t, shared).AUC(); a != b {
		t.Errorf("AUC %v without and %v with a population, want the same: one is a function of the other", a, b)
	}
	for i, s := range shared {
		if s < 0 || s > 1 {
			t.Fatalf("score %d is %v, want a share", i, s)
		}
	}
}

func TestWithout(t *testing.T) {
	w := newWorld(10, 4, 1, 1, 5)
	s := w.shadows.Without(1)
	if s.Models() != 3 || s.Rows() != 10 || w.shadows.Models() != 4 {
		t.Error("Without(1) leaves other models than all but the second")
	}
	for i := range 10 {
		silent := 0
		for k, j := range []int{0, 2, 3} {
			switch v := s.Odds[k][i]; {
			case math.IsNaN(v) && w.shadows.In[j][i] != w.shadows.In[1][i]:
				silent++
			case v != w.shadows.Odds[j][i]:
				t.Errorf("model %d says %v of row %d, want %v", j, v, i, w.shadows.Odds[j][i])
			}
		}
		if silent > 1 || math.IsNaN(w.shadows.Odds[0][i]) {
			t.Errorf("of row %d %d models are silent, want one at most, and none of the original", i, silent)
		}
	}
}

// TestWithoutIsFair lets every model play the target for the others where
// nothing is learned and every row is in exactly half of the models: who counts
// the models that are left, even without wanting to, must find nothing.
func TestWithoutIsFair(t *testing.T) {
	const models, rows = 6, 20000
	rng := rand.New(rand.NewPCG(11, 1))
	s := &score.Shadows{Odds: make([][]float64, models), In: make([][]bool, models)}
	for j := range models {
		s.Odds[j], s.In[j] = make([]float64, rows), make([]bool, rows)
	}
	for i := range rows {
		middle, spread := 3+2*rng.NormFloat64(), math.Exp(rng.NormFloat64())
		for n, j := range rng.Perm(models) {
			s.In[j][i] = n < models/2
			s.Odds[j][i] = middle + spread*rng.NormFloat64()
		}
	}
	for name, attack := range map[string]func(odds []float64, s *score.Shadows) []float64{
		"LiRA": func(odds []float64, s *score.Shadows) []float64 { return score.LiRA(odds, s, true, score.Global) },
		"RMIA": func(odds []float64, s *score.Shadows) []float64 { return score.RMIA(odds, s, 0.3, 1, nil) },
	} {
		var mean float64
		for j := range models {
			var in, out []float64
			for i, v := range attack(s.Odds[j], s.Without(j)) {
				if s.In[j][i] {
					in = append(in, v)
				} else {
					out = append(out, v)
				}
			}
			r, err := stats.NewROC(in, out)
			if err != nil {
				t.Fatal(err)
			}
			mean += r.AUC() / models
		}
		t.Logf("%s %.4f", name, mean)
		if math.Abs(mean-0.5) > 0.004 {
			t.Errorf("%s: area %.4f where nothing is learned, want 0.5", name, mean)
		}
	}
}

// Rows of one kind say 0 to 1, of another 10 to 11; nine in ten of either stay
// below 0.9 and 10.9.
func TestQuantile(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 6))
	var rows [][]float64
	var odds []float64
	for i := range 2000 {
		kind := float64(i % 2)
		rows = append(rows, []float64{kind, 1})
		odds = append(odds, 10*kind+rng.Float64())
	}
	q := score.FitQuantile(rows, odds, 0.9)
	for kind, want := range []float64{0.9, 10.9} {
		if got := q.Predict([]float64{float64(kind), 1}); math.Abs(got-want) > 0.12 {
			t.Errorf("Predict of kind %d = %.3f, want %v", kind, got, want)
		}
	}
}
