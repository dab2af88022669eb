package stats

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"quintain"
)

// ErrResolution says that a sample is too small for the figure asked of it.
var ErrResolution = errors.New("stats: the sample cannot resolve the rate")

// A ROC says how well a score tells positives from negatives: whoever scores at
// least as much as a threshold is taken for a positive.
type ROC struct {
	pos, neg []float64 // from the highest to the lowest
}

// NewROC returns the curve of the scores of positives and of negatives. There
// must be some of both, and no score may be NaN.
func NewROC(pos, neg []float64) (*ROC, error) {
	if len(pos) == 0 || len(neg) == 0 {
		return nil, fmt.Errorf("%w: %d positives and %d negatives", ErrResolution, len(pos), len(neg))
	}
	r := &ROC{pos: slices.Clone(pos), neg: slices.Clone(neg)}
	for _, s := range [][]float64{r.pos, r.neg} {
		if slices.ContainsFunc(s, math.IsNaN) {
			return nil, errors.New("stats: a score is not a number")
		}
		slices.Sort(s)
		slices.Reverse(s)
	}
	return r, nil
}

// Counts returns the number of positives and of negatives.
func (r *ROC) Counts() (pos, neg int) { return len(r.pos), len(r.neg) }

// AUC returns the area under the curve: the chance that a positive scores more
// than a negative, where equal scores count half.
func (r *ROC) AUC() float64 {
	area, _ := r.delong()
	return area
}

// AUCMeasure returns the area with its 95% interval: Wilson's, for as many
// trials as have the variance of DeLong et al. (1988). So it has ends inside
// [0, 1] and is not empty where the scores separate completely; then there are
// as many trials as the smaller group has members.
func (r *ROC) AUCMeasure(name string, seed uint64) quintain.Measure {
	area, variance := r.delong()
	few := float64(min(len(r.pos), len(r.neg)))
	n := few
	if variance > 0 {
		n = area * (1 - area) / variance
	}
	lo, hi := wilson(area, n, math.Sqrt2*math.Erfinv(0.95))
	return quintain.Measure{
		Name: name, Value: area, Trials: len(r.pos) + len(r.neg), Low: min(lo, area), High: max(hi, area),
		Method: "wilson, variance of DeLong", Seed: seed,
	}
}

// delong returns the area and its variance. Each positive has a share of the
// negatives below it, each negative a share of the positives above it.
func (r *ROC) delong() (area, variance float64) {
	below := shares(r.pos, r.neg, func(more, same, all int) float64 { return float64(all-more) - float64(same)/2 })
	above := shares(r.neg, r.pos, func(more, same, _ int) float64 { return float64(more) + float64(same)/2 })
	area = mean(below)
	return area, spread(below, area) + spread(above, area)
}

// shares counts for every a how many of b are more and how many the same.
func shares(a, b []float64, of func(more, same, all int) float64) []float64 {
	out := make([]float64, len(a))
	more, least := 0, 0 // of b, above the current a, and not below it
	for i, v := range a {
		for more < len(b) && b[more] > v {
			more++
		}
		for least < len(b) && b[least] >= v {
			least++
		}
		out[i] = of(more, least-more, len(b)) / float64(len(b))
	}
	return out
}

// spread returns the variance of the mean of x.
func spread(x []float64, mean float64) float64 {
	if len(x) < 2 {
		return 0
	}
	var s float64
	for _, v := range x {
		s += (v - mean) * (v - mean)
	}
	n := float64(len(x))
	return s / (n - 1) / n
}

func mean(x []float64) float64 {
	var s float64
	for _, v := range x {
		s += v
	}
	return s / float64(len(x))
}

// An Operating point is a threshold and what it does.
type Operating struct {
	Threshold float64 // +Inf where nobody is taken for a positive
	TP, Pos   int     // positives found, of all
	FP, Neg   int     // negatives taken for positives, of all

	// Low and High are a 95% interval of the rate of positives found at the
	// rate of false positives asked for. It allows for the chance in both
	// groups: the threshold too is an estimate.
	Low, High float64

	// Coarse says that less than ten negatives are expected beyond the
	// threshold, so that it hangs on single ones.
	Coarse bool
}

// Rate returns the share of the positives found.
func (o Operating) Rate() float64 { return float64(o.TP) / float64(o.Pos) }

// Measure returns the rate of positives found as a Measure.
func (o Operating) Measure(name string, seed uint64) quintain.Measure {
	return quintain.Measure{
		Name: name, Value: o.Rate(), Trials: o.Pos, Low: o.Low, High: o.High,
		Method: "clopper-pearson at thresholds of either end", Seed: seed,
	}
}

// At returns the lowest threshold at which no more than a share fpr, in (0, 1),
// of the negatives is taken for positives. If there are fewer than 1/fpr of
// them, nothing is known about such a rate, and the error is [ErrResolution].
func (r *ROC) At(fpr float64) (Operating, error) {
	n := len(r.neg)
	if !(fpr > 0 && fpr < 1) {
		return Operating{}, fmt.Errorf("stats: false positive rate %v, want a number in (0, 1)", fpr)
	}
	// A product that is whole on paper may fall just below.
	allowed := int(math.Floor(fpr*float64(n) + 1e-9))
	if allowed < 1 {
		return Operating{}, fmt.Errorf("%w: a false positive rate of %g takes %.0f negatives, and there are %d", ErrResolution, fpr, math.Ceil(1/fpr-1e-9), n)
	}
	o := r.point(allowed)
	o.Coarse = fpr*float64(n) < 10-1e-9
	// The true rate beyond the k-th highest negative is Beta(k, n-k+1).
	strict, lax := 0, n
	for k := 1; k <= n; k++ {
		if BetaQuantile(0.975, float64(k), float64(n-k+1)) > fpr {
			break
		}
		strict = k
	}
	for k := max(1, strict); k <= n; k++ {
		if BetaQuantile(0.025, float64(k), float64(n-k+1)) >= fpr {
			lax = k
			break
		}
	}
	tp := 0 // without a threshold that is strict enough, nothing is known from below
	if strict > 0 {
		tp = r.above(r.neg[strict-1])
	}
	o.Low, _ = ClopperPearson(tp, o.Pos, 0.95)
	_, o.High = ClopperPearson(r.point(lax).TP, o.Pos, 0.95)
	o.Low, o.High = min(o.Low, o.Rate()), max(o.High, o.Rate())
	return o, nil
}

// point returns the lowest threshold that at most fp negatives reach.
func (r *ROC) point(fp int) Operating {
	o := Operating{Threshold: math.Inf(-1), Pos: len(r.pos), Neg: len(r.neg)}
	if fp < len(r.neg) {
		// Whoever scores more than the first negative too many.
		o.TP, o.FP = r.above(r.neg[fp]), above(r.neg, r.neg[fp])
		o.Threshold = math.Inf(1)
		if o.TP > 0 {
			o.Threshold = r.pos[o.TP-1]
		}
		if o.FP > 0 {
			o.Threshold = min(o.Threshold, r.neg[o.FP-1])
		}
		return o
	}
	o.TP, o.FP = o.Pos, o.Neg
	return o
}

// Reaching returns how many positives and how many negatives score at least as
// much as a threshold.
func (r *ROC) Reaching(threshold float64) Operating {
	o := Operating{Threshold: threshold, Pos: len(r.pos), Neg: len(r.neg)}
	next := math.Nextafter(threshold, math.Inf(-1))
	o.TP, o.FP = above(r.pos, next), above(r.neg, next)
	return o
}

func (r *ROC) above(v float64) int { return above(r.pos, v) }

// above counts the scores that are more than v.
func above(s []float64, v float64) int {
	n, _ := slices.BinarySearchFunc(s, v, func(x, v float64) int {
		if x > v {
			return -1
		}
		return 1
	})
	return n
}

// Balanced returns the highest mean of the rates of positives and of negatives
// told right, over all thresholds. The threshold is chosen on the same scores,
// so it flatters a little.
func (r *ROC) Balanced() float64 {
	best := 0.5
	for _, p := range r.corners() {
		best = max(best, (1+p.TPR-p.FPR)/2)
	}
	return best
}

// A Point is one corner of the curve.
type Point struct{ FPR, TPR float64 }

// Points returns the curve from (0, 0) to (1, 1), thinned to at most about most
// corners that are equally far apart on a logarithmic axis of false positives,
// because the low rates are what matters.
func (r *ROC) Points(most int) []Point {
	all := r.corners()
	if len(all) <= most || most < 2 {
		return all
	}
	out := []Point{all[0]}
	decades := math.Log(float64(len(r.neg)))
	last := math.Inf(-1)
	for i, p := range all[1:] {
		at := math.Log(max(p.FPR, 1/float64(len(r.neg))))
		if at-last >= decades/float64(most-2) || i == len(all)-2 {
			out = append(out, p)
			last = at
		}
	}
	return out
}

func (r *ROC) corners() []Point {
	out := []Point{{}}
	tp, fp := 0, 0
	for tp < len(r.pos) || fp < len(r.neg) {
		top := math.Inf(-1)
		if tp < len(r.pos) {
			top = r.pos[tp]
		}
		if fp < len(r.neg) {
			top = max(top, r.neg[fp])
		}
		for tp < len(r.pos) && r.pos[tp] >= top {
			tp++
		}
		for fp < len(r.neg) && r.neg[fp] >= top {
			fp++
		}
		out = append(out, Point{FPR: float64(fp) / float64(len(r.neg)), TPR: float64(tp) / float64(len(r.pos))})
	}
	return out
}

// Bootstrap returns the percentile interval of the mean of x at the given
// confidence, from that many samples with replacement. It is for units that are
// independent where what is inside them is not: models, for instance. Without
// values, or with numbers out of range, both ends are NaN.
func Bootstrap(x []float64, samples int, confidence float64, rng *rand.Rand) (lo, hi float64) {
	if len(x) == 0 || samples < 1 || !(confidence > 0 && confidence < 1) {
		return math.NaN(), math.NaN()
	}
	means := make([]float64, samples)
	for i := range means {
		var s float64
		for range x {
			s += x[rng.IntN(len(x))]
		}
		means[i] = s / float64(len(x))
	}
	slices.Sort(means)
	miss := (1 - confidence) / 2
	at := func(p float64) float64 { return means[min(samples-1, int(p*float64(samples)))] }
	return at(miss), at(1 - miss)
}
