package review

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"quintain/lab"
)

// The drawing, in units of its view box; as narrow as a telephone.
const (
	wide   = 360
	row    = 3.2
	column = 175.0
	letter = 1.5 // width of a character
	top    = 44.0
)

// picture draws both scripts as they were handed out, one stroke for each line,
// and the lines that the learner marked.
func picture(_ context.Context, a *lab.Attempt) ([]byte, error) {
	marks, err := readMarks(a)
	if err != nil {
		marks = nil
	}
	w := worldOf(a)
	most := 0
	for _, s := range w.scripts {
		most = max(most, strings.Count(s.text, "\n"))
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %.0f" role="img" class="chart" aria-labelledby="lines-title lines-desc">`+"\n", wide, top+row*float64(most)+10)
	out.WriteString(`<title id="lines-title">The two scripts, and the lines that you marked</title>` + "\n")
	fmt.Fprintf(&out, `<desc id="lines-desc">One stroke for each line of %s on the left and of %s on the right. Strong strokes are your %d marks.</desc>`+"\n", scripts[0], scripts[1], len(marks))
	fmt.Fprintf(&out, `<text class="label" x="8" y="16">%d marks</text>`+"\n", len(marks))
	for i, s := range w.scripts {
		left := 8 + column*float64(i)
		fmt.Fprintf(&out, `<text class="tick" x="%.0f" y="34">%s</text>`+"\n", left, s.name)
		n := 0
		for line := range strings.Lines(s.text) {
			n++
			text := strings.TrimRight(line, "\n")
			body := strings.TrimLeft(text, " ")
			if body == "" {
				continue
			}
			class := "grid"
			if slices.ContainsFunc(marks, func(m mark) bool { return m.file == s.name && m.line == n }) {
				class = "line series-b"
			}
			from := left + letter*float64(len(text)-len(body))
			to := min(left+letter*float64(len(text)), left+column-12)
			y := top + row*float64(n)
			fmt.Fprintf(&out, `<line class="%s" x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f"/>`+"\n", class, from, y, max(to, from+1), y)
		}
	}
	out.WriteString("</svg>\n")
	return out.Bytes(), nil
}
