package extraction

import (
	"math"
	"math/rand/v2"
	"strconv"

	"quintain/ml/graph"
	"quintain/ml/train"
)

// A Scale maps the range of every feature to [-1, 1]. Features that have no
// range are left out.
type Scale struct {
	Used []int // the features that are not constant
	mid  []float64
	half []float64
	dim  int
}

// Scale returns the scale of the trial.
func (tr *Trial) Scale() *Scale {
	s := &Scale{dim: tr.Dim()}
	for j, low := range tr.Low {
		half := (float64(tr.High[j]) - float64(low)) / 2
		s.mid, s.half = append(s.mid, float64(low)+half), append(s.half, half)
		if half > 0 {
			s.Used = append(s.Used, j)
		}
	}
	return s
}

// Row appends the row that u, one number for each used feature, stands for.
func (s *Scale) Row(x []float32, u []float64) []float32 {
	at := len(x)
	for _, m := range s.mid {
		x = append(x, float32(m))
	}
	for i, j := range s.Used {
		x[at+j] = float32(s.mid[j] + s.half[j]*u[i])
	}
	return x
}

// Random appends a row drawn uniformly from nearly all of the ranges, of numbers
// that are [Plain].
func (s *Scale) Random(x []float32, rng *rand.Rand) []float32 {
	const inside = 15.0 / 16
	at := len(x)
	for _, m := range s.mid {
		x = append(x, float32(m))
	}
	for _, j := range s.Used {
		x[at+j] = Plain(s.mid[j]+s.half[j]*inside*(2*rng.Float64()-1), s.half[j]/4)
	}
	return x
}

// Unit appends what the used features of x are in [-1, 1].
func (s *Scale) Unit(u []float64, x []float32) []float64 {
	for _, j := range s.Used {
		u = append(u, (float64(x[j])-s.mid[j])/s.half[j])
	}
	return u
}

// Unscale turns a linear function of the used features in [-1, 1] with weights
// w and constant b into one of rows.
func (s *Scale) Unscale(w []float64, b float64) ([]float32, float32) {
	row, c := s.wide(w, b)
	return single(row), float32(c)
}

// Linear returns the linear model whose first logit is 0, and whose others are
// functions of the used features in [-1, 1]: w holds for each a weight for each
// feature, and its constant.
func (s *Scale) Linear(w []float64, classes int) *Linear {
	n := len(s.Used)
	l := &Linear{W: [][]float64{make([]float64, s.dim)}, B: []float64{0}}
	for c := range classes - 1 {
		row, b := s.wide(w[c*(n+1):c*(n+1)+n], w[c*(n+1)+n])
		l.W, l.B = append(l.W, row), append(l.B, b)
	}
	return l
}

func (s *Scale) wide(w []float64, b float64) ([]float64, float64) {
	out := make([]float64, s.dim)
	for i, j := range s.Used {
		out[j] = w[i] / s.half[j]
		b -= w[i] / s.half[j] * s.mid[j]
	}
	return out, b
}

// Axes returns the middle of all ranges and one row for each used feature, in
// which it alone is half the way to the end of its range. Its numbers are
// [Plain], and are exactly what is asked about.
func (s *Scale) Axes() [][]float32 {
	first := make([]float32, s.dim)
	for j, m := range s.mid {
		first[j] = float32(m)
	}
	for _, j := range s.Used {
		first[j] = Plain(s.mid[j], s.half[j])
	}
	rows := [][]float32{first}
	for _, j := range s.Used {
		row := append([]float32(nil), first...)
		row[j] = Plain(s.mid[j]+s.half[j]/2, s.half[j]/2)
		rows = append(rows, row)
	}
	return rows
}

// Plain returns a number near v, nearer than span/4, that is the same in
// single precision, in double precision, and as the short decimal that a
// service is sent: whoever solves equations has to know what was asked. If
// there is none it returns v in single precision.
func Plain(v, span float64) float32 {
	for grid := math.Exp2(math.Floor(math.Log2(span / 2))); grid > span/4096; grid /= 2 {
		near := float32(math.Round(v/grid) * grid)
		text, err := strconv.ParseFloat(strconv.FormatFloat(float64(near), 'g', -1, 32), 64)
		if err == nil && text == float64(near) && math.Abs(text-v) < span/4 {
			return near
		}
	}
	return float32(v)
}

// Single returns the graph of l, in single precision.
func (l *Linear) Single() *graph.Graph {
	w := make([][]float32, len(l.W))
	for c, row := range l.W {
		w[c] = single(row)
	}
	return graph.Linear(w, single(l.B))
}

// Logits returns what l says of a row.
func (l *Linear) Logits(x []float32) []float64 {
	z := append([]float64(nil), l.B...)
	for c, row := range l.W {
		for j, w := range row {
			z[c] += w * float64(x[j])
		}
	}
	return z
}

// Network returns the graph with one hidden layer of Relu: its weights and
// biases, a row for each unit, and those of the logits.
func Network(w [][]float32, b []float32, out [][]float32, c []float32) *graph.Graph {
	g := train.MLP([]int{len(w[0]), len(w), len(out)}, 0)
	names := graph.Weights(g)
	for i, v := range []any{w, b, out, c} {
		to := g.Const[names[i]].Float[:0]
		switch v := v.(type) {
		case [][]float32:
			for _, row := range v {
				to = append(to, row...)
			}
		case []float32:
			to = append(to, v...)
		}
		g.Const[names[i]].Float = to
	}
	return g
}
