package scorer

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"quintain/lab"
)

// picture draws how far each of last week's thieves gets under the learner's
// policy, beside what they get where everything is answered.
func picture(ctx context.Context, a *lab.Attempt) ([]byte, error) {
	p, err := readPolicy(a, "policy.yaml")
	if err != nil {
		if _, ok := errors.AsType[*lab.Fault](err); !ok {
			return nil, err
		}
		p = openHouse
	}
	b, err := open(ctx, a)
	if err != nil {
		return nil, err
	}
	before, err := b.play(ctx, a.Source, "last week", openHouse, seenStrategies)
	if err != nil {
		return nil, err
	}
	after, err := b.play(ctx, a.Source, "last week", p, seenStrategies)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	fmt.Fprintln(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 360 300" role="img" class="chart">`)
	fmt.Fprintln(&out, "<title>How well the copies of three thieves agree with the scorer</title>")
	out.WriteString("<desc>")
	for i, t := range after.thieves {
		fmt.Fprintf(&out, "%s: %d answers, agreement %.3f; without a policy %.3f. ", t.name, t.answered, float64(t.agrees)/judged, float64(before.thieves[i].agrees)/judged)
	}
	out.WriteString("</desc>\n")
	// Agreement from one half, which is chance, to one.
	across := func(v float64) float64 { return 12 + 336*min(max(2*v-1, 0), 1) }
	for i, v := range []float64{0.5, 0.6, 0.7, 0.8, 0.9, 1} {
		fmt.Fprintf(&out, `<line class="grid" x1="%.1f" y1="12" x2="%.1f" y2="258"/><text class="tick" x="%.1f" y="274" text-anchor="%s">%.1f</text>`+"\n",
			across(v), across(v), across(v), [6]string{"start", "middle", "middle", "middle", "middle", "end"}[i], v)
	}
	for i, t := range after.thieves {
		y := 20 + 80*float64(i)
		was, is := float64(before.thieves[i].agrees)/judged, float64(t.agrees)/judged
		fmt.Fprintf(&out, `<text class="label" x="14" y="%.0f">%s: %d answers</text>`+"\n", y+8, t.name, t.answered)
		fmt.Fprintf(&out, `<rect class="bar series-b" x="12" y="%.0f" width="%.1f" height="14"/>`+"\n", y+16, across(was)-12)
		fmt.Fprintf(&out, `<rect class="bar series-a" x="12" y="%.0f" width="%.1f" height="14"/>`+"\n", y+34, across(is)-12)
	}
	limit := float64(before.thieves[2].agrees)/judged + thiefLimit
	fmt.Fprintf(&out, `<line class="marker" x1="%.1f" y1="12" x2="%.1f" y2="258"/>`+"\n", across(limit), across(limit))
	fmt.Fprintln(&out, `<text class="label series-a" x="12" y="294">your policy</text><text class="label series-b" x="120" y="294">everything answered</text>`)
	out.WriteString("</svg>\n")
	return out.Bytes(), nil
}
