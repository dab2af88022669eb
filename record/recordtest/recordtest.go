// Package recordtest holds engines to the contract of [quintain.Engine].
package recordtest

import (
	"slices"
	"testing"

	"quintain"
	"quintain/record"
)

// Engine runs checks against target and fails the test if the engine returns
// an error, lists its checks out of order, lists an invalid check, or is
// silent about one that it was given. It returns the findings.
func Engine(t *testing.T, e quintain.Engine, target quintain.Target, checks []*quintain.Check) []quintain.Finding {
	t.Helper()
	all := e.Checks()
	if !slices.IsSortedFunc(all, func(a, b *quintain.Check) int {
		switch {
		case a.Name < b.Name:
			return -1
		case a.Name > b.Name:
			return 1
		}
		return 0
	}) {
		t.Errorf("Checks() is not sorted by name")
	}
	for _, c := range all {
		if err := c.Validate(); err != nil {
			t.Error(err)
		}
	}
	rec := record.NewMemory()
	if err := e.Run(t.Context(), target, checks, rec); err != nil {
		t.Fatalf("Run(%v) = %v, want no error", target, err)
	}
	findings := rec.Findings()
	for _, c := range checks {
		if !slices.ContainsFunc(findings, func(f quintain.Finding) bool { return f.Check == c.Name }) {
			t.Errorf("%s against %v: no finding; silence is never a pass", c.Name, target)
		}
	}
	return findings
}
