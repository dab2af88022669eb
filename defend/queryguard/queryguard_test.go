package queryguard

import (
	"strings"
	"testing"

	"quintain/defend"
	"quintain/ml/graph"
)

// TestAllowed counts the accounts an attacker has, and writes down only what
// one of them may do.
func TestAllowed(t *testing.T) {
	tr := &defend.Trial{Graph: graph.Linear([][]float32{{1}, {0}}, []float32{0, 0}), Settings: defend.Settings{Queries: 20, Accounts: 7}}
	h, err := Defense.Harden(t.Context(), tr)
	if err != nil {
		t.Fatal(err)
	}
	if h.Allowed != 140 {
		t.Errorf("%d questions allowed, want 140", h.Allowed)
	}
	if p := string(h.Policy); !strings.Contains(p, "queries: 20\n") || strings.Contains(p, "140") {
		t.Errorf("policy %q", p)
	}
}
