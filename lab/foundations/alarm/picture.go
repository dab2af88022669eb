package alarm

import (
	"bytes"
	"context"
	"fmt"
	"math"

	"quintain/lab"
	"quintain/stats"
)

// The drawing's plot, in units of the view box.
const (
	plotLeft, plotTop   = 56.0, 16.0
	plotWide, plotHigh  = 520.0, 240.0
	pictureW, pictureH  = 600, 300
	lowestRate          = 1e-4 // left end of the logarithmic axis
	decades             = 4
	cornersOfTheDrawing = 200
)

// picture draws precision in production and recall over the false-positive
// rate, from the learner's lab set, with the threshold that was handed in.
func picture(ctx context.Context, a *lab.Attempt) ([]byte, error) {
	r, err := curve(ctx, a)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" class="chart">`+"\n", pictureW, pictureH)
	out.WriteString("<title>Recall, and precision at 0.5 % fraud, over the false-positive rate</title>\n")
	axes(&out)
	points := r.Points(cornersOfTheDrawing)
	line(&out, "series-a", points, func(p stats.Point) float64 { return p.TPR })
	line(&out, "series-b", points, func(p stats.Point) float64 {
		return cut{recall: p.TPR, fpr: p.FPR}.precision(liveShare)
	})
	if got, err := read(a); err == nil {
		o := r.Reaching(got.Threshold)
		x := across(float64(o.FP) / float64(o.Neg))
		fmt.Fprintf(&out, `<line class="marker" x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f"/>`+"\n", x, plotTop, x, plotTop+plotHigh)
		fmt.Fprintf(&out, `<text class="label" x="%.1f" y="%.1f">your threshold, %.4g</text>`+"\n", min(x+4, 440), plotTop+plotHigh/2, got.Threshold)
	}
	out.WriteString("</svg>\n")
	return out.Bytes(), nil
}

func axes(out *bytes.Buffer) {
	for i := range 6 {
		y := plotTop + plotHigh*float64(i)/5
		fmt.Fprintf(out, `<line class="grid" x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f"/><text class="tick" x="%.1f" y="%.1f" text-anchor="end">%d %%</text>`+"\n",
			plotLeft, y, plotLeft+plotWide, y, plotLeft-6, y+4, 100-20*i)
	}
	for i, label := range []string{"0.01 %", "0.1 %", "1 %", "10 %", "100 %"} {
		fmt.Fprintf(out, `<text class="tick" x="%.1f" y="%.1f" text-anchor="middle">%s</text>`+"\n", plotLeft+plotWide*float64(i)/decades, plotTop+plotHigh+16, label)
	}
	fmt.Fprintf(out, `<text class="label" x="%.1f" y="%d" text-anchor="middle">genuine payments that alarm</text>`+"\n", plotLeft+plotWide/2, pictureH-6)
	fmt.Fprintf(out, `<text class="label series-a" x="%.1f" y="%.1f" text-anchor="end">recall</text><text class="label series-b" x="%.1f" y="%.1f">precision in production</text>`+"\n",
		plotLeft+plotWide, plotTop+12, plotLeft+8, plotTop+plotHigh-8)
}

// across places a rate on the logarithmic axis.
func across(rate float64) float64 {
	return plotLeft + plotWide*math.Log10(max(rate, lowestRate)/lowestRate)/decades
}

func line(out *bytes.Buffer, class string, points []stats.Point, value func(stats.Point) float64) {
	fmt.Fprintf(out, `<polyline class="line %s" points="`, class)
	for _, p := range points {
		if p.FPR >= lowestRate {
			fmt.Fprintf(out, "%.1f,%.1f ", across(p.FPR), plotTop+plotHigh*(1-value(p)))
		}
	}
	out.WriteString(`"/>` + "\n")
}
