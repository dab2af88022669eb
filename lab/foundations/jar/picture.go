package jar

import (
	"bytes"
	"context"
	"fmt"

	"quintain/lab"
	"quintain/scan/sheet"
)

// The drawing, in units of its view box; as narrow as a telephone.
const (
	wide     = 360
	row      = 40.0
	barFrom  = 10.0
	barWidth = 340.0
)

// picture draws each file as a bar: how much of it is numbers, and how much is
// structure in which something else could hide.
func picture(ctx context.Context, a *lab.Attempt) ([]byte, error) {
	six := shelf(a.Source)
	var out bytes.Buffer
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" class="chart" aria-labelledby="jar-title jar-desc">`+"\n", wide, int(row)*len(six)+40)
	out.WriteString(`<title id="jar-title">How much of each file is numbers</title>` + "\n")
	out.WriteString(`<desc id="jar-desc">One bar for each file. The first part is the share of its bytes that are numbers of tensors; the rest is structure: headers, names, opcodes, configuration.</desc>` + "\n")
	fmt.Fprintf(&out, `<text class="label series-a" x="%.0f" y="18">numbers</text><text class="label series-b" x="%.0f" y="18" text-anchor="end">structure</text>`+"\n", barFrom, barFrom+barWidth)
	for i, j := range six {
		b, err := a.File(j.name)
		if err != nil {
			b = j.data
		}
		format, share := "?", 0.0
		if s, err := sheet.Read(ctx, bytes.NewReader(b), int64(len(b))); err == nil {
			format = s.Format
			if s.Format != "savedmodel" { // its numbers lie in other files
				share = min(1, 4*float64(s.Parameters)/float64(len(b)))
			}
		}
		y := 44 + row*float64(i)
		cut := barFrom + barWidth*share
		fmt.Fprintf(&out, `<text class="label" x="%.0f" y="%.1f">%s</text><text class="tick" x="%.0f" y="%.1f" text-anchor="end">%s, %d bytes</text>`+"\n",
			barFrom, y, j.name, barFrom+barWidth, y, format, len(b))
		if share > 0 {
			fmt.Fprintf(&out, `<line class="line series-a" x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f"/>`+"\n", barFrom, y+8, cut, y+8)
		}
		fmt.Fprintf(&out, `<line class="line series-b" x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f"/>`+"\n", cut, y+8, barFrom+barWidth, y+8)
	}
	out.WriteString("</svg>\n")
	return out.Bytes(), ctx.Err()
}
