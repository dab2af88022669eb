package dpa

import (
	"testing"

	"quintain/ml/datasets"
)

// TestDigits holds certificates to figures that another program computed on
// the same rows: of 360, how many are classified correctly whatever r training
// rows an attacker changes.
func TestDigits(t *testing.T) {
	radii := []int{0, 1, 2, 3, 5, 8, 10, 15, 20}
	in, out := datasets.Split(datasets.Digits())
	for k, want := range map[int][]int{
		10:  {318, 309, 303, 295, 42, 0, 0, 0, 0},
		25:  {319, 314, 306, 298, 287, 258, 213, 0, 0},
		50:  {318, 314, 311, 305, 296, 281, 269, 212, 119},
		100: {322, 319, 309, 306, 300, 281, 272, 228, 177},
	} {
		safe, err := Train(in, 10, k).Certified(t.Context(), out)
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range radii {
			got := 0
			for _, s := range safe {
				if s >= r {
					got++
				}
			}
			if got != want[i] {
				t.Errorf("%d parts, %d changed rows: %d certified, want %d", k, r, got, want[i])
			}
		}
	}
}

// TestRadius knows the votes it takes to turn an answer, ties going to the
// lower class.
func TestRadius(t *testing.T) {
	for _, c := range []struct {
		votes []float32
		y     int
		want  int
	}{
		{[]float32{6, 4}, 0, 1}, // 5:5 is still class 0
		{[]float32{4, 6}, 1, 0}, // 5:5 is class 0
		{[]float32{5, 5}, 0, 0},
		{[]float32{3, 7}, 1, 1},
		{[]float32{0, 10, 0}, 1, 4},
	} {
		if got := radius(c.votes, c.y); got != c.want {
			t.Errorf("radius(%v, %d) = %d, want %d", c.votes, c.y, got, c.want)
		}
	}
}

// TestProof changes rows at will, within the certificate, and expects the same
// answer.
func TestProof(t *testing.T) {
	in, out := datasets.Split(datasets.Digits())
	safe, err := Train(in, 10, 25).Certified(t.Context(), out)
	if err != nil {
		t.Fatal(err)
	}
	const r = 5
	worse := in.Clone()
	for i := range r { // rows of five parts, all of them made zeros of another class
		clear(worse.Row(i))
		worse.Y[i] = (worse.Y[i] + 1) % 10
	}
	after, err := Train(worse, 10, 25).Certified(t.Context(), out)
	if err != nil {
		t.Fatal(err)
	}
	held := 0
	for i, s := range safe {
		if s >= r {
			held++
			if after[i] < 0 {
				t.Errorf("row %d is certified against %d changed rows, and they turned it", i, s)
			}
		}
	}
	if held != 287 {
		t.Errorf("%d rows are certified, want 287", held)
	}
}
