package evasion

import (
	"context"
	"math"
	"sync/atomic"

	"quintain/ml"
)

// Toward returns a model of two classes: whether m says the given class or any
// other. An attack on rows of the other class is then a targeted one on m.
func Toward(m ml.Model, class int) ml.Model { return &toward{m, class} }

type toward struct {
	ml.Model
	class int
}

// Spec implements [ml.Oracle].
func (t *toward) Spec() ml.Spec {
	s := t.Model.Spec()
	s.Classes = 2
	return s
}

// Predict implements [ml.Oracle].
func (t *toward) Predict(ctx context.Context, x ml.Batch) ([]float32, error) {
	x.Y = nil
	z, err := t.Model.Predict(ctx, x)
	if err != nil {
		return nil, err
	}
	k := t.Model.Spec().Classes
	out := make([]float32, 2*x.Rows())
	for i := range x.Rows() {
		row := z[i*k : (i+1)*k]
		out[2*i], out[2*i+1] = row[ml.Runner(row, t.class, 0)], row[t.class]
		if ml.Argmax(row) < 0 {
			out[2*i] = float32(math.NaN())
		}
	}
	return out, nil
}

// VJP implements [ml.Model].
func (t *toward) VJP(ctx context.Context, x ml.Batch, seed ml.Seed, dx []float32) error {
	x.Y = nil
	return t.Model.VJP(ctx, x, func(row int, z, dz []float32) {
		other := ml.Runner(z, t.class, 0)
		two, dtwo := []float32{z[other], z[t.class]}, []float32{0, 0}
		seed(row, two, dtwo)
		dz[other], dz[t.class] = dtwo[0], dtwo[1]
	}, dx)
}

// A meter counts the rows that a model is asked about, and hands it no more
// than so many at once.
type meter struct {
	ml.Model
	most int // 0 is no limit
	rows atomic.Int64
}

// Predict implements [ml.Oracle].
func (m *meter) Predict(ctx context.Context, x ml.Batch) ([]float32, error) {
	m.rows.Add(int64(x.Rows()))
	if m.most <= 0 || x.Rows() <= m.most {
		return m.Model.Predict(ctx, x)
	}
	var out []float32
	for first := 0; first < x.Rows(); first += m.most {
		z, err := m.Model.Predict(ctx, cut(x, first, m.most))
		if err != nil {
			return nil, err
		}
		out = append(out, z...)
	}
	return out, nil
}

// VJP implements [ml.Model]. A gradient counts as one more row.
func (m *meter) VJP(ctx context.Context, x ml.Batch, seed ml.Seed, dx []float32) error {
	m.rows.Add(2 * int64(x.Rows()))
	if m.most <= 0 || x.Rows() <= m.most {
		return m.Model.VJP(ctx, x, seed, dx)
	}
	for first := 0; first < x.Rows(); first += m.most {
		part := cut(x, first, m.most)
		err := m.Model.VJP(ctx, part, func(row int, z, dz []float32) { seed(first+row, z, dz) }, dx[first*x.Dim:first*x.Dim+len(part.X)])
		if err != nil {
			return err
		}
	}
	return nil
}

// cut returns at most most rows of x from first on, without labels.
func cut(x ml.Batch, first, most int) ml.Batch {
	last := min(first+most, x.Rows())
	return ml.Batch{X: x.X[first*x.Dim : last*x.Dim], Dim: x.Dim}
}
