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

// Rows that are not packed, and overlap, give what packed ones give, to the bit.
func TestMulRows(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	for _, s := range [][3]int{{1, 1, 1}, {7, 17, 5}, {6, 32, 300}, {13, 40, 256}} {
		m, n, k := s[0], s[1], s[2]
		a, b := random[float32](m*k, rng), random[float32](k+n+kernel.Lanes, rng)
		rows, flat := make([]int, k), make([]float32, 0, k*n)
		for i := range rows {
			rows[i] = rng.IntN(k)
			flat = append(flat, b[rows[i]:rows[i]+n]...)
		}
		want := product(a, flat, m, n, k)
		l := make([]float32, kernel.LeftSize(m, k))
		kernel.PackLeft(l, a, m, k, k, 1)
		got := make([]float32, m*n)
		kernel.MulRows(got, n, m, n, l, b, rows, false)
		for i := range got {
			if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
				t.Fatalf("%v: element %d = %v, want %v", s, i, got[i], want[i])
			}
		}
	}
}

// The vector loops take eight elements at a time; what is left over is done
// the same way, and so is double precision.
func TestVectors(t *testing.T) {
	testVectors[float32](t)
	testVectors[float64](t)
}

func testVectors[T kernel.Float](t *testing.T) {
	t.Helper()
	nan := T(math.NaN())
	pattern := []T{-1, 0, 2, nan, T(math.Inf(1)), -3, 0.5, 0.25, -0.5}
	n := 3 * len(pattern)
	x, dst, top, which := make([]T, n), make([]T, n), make([]T, n), make([]T, n)
	for i := range x {
		x[i] = pattern[i%len(pattern)]
	}
	kernel.Rectify(dst, x, 1)
	for i, got := range dst {
		if want := max(x[i]+1, 0); got != want && (got == got || want == want) {
			t.Errorf("%T: Rectify of %v and 1 = %v, want %v", x, x[i], got, want)
		}
	}
	kernel.Gate(top, dst, x)
	for i, got := range top {
		want := T(0)
		if x[i] > 0 {
			want = dst[i]
		}
		if got != want {
			t.Errorf("%T: Gate of %v where %v = %v, want %v", x, dst[i], x[i], got, want)
		}
	}
	clear(top)
	kernel.Raise(top, which, x, 7)
	kernel.Raise(top, which, make([]T, n), 8)
	for i, v := range x {
		raised := v > 0 || v != v
		if got := which[i] == 7; got != raised || raised && top[i] != v && v == v || !raised && top[i] != 0 {
			t.Errorf("%T: Raise of 0 to %v gives %v, by %v", x, v, top[i], which[i])
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
