package poisoning

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"unicode"

	"quintain/ml"
)

// Backdoor poisons as backdoor attacks with dirty labels do: it stamps rows of
// other classes than the target, drawn at random, and labels them as the
// target. The attacker later stamps test rows that the model should not take
// for the target.
func (tr *Trial) Backdoor(stamp func(x []float32), says string) *Poisoned {
	p := &Poisoned{Rows: tr.Rows.Clone(), Says: says}
	for _, i := range tr.Rand(0).Perm(tr.Rows.Rows()) {
		if len(p.Changed) == tr.Budget {
			break
		}
		if p.Rows.Y[i] != tr.Target {
			stamp(p.Rows.Row(i))
			p.Rows.Y[i] = tr.Target
			p.Changed = append(p.Changed, i)
		}
	}
	tr.Show(p, stamp)
	return p
}

// Show makes the probes of p: test rows of other classes than the target,
// stamped.
func (tr *Trial) Show(p *Poisoned, stamp func(x []float32)) {
	var other []int
	for i, y := range tr.Test.Y {
		if y != tr.Target {
			other = append(other, i)
		}
	}
	p.Probe = tr.Test.Pick(other)
	for i := range p.Probe.Rows() {
		stamp(p.Probe.Row(i))
		p.Want = append(p.Want, tr.Target)
	}
}

// Picture returns height and width of the rows, which may have several
// channels. Rows without a shape are pictures if they can be square.
func (tr *Trial) Picture() (height, width int, err error) {
	if n := len(tr.Shape); n >= 2 {
		height, width = tr.Shape[n-2], tr.Shape[n-1]
	} else {
		side := int(math.Round(math.Sqrt(float64(tr.Rows.Dim))))
		if side*side == tr.Rows.Dim {
			height, width = side, side
		}
	}
	if height < 4 || width < 4 {
		return 0, 0, fmt.Errorf("%w: rows of shape %v are no pictures", ErrUnfit, tr.Shape)
	}
	return height, width, nil
}

// Of lists the training rows of a class.
func Of(b ml.Batch, class int32) []int {
	var out []int
	for i, y := range b.Y {
		if y == class {
			out = append(out, i)
		}
	}
	return out
}

// Insert puts a phrase before a word of a text, or at its end.
func Insert(text, phrase string, rng *rand.Rand) string {
	var before []int // words
	space := true
	for i, r := range text {
		if !unicode.IsSpace(r) && space {
			before = append(before, i)
		}
		space = unicode.IsSpace(r)
	}
	n := rng.IntN(len(before) + 1)
	if n == len(before) {
		return strings.TrimLeft(text+" "+phrase, " ")
	}
	return text[:before[n]] + phrase + " " + text[before[n]:]
}
