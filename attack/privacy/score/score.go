// Package score turns what models say about rows into scores of membership: the
// higher, the likelier a row was trained on. Its functions are pure.
//
// The statistic that all of them start from is the log odds of the true label,
// made from logits in double precision and never from rounded probabilities.
package score

import (
	"math"
	"slices"
)

// Odds returns the log odds of class y under the logits z: z[y] less the
// logarithm of the sum of the other exponentials. It is finite for two or more
// finite logits.
func Odds(z []float32, y int) float64 {
	top := math.Inf(-1)
	for j, v := range z {
		if j != y {
			top = max(top, float64(v))
		}
	}
	var sum float64
	for j, v := range z {
		if j != y {
			sum += math.Exp(float64(v) - top)
		}
	}
	return float64(z[y]) - top - math.Log(sum)
}

// Confidence returns the probability behind log odds.
func Confidence(odds float64) float64 { return 1 / (1 + math.Exp(-odds)) }

// Loss returns the cross-entropy behind log odds.
func Loss(odds float64) float64 {
	if odds < -30 {
		return -odds
	}
	return math.Log1p(math.Exp(-odds))
}

// Shadows is what models trained like the target say about each row, and which
// rows they were trained on. The target is not among them.
type Shadows struct {
	Odds [][]float64 // of the true label, for each model and row; NaN where it was not asked
	In   [][]bool    // whether the model was trained on the row
}

// Models returns the number of models.
func (s *Shadows) Models() int { return len(s.Odds) }

// Rows returns the number of rows, 0 without models.
func (s *Shadows) Rows() int {
	if len(s.Odds) == 0 {
		return 0
	}
	return len(s.Odds[0])
}

// Without returns the shadows but for model j, which can then play the target.
// Of each row one more model is left out, from those that model j is not one of:
// where every row is in the same number of models, the number of those that are
// left would otherwise tell whether j has it, and so would how sure they are
// together.
func (s *Shadows) Without(j int) *Shadows {
	out := &Shadows{
		Odds: slices.Delete(slices.Clone(s.Odds), j, j+1),
		In:   slices.Delete(slices.Clone(s.In), j, j+1),
	}
	for k, odds := range out.Odds {
		out.Odds[k] = slices.Clone(odds)
	}
	for i := range s.Rows() {
		var opposite []int
		for k := range out.In {
			if out.In[k][i] != s.In[j][i] && !math.IsNaN(out.Odds[k][i]) {
				opposite = append(opposite, k)
			}
		}
		if len(opposite) > 0 {
			out.Odds[opposite[(i+j)%len(opposite)]][i] = math.NaN()
		}
	}
	return out
}

// split returns what the models with row i say of it, and what those without.
// One that says NaN was not asked.
func (s *Shadows) split(i int) (in, out []float64) {
	for j, odds := range s.Odds {
		switch {
		case math.IsNaN(odds[i]):
		case s.In[j][i]:
			in = append(in, odds[i])
		default:
			out = append(out, odds[i])
		}
	}
	return in, out
}

// Out returns for every row the mean log odds of the models without it, NaN
// where there are none.
func (s *Shadows) Out() []float64 {
	mean := make([]float64, s.Rows())
	for i := range mean {
		_, out := s.split(i)
		mean[i] = average(out)
	}
	return mean
}

// Calibrated returns the log odds of every row less what models without it say
// on average (Watson et al. 2022): a row that is easy for all is no evidence.
func Calibrated(odds []float64, s *Shadows) []float64 {
	out := s.Out()
	score := make([]float64, len(odds))
	for i, v := range odds {
		score[i] = -Loss(v) + Loss(out[i])
		if math.IsNaN(out[i]) {
			score[i] = -Loss(v)
		}
	}
	return score
}

func average(x []float64) float64 {
	var s float64
	for _, v := range x {
		s += v
	}
	return s / float64(len(x))
}

// median returns the middle of x, NaN without values.
func median(x []float64) float64 {
	if len(x) == 0 {
		return math.NaN()
	}
	x = slices.Sorted(slices.Values(x))
	return (x[(len(x)-1)/2] + x[len(x)/2]) / 2
}
