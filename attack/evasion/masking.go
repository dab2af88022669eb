package evasion

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"quintain"
)

// What the guidelines use and allow.
const (
	maskRows    = 64   // rows to try larger budgets and noise on
	maskFew     = 16   // rows to mount the whole attack on again
	maskDraws   = 1000 // of noise for each row
	maskQueries = 500  // of a black-box attack that is mounted again
	maskZero    = 0.05 // of the rows may have no gradient
	maskStand   = 0.05 // of the rows may stand whatever changes
	maskMore    = 0.01 // of all rows may fall to more effort
	noiseStream = 1 << 20
)

// A mask is what the guidelines found: reasons to believe that a stronger
// attack would succeed where this one did not.
//
// They are those of Carlini et al., "On Evaluating Adversarial Robustness"
// (2019), turned into numbers.
type mask struct {
	checks  []guideline
	answers bool // nothing is seen but answers, so no gradients can be masked
	random  bool // the model does not answer twice the same
}

// A grade is what a guideline says.
type grade string

const (
	pass grade = "PASS"
	warn grade = "WARN" // worth knowing; the verdict stands
	fail grade = "FAIL" // a pass does not count
)

// A guideline is one rule, kept or not.
type guideline struct {
	id    string
	grade grade
	says  string
}

func (m *mask) add(id string, g grade, format string, args ...any) {
	m.checks = append(m.checks, guideline{id, g, fmt.Sprintf(format, args...)})
}

// need adds a guideline that passes or fails.
func (m *mask) need(id string, ok bool, format string, args ...any) {
	g := fail
	if ok {
		g = pass
	}
	m.add(id, g, format, args...)
}

// failures lists what failed. Missing gradients come first: they explain the
// rest.
func (m *mask) failures() []string {
	var first, out []string
	for _, c := range m.checks {
		switch {
		case c.grade == fail && c.id == "G9":
			first = append(first, c.says)
		case c.grade == fail:
			out = append(out, c.says)
		}
	}
	return append(first, out...)
}

// doubt begins the summary of a pass that does not count.
func (m *mask) doubt() string {
	if m.answers {
		return "the attack may be too weak: "
	}
	return "the gradients may be masked: "
}

func (m *mask) evidence() quintain.Evidence {
	var b strings.Builder
	kept := 0
	for _, c := range m.checks {
		fmt.Fprintf(&b, "%s  %-3s  %s\n", c.grade, c.id, c.says)
		if c.grade == pass {
			kept++
		}
	}
	about := "masked gradients"
	if m.answers {
		about = "a weak attack"
	}
	return quintain.Evidence{
		Summary: fmt.Sprintf("%d of %d checks for %s found nothing", kept, len(m.checks), about),
		Excerpt: quintain.Excerpt(b.String()),
	}
}

// masking follows the guidelines: all of them for a cascade, and for a single
// attack those that say whether it was strong enough.
func (c *campaign) masking(ctx context.Context) (mask, error) {
	m := mask{answers: c.attack.share(c.subject) > 0 && c.blind != nil || c.attack.BlackBox}
	type rule = func(context.Context, *mask) error
	rules := []rule{c.unbounded, c.noise}
	if !m.answers {
		m.add("G9", pass, "gradients agree with finite differences")
	}
	switch {
	case c.remote != nil:
		m.answers = true
		rules = []rule{c.works, c.luck, c.header, c.steady}
	case c.attack.Run == nil:
		rules = []rule{
			c.oneStep, c.inside, c.monotone, c.unbounded, c.converged, c.restarts, c.strides, c.noise, c.health, c.repeats,
			c.smoothPath, c.transfer, c.targeted, c.header, c.bounded, c.saturation,
		}
	case !m.answers:
		rules = []rule{c.oneStep, c.health, c.unbounded, c.noise}
	}
	for _, r := range rules {
		if err := r(ctx, &m); err != nil {
			return m, err
		}
	}
	slices.SortStableFunc(m.checks, func(a, b guideline) int {
		return cmp.Or(cmp.Compare(len(a.id), len(b.id)), cmp.Compare(a.id, b.id))
	})
	return m, nil
}
