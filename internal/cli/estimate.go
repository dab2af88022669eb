package cli

import (
	"fmt"
	"strings"

	"quintain"
	"quintain/assess"
)

// estimate says what the steps of a plan would cost, in one line.
func estimate(p *assess.Plan) string {
	var total quintain.Cost
	for _, s := range p.Steps {
		e, ok := s.Engine.(quintain.Estimator)
		if !ok || s.Refused != "" {
			continue
		}
		c := e.Estimate(s.Target, []*quintain.Check{s.Check})
		total.Calls += c.Calls
		total.Bytes += c.Bytes
	}
	var parts []string
	if total.Calls > 0 {
		parts = append(parts, fmt.Sprintf("%d calls to models and applications", total.Calls))
	}
	if total.Bytes > 0 {
		parts = append(parts, fmt.Sprintf("%s to read", size(total.Bytes)))
	}
	if parts == nil {
		return "Estimate: nothing to run."
	}
	return "Estimate: at most " + strings.Join(parts, ", ") + "."
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
