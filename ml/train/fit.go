package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"quintain/ml"
	"quintain/ml/graph"
)

// ErrDiverged says that the loss or a weight is no number any more. A smaller
// rate helps.
var ErrDiverged = errors.New("train: diverged")

// An Optimizer says how a gradient changes the weights.
type Optimizer int

// The optimizers.
const (
	Adam Optimizer = iota // Kingma and Ba 2015, with β 0.9 and 0.999 and ε 1e-8
	SGD                   // with momentum, as PyTorch has it
)

// A Loss takes the logits z of row i of the batch that is being trained on,
// whose label is y, sets dz, all zeros at first, to the gradient with respect
// to z, and returns the loss. It is called concurrently for different rows. The
// loss of a minibatch is the mean over its rows.
type Loss func(i int, z []float32, y int, dz []float32) float64

// Options say how to train. The zero value of a field is what its comment
// calls the default.
type Options struct {
	Epochs      int     // passes over the rows; 30
	Batch       int     // rows of a minibatch; 32. The last one of an epoch may be smaller
	Rate        float64 // step size; 1e-3 for Adam and 0.1 for SGD
	WeightDecay float64 // times the weights is added to the gradient; 0
	Momentum    float64 // of SGD, 0 to below 1; 0
	Optimizer   Optimizer
	Seed        uint64
	Workers     int // goroutines; 0 is one per processor. The result does not depend on it

	// Targets are probabilities to train toward instead of the labels, one
	// after the other for each class of each row: for distillation.
	Targets []float32

	// Loss replaces the cross-entropy. It may not be given with Targets.
	Loss Loss

	// Perturb, if not nil, may change the rows of every minibatch, which are a
	// copy, before the step that they are for: adversarial training. It may ask
	// net, which has the weights of that moment, but must not keep it.
	Perturb func(ctx context.Context, net *graph.Net, b ml.Batch, rng *rand.Rand) error

	// Trades, above 0, adds that many times the divergence of what the model
	// says of the changed row from what it says of the row itself, and takes
	// the loss at the row itself (Zhang et al. 2019). It needs Perturb.
	Trades float64

	// Clip above 0 makes training differentially private (DP-SGD, Abadi et al.
	// 2016): every row is in a minibatch with probability Batch/rows, gradients
	// of single rows are clipped to length Clip, and Gaussian noise of standard
	// deviation Noise·Clip is added to each coordinate of their sum, which is
	// then divided by Batch.
	Clip, Noise float64

	// Stop, if not nil, is asked after every epoch, counted from 1, whether to
	// end early.
	Stop func(epoch int, net *graph.Net) bool

	// Progress, if not nil, is told after every epoch how many of all are done.
	Progress func(done, total int)
}

// Fit trains the weights of g, those that [graph.Weights] names, on the
// labeled rows b, from what they are, and returns a graph with the new ones. It
// does not change g or b. The error is that of ctx, or wraps [ErrDiverged], or
// says what is wrong with the options, the rows or the graph.
func Fit(ctx context.Context, g *graph.Graph, b ml.Batch, o Options) (*graph.Graph, error) {
	t, err := newTrainer(g, b, o)
	if err != nil {
		return nil, fmt.Errorf("train: %w", err)
	}
	for epoch := 1; epoch <= t.o.Epochs; epoch++ {
		if err := t.epoch(ctx); err != nil {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			return nil, fmt.Errorf("epoch %d: %w", epoch, err)
		}
		if t.o.Progress != nil {
			t.o.Progress(epoch, t.o.Epochs)
		}
		if t.o.Stop != nil && t.o.Stop(epoch, t.net) {
			break
		}
	}
	return t.net.Graph(), nil
}

// Accuracy returns how many rows of b net classifies as their labels say.
func Accuracy(ctx context.Context, net *graph.Net, b ml.Batch) (hits int, err error) {
	if len(b.Y) != b.Rows() {
		return 0, fmt.Errorf("%d labels for %d rows", len(b.Y), b.Rows())
	}
	z, err := net.Predict(ctx, b)
	if err != nil {
		return 0, err
	}
	k := net.Spec().Classes
	for i, y := range b.Y {
		if ml.Argmax(z[i*k:(i+1)*k]) == int(y) {
			hits++
		}
	}
	return hits, nil
}

// check completes options for rows rows of a model with specification s.
func (o *Options) check(rows int, s ml.Spec) error {
	if o.Epochs == 0 {
		o.Epochs = 30
	}
	if o.Batch == 0 {
		o.Batch = 32
	}
	if o.Rate == 0 {
		o.Rate = 1e-3
		if o.Optimizer == SGD {
			o.Rate = 0.1
		}
	}
	switch {
	case o.Epochs < 0 || o.Batch < 0:
		return fmt.Errorf("%d epochs of minibatches of %d", o.Epochs, o.Batch)
	case !(o.Rate > 0) || math.IsInf(o.Rate, 0):
		return fmt.Errorf("rate %v, want a number above 0", o.Rate)
	case !(o.WeightDecay >= 0) || !(o.Momentum >= 0 && o.Momentum < 1):
		return fmt.Errorf("weight decay %v and momentum %v; neither may be negative, and momentum is below 1", o.WeightDecay, o.Momentum)
	case o.Optimizer != Adam && o.Optimizer != SGD:
		return fmt.Errorf("optimizer %d is not known", o.Optimizer)
	case o.Targets != nil && len(o.Targets) != rows*s.Classes:
		return fmt.Errorf("%d target probabilities for %d rows of %d classes", len(o.Targets), rows, s.Classes)
	case o.Targets != nil && o.Loss != nil:
		return errors.New("both a loss and targets are given")
	case !(o.Trades >= 0) || o.Trades > 0 && (o.Perturb == nil || o.Clip != 0):
		return errors.New("a trade-off needs changed rows, and does not go with clipping")
	case !(o.Clip >= 0) || math.IsInf(o.Clip, 0) || !(o.Noise >= 0) || o.Noise > 0 && o.Clip == 0:
		return fmt.Errorf("gradients clipped to %v with noise %v; noise needs a clip above 0", o.Clip, o.Noise)
	}
	return nil
}

// A trainer is one training.
type trainer struct {
	net  *graph.Net
	all  ml.Batch
	o    Options
	k    int // classes
	opt  optimizer
	grad [][]float32

	order   []int    // of rows
	rows    []int    // of the minibatch
	mini    ml.Batch // its rows
	clean   []float32
	zs      []float32 // logits of its clean rows
	loss    []float64
	norms   []float64
	seed    ml.Seed
	shuffle *rand.Rand
	noise   *rand.Rand
	perturb *rand.Rand
}

func newTrainer(g *graph.Graph, b ml.Batch, o Options) (*trainer, error) {
	net, err := graph.Trainable(g, graph.Options{Workers: o.Workers})
	if err != nil {
		return nil, err
	}
	switch {
	case b.Dim < 1 || len(b.X) == 0:
		return nil, errors.New("no rows to train on")
	case len(b.Y) != b.Rows():
		return nil, fmt.Errorf("%d labels for %d rows", len(b.Y), b.Rows())
	}
	if err := b.Check(net.Spec()); err != nil {
		return nil, err
	}
	if err := o.check(b.Rows(), net.Spec()); err != nil {
		return nil, err
	}
	t := &trainer{
		net: net, all: b, o: o, k: net.Spec().Classes,
		shuffle: rand.New(rand.NewPCG(o.Seed, streamOrder)),
		noise:   rand.New(rand.NewPCG(o.Seed, streamNoise)),
		perturb: rand.New(rand.NewPCG(o.Seed, streamPerturb)),
	}
	t.opt = newOptimizer(net.Params(), &t.o)
	for _, p := range net.Params() {
		t.grad = append(t.grad, make([]float32, len(p.Value)))
	}
	for i := range b.Rows() {
		t.order = append(t.order, i)
	}
	t.mini.Dim = b.Dim
	t.seed = t.slope
	return t, nil
}

// epoch makes one pass over the rows, or, where rows are drawn, as many steps.
func (t *trainer) epoch(ctx context.Context) error {
	n := len(t.order)
	if t.o.Clip == 0 {
		t.shuffle.Shuffle(n, func(i, j int) { t.order[i], t.order[j] = t.order[j], t.order[i] })
	}
	for first := 0; first < n; first += t.o.Batch {
		if err := ctx.Err(); err != nil {
			return err
		}
		t.choose(first)
		if err := t.step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// choose fills the minibatch.
func (t *trainer) choose(first int) {
	t.rows = t.rows[:0]
	if t.o.Clip > 0 {
		q := float64(t.o.Batch) / float64(len(t.order))
		for i := range t.order {
			if t.shuffle.Float64() < q {
				t.rows = append(t.rows, i)
			}
		}
	} else {
		t.rows = append(t.rows, t.order[first:min(first+t.o.Batch, len(t.order))]...)
	}
	t.mini.X, t.mini.Y = t.mini.X[:0], t.mini.Y[:0]
	for _, i := range t.rows {
		t.mini.X = append(t.mini.X, t.all.Row(i)...)
		t.mini.Y = append(t.mini.Y, t.all.Y[i])
	}
	for len(t.loss) < len(t.rows) {
		t.loss, t.norms = append(t.loss, 0), append(t.norms, 0)
	}
}

// step changes the weights once.
func (t *trainer) step(ctx context.Context) error {
	share := float64(len(t.rows))
	if err := t.change(ctx); err != nil {
		return err
	}
	var err error
	if t.o.Clip > 0 {
		share = float64(t.o.Batch)
		err = t.net.ClippedGrad(ctx, t.mini, t.seed, t.o.Clip, t.grad, t.norms[:len(t.rows)])
		t.blur()
	} else {
		err = t.net.ParamGrad(ctx, t.mini, t.seed, t.grad)
	}
	if err != nil {
		return err
	}
	for i := range t.rows {
		if l := t.loss[i]; math.IsNaN(l) || math.IsInf(l, 0) {
			return fmt.Errorf("%w: the loss of row %d is %v; try a smaller rate than %v", ErrDiverged, t.rows[i], l, t.o.Rate)
		}
	}
	if !t.opt.step(t.grad, float32(1/share)) {
		return fmt.Errorf("%w: a weight is no number; try a smaller rate than %v", ErrDiverged, t.o.Rate)
	}
	return nil
}

// change lets the caller change the minibatch.
func (t *trainer) change(ctx context.Context) error {
	if t.o.Perturb == nil {
		return nil
	}
	t.clean = append(t.clean[:0], t.mini.X...)
	if err := t.o.Perturb(ctx, t.net, t.mini, t.perturb); err != nil {
		return fmt.Errorf("change the rows: %w", err)
	}
	if t.o.Trades == 0 {
		return nil
	}
	// Clean rows come first, changed ones after them, in one batch.
	n := len(t.rows)
	t.mini.X = append(t.mini.X, t.mini.X...)
	copy(t.mini.X, t.clean)
	t.mini.Y = append(t.mini.Y, t.mini.Y...)
	for len(t.loss) < 2*n {
		t.loss = append(t.loss, 0)
	}
	z, err := t.net.Predict(ctx, t.mini)
	t.zs = z
	return err
}

// blur adds the noise of DP-SGD.
func (t *trainer) blur() {
	sd := t.o.Noise * t.o.Clip
	if sd == 0 {
		return
	}
	for _, g := range t.grad {
		for i := range g {
			g[i] += float32(sd * t.noise.NormFloat64())
		}
	}
}

// slope is the seed of every step.
func (t *trainer) slope(row int, z, dz []float32) {
	if t.o.Trades > 0 {
		t.trade(row, z, dz)
		return
	}
	i := t.rows[row]
	switch {
	case t.o.Loss != nil:
		t.loss[row] = t.o.Loss(i, z, int(t.mini.Y[row]), dz)
	case t.o.Targets != nil:
		t.loss[row] = Toward(z, t.o.Targets[i*t.k:(i+1)*t.k], dz)
	default:
		t.loss[row] = CrossEntropy(z, int(t.mini.Y[row]), dz)
	}
}
