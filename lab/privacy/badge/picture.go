package badge

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"quintain/lab"
)

// picture draws how many symbols each thief finds at the practice doors, under
// the learner's policy and where the door tells all.
func picture(ctx context.Context, a *lab.Attempt) ([]byte, error) {
	p, err := readPolicy(a)
	if err != nil {
		if _, ok := errors.AsType[*lab.Fault](err); !ok {
			return nil, err
		}
		p = openDoor
	}
	after, err := p.spend(ctx, a, "practice", true)
	if err != nil {
		return nil, err
	}
	before, err := openDoor.spend(ctx, a, "practice", true)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	fmt.Fprintln(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 360 320" role="img" class="chart">`)
	fmt.Fprintln(&out, "<title>Symbols of six that four thieves find</title>")
	out.WriteString("<desc>")
	for i, t := range thieves {
		fmt.Fprintf(&out, "%s: %.2f under your policy, %.2f where the door tells all. ", t.name, mean(after.found[i]), mean(before.found[i]))
	}
	out.WriteString("</desc>\n")
	across := func(v float64) float64 { return 12 + 56*v }
	for i := range badges + 1 {
		x := across(float64(i))
		fmt.Fprintf(&out, `<line class="grid" x1="%.0f" y1="12" x2="%.0f" y2="270"/><text class="tick" x="%.0f" y="286" text-anchor="middle">%d</text>`+"\n", x, x, x, i)
	}
	for i, t := range thieves {
		y := 28 + 62*i
		fmt.Fprintf(&out, `<text class="label" x="14" y="%d">%s</text>`+"\n", y, t.name)
		fmt.Fprintf(&out, `<rect class="bar series-b" x="12" y="%d" width="%.1f" height="14"/>`+"\n", y+8, across(mean(before.found[i]))-12)
		fmt.Fprintf(&out, `<rect class="bar series-a" x="12" y="%d" width="%.1f" height="14"/>`+"\n", y+24, across(mean(after.found[i]))-12)
	}
	fmt.Fprintf(&out, `<line class="marker" x1="%.0f" y1="12" x2="%.0f" y2="270"/>`+"\n", across(3), across(3))
	fmt.Fprintln(&out, `<text class="label series-a" x="12" y="310">your policy</text><text class="label series-b" x="130" y="310">the door tells all</text>`)
	out.WriteString("</svg>\n")
	return out.Bytes(), nil
}
