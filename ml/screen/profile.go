package screen

import (
	"cmp"
	"context"
	"math"
	"slices"

	"quintain/ml"
	"quintain/ml/train"
	"quintain/stats"
)

// A Profile is what can be said about labeled rows without a model.
type Profile struct {
	Rows, Features int
	Labels         []int // how many rows each class has
	Constant       []int // features that never vary
	Duplicates     []int // rows that equal an earlier one
	Close          []int // other rows, to the nearest of which it is less than a tenth of the way that is usual
	Conflicts      []int // rows that equal another one but for the label
	Outvoted       []int // rows whose ten nearest neighbors vote for another label
	Groups         []Group
	Parts          []Part `json:",omitempty"` // of classes in a hidden layer, where that was looked at
}

// A Group is the rows that have one value in a column that says who or what
// they are from: an annotator, a source, a day.
type Group struct {
	Value    float32
	Rows     int
	Labels   []int // how many rows each class has
	Outvoted int   // rows whose neighbors vote for another label
	P        float64
	Stands   bool // more rows are outvoted than in other groups, false discoveries held to 5 in 100
	From, To int  // of the outvoted rows, the most frequent label and what neighbors say instead; -1 if there are none
}

// groupDiscovery is the share of groups that stand out wrongly.
const groupDiscovery = 0.05

// Profiled looks at b. By, if not nil, holds a value for every row that says
// which group it is in; it is no feature of b.
func Profiled(ctx context.Context, b ml.Batch, by []float32) (*Profile, error) {
	p := &Profile{Rows: b.Rows(), Features: b.Dim, Labels: make([]int, classes(b)), Duplicates: Duplicates(b), Conflicts: Conflicts(b)}
	for _, y := range b.Y {
		p.Labels[y]++
	}
	for j := range b.Dim {
		same := true
		for i := range b.Rows() {
			same = same && b.Row(i)[j] == b.X[j]
		}
		if same {
			p.Constant = append(p.Constant, j)
		}
	}
	all := make([]int, b.Rows())
	for i := range all {
		all[i] = i
	}
	around, err := near(ctx, b, all, 10)
	if err != nil {
		return nil, err
	}
	p.Close = closest(b, around)
	says := make([]int32, b.Rows())
	for i, rows := range around {
		if says[i] = vote(b.Y, rows); says[i] != b.Y[i] {
			p.Outvoted = append(p.Outvoted, i)
		}
	}
	if by != nil {
		p.group(b, by, says)
	}
	return p, nil
}

// nearShare of the median distance to the nearest other row is close.
const nearShare = 0.1

// closest lists the rows that are no duplicates, but nearly.
func closest(b ml.Batch, around [][]int32) []int {
	x := Unit(b)
	var far []float64
	for i, rows := range around {
		var d float64
		if len(rows) > 0 {
			for j, v := range x.Row(i) {
				e := float64(v - x.Row(int(rows[0]))[j])
				d += e * e
			}
		}
		far = append(far, math.Sqrt(d))
	}
	limit := nearShare * median(far)
	var out []int
	for i, d := range far {
		if d > 0 && d < limit {
			out = append(out, i)
		}
	}
	return out
}

// Hidden trains a network with one hidden layer of 64 units on b, features of
// unit range, and says how the classes fall apart in it: what can be seen of
// poison without a model of the user's (see [Parts]).
func Hidden(ctx context.Context, b ml.Batch, seed uint64) ([]Part, error) {
	x := Unit(b)
	g, err := train.Fit(ctx, train.MLP([]int{b.Dim, 64, classes(b)}, seed), x, train.Options{Seed: seed})
	if err != nil {
		return nil, err
	}
	acts, err := Activations(ctx, g, x)
	if err != nil {
		return nil, err
	}
	return Parts(acts, seed), nil
}

// group compares the groups with each other.
func (p *Profile) group(b ml.Batch, by []float32, says []int32) {
	at := map[float32]int{}
	type turn struct{ from, to int32 }
	turns := map[float32]map[turn]int{}
	for i, v := range by {
		if _, ok := at[v]; !ok {
			at[v] = len(p.Groups)
			p.Groups = append(p.Groups, Group{Value: v, Labels: make([]int, len(p.Labels)), From: -1, To: -1})
			turns[v] = map[turn]int{}
		}
		g := &p.Groups[at[v]]
		g.Rows++
		g.Labels[b.Y[i]]++
		if says[i] != b.Y[i] {
			g.Outvoted++
			turns[v][turn{b.Y[i], says[i]}]++
		}
	}
	var pv []float64
	for i := range p.Groups {
		g := &p.Groups[i]
		most := 0
		for t, n := range turns[g.Value] {
			if n > most || n == most && (int(t.from) < g.From || int(t.from) == g.From && int(t.to) < g.To) {
				g.From, g.To, most = int(t.from), int(t.to), n
			}
		}
		// The others are the yardstick, with one more outvoted and one not, so
		// that a few of them without any prove nothing.
		chance := float64(len(p.Outvoted)-g.Outvoted+1) / float64(p.Rows-g.Rows+2)
		g.P = stats.BinomialTail(g.Outvoted, g.Rows, chance)
		pv = append(pv, g.P)
	}
	for i, r := range stats.BenjaminiHochberg(pv, groupDiscovery) {
		p.Groups[i].Stands = r && len(p.Groups) > 1
	}
	slices.SortFunc(p.Groups, func(a, c Group) int { return cmp.Compare(a.Value, c.Value) })
}
