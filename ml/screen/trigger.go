package screen

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"quintain/ml"
	"quintain/stats"
)

// A Cell is a feature that has a value.
type Cell struct {
	Feature int
	Value   float32
}

// A Trigger is a pattern of values whose rows carry one label and look like
// rows of others: what a backdoor leaves in training data.
type Trigger struct {
	Cells  []Cell  // sorted by feature
	Target int     // the label of the rows
	Rows   []int   // that carry it, sorted
	Odd    int     // of them, how many look like another class
	P      float64 // the largest of its cells' probabilities that chance did it
}

// String returns the pattern with its figures, features by number.
func (t Trigger) String() string {
	return "features " + t.Named(strconv.Itoa)
}

// Named returns the pattern with its figures, features as name calls them.
func (t Trigger) Named(name func(feature int) string) string {
	var parts []string
	for _, c := range t.Cells {
		parts = append(parts, fmt.Sprintf("%s = %v", name(c.Feature), c.Value))
	}
	return fmt.Sprintf("%s in %d rows labeled %d, %d of which look like other classes", strings.Join(parts, ", "), len(t.Rows), t.Target, t.Odd)
}

const (
	leastRows = 5    // that carry a cell
	mostShare = 0.25 // of all rows
	purity    = 0.8  // of the labels of a cell's rows, at least
	oddness   = 0.7  // share of the rows of a cell that look like another class, at least
	discovery = 0.01 // share of false discoveries among the cells found
	voters    = 5
)

// Triggers mines b for triggers. A pattern, one or two features with exact
// values, is suspicious if nearly all rows that hold it carry one label, while
// the nearest rows that do not hold it carry others more often than chance has
// it; chance is how often neighbors disagree anywhere in the data. The test is
// an exact binomial one, and false discoveries are bounded by the procedure of
// Benjamini and Hochberg. Patterns on the same rows make one trigger.
//
// It finds patches, and values that were written into tables. It does not find
// triggers whose values differ from row to row, such as a faint blend or a
// warp, nor triggers on rows that looked like the target already. In wide rows
// two features are looked at together only if they are near each other.
func Triggers(ctx context.Context, b ml.Batch) ([]Trigger, error) {
	found := patterns(b)
	if len(found) == 0 {
		return nil, nil
	}
	m := &miner{b: b}
	if err := m.look(ctx, found); err != nil {
		return nil, err
	}
	var p []float64
	for i := range found {
		m.judge(&found[i])
		p = append(p, found[i].p)
	}
	var bad []pattern
	for i, reject := range stats.BenjaminiHochberg(p, discovery) {
		if reject && float64(found[i].odd) >= oddness*float64(len(found[i].rows)) {
			bad = append(bad, found[i])
		}
	}
	return m.join(bad), nil
}

// A miner knows who is near whom.
type miner struct {
	b      ml.Batch
	around map[int][]int32 // the nearest rows of a row
	chance float64         // how often neighbors disagree with a label
}

// look finds the neighbors of all rows that cells hold, and of a sample of all
// rows for how often neighbors disagree by chance.
func (m *miner) look(ctx context.Context, found []pattern) error {
	held, most := map[int]bool{}, 0
	for _, c := range found {
		most = max(most, c.held)
		for _, r := range c.rows {
			held[r] = true
		}
	}
	n := m.b.Rows()
	step := max(1, n/4096)
	sample := 0
	for i := 0; i < n; i += step {
		held[i] = true
		sample++
	}
	rows := make([]int, 0, len(held))
	for r := range held {
		rows = append(rows, r)
	}
	slices.Sort(rows)
	list, err := near(ctx, m.b, rows, most+voters)
	if err != nil {
		return err
	}
	m.around = make(map[int][]int32, len(rows))
	wrong := 0
	for k, r := range rows {
		m.around[r] = list[k]
		if r%step == 0 && vote(m.b.Y, list[k][:min(voters, len(list[k]))]) != m.b.Y[r] {
			wrong++
		}
	}
	_, m.chance = stats.ClopperPearson(wrong, sample, 0.95)
	return nil
}

// judge counts the rows of c that look like another class to the nearest rows
// that do not hold it.
func (m *miner) judge(c *pattern) {
	for _, r := range c.rows {
		var voting []int32
		for _, q := range m.around[r] {
			if !c.holds(m.b.Row(int(q))) {
				if voting = append(voting, q); len(voting) == voters {
					break
				}
			}
		}
		if len(voting) > 0 && vote(m.b.Y, voting) != c.target {
			c.odd++
		}
	}
	c.p = stats.BinomialTail(c.odd, len(c.rows), m.chance)
}

// join makes triggers of patterns that are on the same rows and have the same
// target, the least likely first.
func (m *miner) join(bad []pattern) []Trigger {
	slices.SortStableFunc(bad, func(a, c pattern) int {
		return cmp.Or(cmp.Compare(a.p, c.p), cmp.Compare(c.odd*len(a.rows), a.odd*len(c.rows)), cmp.Compare(len(c.rows), len(a.rows)))
	})
	var out []Trigger
	for _, c := range bad {
		i := slices.IndexFunc(out, func(t Trigger) bool { return t.Target == int(c.target) && shared(t.Rows, c.rows) >= 0.5 })
		if i < 0 {
			out = append(out, Trigger{Target: int(c.target), Rows: c.rows, Odd: c.odd})
			i = len(out) - 1
		}
		out[i].P = math.Max(out[i].P, c.p)
	}
	for i := range out {
		out[i].complete(m.b)
	}
	return out
}

// shared returns the share of the smaller of two sorted lists that is in the
// other.
func shared(a, b []int) float64 {
	both := 0
	for _, r := range b {
		if _, ok := slices.BinarySearch(a, r); ok {
			both++
		}
	}
	return float64(both) / float64(min(len(a), len(b)))
}

// complete finds all cells that the rows have in common and few others have,
// and leaves the rows that hold most of them.
func (t *Trigger) complete(b ml.Batch) {
	first := b.Row(t.Rows[0])
	for j, v := range first {
		values := map[float32]int{}
		for _, r := range t.Rows {
			values[b.Row(r)[j]]++
		}
		for w, c := range values {
			if c > values[v] || c == values[v] && w < v {
				v = w
			}
		}
		elsewhere := 0
		for i := range b.Rows() {
			if b.Row(i)[j] == v {
				elsewhere++
			}
		}
		elsewhere -= values[v]
		if 10*values[v] >= 9*len(t.Rows) && 10*elsewhere <= 3*(b.Rows()-len(t.Rows)) {
			t.Cells = append(t.Cells, Cell{j, v})
		}
	}
	t.Rows = slices.DeleteFunc(of(b, int32(t.Target)), func(r int) bool {
		holds := 0
		for _, c := range t.Cells {
			if b.Row(r)[c.Feature] == c.Value {
				holds++
			}
		}
		return 4*holds < 3*len(t.Cells)
	})
	t.Odd = min(t.Odd, len(t.Rows))
}
