package scorer

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"

	"quintain/lab"
	"quintain/ml"
	"quintain/ml/graph"
	"quintain/ml/train"
	"quintain/ml/watch"
)

// Applicants have features from 0 to 1. A few habits of a person show in all of
// them, which is what tells a person from features drawn one by one.
const (
	features = 12
	habits   = 4
	quota    = 1000 // calls that an account has

	ownedRows = 60 // applicants that a competitor knows
)

// A bureau is the world of one attempt: how applicants are made, and the model
// that scores them.
type bureau struct {
	load  [features][habits]float64 // how much of a habit is in a feature
	taste *taste                    // who pays back, before chance
	net   *graph.Net                // the scorer
	mark  []float64                 // the secret direction of the watermark
	scale float64                   // by which it is as long as log odds are spread

	profile *watch.Profile // of applicants
}

// open makes the bureau of an attempt, once.
func open(ctx context.Context, a *lab.Attempt) (*bureau, error) {
	return lab.Once(a, "bureau", func() (*bureau, error) { return newBureau(ctx, a.Source) })
}

func newBureau(ctx context.Context, s *lab.Source) (*bureau, error) {
	b := &bureau{}
	b.draw(s.Rand("habits"))
	b.taste = newTaste(b, s.Rand("taste"))
	rows := b.outcomes(4000, s.Rand("history"))
	g, err := train.Fit(ctx, train.MLP([]int{features, 48, 2}, s.Seed("weights")), rows, train.Options{Epochs: 20, Batch: 32, Rate: 0.005, Seed: s.Seed("order")})
	if err != nil {
		return nil, err
	}
	if b.net, err = graph.Compile(g, graph.Options{}); err != nil {
		return nil, err
	}
	if b.profile, err = watch.NewProfile(ml.Batch{X: rows.X, Dim: features}, 0.02); err != nil {
		return nil, err
	}
	return b, b.choose(ctx, s)
}

// draw says how people are.
func (b *bureau) draw(rng *rand.Rand) {
	for j := range features {
		for h := range habits {
			b.load[j][h] = rng.NormFloat64()
		}
	}
}

// The mark is the best of some secret directions: the one with which models
// that were made without the scorer side least.
const (
	candidates = 16
	consulted  = 4000 // applicants that they are compared on
	usual      = 0.15 // strength that they are compared at
)

func (b *bureau) choose(ctx context.Context, s *lab.Source) error {
	people := b.applicants(consulted, s.Rand("consulted"))
	z, err := b.net.Predict(ctx, people)
	if err != nil {
		return err
	}
	var others [innocents][]int32
	for i := range others {
		label := fmt.Sprintf("own innocent %d", i)
		m, err := b.independent(ctx, b.outcomes(3*quota, s.Rand(label)), s.Seed(label))
		if err != nil {
			return err
		}
		if others[i], err = says(ctx, m, people); err != nil {
			return err
		}
	}
	rng, least := s.Rand("mark"), 2.0
	for range candidates {
		dir := make([]float64, features)
		for j := range dir {
			dir[j] = rng.NormFloat64()
		}
		scale, worst := b.lean(dir, people, z, others[:])
		if worst < least {
			least, b.mark, b.scale = worst, dir, scale
		}
	}
	return nil
}

// lean returns the scale of a direction, and the largest share of the decisions
// that a mark along it changes on which one of the others sides with it.
func (b *bureau) lean(dir []float64, people ml.Batch, z []float32, others [][]int32) (scale, worst float64) {
	var odds, length float64
	for i := range people.Rows() {
		d, s := float64(z[2*i+1])-float64(z[2*i]), along(dir, people.Row(i))
		odds, length = odds+d*d, length+s*s
	}
	scale = math.Sqrt(odds / length)
	sides, asked := make([]int, len(others)), 0
	for i := range people.Rows() {
		d := float64(z[2*i+1]) - float64(z[2*i])
		marked := d + usual*scale*along(dir, people.Row(i))
		if (d > 0) == (marked > 0) {
			continue
		}
		asked++
		for k, o := range others {
			if (o[i] == 1) == (marked > 0) {
				sides[k]++
			}
		}
	}
	for _, n := range sides {
		worst = max(worst, float64(n)/float64(max(asked, 1)))
	}
	return scale, worst
}

// along is how far a row lies along a direction, from the middle.
func along(dir []float64, row []float32) float64 {
	var s float64
	for j, v := range row {
		s += dir[j] * (float64(v) - 0.5)
	}
	return s
}

// A taste is a rule that says who pays back: waves over pairs of features.
type taste struct {
	pair       [waves][2]int
	size, turn [waves]float64
	middle     float64 // half of the applicants are above
}

const waves = 8

func (t *taste) of(x []float32) float64 {
	s := -t.middle
	for i, p := range t.pair {
		s += t.size[i] * math.Sin(bends*math.Pi*(float64(x[p[0]])+float64(x[p[1]]))+t.turn[i])
	}
	return s
}

const bends = 1.15 // half waves across the range of a feature

func newTaste(b *bureau, rng *rand.Rand) *taste {
	t := &taste{}
	for i := range t.pair {
		p := rng.Perm(features)
		t.pair[i] = [2]int{p[0], p[1]}
		t.size[i], t.turn[i] = 0.7+0.6*rng.Float64(), 2*math.Pi*rng.Float64()
	}
	people := b.applicants(1001, rng)
	var all []float64
	for i := range people.Rows() {
		all = append(all, t.of(people.Row(i)))
	}
	slices.Sort(all)
	t.middle = all[500]
	return t
}

// applicants draws people.
func (b *bureau) applicants(n int, rng *rand.Rand) ml.Batch {
	out := ml.Batch{Dim: features, X: make([]float32, 0, n*features)}
	for range n {
		var h [habits]float64
		for i := range h {
			h[i] = rng.NormFloat64()
		}
		for j := range features {
			v := 0.45 * rng.NormFloat64()
			for i, l := range b.load[j] {
				v += l * h[i] / 2
			}
			out.X = append(out.X, float32(1/(1+math.Exp(-1.5*v))))
		}
	}
	return out
}

// outcomes draws people and says who paid back: the rule, and for one in twelve
// chance.
func (b *bureau) outcomes(n int, rng *rand.Rand) ml.Batch {
	out := b.applicants(n, rng)
	for i := range n {
		y := int32(0)
		if (b.taste.of(out.Row(i)) > 0) != (rng.Float64() < 1.0/12) {
			y = 1
		}
		out.Y = append(out.Y, y)
	}
	return out
}

// says returns the answers of a model.
func says(ctx context.Context, m ml.Oracle, b ml.Batch) ([]int32, error) {
	z, err := m.Predict(ctx, b)
	if err != nil {
		return nil, err
	}
	out := make([]int32, b.Rows())
	for i := range out {
		if z[2*i+1] > z[2*i] {
			out[i] = 1
		}
	}
	return out, nil
}

// agree counts the rows of which two models say the same.
func agree(ctx context.Context, a, b ml.Oracle, rows ml.Batch) (int, error) {
	x, err := says(ctx, a, rows)
	if err != nil {
		return 0, err
	}
	y, err := says(ctx, b, rows)
	if err != nil {
		return 0, err
	}
	n := 0
	for i := range x {
		if x[i] == y[i] {
			n++
		}
	}
	return n, nil
}

// table writes rows as CSV. The label is 0 where nobody knows it.
func table(b ml.Batch) []byte {
	var out bytes.Buffer
	for j := range b.Dim {
		fmt.Fprintf(&out, "f%d,", j+1)
	}
	out.WriteString("label\n")
	var cell []byte
	for i := range b.Rows() {
		for _, x := range b.Row(i) {
			cell = strconv.AppendFloat(cell[:0], float64(x), 'f', 4, 32)
			out.Write(append(cell, ','))
		}
		y := int32(0)
		if b.Y != nil {
			y = b.Y[i]
		}
		fmt.Fprintf(&out, "%d\n", y)
	}
	return out.Bytes()
}
