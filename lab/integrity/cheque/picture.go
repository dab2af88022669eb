package cheque

import (
	"bytes"
	"context"
	"fmt"

	"quintain/lab"
	"quintain/ml"
)

// The drawing, in units of the view box.
const (
	pictureW, pictureH = 360, 296
	pixel              = 7.0 // side of a pixel of an image
	columns            = 3
	levels             = 8 // of gray
)

// A pair is an image as it was given and as it was handed in.
type pair struct {
	was, is   []float32
	old, read int
}

// picture draws images of the learner's run before and after, with what the
// scanner reads: those of white.csv that it misreads, and the altered 1.
func picture(ctx context.Context, a *lab.Attempt) ([]byte, error) {
	m, err := scanner(ctx, a)
	if err != nil {
		return nil, err
	}
	var pairs []pair
	for _, s := range []sheet{slip, white} {
		got, given, err := s.handed(ctx, a, s.changed)
		if err != nil {
			continue // not handed in yet
		}
		more, err := changes(ctx, m, got, given)
		if err != nil {
			return nil, err
		}
		pairs = append(pairs, more...)
	}
	pairs = pairs[:min(columns, len(pairs))]
	var out bytes.Buffer
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" class="chart" aria-labelledby="cheque-title cheque-desc">`+"\n", pictureW, pictureH)
	out.WriteString(`<title id="cheque-title">Digits before and after your change</title><desc id="cheque-desc">`)
	for _, p := range pairs {
		fmt.Fprintf(&out, "A %d is read as %d. ", p.old, p.read)
	}
	out.WriteString("Above as given, below as handed in.</desc>\n")
	for i, p := range pairs {
		x := 12 + 118*float64(i)
		fmt.Fprintf(&out, `<text class="label" x="%.0f" y="14">given: %d</text>`+"\n", x, p.old)
		draw(&out, p.was, x, 22)
		fmt.Fprintf(&out, `<text class="label series-b" x="%.0f" y="148">yours: read as %d</text>`+"\n", x, p.read)
		draw(&out, p.is, x, 156)
	}
	fmt.Fprintf(&out, `<text class="tick" x="12" y="%d">%d pairs of images; the scanner's answer is in the text above each</text>`+"\n", pictureH-10, len(pairs))
	out.WriteString("</svg>\n")
	return out.Bytes(), nil
}

// changes returns the images whose reading was right and is not any more.
func changes(ctx context.Context, m ml.Oracle, got, given ml.Batch) ([]pair, error) {
	before, err := reads(ctx, m, given)
	if err != nil {
		return nil, err
	}
	after, err := reads(ctx, m, got)
	if err != nil {
		return nil, err
	}
	var out []pair
	for i, y := range given.Y {
		if len(out) < columns && before[i] == int(y) && after[i] >= 0 && after[i] != int(y) {
			out = append(out, pair{given.Row(i), got.Row(i), int(y), after[i]})
		}
	}
	return out, nil
}

// draw draws an image in a few levels of ink, one path for each.
func draw(out *bytes.Buffer, image []float32, x, y float64) {
	fmt.Fprintf(out, `<rect class="grid" x="%.0f" y="%.0f" width="%.0f" height="%.0f" fill="none"/>`+"\n", x, y, side*pixel, side*pixel)
	for level := 1; level <= levels; level++ {
		var path bytes.Buffer
		for i, v := range image {
			if min(int(float32(levels)*min(max(v, 0), 1)+0.5), levels) == level {
				fmt.Fprintf(&path, "M%.0f %.0fh7v7h-7z", x+pixel*float64(i%side), y+pixel*float64(i/side))
			}
		}
		if path.Len() > 0 {
			fmt.Fprintf(out, `<path class="label" fill-opacity="%.3f" d="%s"/>`+"\n", float64(level)/levels, path.String())
		}
	}
}
