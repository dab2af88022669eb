package assess_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"quintain"
	"quintain/assess"
	"quintain/report"
	"quintain/threat"
)

// settled is a step about the bytes "a", with findings recorded when they were
// those of about.
func settled(about string, findings ...quintain.Finding) assess.Settled {
	t := quintain.Target{Kind: quintain.KindArtifact, Ref: "model.bin", Digest: quintain.DigestOf([]byte(about))}
	for i := range findings {
		if findings[i].Target.Ref != "unbound" {
			findings[i].Target = t
		}
	}
	return assess.Settled{Check: check.Name, Target: t, Current: quintain.DigestOf([]byte("a")), Findings: findings}
}

// TestStatus is the whole state machine.
func TestStatus(t *testing.T) {
	none := quintain.Target{}
	pass, fail := finding(none, quintain.Pass), finding(none, quintain.Fail)
	open, na := finding(none, quintain.Inconclusive), finding(none, quintain.NotApplicable)
	uncontrolled, beaten := pass, pass
	uncontrolled.Control = nil
	beaten.Control = &quintain.Control{Outcome: quintain.Pass, Summary: "the twin held too"}
	unbound := pass
	unbound.Target.Ref = "unbound"
	accepted := func(until string) *threat.Acceptance {
		day, err := time.Parse(time.DateOnly, until)
		if err != nil {
			t.Fatal(err)
		}
		return &threat.Acceptance{By: "Ada", Why: "we retire it", Until: day}
	}
	for name, tc := range map[string]struct {
		c    assess.Case
		want report.Status
		why  string
	}{
		"no step":              {assess.Case{}, report.StatusOpen, "untested"},
		"no evidence":          {assess.Case{Steps: []assess.Settled{settled("a")}}, report.StatusOpen, "no evidence"},
		"fail":                 {assess.Case{Steps: []assess.Settled{settled("a", fail)}}, report.StatusFailed, "it is fail"},
		"pass":                 {assess.Case{Steps: []assess.Settled{settled("a", pass)}}, report.StatusResisted, "resisted fake/check"},
		"pass without control": {assess.Case{Steps: []assess.Settled{settled("a", uncontrolled)}}, report.StatusOpen, "no positive control"},
		"pass, twin held":      {assess.Case{Steps: []assess.Settled{settled("a", beaten)}}, report.StatusOpen, "no positive control"},
		"pass about others":    {assess.Case{Steps: []assess.Settled{settled("b", pass)}}, report.StatusStale, "recorded about"},
		"fail about others":    {assess.Case{Steps: []assess.Settled{settled("b", fail)}}, report.StatusStale, "recorded about"},
		"pass about nothing":   {assess.Case{Steps: []assess.Settled{settled("a", unbound)}}, report.StatusOpen, "no digest"},
		"pass and fail":        {assess.Case{Steps: []assess.Settled{settled("a", pass), settled("a", fail)}}, report.StatusFailed, ""},
		"pass and open":        {assess.Case{Steps: []assess.Settled{settled("a", pass), settled("a", open)}}, report.StatusOpen, ""},
		"pass and silence":     {assess.Case{Steps: []assess.Settled{settled("a", pass), settled("a")}}, report.StatusOpen, ""},
		"pass and stale":       {assess.Case{Steps: []assess.Settled{settled("a", pass), settled("b", pass)}}, report.StatusStale, ""},
		"pass, not applicable": {assess.Case{Steps: []assess.Settled{settled("a", pass, na)}}, report.StatusResisted, ""},
		"not applicable":       {assess.Case{Steps: []assess.Settled{settled("a", na)}}, report.StatusOpen, "untested"},
		"accepted":             {assess.Case{Accepted: accepted("2026-12-01"), Steps: []assess.Settled{settled("a", fail)}}, report.StatusAccepted, "by Ada"},
		"acceptance ended":     {assess.Case{Accepted: accepted("2026-11-30"), Steps: []assess.Settled{settled("a", fail)}}, report.StatusFailed, "ended on 2026-11-30"},
		"unreachable":          {assess.Case{Unreachable: "an approval stands on every path"}, report.StatusUnreachable, "approval"},
	} {
		t.Run(name, func(t *testing.T) {
			got, why := assess.Status(&tc.c, now)
			if got != tc.want || !strings.Contains(why, tc.why) {
				t.Errorf("Status() = %s, %q, want %s and %q in it", got, why, tc.want, tc.why)
			}
		})
	}
}

// TestNoWayToClose draws cases at random and checks the one way to be
// resisted: every step has evidence about what is there now, no failure, and
// passes that beat a weak twin.
func TestNoWayToClose(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	resisted := 0
	for range 20_000 {
		var c assess.Case
		earned := false
		for range rng.IntN(3) {
			about := []string{"a", "a", "a", "b"}[rng.IntN(4)]
			var fs []quintain.Finding
			for range rng.IntN(3) {
				f := finding(quintain.Target{}, []quintain.Outcome{quintain.Pass, quintain.Pass, quintain.Pass, quintain.Fail, quintain.Inconclusive, quintain.NotApplicable}[rng.IntN(6)])
				if rng.IntN(4) == 0 {
					f.Control = nil
				}
				fs = append(fs, f)
			}
			c.Steps = append(c.Steps, settled(about, fs...))
		}
		bad := len(c.Steps) == 0
		for _, s := range c.Steps {
			bad = bad || len(s.Findings) == 0
			for _, f := range s.Findings {
				switch {
				case f.Outcome == quintain.NotApplicable:
				case f.Resisted() && f.Target.Digest == s.Current:
					earned = true
				default:
					bad = true
				}
			}
		}
		got, why := assess.Status(&c, now)
		if want := earned && !bad; (got == report.StatusResisted) != want {
			t.Fatalf("Status(%+v) = %s (%s), earned is %v", c, got, why, want)
		}
		if got == report.StatusResisted {
			resisted++
		}
	}
	if resisted < 100 {
		t.Errorf("only %d of the cases were resisted: the test says little", resisted)
	}
}
