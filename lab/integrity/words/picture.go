package words

import (
	"bytes"
	"context"
	"fmt"

	"quintain/lab"
	"quintain/ml/datasets"
)

// The drawing's plot, in units of the view box.
const (
	plotLeft, plotTop  = 52.0, 44.0
	plotWide, plotHigh = 292.0, 190.0
	pictureW, pictureH = 360, 290
)

// picture draws which share of the learner's mails gets through with how many
// words put in: past the filter as it was shipped, and past the learner's.
func picture(ctx context.Context, a *lab.Attempt) ([]byte, error) {
	k, err := learned(ctx, a)
	if err != nil {
		return nil, err
	}
	mails, err := phishing(ctx, a)
	if err != nil {
		return nil, err
	}
	shipped := shares(filter{}, k, mails)
	var own []float64
	desc := fmt.Sprintf("With %d words, %.0f of 100 mails pass the shipped filter", tokens, 100*shipped[tokens])
	if f, err := defended(a); err == nil {
		own = shares(f, k, mails)
		desc += fmt.Sprintf(" and %.0f pass yours", 100*own[tokens])
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" class="chart" aria-labelledby="words-title words-desc">`+"\n", pictureW, pictureH)
	fmt.Fprintf(&out, `<title id="words-title">Phishing that gets through, by words put in</title><desc id="words-desc">%s.</desc>`+"\n", desc)
	axes(&out)
	curve(&out, "series-b", shipped)
	fmt.Fprintf(&out, `<text class="label series-b" x="%.1f" y="16">filter as it was shipped: %.0f %%</text>`+"\n", plotLeft, 100*shipped[tokens])
	if own != nil {
		curve(&out, "series-a", own)
		fmt.Fprintf(&out, `<text class="label series-a" x="%.1f" y="32">your filter: %.0f %%</text>`+"\n", plotLeft, 100*own[tokens])
	}
	out.WriteString("</svg>\n")
	return out.Bytes(), nil
}

// shares returns, for each number of words from none to the budget, the share
// of mails that an attacker who knows the filter gets through with so many.
func shares(f filter, k *knowledge, mails []datasets.Message) []float64 {
	out := make([]float64, tokens+1)
	for _, m := range mails {
		if n := slip(f, k, m.Text); n >= 0 {
			for i := n; i <= tokens; i++ {
				out[i] += 1 / float64(len(mails))
			}
		}
	}
	return out
}

func axes(out *bytes.Buffer) {
	for i := range 5 {
		y := plotTop + plotHigh*float64(i)/4
		fmt.Fprintf(out, `<line class="grid" x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f"/><text class="tick" x="%.1f" y="%.1f" text-anchor="end">%d %%</text>`+"\n",
			plotLeft, y, plotLeft+plotWide, y, plotLeft-6, y+4, 100-25*i)
	}
	for n := 0; n <= tokens; n += 2 {
		fmt.Fprintf(out, `<text class="tick" x="%.1f" y="%.1f" text-anchor="middle">%d</text>`+"\n", across(n), plotTop+plotHigh+16, n)
	}
	fmt.Fprintf(out, `<text class="label" x="%.1f" y="%d" text-anchor="middle">words put into a mail</text>`+"\n", plotLeft+plotWide/2, pictureH-8)
}

func across(n int) float64 { return plotLeft + plotWide*float64(n)/tokens }

func curve(out *bytes.Buffer, class string, share []float64) {
	fmt.Fprintf(out, `<polyline class="line %s" points="`, class)
	for n, s := range share {
		fmt.Fprintf(out, "%.1f,%.1f ", across(n), plotTop+plotHigh*(1-s))
	}
	out.WriteString(`"/>` + "\n")
}
