package train

import (
	"context"
	"errors"
	"fmt"
	"math"

	"quintain/ml"
	"quintain/ml/graph"
)

// What Logistic demands.
const (
	logisticGradient = 1e-10 // largest coordinate of the gradient at the end, of what it is at zero
	logisticSteps    = 200   // Newton steps at most; a dozen are usual
	logisticInner    = 2000  // conjugate-gradient steps in each
)

// Logistic fits multinomial logistic regression: it minimizes half the squared
// length of the weights plus c times the sum of the cross-entropies, biases
// free, in double precision, down to rounding. The optimum is unique but for a
// number that all biases share; they sum to zero here. The label of each row is
// below classes, which is at least 2, and at least two classes occur.
func Logistic(ctx context.Context, b ml.Batch, classes int, c float64) (*graph.Graph, error) {
	if err := labeled(b, classes); err != nil {
		return nil, fmt.Errorf("logistic regression: %w", err)
	}
	if !(c > 0) || math.IsInf(c, 0) {
		return nil, fmt.Errorf("logistic regression: weight %v of the loss, want a number above 0", c)
	}
	for i, v := range b.X {
		if v != v || math.IsInf(float64(v), 0) {
			return nil, fmt.Errorf("logistic regression: row %d holds %v", i/b.Dim, v)
		}
	}
	l := &logistic{b: b, k: classes, d: b.Dim + 1, c: c}
	w, err := l.solve(ctx)
	if err != nil {
		return nil, fmt.Errorf("logistic regression: %w", err)
	}
	rows, bias := make([][]float32, classes), make([]float32, classes)
	var mean float64
	for j := range classes {
		mean += w[j*l.d+b.Dim] / float64(classes)
	}
	for j := range rows {
		for _, v := range w[j*l.d : j*l.d+b.Dim] {
			rows[j] = append(rows[j], float32(v))
		}
		bias[j] = float32(w[j*l.d+b.Dim] - mean)
	}
	return graph.Linear(rows, bias), nil
}

// labeled reports whether b has rows of at least two classes, all below
// classes.
func labeled(b ml.Batch, classes int) error {
	switch {
	case b.Dim < 1 || len(b.X) == 0 || len(b.X)%b.Dim != 0:
		return errors.New("no rows to train on")
	case len(b.Y) != b.Rows():
		return fmt.Errorf("%d labels for %d rows", len(b.Y), b.Rows())
	}
	several := false
	for i, y := range b.Y {
		if y < 0 || int(y) >= classes {
			return fmt.Errorf("row %d has label %d, but there are classes 0 to %d", i, y, classes-1)
		}
		several = several || y != b.Y[0]
	}
	if !several {
		return fmt.Errorf("all rows have label %d; training needs at least two classes", b.Y[0])
	}
	return nil
}

// A logistic is one fit. Weights are a row for each class, the bias last.
type logistic struct {
	b    ml.Batch
	k, d int
	c    float64
	p    []float64 // probabilities of each row
}

// solve finds the optimum by Newton's method with conjugate gradients.
func (l *logistic) solve(ctx context.Context) ([]float64, error) {
	n := l.k * l.d
	w, g, step, try := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	l.p = make([]float64, l.b.Rows()*l.k)
	f := l.value(w, g)
	first := largest(g)
	for range logisticSteps {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if largest(g) <= logisticGradient*first {
			return w, nil
		}
		l.newton(g, step)
		slope := dot(g, step)
		moved := false
		for t := 1.0; t > 1e-12; t /= 2 {
			for i := range try {
				try[i] = w[i] + t*step[i]
			}
			ft := l.value(try, nil)
			if ft <= f+1e-4*t*slope+1e-13*math.Abs(f) {
				copy(w, try)
				moved = true
				break
			}
		}
		f = l.value(w, g)
		if !moved {
			break
		}
	}
	if largest(g) <= 1e3*logisticGradient*first { // rounding ends the search
		return w, nil
	}
	return nil, fmt.Errorf("%w: the gradient is still %.1e of its start", ErrDiverged, largest(g)/first)
}

// value returns the objective at w, and sets g, unless it is nil, to its
// gradient and p to the probabilities.
func (l *logistic) value(w, g []float64) float64 {
	z := make([]float64, l.k)
	var f float64
	clear(g)
	for r := range l.b.Rows() {
		row, y := l.b.Row(r), int(l.b.Y[r])
		top := math.Inf(-1)
		for j := range z {
			wj := w[j*l.d : (j+1)*l.d]
			s := wj[l.d-1]
			for i, v := range row {
				s += wj[i] * float64(v)
			}
			z[j], top = s, math.Max(top, s)
		}
		var sum float64
		for _, s := range z {
			sum += math.Exp(s - top)
		}
		f += l.c * (math.Log(sum) + top - z[y])
		if g == nil {
			continue
		}
		for j, s := range z {
			p := math.Exp(s-top) / sum
			l.p[r*l.k+j] = p
			if j == y {
				p--
			}
			l.spread(g[j*l.d:(j+1)*l.d], row, l.c*p)
		}
	}
	for j := range l.k {
		for i := range l.d - 1 {
			v := w[j*l.d+i]
			f += v * v / 2
			if g != nil {
				g[j*l.d+i] += v
			}
		}
	}
	return f
}

// spread adds by times the row and a one after it to to.
func (l *logistic) spread(to []float64, row []float32, by float64) {
	for i, v := range row {
		to[i] += by * float64(v)
	}
	to[l.d-1] += by
}

// curve sets out to the product of the second derivatives and v.
func (l *logistic) curve(v, out []float64) {
	clear(out)
	a := make([]float64, l.k)
	for r := range l.b.Rows() {
		row, p := l.b.Row(r), l.p[r*l.k:(r+1)*l.k]
		var mean float64
		for j := range a {
			vj := v[j*l.d : (j+1)*l.d]
			s := vj[l.d-1]
			for i, x := range row {
				s += vj[i] * float64(x)
			}
			a[j] = s
			mean += p[j] * s
		}
		for j, s := range a {
			l.spread(out[j*l.d:(j+1)*l.d], row, l.c*p[j]*(s-mean))
		}
	}
	for j := range l.k {
		for i := range l.d - 1 {
			out[j*l.d+i] += v[j*l.d+i]
		}
	}
}

// newton sets step to minus the inverse of the second derivatives times g, by
// conjugate gradients. The second derivatives are zero along a common shift of
// all biases, but so is g.
func (l *logistic) newton(g, step []float64) {
	clear(step)
	r, dir, h := make([]float64, len(g)), make([]float64, len(g)), make([]float64, len(g))
	for i, v := range g {
		r[i], dir[i] = -v, -v
	}
	rr := dot(r, r)
	goal := rr * min(1e-4, rr/(1+rr)) * 1e-4
	for range logisticInner {
		if rr <= goal || rr == 0 {
			return
		}
		l.curve(dir, h)
		bend := dot(dir, h)
		if bend <= 0 {
			return
		}
		a := rr / bend
		for i := range step {
			step[i] += a * dir[i]
			r[i] -= a * h[i]
		}
		next := dot(r, r)
		for i := range dir {
			dir[i] = r[i] + next/rr*dir[i]
		}
		rr = next
	}
}

func dot(a, b []float64) (s float64) {
	for i, v := range a {
		s += v * b[i]
	}
	return s
}

// largest returns the largest absolute value.
func largest(x []float64) (m float64) {
	for _, v := range x {
		m = math.Max(m, math.Abs(v))
	}
	return m
}
