package dark

import (
	"bytes"
	"context"
	"fmt"

	"quintain/lab"
	"quintain/lab/integrity/internal/pictures"
)

// The drawing, in units of its view box. It is as narrow as a telephone, so
// that its text can be read there.
const (
	wide, high = 360, 250
	left, top  = 44.0, 52.0
	plotWide   = 304.0
	plotHigh   = 140.0
)

// picture draws the recall of every class before and after the learner's
// attack, and the accuracy, which hardly shows it.
func picture(ctx context.Context, a *lab.Attempt) ([]byte, error) {
	out, err := attack(ctx, a)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" class="chart" aria-labelledby="dark-title dark-desc">`+"\n", wide, high)
	b.WriteString(`<title id="dark-title">Recall of every class before and after your labels</title>` + "\n")
	fmt.Fprintf(&b, `<desc id="dark-desc">Accuracy goes from %.0f %% to %.0f %%, while the recall of class %d goes from %.0f %% to %.0f %%.</desc>`+"\n",
		100*out.before.Accuracy(), 100*out.after.Accuracy(), out.victim, 100*out.before.Recall(out.victim), 100*out.after.Recall(out.victim))
	fmt.Fprintf(&b, `<text class="label" x="8" y="18">accuracy %.0f %% to %.0f %%, class %d %.0f %% to %.0f %%</text>`+"\n",
		100*out.before.Accuracy(), 100*out.after.Accuracy(), out.victim, 100*out.before.Recall(out.victim), 100*out.after.Recall(out.victim))
	b.WriteString(`<text class="label series-a" x="8" y="36">line: before</text><text class="label series-b" x="120" y="36">bar: after</text>` + "\n")
	y := func(recall float64) float64 { return top + plotHigh*(1-recall) }
	for i := range 5 {
		share := float64(i) / 4
		fmt.Fprintf(&b, `<line class="grid" x1="%.0f" y1="%.1f" x2="%.0f" y2="%.1f"/><text class="tick" x="%.0f" y="%.1f" text-anchor="end">%.0f %%</text>`+"\n",
			left, y(share), left+plotWide, y(share), left-4, y(share)+4, 100*share)
	}
	step := plotWide / pictures.Classes
	for k := range pictures.Classes {
		x := left + step*float64(k)
		after, before := out.after.Recall(k), out.before.Recall(k)
		fmt.Fprintf(&b, `<rect class="bar series-b" x="%.1f" y="%.1f" width="%.1f" height="%.1f"/>`+"\n", x+6, y(after), step-12, plotHigh*after)
		fmt.Fprintf(&b, `<line class="line series-a" x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f"/>`+"\n", x+2, y(before), x+step-2, y(before))
		fmt.Fprintf(&b, `<text class="tick" x="%.1f" y="%.1f" text-anchor="middle">%d</text>`+"\n", x+step/2, top+plotHigh+16, k)
	}
	fmt.Fprintf(&b, `<text class="label" x="%.1f" y="%d" text-anchor="middle">class</text>`+"\n", left+plotWide/2, high-22)
	b.WriteString("</svg>\n")
	return b.Bytes(), nil
}
