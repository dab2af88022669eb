package screen_test

import (
	"slices"
	"testing"

	"quintain/ml"
	"quintain/ml/screen"
)

// TestVotes has liars judged by all rows, by honest rows, and by nobody.
func TestVotes(t *testing.T) {
	b := ml.Batch{Dim: 1, X: []float32{0, 1, 2, 3, 4, 100}, Y: []int32{0, 1, 1, 1, 0, 2}}
	liars := []int{1, 2, 3}
	for name, c := range map[string]struct {
		voters []int
		want   []screen.Vote
	}{
		"by all":    {[]int{0, 1, 2, 3, 4, 5}, []screen.Vote{{Label: 0, Count: 1}, {Label: 1, Count: 2}, {Label: 0, Count: 1}}},
		"by others": {[]int{0, 4, 5}, []screen.Vote{{Label: 0, Count: 2}, {Label: 0, Count: 2}, {Label: 0, Count: 2}}},
		"by nobody": {nil, []screen.Vote{{Label: -1}, {Label: -1}, {Label: -1}}},
	} {
		got, err := screen.Votes(t.Context(), b, liars, c.voters, 2)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: Votes = %v, %v, want %v", name, got, err, c.want)
		}
	}
}
