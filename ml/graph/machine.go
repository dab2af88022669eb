package graph

import (
	"context"
	"slices"

	"quintain/ml/kernel"
)

// A machine is the memory to run a program in. One goroutine uses it at a time.
type machine[T kernel.Float] struct {
	prog *program[T]
	val  [][]T // of the slots
	grad [][]T // nil until the first backward run
	tmp  []T
	in   [][][]T // of the steps
	din  [][][]T
}

func newMachine[T kernel.Float](p *program[T]) *machine[T] {
	m := &machine[T]{prog: p, val: slots[T](p.sizes, p.extra), tmp: make([]T, p.tmp)}
	for _, s := range p.steps {
		in := make([][]T, len(s.in))
		for i, o := range s.in {
			if in[i] = o.data; !o.constant() {
				in[i] = m.val[o.slot][:p.sizes[o.slot]]
			}
		}
		m.in = append(m.in, in)
	}
	return m
}

// slots returns slices of the given sizes, and more for each if extra is not nil.
func slots[T kernel.Float](sizes, extra []int) [][]T {
	lens := slices.Clone(sizes)
	total := 0
	for i := range lens {
		if extra != nil {
			lens[i] += extra[i]
		}
		total += lens[i]
	}
	all := make([]T, total)
	out := make([][]T, len(lens))
	for i, n := range lens {
		out[i], all = all[:n:n], all[n:]
	}
	return out
}

// forward runs the program on what is in slot 0 and returns the output.
func (m *machine[T]) forward(ctx context.Context) ([]T, error) {
	for i, s := range m.prog.steps {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		s.fn.forward(m.in[i], m.val[s.out], m.tmp)
	}
	if o := m.prog.out; o.constant() {
		return o.data, nil
	}
	return m.val[m.prog.out.slot][:m.prog.sizes[m.prog.out.slot]], nil
}

// backward takes the gradient with respect to the output and returns that with
// respect to the input. It follows a forward run.
func (m *machine[T]) backward(ctx context.Context, seed func(dout []T)) ([]T, error) {
	if m.grad == nil {
		m.grad = slots[T](m.prog.sizes, nil)
		for _, s := range m.prog.steps {
			din := make([][]T, len(s.in))
			for i, o := range s.in {
				if !o.constant() {
					din[i] = m.grad[o.slot]
				}
			}
			m.din = append(m.din, din)
		}
	}
	for _, g := range m.grad {
		clear(g)
	}
	if o := m.prog.out; o.constant() {
		seed(make([]T, len(o.data)))
	} else {
		seed(m.grad[o.slot])
	}
	for i, s := range slices.Backward(m.prog.steps) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		s.fn.backward(m.in[i], m.val[s.out], m.grad[s.out], m.din[i], m.tmp)
	}
	return m.grad[0], nil
}
