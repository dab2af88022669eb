package screen

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"quintain/ml"
	"quintain/ml/train"
)

// A Mask is the smallest change found that turns rows of all classes into one.
type Mask struct {
	Target  int
	Share   []float32 // of each feature that the pattern replaces, from 0 to 1
	Pattern []float32
	Size    float64 // sum of Share
	Flips   float64 // share of the rows that it turns
	Index   float64 // how far below the median of all classes the size is, in deviations; negative if above
}

// ReverseOptions say how hard [Reverse] tries; zeros are its defaults.
type ReverseOptions struct {
	Steps     int     // 300
	Rows      int     // drawn for every step; 128
	Weight    float64 // of the size of the mask against the loss; 0.02
	Seed      uint64
	Low, High []float32 // the range of each feature; from 0 to 1 if nil
}

// Anomalous is the index above which Neural Cleanse calls a class backdoored.
const Anomalous = 2

// Reverse looks for a backdoor in a model by Neural Cleanse (Wang et al.,
// 2019): for each class the smallest mask and pattern that turn the rows of b,
// which are clean, into that class. A class whose mask is far smaller than
// those of most others has a shortcut. With few classes the median means
// little; then compare the sizes.
func Reverse(ctx context.Context, m ml.Model, b ml.Batch, o ReverseOptions) ([]Mask, error) {
	if o.Steps == 0 {
		o.Steps = 300
	}
	if o.Rows == 0 {
		o.Rows = 128
	}
	if o.Weight == 0 {
		o.Weight = 0.02
	}
	if o.Low == nil && o.High == nil {
		o.Low, o.High = make([]float32, b.Dim), slices.Repeat([]float32{1}, b.Dim)
	}
	if b.Rows() == 0 || len(o.Low) != b.Dim || len(o.High) != b.Dim {
		return nil, fmt.Errorf("%d clean rows, and ranges of %d and %d features; want rows, and %d", b.Rows(), len(o.Low), len(o.High), b.Dim)
	}
	out := make([]Mask, m.Spec().Classes)
	for y := range out {
		s := &search{m: m, b: b, o: o, y: y, rng: rand.New(rand.NewPCG(o.Seed, uint64(y)))}
		var err error
		if out[y], err = s.run(ctx); err != nil {
			return nil, err
		}
	}
	index(out)
	return out, nil
}

// index compares the sizes of masks.
func index(masks []Mask) {
	var sizes []float64
	for _, m := range masks {
		sizes = append(sizes, m.Size)
	}
	for i, z := range deviations(sizes) {
		masks[i].Index = -z
	}
}

// deviations returns how far each number is above the median of all, in median
// absolute deviations, scaled so that they are standard deviations for normal
// numbers; zeros if those are zero.
func deviations(x []float64) []float64 {
	middle := median(x)
	var off []float64
	for _, v := range x {
		off = append(off, math.Abs(v-middle))
	}
	out := make([]float64, len(x))
	if spread := 1.4826 * median(off); spread > 0 {
		for i, v := range x {
			out[i] = (v - middle) / spread
		}
	}
	return out
}

func median(x []float64) float64 {
	x = slices.Sorted(slices.Values(x))
	if n := len(x); n > 0 {
		return (x[(n-1)/2] + x[n/2]) / 2
	}
	return 0
}

// A search looks for the mask of one class. Mask and pattern are functions of
// free numbers, so that they stay in their ranges.
type search struct {
	m   ml.Model
	b   ml.Batch
	o   ReverseOptions
	y   int
	rng *rand.Rand

	free, first, second []float64 // mask, then pattern; and Adam's moments
}

// rise maps a free number to one from 0 to 1, and returns the slope.
func rise(x float64) (y, slope float64) {
	t := math.Tanh(x)
	return (t + 1) / 2, (1 - t*t) / 2
}

func (s *search) run(ctx context.Context) (Mask, error) {
	d := s.b.Dim
	s.free, s.first, s.second = make([]float64, 2*d), make([]float64, 2*d), make([]float64, 2*d)
	for i := range s.free {
		s.free[i] = s.rng.NormFloat64() * 0.1
	}
	dx := make([]float32, s.o.Rows*d)
	for step := 1; step <= s.o.Steps; step++ {
		rows := make([]int, s.o.Rows)
		for i := range rows {
			rows[i] = s.rng.IntN(s.b.Rows())
		}
		clean := s.b.Pick(rows)
		mask := s.mask()
		if _, _, err := ml.LossGrad(ctx, s.m, mask.Stamp(clean), train.CrossEntropy, dx); err != nil {
			return Mask{}, err
		}
		s.update(step, s.gradient(clean, mask, dx))
	}
	mask := s.mask()
	for _, v := range mask.Share {
		mask.Size += float64(v)
	}
	x := mask.Stamp(s.b)
	z, err := s.m.Predict(ctx, x)
	if err != nil {
		return Mask{}, err
	}
	k := s.m.Spec().Classes
	for i := range x.Rows() {
		if ml.Argmax(z[i*k:(i+1)*k]) == s.y {
			mask.Flips += 1 / float64(x.Rows())
		}
	}
	return mask, nil
}

func (s *search) mask() Mask {
	m := Mask{Target: s.y}
	for j := range s.b.Dim {
		share, _ := rise(s.free[j])
		p, _ := rise(s.free[s.b.Dim+j])
		m.Share = append(m.Share, float32(share))
		m.Pattern = append(m.Pattern, s.o.Low[j]+(s.o.High[j]-s.o.Low[j])*float32(p))
	}
	return m
}

// Stamp returns a copy of b with the mask on all rows, labeled as its target.
func (m Mask) Stamp(b ml.Batch) ml.Batch {
	x := b.Clone()
	x.Y = make([]int32, b.Rows())
	for i := range x.Rows() {
		x.Y[i] = int32(m.Target)
		for j, v := range x.Row(i) {
			x.Row(i)[j] = v + m.Share[j]*(m.Pattern[j]-v)
		}
	}
	return x
}

// gradient returns that of the mean loss and the weighted size with respect to
// the free numbers.
func (s *search) gradient(clean ml.Batch, m Mask, dx []float32) []float64 {
	d := s.b.Dim
	g := make([]float64, 2*d)
	n := float64(clean.Rows())
	for i := range clean.Rows() {
		for j, v := range clean.Row(i) {
			w := float64(dx[i*d+j]) / n
			g[j] += w * float64(m.Pattern[j]-v)
			g[d+j] += w * float64(m.Share[j]) * float64(s.o.High[j]-s.o.Low[j])
		}
	}
	for j := range d {
		_, a := rise(s.free[j])
		_, b := rise(s.free[d+j])
		g[j] = (g[j] + s.o.Weight) * a
		g[d+j] *= b
	}
	return g
}

// update is a step of Adam with rate 0.1.
func (s *search) update(step int, g []float64) {
	const rate, b1, b2 = 0.1, 0.9, 0.999
	c1, c2 := 1-math.Pow(b1, float64(step)), 1-math.Pow(b2, float64(step))
	for i, v := range g {
		s.first[i] = b1*s.first[i] + (1-b1)*v
		s.second[i] = b2*s.second[i] + (1-b2)*v*v
		s.free[i] -= rate * s.first[i] / c1 / (math.Sqrt(s.second[i]/c2) + 1e-8)
	}
}

// Blend returns for every row of x the mean entropy, in nats, of what m says of
// it blended with clean rows drawn from b: the row and the clean row are added
// and cut off at high, the largest value of each feature (STRIP, Gao et al.,
// 2019). Rows that carry a trigger stay
// what they are whatever they are blended with, so their entropy is low.
func Blend(ctx context.Context, m ml.Oracle, x, b ml.Batch, blends int, high []float32, seed uint64) ([]float64, error) {
	k := m.Spec().Classes
	out := make([]float64, x.Rows())
	p := make([]float64, k)
	for i := range x.Rows() {
		rng := rand.New(rand.NewPCG(seed, uint64(i)))
		mix := ml.Batch{Dim: x.Dim}
		for range blends {
			clean := b.Row(rng.IntN(b.Rows()))
			for j, v := range x.Row(i) {
				mix.X = append(mix.X, min(v+clean[j], high[j]))
			}
		}
		z, err := m.Predict(ctx, mix)
		if err != nil {
			return nil, err
		}
		for r := range blends {
			softmax(p, z[r*k:(r+1)*k])
			for _, q := range p {
				if q > 0 {
					out[i] -= q * math.Log(q) / float64(blends)
				}
			}
		}
	}
	return out, nil
}
