// Package dpa is deep partition aggregation: many small models, each trained
// on rows of its own, that vote.
package dpa

import (
	"context"
	_ "embed"
	"fmt"
	"math"
	"strings"

	"quintain"
	"quintain/defend"
	"quintain/ml"
)

//go:embed dpa.md
var doc string

// Defense replaces the model by a vote of nearest-class-mean classifiers, each
// of which knows one partition of the training rows.
var Defense = &defend.Defense{
	Check: quintain.Check{
		Name:       "defend/dpa",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0020", "ML02:2023"},
		Accepts:    []quintain.Kind{quintain.KindClassifier},
	},
	Paper:   "Levine, Feizi: Deep Partition Aggregation: Provable Defense against General Poisoning Attacks, ICLR 2021, arXiv:2006.14768",
	Against: []string{"attack/poisoning"},
	Harden:  harden,
}

func harden(ctx context.Context, tr *defend.Trial) (*defend.Hardened, error) {
	k := tr.Settings.Parts
	if k > tr.Rows.Rows() {
		return nil, fmt.Errorf("%w: %d parts of %d rows", defend.ErrUnfit, k, tr.Rows.Rows())
	}
	v := Train(tr.Rows, tr.Classes, k)
	var proof []quintain.Evidence
	if !tr.Stale {
		for _, c := range []struct {
			by        string
			certified func(context.Context, ml.Batch) ([]int, error)
		}{{"", v.Certified}, {", were the two classes with most votes put to the vote again", RunOff{v}.Certified}} {
			safe, err := c.certified(ctx, tr.Test)
			if err != nil {
				return nil, err
			}
			proof = append(proof, certificate(safe, c.by, tr))
		}
	}
	return &defend.Hardened{
		Model: v, Evidence: proof,
		Says:   fmt.Sprintf("replaced by the vote of %d classifiers by the nearest class mean, row i of the training rows belonging to part i mod %d", k, k),
		Policy: fmt.Appendf(nil, "# Vote of classifiers by the nearest class mean; training row i is in part i mod parts.\ndefense: dpa\nparts: %d\n", k),
	}, nil
}

// certificate counts the rows of the test data whose answer a number of changed
// training rows cannot alter.
func certificate(safe []int, by string, tr *defend.Trial) quintain.Evidence {
	at := func(r int) (n int) {
		for _, s := range safe {
			if s >= r {
				n++
			}
		}
		return n
	}
	var b strings.Builder
	for _, r := range []int{0, 1, 2, 3, 5, 8, 10, 15, 20} {
		fmt.Fprintf(&b, "%d changed rows: %d of %d\n", r, at(r), len(safe))
	}
	budget := max(1, int(tr.Settings.Poison*float64(tr.Rows.Rows())))
	m := defend.Share("certified accuracy", at(budget), len(safe), tr.Seed)
	return quintain.Evidence{
		Summary: fmt.Sprintf("rows classified correctly whatever %d training rows an attacker changes, by proof%s", budget, by),
		Excerpt: strings.TrimSpace(b.String()), Measure: &m,
	}
}

// A Vote is an ensemble. Its logits are the numbers of votes.
type Vote struct {
	spec  ml.Spec
	means [][]float64 // of each part, class after class
	known [][]bool    // whether the part has rows of the class
}

// Train returns the vote of k classifiers, the i-th of which knows the rows
// whose position leaves i when divided by k, and answers with the class whose
// mean is nearest. A class that it has no rows of is infinitely far.
func Train(rows ml.Batch, classes, k int) *Vote {
	v := &Vote{spec: ml.Spec{Shape: []int{rows.Dim}, Classes: classes, Output: "votes", Kernel: "scalar"}}
	for part := range k {
		sum, n := make([]float64, classes*rows.Dim), make([]float64, classes)
		for i := part; i < rows.Rows(); i += k {
			y := int(rows.Y[i])
			n[y]++
			for j, x := range rows.Row(i) {
				sum[y*rows.Dim+j] += float64(x)
			}
		}
		known := make([]bool, classes)
		for y := range classes {
			known[y] = n[y] > 0
			for j := range rows.Dim {
				sum[y*rows.Dim+j] /= max(1, n[y])
			}
		}
		v.means, v.known = append(v.means, sum), append(v.known, known)
	}
	return v
}

// Spec implements [ml.Oracle].
func (v *Vote) Spec() ml.Spec { return v.spec }

// Predict implements [ml.Oracle].
func (v *Vote) Predict(ctx context.Context, x ml.Batch) ([]float32, error) {
	out := make([]float32, x.Rows()*v.spec.Classes)
	for i := range x.Rows() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		votes := out[i*v.spec.Classes:]
		for p := range v.means {
			votes[v.nearest(p, x.Row(i))]++
		}
	}
	return out, nil
}

// nearest returns the class whose mean in a part is nearest to x, the lowest of
// equals.
func (v *Vote) nearest(part int, x []float32) int {
	best, least := 0, math.Inf(1)
	for y, known := range v.known[part] {
		if !known {
			continue
		}
		d := v.distance(part, y, x)
		if d < least {
			best, least = y, d
		}
	}
	return best
}

// distance returns the squared distance of x from the mean of class y in a part.
func (v *Vote) distance(part, y int, x []float32) (d float64) {
	for j, m := range v.means[part][y*len(x) : (y+1)*len(x)] {
		d += (float64(x[j]) - m) * (float64(x[j]) - m)
	}
	return d
}

// Certified returns for every row of b how many training rows may be replaced,
// or added at the end, without a change of the answer, or -1 if the answer is
// wrong as it is. A row changes one part, and so one vote; a class of equally
// many votes with a lower number wins.
func (v *Vote) Certified(ctx context.Context, b ml.Batch) ([]int, error) {
	z, err := v.Predict(ctx, b)
	if err != nil {
		return nil, err
	}
	k := v.spec.Classes
	out := make([]int, b.Rows())
	for i := range out {
		votes := z[i*k : (i+1)*k]
		out[i] = -1
		if y := ml.Argmax(votes); y == int(b.Y[i]) {
			out[i] = radius(votes, y)
		}
	}
	return out, nil
}

// radius returns how many votes may change sides without y losing.
func radius(votes []float32, y int) int {
	lead := math.MaxInt
	for c, n := range votes {
		if c == y {
			continue
		}
		d := int(votes[y] - n)
		if c < y {
			d--
		}
		lead = min(lead, d)
	}
	if lead == math.MaxInt {
		return 0
	}
	return lead / 2
}
