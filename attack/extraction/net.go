package extraction

import (
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
	out := make([]float32, s.dim)
	for i, j := range s.Used {
		out[j] = float32(w[i] / s.half[j])
		b -= w[i] / s.half[j] * s.mid[j]
	}
	return out, float32(b)
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
