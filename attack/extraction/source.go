package extraction

import (
	"fmt"
	"math/rand/v2"

	"quintain/ml"
)

// A Source says where questions come from.
type Source string

// The sources. Mixed, the default, is the attacker's rows first, then
// marginals, or noise for who owns no rows.
const (
	Mixed     Source = ""
	Own       Source = "rows"      // rows that the attacker owns, and no more questions than these
	Marginals Source = "marginals" // each feature drawn by itself from those rows
	Noise     Source = "noise"     // each feature uniform over its range
)

// ParseSource reads the name of a source.
func ParseSource(s string) (Source, error) {
	switch src := Source(s); src {
	case Mixed, Own, Marginals, Noise:
		return src, nil
	}
	return "", fmt.Errorf("source is %q, want rows, marginals or noise", s)
}

// Questions draws rows from the source of the trial, so many that asking about
// them costs n at most. There may be fewer if it is the attacker's own rows.
// Less is the beginning of more.
func (tr *Trial) Questions(n int, rng *rand.Rand) (ml.Batch, error) {
	d := tr.Dim()
	n /= tr.Repeats()
	if n == 0 {
		return ml.Batch{}, fmt.Errorf("%w: the budget is not enough to ask about one row %d times", ErrUnfit, tr.Repeat)
	}
	own := 0
	if tr.Rows.Dim > 0 {
		own = tr.Rows.Rows()
	}
	if own == 0 && (tr.Source == Own || tr.Source == Marginals) {
		return ml.Batch{}, fmt.Errorf("%w: questions of source %q need rows that the attacker owns", ErrUnfit, tr.Source)
	}
	out := ml.Batch{Dim: d, X: make([]float32, 0, n*d)}
	if tr.Source == Own || tr.Source == Mixed && own > 0 {
		for _, i := range rng.Perm(own)[:min(n, own)] {
			out.X = append(out.X, tr.Rows.Row(i)...)
		}
		if tr.Source == Own {
			return out, nil
		}
	}
	for out.Rows() < n {
		for j := range d {
			if own > 0 && tr.Source != Noise {
				out.X = append(out.X, tr.Rows.Row(rng.IntN(own))[j])
			} else {
				out.X = append(out.X, tr.Low[j]+(tr.High[j]-tr.Low[j])*rng.Float32())
			}
		}
	}
	return out, nil
}
