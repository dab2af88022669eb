package graph

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"quintain/ml"
	"quintain/ml/kernel"
)

// Options bound what a model may use.
type Options struct {
	Workers   int   // goroutines; 0 is one per processor. The answers do not depend on it
	MaxValues int   // numbers in memory for one run; 0 is 1<<28
	MaxWork   int64 // operations for one row; 0 is 1<<36
}

// A Net is a compiled graph, a classifier. It implements [ml.Model].
type Net struct {
	g     *Graph
	o     Options
	spec  ml.Spec
	in    Port
	out   string // the logits
	chunk int    // rows that are run together
	fixed bool   // the graph knows this batch size only
	one   bool   // the graph gives one number for a row
	blind error  // why there are no gradients, if so

	whole *Graph   // as it was given; shares weights with g
	live  []string // weights that may change, if the net was made to be trained
	step  stepper  // for their gradients

	mu       sync.Mutex // guards the rest
	programs map[int]*pool32
	packed   map[string][]float32
}

// A pool32 is a program and idle machines for it.
type pool32 struct {
	prog *program[float32]
	idle sync.Pool
}

// Rows are run together, so that weights are read once for many of them, as
// long as what the rows use stays in the cache.
const (
	maxChunk   = 48
	chunkLimit = 1 << 18 // numbers
)

// Compile checks a classifier from end to end and makes it ready to run. Its
// input is one value of numbers; what it gives for a row is one logit for each
// class. If the graph ends in a softmax or a sigmoid, the logits are what goes
// in there. A single output is the log odds of class 1 against class 0. A model
// of classic machine learning has two outputs, labels and scores; the scores
// stand for logits. It may have no gradients; [Net.Gradients] tells.
//
// An error wraps [ErrUnsupported], [ErrInvalid] or [ErrTooLarge], and is an
// [*OpError] where one operator is the trouble.
func Compile(g *Graph, o Options) (*Net, error) { return compileNet(g, o, nil) }

// compileNet is [Compile] for a graph in which the constants called live may
// change.
func compileNet(g *Graph, o Options, live []string) (*Net, error) {
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if o.MaxValues <= 0 || o.MaxValues > 1<<30 {
		o.MaxValues = 1 << 28
	}
	if o.MaxWork <= 0 {
		o.MaxWork = 1 << 36
	}
	n := &Net{o: o, programs: make(map[int]*pool32), packed: make(map[string][]float32), whole: g, live: live}
	switch {
	case len(g.Inputs) != 1:
		return nil, invalidf("%d inputs, want 1", len(g.Inputs))
	}
	n.in = g.Inputs[0]
	if len(n.in.Shape) < 2 {
		return nil, unsupportedf("an input of shape %v, want a batch of rows", n.in.Shape)
	}
	for _, d := range n.in.Shape[1:] {
		if d < 1 {
			return nil, unsupportedf("an input of shape %v: open beyond the batch", n.in.Shape)
		}
	}
	n.spec = ml.Spec{Shape: slices.Clone(n.in.Shape[1:]), Kernel: kernel.Name()}
	for _, t := range g.Const {
		n.spec.Parameters += len(t.Float)
	}
	for i := range g.Nodes {
		n.spec.Parameters += g.Nodes[i].weights()
	}
	var err error
	if n.g, n.out, n.spec.Output, err = logits(g); err != nil {
		return nil, err
	}
	if err := n.size(); err != nil {
		return nil, err
	}
	return n, nil
}

// size finds out how many rows can be run together.
func (n *Net) size() error {
	p, err := n.try(1)
	if err == nil {
		_, err = n.try(2)
	}
	if b := n.in.Shape[0]; err != nil && b > 0 {
		n.fixed, n.chunk = true, b
		p, err = n.try(b)
	}
	if err != nil {
		return err
	}
	if !n.fixed {
		var sum int
		for i, s := range p.sizes {
			if i == 0 || i > len(p.live) {
				sum += s
			}
		}
		if n.chunk = min(max(chunkLimit/sum, 1), maxChunk); len(n.live) > 0 {
			n.chunk = min(max(learnLimit/sum, 1), learnChunk)
		} else if n.chunk > 6 {
			n.chunk -= n.chunk % 6 // rows of a tile of the matrix kernel
		}
	}
	n.blind = p.blind
	n.spec.Classes = size(p.out.shape) / p.rows
	if n.one = n.spec.Classes == 1; n.one {
		n.spec.Classes = 2
	}
	return nil
}

// try compiles the graph for a batch size and checks the shape of the output.
func (n *Net) try(rows int) (*program[float32], error) {
	p, err := n.program(rows)
	if err != nil {
		return nil, err
	}
	return p.prog, nil
}

// program returns the program for a batch size.
func (n *Net) program(rows int) (*pool32, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if p, ok := n.programs[rows]; ok {
		return p, nil
	}
	prog, err := compileRows[float32](n, rows, n.packed, n.live...)
	if err != nil {
		return nil, err
	}
	p := &pool32{prog: prog}
	p.idle.New = func() any { return newMachine(prog) }
	n.programs[rows] = p
	return p, nil
}

func compileRows[T kernel.Float](n *Net, rows int, packed map[string][]T, live ...string) (*program[T], error) {
	p, err := compile(n.g, n.in.Name, append([]int{rows}, n.spec.Shape...), n.out, n.limits(rows), packed, live...)
	if err != nil {
		return nil, err
	}
	o := p.out
	if o.isInt || len(o.shape) < 2 || o.shape[0] != rows || size(o.shape) == 0 {
		return nil, unsupportedf("output %q of shape %v for %d rows, want one logit for each class", n.out, o.shape, rows)
	}
	if n.spec.Output != "logits" && n.spec.Output != "sigmoid" && len(o.shape) != 2 {
		return nil, unsupportedf("%s over a value of shape %v", n.spec.Output, o.shape)
	}
	return p, nil
}

// limits returns what rows that are run together may use.
func (n *Net) limits(rows int) limits {
	lim := limits{values: n.o.MaxValues, work: n.o.MaxWork}
	if rows > 1 && !n.fixed {
		lim.work = min(n.o.MaxWork*int64(rows), 1<<60)
	}
	return lim
}

// Spec implements [ml.Oracle].
func (n *Net) Spec() ml.Spec {
	s := n.spec
	s.Shape = slices.Clone(s.Shape)
	return s
}

// Predict implements [ml.Oracle].
func (n *Net) Predict(ctx context.Context, x ml.Batch) ([]float32, error) {
	z := make([]float32, x.Rows()*n.spec.Classes)
	err := n.each(ctx, x, func(m *machine[float32], first, rows int) error {
		out, err := m.forward(ctx)
		if err == nil {
			n.unfold(z[first*n.spec.Classes:(first+rows)*n.spec.Classes], out)
		}
		return err
	})
	return z, err
}

// Gradients returns nil if the model has gradients. Else the error says which
// operator has none, and wraps [ml.ErrNoGradient]; so does that of VJP.
func (n *Net) Gradients() error { return n.blind }

// VJP implements [ml.Model].
func (n *Net) VJP(ctx context.Context, x ml.Batch, seed ml.Seed, dx []float32) error {
	if n.blind != nil {
		return n.blind
	}
	if len(dx) != len(x.X) {
		return fmt.Errorf("room for %d gradients of %d values", len(dx), len(x.X))
	}
	k := n.spec.Classes
	return n.each(ctx, x, func(m *machine[float32], first, rows int) error {
		out, err := m.forward(ctx)
		if err != nil {
			return err
		}
		z, dz := make([]float32, rows*k), make([]float32, rows*k)
		n.unfold(z, out)
		for i := range rows {
			seed(first+i, z[i*k:(i+1)*k:(i+1)*k], dz[i*k:(i+1)*k:(i+1)*k])
		}
		grad, err := m.backward(ctx, func(dout []float32) { n.foldBack(dout, dz) })
		if err != nil {
			return err
		}
		copy(dx[first*x.Dim:(first+rows)*x.Dim], grad)
		return nil
	})
}

// unfold copies logits; one alone becomes the second of two, beside a zero.
func (n *Net) unfold(z, out []float32) {
	if !n.one {
		copy(z, out)
		return
	}
	for i := range len(z) / 2 {
		z[2*i], z[2*i+1] = 0, out[i]
	}
}

// foldBack undoes unfold for gradients.
func (n *Net) foldBack(dout, dz []float32) {
	if !n.one {
		copy(dout, dz)
		return
	}
	for i := range len(dz) / 2 {
		dout[i] = dz[2*i+1]
	}
}

// each runs f on machines that hold the rows of x, a chunk at a time.
func (n *Net) each(ctx context.Context, x ml.Batch, f func(m *machine[float32], first, rows int) error) error {
	x.Y = nil
	if err := x.Check(n.spec); err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(n.o.Workers)
	for first := 0; first < x.Rows(); first += n.chunk {
		rows := min(n.chunk, x.Rows()-first)
		g.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			run := rows
			if n.fixed {
				run = n.chunk
			}
			p, err := n.program(run)
			if err != nil {
				return err
			}
			m := p.idle.Get().(*machine[float32]) //nolint:forcetypeassert // New makes nothing else
			defer p.idle.Put(m)
			in := m.val[0]
			clear(in[copy(in, x.X[first*x.Dim:(first+rows)*x.Dim]):])
			return f(m, first, rows)
		})
	}
	return g.Wait()
}
