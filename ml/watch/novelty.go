package watch

import (
	"errors"
	"maps"
	"math"
	"slices"

	"quintain/ml"
)

// A Profile is what customers ask: it tells rows that are like theirs from rows
// that are not, by the Mahalanobis distance, which knows how features go
// together. It may be used concurrently.
type Profile struct {
	mean []float64
	inv  []float64 // Cholesky factor of the covariance, row by row
	edge float64   // squared distance beyond which a row is unlike them
}

// NewProfile makes a profile of at least two rows, of which the given share, in
// (0, 1), is to count as unlike the others.
func NewProfile(b ml.Batch, share float64) (*Profile, error) {
	n, d := b.Rows(), b.Dim
	if n < 2 || !(share > 0 && share < 1) {
		return nil, errors.New("watch: a profile needs two rows or more, and a share between 0 and 1")
	}
	p := &Profile{mean: make([]float64, d), inv: make([]float64, d*d)}
	for i := range n {
		for j, v := range b.Row(i) {
			p.mean[j] += float64(v) / float64(n)
		}
	}
	for i := range n {
		for j, v := range b.Row(i) {
			for k := range j + 1 {
				p.inv[j*d+k] += (float64(v) - p.mean[j]) * (float64(b.Row(i)[k]) - p.mean[k]) / float64(n-1)
			}
		}
	}
	var trace float64
	for j := range d {
		trace += p.inv[j*d+j] / float64(d)
	}
	for j := range d { // constant features would have no inverse
		p.inv[j*d+j] += 1e-6*trace + 1e-12
	}
	for j := range d {
		for k := range j + 1 {
			s := p.inv[j*d+k]
			for i := range k {
				s -= p.inv[j*d+i] * p.inv[k*d+i]
			}
			if j == k {
				p.inv[j*d+j] = math.Sqrt(max(s, 1e-300))
			} else {
				p.inv[j*d+k] = s / p.inv[k*d+k]
			}
		}
	}
	all := make([]float64, n)
	for i := range all {
		all[i] = p.Distance(b.Row(i))
	}
	slices.Sort(all)
	p.edge = all[min(n-1, int((1-share)*float64(n)))]
	return p, nil
}

// Distance returns the squared Mahalanobis distance of a row to the customers'.
func (p *Profile) Distance(row []float32) float64 {
	d := len(p.mean)
	z := make([]float64, d)
	var sum float64
	for j := range d {
		s := float64(row[j]) - p.mean[j]
		for k := range j {
			s -= p.inv[j*d+k] * z[k]
		}
		z[j] = s / p.inv[j*d+j]
		sum += z[j] * z[j]
	}
	return sum
}

// Unlike reports whether a row is unlike what customers ask.
func (p *Profile) Unlike(row []float32) bool { return p.Distance(row) > p.edge }

// A Novelty alarms when more than Share of the last Window requests are unlike
// what customers ask.
type Novelty struct {
	Profile *Profile
	Share   float64
	Window  int

	last window
}

// See implements [Watcher].
func (w *Novelty) See(r Request) bool {
	w.last.push(w.Profile.Unlike(r.Row), w.Window)
	return len(w.last.bits) >= w.Window && float64(w.last.hits) > w.Share*float64(w.Window)
}

// An Entropy alarms when the entropy of the last Window answers, in bits, is
// above Above or below Below: thieves ask for all classes evenly, customers for
// what they meet.
type Entropy struct {
	Window       int
	Below, Above float64

	labels []int
}

// See implements [Watcher].
func (w *Entropy) See(r Request) bool {
	w.labels = append(w.labels, r.Label)
	if len(w.labels) < w.Window {
		return false
	}
	w.labels = w.labels[len(w.labels)-w.Window:]
	count := make(map[int]int)
	for _, y := range w.labels {
		count[y]++
	}
	var bits float64
	for _, y := range slices.Sorted(maps.Keys(count)) {
		p := float64(count[y]) / float64(w.Window)
		bits -= p * math.Log2(p)
	}
	return bits < w.Below || bits > w.Above
}
