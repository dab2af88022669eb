// Package patch looks for a square that turns pictures wherever it is put.
package patch

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"quintain"
	"quintain/attack/evasion"
	"quintain/ml"
	"quintain/stats"
)

//go:embed patch.md
var doc string

// Attack trains one square on the attacker's own pictures at random places, and
// puts it on others at places of which it knows nothing.
var Attack = &evasion.Attack{
	Check: quintain.Check{
		Name:       "attack/evasion/patch",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0043.000", "AML.T0015", "ML01:2023"},
		Accepts:    []quintain.Kind{quintain.KindClassifier},
	},
	Paper: "Brown, Mané, Roy, Abadi, Gilmer: Adversarial Patch, 2017, arXiv:1712.09665, with places at random and no rotation or scale; " +
		"steps by the sign of the mean gradient",
	LInf: true, Squares: true, Halves: true, Whole: true,
	Steps: defaultSteps,
	Share: 0.15,
	Run:   run,
}

const (
	defaultSteps = 120
	together     = 64         // pictures of one step
	first, last  = 0.1, 0.005 // shares of the range that pixels move by in the first step and in the last
	looks        = 8          // how often the square is compared with the best so far

	// Streams of randomness.
	training = 1 << 21
	judging  = training + 1
	baseline = training + 2
)

func run(ctx context.Context, tr *evasion.Trial) (evasion.Result, error) {
	model, ok := tr.Model.(ml.Model)
	if !ok {
		return evasion.Result{}, evasion.ErrNeedsGradient
	}
	if tr.Own.Rows() == 0 || tr.Frame == nil {
		return evasion.Result{}, fmt.Errorf("%w: there are none", evasion.ErrUnfit)
	}
	s := newSearch(tr, model)
	if s.own.Rows() == 0 {
		return evasion.Result{}, fmt.Errorf("%w: none is of a class that is attacked", evasion.ErrUnfit)
	}
	if err := s.train(ctx); err != nil {
		return evasion.Result{}, err
	}
	res := evasion.Result{Adv: s.put(tr.Batch, s.best, s.places(tr.Batch.Rows()))}
	var err error
	res.Says, err = s.compare(ctx, res.Adv)
	return res, err
}

// A search is one run of the attack.
type search struct {
	tr        *evasion.Trial
	model     ml.Model
	own       ml.Batch // the attacker's rows of classes that are attacked
	low, high float32
	square    []float32 // the pixels
	best      []float32
	most      int // rows of the attacker's own that the best turns; -1 at first
}

// newSearch starts with a gray square.
func newSearch(tr *evasion.Trial, model ml.Model) *search {
	s := &search{tr: tr, model: model, low: slices.Min(tr.Ball.Low), high: slices.Max(tr.Ball.High), most: -1}
	var rows []int
	for i, y := range tr.Own.Y {
		if slices.Contains(tr.Batch.Y, y) {
			rows = append(rows, i)
		}
	}
	s.own = tr.Own.Pick(rows)
	f := tr.Frame
	s.square = slices.Repeat([]float32{s.gray()}, f.Channels*f.Side*f.Side)
	s.best = slices.Clone(s.square)
	return s
}

func (s *search) gray() float32 { return s.low + (s.high-s.low)/2 }

// put returns b with a square on every picture.
func (s *search) put(b ml.Batch, square []float32, at [][2]int) ml.Batch {
	out := b.Clone()
	for i := range out.Rows() {
		row := out.Row(i)
		for k, p := range s.tr.Frame.Pixels(at[i][0], at[i][1]) {
			row[p] = square[k]
		}
	}
	return out
}

// places draws where the square goes on each row of the trial. No place was
// known while it was trained.
func (s *search) places(n int) [][2]int {
	at := make([][2]int, n)
	for i := range at {
		at[i][0], at[i][1] = s.tr.Frame.Place(s.tr.Rand(i, judging))
	}
	return at
}

// draw draws places for n rows.
func (s *search) draw(n int, rng *rand.Rand) [][2]int {
	at := make([][2]int, n)
	for i := range at {
		at[i][0], at[i][1] = s.tr.Frame.Place(rng)
	}
	return at
}

// train moves the square up the margin of the attacker's own rows, at new
// places in every step, and keeps the best.
func (s *search) train(ctx context.Context) error {
	rng := rand.New(rand.NewPCG(s.tr.Seed, training))
	steps := cmp.Or(s.tr.Budget.Steps, defaultSteps)
	for step := range steps {
		if step%max(1, steps/looks) == 0 {
			if err := s.look(ctx); err != nil {
				return err
			}
		}
		rows := rng.Perm(s.own.Rows())
		b := s.own.Pick(rows[:min(together, len(rows))])
		share := last + (first-last)*float32(steps-step)/float32(steps)
		if err := s.step(ctx, b, s.draw(b.Rows(), rng), share); err != nil {
			return fmt.Errorf("step %d: %w", step+1, err)
		}
	}
	return s.look(ctx)
}

// step moves every pixel by share of the range, up the margin of the rows. The
// nearer a row is to a tie the more it counts: those of two classes may pull
// either way, and one of them has to win.
func (s *search) step(ctx context.Context, b ml.Batch, at [][2]int, share float32) error {
	x := s.put(b, s.square, at)
	grad, lead := make([]float32, len(x.X)), make([]float64, x.Rows())
	err := s.model.VJP(ctx, x, func(r int, z, dz []float32) { lead[r] = -ml.Margin(z, int(x.Y[r]), dz) }, grad)
	if err != nil {
		return err
	}
	var size float64
	for _, v := range lead {
		size += math.Abs(v) / float64(len(lead))
	}
	up := make([]float32, len(s.square))
	for r, v := range lead {
		weight := float32(math.Exp(-math.Abs(v) / math.Max(size, math.SmallestNonzeroFloat32)))
		for k, p := range s.tr.Frame.Pixels(at[r][0], at[r][1]) {
			up[k] += weight * grad[r*x.Dim+p]
		}
	}
	for k, g := range up {
		switch to := share * (s.high - s.low); {
		case g > 0:
			s.square[k] = min(s.square[k]+to, s.high)
		case g < 0:
			s.square[k] = max(s.square[k]-to, s.low)
		}
	}
	return nil
}

// look compares the square with the best so far, at the same places.
func (s *search) look(ctx context.Context) error {
	rng := rand.New(rand.NewPCG(s.tr.Seed, training+looks))
	fell, err := evasion.Fooled(ctx, s.model, s.put(s.own, s.square, s.draw(s.own.Rows(), rng)))
	if n := count(fell); err == nil && n > s.most {
		s.most = n
		copy(s.best, s.square)
	}
	return err
}

// compare says how many of the rows attacked a square turns that nobody
// trained: a gray one and a random one for each row, at the same places.
func (s *search) compare(ctx context.Context, adv ml.Batch) ([]quintain.Evidence, error) {
	tr, n := s.tr, s.tr.Batch.Rows()
	if n == 0 {
		return nil, nil
	}
	at := s.places(n)
	gray := s.put(tr.Batch, slices.Repeat([]float32{s.gray()}, len(s.square)), at)
	noisy := tr.Batch.Clone()
	for i := range n {
		rng := tr.Rand(i, baseline)
		for _, p := range tr.Frame.Pixels(at[i][0], at[i][1]) {
			noisy.Row(i)[p] = s.low + (s.high-s.low)*rng.Float32()
		}
	}
	var counts [3]int
	for k, x := range []ml.Batch{adv, gray, noisy} {
		fell, err := evasion.Fooled(ctx, s.model, x)
		if err != nil {
			return nil, err
		}
		counts[k] = count(fell)
	}
	side := fmt.Sprintf("%d by %d pixels", tr.Frame.Side, tr.Frame.Side)
	out := []quintain.Evidence{{Summary: fmt.Sprintf("one square of %s for all pictures, trained on %d that are not attacked, of which it turns %d, and put at random places",
		side, s.own.Rows(), s.most)}}
	names := []string{"share fooled by the patch", "share fooled by a gray square", "share fooled by random squares"}
	for k, name := range names {
		m := stats.Proportion(name, counts[k], n, tr.Seed)
		says := "of the pictures attacked"
		if k > 0 {
			says = "for comparison, of the same pictures with a square of the same size at the same places that nobody trained"
		}
		out = append(out, quintain.Evidence{Summary: says, Measure: &m})
	}
	if counts[0] <= max(counts[1], counts[2]) {
		out = append(out, quintain.Evidence{Summary: "the patch turns no more pictures than squares that nobody trained: it hides what it covers, and nothing more was found"})
	}
	return out, nil
}

func count(b []bool) int {
	n := 0
	for _, v := range b {
		if v {
			n++
		}
	}
	return n
}
