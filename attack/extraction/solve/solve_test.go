package solve_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"quintain/attack/extraction/solve"
)

func TestLeastRecovers(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	const n, m, rows = 7, 2, 20
	want := make([]float64, n*m)
	for i := range want {
		want[i] = rng.NormFloat64()
	}
	var a, b []float64
	for range rows {
		row := make([]float64, n)
		for i := range row {
			row[i] = rng.NormFloat64()
		}
		a = append(a, row...)
		for c := range m {
			var s float64
			for i, v := range row {
				s += v * want[i*m+c]
			}
			b = append(b, s)
		}
	}
	got, err := solve.Least(a, b, n, m, 0)
	if err != nil {
		t.Fatal(err)
	}
	for i := range want {
		if math.Abs(got[i]-want[i]) > 1e-12 {
			t.Errorf("unknown %d is %v, want %v", i, got[i], want[i])
		}
	}
}

func TestSingular(t *testing.T) {
	if _, err := solve.Least([]float64{1, 2, 2, 4}, []float64{1, 2}, 2, 1, 0); !errors.Is(err, solve.ErrSingular) {
		t.Errorf("two equations that say the same give %v, want ErrSingular", err)
	}
	if _, err := solve.Least([]float64{1, 2, 3}, []float64{1}, 2, 1, 0); err == nil {
		t.Error("three numbers pass for rows of two")
	}
}

// TestSoftmaxRecovers fits probabilities that a known softmax gave; there is
// one optimum, and it is that softmax.
func TestSoftmaxRecovers(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 1))
	const n, k, rows = 4, 3, 60
	want := make([]float64, (n+1)*(k-1))
	for i := range want {
		want[i] = rng.NormFloat64()
	}
	var x, p []float64
	for range rows {
		row := make([]float64, n)
		for i := range row {
			row[i] = rng.NormFloat64()
		}
		x = append(x, row...)
		q := []float64{1, 0, 0}
		sum := 1.0
		for c := 1; c < k; c++ {
			s := want[(c-1)*(n+1)+n]
			for i, v := range row {
				s += want[(c-1)*(n+1)+i] * v
			}
			q[c] = math.Exp(s)
			sum += q[c]
		}
		for _, v := range q {
			p = append(p, v/sum)
		}
	}
	got, err := solve.Softmax(t.Context(), x, p, n, k, 0)
	if err != nil {
		t.Fatal(err)
	}
	for i := range want {
		if math.Abs(got[i]-want[i]) > 1e-5 {
			t.Errorf("weight %d is %v, want %v", i, got[i], want[i])
		}
	}
}
