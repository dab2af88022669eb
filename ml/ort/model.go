package ort

import (
	"context"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"quintain/ml"
	"quintain/ml/graph"
)

// A Model is a net that runs in the library, rows of it together that are as
// many as the net runs. It implements [ml.Model].
type Model struct {
	net                  *graph.Net
	spec                 ml.Spec
	e                    *Engine
	rows                 int
	shape                []int // of a batch
	one                  bool  // the graph gives one number for a row
	forward, ahead, back session
	agree                agreement
}

// Load makes net ready to run in the library. The error is a [*graph.OpError]
// that wraps [graph.ErrUnsupported] if an operator, or its gradient, cannot be
// written as ONNX; those of decision trees and other classic models cannot.
func (e *Engine) Load(net *graph.Net) (*Model, error) {
	p, err := net.Plan()
	if err != nil {
		return nil, err
	}
	g, err := lower(p, net.Gradients() == nil)
	if err != nil {
		return nil, err
	}
	m := &Model{net: net, spec: net.Spec(), e: e, shape: p.Shape[p.Input]}
	m.rows, m.one = m.shape[0], size(p.Shape[p.Output]) == m.shape[0]
	m.spec.Kernel = e.Name()
	for _, s := range []struct {
		to *session
		g  *graph.Graph
	}{{&m.forward, g.forward}, {&m.ahead, g.ahead}, {&m.back, g.back}} {
		if s.g == nil {
			continue
		}
		if *s.to, err = e.lib.open(s.g); err != nil {
			m.Close()
			return nil, fmt.Errorf("ort: %w", err)
		}
	}
	return m, nil
}

// Close gives back what the model holds. Nothing runs it then or later.
func (m *Model) Close() {
	for _, s := range []session{m.forward, m.ahead, m.back} {
		if s != nil {
			s.close()
		}
	}
}

// Spec implements [ml.Oracle].
func (m *Model) Spec() ml.Spec {
	s := m.spec
	s.Shape = slices.Clone(s.Shape)
	return s
}

// Predict implements [ml.Oracle].
func (m *Model) Predict(ctx context.Context, x ml.Batch) ([]float32, error) {
	k := m.spec.Classes
	z := make([]float32, x.Rows()*k)
	return z, m.each(ctx, x, func(b *batch) error {
		out, err := b.run(m.forward, b.x)
		if err != nil {
			return err
		}
		return b.logits(z[b.first*k:(b.first+b.rows)*k], out[0])
	})
}

// VJP implements [ml.Model].
func (m *Model) VJP(ctx context.Context, x ml.Batch, seed ml.Seed, dx []float32) error {
	if err := m.net.Gradients(); err != nil {
		return err
	}
	if len(dx) != len(x.X) {
		return fmt.Errorf("room for %d gradients of %d values", len(dx), len(x.X))
	}
	k := m.spec.Classes
	return m.each(ctx, x, func(b *batch) error {
		way, err := b.run(m.ahead, b.x)
		if err != nil {
			return err
		}
		z, dz := make([]float32, b.rows*k), make([]float32, m.rows*k)
		if err := b.logits(z, way[0]); err != nil {
			return err
		}
		for i := range b.rows {
			seed(b.first+i, z[i*k:(i+1)*k:(i+1)*k], dz[i*k:(i+1)*k:(i+1)*k])
		}
		if m.one { // the gradient with respect to the logit of class 1 alone
			for i := range m.rows {
				dz[i] = dz[2*i+1]
			}
			dz = dz[:m.rows]
		}
		d, err := b.wrap(dz, []int{m.rows, len(dz) / m.rows})
		if err != nil {
			return err
		}
		out, err := b.run(m.back, append(way[1:], b.x, d)...)
		if err != nil {
			return err
		}
		grad, err := out[0].numbers()
		copy(dx[b.first*x.Dim:(b.first+b.rows)*x.Dim], grad)
		return err
	})
}

// A batch is rows that run together, filled up with zeros.
type batch struct {
	m           *Model
	first, rows int
	x           value
	held        []value
}

func (b *batch) wrap(x []float32, shape []int) (value, error) {
	v, err := b.m.e.lib.wrap(x, shape)
	if err == nil {
		b.held = append(b.held, v)
	}
	return v, err
}

func (b *batch) run(s session, in ...value) ([]value, error) {
	out, err := s.run(in)
	b.held = append(b.held, out...)
	return out, err
}

// logits copies v; one alone becomes the second of two, beside a zero.
func (b *batch) logits(z []float32, v value) error {
	out, err := v.numbers()
	if err != nil || !b.m.one {
		copy(z, out)
		return err
	}
	for i := range b.rows {
		z[2*i], z[2*i+1] = 0, out[i]
	}
	return nil
}

// each runs f on the rows of x, a batch at a time.
func (m *Model) each(ctx context.Context, x ml.Batch, f func(b *batch) error) error {
	x.Y = nil
	if err := x.Check(m.spec); err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(m.e.workers)
	for first := 0; first < x.Rows(); first += m.rows {
		g.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			b := &batch{m: m, first: first, rows: min(m.rows, x.Rows()-first)}
			defer func() {
				for _, v := range b.held {
					v.release()
				}
			}()
			in := make([]float32, m.rows*x.Dim)
			copy(in, x.X[first*x.Dim:(first+b.rows)*x.Dim])
			var err error
			if b.x, err = b.wrap(in, m.shape); err != nil {
				return err
			}
			return f(b)
		})
	}
	return g.Wait()
}
