package defend

import (
	"fmt"
	"strings"

	"quintain"
)

// conclude decides, and writes down why.
func (c *contest) conclude(f *quintain.Finding) {
	f.Evidence = append(f.Evidence, quintain.Evidence{Summary: c.made.Says})
	f.Evidence = append(f.Evidence, c.made.Evidence...)
	cost := paired("loss of accuracy", c.subject.right, c.right, c.trial.Seed)
	before, after := wilson("accuracy", c.subject.right, c.trial.Seed), wilson("accuracy", c.right, c.trial.Seed)
	f.Evidence = append(
		f.Evidence,
		quintain.Evidence{Summary: "accuracy of the model as it was on rows it has not seen", Measure: &before},
		quintain.Evidence{Summary: "accuracy of the hardened model on the same rows", Measure: &after},
		quintain.Evidence{Summary: "what the defense costs", Measure: &cost},
	)
	if c.after == nil {
		f.Summary = fmt.Sprintf("undecided: there is no attacker of %s to judge the defense by", c.family)
		return
	}
	gain := c.gain()
	f.Evidence = append(f.Evidence, c.said(0, c.before, "the model as it was"), c.said(1, c.after, "the hardened model"), c.fall(gain))
	if len(c.tried) > 1 {
		f.Evidence = append(f.Evidence, quintain.Evidence{Summary: "success of every attack, before and after: " + strings.Join(c.tried, "; ")})
	}
	f.Control = c.control()
	v := c.verdict(gain, cost, f.Control != nil)
	f.Outcome, f.Severity = v.outcome, v.severity
	f.Summary = fmt.Sprintf("%s: %s: the success of the best attack goes from %.1f%% to %.1f%%, accuracy from %.1f%% to %.1f%%; %s",
		v.word, c.family, 100*c.before.Success.Value, 100*c.after.Success.Value, 100*before.Value, 100*after.Value, v.why)
}

// gain is by how much the attacker's success falls.
func (c *contest) gain() quintain.Measure {
	const name = "fall of the attacker's success"
	if w := c.before.Won; c.by[0] == c.by[1] && len(w) > 0 && len(w) == len(c.after.Won) {
		return paired(name, w, c.after.Won, c.trial.Seed)
	}
	return difference(name, "mover", c.before.Success, c.after.Success, 0, c.trial.Seed)
}

func (c *contest) said(i int, r *Result, what string) quintain.Evidence {
	m := r.Success
	return quintain.Evidence{Summary: fmt.Sprintf("%s on %s: %s", c.by[i], what, r.Says), Measure: &m}
}

func (c *contest) fall(gain quintain.Measure) quintain.Evidence {
	s := "the difference"
	if gain.Method == "newcombe-paired" {
		s = fmt.Sprintf("the difference on the same units; McNemar's exact p is %.2g", discordance(c.before.Won, c.after.Won))
	}
	return quintain.Evidence{Summary: s, Measure: &gain}
}

// control is the undefended model, if it falls by at least the gain that is
// asked for.
func (c *contest) control() *quintain.Control {
	if c.before.Success.Low-c.chance < c.trial.Settings.Gain {
		return nil
	}
	m := c.before.Success
	t := c.target
	t.Digest = c.digest
	return &quintain.Control{
		Target: t, Outcome: quintain.Fail, Measure: &m,
		Summary: fmt.Sprintf("the model as it was falls to %s", c.by[0]),
	}
}

type verdict struct {
	outcome  quintain.Outcome
	severity quintain.Severity
	word     string
	why      string
}

// verdict weighs what the attacker lost against what the defense costs.
func (c *contest) verdict(gain, cost quintain.Measure, falls bool) verdict {
	s := c.trial.Settings
	undecided := func(format string, args ...any) verdict {
		return verdict{word: "undecided", why: fmt.Sprintf(format, args...)}
	}
	fail := func(format string, args ...any) verdict {
		return verdict{quintain.Fail, quintain.High, "not effective", fmt.Sprintf(format, args...)}
	}
	switch {
	case !falls:
		return undecided("the attack hardly succeeds on the model as it was, so no defense of it shows anything")
	case gain.High < s.Gain:
		return fail("a fall of %.1f points was required", 100*s.Gain)
	case cost.Low > s.Cost:
		return fail("the defense may cost %.1f points of accuracy", 100*s.Cost)
	case c.after.Doubt != "":
		return undecided("%s", c.after.Doubt)
	case !c.after.Adaptive:
		return undecided("the attack did not adapt to the defense, and on such a figure no defense is called effective")
	case gain.Low < s.Gain:
		return undecided("the interval of the fall, %.1f to %.1f points, includes the %.1f that are required", 100*gain.Low, 100*gain.High, 100*s.Gain)
	case cost.High > s.Cost:
		return undecided("the interval of the cost, %.1f to %.1f points, includes the %.1f that are allowed", 100*cost.Low, 100*cost.High, 100*s.Cost)
	}
	return verdict{outcome: quintain.Pass, word: "effective", why: fmt.Sprintf("the attacker adapted to the defense; a fall of %.1f points was required", 100*s.Gain)}
}
