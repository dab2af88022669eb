package graph

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// naive is a convolution as it is defined, of one group and square windows.
func naive(x, w, b []float64, xs, ws [4]int, stride, pad int) []float64 {
	oh, ow := (xs[2]+2*pad-ws[2])/stride+1, (xs[3]+2*pad-ws[3])/stride+1
	var out []float64
	for n := range xs[0] {
		for o := range ws[0] {
			for y := range oh {
				for z := range ow {
					sum := b[o]
					for c := range ws[1] {
						for ky := range ws[2] {
							for kx := range ws[3] {
								iy, ix := y*stride-pad+ky, z*stride-pad+kx
								if iy >= 0 && iy < xs[2] && ix >= 0 && ix < xs[3] {
									sum += x[((n*xs[1]+c)*xs[2]+iy)*xs[3]+ix] * w[((o*ws[1]+c)*ws[2]+ky)*ws[3]+kx]
								}
							}
						}
					}
					out = append(out, sum)
				}
			}
		}
	}
	return out
}

func doubles(x []float32) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = float64(v)
	}
	return out
}

// Images and channels that are larger than the blocks in which products are
// made. A convolution is linear, so its gradient is right if and only if
// ⟨dy, conv x⟩ = ⟨dx, x⟩ for all x and dy.
func TestConvLarge(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	for _, c := range []struct {
		x, w        [4]int
		stride, pad int
	}{
		{[4]int{1, 3, 32, 32}, [4]int{16, 3, 3, 3}, 1, 1},   // scattered
		{[4]int{2, 12, 30, 32}, [4]int{33, 12, 3, 3}, 1, 1}, // shifted, 297 products
		{[4]int{1, 8, 64, 64}, [4]int{8, 8, 4, 4}, 2, 1},
		{[4]int{1, 40, 17, 33}, [4]int{7, 40, 3, 3}, 1, 0}, // 360 products
		{[4]int{1, 2, 1, 700}, [4]int{3, 2, 1, 5}, 1, 0},
	} {
		w, b := numbers(c.w[:]...), numbers(c.w[0])
		s, p := int64(c.stride), int64(c.pad)
		u := use{op: "Conv", inputs: []string{"x", "w", "b"}, consts: map[string]*Tensor{"w": w, "b": b}, attr: map[string]Attr{
			"strides": list(s, s), "pads": list(p, p, p, p),
		}}
		prog, err := compile[float64](u.graph(), "x", c.x[:], "y", limits{values: 1 << 24, work: 1 << 30}, nil)
		if err != nil {
			t.Fatal(err)
		}
		m := newMachine(prog)
		for i := range m.val[0] {
			m.val[0][i] = rng.Float64()*2 - 1
		}
		y, err := m.forward(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want := naive(m.val[0], doubles(w.Float), doubles(b.Float), c.x, c.w, c.stride, c.pad)
		dy := make([]float64, len(y))
		var left, right float64
		plane := len(y) / c.x[0] / c.w[0]
		for i, v := range y {
			if math.Abs(v-want[i]) > 1e-11 {
				t.Fatalf("%v: element %d = %v, want %v", c, i, v, want[i])
			}
			dy[i] = rng.Float64()*2 - 1
			left += dy[i] * (v - float64(b.Float[i/plane%c.w[0]]))
		}
		dx, err := m.backward(t.Context(), func(dout []float64) { copy(dout, dy) })
		if err != nil {
			t.Fatal(err)
		}
		for i, d := range dx {
			right += d * m.val[0][i]
		}
		if math.Abs(left-right) > 1e-9*(1+math.Abs(left)) {
			t.Errorf("%v: ⟨dy, conv x⟩ = %v, but ⟨dx, x⟩ = %v", c, left, right)
		}
	}
}

// BenchmarkConv reports GFLOP/s of forward and backward runs together: for
// gradients that are scattered, gradients that are shifted, and a stride of 2.
func BenchmarkConv(b *testing.B) {
	for _, c := range []struct{ in, out, side, stride int }{{3, 32, 32, 1}, {32, 64, 16, 1}, {16, 32, 64, 2}} {
		u := use{
			op: "Conv", x: []int{4, c.in, c.side, c.side}, inputs: []string{"x", "w"},
			consts: map[string]*Tensor{"w": numbers(c.out, c.in, 3, 3)},
			attr:   map[string]Attr{"pads": list(1, 1, 1, 1), "strides": list(int64(c.stride), int64(c.stride))},
		}
		p, err := compile[float32](u.graph(), "x", u.x, "y", limits{values: 1 << 24, work: 1 << 30}, nil)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("%dx%dx%dto%dby%d", c.in, c.side, c.side, c.out, c.stride), func(b *testing.B) {
			m := newMachine(p)
			for b.Loop() {
				if _, err := m.forward(b.Context()); err != nil {
					b.Fatal(err)
				}
				if _, err := m.backward(b.Context(), func(dout []float32) { fill(dout, 1) }); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(2*2*9*float64(size(p.out.shape)*c.in)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
	}
}
