package attribute

import "math"

// A ridge is a linear classifier by least squares, one against the rest, on
// standardized columns.
type ridge struct {
	mean, scale []float64
	w           [][]float64 // for each class, the constant last
}

const penalty = 1.0

// newRidge fits rows, at least one, to the classes given; -1 is none of them.
func newRidge(rows [][]float64, class []int, classes int) *ridge {
	d, n := len(rows[0]), float64(len(rows))
	r := &ridge{mean: make([]float64, d), scale: make([]float64, d)}
	for k := range d {
		for _, x := range rows {
			r.mean[k] += x[k] / n
		}
		for _, x := range rows {
			r.scale[k] += (x[k] - r.mean[k]) * (x[k] - r.mean[k]) / n
		}
		r.scale[k] = math.Sqrt(r.scale[k])
	}
	a := make([][]float64, d+1)
	for i := range a {
		a[i] = make([]float64, d+1)
	}
	b := make([][]float64, classes)
	for c := range b {
		b[c] = make([]float64, d+1)
	}
	for i, x := range rows {
		u := r.standard(x)
		for p, v := range u {
			for q := range p + 1 {
				a[p][q] += v * u[q]
			}
			if class[i] >= 0 {
				b[class[i]][p] += v
			}
		}
	}
	for k := range d {
		a[k][k] += penalty
	}
	factor(a)
	for c := range b {
		r.w = append(r.w, solve(a, b[c]))
	}
	return r
}

func (r *ridge) standard(x []float64) []float64 {
	u := make([]float64, len(x)+1)
	for k, v := range x {
		if r.scale[k] > 0 {
			u[k] = (v - r.mean[k]) / r.scale[k]
		}
	}
	u[len(x)] = 1
	return u
}

// scores returns for each row how much it looks like each class.
func (r *ridge) scores(rows [][]float64) [][]float64 {
	out := make([][]float64, len(rows))
	for i, x := range rows {
		u := r.standard(x)
		out[i] = make([]float64, len(r.w))
		for c, w := range r.w {
			for k, v := range u {
				out[i][c] += v * w[k]
			}
		}
	}
	return out
}

// factor replaces the lower half of a, which is positive definite, with its
// Cholesky factor.
func factor(a [][]float64) {
	for j := range a {
		for k := range j {
			a[j][j] -= a[j][k] * a[j][k]
		}
		a[j][j] = math.Sqrt(math.Max(a[j][j], 1e-12))
		for i := j + 1; i < len(a); i++ {
			for k := range j {
				a[i][j] -= a[i][k] * a[j][k]
			}
			a[i][j] /= a[j][j]
		}
	}
}

// solve returns x where l·lᵀ·x is b.
func solve(l [][]float64, b []float64) []float64 {
	n := len(b)
	x := append([]float64(nil), b...)
	for i := range n {
		for k := range i {
			x[i] -= l[i][k] * x[k]
		}
		x[i] /= l[i][i]
	}
	for i := n - 1; i >= 0; i-- {
		for k := i + 1; k < n; k++ {
			x[i] -= l[k][i] * x[k]
		}
		x[i] /= l[i][i]
	}
	return x
}
