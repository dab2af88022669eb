package dp_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"quintain/ml/dp"
)

// anchors are published mechanisms at delta 1e-5, with the epsilons of the
// reference implementations of each accountant.
var anchors = []struct {
	name                          string
	s                             dp.SGD
	rdp, order, coarse, fine, clt float64
}{
	{"gaussian", dp.SGD{Rate: 1, Noise: 1, Steps: 1}, 4.7285, 5.4, 4.3772, 4.37718, 0},
	{"gaussian x10", dp.SGD{Rate: 1, Noise: 5, Steps: 10}, 2.8137, 7.9, 2.5944, 2.59438, 0},
	{"1 % x1000", dp.SGD{Rate: 0.01, Noise: 1.1, Steps: 1000}, 1.7118, 9.6, 1.5162, 1.51537, 1.3774},
	{"1 % x6000", dp.SGD{Rate: 0.01, Noise: 1.1, Steps: 6000}, 4.2466, 5.6, 3.9024, 3.89977, 3.7682},
	{"abadi", dp.SGD{Rate: 0.01, Noise: 4, Steps: 10000}, 1.0355, 17, 0.9600, 0.94700, 0.9424},
	{"0.1 %", dp.SGD{Rate: 0.001, Noise: 0.8, Steps: 10000}, 1.3838, 8.2, 0.7958, 0.78252, 0.7025},
	{"60 epochs", dp.SGD{Rate: 256. / 60000, Noise: 1.1, Steps: 14062}, 2.5966, 8.1, 2.3905, 2.38169, 2.3243},
	{"digits 1", dp.SGD{Rate: 64. / 1437, Noise: 1, Steps: 1347}, 12.3719, 2.8, 11.3717, 11.37143, 10.8864},
	{"digits 2", dp.SGD{Rate: 64. / 1437, Noise: 2, Steps: 1347}, 4.1603, 5.8, 3.8291, 3.82848, 3.7337},
}

// same compares to the digits printed.
func same(t *testing.T, what string, got, want, digit float64) {
	t.Helper()
	if !(math.Abs(got-want) <= 0.51*digit) {
		t.Errorf("%s = %.6f, want %v", what, got, want)
	}
}

func TestAccountants(t *testing.T) {
	const delta = 1e-5
	for _, a := range anchors {
		t.Run(a.name, func(t *testing.T) {
			eps, order := a.s.RDP(delta, dp.Orders())
			same(t, "RDP", eps, a.rdp, 1e-4)
			same(t, "order", order, a.order, 1e-9)
			if a.clt > 0 {
				same(t, "CLT", a.s.CLT(delta), a.clt, 1e-4)
			}
			coarse, err := a.s.PLD(1e-3)
			if err != nil {
				t.Fatal(err)
			}
			same(t, "PLD of 1e-3", coarse.Epsilon(delta), a.coarse, 1e-4)
			fine, err := a.s.PLD(1e-4)
			if err != nil {
				t.Fatal(err)
			}
			same(t, "PLD of 1e-4", fine.Epsilon(delta), a.fine, 2e-5) // one more or less in the last digit
			if got := fine.Delta(fine.Epsilon(delta)); math.Abs(got-delta) > 1e-9 {
				t.Errorf("Delta(Epsilon(%v)) = %v", delta, got)
			}
			if a.s.Rate == 1 {
				mu := math.Sqrt(float64(a.s.Steps)) / a.s.Noise
				same(t, "Gaussian", dp.Gaussian(mu, delta), a.fine, 1e-5)
				if fine.Epsilon(delta) < dp.Gaussian(mu, delta) {
					t.Error("the bound is below the truth")
				}
			}
		})
	}
}

// Whole orders only give another bound; that is where two accountants of the
// same theory differ.
func TestRDPOrders(t *testing.T) {
	s := dp.SGD{Rate: 64. / 1437, Noise: 1, Steps: 1347}
	got, order := s.RDP(1e-5, []float64{0.5, 1, 2, 3, 4})
	if want, _ := s.RDP(1e-5, dp.Orders()); got <= want || order != 3 {
		t.Errorf("RDP of whole orders = %v at %v, want more than %v at 3", got, order, want)
	}
	if got, _ := s.RDP(1e-5, nil); !math.IsInf(got, 1) {
		t.Errorf("RDP of no orders = %v, want +Inf", got)
	}
	// Two methods, one for whole orders and one for the others, meet.
	a, _ := s.RDP(1e-5, []float64{7})
	b, _ := s.RDP(1e-5, []float64{7 + 1e-9})
	if math.Abs(a-b) > 1e-6 {
		t.Errorf("RDP at order 7 is %v, and %v beside it", a, b)
	}
}

func TestPLDIsAbove(t *testing.T) {
	// One step has a closed form: the first of the two directions is the worse.
	s := dp.SGD{Rate: 0.2, Noise: 0.9, Steps: 1}
	p, err := s.PLD(1e-2)
	if err != nil {
		t.Fatal(err)
	}
	tail := func(x float64) float64 { return math.Erfc(x/math.Sqrt2) / 2 }
	for _, eps := range []float64{0.013, 0.5, 1.239, 2} {
		x := s.Noise*s.Noise*math.Log((math.Exp(eps)-1+s.Rate)/s.Rate) + 0.5
		want := (1-s.Rate)*tail(x/s.Noise) + s.Rate*tail((x-1)/s.Noise) - math.Exp(eps)*tail(x/s.Noise)
		if got := p.Delta(eps); got < want-1e-14 || got > want+2e-5 {
			t.Errorf("Delta(%v) = %v, want a little more than %v", eps, got, want)
		}
	}
}

func TestAllows(t *testing.T) {
	// The best test of a Gaussian mechanism has the rates of two bells one apart.
	p, err := dp.SGD{Rate: 1, Noise: 1, Steps: 1}.PLD(1e-3)
	if err != nil {
		t.Fatal(err)
	}
	tail := func(x float64) float64 { return math.Erfc(x/math.Sqrt2) / 2 }
	for _, x := range []float64{-1, 0, 0.5, 1, 3} {
		tpr, fpr := tail(x-1), tail(x)
		if !p.Allows(tpr, fpr) {
			t.Errorf("Allows(%v, %v) = false for the best test there is", tpr, fpr)
		}
		if p.Allows(tpr+0.001, fpr) || p.Allows(tpr, fpr*0.98-0.001) {
			t.Errorf("Allows(%v, %v) = true for better than the best", tpr+0.001, fpr)
		}
	}
}

func TestLowerBound(t *testing.T) {
	for _, c := range []struct {
		tp, fp int
		want   float64
	}{{500, 0, 4.846}, {990, 0, 5.586}, {84, 1, 2.497}, {900, 100, 1.990}, {500, 500, 0}, {100, 900, 0}} {
		same(t, "LowerBound", dp.LowerBound(c.tp, 1000, c.fp, 1000, 1e-5, 0.95), c.want, 1e-3)
	}
	// The other orientation: nobody who is in is missed.
	if got := dp.LowerBound(1000, 1000, 500, 1000, 0, 0.95); got < 4.8 {
		t.Errorf("LowerBound of a test that misses nobody = %v, want more than 4.8", got)
	}
	if got := dp.LowerBound(5, 4, 0, 4, 0, 0.95); !math.IsNaN(got) {
		t.Errorf("LowerBound(5 of 4) = %v, want NaN", got)
	}
}

func TestOneRun(t *testing.T) {
	for _, c := range []struct {
		m, r, v        int
		zero, positive float64
	}{
		{100, 100, 100, 3.4930, 3.4902},
		{1000, 100, 100, 3.4930, 3.4654},
		{1000, 100, 95, 2.1724, 2.1652},
		{1000, 1000, 600, 0.2975, 0.2972},
		{1000, 1000, 700, 0.7320, 0.7317},
		{1000, 1000, 1000, 5.8091, 5.7823},
		{5000, 500, 480, 2.7950, 2.7830},
		{10000, 1000, 990, 4.0632, 4.0212},
		{300, 60, 55, 1.6051, 1.6028},
		{300, 60, 60, 2.9721, 2.9637},
	} {
		same(t, "OneRun at 0", dp.OneRun(c.m, c.r, c.v, 0, 0.95), c.zero, 1e-4)
		same(t, "OneRun at 1e-5", dp.OneRun(c.m, c.r, c.v, 1e-5, 0.95), c.positive, 1e-4)
	}
	if got := dp.OneRun(100, 50, 25, 0, 0.95); got != 0 {
		t.Errorf("OneRun of chance = %v, want 0", got)
	}
	if got := dp.OneRunP(10, 5, 0, 1, 0); got != 1 {
		t.Errorf("OneRunP of no right guess = %v, want 1", got)
	}
	for _, got := range []float64{dp.OneRunP(0, 0, 0, 1, 0), dp.OneRunP(5, 6, 1, 1, 0), dp.OneRunP(5, 3, 4, 1, 0), dp.OneRunP(5, 3, 1, -1, 0), dp.OneRun(5, 3, 1, 0, 1)} {
		if !math.IsNaN(got) {
			t.Errorf("out of range: got %v, want NaN", got)
		}
	}
}

// A private guesser is not accused more often than promised.
func TestOneRunIsValid(t *testing.T) {
	const m, eps, runs = 200, 1.0, 400
	rng := rand.New(rand.NewPCG(1, 2))
	accused := 0
	for range runs {
		right := 0
		for range m {
			if rng.Float64() < 1/(1+math.Exp(-eps)) { // randomized response is the worst case
				right++
			}
		}
		if dp.OneRun(m, m, right, 0, 0.95) > eps {
			accused++
		}
	}
	if accused > 35 || accused == 0 { // 20 expected
		t.Errorf("%d of %d private runs accused, want about 5%%", accused, runs)
	}
}

func TestParameters(t *testing.T) {
	for _, s := range []dp.SGD{{0, 1, 1}, {1.1, 1, 1}, {math.NaN(), 1, 1}, {0.5, 0, 1}, {0.5, math.Inf(1), 1}, {0.5, 1, 0}} {
		if _, err := s.PLD(1e-3); !errors.Is(err, dp.ErrParameter) {
			t.Errorf("PLD of %+v: error %v, want ErrParameter", s, err)
		}
		if eps, _ := s.RDP(1e-5, dp.Orders()); !math.IsNaN(eps) {
			t.Errorf("RDP of %+v = %v, want NaN", s, eps)
		}
		if eps := s.CLT(1e-5); !math.IsNaN(eps) {
			t.Errorf("CLT of %+v = %v, want NaN", s, eps)
		}
	}
	if _, err := (dp.SGD{Rate: 1, Noise: 0.001, Steps: 1}).PLD(1e-4); !errors.Is(err, dp.ErrParameter) {
		t.Errorf("a grid too large: error %v, want ErrParameter", err)
	}
	if _, err := (dp.SGD{Rate: 1, Noise: 1, Steps: 1}).PLD(0); !errors.Is(err, dp.ErrParameter) {
		t.Errorf("no grid: error %v, want ErrParameter", err)
	}
	for _, got := range []float64{dp.Gaussian(0, 0.1), dp.Gaussian(1, 0), dp.Gaussian(1, 1), dp.Gaussian(math.NaN(), 0.5)} {
		if !math.IsNaN(got) {
			t.Errorf("Gaussian out of range = %v, want NaN", got)
		}
	}
	if got := dp.Gaussian(0.01, 0.1); got != 0 {
		t.Errorf("Gaussian(0.01, 0.1) = %v, want 0", got)
	}
	p, err := dp.SGD{Rate: 0.5, Noise: 0.2, Steps: 2000}.PLD(0.1)
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Epsilon(1e-16); !math.IsInf(got, 1) {
		t.Errorf("Epsilon below the rounding = %v, want +Inf", got)
	}
}

func BenchmarkPLD(b *testing.B) {
	for b.Loop() {
		p, err := dp.SGD{Rate: 0.01, Noise: 1.1, Steps: 1000}.PLD(1e-4)
		if err != nil {
			b.Fatal(err)
		}
		p.Epsilon(1e-5)
	}
}
