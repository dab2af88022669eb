package badge

import (
	"context"
	"math"
	"math/rand/v2"
)

// An asker answers a question about an image, with nil if it refuses.
type asker func(ctx context.Context, x []float32) ([]float64, error)

// read returns the symbol that the middle of an image correlates with best.
func read(x []float32) int {
	best, at := math.Inf(-1), 0
	for s, on := range symbols {
		if r := alike(x, draw(on, nil)); r > best {
			best, at = r, s
		}
	}
	return at
}

// alike is the correlation of the middle of two images, lamps left out.
func alike(x, y []float32) float64 {
	var sx, sy, xx, yy, xy, n float64
	for i := range x {
		if r, c := i/side, i%side; r < 1 || r > side-2 || c < 3 || c > side-4 {
			continue
		}
		a, b := float64(x[i]), float64(y[i])
		n, sx, sy, xx, yy, xy = n+1, sx+a, sy+b, xx+a*a, yy+b*b, xy+a*b
	}
	v := (xx - sx*sx/n) * (yy - sy*sy/n)
	if v <= 0 {
		return 0
	}
	return (xy - sx*sy/n) / math.Sqrt(v)
}

// A thief is one way to find the symbols from answers.
type thief struct {
	name string
	find func(ctx context.Context, ask asker, floor float64, rng *rand.Rand) ([]int, error)
}

// calls is how many questions a thief has: one identity, one day.
const calls = 2000

// thieves are the built-in attackers. The first three show the list of
// symbols, each time with some lamps lit at random; the last shows gray noise.
var thieves = []thief{
	{"list, no lamps", list(0)},
	{"list, 4 lamps", list(4)},
	{"list, 8 lamps", list(8)},
	{"gray noise", waves},
}

// list shows the symbols in turn, and takes for each badge the one with the
// highest mean logarithm of its confidence. The floor is what an answer cannot
// tell from 0.
func list(light int) func(context.Context, asker, float64, *rand.Rand) ([]int, error) {
	return func(ctx context.Context, ask asker, floor float64, rng *rand.Rand) ([]int, error) {
		var sum [badges][len(letters)]float64
		var count [len(letters)]float64
		for q := range calls {
			s := q % len(letters)
			p, err := ask(ctx, draw(symbols[s], rng.Perm(len(lamps))[:light]))
			if err != nil {
				return nil, err
			}
			if p == nil {
				break
			}
			count[s]++
			for k := range sum {
				sum[k][s] += math.Log(p[k] + floor)
			}
		}
		out := make([]int, badges)
		for k := range out {
			best := math.Inf(-1)
			for s, n := range count {
				if v := sum[k][s] / n; n > 0 && v > best {
					best, out[k] = v, s
				}
			}
		}
		return out, nil
	}
}

// waves shows gray images that differ by chance, and reads the correlation of
// each pixel with the answers.
func waves(ctx context.Context, ask asker, floor float64, rng *rand.Rand) ([]int, error) {
	var sum [badges][pixels]float64
	var worth [badges]float64
	var mean [pixels]float64
	n := 0.0
	for range calls {
		x := make([]float32, pixels)
		for i := range x {
			x[i] = float32(min(max(0.5+0.3*rng.NormFloat64(), 0), 1))
			mean[i] += float64(x[i])
		}
		p, err := ask(ctx, x)
		if err != nil {
			return nil, err
		}
		n++
		if p == nil {
			break
		}
		for k := range sum {
			w := math.Log(p[k] + floor)
			worth[k] += w
			for i, v := range x {
				sum[k][i] += w * float64(v)
			}
		}
	}
	out := make([]int, badges)
	for k := range out {
		img := make([]float32, pixels)
		for i := range img {
			img[i] = float32(sum[k][i] - worth[k]*mean[i]/n)
		}
		out[k] = read(img)
	}
	return out, nil
}

// climb climbs to an image that a door takes for a badge, by answers only, with
// at most n questions. It moves each pixel a little to learn the slope, takes
// a step along it, and starts over.
func climb(ctx context.Context, ask asker, class, n int) (x []float32, used int, err error) {
	x = make([]float32, pixels)
	for i := range x {
		x[i] = 0.5
	}
	odds := func() (float64, error) {
		used++
		p, err := ask(ctx, x)
		if err != nil {
			return 0, err
		}
		v := min(max(p[class], 1e-9), 1-1e-9)
		return math.Log(v / (1 - v)), nil
	}
	slope := make([]float64, pixels)
	for used+pixels+1 <= n {
		here, err := odds()
		if err != nil {
			return nil, used, err
		}
		length := 0.0
		for i, v := range x {
			by := float32(nudge)
			if v > 0.5 {
				by = -by
			}
			x[i] = v + by
			there, err := odds()
			if err != nil {
				return nil, used, err
			}
			x[i] = v
			slope[i] = (there - here) / float64(by)
			length += slope[i] * slope[i]
		}
		if length == 0 {
			break
		}
		for i, g := range slope {
			x[i] = float32(min(max(float64(x[i])+stride*g/math.Sqrt(length), 0), 1))
		}
	}
	return x, used, nil
}

const (
	nudge  = 0.05 // by which a pixel is moved to learn the slope
	stride = 1.0  // length of a step
)
