package zoo

import (
	"testing"

	"quintain/lab"
)

// TestScanner proves that the scanner is a help and no oracle: it calls every
// hostile file of every mechanism malicious, and is not silent about exactly
// two of the benign ones, which it does not call malicious.
func TestScanner(t *testing.T) {
	seen := make(map[mechanism]int)
	for n := range 10 {
		loud := 0
		for _, f := range files(lab.NewSource(lab.DeriveKey([]byte("test"), "x", "S02", n))) {
			s, err := severity(t.Context(), f.name, f.data)
			if err != nil {
				t.Fatal(err)
			}
			seen[f.does]++
			switch {
			case f.does != none && s < 4:
				t.Errorf("world %d: %s (%s) has severity %d, want high", n, f.name, f.does, s)
			case f.does == none && s >= 4:
				t.Errorf("world %d: %s is benign and has severity %d", n, f.name, s)
			case f.does == none && s > 0:
				loud++
			}
		}
		if loud != 2 {
			t.Errorf("world %d: the scanner is loud about %d benign files, want 2", n, loud)
		}
	}
	for _, m := range mechanisms {
		if seen[m] == 0 {
			t.Errorf("no file of mechanism %s in ten worlds", m)
		}
	}
}
