package assess

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"quintain"
	"quintain/report"
	"quintain/threat"
)

// A Case is everything that the status of one threat depends on.
type Case struct {
	// Unreachable says why the graph rules the threat out, if it does.
	Unreachable string

	// Accepted is the acceptance that names the threat, if there is one.
	Accepted *threat.Acceptance

	// Steps are the checks that settle the threat.
	Steps []Settled
}

// A Settled is one step with what is known about it.
type Settled struct {
	Check    string
	Target   quintain.Target
	Current  quintain.Digest    // of the target as it is now; empty if it cannot be bound
	Findings []quintain.Finding // of this check about this target
	Why      string             // why there are none: refused, interrupted
}

// Status decides the status of a threat, and says why in one sentence. It is a
// pure function of the system model, the evidence, and the clock: nobody types
// a status.
func Status(c *Case, now time.Time) (report.Status, string) {
	if c.Unreachable != "" {
		return report.StatusUnreachable, c.Unreachable
	}
	if c.Accepted != nil && now.Before(c.Accepted.Until.AddDate(0, 0, 1)) {
		return report.StatusAccepted, fmt.Sprintf("accepted until %s by %s: %s",
			c.Accepted.Until.Format(time.DateOnly), c.Accepted.By, c.Accepted.Why)
	}
	expired := ""
	if c.Accepted != nil {
		expired = fmt.Sprintf("; the acceptance by %s ended on %s", c.Accepted.By, c.Accepted.Until.Format(time.DateOnly))
	}
	status, why := settle(c.Steps)
	return status, why + expired
}

// settle decides from the evidence alone.
func settle(steps []Settled) (report.Status, string) {
	if len(steps) == 0 {
		return report.StatusOpen, "untested: no check here applies to a target of these elements"
	}
	var failed, stale, undecided, resisted []string
	for i := range steps {
		s := &steps[i]
		for _, f := range s.Findings {
			note := fmt.Sprintf("%s on %s", s.Check, s.Target.Ref)
			switch {
			case f.Outcome == quintain.NotApplicable:
			case f.Target.Digest == "" && f.Outcome != quintain.Inconclusive:
				undecided = append(undecided, note+": the evidence is bound to no digest")
			case f.Target.Digest != s.Current:
				stale = append(stale, fmt.Sprintf("%s was recorded about %s, which is now %s", note, f.Target.Digest.Short(), s.Current.Short()))
			case f.Outcome == quintain.Fail:
				failed = append(failed, f.Summary)
			case f.Resisted():
				resisted = append(resisted, note)
			case f.Outcome == quintain.Pass:
				undecided = append(undecided, note+": no positive control, so the pass does not count")
			default:
				undecided = append(undecided, note+": "+f.Summary)
			}
		}
		if len(s.Findings) == 0 {
			undecided = append(undecided, fmt.Sprintf("%s on %s: %s", s.Check, s.Target.Ref, s.why()))
		}
	}
	switch {
	case len(failed) > 0:
		return report.StatusFailed, list(failed)
	case len(stale) > 0:
		return report.StatusStale, list(stale)
	case len(undecided) > 0:
		return report.StatusOpen, list(undecided)
	case len(resisted) > 0:
		return report.StatusResisted, "resisted " + list(resisted)
	}
	return report.StatusOpen, "untested: every check found itself not applicable"
}

func (s *Settled) why() string {
	if s.Why != "" {
		return s.Why
	}
	return "no evidence"
}

// list joins at most three different sentences and counts the rest.
func list(s []string) string {
	slices.Sort(s)
	s = slices.Compact(s)
	if len(s) > 3 {
		return fmt.Sprintf("%s; and %d more", strings.Join(s[:3], "; "), len(s)-3)
	}
	return strings.Join(s, "; ")
}
