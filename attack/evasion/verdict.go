package evasion

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"quintain"
	"quintain/stats"
)

// A verdict is what the measures say before anybody doubts them.
type verdict struct {
	outcome  quintain.Outcome
	severity quintain.Severity
	summary  string
	proven   bool // a pass rests on the certificate
}

// robustAccuracy measures how many of all rows drawn were classified correctly
// and stayed so.
func (c *campaign) robustAccuracy(seed uint64) quintain.Measure {
	return stats.Proportion("robust accuracy, upper bound", len(c.at)-c.fallen(), len(c.rows), seed)
}

func (c *campaign) cleanAccuracy(seed uint64) quintain.Measure {
	return stats.Proportion("clean accuracy", len(c.at), len(c.rows), seed)
}

func (c *campaign) verdict(seed uint64) verdict {
	clean, robust := c.cleanAccuracy(seed), c.upperEnd(seed)
	budget := c.allowed()
	least, certified := c.proven(seed)
	span := percent(robust.Value)
	if certified {
		how := "attacked"
		if count(c.missed()) > 0 {
			how = "attacked and searched"
		}
		span = fmt.Sprintf("between %s (certified) and %s (%s)", percent(least.Value), percent(robust.Value), how)
		if least.Value == robust.Value {
			span = fmt.Sprintf("%s (certified, %s)", percent(robust.Value), how)
		}
	}
	switch {
	case len(c.at) < minCorrect:
		return verdict{summary: fmt.Sprintf("only %d rows are classified correctly; a verdict needs %d", len(c.at), minCorrect)}
	case clean.High < c.robust:
		return verdict{summary: fmt.Sprintf("accuracy is %s before any attack, less than the %s required under attack", percent(clean.Value), percent(c.robust))}
	case robust.High < c.robust || c.strict && robust.Low < c.robust && !(certified && least.Low >= c.robust):
		v := verdict{outcome: quintain.Fail, severity: quintain.High} // less than what somebody required
		if !certified {
			span = "at most " + span
		}
		v.summary = fmt.Sprintf("accuracy falls from %s to %s though %s", percent(clean.Value), span, budget)
		if robust.High >= c.robust {
			v.summary = fmt.Sprintf("accuracy under attack may be as low as %s, less than the %s required, where %s", percent(robust.Low), percent(c.robust), budget)
		}
		return v
	case certified && least.Low >= c.robust:
		return verdict{outcome: quintain.Pass, proven: true, summary: fmt.Sprintf(
			"%d of %d rows withstand every attack: accuracy is %s where %s", count(c.proof.holds), len(c.at), span, budget)}
	case robust.Low >= c.robust:
		v := verdict{outcome: quintain.Pass, summary: fmt.Sprintf(
			"%d of %d rows withstood the attack: accuracy under it is %s where %s", len(c.at)-c.fallen(), len(c.at), span, budget)}
		if c.remote != nil {
			v.summary = fmt.Sprintf("%d of %d rows withstood %d questions each from outside: accuracy is at most %s, and nothing says at least how much, where %s",
				len(c.at)-c.fallen(), len(c.at), c.trial.Budget.Queries, span, budget)
		}
		return v
	}
	return verdict{summary: fmt.Sprintf("%d rows cannot tell whether accuracy under attack, %s to %s, is at least %s",
		len(c.rows), percent(robust.Low), percent(robust.High), percent(c.robust))}
}

// allowed says what the attacker may do and wants.
func (c *campaign) allowed() string {
	says := fmt.Sprintf("no feature moves by more than %s of its range", percent(c.eps))
	if c.ball.Norm == L2 {
		says = fmt.Sprintf("all changes together are no longer than %.4g, in units of each feature's range", c.eps)
	}
	if c.frame != nil {
		says = fmt.Sprintf("a square of %d by %d pixels, %s of the picture, may be replaced anywhere in it",
			c.frame.Side, c.frame.Side, percent(float64(c.frame.Side*c.frame.Side)/float64(c.frame.Height*c.frame.Width)))
	}
	if c.attack != nil && c.attack.Edits > 0 {
		says = fmt.Sprintf("a row changes in at most %d features or choices that may change", cmp.Or(c.trial.Budget.Steps, c.attack.Edits))
	}
	if c.from >= 0 {
		says += fmt.Sprintf(", rows are of class %d", c.from)
	}
	if c.to >= 0 {
		says += fmt.Sprintf(", and the attacker wants class %d", c.to)
	}
	return says
}

// percent writes a proportion.
func percent(p float64) string { return strconv.FormatFloat(p*100, 'f', 1, 64) + "%" }

// measures returns the statistical evidence.
func (c *campaign) measures(o Options) []quintain.Evidence {
	clean, robust := c.cleanAccuracy(o.Seed), c.robustAccuracy(o.Seed)
	out := []quintain.Evidence{{
		Summary:  "accuracy under this attack; no more than an upper bound, because a stronger attack may turn more rows",
		Location: fmt.Sprintf("%s, %d of %d rows", c.target.With["data"], len(c.rows), c.table.Rows()),
		Measure:  &robust, Repro: c.repro(o),
	}, {
		Summary: "accuracy before the attack", Measure: &clean,
	}}
	if len(c.at) > 0 {
		m := stats.Proportion("attack success rate", c.fallen(), len(c.at), o.Seed)
		out = append(out, quintain.Evidence{Summary: "rows turned, of those classified correctly before", Measure: &m})
	}
	for _, e := range c.also {
		if e.Measure != nil {
			m := *e.Measure
			m.Seed, e.Measure = o.Seed, &m
		}
		out = append(out, e)
	}
	if len(c.stages) > 0 {
		out = append(out, c.ladder())
	}
	if len(c.asked) > 0 {
		out = append(out, quintain.Evidence{Summary: c.ledger()}, quintain.Evidence{Summary: c.queryCurve()})
	}
	if curve, ok := c.curve(); ok {
		out = append(out, curve)
	}
	if c.stopped != "" {
		out = append(out, quintain.Evidence{Summary: c.stopped + "; the figures are those of these rows, a random sample"})
	}
	if c.remote != nil {
		return append(out, quintain.Evidence{Summary: fmt.Sprintf(
			"the upper end only: %s, so there is no certificate, and who has the weights or asks more than %d questions about a row may turn more of them",
			c.proof.why, c.trial.Budget.Queries)})
	}
	return append(out, c.certified(o.Seed))
}

// ledger says how often a black-box attack asked the model.
func (c *campaign) ledger() string {
	total := 0
	var turned []int
	for i, n := range c.asked {
		total += n
		if c.fell[i] && n > 0 {
			turned = append(turned, n)
		}
	}
	says := fmt.Sprintf("the attack asked the model about %d rows", total)
	if len(turned) > 0 {
		slices.Sort(turned)
		says += fmt.Sprintf(", a median of %d for a row that fell", turned[len(turned)/2])
	}
	return says
}

// repro returns the command line that mounts the attack again.
func (c *campaign) repro(o Options) []string {
	cmd := []string{"quintain", "attack", c.target.Ref, "--data", c.target.With["data"], "--check", c.attack.Name}
	eps := strconv.FormatFloat(c.eps, 'g', -1, 64)
	keys := []string{"norm", "robust", "from", "to", "smooth", "range", "constraints", "price", "per-second", "max-cost"}
	if c.strict {
		cmd = append(cmd, "--fail-under", "robust@"+eps+"="+strconv.FormatFloat(c.robust, 'g', -1, 64))
		keys = slices.DeleteFunc(keys, func(k string) bool { return k == "robust" })
	} else {
		cmd = append(cmd, "--eps", eps)
	}
	cmd = append(cmd, "--seed", strconv.FormatUint(o.Seed, 10))
	for _, key := range keys {
		if text, ok := c.target.With[key]; ok {
			cmd = append(cmd, "--"+key, text)
		}
	}
	if c.free {
		cmd = append(cmd, "--unconstrained")
	}
	if o.Steps > 0 {
		cmd = append(cmd, "--steps", strconv.Itoa(o.Steps))
	}
	if o.Queries > 0 {
		cmd = append(cmd, "--queries", strconv.Itoa(o.Queries))
	}
	if o.Budget > 0 {
		cmd = append(cmd, "--budget", strconv.FormatInt(o.Budget, 10))
	}
	if o.MaxSamples > 0 {
		cmd = append(cmd, "--samples", strconv.Itoa(o.MaxSamples))
	}
	return append(cmd, o.Flags...)
}
