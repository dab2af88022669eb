package relu

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"

	"quintain/attack/extraction"
	"quintain/ml"
)

var errSpent = errors.New("no queries left")

// A unit is a hyperplane at which log odds bend, in units of the ranges. The
// larger of its weights is 1.
type unit struct {
	w []float64
	b float64
}

func (h *unit) at(u []float64) float64 {
	s := h.b
	for i, v := range u {
		s += h.w[i] * v
	}
	return s
}

// A finder looks for units and keeps everything it was told.
type finder struct {
	tr    *extraction.Trial
	scale *extraction.Scale
	rng   *rand.Rand
	left  int
	units []*unit
	asked [][]float64
	odds  [][]float64
}

func abs(v float64) float64 { return math.Abs(v) }

func (f *finder) random(n int) [][]float64 {
	out := make([][]float64, n)
	for i := range out {
		for range f.scale.Used {
			out[i] = append(out[i], 2*f.rng.Float64()-1)
		}
	}
	return out
}

// askAll asks about several rows at once and returns their log odds.
func (f *finder) askAll(ctx context.Context, us [][]float64) ([][]float64, error) {
	if f.left < len(us) {
		return nil, errSpent
	}
	f.left -= len(us)
	x := ml.Batch{Dim: f.tr.Dim()}
	for _, u := range us {
		x.X = f.scale.Row(x.X, u)
	}
	flat, _, err := f.tr.Odds(ctx, x)
	if err != nil {
		return nil, err
	}
	k := f.tr.Classes - 1
	out := make([][]float64, len(us))
	for i := range us {
		out[i] = flat[i*k : (i+1)*k]
		for _, v := range out[i] {
			if math.IsInf(v, 0) {
				return nil, extraction.ErrUnfit
			}
		}
		// What single precision made of the row is what was asked about.
		f.asked, f.odds = append(f.asked, f.scale.Unit(nil, x.Row(i))), append(f.odds, out[i])
	}
	return out, nil
}

// A segment is part of a line from start along dir, with what is said at its
// ends.
type segment struct {
	t0, t1 float64
	f0, f1 []float64
}

const (
	noise  = 4e-6 // of an answer in single precision, and of what is computed for it
	narrow = 1e-3 // segments that are not cut further
)

// line looks for bends on a random line through the box.
func (f *finder) line(ctx context.Context) error {
	ends := f.random(2)
	at := func(t float64) []float64 {
		u := make([]float64, len(ends[0]))
		for i, v := range ends[0] {
			u[i] = v + t*(ends[1][i]-v)
		}
		return u
	}
	got, err := f.askAll(ctx, ends)
	if err != nil {
		return err
	}
	todo := []segment{{0, 1, got[0], got[1]}}
	for len(todo) > 0 {
		s := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		w := s.t1 - s.t0
		in, err := f.askAll(ctx, [][]float64{at(s.t0 + w/8), at(s.t1 - w/8)})
		if err != nil {
			return err
		}
		tol := noise * (1 + size(s.f0) + size(s.f1))
		t, bends := crossing(s, in, tol)
		if !bends {
			continue
		}
		if t > s.t0+w/8 && t < s.t1-w/8 {
			mid, err := f.askAll(ctx, [][]float64{at(t)})
			if err != nil {
				return err
			}
			if predicted(s, in, t, mid[0], 40*tol) {
				if err := f.bend(ctx, at(t), mid[0], tol); err != nil {
					return err
				}
				continue
			}
		}
		if w < narrow {
			continue
		}
		mid, err := f.askAll(ctx, [][]float64{at(s.t0 + w/2)})
		if err != nil {
			return err
		}
		todo = append(todo, segment{s.t0, s.t0 + w/2, s.f0, mid[0]}, segment{s.t0 + w/2, s.t1, mid[0], s.f1})
	}
	return nil
}

func size(v []float64) float64 {
	var m float64
	for _, x := range v {
		m = max(m, abs(x))
	}
	return m
}

// crossing extends s from both ends, as straight as it begins there, and
// returns where the extensions meet. It does not bend if they are one line.
func crossing(s segment, in [][]float64, tol float64) (t float64, bends bool) {
	h := (s.t1 - s.t0) / 8
	var num, den, miss float64
	for c := range s.f0 {
		m0, m1 := (in[0][c]-s.f0[c])/h, (s.f1[c]-in[1][c])/h
		// f0 + m0·(t-t0) = f1 + m1·(t-t1)
		gap := s.f1[c] - m1*(s.t1-s.t0) - s.f0[c]
		num, den = num+(m0-m1)*gap, den+(m0-m1)*(m0-m1)
		miss = max(miss, abs(s.f0[c]+m0*(s.t1-s.t0)-s.f1[c]), abs(m0-m1)*h)
	}
	if miss < 40*tol || den == 0 {
		return 0, false
	}
	return s.t0 + num/den, true
}

// predicted reports whether what is said at t is where the extensions meet, so
// that there is one bend.
func predicted(s segment, in [][]float64, t float64, got []float64, tol float64) bool {
	h := (s.t1 - s.t0) / 8
	for c, v := range got {
		if abs(s.f0[c]+(in[0][c]-s.f0[c])/h*(t-s.t0)-v) > tol {
			return false
		}
	}
	return true
}

// bend measures the unit that bends at u, unless it is known. Second
// differences along a feature give the size of its weight, and those along two
// features at once whether the signs agree.
func (f *finder) bend(ctx context.Context, u, fu []float64, tol float64) error {
	for _, h := range f.units {
		if abs(h.at(u)) < 0.01*h.length() {
			return nil
		}
	}
	n := len(u)
	alone := make([][2]int, n)
	for i := range alone {
		alone[i] = [2]int{i, -1}
	}
	s, err := f.second(ctx, u, fu, alone)
	if err != nil {
		return err
	}
	k := len(fu)
	out, big := loudest(s, k)
	top := s[big*k+out]
	if abs(top)*step < 40*tol {
		return nil
	}
	var pairs [][2]int
	for i := range n {
		if i != big {
			pairs = append(pairs, [2]int{big, i})
		}
	}
	both, err := f.second(ctx, u, fu, pairs)
	if err != nil {
		return err
	}
	h := &unit{w: make([]float64, n)}
	h.w[big] = 1
	for p, d := range pairs {
		size := max(0, s[d[1]*k+out]/top)
		sum := both[p*k+out] / top // |1 + w|
		if abs(sum-1-size) > abs(sum-1+size) {
			size = -size
		}
		h.w[d[1]] = size
	}
	h.b = -h.at(u)
	if !slices.ContainsFunc(f.units, h.like) {
		f.units = append(f.units, h)
	}
	return nil
}

// step is how far second differences reach.
const step = 0.03

// second returns the second differences at u, where fu is said, along each of
// dirs: one feature, or two at once.
func (f *finder) second(ctx context.Context, u, fu []float64, dirs [][2]int) ([]float64, error) {
	var ask [][]float64
	for _, d := range dirs {
		for _, sign := range []float64{step, -step} {
			v := slices.Clone(u)
			v[d[0]] += sign
			if d[1] >= 0 {
				v[d[1]] += sign
			}
			ask = append(ask, v)
		}
	}
	got, err := f.askAll(ctx, ask)
	if err != nil {
		return nil, err
	}
	out := make([]float64, 0, len(dirs)*len(fu))
	for i := range dirs {
		for c, v := range fu {
			out = append(out, (got[2*i][c]+got[2*i+1][c]-2*v)/step)
		}
	}
	return out, nil
}

// like reports whether two measurements are of one hyperplane.
func (h *unit) like(g *unit) bool {
	var dot float64
	for i, v := range h.w {
		dot += v * g.w[i]
	}
	lh, lg := h.length(), g.length()
	cos := dot / (lh * lg)
	if cos < 0 {
		return cos < -0.9995 && abs(h.b/lh+g.b/lg) < 0.02
	}
	return cos > 0.9995 && abs(h.b/lh-g.b/lg) < 0.02
}

// loudest returns the output and the feature with the largest bend.
func loudest(s []float64, k int) (out, feature int) {
	best := 0
	for i, v := range s {
		if abs(v) > abs(s[best]) {
			best = i
		}
	}
	return best % k, best / k
}

// length returns the length of the weights of h.
func (h *unit) length() float64 {
	var s float64
	for _, v := range h.w {
		s += v * v
	}
	return math.Sqrt(s)
}
