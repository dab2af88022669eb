package privacy

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"quintain"
	"quintain/ml"
	"quintain/stats"
)

const (
	twinRows    = 120 // members of a twin, and as many others
	twinShadows = 8
)

// An elephant never forgets: it answers with the label of the nearest row that
// it was given, and is the surer the nearer that is.
type elephant struct {
	spec ml.Spec
	rows ml.Batch
	low  []float32
	span []float32 // of each feature
}

func newElephant(rows ml.Batch, classes int) *elephant {
	e := &elephant{spec: ml.Spec{Shape: []int{rows.Dim}, Classes: classes, Output: "logits"}, rows: rows}
	e.low, e.span = make([]float32, rows.Dim), make([]float32, rows.Dim)
	copy(e.low, rows.Row(0))
	high := append([]float32(nil), rows.Row(0)...)
	for i := range rows.Rows() {
		for k, v := range rows.Row(i) {
			e.low[k], high[k] = min(e.low[k], v), max(high[k], v)
		}
	}
	for k := range high {
		e.span[k] = high[k] - e.low[k]
	}
	return e
}

// Spec implements [ml.Oracle].
func (e *elephant) Spec() ml.Spec { return e.spec }

// Predict implements [ml.Oracle].
func (e *elephant) Predict(ctx context.Context, x ml.Batch) ([]float32, error) {
	z := make([]float32, x.Rows()*e.spec.Classes)
	for i := range x.Rows() {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		best, at := math.Inf(1), 0
		for j := range e.rows.Rows() {
			if d := e.distance(x.Row(i), e.rows.Row(j)); d < best {
				best, at = d, j
			}
		}
		z[i*e.spec.Classes+int(e.rows.Y[at])] = float32(10 * math.Exp(-best))
	}
	return z, nil
}

func (e *elephant) distance(a, b []float32) float64 {
	var d float64
	for k, v := range a {
		if e.span[k] > 0 {
			u := float64(v-b[k]) / float64(e.span[k])
			d += u * u
		}
	}
	return math.Sqrt(d)
}

// A copyist is a case with a target that has learned its rows by heart, half of
// them under wrong labels so that nothing but memory helps.
type copyist struct {
	subject
	says string
}

// twin makes the weak twin for an attack.
func (e *engine) twin(ctx context.Context, s *subject, a *Attack) (*copyist, error) {
	rng := rand.New(rand.NewPCG(e.o.Seed, 2))
	t := &copyist{subject: subject{auc: s.auc, tpr: s.tpr, fpr: s.fpr, classes: s.classes}}
	n := min(2*twinRows, len(s.in))
	if s.net != nil {
		t.pool = s.pool.Pick(rng.Perm(len(s.in))[:n])
	} else {
		n = 2 * twinRows
		t.pool.Dim = 6
		for range n {
			for range t.pool.Dim {
				t.pool.X = append(t.pool.X, rng.Float32())
			}
			t.pool.Y = append(t.pool.Y, int32(rng.IntN(s.classes)))
		}
	}
	var members []int
	for i := range n {
		if rng.IntN(2) == 0 {
			t.pool.Y[i] = (t.pool.Y[i] + 1 + int32(rng.IntN(s.classes-1))) % int32(s.classes)
		}
		t.in = append(t.in, i%2 == 0)
		if i%2 == 0 {
			members = append(members, i)
		}
	}
	t.labels, t.row = t.pool.Y, make([]int, n)
	if !a.Shadows {
		model := newElephant(t.pool.Pick(members), s.classes)
		t.says = fmt.Sprintf("a twin that keeps its %d rows, half of them wrongly labeled, and answers by the nearest", len(members))
		var err error
		t.odds, t.right, err = ask(ctx, model, t.pool)
		return t, err
	}
	if s.twin != nil { // one serves all attacks with shadow models
		return s.twin, nil
	}
	o := e.o
	o.Train.Epochs, o.Train.Batch, o.Train.WeightDecay, o.Train.Clip, o.Train.Noise = 150, 8, 0, 0, 0
	f, err := s.fitter(o)
	if err != nil {
		return nil, err
	}
	net, err := f(ctx, t.pool.Pick(members), e.o.Seed^0x5eed)
	if err != nil {
		return nil, fmt.Errorf("train the weak twin: %w", err)
	}
	t.says = fmt.Sprintf("the same architecture trained for %d epochs on %d rows, half of them wrongly labeled", o.Train.Epochs, len(members))
	if t.odds, t.right, err = ask(ctx, net, t.pool); err != nil {
		return nil, err
	}
	if t.shadows, err = trainShadows(ctx, f, t.pool, ml.Batch{Dim: t.pool.Dim}, 0.5, twinShadows, e.o.Seed+1); err != nil {
		return nil, err
	}
	s.twin = t
	return t, nil
}

// control mounts the same variant on a twin. Without success there is no
// control, and doubt says so.
func (e *engine) control(ctx context.Context, s *subject, a *Attack, v Variant) (ctl *quintain.Control, doubt string, err error) {
	t, err := e.twin(ctx, s, a)
	if err != nil {
		return nil, "", err
	}
	c := t.kase(a, e.o.Seed)
	if a.Queries {
		var members []int
		for i, in := range t.in {
			if in {
				members = append(members, i)
			}
		}
		c.Model = newElephant(t.pool.Pick(members), t.classes)
	}
	values, err := v.Score(ctx, c)
	if err != nil {
		return nil, "", fmt.Errorf("attack the weak twin: %w", err)
	}
	in, out := t.sides(values, c.Own)
	r, err := stats.NewROC(in, out)
	if err != nil {
		return nil, "", err
	}
	m := r.AUCMeasure("area under the curve", e.o.Seed)
	if m.Low <= 0.5 || m.Value <= t.auc {
		return nil, fmt.Sprintf("no positive control: on %s the attack reaches an area of %.3f only", t.says, m.Value), nil
	}
	return &quintain.Control{
		Target:  quintain.Target{Kind: quintain.KindClassifier, Ref: "overfitted twin"},
		Outcome: quintain.Fail,
		Summary: fmt.Sprintf("on %s the attack reaches an area of %.3f", t.says, m.Value),
		Measure: &m,
	}, "", nil
}
