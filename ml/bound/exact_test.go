package bound_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"quintain/ml"
	"quintain/ml/bound"
	"quintain/ml/graph"
)

// A corner is a point of a polygon.
type corner [2]float64

// cutOff returns the part of a convex polygon where w·x+b is not negative.
func cutOff(poly []corner, w corner, b float64) []corner {
	at := func(c corner) float64 { return w[0]*c[0] + w[1]*c[1] + b }
	var out []corner
	for i, c := range poly {
		d := poly[(i+1)%len(poly)]
		u, v := at(c), at(d)
		if u >= 0 {
			out = append(out, c)
		}
		if u*v < 0 {
			t := u / (u - v)
			out = append(out, corner{c[0] + t*(d[0]-c[0]), c[1] + t*(d[1]-c[1])})
		}
	}
	return out
}

// truth is by how much class y of a network of two inputs leads at worst in a
// polygon: it goes through all patterns of Relus that some point has, in each
// of which the network is linear and at worst in a corner.
func truth(layers []graph.Layer, poly []corner, y int) float64 {
	return pattern(layers, poly, [][]float64{{1, 0}, {0, 1}}, []float64{0, 0}, y)
}

// pattern is truth where m·x+c goes into the first of layers.
func pattern(layers []graph.Layer, poly []corner, m [][]float64, c []float64, y int) float64 {
	l := layers[0]
	w, b := make([][]float64, len(l.W)), slices.Clone(l.B)
	for j, row := range l.W {
		w[j] = make([]float64, 2)
		for i, v := range row {
			b[j] += v * c[i]
			w[j][0] += v * m[i][0]
			w[j][1] += v * m[i][1]
		}
	}
	least := math.Inf(1)
	if len(layers) == 1 {
		for j := range w {
			for _, p := range poly {
				if j != y {
					least = min(least, (w[y][0]-w[j][0])*p[0]+(w[y][1]-w[j][1])*p[1]+b[y]-b[j])
				}
			}
		}
		return least
	}
	var decide func(i int, poly []corner)
	decide = func(i int, poly []corner) {
		switch {
		case len(poly) == 0:
		case i == len(w):
			least = min(least, pattern(layers[1:], poly, w, b, y))
		default:
			was, off := w[i], b[i]
			decide(i+1, cutOff(poly, corner(was), off))
			w[i], b[i] = []float64{0, 0}, 0
			decide(i+1, cutOff(poly, corner{-was[0], -was[1]}, -off))
			w[i], b[i] = was, off
		}
	}
	decide(0, poly)
	return least
}

// disc is a polygon of many corners around or in a round ball.
func disc(in bound.Region, outside bool) []corner {
	const corners = 400
	far := 1.0
	if outside {
		far = 1 / math.Cos(math.Pi/corners)
	}
	var poly []corner
	for k := range corners {
		at := 2 * math.Pi * float64(k) / corners
		poly = append(poly, corner{
			float64(in.Center[0]) + far*float64(in.Radius[0])*math.Cos(at),
			float64(in.Center[1]) + far*float64(in.Radius[1])*math.Sin(at),
		})
	}
	return trim(poly, in)
}

// diamond is the ball of L1.
func diamond(in bound.Region) []corner {
	var poly []corner
	for _, d := range [][2]float64{{1, 0}, {0, 1}, {-1, 0}, {0, -1}} {
		poly = append(poly, corner{float64(in.Center[0]) + d[0]*float64(in.Radius[0]), float64(in.Center[1]) + d[1]*float64(in.Radius[1])})
	}
	return trim(poly, in)
}

// trim keeps what is in the box.
func trim(poly []corner, in bound.Region) []corner {
	for i := range 2 {
		var w corner
		w[i] = 1
		poly = cutOff(poly, w, -float64(in.Low[i]))
		w[i] = -1
		poly = cutOff(poly, w, float64(in.High[i]))
	}
	return poly
}

// square is the box.
func square(in bound.Region) []corner {
	l, h := in.Low, in.High
	return []corner{
		{float64(l[0]), float64(l[1])}, {float64(h[0]), float64(l[1])}, {float64(h[0]), float64(h[1])}, {float64(l[0]), float64(h[1])},
	}
}

// idle returns layers with more inputs that have no weight.
func idle(layers []graph.Layer, more int) []graph.Layer {
	out := slices.Clone(layers)
	out[0].W = nil
	for _, row := range layers[0].W {
		out[0].W = append(out[0].W, append(slices.Clone(row), make([]float64, more)...))
	}
	return out
}

// region draws a region of two inputs, and polygons in it and around it.
func region(rng *rand.Rand, norm bound.Norm) (x []float32, in bound.Region, inner, outer []corner) {
	x, low, high := place(rng, 2, 6*rng.Float32())
	in = bound.Region{Low: low, High: high, Norm: norm}
	if norm != bound.Box {
		in.Center, in.Radius = x, []float32{0.01 + 4*rng.Float32(), 0.01 + 4*rng.Float32()}
	}
	switch norm {
	case bound.L1:
		return x, in, diamond(in), diamond(in)
	case bound.L2:
		return x, in, disc(in, false), disc(in, true)
	case bound.Box:
	}
	return x, in, square(in), square(in)
}

// Of small networks the truth is known from all patterns of their Relus. The
// search settles every region as the truth says, by halving it and, as there
// are no longer few inputs, by splitting Relus; no linear bound says more than
// is true, and what is called a witness is one.
func TestExactPatterns(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	count, open, closed, most := map[bound.Verdict]int{}, 0, 0, 0
	for n := range 60 {
		net, chain := network(t, rng, [][]int{{2, 8, 2}, {2, 12, 3}, {2, 8, 8, 3}, {2, 6, 6, 6, 2}, {2, 3}}[n%5]...)
		layers, err := net.Chain(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		wide := bound.New(idle(layers, 6))
		for k := range 9 {
			x, in, inner, outer := region(rng, bound.Norm(k%3))
			z, err := net.Predict(t.Context(), ml.Batch{X: x, Dim: 2})
			if err != nil {
				t.Fatal(err)
			}
			y := ml.Argmax(z)
			lead, worse := truth(layers, inner, y), truth(layers, outer, y)
			if math.Abs(lead) < 1e-4 || lead > 0 != (worse > 0) {
				continue // rounding decides, or where a circle is between its polygons
			}
			want := bound.Falls
			if lead > 0 {
				want = bound.Safe
			}
			linear, got := chain.Linear(in, y), chain.Exact(in, y, 4000)
			if got.Verdict != want {
				t.Errorf("network %d, %v: verdict %v after %d nodes, but the class leads by %v at worst", n, in, got.Verdict, got.Nodes, lead)
			}
			if linear > lead {
				t.Errorf("network %d, %v: linear bound %v, truth %v", n, in, linear, lead)
			}
			if n%5 == 4 && linear < worse-1e-4 { // without Relu the bound is exact in every norm
				t.Errorf("network %d, %v: linear bound %v, truth from %v to %v", n, in, linear, worse, lead)
			}
			switch more := wide.Exact(padded(in, 6), y, 4000); more.Verdict {
			case want:
			case bound.Open:
				open++
			default:
				t.Errorf("network %d, %v: verdict %v by splitting Relus, but the class leads by %v at worst", n, in, more.Verdict, lead)
			}
			if linear <= 0 && got.Verdict == bound.Safe {
				closed++
			}
			if count[got.Verdict]++; got.Verdict == bound.Falls {
				witness(t, net, in, y, got.Witness)
			}
			most = max(most, got.Nodes)
		}
	}
	t.Logf("verdicts %v, %d safe where linear bounds say nothing, at most %d nodes; %d left open by splitting Relus", count, closed, most, open)
	if count[bound.Safe] < 200 || count[bound.Falls] < 200 || closed < 50 || open > 2 {
		t.Errorf("verdicts %v, %d of them safe beyond linear bounds, %d open: the regions decide nothing", count, closed, open)
	}
}

func padded(in bound.Region, more int) bound.Region {
	for _, list := range []*[]float32{&in.Low, &in.High, &in.Center, &in.Radius} {
		if *list != nil {
			*list = append(slices.Clone(*list), make([]float32, more)...)
		}
	}
	return in
}

// witness sees that x is in the region and that another class than y is ahead,
// or as good as.
func witness(t *testing.T, net *graph.Net, in bound.Region, y int, x []float32) {
	t.Helper()
	z, err := net.Predict(t.Context(), ml.Batch{X: x, Dim: len(x)})
	if err != nil {
		t.Fatal(err)
	}
	if lead := z[y] - z[ml.Runner(z, y, 0)]; lead > 1e-5 {
		t.Errorf("class %d leads by %v for the witness %v", y, lead, x)
	}
	var sum, squares float64
	for i, v := range x {
		if v < in.Low[i] || v > in.High[i] {
			t.Errorf("the witness %v is out of the box %v", x, in)
		}
		if in.Norm != bound.Box {
			d := math.Abs(float64(v)-float64(in.Center[i])) / float64(in.Radius[i])
			sum, squares = sum+d, squares+d*d
		}
	}
	if in.Norm == bound.L1 && sum > 1+1e-5 || squares > 1+1e-5 {
		t.Errorf("the witness %v is out of the ball %v", x, in)
	}
}

// In a ball within its walls w·x is least as the dual norm says: less than at
// the center by the largest, or the length, of the weights times the radii.
func TestDualNorm(t *testing.T) {
	rng := rand.New(rand.NewPCG(13, 14))
	const dim = 40
	for range 20 {
		w, in := make([]float32, dim), bound.Region{}
		var lead, most, squares float64
		for i := range w {
			w[i] = float32(rng.NormFloat64())
			c, r := float32(rng.NormFloat64()), rng.Float32()
			in.Center, in.Radius = append(in.Center, c), append(in.Radius, r)
			in.Low, in.High = append(in.Low, c-r), append(in.High, c+r)
			v := float64(w[i]) * float64(r)
			lead += float64(w[i]) * float64(c)
			most, squares = max(most, math.Abs(v)), squares+v*v
		}
		_, chain := compiled(t, graph.Linear([][]float32{make([]float32, dim), w}, []float32{0, 0}))
		for norm, want := range map[bound.Norm]float64{bound.L1: lead - most, bound.L2: lead - math.Sqrt(squares)} {
			in.Norm = norm
			if got := chain.Linear(in, 1); got > want || got < want-1e-3 { // what rounding can do is taken off
				t.Errorf("norm %v: bound %v, want %v", norm, got, want)
			}
		}
	}
}

// Too few nodes leave the answer open; and the same nodes find the same.
func TestExactGivesUp(t *testing.T) {
	rng := rand.New(rand.NewPCG(15, 16))
	open := 0
	for range 40 {
		net, chain := network(t, rng, 8, 12, 12, 3)
		x, low, high := place(rng, 8, 0.8)
		z, err := net.Predict(t.Context(), ml.Batch{X: x, Dim: 8})
		if err != nil {
			t.Fatal(err)
		}
		few, many, again := chain.Exact(box(low, high), ml.Argmax(z), 3), chain.Exact(box(low, high), ml.Argmax(z), 500), chain.Exact(box(low, high), ml.Argmax(z), 500)
		if few.Verdict == bound.Open && many.Verdict != bound.Open {
			open++
		}
		if few.Nodes > 3 || few.Verdict != bound.Open && few.Verdict != many.Verdict {
			t.Errorf("with 3 nodes %v, with 500 %v", few, many)
		}
		if many.Verdict != again.Verdict || many.Nodes != again.Nodes || !slices.Equal(many.Witness, again.Witness) {
			t.Errorf("the same search gives %v and %v", many, again)
		}
	}
	if open < 3 {
		t.Errorf("%d regions need more than 3 nodes: the regions decide nothing", open)
	}
}

// A lead that is there on paper only is no proof and no counterexample: the
// answer is what single precision says, or open.
func TestExactRounding(t *testing.T) {
	_, chain := compiled(t, graph.Linear([][]float32{{1 << 24}, {1 << 24}}, []float32{0, 0.5}))
	one := []float32{1}
	for y := range 2 {
		if got := chain.Exact(box(one, one), y, 100); got.Verdict == bound.Safe {
			t.Errorf("class %d is safe, but the two tie in single precision", y)
		}
	}
	inf := bound.New([]graph.Layer{
		{W: [][]float64{{1}, {math.Inf(1)}}, B: []float64{0, 0}, Relu: true},
		{W: [][]float64{{1, 0}, {0, -1}}, B: []float64{5, 0}},
	})
	if got := inf.Exact(box([]float32{-1}, one), 0, 100); got.Verdict == bound.Safe {
		t.Error("infinite weights are safe")
	}
}

// Against one class only, another may be ahead.
func TestAgainst(t *testing.T) {
	_, chain := compiled(t, graph.Linear([][]float32{{1}, {0}, {0}}, []float32{0, -1, 5}))
	in := box([]float32{0}, []float32{1})
	if got := chain.Exact(in, 0, 10).Verdict; got != bound.Falls {
		t.Errorf("verdict %v, want that class 2 is ahead", got)
	}
	only := chain.Against(1)
	if got := only.Exact(in, 0, 10).Verdict; got != bound.Safe || only.Linear(in, 0) < 0.99 {
		t.Errorf("against class 1: verdict %v and bound %v, want safe and 1", got, only.Linear(in, 0))
	}
}

// BenchmarkExact searches for boxes that linear bounds leave open.
func BenchmarkExact(b *testing.B) {
	rng := rand.New(rand.NewPCG(5, 6))
	_, chain := network(b, rng, 64, 128, 64, 10)
	_, low, high := place(rng, 64, 0.2)
	for b.Loop() {
		chain.Exact(box(low, high), 3, 100)
	}
}
