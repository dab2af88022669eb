package zoo

import (
	"bytes"
	"context"
	"fmt"
	"path"

	"quintain/lab"
)

// The drawing, in units of its view box; as narrow as a telephone.
const (
	wide      = 360
	row       = 24.0
	barsFrom  = 170.0
	barsTo    = 270.0
	maxSevere = 5 // of severity
)

// picture draws how loud the scanner is about each file, and the learner's
// verdict beside it: where the two differ, somebody has to have read.
func picture(ctx context.Context, a *lab.Attempt) ([]byte, error) {
	got, err := read(a)
	if err != nil {
		got = nil
	}
	twelve := files(a.Source)
	high := int(row)*len(twelve) + 48
	var out bytes.Buffer
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" class="chart" aria-labelledby="zoo-title zoo-desc">`+"\n", wide, high)
	out.WriteString(`<title id="zoo-title">How loud the scanner is about each file, and what you say</title>` + "\n")
	out.WriteString(`<desc id="zoo-desc">One row for each file: its name, a bar as long as the worst finding of the scanner is severe, and your verdict. A long bar beside benign, or a short one beside malicious, is where reading decides.</desc>` + "\n")
	fmt.Fprintf(&out, `<text class="label" x="8" y="18">file</text><text class="label" x="%.0f" y="18">scanner</text><text class="label" x="%d" y="18" text-anchor="end">you</text>`+"\n", barsFrom, wide-8)
	for i, f := range twelve {
		b, err := a.File(path.Join("zoo", f.name))
		if err != nil {
			b = f.data
		}
		s, err := severity(ctx, f.name, b)
		if err != nil {
			return nil, err
		}
		y := 44 + row*float64(i)
		word, class := "?", "tick"
		if v, ok := got[f.name]; ok && v.stop {
			word, class = "malicious", "label series-b"
		} else if ok {
			word, class = "benign", "label series-a"
		}
		fmt.Fprintf(&out, `<line class="grid" x1="8" y1="%.1f" x2="%d" y2="%.1f"/><text class="tick" x="8" y="%.1f">%s</text>`+"\n", y+7, wide-8, y+7, y, f.name)
		if s > 0 {
			fmt.Fprintf(&out, `<line class="line series-b" x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f"/>`+"\n", barsFrom, y-4, barsFrom+(barsTo-barsFrom)*float64(s)/maxSevere, y-4)
		} else {
			fmt.Fprintf(&out, `<text class="tick" x="%.1f" y="%.1f">silent</text>`+"\n", barsFrom, y)
		}
		fmt.Fprintf(&out, `<text class="%s" x="%d" y="%.1f" text-anchor="end">%s</text>`+"\n", class, wide-8, y, word)
	}
	out.WriteString("</svg>\n")
	return out.Bytes(), nil
}
