package stranger

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"

	"quintain/lab"
	"quintain/scan/sheet"
)

// The drawing, in units of its view box. It is as narrow as a telephone, so
// that its text can be read there.
const (
	wide, high  = 360, 176
	left, right = 12.0, 348.0
	top, thick  = 40.0, 56.0
)

// picture draws the pickle of the learner's finding as a strip of bytes: where
// it imports, where it calls, and the offset that was handed in.
func picture(ctx context.Context, a *lab.Attempt) ([]byte, error) {
	b, err := a.File("model.pt")
	if err != nil {
		return nil, err
	}
	s, err := sheet.Read(ctx, bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, err
	}
	got, err := read(a)
	if err != nil {
		got = findings{}
	}
	at, err := strconv.ParseInt(strings.TrimSpace(got.Offset), 0, 64)
	if err != nil {
		at = -1
	}
	return strip(s, got.Member, at), nil
}

func strip(s *sheet.Sheet, member string, at int64) []byte {
	var streams []*sheet.Pickle
	for i := range s.Pickles {
		if s.Pickles[i].Member == member {
			streams = append(streams, &s.Pickles[i])
		}
	}
	if len(streams) == 0 && len(s.Pickles) > 0 {
		streams = []*sheet.Pickle{&s.Pickles[0]}
	}
	imports, calls, end := 0, 0, int64(1)
	for _, p := range streams {
		imports, calls = imports+len(p.Imports), calls+len(p.Calls)
		for in, err := range p.Listing() {
			if err == nil {
				end = max(end, in.Offset+1)
			}
		}
	}
	x := func(off int64) float64 { return left + (right-left)*float64(off)/float64(end) }
	var out bytes.Buffer
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" class="chart" aria-labelledby="strip-title strip-desc">`+"\n", wide, high)
	out.WriteString(`<title id="strip-title">The pickle as a strip of bytes</title>` + "\n")
	fmt.Fprintf(&out, `<desc id="strip-desc">%d bytes from left to right in %d streams, with %d imports and %d calls. Most calls make tensors.`, end, len(streams), imports, calls)
	if at >= 0 {
		fmt.Fprintf(&out, ` Your finding is the opcode at 0x%x.`, at)
	}
	out.WriteString("</desc>\n")
	fmt.Fprintf(&out, `<text class="label" x="%.0f" y="18">%d imports, %d calls in %d bytes</text>`+"\n", left, imports, calls, end)
	for _, p := range streams {
		fmt.Fprintf(&out, `<line class="grid" x1="%.1f" y1="%.0f" x2="%.1f" y2="%.0f"/>`+"\n", x(p.Offset), top-8, x(p.Offset), top+thick+8)
		for _, im := range p.Imports {
			fmt.Fprintf(&out, `<line class="line series-b" x1="%.1f" y1="%.0f" x2="%.1f" y2="%.0f"/>`+"\n", x(im.Offset), top, x(im.Offset), top+thick/2-3)
		}
		for _, c := range p.Calls {
			fmt.Fprintf(&out, `<line class="line series-a" x1="%.1f" y1="%.0f" x2="%.1f" y2="%.0f"/>`+"\n", x(c.Offset), top+thick/2+3, x(c.Offset), top+thick)
		}
	}
	fmt.Fprintf(&out, `<line class="grid" x1="%.0f" y1="%.0f" x2="%.0f" y2="%.0f"/>`+"\n", left, top+thick/2, right, top+thick/2)
	fmt.Fprintf(&out, `<text class="label series-b" x="%.0f" y="124">above: imports</text><text class="label series-a" x="%.0f" y="124" text-anchor="end">below: calls</text>`+"\n", left, right)
	if at >= 0 && at <= end {
		fmt.Fprintf(&out, `<line class="marker" x1="%.1f" y1="%.0f" x2="%.1f" y2="136"/>`+"\n", x(at), top-12, x(at))
		anchor, side := "start", x(at)
		if at > end/2 {
			anchor = "end"
		}
		fmt.Fprintf(&out, `<text class="label" x="%.1f" y="152" text-anchor="%s">your finding, 0x%x</text>`+"\n", side, anchor, at)
	}
	out.WriteString("</svg>\n")
	return out.Bytes()
}
