package patch

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"quintain/attack/evasion"
	"quintain/attack/evasion/evasiontest"
	"quintain/ml"
	"quintain/ml/graph"
)

const side = 6 // of the pictures here

// evenly returns a model of two classes that asks whether a picture is bright:
// all of its weights are equal, so it does not matter where a square is put.
// The pictures are of one gray each; those that lie too near a tie are left out.
func evenly(t *testing.T, n int, corner int) *evasion.Trial {
	t.Helper()
	const dim = side * side
	w := slices.Repeat([]float32{1}, dim)
	net, err := graph.Compile(graph.Linear([][]float32{make([]float32, dim), w}, []float32{0, -dim / 2}), graph.Options{})
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(3, 3))
	var halves [2]ml.Batch
	for k := range halves {
		halves[k].Dim = dim
		for range n {
			v := rng.Float32()
			y := int32(0)
			if v > 0.5 {
				y = 1
			}
			halves[k].X, halves[k].Y = append(halves[k].X, slices.Repeat([]float32{v}, dim)...), append(halves[k].Y, y)
		}
	}
	return &evasion.Trial{
		Model: net, Own: halves[0], Batch: halves[1], Seed: 1,
		Frame: &evasion.Picture{Height: side, Width: side, Channels: 1, Side: corner},
		Ball:  evasion.Ball{Radius: slices.Repeat([]float32{1}, dim), Low: make([]float32, dim), High: slices.Repeat([]float32{1}, dim)},
	}
}

// must says which rows of [evenly] a square of one color turns: it puts its own
// pixels in the place of those of the picture, and the sum decides.
func must(tr *evasion.Trial, color float64) []bool {
	area, all := float64(tr.Frame.Side*tr.Frame.Side), float64(side*side)
	out := make([]bool, tr.Batch.Rows())
	for i := range out {
		v := float64(tr.Batch.Row(i)[0])
		out[i] = ((all-area)*v+area*color > all/2) != (tr.Batch.Y[i] == 1)
	}
	return out
}

// Of a model that weighs all pixels alike the best square is all white, or all
// black, and which rows it turns is known on paper. The attack finds one of the
// two, and turns exactly those rows.
func TestBestSquare(t *testing.T) {
	for corner := 1; corner <= side; corner++ {
		tr := evenly(t, 300, corner)
		res, err := Attack.Run(t.Context(), tr)
		if err != nil {
			t.Fatal(err)
		}
		fell, err := evasion.Fooled(t.Context(), tr.Model, res.Adv)
		if err != nil {
			t.Fatal(err)
		}
		white, black := must(tr, 1), must(tr, 0)
		if !slices.Equal(fell, white) && !slices.Equal(fell, black) {
			t.Errorf("a square of %d turns %d rows, want those that a white one turns, %d, or a black one, %d", corner, count(fell), count(white), count(black))
		}
		for i := range fell {
			if err := tr.Frame.Check(res.Adv.Row(i), tr.Batch.Row(i)); err != nil {
				t.Errorf("a square of %d, row %d: %v", corner, i, err)
			}
		}
		if corner == 3 && (count(fell) < 30 || count(fell) > 120) {
			t.Errorf("%d of 300 rows fall: the model decides nothing", count(fell))
		}
		gray := res.Says[2].Measure
		if gray == nil || gray.Value*300 != float64(count(must(tr, 0.5))) {
			t.Errorf("a gray square of %d: %+v, want that it turns %d rows", corner, gray, count(must(tr, 0.5)))
		}
	}
}

// A square that is trained by gradients that point the wrong way turns hardly
// more than a gray one; and of one that turns no more the finding says so.
func TestComparisonTells(t *testing.T) {
	tr := evenly(t, 200, 4)
	tr.Model = reversed{tr.Model.(ml.Model)}
	res, err := Attack.Run(t.Context(), tr)
	if err != nil {
		t.Fatal(err)
	}
	if best := float64(count(must(tr, 1))) / 200; res.Says[1].Measure.Value > best/2 {
		t.Errorf("the wrong way turns %v of the rows, the right one %v", res.Says[1].Measure.Value, best)
	}
	s := newSearch(tr, tr.Model.(ml.Model))
	says, err := s.compare(t.Context(), s.put(tr.Batch, s.best, s.places(200)))
	if err != nil {
		t.Fatal(err)
	}
	if len(says) != 5 || says[1].Measure.Value != says[2].Measure.Value {
		t.Errorf("a gray patch is compared as %+v, want that it does no better than gray", says)
	}
}

// reversed is a model whose gradients point the other way.
type reversed struct{ ml.Model }

// VJP implements [ml.Model].
func (r reversed) VJP(ctx context.Context, x ml.Batch, seed ml.Seed, dx []float32) error {
	err := r.Model.VJP(ctx, x, seed, dx)
	for i := range dx {
		dx[i] = -dx[i]
	}
	return err
}

// On handwritten digits a trained square turns more of the pictures that it was
// not trained on than one that nobody trained, and does so again with the same
// seed.
func TestDigits(t *testing.T) {
	tr := evasiontest.DigitsMLP(t, 1)
	tr.Ball.Radius = slices.Repeat([]float32{1}, 64)
	tr.Frame = &evasion.Picture{Height: 8, Width: 8, Channels: 1, Side: 3}
	all := tr.Batch
	var own, kept []int
	for i := range all.Rows() {
		if i%2 == 0 {
			own = append(own, i)
		} else {
			kept = append(kept, i)
		}
	}
	tr.Own, tr.Batch = all.Pick(own), all.Pick(kept)
	res, err := Attack.Run(t.Context(), tr)
	if err != nil {
		t.Fatal(err)
	}
	patch, gray, random := res.Says[1].Measure, res.Says[2].Measure, res.Says[3].Measure
	if patch.Trials != 174 || patch.Low <= gray.High || patch.Low <= random.Value {
		t.Errorf("patch %+v, gray %+v, random %+v: want that the patch does better", patch, gray, random)
	}
	again, err := Attack.Run(t.Context(), tr)
	if err != nil || !slices.Equal(again.Adv.X, res.Adv.X) {
		t.Errorf("two runs from one seed differ, %v", err)
	}
	first := tr.Frame.Pixels(0, 0)
	if len(first) != 9 {
		t.Fatalf("%d pixels", len(first))
	}
	places := make(map[int]bool)
	for i := range res.Adv.Rows() {
		for k, v := range res.Adv.Row(i) {
			if v != tr.Batch.Row(i)[k] {
				places[k] = true
				break
			}
		}
	}
	if len(places) < 15 {
		t.Errorf("the square begins at %d places, want many", len(places))
	}
}

// What cannot be attacked is refused: a model that shows no gradients, and rows
// of the attacker that are of no use.
func TestUnfit(t *testing.T) {
	if err := Attack.Validate(); err != nil {
		t.Error(err)
	}
	tr := evenly(t, 20, 2)
	own := tr.Own
	tr.Own = ml.Batch{Dim: own.Dim}
	if _, err := Attack.Run(t.Context(), tr); !errors.Is(err, evasion.ErrUnfit) {
		t.Errorf("Run without own rows = %v, want %v", err, evasion.ErrUnfit)
	}
	tr.Own, tr.Model = own, closed{tr.Model}
	if _, err := Attack.Run(t.Context(), tr); !errors.Is(err, evasion.ErrNeedsGradient) {
		t.Errorf("Run without gradients = %v, want %v", err, evasion.ErrNeedsGradient)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	tr.Model = tr.Model.(closed).Oracle
	if _, err := Attack.Run(ctx, tr); !errors.Is(err, context.Canceled) {
		t.Errorf("Run = %v after the context ended, want %v", err, context.Canceled)
	}
}

// closed shows nothing of a model but its answers.
type closed struct{ ml.Oracle }
