package readers

import (
	"math/rand/v2"
	"slices"
	"testing"

	"quintain/lab/internal/inbox"
)

// TestMutations shows that every mutation gets past the office's filter and is
// understood behind it, and that each of the five classes is told from the
// others by what undoes it.
func TestMutations(t *testing.T) {
	for seed := range uint64(5) {
		rng := rand.New(rand.NewPCG(seed, 3))
		for _, f := range families {
			var texts []string
			for i := range f.n {
				text := mutated(rng, f.name, i)
				texts = append(texts, text)
				if got := classOf(text); slices.Contains(classes, f.name) && !slices.Equal(got, []string{f.name}) {
					t.Errorf("%+q is of the classes %q, want %q alone", text, got, f.name)
				}
			}
			if n, err := bypasses(t.Context(), office, texts); n != f.n || err != nil {
				t.Errorf("seed %d: %d of %d %s get through, error %v, want all", seed, n, f.n, f.name, err)
			}
		}
	}
}

// TestRequests shows that the filter denies every request that is written
// plainly, and that the assistant would do it.
func TestRequests(t *testing.T) {
	for _, r := range requests {
		if o := office.Read(r + "."); o.Verdict != inbox.Denied {
			t.Errorf("%q is %s, want it denied", r, o.Verdict)
		}
		if n, err := bypasses(t.Context(), &inbox.Policy{}, []string{r + "."}); n != 1 || err != nil {
			t.Errorf("%q is not understood without a filter, error %v", r, err)
		}
	}
	if n, err := bypasses(t.Context(), &inbox.Policy{}, honest); n != 0 || err != nil {
		t.Errorf("%d honest messages are marked urgent, error %v, want none", n, err)
	}
	if len(honest) != 40 {
		t.Errorf("%d honest messages, want 40", len(honest))
	}
}
