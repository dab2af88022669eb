package clinic

import (
	"bytes"
	"fmt"
	"math"

	"quintain/lab"
	"quintain/stats"
)

// Area returns the mean area under the curves of independent redraws, with an
// interval made of theirs.
func Area(curves []*stats.ROC, seed uint64) lab.Reading {
	var mean, variance float64
	trials := 0
	for _, c := range curves {
		m := c.AUCMeasure("area under the curve", seed)
		half := (m.High - m.Low) / 2 / float64(len(curves))
		mean += m.Value / float64(len(curves))
		variance += half * half
		pos, neg := c.Counts()
		trials += pos + neg
	}
	half := math.Sqrt(variance)
	return lab.Reading{
		Value: mean, Low: max(0, mean-half), High: min(1, mean+half),
		Trials: trials, Seed: seed, Method: "DeLong, mean of redraws",
	}
}

// MaxAccused is the share of strangers that may be accused.
const MaxAccused = 0.10

// Found returns how many members are found where no more than [MaxAccused] of
// the strangers are accused. Each redraw has its own threshold, since scores of
// different models need not be on one scale.
func Found(curves []*stats.ROC, seed uint64) (lab.Reading, error) {
	tp, pos := 0, 0
	for _, c := range curves {
		o, err := c.At(MaxAccused)
		if err != nil {
			return lab.Reading{}, err
		}
		tp, pos = tp+o.TP, pos+o.Pos
	}
	return lab.Rate(tp, pos, seed), nil
}

// The drawing's plot, in units of the view box, which is as wide as a phone.
const (
	left, top, wide, high = 44.0, 14.0, 304.0, 220.0
	corners               = 120
)

// Picture draws the curves of redraws, with the operating point marked.
func Picture(title string, curves []*stats.ROC) []byte {
	var out bytes.Buffer
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 360 284" role="img" class="chart">`+"\n<title>%s</title>\n", title)
	fmt.Fprintf(&out, "<desc>One line for each of %d models: the share of members found, over the share of strangers accused. A guess runs along the diagonal. At 10 %% of strangers accused, the shares found are", len(curves))
	for _, c := range curves {
		if o, err := c.At(MaxAccused); err == nil {
			fmt.Fprintf(&out, " %.0f %%", 100*o.Rate())
		}
	}
	out.WriteString(".</desc>\n")
	for i := range 5 {
		y, x := top+high*float64(i)/4, left+wide*float64(i)/4
		fmt.Fprintf(&out, `<line class="grid" x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f"/>`+"\n", left, y, left+wide, y)
		fmt.Fprintf(&out, `<text class="tick" x="%.1f" y="%.1f" text-anchor="end">%d %%</text>`+"\n", left-5, y+4, 100-25*i)
		fmt.Fprintf(&out, `<text class="tick" x="%.1f" y="%.1f" text-anchor="middle">%d %%</text>`+"\n", x-4, top+high+16, 25*i)
	}
	fmt.Fprintf(&out, `<polyline class="line series-b" points="%.1f,%.1f %.1f,%.1f"/>`+"\n", left, top+high, left+wide, top)
	for _, c := range curves {
		out.WriteString(`<polyline class="line series-a" points="`)
		for _, p := range c.Points(corners) {
			fmt.Fprintf(&out, "%.1f,%.1f ", left+wide*p.FPR, top+high*(1-p.TPR))
		}
		out.WriteString(`"/>` + "\n")
	}
	x := left + wide*MaxAccused
	fmt.Fprintf(&out, `<line class="marker" x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f"/>`+"\n", x, top, x, top+high)
	fmt.Fprintf(&out, `<text class="label" x="%.1f" y="%.1f">10 %% accused</text>`+"\n", x+5, top+high-8)
	fmt.Fprintf(&out, `<text class="label series-b" x="%.1f" y="%.1f" text-anchor="end">a guess</text>`+"\n", left+wide-4, top+64)
	fmt.Fprintf(&out, `<text class="label" x="%.1f" y="278" text-anchor="middle">strangers accused</text>`+"\n", left+wide/2)
	fmt.Fprintf(&out, `<text class="label series-a" x="%.1f" y="%.1f" text-anchor="end">members found, %d models</text>`+"\n</svg>\n", left+wide-4, top+high-28, len(curves))
	return out.Bytes()
}
