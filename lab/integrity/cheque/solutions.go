package cheque

import (
	"context"
	"slices"
	"strings"

	"quintain/attack/evasion"
	"quintain/lab"
	"quintain/ml"
)

// solutions are the reference, and the ways in which people get it wrong.
var solutions = []lab.Solution{
	{Name: "gradients, scores, one digit", Pass: true, Make: do(whiteBox(limit), act("search", "0.1", "500"), targeted(visible, 7), act("deposit", slip.changed))},
	{Name: "images as they are", Fails: "a/acc", Make: do(copied(white))},
	{Name: "gradients followed too far", Fails: "a/eps", Make: do(whiteBox(0.15))},
	{Name: "random noise", Fails: "a/acc", Make: do(noise)},
	{Name: "images of another seed", Fails: "a/eps", Make: do(stranger)},
	{Name: "a file of noise", Fails: "a/eps", Make: do(file(white.changed, "p0,label\n\x00,\xff\n"))},
	{Name: "a table of another shape", Fails: "a/eps", Make: do(file(white.changed, "p0,label\n0.5,1\n"))},
	{Name: "the scanner's gradients carried over to the office", Fails: "b/success", Make: do(whiteBox(limit), carried)},
	{Name: "a search with too little change", Fails: "b/success", Make: do(whiteBox(limit), act("search", "0.05", "500"))},
	{Name: "a search with too much change", Fails: "b/eps", Make: do(whiteBox(limit), act("search", "0.2", "500"))},
	{Name: "questions without end", Fails: "b/queries", Make: do(whiteBox(limit), act("search", "0.1", "500"), retouched, act("ask", black.changed), act("ask", black.changed), act("search", "0.05", "500"), act("search", "0.1", "500"), retouched)},
	{Name: "nothing handed in at the branch", Fails: "c/booked", Make: do(whiteBox(limit), act("search", "0.1", "500"), targeted(visible, 7))},
	{Name: "the slip as it is", Fails: "c/booked", Make: do(whiteBox(limit), act("search", "0.1", "500"), copied(slip), act("deposit", slip.changed))},
	{Name: "any other digit for the 1", Fails: "c/booked", Make: do(whiteBox(limit), act("search", "0.1", "500"), targeted(visible, 4), act("deposit", slip.changed))},
	{Name: "a stain that a clerk sees", Fails: "c/booked", Make: do(whiteBox(limit), act("search", "0.1", "500"), overwritten, act("deposit", slip.changed))},
	{Name: "every cheque of the slip altered", Fails: "c/booked", Make: do(whiteBox(limit), act("search", "0.1", "500"), all40, act("deposit", slip.changed))},
}

// A step is one thing that a learner does.
type step func(ctx context.Context, w *lab.Setup) error

func do(steps ...step) func(ctx context.Context, w *lab.Setup) error {
	return func(ctx context.Context, w *lab.Setup) error {
		for _, s := range steps {
			if err := s(ctx, w); err != nil {
				return err
			}
		}
		return nil
	}
}

func act(name string, args ...string) step {
	return func(ctx context.Context, w *lab.Setup) error { return w.Act(ctx, name, args...) }
}

func file(name, text string) step {
	return func(_ context.Context, w *lab.Setup) error { return w.Writef(name, "%s", text) }
}

// turned returns the images of b as quintain attack writes them: a pixel moves
// within its range in the sheet, by a share of it, and images that are misread
// anyway or that stand stay as they are.
func turned(ctx context.Context, m ml.Model, b ml.Batch, eps float64) (ml.Batch, error) {
	wrong, err := evasion.Fooled(ctx, m, b)
	if err != nil {
		return b, err
	}
	ball := evasion.Ball{Low: slices.Clone(b.Row(0)), High: slices.Clone(b.Row(0))}
	for i := range b.Rows() {
		for p, v := range b.Row(i) {
			ball.Low[p], ball.High[p] = min(ball.Low[p], v), max(ball.High[p], v)
		}
	}
	for p, low := range ball.Low {
		ball.Radius = append(ball.Radius, float32(eps)*(ball.High[p]-low))
	}
	var rows []int
	for i, w := range wrong {
		if !w {
			rows = append(rows, i)
		}
	}
	tr := &evasion.Trial{Model: m, Batch: b.Pick(rows), Ball: ball, Seed: 1, Rows: rows}
	k, err := find("attack/evasion/pgd")
	if err != nil {
		return b, err
	}
	r, err := k.Run(ctx, tr)
	if err != nil {
		return b, err
	}
	r.Adv.Y = tr.Batch.Y
	fell, err := evasion.Fooled(ctx, m, r.Adv)
	out := b.Clone()
	for i, at := range rows {
		if fell != nil && fell[i] {
			copy(out.Row(at), r.Adv.Row(i))
		}
	}
	return out, err
}

func whiteBox(eps float64) step {
	return func(ctx context.Context, w *lab.Setup) error {
		b, err := white.images(ctx, w.Attempt)
		if err != nil {
			return err
		}
		m, err := scanner(ctx, w.Attempt)
		if err != nil {
			return err
		}
		adv, err := turned(ctx, m, b, eps)
		if err != nil {
			return err
		}
		return w.Write(white.changed, table(adv))
	}
}

// carried turns the office's images with the scanner's gradients.
func carried(ctx context.Context, w *lab.Setup) error {
	b, err := black.images(ctx, w.Attempt)
	if err != nil {
		return err
	}
	m, err := scanner(ctx, w.Attempt)
	if err != nil {
		return err
	}
	adv, err := turned(ctx, m, b, limit)
	if err != nil {
		return err
	}
	return w.Write(black.changed, table(adv))
}

// targeted turns the 1 of the slip into another digit.
func targeted(eps float64, to int) step {
	return func(ctx context.Context, w *lab.Setup) error {
		b, err := slip.images(ctx, w.Attempt)
		if err != nil {
			return err
		}
		m, err := scanner(ctx, w.Attempt)
		if err != nil {
			return err
		}
		goal := b.Clone()
		for i, y := range b.Y {
			goal.Y[i] = 1 // a label that is wrong, so that the image is left alone
			if y == 1 || int(y) == to {
				goal.Y[i] = 0
			}
		}
		adv, err := turned(ctx, evasion.Toward(m, to), goal, eps)
		if err != nil {
			return err
		}
		adv.Y = b.Y
		return w.Write(slip.changed, table(adv))
	}
}

// overwritten draws the 7 of another image over the 1.
func overwritten(ctx context.Context, w *lab.Setup) error {
	b, err := slip.images(ctx, w.Attempt)
	if err != nil {
		return err
	}
	pool, err := white.images(ctx, w.Attempt)
	if err != nil {
		return err
	}
	out := b.Clone()
	copy(out.Row(own(w.Attempt)*figures), pool.Row(slices.Index(pool.Y, 7)))
	return w.Write(slip.changed, table(out))
}

// all40 turns whatever can be turned.
func all40(ctx context.Context, w *lab.Setup) error {
	b, err := slip.images(ctx, w.Attempt)
	if err != nil {
		return err
	}
	m, err := scanner(ctx, w.Attempt)
	if err != nil {
		return err
	}
	adv, err := turned(ctx, m, b, visible)
	if err != nil {
		return err
	}
	return w.Write(slip.changed, table(adv))
}

// retouched changes black.csv by a digit nobody sees, so that no search wrote it.
func retouched(_ context.Context, w *lab.Setup) error {
	b, err := w.File(black.changed)
	if err != nil {
		return err
	}
	return w.Writef(black.changed, "%s", strings.Replace(string(b), "p0,", "pixel0,", 1))
}

func copied(s sheet) step {
	return func(ctx context.Context, w *lab.Setup) error {
		b, err := s.images(ctx, w.Attempt)
		if err != nil {
			return err
		}
		return w.Write(s.changed, table(b))
	}
}

func noise(ctx context.Context, w *lab.Setup) error {
	b, err := white.images(ctx, w.Attempt)
	if err != nil {
		return err
	}
	rng, out := w.Rand("noise"), b.Clone()
	for i, v := range out.X {
		out.X[i] = min(max(v+float32(limit*(2*rng.Float64()-1)), 0), 1)
	}
	return w.Write(white.changed, table(out))
}

// stranger hands in images that somebody else was given.
func stranger(_ context.Context, w *lab.Setup) error {
	return w.Write(white.changed, table(drawn(white.rows, w.Seed("somebody else"))))
}
