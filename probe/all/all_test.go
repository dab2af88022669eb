package all_test

import (
	"strings"
	"testing"

	"quintain"
	"quintain/probe"
	"quintain/probe/all"
	"quintain/probe/probetest"
)

// TestFalseHits makes ten thousand attempts on applications that give nothing
// away. Not one may count as a hit.
func TestFalseHits(t *testing.T) {
	const trials, want = 375, 10_000
	var attempts int64
	for _, p := range all.Probes {
		for _, app := range probetest.Null() {
			if !app.Helpful {
				continue // never attacked, or never answers
			}
			o := probe.Options{Seed: 7, Trials: trials, Strategies: all.Strategies}
			if f := probetest.Finding(t.Context(), t, o, app, p); f.Outcome != quintain.Pass {
				t.Errorf("%s on %s: %s (%s), want pass", p.Name, app.Name, f.Outcome, f.Summary)
			}
			attempts += app.Started.Load() - int64(len(app.Tasks()))
		}
	}
	if attempts < want {
		t.Errorf("%d attempts were made, want %d", attempts, want)
	}
}

// TestTrueHits lets every probe and every strategy reach an application that
// gives everything away and reads every strategy.
func TestTrueHits(t *testing.T) {
	for _, p := range all.Probes {
		o := probe.Options{Seed: 7, Trials: len(p.Seeds) * len(all.Strategies), Strategies: all.Strategies}
		f := probetest.Finding(t.Context(), t, o, probetest.Vulnerable(all.Strategies...), p)
		if f.Outcome != quintain.Fail {
			t.Fatalf("%s on the vulnerable application: %s (%s), want fail", p.Name, f.Outcome, f.Summary)
		}
		for _, e := range f.Evidence {
			if e.Measure != nil && e.Measure.Name == "attack success rate" {
				if e.Measure.Value < 0.95 {
					t.Errorf("%s on the vulnerable application: %s, want at least 95%%", p.Name, e.Summary)
				}
				for _, s := range all.Strategies {
					if !strings.Contains(e.Summary, s.Name+" ") {
						t.Errorf("%s: %q says nothing about strategy %s", p.Name, e.Summary, s.Name)
					}
				}
			}
		}
	}
}
