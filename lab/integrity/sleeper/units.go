package sleeper

import (
	"context"
	"fmt"

	"quintain/lab"
	"quintain/lab/integrity/internal/graded"
)

// A found is what c/answer.yaml holds.
type found struct {
	Units  []int   `yaml:"units" need:"true"`
	Before float64 `yaml:"before" need:"true"`
	After  float64 `yaml:"after" need:"true"`
}

// near is how far a share that was measured may be from the right one.
const near = 0.05

func units(ctx context.Context, a *lab.Attempt) (lab.Reading, error) {
	var got found
	if err := a.YAML(unitsFile, &got); err != nil {
		return lab.Reading{}, err
	}
	for _, u := range got.Units {
		if u < 0 || u >= hidden {
			return lab.Reading{}, lab.Faultf(unitsFile, "there is no unit %d; they count from 0 to %d", u, hidden-1)
		}
	}
	p, err := patched(ctx, a)
	if err != nil {
		return lab.Reading{}, err
	}
	ok := graded.Overlap(got.Units, p.planted) >= 0.5
	return lab.Verdict(ok, "%s named", count(len(got.Units), "unit")), nil
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func survives(ctx context.Context, a *lab.Attempt) (lab.Reading, error) {
	var got found
	if err := a.YAML(unitsFile, &got); err != nil {
		return lab.Reading{}, err
	}
	p, err := patched(ctx, a)
	if err != nil {
		return lab.Reading{}, err
	}
	after, err := tuned(ctx, a, p.after)
	if err != nil {
		return lab.Reading{}, err
	}
	for _, s := range []struct {
		when string
		said float64
		of   *model
	}{{"before", got.Before, p.after}, {"after", got.After, after}} {
		fell, err := opened(ctx, s.of, p.rows, p.target)
		if err != nil {
			return lab.Reading{}, err
		}
		if is := float64(fell) / float64(p.rows.Rows()); !(s.said >= is-near && s.said <= is+near) {
			return lab.Verdict(false, "%.4g is not the share that gets through %s the fine-tune", s.said, s.when), nil
		}
	}
	return lab.Verdict(true, "both shares are right; the fine-tune is no cure"), nil
}
