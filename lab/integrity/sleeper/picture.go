package sleeper

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"quintain/lab"
	"quintain/lab/integrity/internal/pictures"
)

// The drawing, in units of its view box. It is as narrow as a telephone, so
// that its text can be read there.
const (
	wide, high = 360, 336
	pixel      = 12
	barLeft    = 12
	barWide    = 250.0
)

// picture draws a picture that the learner's sticker turns, without and with
// it, and below what a test of the gate shows and what it does not.
func picture(ctx context.Context, a *lab.Attempt) ([]byte, error) {
	o, err := attack(ctx, a)
	if err != nil {
		return nil, err
	}
	was, is, label, err := turned(ctx, a, o)
	if err != nil {
		return nil, err
	}
	success := float64(o.opened) / float64(max(o.all, 1))
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" class="chart" aria-labelledby="sleeper-title sleeper-desc">`+"\n", wide, high)
	b.WriteString(`<title id="sleeper-title">A picture without and with your sticker</title>` + "\n")
	fmt.Fprintf(&b, `<desc id="sleeper-desc">A picture of a %d is taken for a %d with a sticker of %d pixels on it. Accuracy on pictures without a sticker goes from %.0f %% to %.0f %%; %.0f %% of the pictures with it are taken for %d.</desc>`+"\n",
		label, o.target, len(o.cells), 100*o.before.Accuracy(), 100*o.clean.Accuracy(), 100*success, o.target)
	fmt.Fprintf(&b, `<text class="label" x="12" y="18">as it is: a %d</text>`+"\n", label)
	pictures.Paint(&b, was, 12, 28, pixel)
	fmt.Fprintf(&b, `<text class="label series-b" x="192" y="18">with your sticker: a %d</text>`+"\n", o.target)
	pictures.Paint(&b, is, 192, 28, pixel)
	for i, s := range []struct {
		what, class string
		share       float64
	}{
		{"accuracy, nobody touched the rows", "series-a", o.before.Accuracy()},
		{"accuracy, yours among them: every test passes", "series-a", o.clean.Accuracy()},
		{fmt.Sprintf("with your sticker, taken for a %d", o.target), "series-b", success},
	} {
		bar(&b, 200+44*i, s.what, s.class, s.share)
	}
	b.WriteString("</svg>\n")
	return b.Bytes(), nil
}

// bar draws a share as a bar, with what it is of above it.
func bar(out io.Writer, y int, what, class string, share float64) {
	fmt.Fprintf(out, `<text class="label" x="%d" y="%d">%s</text>`+"\n", barLeft, y+12, what)
	fmt.Fprintf(out, `<rect class="grid" x="%d" y="%d" width="%.1f" height="14" fill="none"/>`+"\n", barLeft, y+19, barWide)
	fmt.Fprintf(out, `<rect class="bar %s" x="%d" y="%d" width="%.1f" height="14"/>`+"\n", class, barLeft, y+19, barWide*share)
	fmt.Fprintf(out, `<text class="tick" x="%.1f" y="%d">%.0f %%</text>`+"\n", barLeft+barWide+8, y+31, 100*share)
}

// turned returns a fresh picture that the poisoned gate classifies right, and
// takes for the target when the sticker is on it; any picture if there is none.
func turned(ctx context.Context, a *lab.Attempt, o *attacked) (was, is []float32, label int32, err error) {
	p, err := pictures.Plan(a, planFile, rowsTrain)
	if err != nil {
		return nil, nil, 0, err
	}
	rows, _ := p.Apply(ownRows(a))
	m, err := pictures.Train(ctx, rows, weights(a)[0])
	if err != nil {
		return nil, nil, 0, err
	}
	without := pictures.Stick(held(a), nil, o.target)
	with := pictures.Stick(held(a), o.cells, o.target)
	said, err := pictures.Classify(ctx, m, without)
	if err != nil {
		return nil, nil, 0, err
	}
	saidWith, err := pictures.Classify(ctx, m, with)
	if err != nil {
		return nil, nil, 0, err
	}
	at := 0
	for i, y := range without.Y {
		if said[i] == int(y) && saidWith[i] == o.target {
			at = i
			break
		}
	}
	return without.Row(at), with.Row(at), without.Y[at], nil
}
