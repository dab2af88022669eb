package readers

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"quintain/lab"
)

// The drawing's measures, in units of the view box, which is narrow so that
// its text can be read on a telephone.
const (
	wide    = 360
	rowHigh = 38
	left    = 118.0
	span    = 150.0
)

// picture draws, for each family of mutations, how many of the fresh ones got
// past the office's filter and how many get past the policy that was handed in.
func picture(ctx context.Context, a *lab.Attempt) ([]byte, error) {
	p, err := policy(a)
	if err != nil {
		return nil, err
	}
	high := 56 + rowHigh*(len(families)+1)
	var out bytes.Buffer
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" class="chart">`+"\n", wide, high)
	out.WriteString("<title>What gets past the filter, before and after</title>\n")
	good, _, _ := delivered(a, p)
	var rows bytes.Buffer
	var told strings.Builder
	for i, f := range families {
		texts := fresh(a, f)
		before, err := bypasses(ctx, office, texts)
		if err != nil {
			return nil, err
		}
		after, err := bypasses(ctx, p, texts)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&told, "%s: %d of %d before, %d after. ", f.name, before, f.n, after)
		y := 40 + float64(i*rowHigh)
		label(&rows, f.name, y)
		bar(&rows, "series-a", y, before, f.n)
		bar(&rows, "series-b", y+13, after, f.n)
	}
	y := 48 + float64(len(families)*rowHigh)
	label(&rows, "delivered", y)
	bar(&rows, "series-b", y+6, good, len(honest))
	fmt.Fprintf(&out, "<desc>%sLegitimate messages delivered: %d of %d.</desc>\n", told.String(), good, len(honest))
	fmt.Fprintf(&out, `<text class="label series-a" x="%.0f" y="20">office's filter</text><text class="label series-b" x="%.0f" y="20">your policy</text>`+"\n", left, left+110)
	out.Write(rows.Bytes())
	out.WriteString("</svg>\n")
	return out.Bytes(), nil
}

func label(out *bytes.Buffer, text string, y float64) {
	fmt.Fprintf(out, `<text class="label" x="%.0f" y="%.0f" text-anchor="end">%s</text>`+"\n", left-8, y+16, text)
}

// bar draws the outline of a bar for k of n, with the count behind it; none is
// a thin one.
func bar(out *bytes.Buffer, class string, y float64, k, n int) {
	fmt.Fprintf(out, `<rect class="line %s" x="%.0f" y="%.0f" width="%.1f" height="11"/>`+"\n", class, left, y, max(1.5, span*float64(k)/float64(n)))
	fmt.Fprintf(out, `<text class="tick" x="%.1f" y="%.0f">%d of %d</text>`+"\n", left+6+max(1.5, span*float64(k)/float64(n)), y+10, k, n)
}
