package graph

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"

	"quintain/ml"
	"quintain/ml/kernel"
)

// learnChunk is how many rows at most have their gradients summed together, and
// learnLimit how many numbers they use: weights that change are packed for
// every chunk, so chunks are larger than where weights are fixed. They do not
// depend on the number of workers, and their sums are added in order, so neither
// do the bits of the result.
const (
	learnChunk = 32
	learnLimit = 1 << 23
)

// A Param is one of the weights of a net that can be trained.
type Param struct {
	Name  string
	Shape []int
	Value []float32 // the weights themselves: changing them changes the net
}

// Trainable is [Compile] for a net whose weights, those that [Weights] names,
// can be changed between runs. The net works on a copy: g stays as it is.
func Trainable(g *Graph, o Options) (*Net, error) {
	g = g.lift()
	live := Weights(g)
	if len(live) == 0 {
		return nil, unsupportedf("training a model without weights")
	}
	n, err := compileNet(g, o, live)
	if err == nil && n.blind != nil {
		err = n.blind
	}
	return n, err
}

// Params returns the weights, none if the net was not made by [Trainable].
// Nothing may run while they are changed.
func (n *Net) Params() []Param {
	out := make([]Param, len(n.live))
	for i, name := range n.live {
		t := n.g.Const[name]
		out[i] = Param{name, t.Shape, t.Float}
	}
	return out
}

// Graph returns a copy of the graph with the weights as they are now.
func (n *Net) Graph() *Graph { return n.whole.Clone() }

// ParamGrad runs x forward, asks seed for the gradient of some loss with
// respect to the logits of every row, and sets grad, one slice for each of
// [Net.Params], to the gradient with respect to the weights, summed over the
// rows. One call runs at a time.
func (n *Net) ParamGrad(ctx context.Context, x ml.Batch, seed ml.Seed, grad [][]float32) error {
	return n.learn(ctx, x, seed, grad, 0, nil)
}

// ClippedGrad is [Net.ParamGrad] where the gradient of every single row is
// first scaled down to the length clip, if it is longer: the sum that DP-SGD
// adds noise to (Abadi et al. 2016). It sets norms, one for each row, to the
// lengths before that. Gradients of single rows are not made where the length
// follows from what is there anyway (Goodfellow 2015).
func (n *Net) ClippedGrad(ctx context.Context, x ml.Batch, seed ml.Seed, clip float64, grad [][]float32, norms []float64) error {
	switch {
	case !(clip > 0) || math.IsInf(clip, 0):
		return fmt.Errorf("gradients clipped to %v, want a length above 0", clip)
	case len(norms) != x.Rows():
		return fmt.Errorf("room for %d lengths of %d rows", len(norms), x.Rows())
	}
	return n.learn(ctx, x, seed, grad, clip, norms)
}

// A stepper is what learn keeps between calls.
type stepper struct {
	mu     sync.Mutex
	single bool // lengths need the gradient of each row alone
	known  bool // single is worked out
	desks  []*desk
}

// A desk is where one chunk is worked on.
type desk struct {
	n     *Net
	m     *machine[float32]
	pool  *pool32
	z, dz []float32
	sum   []float64 // squared lengths
	want  []bool
	err   error
}

func (n *Net) learn(ctx context.Context, x ml.Batch, seed ml.Seed, grad [][]float32, clip float64, norms []float64) error {
	x.Y = nil
	if err := x.Check(n.spec); err != nil {
		return err
	}
	if err := n.fits(grad); err != nil {
		return err
	}
	n.step.mu.Lock()
	defer n.step.mu.Unlock()
	chunk := n.chunk
	if clip > 0 {
		single, err := n.alone()
		if err != nil {
			return err
		}
		if single {
			if n.fixed && n.chunk > 1 {
				return unsupportedf("clipped gradients with a batch of %d rows", n.chunk)
			}
			chunk = 1
		}
	}
	for _, g := range grad {
		clear(g)
	}
	for len(n.step.desks) < n.o.Workers {
		n.step.desks = append(n.step.desks, &desk{n: n})
	}
	for first := 0; first < x.Rows(); first += chunk * n.o.Workers {
		used := n.step.desks[:min(n.o.Workers, (x.Rows()-first+chunk-1)/chunk)]
		job := func(i int) {
			d, at := used[i], first+i*chunk
			d.err = d.run(ctx, x, at, min(chunk, x.Rows()-at), seed, clip, norms)
		}
		if len(used) == 1 {
			job(0)
		} else {
			var wg sync.WaitGroup
			for i := range used {
				wg.Go(func() { job(i) })
			}
			wg.Wait()
		}
		for _, d := range used {
			if d.err != nil {
				return d.err
			}
			for k, g := range grad {
				kernel.Add(g, d.m.grad[k+1])
			}
			d.leave()
		}
	}
	return nil
}

// fits reports whether grad has the sizes of the weights.
func (n *Net) fits(grad [][]float32) error {
	if len(n.live) == 0 {
		return unsupportedf("gradients of weights of a net that was not made to be trained")
	}
	if len(grad) != len(n.live) {
		return fmt.Errorf("room for %d gradients of %d weights", len(grad), len(n.live))
	}
	for i, name := range n.live {
		if want := len(n.g.Const[name].Float); len(grad[i]) != want {
			return fmt.Errorf("room for %d numbers in the gradient of the %d weights %q", len(grad[i]), want, name)
		}
	}
	return nil
}

// alone reports whether the lengths of gradients cannot be had without making
// the gradient of each row: some step does not know how, or weights are used
// more than once or in another order.
func (n *Net) alone() (bool, error) {
	if n.step.known {
		return n.step.single, nil
	}
	p, err := n.program(n.chunk)
	if err != nil {
		return false, err
	}
	uses := make([]int, len(n.live)+1)
	single := false
	learned := make([]bool, len(p.prog.sizes))
	for i := range n.live {
		learned[i+1] = true
	}
	for _, s := range p.prog.steps {
		for i, o := range s.in {
			if o.constant() || !learned[o.slot] {
				continue
			}
			weight := o.slot <= len(n.live)
			if weight {
				uses[o.slot]++
			}
			single = single || weight && (s.fn.squares == nil || i == 0) || weight && uses[o.slot] > 1
			learned[s.out] = true
			if i > 0 && !weight && s.fn.squares != nil {
				single = true // the weights come in another order
			}
		}
	}
	n.step.single, n.step.known = single, true
	return single, nil
}

// take gets a machine for the next chunk.
func (d *desk) take(rows int) error {
	if d.n.fixed {
		rows = d.n.chunk
	}
	p, err := d.n.program(rows)
	if err != nil {
		return err
	}
	d.pool = p
	d.m = p.idle.Get().(*machine[float32]) //nolint:forcetypeassert // New makes nothing else
	return nil
}

func (d *desk) leave() { d.pool.idle.Put(d.m) }

// run leaves the gradients of rows of x from first on in the machine.
func (d *desk) run(ctx context.Context, x ml.Batch, first, rows int, seed ml.Seed, clip float64, norms []float64) error {
	if err := d.take(rows); err != nil {
		return err
	}
	m, k := d.m, d.n.spec.Classes
	in := m.val[0]
	clear(in[copy(in, x.X[first*x.Dim:(first+rows)*x.Dim]):])
	out, err := m.forward(ctx)
	if err != nil {
		return err
	}
	if len(d.z) < rows*k {
		d.z, d.dz = make([]float32, rows*k), make([]float32, rows*k)
		d.sum = make([]float64, max(rows, d.n.chunk))
	}
	z, dz := d.z[:rows*k], d.dz[:rows*k]
	d.n.unfold(z, out)
	clear(dz)
	for i := range rows {
		seed(first+i, z[i*k:(i+1)*k:(i+1)*k], dz[i*k:(i+1)*k:(i+1)*k])
	}
	m.prepare()
	fold := func(dout []float32) { d.n.foldBack(dout, dz) }
	if clip == 0 {
		return m.back(ctx, m.dw, fold, nil)
	}
	if err := d.measure(ctx, fold, norms[first:first+rows]); err != nil {
		return err
	}
	if d.n.step.single {
		f := shrink(norms[first], clip)
		for i := range d.n.live {
			kernel.Scale(m.grad[i+1], f)
		}
		return nil
	}
	d.clip(norms[first:first+rows], clip)
	return nil
}

// clip adds up the gradients of weights after those of values, which measure
// has left, are scaled row by row: a smaller gradient of the logits of a row
// makes all that follows from it smaller by as much.
func (d *desk) clip(norms []float64, to float64) {
	m := d.m
	for i, s := range m.prog.steps {
		if m.own[i] == nil {
			continue
		}
		dout := m.grad[s.out]
		each := len(dout) / m.prog.rows
		for r, norm := range norms {
			if f := shrink(norm, to); f != 1 {
				kernel.Scale(dout[r*each:(r+1)*each], f)
			}
		}
		s.fn.backward(m.in[i], m.val[s.out], dout, m.own[i], m.tmp)
	}
}

// measure sets norms to the lengths of the gradients of single rows.
func (d *desk) measure(ctx context.Context, fold func([]float32), norms []float64) error {
	m := d.m
	clear(d.sum)
	if d.n.step.single {
		if err := m.back(ctx, m.dw, fold, nil); err != nil {
			return err
		}
		for i := range d.n.live {
			d.sum[0] += kernel.Square(m.grad[i+1])
		}
	} else if err := m.back(ctx, m.through, fold, d.square); err != nil {
		return err
	}
	for i := range norms {
		norms[i] = math.Sqrt(d.sum[i])
	}
	return nil
}

// square adds the squared lengths that one step accounts for.
func (d *desk) square(i int) {
	m := d.m
	s := &m.prog.steps[i]
	d.want = d.want[:0]
	some := false
	for _, o := range s.in {
		w := !o.constant() && o.slot > 0 && o.slot <= len(d.n.live)
		d.want, some = append(d.want, w), some || w
	}
	if some {
		s.fn.squares(m.in[i], m.val[s.out], m.grad[s.out], d.want, d.sum, m.tmp)
	}
}

// shrink returns what brings a gradient of length norm down to clip.
func shrink(norm, clip float64) float32 {
	if norm <= clip {
		return 1
	}
	return float32(clip / norm)
}

// fixed reports whether o depends on weights only.
func (c *compiler[T]) fixed(o *operand[T]) bool {
	if o.slot <= len(c.prog.live) {
		return o.slot != 0
	}
	s := &c.prog.steps[o.slot-len(c.prog.live)-1] // every step makes one slot
	return !slices.ContainsFunc(s.in, func(in *operand[T]) bool { return !in.constant() && !c.fixed(in) })
}
