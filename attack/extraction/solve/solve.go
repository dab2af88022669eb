// Package solve solves the equations that copy a model: least squares, and the
// linear classifier that says of rows what somebody else said of them.
package solve

import (
	"context"
	"errors"
	"fmt"
	"math"
)

// ErrSingular says that equations do not determine their unknowns.
var ErrSingular = errors.New("the equations do not determine their unknowns")

// Cholesky solves a·x = b in place for a symmetric positive definite a of n
// rows, given one row after the other, and several b, one row after the other
// for each of the n equations. It overwrites a; b becomes x.
func Cholesky(a, b []float64, n int) error {
	m := len(b) / n
	for j := range n {
		s := a[j*n+j]
		for k := range j {
			s -= a[j*n+k] * a[j*n+k]
		}
		if !(s > 0) || math.IsInf(s, 1) {
			return ErrSingular
		}
		root := math.Sqrt(s)
		a[j*n+j] = root
		for i := j + 1; i < n; i++ {
			s := a[i*n+j]
			ri, rj := a[i*n:i*n+j], a[j*n:j*n+j]
			for k, v := range rj {
				s -= ri[k] * v
			}
			a[i*n+j] = s / root
		}
	}
	for c := range m {
		for i := range n {
			s := b[i*m+c]
			for k := range i {
				s -= a[i*n+k] * b[k*m+c]
			}
			b[i*m+c] = s / a[i*n+i]
		}
		for i := n - 1; i >= 0; i-- {
			s := b[i*m+c]
			for k := i + 1; k < n; k++ {
				s -= a[k*n+i] * b[k*m+c]
			}
			b[i*m+c] = s / a[i*n+i]
		}
	}
	return nil
}

// Least returns the x that minimizes the squared length of a·x - b plus ridge
// times that of x, where a has n columns. Several b, m for each row of a, give
// n rows of m.
func Least(a, b []float64, n, m int, ridge float64) ([]float64, error) {
	rows := len(a) / n
	if rows*n != len(a) || rows*m != len(b) {
		return nil, fmt.Errorf("solve: %d and %d numbers are no equations with %d unknowns", len(a), len(b), n)
	}
	ata, atb := make([]float64, n*n), make([]float64, n*m)
	for r := range rows {
		ar, br := a[r*n:(r+1)*n], b[r*m:(r+1)*m]
		for i, v := range ar {
			if v == 0 {
				continue
			}
			to := ata[i*n : i*n+i+1]
			for j := range to {
				to[j] += v * ar[j]
			}
			for c, w := range br {
				atb[i*m+c] += v * w
			}
		}
	}
	for i := range n {
		ata[i*n+i] += ridge
	}
	return atb, Cholesky(ata, atb, n)
}

// Softmax returns the weights of k-1 linear functions of rows x, n features
// each and a last weight for the constant, such that with 0 for the first class
// the softmax is as near to the probabilities p, k for each row, as
// cross-entropy can tell, plus ridge/2 times the squared weights. Newton's
// method gets there in a few steps; each solves (n+1)·(k-1) equations.
func Softmax(ctx context.Context, x, p []float64, n, k int, ridge float64) ([]float64, error) {
	f := &fit{x: x, p: p, n: n, k: k, ridge: ridge, w: make([]float64, (n+1)*(k-1))}
	loss := f.loss(f.w)
	for range 60 {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		step, err := f.newton()
		if err != nil {
			return nil, err
		}
		next := make([]float64, len(f.w))
		var better float64
		for scale := 1.0; scale > 1e-6; scale /= 2 {
			for i := range next {
				next[i] = f.w[i] - scale*step[i]
			}
			if better = f.loss(next); better < loss {
				break
			}
		}
		if !(better < loss) {
			break
		}
		done := loss-better < 1e-12*(1+loss)
		f.w, loss = next, better
		if done {
			break
		}
	}
	return f.w, nil
}

type fit struct {
	x, p, w []float64
	n, k    int
	ridge   float64
}

// probabilities sets q to the softmax of row r under w.
func (f *fit) probabilities(w []float64, r int, q []float64) {
	var high, sum float64
	xr := f.x[r*f.n : (r+1)*f.n]
	q[0] = 0
	for c := 1; c < f.k; c++ {
		wc := w[(c-1)*(f.n+1) : c*(f.n+1)]
		s := wc[f.n]
		for j, v := range xr {
			s += wc[j] * v
		}
		q[c] = s
		high = max(high, s)
	}
	for c, v := range q {
		q[c] = math.Exp(v - high)
		sum += q[c]
	}
	for c := range q {
		q[c] /= sum
	}
}

func (f *fit) loss(w []float64) float64 {
	q := make([]float64, f.k)
	var total float64
	for r := range len(f.x) / f.n {
		f.probabilities(w, r, q)
		for c, p := range f.p[r*f.k : (r+1)*f.k] {
			if p > 0 {
				total -= p * math.Log(max(q[c], 1e-300))
			}
		}
	}
	for _, v := range w {
		total += f.ridge / 2 * v * v
	}
	return total
}

// newton returns the step of Newton's method.
func (f *fit) newton() ([]float64, error) {
	m := len(f.w)
	h, g := make([]float64, m*m), make([]float64, m)
	q, row := make([]float64, f.k), make([]float64, f.n+1)
	row[f.n] = 1
	for r := range len(f.x) / f.n {
		f.probabilities(f.w, r, q)
		copy(row, f.x[r*f.n:(r+1)*f.n])
		p := f.p[r*f.k : (r+1)*f.k]
		var mass float64 // an answer may not tell of all classes
		for _, v := range p {
			mass += v
		}
		for c := 1; c < f.k; c++ {
			at := (c - 1) * (f.n + 1)
			for i, v := range row {
				g[at+i] += (mass*q[c] - p[c]) * v
			}
			for b := 1; b <= c; b++ {
				curve := -q[c] * q[b]
				if b == c {
					curve += q[c]
				}
				f.outer(h, row, at, (b-1)*(f.n+1), mass*curve)
			}
		}
	}
	for i := range m {
		g[i] += f.ridge * f.w[i]
		h[i*m+i] += f.ridge
	}
	return g, Cholesky(h, g, m)
}

// outer adds curve times row times row to the block of h at row i, column j.
func (f *fit) outer(h, row []float64, i, j int, curve float64) {
	m := len(f.w)
	for a, v := range row {
		to := h[(i+a)*m+j : (i+a)*m+j+len(row)]
		cv := curve * v
		for b, u := range row {
			to[b] += cv * u
		}
	}
}
