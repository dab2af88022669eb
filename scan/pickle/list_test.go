package pickle

import "testing"

// How many names the list has, and how many of them may be called. Both may
// only fall.
const (
	maxListed   = 450
	maxCallable = 322
)

// The list that needs no library but PyTorch, NumPy and joblib stays small
// enough to read. That of scikit-learn, which has every class of it, is made by
// a script and is apart.
func TestListIsSmall(t *testing.T) {
	p, err := parsePolicy(allowText, denyText)
	if err != nil {
		t.Fatal(err)
	}
	names, calls := make(map[string]bool), make(map[string]bool)
	for _, r := range p.allow {
		names[r.canonical] = true
		if r.callable() {
			calls[r.canonical] = true
		}
	}
	if len(names) > maxListed || len(calls) > maxCallable {
		t.Errorf("%d names may be imported and %d called, want at most %d and %d", len(names), len(calls), maxListed, maxCallable)
	}
}
