package screen

import (
	"context"
	"fmt"

	"quintain/ml"
)

// A Fitter trains a classifier on rows that it is given.
type Fitter func(ctx context.Context, rows ml.Batch) (ml.Oracle, error)

// Mislabeled lists the rows of b whose labels a classifier that has not seen
// them finds wrong, by confident learning (Northcutt, Jiang and Chuang, 2021).
// Row i belongs to fold i mod folds; each fold is judged by a classifier that
// fit trained on the others. A row counts for class j if its probability of j
// is at least the mean probability of j among the rows labeled j; it is listed
// if the most probable class that it counts for is not its label. Doubted are
// the rows whose label is not the most probable class, which in honest data
// are the hard ones. Every class has to have rows in all folds.
func Mislabeled(ctx context.Context, b ml.Batch, folds int, fit Fitter) (listed, doubted []int, err error) {
	k := classes(b)
	p, err := outside(ctx, b, folds, fit)
	if err != nil {
		return nil, nil, err
	}
	self, count := make([]float64, k), make([]float64, k)
	for i, y := range b.Y {
		self[y] += p[i*k+int(y)]
		count[y]++
	}
	for j := range self {
		self[j] /= max(count[j], 1)
	}
	for i, y := range b.Y {
		best, top := -1, 0
		row := p[i*k : (i+1)*k]
		for j, q := range row {
			if count[j] > 0 && q >= self[j] && (best < 0 || q > row[best]) {
				best = j
			}
			if q > row[top] {
				top = j
			}
		}
		if best >= 0 && best != int(y) {
			listed = append(listed, i)
		}
		if top != int(y) {
			doubted = append(doubted, i)
		}
	}
	return listed, doubted, nil
}

// outside returns the probabilities that classifiers give the rows that they
// have not seen.
func outside(ctx context.Context, b ml.Batch, folds int, fit Fitter) ([]float64, error) {
	k := classes(b)
	p := make([]float64, b.Rows()*k)
	for f := range folds {
		var in, out []int
		for i := range b.Rows() {
			if i%folds == f {
				out = append(out, i)
			} else {
				in = append(in, i)
			}
		}
		m, err := fit(ctx, b.Pick(in))
		if err != nil {
			return nil, fmt.Errorf("fold %d: %w", f+1, err)
		}
		if got := m.Spec().Classes; got < k {
			return nil, fmt.Errorf("fold %d: some of %d classes have no rows in the other folds", f+1, k)
		}
		z, err := m.Predict(ctx, b.Pick(out))
		if err != nil {
			return nil, fmt.Errorf("fold %d: %w", f+1, err)
		}
		wide := m.Spec().Classes
		for n, i := range out {
			softmax(p[i*k:(i+1)*k], z[n*wide:n*wide+k])
		}
	}
	return p, nil
}

// Conflicts lists the rows of b that equal another row in all features and
// have another label.
func Conflicts(b ml.Batch) []int {
	var out []int
	for _, group := range groups(b) {
		for _, r := range group {
			if b.Y[r] != b.Y[group[0]] {
				out = append(out, group...)
				break
			}
		}
	}
	return sorted(out)
}

// Duplicates lists the rows of b that equal an earlier one in all features and
// label.
func Duplicates(b ml.Batch) []int {
	var out []int
	for _, group := range groups(b) {
		seen := map[int32]bool{}
		for _, r := range group {
			if seen[b.Y[r]] {
				out = append(out, r)
			}
			seen[b.Y[r]] = true
		}
	}
	return sorted(out)
}
