package witchesbrew

import (
	"math"
	"math/rand/v2"
	"testing"

	"quintain/attack/poisoning"
	"quintain/ml"
	"quintain/ml/graph"
)

// line is a brew with one linear surrogate of two classes and one feature,
// whose weights are w for class 1 and 0 for class 0.
func line(t *testing.T, w float32, victim float32) *brew {
	t.Helper()
	net, err := graph.Trainable(graph.Linear([][]float32{{0}, {w}}, []float32{0, 0}), graph.Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	b := &brew{nets: []*surrogate{{net: net, want: room(net), grad: room(net)}}}
	b.tr = trialOf(1)
	if err := b.aim(t.Context(), ml.Batch{X: []float32{victim}, Dim: 1}); err != nil {
		t.Fatal(err)
	}
	return b
}

// With logits 0 and w·x the gradient of a row with label y is (p-y)(x, 1), for
// class 1, and its negative for class 0. Its direction is that of (x, 1) up to
// a sign, so the cosine of row x and victim v is ±(xv+1)/sqrt((x²+1)(v²+1)),
// and rises with x by ±(v-x)/((x²+1)^1.5 sqrt(v²+1)).
func TestMatchClosedForm(t *testing.T) {
	for _, c := range []struct{ x, v float64 }{{0.5, 2}, {3, -1}, {-0.2, 0.1}, {1, 1}} {
		b := line(t, 0.7, float32(c.v))
		rise, dx := make([]float64, 1), make([]float32, 1)
		// Victim and row have the label of the attacker, so the sign is plus.
		got, err := b.match(t.Context(), ml.Batch{X: []float32{float32(c.x)}, Dim: 1, Y: []int32{1}}, rise, dx)
		if err != nil {
			t.Fatal(err)
		}
		want := (c.x*c.v + 1) / math.Sqrt((c.x*c.x+1)*(c.v*c.v+1))
		slope := (c.v - c.x) / (math.Pow(c.x*c.x+1, 1.5) * math.Sqrt(c.v*c.v+1))
		if math.Abs(got-want) > 1e-5 || math.Abs(rise[0]-slope) > 1e-3 {
			t.Errorf("row %v, victim %v: cosine %v rising by %v, want %v and %v", c.x, c.v, got, rise[0], want, slope)
		}
	}
}

// The search ends at the best row within reach: at the victim where that is
// near, and else at the end that is nearer to it.
func TestRunClosedForm(t *testing.T) {
	for _, c := range []struct{ victim, want float64 }{{0.55, 0.55}, {2, 0.6}, {-1, 0.4}} {
		b := line(t, 0.7, float32(c.victim))
		b.tr.Rows = ml.Batch{X: []float32{0.5}, Dim: 1, Y: []int32{1}}
		x, _, err := b.run(t.Context(), []int{0}, rand.New(rand.NewPCG(1, 1)))
		if err != nil {
			t.Fatal(err)
		}
		if got := float64(x.X[0]); math.Abs(got-c.want) > 0.002 {
			t.Errorf("victim %v: the row ends at %v, want %v", c.victim, got, c.want)
		}
	}
}

// Where the gradient of the rows is that of many, changes of one row move their
// sum: along any line the cosine changes as its gradient says.
func TestMatchFollows(t *testing.T) {
	net, err := graph.Trainable(graph.Linear([][]float32{{1, -2, 0.5}, {0, 1, 1}, {-1, 0.3, 0}}, []float32{0.1, 0, -0.2}), graph.Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	b := &brew{nets: []*surrogate{{net: net, want: room(net), grad: room(net)}}, tr: trialOf(2)}
	if err := b.aim(t.Context(), ml.Batch{X: []float32{0.3, 1, -0.4}, Dim: 3}); err != nil {
		t.Fatal(err)
	}
	x := ml.Batch{X: []float32{0.2, 0.8, -1, 1, 0.1, 0.4}, Dim: 3, Y: []int32{2, 2}}
	rise, dx := make([]float64, 6), make([]float32, 6)
	if _, err := b.match(t.Context(), x, rise, dx); err != nil {
		t.Fatal(err)
	}
	for i := range x.X {
		const h = 1e-2
		at := func(by float32) float64 {
			y := x.Clone()
			y.X[i] += by
			m, err := b.match(t.Context(), y, make([]float64, 6), make([]float32, 6))
			if err != nil {
				t.Fatal(err)
			}
			return m
		}
		if want := (at(h) - at(-h)) / (2 * h); math.Abs(rise[i]-want) > 2e-3 {
			t.Errorf("number %d: the cosine rises by %v, want %v", i, rise[i], want)
		}
	}
}

func trialOf(target int32) *poisoning.Trial {
	return &poisoning.Trial{Target: target, Eps: 0.1, Low: []float32{0}, High: []float32{1}}
}
