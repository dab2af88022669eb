package rules

import (
	"fmt"
	"math"
	"slices"
)

// A Set is the rules for the rows of one table.
type Set struct {
	Units     []Unit    // what may change; columns of no unit do not
	Low, High []float32 // of every column
	linear    []linear
	implies   []implication
}

// A Unit is what changes together: one column, or a group of which exactly one
// is 1.
type Unit struct {
	Name    string
	Columns []int
	Type    Type
	Change  Change
	Cost    float64
}

type linear struct {
	columns []int
	weights []float64
	op      Op
	than    float64
}

type condition struct {
	column int
	op     Op
	value  float64
}

type implication struct{ when, then condition }

// near is how far off a sum may be by rounding, of its size.
const near = 1e-5

func (o Op) holds(a, b, size float64) bool {
	slack := near * (1 + size)
	switch o {
	case AtMost:
		return a <= b+slack
	case AtLeast:
		return a >= b-slack
	case Equal:
	}
	return math.Abs(a-b) <= slack
}

func (l *linear) holds(x []float32) bool {
	var sum float64
	size := math.Abs(l.than)
	for k, i := range l.columns {
		v := l.weights[k] * float64(x[i])
		sum, size = sum+v, size+math.Abs(v)
	}
	return l.op.holds(sum, l.than, size)
}

func (c condition) holds(x []float32) bool {
	return c.op.holds(float64(x[c.column]), c.value, math.Abs(c.value))
}

// Valid returns an error that says which rule the row x breaks that was made
// from center, if any.
func (s *Set) Valid(x, center []float32) error {
	free := make([]bool, len(x))
	for _, u := range s.Units {
		for _, i := range u.Columns {
			free[i] = u.Change != Immutable
		}
		if err := s.unit(u, x, center); err != nil {
			return err
		}
	}
	for i := range x {
		if !free[i] && x[i] != center[i] {
			return fmt.Errorf("column %d changed and may not", i+1)
		}
	}
	for i := range s.linear {
		if !s.linear[i].holds(x) {
			return fmt.Errorf("relation %d does not hold: %s", i+1, s.linear[i].String())
		}
	}
	for i, m := range s.implies {
		if m.when.holds(x) && !m.then.holds(x) {
			return fmt.Errorf("implication %d does not hold", i+1)
		}
	}
	return nil
}

// unit checks the values of one unit.
func (s *Set) unit(u Unit, x, center []float32) error {
	if len(u.Columns) > 1 {
		ones := 0
		for _, i := range u.Columns {
			if x[i] == 1 {
				ones++
			} else if x[i] != 0 {
				return fmt.Errorf("group %q has a value of %v", u.Name, x[i])
			}
		}
		if ones != 1 {
			return fmt.Errorf("group %q has %d choices", u.Name, ones)
		}
		return nil
	}
	v, was := x[u.Columns[0]], center[u.Columns[0]]
	switch {
	case v == was:
		return nil
	case !(v >= s.Low[u.Columns[0]] && v <= s.High[u.Columns[0]]):
		return fmt.Errorf("%q is %v, outside [%v, %v]", u.Name, v, s.Low[u.Columns[0]], s.High[u.Columns[0]])
	case u.Type != Real && v != float32(math.Round(float64(v))):
		return fmt.Errorf("%q is %v, not a whole number", u.Name, v)
	case u.Type == Binary && v != 0 && v != 1:
		return fmt.Errorf("%q is %v, not 0 or 1", u.Name, v)
	case u.Change == Up && v < was, u.Change == Down && v > was:
		return fmt.Errorf("%q went from %v to %v and may only go %s", u.Name, was, v, u.Change)
	}
	return nil
}

// Repair moves x, made from center, to a valid row near it: each unit to a value
// that it may have, and where a relation is broken its columns back to what
// they were. If center is valid so is the result.
func (s *Set) Repair(x, center []float32) {
	changed := slices.Clone(center)
	for _, u := range s.Units {
		if u.Change == Immutable {
			continue
		}
		if len(u.Columns) > 1 {
			choice := u.Columns[0]
			for _, i := range u.Columns {
				if x[i] > x[choice] {
					choice = i
				}
				changed[i] = 0
			}
			changed[choice] = 1
			continue
		}
		i := u.Columns[0]
		changed[i] = s.settle(u, x[i], center[i])
	}
	copy(x, changed)
	for range len(s.linear) + len(s.implies) + 1 {
		if s.Valid(x, center) == nil {
			return
		}
		s.revert(x, center)
	}
	copy(x, center)
}

// settle returns the nearest value that a unit of one column may have.
func (s *Set) settle(u Unit, v, was float32) float32 {
	i := u.Columns[0]
	low, high := s.Low[i], s.High[i]
	switch u.Change {
	case Up:
		low = max(low, was)
	case Down:
		high = min(high, was)
	case Free, Immutable:
	}
	if low > high || v == was {
		return was
	}
	v = min(max(v, low), high)
	if u.Type != Real {
		v = float32(math.Round(float64(v)))
		if v < low {
			v++
		}
		if v > high {
			v--
		}
		if v < low {
			return was
		}
	}
	return v
}

// revert takes back what columns of broken relations changed, with the groups
// they are part of.
func (s *Set) revert(x, center []float32) {
	back := func(column int) {
		for _, u := range s.Units {
			if slices.Contains(u.Columns, column) {
				for _, i := range u.Columns {
					x[i] = center[i]
				}
			}
		}
	}
	for i := range s.linear {
		if !s.linear[i].holds(x) {
			for _, c := range s.linear[i].columns {
				back(c)
			}
		}
	}
	for _, m := range s.implies {
		if m.when.holds(x) && !m.then.holds(x) {
			back(m.when.column)
			back(m.then.column)
		}
	}
}

// Edits returns how many units differ between x and center, and what the
// changes cost together.
func (s *Set) Edits(x, center []float32) (n int, cost float64) {
	for _, u := range s.Units {
		if !slices.ContainsFunc(u.Columns, func(i int) bool { return x[i] != center[i] }) {
			continue
		}
		n++
		share := 1.0
		if i := u.Columns[0]; len(u.Columns) == 1 && u.Type != Categorical && s.High[i] > s.Low[i] {
			share = math.Abs(float64(x[i])-float64(center[i])) / (float64(s.High[i]) - float64(s.Low[i]))
		}
		cost += u.Cost * share
	}
	return n, cost
}

// Moves lists rows that differ from x in one unit, and are what a unit may be in
// a row made from center: every value if there are no more than most, else so
// many spread evenly. Relations may be broken in them.
func (s *Set) Moves(x, center []float32, most int) [][]float32 {
	var out [][]float32
	for _, u := range s.Units {
		if u.Change == Immutable {
			continue
		}
		if len(u.Columns) > 1 {
			for _, i := range u.Columns {
				if x[i] != 1 {
					to := slices.Clone(x)
					for _, k := range u.Columns {
						to[k] = 0
					}
					to[i] = 1
					out = append(out, to)
				}
			}
			continue
		}
		i := u.Columns[0]
		last := x[i]
		for _, v := range s.values(u, center[i], most) {
			if v != x[i] && v != last {
				to := slices.Clone(x)
				to[i], last = v, v
				out = append(out, to)
			}
		}
	}
	return out
}

// values lists what a unit of one column may be, ascending.
func (s *Set) values(u Unit, was float32, most int) []float32 {
	i := u.Columns[0]
	low, high := float64(s.settle(u, s.Low[i], was)), float64(s.settle(u, s.High[i], was))
	n := most
	if u.Type != Real {
		n = int(math.Min(float64(most), high-low+1))
	}
	var out []float32
	for k := range n {
		v := low
		if n > 1 {
			v += (high - low) * float64(k) / float64(n-1)
		}
		out = append(out, s.settle(u, float32(v), was))
	}
	return slices.Compact(out)
}
