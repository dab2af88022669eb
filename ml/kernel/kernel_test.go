package kernel_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"quintain/ml/kernel"
)

// product multiplies by way of the packed form.
func product[T kernel.Float](a, b []T, m, n, k int) []T {
	l, r := make([]T, kernel.LeftSize(m, k)), make([]T, kernel.RightSize(k, n))
	kernel.PackLeft(l, a, m, k, k, 1)
	kernel.PackRight(r, b, k, n, n, 1)
	c := make([]T, m*n)
	kernel.Mul(c, n, m, n, k, l, r, false)
	return c
}

func random[T kernel.Float](n int, rng *rand.Rand) []T {
	s := make([]T, n)
	for i := range s {
		s[i] = T(rng.Float64()*2 - 1)
	}
	return s
}

// The sizes stand on, below and above every edge: tiles of 6 and 16, the
// unrolling by 4, and blocks of 256.
func TestMul(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, m := range []int{1, 5, 6, 7, 13} {
		for _, n := range []int{1, 15, 16, 17, 33} {
			for _, k := range []int{0, 1, 3, 4, 5, 64, 255, 256, 257, 600} {
				testMul[float32](t, m, n, k, 1e-6, rng)
				testMul[float64](t, m, n, k, 1e-14, rng)
			}
		}
	}
}

func testMul[T kernel.Float](t *testing.T, m, n, k int, tol float64, rng *rand.Rand) {
	t.Helper()
	a, b := random[T](m*k, rng), random[T](k*n, rng)
	c := product(a, b, m, n, k)
	for i := range m {
		for j := range n {
			var want float64
			for p := range k {
				want += float64(a[i*k+p]) * float64(b[p*n+j])
			}
			if got := float64(c[i*n+j]); math.Abs(got-want) > tol*float64(k+1) {
				t.Fatalf("%T %dx%dx%d: element (%d, %d) = %v, want %v", a, m, n, k, i, j, got, want)
			}
		}
	}
}

func TestMulAdds(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	const m, n, k = 7, 18, 5
	a, b := random[float32](m*k, rng), random[float32](k*n, rng)
	l, r := make([]float32, kernel.LeftSize(m, k)), make([]float32, kernel.RightSize(k, n))
	kernel.PackLeft(l, a, m, k, k, 1)
	kernel.PackRight(r, b, k, n, n, 1)
	c := make([]float32, m*n)
	kernel.Mul(c, n, m, n, k, l, r, false)
	once := append([]float32(nil), c...)
	kernel.Mul(c, n, m, n, k, l, r, true)
	for i := range c {
		if c[i] != 2*once[i] {
			t.Fatalf("element %d = %v after adding, want %v", i, c[i], 2*once[i])
		}
	}
}

// A row does not depend on where it stands or what is beside it.
func TestRowsAreIndependent(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	const m, n, k = 23, 37, 300
	a, b := random[float32](m*k, rng), random[float32](k*n, rng)
	all := product(a, b, m, n, k)
	for i := range m {
		alone := product(a[i*k:(i+1)*k], b, 1, n, k)
		for j := range n {
			if math.Float32bits(alone[j]) != math.Float32bits(all[i*n+j]) {
				t.Fatalf("row %d alone gives %v in column %d, among others %v", i, alone[j], j, all[i*n+j])
			}
		}
	}
}

func TestRightIndex(t *testing.T) {
	const k, n = 5, 35
	src := make([]float32, k*n)
	for i := range src {
		src[i] = float32(i + 1)
	}
	dst := make([]float32, kernel.RightSize(k, n))
	kernel.PackRight(dst, src, k, n, n, 1)
	for i := range k {
		for j := range n {
			if got, want := dst[kernel.RightIndex(i, j, k)], src[i*n+j]; got != want {
				t.Fatalf("element (%d, %d) is packed as %v, want %v", i, j, got, want)
			}
		}
	}
}

// BenchmarkSGEMM reports GFLOP/s with both operands packed.
func BenchmarkSGEMM(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, s := range [][3]int{{512, 512, 512}, {500, 128, 64}, {32, 196, 144}} {
		m, n, k := s[0], s[1], s[2]
		b.Run(fmt.Sprintf("%s/%dx%dx%d", kernel.Name(), m, n, k), func(b *testing.B) {
			l := random[float32](kernel.LeftSize(m, k), rng)
			r := random[float32](kernel.RightSize(k, n), rng)
			c := make([]float32, m*n)
			for b.Loop() {
				kernel.Mul(c, n, m, n, k, l, r, false)
			}
			b.ReportMetric(2*float64(m*n*k)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
	}
}
