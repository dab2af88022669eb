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
	din  [][][]T // for the gradient with respect to the input
	dw   [][][]T // for that with respect to the weights; nil for steps they do not reach

	through [][][]T // as dw, but without those of the weights themselves
	own     [][][]T // those of the weights only; nil for steps without
}

func newMachine[T kernel.Float](p *program[T]) *machine[T] {
	m := &machine[T]{prog: p, val: slots[T](p.sizes, p.extra), tmp: make([]T, p.tmp)}
	for i, t := range p.live {
		if same, ok := any(t.Float).([]T); ok {
			m.val[i+1] = same
			continue
		}
		for k, v := range t.Float {
			m.val[i+1][k] = T(v)
		}
	}
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
	m.prepare()
	err := m.back(ctx, m.din, seed, nil)
	return m.grad[0], err
}

// prepare makes room for gradients.
func (m *machine[T]) prepare() {
	if m.grad != nil {
		return
	}
	m.grad = slots[T](m.prog.sizes, nil)
	input := make([]bool, len(m.prog.sizes)) // what depends on the input
	learned := make([]bool, len(m.prog.sizes))
	input[0] = true
	for i := range m.prog.live {
		learned[i+1] = true
	}
	for _, s := range m.prog.steps {
		for _, o := range s.in {
			if !o.constant() {
				input[s.out] = input[s.out] || input[o.slot]
				learned[s.out] = learned[s.out] || learned[o.slot]
			}
		}
		m.din = append(m.din, m.wanted(&s, input))
		dw := m.wanted(&s, learned)
		m.dw = append(m.dw, dw)
		through, own := m.divide(&s, dw)
		m.through, m.own = append(m.through, through), append(m.own, own)
	}
}

// wanted returns where s is to add its gradients, if they are wanted for the
// slots that want tells; nil if it has none to add.
func (m *machine[T]) wanted(s *step[T], want []bool) [][]T {
	if !want[s.out] {
		return nil
	}
	din := make([][]T, len(s.in))
	for i, o := range s.in {
		weight := !o.constant() && o.slot > 0 && o.slot <= len(m.prog.live)
		if !o.constant() && (want[o.slot] || !s.fn.partial && !weight) {
			din[i] = m.grad[o.slot]
		}
	}
	return din
}

// divide divides dw into the gradients of values and those of weights, if the
// step can make one without the other.
func (m *machine[T]) divide(s *step[T], dw [][]T) (through, own [][]T) {
	if dw == nil || !s.fn.partial {
		return dw, nil
	}
	through = slices.Clone(dw)
	for i, o := range s.in {
		if !o.constant() && o.slot > 0 && o.slot <= len(m.prog.live) {
			if own == nil {
				own = make([][]T, len(dw))
			}
			own[i], through[i] = dw[i], nil
		}
	}
	return through, own
}

// back runs the steps backward, each adding its gradients to din. It calls
// visit, unless that is nil, with the number of each step that adds some.
func (m *machine[T]) back(ctx context.Context, din [][][]T, seed func(dout []T), visit func(i int)) error {
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
			return err
		}
		if din[i] == nil {
			continue
		}
		if visit != nil {
			visit(i)
		}
		s.fn.backward(m.in[i], m.val[s.out], m.grad[s.out], din[i], m.tmp)
	}
	return nil
}
