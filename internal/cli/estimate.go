package cli

import (
	"fmt"
	"strings"

	"quintain"
	"quintain/assess"
	"quintain/attack/evasion"
)

// estimate says what the steps of a plan would cost: in one line, and in one more
// for each attack on a model that answers over HTTP.
func estimate(p *assess.Plan) string {
	var total quintain.Cost
	var more []string
	for e, group := range p.Groups() {
		estimator, ok := e.(quintain.Estimator)
		if !ok {
			continue
		}
		var checks []*quintain.Check
		for _, s := range group {
			if s.Refused == "" {
				checks = append(checks, s.Check)
			}
		}
		if checks == nil {
			continue
		}
		c := estimator.Estimate(group[0].Target, checks)
		total.Conversations += c.Conversations
		total.Rows += c.Rows
		total.Bytes += c.Bytes
		more = append(more, asking(e, group[0].Target, checks)...)
	}
	var parts []string
	if total.Conversations > 0 {
		parts = append(parts, fmt.Sprintf("%d conversations", total.Conversations))
	}
	if total.Rows > 0 {
		parts = append(parts, fmt.Sprintf("%d rows to attack", total.Rows))
	}
	if total.Bytes > 0 {
		parts = append(parts, fmt.Sprintf("%s to read", size(total.Bytes)))
	}
	if parts == nil {
		return "Estimate: nothing to run."
	}
	return strings.Join(append([]string{"Estimate: at most " + strings.Join(parts, ", ") + "."}, more...), "\n")
}

// asking says what e would ask of a model that answers over HTTP.
func asking(e quintain.Engine, t quintain.Target, checks []*quintain.Check) []string {
	planner, ok := e.(evasion.Planner)
	if !ok || !answers(t) {
		return nil
	}
	on, err := terms(t)
	if err != nil {
		return []string{"  " + oneLine(t.Ref) + ": " + oneLine(err.Error())}
	}
	lines := planner.Plan(on, checks)
	for i, line := range lines {
		lines[i] = "  " + line
	}
	return lines
}

// size writes a number of bytes for people.
func size(n int64) string {
	const unit = 1 << 10
	switch {
	case n < unit:
		return fmt.Sprintf("%d bytes", n)
	case n < unit*unit:
		return fmt.Sprintf("%.1f KiB", float64(n)/unit)
	case n < unit*unit*unit:
		return fmt.Sprintf("%.1f MiB", float64(n)/unit/unit)
	}
	return fmt.Sprintf("%.1f GiB", float64(n)/unit/unit/unit)
}
