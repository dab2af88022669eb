package evasion

import (
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"quintain"
	"quintain/attack/evasion/rules"
	"quintain/internal/regular"
	"quintain/internal/strictyaml"
	"quintain/ml/data"
)

// bounded reads what every feature can be, if the target says.
func (s *subject) bounded(text string) error {
	if text == "" {
		return nil
	}
	b, err := data.ParseBounds(text)
	if err != nil {
		return err
	}
	return s.table.Bound(b)
}

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

// unconstrained reads whether attacks that do not keep to the constraints are
// mounted all the same.
func unconstrained(t quintain.Target) (bool, error) {
	switch text := t.With["unconstrained"]; text {
	case "", "no":
		return false, nil
	case "yes":
		return true, nil
	default:
		return false, fmt.Errorf("unconstrained is %q, want yes or no", text)
	}
}

// tabular says what the rows that fell are worth to somebody who must keep to
// the constraints.
func (c *campaign) tabular() []quintain.Evidence {
	if c.rules == nil {
		return nil
	}
	file := filepath.Base(c.target.With["constraints"])
	var out []quintain.Evidence
	say := func(format string, args ...any) {
		out = append(out, quintain.Evidence{Summary: fmt.Sprintf(format, args...)})
	}
	if c.invalid > 0 {
		say("%d rows of the data break the constraints of %s as they are, and were left out", c.invalid, file)
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
	fallen := c.fallen()
	if fallen == 0 {
		return out
	}
	share := percent(float64(valid) / float64(fallen))
	if !c.attack.Ruled {
		say("unconstrained: of the %d rows that fell %d (%s) keep to %s; the others are rows that nobody could send", fallen, valid, share, file)
		return out
	}
	slices.Sort(edits)
	slices.Sort(costs)
	say("all %d rows that fell keep to %s (%s valid); a median of %d edits and a cost of %.3g for each. Made on paper only, these edits are evasion; made for real, they are recourse",
		fallen, file, share, edits[len(edits)/2], costs[len(costs)/2])
	return append(out, c.directions())
}

// directions says which classes the rows that fell were of and became: which of
// them does harm is for the owner of the model to say.
func (c *campaign) directions() quintain.Evidence {
	type way struct{ from, to int }
	fell, of := make(map[way]int), make(map[int]int)
	for i, f := range c.fell {
		y := int(c.batch.Y[c.at[i]])
		of[y]++
		if f {
			fell[way{y, c.says[i]}]++
		}
	}
	ways := slices.SortedFunc(maps.Keys(fell), func(a, b way) int {
		return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to))
	})
	var parts []string
	for _, w := range ways[:min(len(ways), 10)] {
		parts = append(parts, fmt.Sprintf("%d of %d go from class %d to %d", fell[w], of[w.from], w.from, w.to))
	}
	says := "by direction, " + strings.Join(parts, "; ")
	if c.from < 0 || c.to < 0 {
		says += ". An attacker gains by one of them: --from and --to measure it alone"
	}
	return quintain.Evidence{Summary: says}
}

// mixed warns of choices among the features of a table without constraints:
// attacks would move them to values that cannot be.
func (s *subject) mixed() (quintain.Evidence, bool) {
	vary, choices := 0, 0
	for i, r := range s.scale {
		if r == 0 {
			continue
		}
		vary++
		binary := true
		for row := 0; binary && row < s.table.Rows(); row++ {
			v := s.table.Row(row)[i]
			binary = v == 0 || v == 1
		}
		if binary {
			choices++
		}
	}
	if s.rules != nil || choices < 2 || choices == vary || 4*choices < vary {
		return quintain.Evidence{}, false
	}
	return quintain.Evidence{Summary: fmt.Sprintf(
		"%d of %d features are 0 or 1 and nothing else, as choices are, and attacks move them to values in between: such a figure may be about rows that nobody could send; --constraints says which could exist",
		choices, vary)}, true
}
