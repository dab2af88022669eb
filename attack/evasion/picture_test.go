package evasion

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// A square is what a patch may change, in all planes at once, and nothing else.
func TestPicture(t *testing.T) {
	p := &Picture{Height: 6, Width: 5, Channels: 3, Side: 2}
	rng := rand.New(rand.NewPCG(1, 1))
	seen := make(map[[2]int]bool)
	for range 300 {
		y, x := p.Place(rng)
		seen[[2]int{y, x}] = true
		before, after := make([]float32, 90), make([]float32, 90)
		for _, i := range p.Pixels(y, x) {
			after[i]++
		}
		if n := len(changed(before, after)); n != 12 {
			t.Fatalf("a square at %d, %d has %d pixels, want 12", y, x, n)
		}
		if err := p.Check(after, before); err != nil {
			t.Fatal(err)
		}
		far := (p.Pixels(y, x)[0] + 2) % 90 // two columns off, or in another row
		if after[far]++; p.Check(after, before) == nil {
			t.Fatalf("a change at %d beside the square at %d, %d is allowed", far, y, x)
		}
	}
	if len(seen) != 5*4 {
		t.Errorf("%d places, want all 20", len(seen))
	}
	if err := p.Check(make([]float32, 90), make([]float32, 90)); err != nil {
		t.Error(err)
	}
}

// The two halves have no row in common, and all rows are in one of them. An
// attacker who wants a class has rows of it too.
func TestHalved(t *testing.T) {
	s := opened(t, steep(2), 0.1)
	h := s.halved(1)
	if h.own.Rows() != 100 || h.batch.Rows() != 100 || !slices.Equal(h.own.Y, s.batch.Pick(others(s, h)).Y) {
		t.Errorf("%d rows of the attacker and %d attacked of %d", h.own.Rows(), h.batch.Rows(), s.batch.Rows())
	}
	s = opened(t, steep(2), 0.1)
	s.to = 1
	keep := slices.DeleteFunc(slices.Clone(s.rows), func(r int) bool { return s.table.Y[r] == 1 })
	s.batch, s.rows = s.batch.Pick(keep), keep // all rows are drawn, in order
	h = s.halved(1)
	wanted := 0
	for i := range h.own.Rows() {
		if h.own.Y[i] == 1 {
			wanted++
		}
		for k := range h.batch.Rows() {
			if slices.Equal(h.own.Row(i), h.batch.Row(k)) {
				t.Errorf("row %d of the attacker is attacked", i)
			}
		}
	}
	if n := len(keep) / 2; h.own.Rows()-wanted != n || wanted < n-len(keep)%2 || h.batch.Rows() != len(keep)-n {
		t.Errorf("%d rows of the attacker, %d of them of the class that is wanted, and %d attacked of %d", h.own.Rows(), wanted, h.batch.Rows(), len(keep))
	}
}

// others lists the rows of s that h does not attack.
func others(s, h *subject) []int {
	var out []int
	for i, r := range s.rows {
		if !slices.Contains(h.rows, r) {
			out = append(out, i)
		}
	}
	return out
}
