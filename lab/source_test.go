package lab_test

import (
	"testing"

	"quintain/lab"
)

// TestDeriveKey wants another world for every learner, exercise, attempt and
// install, and the same one twice.
func TestDeriveKey(t *testing.T) {
	seen := make(map[lab.Key]string)
	for _, secret := range []string{"a", "b"} {
		for _, learner := range []string{"ada", "adaF", ""} {
			for _, exercise := range []string{"F01", "01"} {
				for _, attempt := range []int{1, 11} {
					k := lab.DeriveKey([]byte(secret), learner, exercise, attempt)
					if k != lab.DeriveKey([]byte(secret), learner, exercise, attempt) {
						t.Error("the same attempt has two keys")
					}
					if other, ok := seen[k]; ok {
						t.Errorf("%q %q %d has the key of %q", learner, exercise, attempt, other)
					}
					seen[k] = learner + exercise
				}
			}
		}
	}
}

// TestSource wants labels that tell nothing of each other, and seeds that can
// be typed.
func TestSource(t *testing.T) {
	s := lab.NewSource(lab.Key{1})
	if s.Seed("a") == s.Seed("b") || s.Seed("a") != lab.NewSource(lab.Key{1}).Seed("a") || s.Seed("a") == lab.NewSource(lab.Key{2}).Seed("a") {
		t.Error("seeds do not depend on key and label, and on nothing else")
	}
	if got := s.Public("a"); got < 1 || got > 999_999 {
		t.Errorf("Public = %d, want 1 to 999999", got)
	}
	if got := s.Secret("a", 26); len(got) != 26 || got != s.Secret("a", 26) {
		t.Errorf("Secret = %q, want 26 letters, always the same", got)
	}
	if s.Rand("a").Uint64() != s.Rand("a").Uint64() {
		t.Error("Rand of one label differs")
	}
}
