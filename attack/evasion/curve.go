package evasion

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"quintain"
)

// curveAt are the budgets of the security curve, in radii.
var curveAt = []float64{0.125, 0.25, 0.5, 0.75, 1, 1.5, 2, 4}

// A budgetPoint is one budget of the security curve.
type budgetPoint struct {
	at        float64 // in radii
	certified int     // rows that nothing turns
	stand     int     // rows of which no misclassified row is known within the budget
}

// curveOf counts both ends at every budget of the curve: from how far off the
// nearest misclassified rows are that were found, and from the largest budget
// that rows are certified for.
func (c *campaign) curveOf() []budgetPoint {
	var out []budgetPoint
	for _, at := range curveAt {
		p := budgetPoint{at: at, stand: len(c.at)}
		for i, row := range c.at {
			if d := c.far[i]; d >= 0 && d <= at || at >= 1 && c.refuted(row) {
				p.stand--
			}
			if c.proof.radius != nil && c.proof.radius[row] >= at {
				p.certified++
			}
		}
		out = append(out, p)
	}
	return out
}

// uneven returns an error if a curve is none: a row that falls at one budget
// falls at every larger one, what is certified at one is certified at every
// smaller one, and what is certified stands.
func uneven(curve []budgetPoint) error {
	for i, p := range curve {
		switch {
		case p.certified > p.stand:
			return fmt.Errorf("at %v of the budget %d rows are certified and %d stand; this is an error in the certificate", p.at, p.certified, p.stand)
		case i > 0 && (p.stand > curve[i-1].stand || p.certified > curve[i-1].certified):
			return fmt.Errorf("more rows withstand %v of the budget than %v of it; this is an error in the curve", p.at, curve[i-1].at)
		}
	}
	return nil
}

// curve says how many rows stand at other budgets, and how many are certified.
func (c *campaign) curve() (quintain.Evidence, bool) {
	known := slices.DeleteFunc(slices.Clone(c.far), func(d float64) bool { return d < 0 })
	if len(known) == 0 && c.proof.radius == nil {
		return quintain.Evidence{}, false
	}
	slices.Sort(known)
	share := func(n int) string { return percent(float64(n) / float64(len(c.rows))) }
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "budget\taccuracy, at least\tat most\trows that stand\tfall within")
	before := len(c.at)
	for _, p := range c.curveOf() {
		least := "-"
		if c.proof.radius != nil {
			least = share(p.certified)
		}
		fmt.Fprintf(w, "%.4g\t%s\t%s\t%d of %d\t%s\n", p.at*c.eps, least, share(p.stand), p.stand, len(c.rows), bar(before-p.stand, len(c.at)))
		before = p.stand
	}
	w.Flush() //nolint:errcheck // a Builder takes everything
	says := fmt.Sprintf("accuracy at other budgets (%s distance in units of each feature's range)", c.ball.Norm)
	if c.proof.radius != nil {
		says += ", at least what is certified"
	}
	if len(known) > 0 {
		says += fmt.Sprintf(", at most what stands by the nearest misclassified rows found: median distance %.4g over the %d of %d rows with one",
			known[len(known)/2]*c.eps, len(known), len(c.at))
	}
	return quintain.Evidence{Summary: says + "; both fall as the budget grows", Excerpt: quintain.Excerpt(strings.TrimSpace(b.String()))}, true
}

// bar draws a share of all.
func bar(n, all int) string {
	if n == 0 {
		return ""
	}
	return strings.Repeat("#", max(1, 30*n/max(1, all))) + fmt.Sprintf(" %d", n)
}

// queryAt are the numbers of questions of the curve over queries.
var queryAt = []int{1, 10, 30, 100, 300, 1000, 3000, 10_000}

// queryCurve says how many of the rows that a black-box attack tried had
// fallen after so many questions about each.
func (c *campaign) queryCurve() string {
	tried, most := 0, 0
	for _, n := range c.asked {
		if n > 0 {
			tried++
			most = max(most, n)
		}
	}
	var parts []string
	for _, at := range queryAt {
		fallen := 0
		for i, n := range c.asked {
			if n > 0 && n <= at && c.fell[i] {
				fallen++
			}
		}
		parts = append(parts, fmt.Sprintf("%d: %d of %d", at, fallen, tried))
		if at >= most {
			break
		}
	}
	return "rows fallen after so many questions, " + strings.Join(parts, "; ")
}

// ladder says what each part of a cascade did.
func (c *campaign) ladder() quintain.Evidence {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "attack\trows tried\tturned\tstill stand")
	for _, st := range c.stages {
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\n", st.attack.Name, st.tried, len(st.turned), st.tried-len(st.turned))
	}
	w.Flush() //nolint:errcheck // a Builder takes everything
	return quintain.Evidence{Summary: "each attack tries the rows that still stand after those before it", Excerpt: strings.TrimSpace(b.String())}
}
