package evasion

import (
	"fmt"
	"path/filepath"
	"slices"

	"quintain"
	"quintain/attack/evasion/rules"
	"quintain/internal/regular"
	"quintain/internal/strictyaml"
)

// constrain reads the constraint file called name, if there is one.
func (s *subject) constrain(name string) error {
	if name == "" {
		return nil
	}
	text, err := regular.Read(name, strictyaml.MaxFile)
	if err != nil {
		return err
	}
	low, high := s.table.Ranges()
	s.rules, err = rules.Parse(name, text, s.table.Features, low, high)
	return err
}

// edited returns s for an attack whose budget is edits: no distance bounds a
// row, but the rules do.
func (s *subject) edited() *subject {
	out := *s
	out.ball = Ball{Low: slices.Clone(s.ball.Low), High: slices.Clone(s.ball.High), Radius: make([]float32, len(s.scale))}
	for i := range out.ball.Low {
		out.ball.Low[i], out.ball.High[i] = min(out.ball.Low[i], s.rules.Low[i]), max(out.ball.High[i], s.rules.High[i])
		out.ball.Radius[i] = out.ball.High[i] - out.ball.Low[i]
	}
	out.proof = certificate{why: "edits are bounded by no distance"}
	return &out
}

// tabular says what the rows that fell are worth to somebody who must keep to
// the constraints.
func (c *campaign) tabular() []quintain.Evidence {
	if c.rules == nil {
		return nil
	}
	file := filepath.Base(c.target.With["constraints"])
	var out []quintain.Evidence
	if c.invalid > 0 {
		out = append(out, quintain.Evidence{Summary: fmt.Sprintf("%d rows of the data break the constraints of %s as they are, and were left out", c.invalid, file)})
	}
	valid := 0
	var edits []int
	var costs []float64
	for i, f := range c.fell {
		if !f {
			continue
		}
		if c.rules.Valid(c.adv.Row(i), c.trial.Batch.Row(i)) == nil {
			valid++
		}
		n, cost := c.rules.Edits(c.adv.Row(i), c.trial.Batch.Row(i))
		edits, costs = append(edits, n), append(costs, cost)
	}
	switch {
	case !c.attack.Ruled:
		out = append(out, quintain.Evidence{Summary: fmt.Sprintf(
			"unconstrained: of the %d rows that fell %d keep to %s; the others are rows that nobody could send", c.fallen(), valid, file)})
	case valid > 0:
		slices.Sort(edits)
		slices.Sort(costs)
		out = append(out, quintain.Evidence{Summary: fmt.Sprintf(
			"all %d rows that fell keep to %s; a median of %d edits and a cost of %.3g for each. Made on paper only, these edits are evasion; made for real, they are recourse",
			valid, file, edits[len(edits)/2], costs[len(costs)/2])})
	}
	return out
}
