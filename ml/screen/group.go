package screen

import (
	"encoding/binary"
	"math"
	"slices"

	"quintain/ml"
)

// groups returns the rows of b that are equal in all features, together, each
// group in order; rows that are like no other are left out.
func groups(b ml.Batch) map[string][]int {
	out := map[string][]int{}
	key := make([]byte, 4*b.Dim)
	for i := range b.Rows() {
		for j, v := range b.Row(i) {
			if v == 0 {
				v = 0 // there are two zeros
			}
			binary.LittleEndian.PutUint32(key[4*j:], math.Float32bits(v))
		}
		out[string(key)] = append(out[string(key)], i)
	}
	for k, g := range out {
		if len(g) < 2 {
			delete(out, k)
		}
	}
	return out
}

func sorted(rows []int) []int {
	slices.Sort(rows)
	return rows
}

// softmax sets p to the probabilities that logits z stand for.
func softmax(p []float64, z []float32) {
	top := float64(slices.Max(z))
	var sum float64
	for j, v := range z {
		p[j] = math.Exp(float64(v) - top)
		sum += p[j]
	}
	for j := range p {
		p[j] /= sum
	}
}
