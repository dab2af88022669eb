package extraction

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// Answers say how much a victim tells: Scores, Labels, Top, rounded scores, or
// scores with noise. The zero value is Scores.
type Answers struct {
	form   form
	number float64 // decimals, classes or deviation, whatever the form has
}

type form uint8

// From the most telling to the least.
const (
	scores form = iota
	rounded
	noisy
	renewed
	top
	labels
)

// The forms without a parameter.
var (
	Scores = Answers{}                        // a probability for each class, as precise as it comes
	Top    = Answers{form: top, number: 1}    // the likeliest class with its probability
	Labels = Answers{form: labels, number: 0} // the likeliest class and nothing else
)

// The limits of parameters.
const (
	maxDigits = 6
	maxTop    = 1000
)

// Rounded are probabilities with so many decimals, from 1 to 6.
func Rounded(digits int) Answers {
	return Answers{rounded, float64(min(max(digits, 1), maxDigits))}
}

// TopOf are the likeliest classes, so many of them, with their probabilities.
func TopOf(classes int) Answers { return Answers{top, float64(min(max(classes, 1), maxTop))} }

// Noisy are probabilities with Gaussian noise of a deviation above 0 and up to
// 1. Whoever asks about the same row again gets the same noise.
func Noisy(deviation float64) Answers { return Answers{noisy, deviation} }

// Renewed is like [Noisy], but the noise is drawn anew for every question.
func Renewed(deviation float64) Answers { return Answers{renewed, deviation} }

// ParseAnswers reads "scores", "labels", "top", or the like of "top:3",
// "round:3", "noise:0.05" and "fresh-noise:0.05".
func ParseAnswers(s string) (Answers, error) {
	kind, text, with := strings.Cut(s, ":")
	v, err := strconv.ParseFloat(text, 64)
	whole := with && err == nil && v == math.Trunc(v)
	switch {
	case s == "" || s == "scores":
		return Scores, nil
	case s == "labels":
		return Labels, nil
	case s == "top":
		return Top, nil
	case kind == "top" && whole && v >= 1 && v <= maxTop:
		return TopOf(int(v)), nil
	case kind == "round" && whole && v >= 1 && v <= maxDigits:
		return Rounded(int(v)), nil
	case kind == "noise" && err == nil && v > 0 && v <= 1:
		return Noisy(v), nil
	case kind == "fresh-noise" && err == nil && v > 0 && v <= 1:
		return Renewed(v), nil
	}
	return Answers{}, fmt.Errorf("answers are %q, want scores, labels, top or top:N, round:N with 1 to %d decimals, or noise:S or fresh-noise:S with a deviation up to 1", s, maxDigits)
}

// String writes a as ParseAnswers reads it.
func (a Answers) String() string {
	number := strconv.FormatFloat(a.number, 'g', -1, 64)
	switch a.form {
	case scores:
		return "scores"
	case labels:
		return "labels"
	case rounded:
		return "round:" + number
	case noisy:
		return "noise:" + number
	case renewed:
		return "fresh-noise:" + number
	default:
		return strings.TrimSuffix("top:"+number, ":1")
	}
}

// Exact reports whether the answers are scores that nothing was taken from.
func (a Answers) Exact() bool { return a.form == scores }

// Soft reports whether the answers tell a probability of every class, if only
// rounded ones or ones with noise.
func (a Answers) Soft() bool { return a.form < top }

// Hard reports whether the answers are labels and nothing else.
func (a Answers) Hard() bool { return a.form == labels }

// Noise returns the deviation of the noise of a, 0 without any.
func (a Answers) Noise() float64 {
	if a.form == noisy || a.form == renewed {
		return a.number
	}
	return 0
}

// hidden is the logit of a class that an answer does not tell of, or gives the
// probability 0: less than the logarithm of any number in double precision.
const hidden = -1000

// harden replaces the logits of one row by the logarithms of what a tells. A
// class that it does not tell of gets a logit below every other. Without double,
// probabilities are in single precision before anything is taken from them.
func (a Answers) harden(z []float64, double bool, rng *rand.Rand) {
	best, ok := likeliest(z)
	if !ok {
		return // no numbers: the caller sees that
	}
	p := softmax(z, z[best])
	cut := math.Inf(1)
	if a.form == top {
		cut = kth(p, int(a.number))
	}
	for j, v := range p {
		switch a.form {
		case scores:
			if !double {
				v = float64(float32(v))
			}
		case rounded:
			scale := math.Pow10(int(a.number))
			v = math.Round(v*scale) / scale
		case noisy, renewed:
			v += a.number * rng.NormFloat64()
		case top:
			if v < cut {
				v = 0
			}
		case labels:
			v = 0
			if j == best {
				v = 1
			}
		}
		z[j] = hidden
		if v > 0 {
			z[j] = max(hidden+1, math.Log(v))
		}
	}
}

// likeliest returns the first of the largest logits, and whether all are
// numbers.
func likeliest(z []float64) (best int, ok bool) {
	for j, v := range z {
		if math.IsNaN(v) {
			return 0, false
		}
		if v > z[best] {
			best = j
		}
	}
	return best, true
}

// softmax returns the probabilities of logits, of which high is the largest.
func softmax(z []float64, high float64) []float64 {
	p := make([]float64, len(z))
	var sum float64
	for j, v := range z {
		p[j] = math.Exp(v - high)
		sum += p[j]
	}
	for j := range p {
		p[j] /= sum
	}
	return p
}

// kth returns the largest value but k-1, or less than all if there are no k.
func kth(p []float64, k int) float64 {
	if k > len(p) {
		return 0
	}
	s := slices.Clone(p)
	slices.Sort(s)
	return s[len(s)-k]
}

// weaker lists the answers that tell less than a about so many classes, the
// most telling first.
func (a Answers) weaker(classes int) []Answers {
	all := []Answers{Rounded(3), Rounded(2), Rounded(1), Noisy(0.05), Renewed(0.05)}
	if classes > 3 {
		all = append(all, TopOf(3))
	}
	var out []Answers
	for _, b := range append(all, Top, Labels) {
		if b.form > a.form || b.form == a.form && b.number < a.number && (a.form == rounded || a.form == top) {
			out = append(out, b)
		}
	}
	return out
}
