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

// curve says how many rows stand at other budgets, from how far off the
// nearest misclassified rows are that were found. It falls by construction: a
// row that falls at one budget falls at every larger one.
func (c *campaign) curve() (quintain.Evidence, bool) {
	known := slices.DeleteFunc(slices.Clone(c.far), func(d float64) bool { return d < 0 })
	if len(known) == 0 {
		return quintain.Evidence{}, false
	}
	slices.Sort(known)
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "budget\trows that stand\taccuracy, at most\tfall within")
	before := 0
	for _, at := range curveAt {
		fallen, _ := slices.BinarySearchFunc(known, at, func(d, at float64) int {
			if d <= at {
				return -1
			}
			return 1
		})
		stand := len(c.at) - fallen
		fmt.Fprintf(w, "%.4g\t%d of %d\t%s\t%s\n", at*c.eps, stand, len(c.rows), percent(float64(stand)/float64(len(c.rows))), bar(fallen-before, len(c.at)))
		before = fallen
	}
	w.Flush() //nolint:errcheck // a Builder takes everything
	says := fmt.Sprintf("accuracy at other budgets (%s distance in units of each feature's range), from the nearest misclassified rows found: median distance %.4g over the %d of %d rows with one",
		c.ball.Norm, known[len(known)/2]*c.eps, len(known), len(c.at))
	return quintain.Evidence{Summary: says, Excerpt: quintain.Excerpt(strings.TrimSpace(b.String()))}, true
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
