package kernel_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
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

// The sizes stand on, below and above every edge: tiles of 4, 6 and 16, the
// unrolling by 4, and blocks of 256.
func TestMul(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, m := range []int{1, 4, 5, 6, 7, 8, 10, 13} {
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

// Operands that are not packed, and overlap, give what packed ones give, to the
// bit.
func TestScattered(t *testing.T) {
	testScattered[float32](t)
	testScattered[float64](t)
}

func testScattered[T kernel.Float](t *testing.T) {
	t.Helper()
	rng := rand.New(rand.NewPCG(4, 4))
	for _, s := range [][3]int{{1, 1, 1}, {7, 17, 5}, {6, 32, 300}, {13, 40, 256}, {12, 16, 9}} {
		m, n, k := s[0], s[1], s[2]
		places := func(count, below int) []int {
			p := make([]int, count)
			for i := range p {
				p[i] = rng.IntN(below)
			}
			return p
		}
		from := random[T](400, rng)
		check := func(name string, want []T, multiply func(c []T, add bool)) {
			t.Helper()
			got := make([]T, m*n)
			multiply(got, false)
			for i := range got {
				if got[i] != want[i] {
					t.Fatalf("%T %v: element %d by %s = %v, want %v", got, s, i, name, got[i], want[i])
				}
			}
			multiply(got, true)
			for i := range got {
				if k <= 256 && got[i] != 2*want[i] {
					t.Fatalf("%T %v: element %d by %s after adding = %v, want %v", got, s, i, name, got[i], 2*want[i])
				}
			}
		}

		a, rows, cols := random[T](m*k, rng), places(k, 200), places((n+15)/16*4, 190)
		b := make([]T, 0, k*n)
		for _, r := range rows {
			for j := range n {
				b = append(b, from[r+cols[j/kernel.Group]+j%kernel.Group])
			}
		}
		left := make([]T, kernel.LeftSize(m, k))
		kernel.PackLeft(left, a, m, k, k, 1)
		check("MulRight", product(a, b, m, n, k), func(c []T, add bool) {
			kernel.MulRight(c, n, m, n, left, from, kernel.NewLayout(rows, cols), add)
		})

		b, rows, cols = random[T](k*n, rng), places(m, 200), places(k, 200)
		a = a[:0]
		for _, r := range rows {
			for _, p := range cols {
				a = append(a, from[r+p])
			}
		}
		right := make([]T, kernel.RightSize(k, n))
		kernel.PackRight(right, b, k, n, n, 1)
		check("MulLeft", product(a, b, m, n, k), func(c []T, add bool) {
			kernel.MulLeft(c, n, n, from, kernel.NewLayout(rows, cols), right, add)
		})
	}
}

// However a matrix lies in memory, it is packed the same way.
func TestPack(t *testing.T) {
	testPack[float32](t)
	testPack[float64](t)
}

func testPack[T kernel.Float](t *testing.T) {
	t.Helper()
	rng := rand.New(rand.NewPCG(6, 6))
	for _, rows := range []int{1, 3, 4, 6, 7, 11, 16, 20, 21} {
		for _, cols := range []int{1, 2, 7, 8, 9, 16, 19} {
			src := random[T](rows*cols*2, rng)
			for _, s := range [][2]int{{cols, 1}, {1, rows}, {2 * cols, 2}, {cols + 3, 1}} {
				if (rows-1)*s[0]+(cols-1)*s[1] >= len(src) {
					continue
				}
				left, right := make([]T, kernel.LeftSize(rows, cols)), make([]T, kernel.RightSize(rows, cols))
				for i := range right {
					right[i] = 9
				}
				for i := range left {
					left[i] = 9
				}
				kernel.PackLeft(left, src, rows, cols, s[0], s[1])
				kernel.PackRight(right, src, rows, cols, s[0], s[1])
				at := func(i, j int) T {
					if i < rows && j < cols {
						return src[i*s[0]+j*s[1]]
					}
					return 0
				}
				heights := map[int][]int{1: {4}, 3: {4}, 4: {4}, 6: {6}, 7: {4, 4}, 11: {6, 6}, 16: {6, 6, 4}, 20: {6, 6, 4, 4}, 21: {6, 6, 6, 4}}[rows]
				rest := left
				for first := 0; len(rest) > 0; {
					h := heights[0]
					for i, got := range rest[:h*cols] {
						if want := at(first+i%h, i/h); got != want {
							t.Fatalf("%T %dx%d by %v: element %d of panel %d of the left operand = %v, want %v", src, rows, cols, s, i, first, got, want)
						}
					}
					rest, heights, first = rest[h*cols:], heights[1:], first+h
				}
				if len(heights) > 0 {
					t.Fatalf("%d rows: panels %v are missing", rows, heights)
				}
				for i, got := range right {
					panel, p, l := i/(16*rows), i/16%rows, i%16
					if want := at(p, panel*16+l); got != want {
						t.Fatalf("%T %dx%d by %v: element %d of the right operand = %v, want %v", src, rows, cols, s, i, got, want)
					}
				}
			}
		}
	}
}

// Lines of every length are copied and added whole, and nothing between them.
func TestLines(t *testing.T) {
	testLines[float32](t)
	testLines[float64](t)
}

func testLines[T kernel.Float](t *testing.T) {
	t.Helper()
	rng := rand.New(rand.NewPCG(7, 7))
	for n := range 30 {
		for lines := range 4 {
			ld, ls := n+rng.IntN(4), n+rng.IntN(4)
			src, dst := random[T](lines*ls+1, rng), random[T](lines*ld+1, rng)
			copied, added := slices.Clone(dst), slices.Clone(dst)
			kernel.CopyLines(copied, ld, src, ls, lines, n)
			kernel.AddLines(added, ld, src, ls, lines, n)
			for i, was := range dst {
				want, more := was, was
				if ld > 0 && i/ld < lines && i%ld < n {
					want = src[i/ld*ls+i%ld]
					more = was + want
				}
				if copied[i] != want || added[i] != more {
					t.Fatalf("%T, %d lines of %d: element %d = %v and %v, want %v and %v", src, lines, n, i, copied[i], added[i], want, more)
				}
			}
		}
	}
}

func TestSum(t *testing.T) {
	for n := range 20 {
		x := make([]float32, n)
		want, length := float32(0), 0.0
		for i := range x {
			x[i] = float32(i*i) - 7
			want += x[i]
			length += float64(x[i]) * float64(x[i])
		}
		if got := kernel.Sum(x); got != want {
			t.Errorf("the sum of %v = %v, want %v", x, got, want)
		}
		if got := kernel.Square(x); got != length {
			t.Errorf("the squared length of %v = %v, want %v", x, got, length)
		}
		scaled := slices.Clone(x)
		kernel.Scale(scaled, 3)
		for i, v := range x {
			if scaled[i] != 3*v {
				t.Errorf("3 times %v = %v", v, scaled[i])
			}
		}
	}
}

// A step is the formula of the paper, and the first elements, of which eight are
// done together, are treated as the last.
func TestAdam(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	const n = 21
	w, g, m, v := random[float32](n, rng), random[float32](n, rng), random[float32](n, rng), random[float32](n, rng)
	r := kernel.AdamRates{Take: 0.1, KeepSquare: 0.75, TakeSquare: 0.25, Share: 0.5, Decay: 0.125, Rate: 0.01, Root: 1.5, Floor: 1e-8}
	for i := range v {
		v[i] *= v[i]
		if j := i - 13; j >= 0 { // the same numbers again, beyond the eights
			w[i], g[i], m[i], v[i] = w[j], g[j], m[j], v[j]
		}
	}
	w0, m0, v0 := slices.Clone(w), slices.Clone(m), slices.Clone(v)
	if bad := kernel.Adam(w, g, m, v, &r); bad != 0 {
		t.Errorf("good weights: %v, want 0", bad)
	}
	for i := range w {
		d := float64(g[i])*0.5 + 0.125*float64(w0[i])
		wantM := 0.9*float64(m0[i]) + 0.1*d
		wantV := 0.75*float64(v0[i]) + 0.25*d*d
		want := float64(w0[i]) - 0.01*wantM/(math.Sqrt(wantV)*1.5+1e-8)
		for _, p := range [][2]float64{{float64(w[i]), want}, {float64(m[i]), wantM}, {float64(v[i]), wantV}} {
			if math.Abs(p[0]-p[1]) > 1e-6*(1+math.Abs(p[1])) {
				t.Fatalf("element %d = %v, want %v", i, p[0], p[1])
			}
		}
		if j := i - 13; j >= 0 && (w[i] != w[j] || m[i] != m[j] || v[i] != v[j]) {
			t.Errorf("elements %d and %d of the same numbers: %v and %v", i, j, w[i], w[j])
		}
	}
	for i := range n {
		broken := slices.Clone(g)
		broken[i] = float32(math.NaN())
		if bad := kernel.Adam(slices.Clone(w), broken, slices.Clone(m), slices.Clone(v), &r); bad == bad {
			t.Errorf("weight %d is no number: %v, want NaN", i, bad)
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
	kernel.Mask(top, dst, x)
	for i, got := range top {
		want := T(0)
		if x[i] > 0 {
			want = dst[i]
		}
		if got != want {
			t.Errorf("%T: Mask of %v where %v = %v, want %v", x, dst[i], x[i], got, want)
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

// Two by two elements of images of every size become the largest of them, and its
// gradient goes back to where it came from.
func TestHalve(t *testing.T) {
	testHalve[float32](t)
	testHalve[float64](t)
}

func testHalve[T kernel.Float](t *testing.T) {
	t.Helper()
	rng := rand.New(rand.NewPCG(9, 9))
	odd := []T{T(math.NaN()), T(math.Inf(1)), T(math.Inf(-1)), 1, 1, T(math.Inf(-1))}
	for h := range 5 {
		for w := range 14 {
			wide := 2*w + rng.IntN(2)
			img := random[T](2*h*wide, rng)
			for i := range img {
				if k := rng.IntN(12); k < len(odd) {
					img[i] = odd[k]
				}
			}
			top, which := random[T](h*w, rng), random[T](h*w, rng)
			kernel.Halve(top, which, img, wide, h, w)
			d, back := random[T](h*w, rng), random[T](len(img), rng)
			want := slices.Clone(back)
			for i, got := range top {
				best, code := T(math.Inf(-1)), -1
				for k := range 4 {
					if v := img[(i/w*2+k/2)*wide+i%w*2+k%2]; v > best || v != v {
						best, code = v, k
					}
				}
				if got != best && best == best || best != best && got == got || which[i] != T(code) {
					t.Fatalf("%T, %dx%d of %d: element %d = %v by %v, want %v by %v", img, h, w, wide, i, got, which[i], best, code)
				}
				if code >= 0 {
					want[(i/w*2+code/2)*wide+i%w*2+code%2] += d[i]
				}
			}
			if kernel.Unhalve(back, d, which, wide, h, w); !slices.Equal(back, want) {
				t.Fatalf("%T, %dx%d of %d: gradient %v, want %v", img, h, w, wide, back, want)
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
