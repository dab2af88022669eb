package ml_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"quintain/ml"
)

// The gradient is a positive multiple of that of the cross-entropy wherever the
// latter can be told from zero.
func TestCrossEntropyDirection(t *testing.T) {
	for _, z := range [][]float32{{0, 0}, {1, 2, 3}, {5, -1, 0.5, 2}, {-3, 8, 8, 1, 0}} {
		for y := range z {
			var sum float64
			for _, v := range z {
				sum += math.Exp(float64(v))
			}
			wrong := 1 - math.Exp(float64(z[y]))/sum // the probability of all other classes
			dz := make([]float32, len(z))
			loss := ml.CrossEntropy(z, y, dz)
			if want := math.Log(wrong / (1 - wrong)); math.Abs(loss-want) > 1e-6 {
				t.Errorf("CrossEntropy(%v, %d) = %v, want the log odds %v", z, y, loss, want)
			}
			for j, v := range z {
				want := math.Exp(float64(v)) / sum
				if j == y {
					want--
				}
				if got := float64(dz[j]) * wrong; math.Abs(got-want) > 1e-6 {
					t.Errorf("CrossEntropy(%v, %d): gradient %d is %v after scaling, want %v", z, y, j, got, want)
				}
			}
		}
	}
}

// In single precision the plain cross-entropy of these logits is zero, and so
// is its gradient.
func TestCrossEntropyDoesNotVanish(t *testing.T) {
	dz := make([]float32, 3)
	ml.CrossEntropy([]float32{3000, -2000, 1000}, 0, dz)
	if !slices.Equal(dz, []float32{-1, 0, 1}) {
		t.Errorf("gradient %v, want [-1 0 1]", dz)
	}
}

func TestRunner(t *testing.T) {
	z := []float32{3, 7, 7, 1}
	for _, c := range []struct{ y, rank, want int }{{0, 0, 1}, {0, 1, 2}, {0, 2, 3}, {1, 0, 2}, {1, 1, 0}, {3, 2, 0}} {
		if got := ml.Runner(z, c.y, c.rank); got != c.want {
			t.Errorf("Runner(%v, %d, %d) = %d, want %d", z, c.y, c.rank, got, c.want)
		}
	}
	dz := make([]float32, 4)
	if got := ml.Margin(z, 0, dz); got != 4 || !slices.Equal(dz, []float32{-1, 1, 0, 0}) {
		t.Errorf("Margin = %v with gradient %v, want 4 and [-1 1 0 0]", got, dz)
	}
}

func TestArgmax(t *testing.T) {
	nan := float32(math.NaN())
	for _, c := range []struct {
		z    []float32
		want int
	}{{[]float32{1, 3, 3}, 1}, {[]float32{-1}, 0}, {[]float32{1, nan}, -1}, {[]float32{nan, 1}, -1}} {
		if got := ml.Argmax(c.z); got != c.want {
			t.Errorf("Argmax(%v) = %d, want %d", c.z, got, c.want)
		}
	}
}

func TestBatch(t *testing.T) {
	b := ml.Batch{X: []float32{1, 2, 3, 4, 5, 6}, Dim: 2, Y: []int32{0, 1, 2}}
	p := b.Pick([]int{2, 0})
	if !slices.Equal(p.X, []float32{5, 6, 1, 2}) || !slices.Equal(p.Y, []int32{2, 0}) {
		t.Errorf("Pick = %v", p)
	}
	c := b.Clone()
	c.X[0], c.Y[0] = 9, 9
	if b.X[0] != 1 || b.Y[0] != 0 {
		t.Error("Clone shares memory")
	}
	for _, c := range []struct {
		spec ml.Spec
		want string
	}{
		{ml.Spec{Shape: []int{1, 2}, Classes: 3}, ""},
		{ml.Spec{Shape: []int{3}, Classes: 3}, "rows of 2 features for a model that takes 3"},
		{ml.Spec{Shape: []int{2}, Classes: 2}, "row 2 has label 2, but the model knows classes 0 to 1"},
	} {
		err := b.Check(c.spec)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("Check(%v) = %v, want %q", c.spec, err, c.want)
		}
	}
	b.X = b.X[:5]
	if err := b.Check(ml.Spec{Shape: []int{2}, Classes: 3}); err == nil {
		t.Error("Check takes five values for rows of two")
	}
}
