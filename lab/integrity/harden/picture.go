package harden

import (
	"bytes"
	"context"
	"fmt"

	"quintain/attack/evasion"
	"quintain/lab"
	"quintain/ml"
	"quintain/ml/graph"
)

// The drawing, in units of the view box.
const (
	pictureW, pictureH = 360, 300
	plotLeft, plotTop  = 44.0, 44.0
	plotWide, plotHigh = 300.0, 190.0
)

// pictured are the budgets that are drawn.
var pictured = []float64{0, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2}

// picture draws accuracy over the budget: of the vendor's model as an attack on
// it sees it, of the same model under images carried over from the reader, and
// of the learner's model under the worse of the two.
func picture(ctx context.Context, a *lab.Attempt) ([]byte, error) {
	base, err := reader(ctx, a, "reader")
	if err != nil {
		return nil, err
	}
	sold, err := vendor(ctx, a)
	if err != nil {
		return nil, err
	}
	b := drawn(100, a.Seed("picture"))
	seems, err := curve(ctx, sold, b, sold)
	if err != nil {
		return nil, err
	}
	is, err := curve(ctx, sold, b, sold, base)
	if err != nil {
		return nil, err
	}
	var own []float64
	if m, err := hardened(a); err == nil {
		if own, err = curve(ctx, m, b, m, base); err != nil {
			return nil, err
		}
	}
	at := func(c []float64) string { return fmt.Sprintf("%.0f %%", 100*c[4]) }
	var out bytes.Buffer
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" class="chart" aria-labelledby="harden-title harden-desc">`+"\n", pictureW, pictureH)
	fmt.Fprintf(&out, `<title id="harden-title">Accuracy under attack, by budget</title><desc id="harden-desc">At a budget of 0.10 the vendor's model seems to keep %s and keeps %s.`, at(seems), at(is))
	if own != nil {
		fmt.Fprintf(&out, " Yours keeps %s.", at(own))
	}
	out.WriteString("</desc>\n")
	axes(&out)
	line(&out, "marker", seems)
	line(&out, "line series-b", is)
	fmt.Fprintf(&out, `<text class="label" x="%.0f" y="14">dashed: vendor as its gradients tell, %s at 0.10</text>`+"\n", 8., at(seems))
	fmt.Fprintf(&out, `<text class="label series-b" x="%.0f" y="30">vendor in truth, %s</text>`+"\n", 8., at(is))
	if own != nil {
		line(&out, "line series-a", own)
		fmt.Fprintf(&out, `<text class="label series-a" x="%.0f" y="30">yours, %s</text>`+"\n", 190., at(own))
	}
	out.WriteString("</svg>\n")
	return out.Bytes(), nil
}

// curve returns the accuracy of m at every budget, under the worst of attacks
// that follow the gradients of each model in from.
func curve(ctx context.Context, m *graph.Net, b ml.Batch, from ...*graph.Net) ([]float64, error) {
	var out []float64
	for _, eps := range pictured {
		fell, err := evasion.Fooled(ctx, m, b)
		if err != nil {
			return nil, err
		}
		for _, f := range from {
			if eps == 0 {
				break
			}
			adv, err := attack(ctx, "pgd", f, b, eps, evasion.Budget{Steps: 20}, 1)
			if err != nil {
				return nil, err
			}
			wrong, err := evasion.Fooled(ctx, m, adv)
			if err != nil {
				return nil, err
			}
			for i, w := range wrong {
				fell[i] = fell[i] || w
			}
		}
		out = append(out, float64(standing(fell))/float64(len(fell)))
	}
	return out, nil
}

func axes(out *bytes.Buffer) {
	for i := range 5 {
		y := plotTop + plotHigh*float64(i)/4
		fmt.Fprintf(out, `<line class="grid" x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f"/><text class="tick" x="%.1f" y="%.1f" text-anchor="end">%d %%</text>`+"\n",
			plotLeft, y, plotLeft+plotWide, y, plotLeft-6, y+4, 100-25*i)
	}
	for _, eps := range []float64{0, 0.05, 0.1, 0.15, 0.2} {
		fmt.Fprintf(out, `<text class="tick" x="%.1f" y="%.1f" text-anchor="middle">%.2f</text>`+"\n", across(eps), plotTop+plotHigh+16, eps)
	}
	fmt.Fprintf(out, `<text class="label" x="%.1f" y="%d" text-anchor="middle">largest change of a pixel</text>`+"\n", plotLeft+plotWide/2, pictureH-16)
}

func across(eps float64) float64 { return plotLeft + plotWide*eps/pictured[len(pictured)-1] }

func line(out *bytes.Buffer, class string, values []float64) {
	fmt.Fprintf(out, `<polyline class="%s" fill="none" points="`, class)
	for i, v := range values {
		fmt.Fprintf(out, "%.1f,%.1f ", across(pictured[i]), plotTop+plotHigh*(1-v))
	}
	out.WriteString(`"/>` + "\n")
}
