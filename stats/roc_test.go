package stats_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"quintain/stats"
)

func roc(t *testing.T, pos, neg []float64) *stats.ROC {
	t.Helper()
	r, err := stats.NewROC(pos, neg)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestROC(t *testing.T) {
	for _, c := range []struct {
		pos, neg []float64
		auc, bal float64
		points   string
	}{
		{[]float64{3, 4}, []float64{1, 2}, 1, 1, "[{0 0} {0 0.5} {0 1} {0.5 1} {1 1}]"},
		{[]float64{1, 2}, []float64{3, 4}, 0, 0.5, "[{0 0} {0.5 0} {1 0} {1 0.5} {1 1}]"},
		{[]float64{1, 1}, []float64{1, 1}, 0.5, 0.5, "[{0 0} {1 1}]"},
		{[]float64{1, 3}, []float64{2, 1}, 0.625, 0.75, "[{0 0} {0 0.5} {0.5 0.5} {1 1}]"},
		{[]float64{math.Inf(1)}, []float64{math.Inf(-1)}, 1, 1, "[{0 0} {0 1} {1 1}]"},
	} {
		r := roc(t, c.pos, c.neg)
		if got := r.AUC(); got != c.auc {
			t.Errorf("AUC of %v, %v = %v, want %v", c.pos, c.neg, got, c.auc)
		}
		if got := r.Balanced(); got != c.bal {
			t.Errorf("Balanced of %v, %v = %v, want %v", c.pos, c.neg, got, c.bal)
		}
		if got := fmt.Sprint(r.Points(100)); got != c.points {
			t.Errorf("Points of %v, %v = %v, want %v", c.pos, c.neg, got, c.points)
		}
		m := r.AUCMeasure("area", 1)
		if err := m.Validate(); err != nil || m.High-m.Low < 0.1 {
			t.Errorf("AUCMeasure of %v, %v = %+v (%v), want a wide interval", c.pos, c.neg, m, err)
		}
	}
	if _, err := stats.NewROC(nil, []float64{1}); !errors.Is(err, stats.ErrResolution) {
		t.Errorf("no positives: error %v, want ErrResolution", err)
	}
	if _, err := stats.NewROC([]float64{math.NaN()}, []float64{1}); err == nil {
		t.Error("a score that is no number is accepted")
	}
}

// Two normal distributions one apart have the area Phi(1/sqrt 2), and the rate
// of positives at a rate f of false ones is Phi(1 + the quantile of f).
func TestROCCovers(t *testing.T) {
	const n, runs = 200, 300
	area := math.Erfc(-0.5) / 2
	tpr := math.Erfc(-(1-1.2815515655446004)/math.Sqrt2) / 2
	rng := rand.New(rand.NewPCG(7, 7))
	areas, rates := 0, 0
	for range runs {
		pos, neg := make([]float64, n), make([]float64, n)
		for i := range n {
			pos[i], neg[i] = rng.NormFloat64()+1, rng.NormFloat64()
		}
		r := roc(t, pos, neg)
		if m := r.AUCMeasure("area", 1); m.Low <= area && area <= m.High {
			areas++
		}
		o, err := r.At(0.1)
		if err != nil {
			t.Fatal(err)
		}
		if o.FP > 20 || o.Pos != n || o.Neg != n || o.Coarse {
			t.Fatalf("At(0.1) = %+v", o)
		}
		if o.Low <= tpr && tpr <= o.High {
			rates++
		}
	}
	if areas < runs*92/100 || areas > runs*98/100 {
		t.Errorf("%d of %d intervals have the true area, want about 95%%", areas, runs)
	}
	if rates < runs*95/100 {
		t.Errorf("%d of %d intervals have the true rate, want at least 95%%", rates, runs)
	}
}

func TestROCResolution(t *testing.T) {
	var pos, neg []float64
	for i := range 100 {
		neg = append(neg, float64(i))
		pos = append(pos, float64(i)+50.5)
	}
	r := roc(t, pos, neg)
	if _, err := r.At(0.009); !errors.Is(err, stats.ErrResolution) {
		t.Errorf("At(0.009) of 100 negatives: error %v, want ErrResolution", err)
	}
	o, err := r.At(0.01)
	if err != nil || !o.Coarse || o.FP != 1 || o.TP != 52 || o.Threshold != 98.5 {
		t.Errorf("At(0.01) = %+v, %v; want 52 found, 1 wrong, coarse", o, err)
	}
	if o.Low > 0.01 { // one negative in a hundred says nothing from below
		t.Errorf("At(0.01) is at least %v, want about 0", o.Low)
	}
	if o, err := r.At(0.1); err != nil || o.Coarse || o.FP != 10 || o.TP != 61 {
		t.Errorf("At(0.1) = %+v, %v; want 61 found, 10 wrong, not coarse", o, err)
	}
	if got := r.Reaching(98.5); got.TP != 52 || got.FP != 1 {
		t.Errorf("Reaching(98.5) = %+v, want 52 found, 1 wrong", got)
	}
	for _, bad := range []float64{0, 1, math.NaN()} {
		if _, err := r.At(bad); err == nil || errors.Is(err, stats.ErrResolution) {
			t.Errorf("At(%v): error %v, want one about the rate", bad, err)
		}
	}
	// All the same: nobody can be told without accusing everybody.
	if o, err := roc(t, make([]float64, 50), make([]float64, 50)).At(0.1); err != nil || o.TP != 0 || o.FP != 0 || !math.IsInf(o.Threshold, 1) {
		t.Errorf("At(0.1) of equal scores = %+v, %v; want nobody found", o, err)
	}
	if got := len(r.Points(20)); got > 24 || got < 8 {
		t.Errorf("Points(20) gives %d", got)
	}
}

func TestBootstrap(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	x := make([]float64, 400)
	for i := range x {
		x[i] = rng.NormFloat64()
	}
	lo, hi := stats.Bootstrap(x, 2000, 0.95, rng)
	if w := hi - lo; w < 0.17 || w > 0.23 { // 2 x 1.96 / 20
		t.Errorf("Bootstrap of 400 normal values is %v wide, want about 0.196", w)
	}
	if lo, hi := stats.Bootstrap([]float64{3}, 10, 0.95, rng); lo != 3 || hi != 3 {
		t.Errorf("Bootstrap of one value = %v, %v, want 3, 3", lo, hi)
	}
	if lo, _ := stats.Bootstrap(nil, 10, 0.95, rng); !math.IsNaN(lo) {
		t.Errorf("Bootstrap of nothing = %v, want NaN", lo)
	}
}
