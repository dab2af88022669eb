package extraction

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"quintain/ml"
)

// Answers say how much a victim tells: Scores, Labels, Top, or rounded scores.
// The zero value is Scores.
type Answers struct {
	form   form
	digits int
}

type form uint8

const (
	scores form = iota
	rounded
	top
	labels
)

// The forms without a parameter.
var (
	Scores = Answers{}             // a probability for each class, in single precision
	Top    = Answers{form: top}    // the likeliest class with its probability
	Labels = Answers{form: labels} // the likeliest class and nothing else
)

// Rounded are probabilities with so many decimals, from 1 to 6.
func Rounded(digits int) Answers { return Answers{rounded, min(max(digits, 1), 6)} }

// ParseAnswers reads "scores", "labels", "top" or the like of "round:3".
func ParseAnswers(s string) (Answers, error) {
	switch s {
	case "", "scores":
		return Scores, nil
	case "labels":
		return Labels, nil
	case "top":
		return Top, nil
	}
	text, ok := strings.CutPrefix(s, "round:")
	if n, err := strconv.Atoi(text); ok && err == nil && n >= 1 && n <= 6 {
		return Rounded(n), nil
	}
	return Answers{}, fmt.Errorf("answers are %q, want scores, labels, top, or round: and a number from 1 to 6", s)
}

// String writes a as ParseAnswers reads it.
func (a Answers) String() string {
	switch a.form {
	case scores:
		return "scores"
	case top:
		return "top"
	case labels:
		return "labels"
	default:
		return "round:" + strconv.Itoa(a.digits)
	}
}

// Exact reports whether the answers are scores that nothing was taken from.
func (a Answers) Exact() bool { return a.form == scores }

// Soft reports whether the answers tell probabilities, if only rounded ones.
func (a Answers) Soft() bool { return a.form == scores || a.form == rounded }

// Hard reports whether the answers are labels and nothing else.
func (a Answers) Hard() bool { return a.form == labels }

// hidden is the logit of a class that an answer does not tell of, or gives the
// probability 0: less than the logarithm of any number in single precision.
const hidden = -110

// Harden replaces the logits of one row by the logarithms of what a tells. A
// class that it does not tell of gets a logit below every other.
func (a Answers) Harden(z []float32) {
	best := ml.Argmax(z)
	if best < 0 {
		return // no numbers: the caller sees that
	}
	high := float64(z[best])
	var sum float64
	for _, v := range z {
		sum += math.Exp(float64(v) - high)
	}
	for j, v := range z {
		p := math.Exp(float64(v)-high) / sum
		switch a.form {
		case scores:
			p = float64(float32(p))
		case rounded:
			scale := math.Pow10(a.digits)
			p = math.Round(p*scale) / scale
		case top:
			if j != best {
				p = 0
			}
		case labels:
			p = 0
			if j == best {
				p = 1
			}
		}
		z[j] = hidden
		if p > 0 {
			z[j] = max(hidden+1, float32(math.Log(p)))
		}
	}
}

// weaker lists the answers that tell less than a, the most telling first.
func (a Answers) weaker() []Answers {
	all := []Answers{Scores, Rounded(3), Rounded(2), Rounded(1), Top, Labels}
	var out []Answers
	for _, b := range all {
		if b.form > a.form || b.form == rounded && a.form == rounded && b.digits < a.digits {
			out = append(out, b)
		}
	}
	return out
}
