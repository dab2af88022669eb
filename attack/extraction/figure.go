package extraction

import (
	"context"
	"math"

	"quintain"
	"quintain/stats"
)

// drawn returns the curves as figures: over queries, over hours and money where
// these are known, and for answers that tell less.
func (c *campaign) drawn(ctx context.Context, rec quintain.Recorder, seed uint64) ([]quintain.Evidence, error) {
	figures := []*quintain.Figure{c.worth("queries", 1, seed)}
	if c.perSecond > 0 {
		figures = append(figures, c.worth("hours", 1/c.perSecond/3600, seed))
	}
	if c.price > 0 {
		figures = append(figures, c.worth("money", c.price/1000, seed))
	}
	figures = append(figures, c.trends(seed))
	var out []quintain.Evidence
	for _, f := range figures {
		if f == nil {
			continue
		}
		blob, err := f.Attach(ctx, rec)
		if err != nil {
			return nil, err
		}
		out = append(out, quintain.Evidence{Summary: "figure: " + f.Title, Blob: blob})
	}
	return out, nil
}

// worth draws what copies are worth over what they cost, in units of so much for
// each query.
func (c *campaign) worth(unit string, each float64, seed uint64) *quintain.Figure {
	points := distinct(c.curve)
	fidelity := c.line("fidelity: agrees with the model", points, each, func(p point) (int, int) { return p.agrees, c.test.Rows() }, seed)
	if len(fidelity.X) == 0 {
		return nil
	}
	accuracy := c.line("accuracy: agrees with the labels", points, each, func(p point) (int, int) { return p.right, c.test.Rows() }, seed)
	transfer := c.line("transfer: rows turned on the copy turn the model", points, each, func(p point) (int, int) { return p.fooled, p.turned }, seed)
	x := axis(unit, fidelity.X)
	f := &quintain.Figure{
		Title: "what a copy is worth over the " + unit + " it costs, with 95% intervals",
		X:     x, Y: quintain.Axis{Label: "share of rows", High: 1}, Lines: []quintain.Line{fidelity, accuracy},
	}
	if len(transfer.X) > 0 {
		f.Lines = append(f.Lines, transfer)
	}
	base := c.majority()
	f.Lines = append(f.Lines, quintain.Line{Name: "a model that always says the same", X: []float64{x.Low, x.High}, Y: []float64{base, base}, Soft: true})
	return f
}

// trends draws fidelity over queries for answers that tell less, or returns nil
// if there are none.
func (c *campaign) trends(seed uint64) *quintain.Figure {
	agrees := func(p point) (int, int) { return p.agrees, c.test.Rows() }
	first := c.line(c.answers.String(), distinct(c.curve), 1, agrees, seed)
	lines, all := []quintain.Line{first}, first.X
	for _, t := range c.hardened {
		if l := c.line(t.name(), distinct(t.points), 1, agrees, seed); len(l.X) > 0 {
			l.Low, l.High = nil, nil // so many bands hide each other
			lines, all = append(lines, l), append(all, l.X...)
		}
	}
	if len(lines) == 1 {
		return nil
	}
	return &quintain.Figure{
		Title: "fidelity of a copy over its queries if the model told less",
		X:     axis("queries", all), Y: quintain.Axis{Label: "fidelity", High: 1}, Lines: lines,
	}
}

// line draws shares of points, those without trials left out.
func (c *campaign) line(name string, points []point, each float64, share func(point) (k, n int), seed uint64) quintain.Line {
	l := quintain.Line{Name: name}
	for _, p := range points {
		k, n := share(p)
		if n == 0 {
			continue
		}
		m := stats.Proportion(name, k, n, seed)
		l.X, l.Y = append(l.X, float64(p.asked)*each), append(l.Y, m.Value)
		l.Low, l.High = append(l.Low, m.Low), append(l.High, m.High)
	}
	return l
}

// distinct returns the points with a copy, the last of those that cost the same.
func distinct(points []point) []point {
	var out []point
	for _, p := range points {
		switch {
		case p.score == nil || p.asked == 0:
		case len(out) > 0 && out[len(out)-1].asked == p.asked:
			out[len(out)-1] = p
		default:
			out = append(out, p)
		}
	}
	return out
}

// axis is a logarithmic one with room for all of x.
func axis(label string, x []float64) quintain.Axis {
	a := quintain.Axis{Label: label, Low: math.Inf(1), Log: true}
	for _, v := range x {
		a.Low, a.High = min(a.Low, v), max(a.High, v)
	}
	if a.Low >= a.High {
		a.Low, a.High = a.Low/2, a.High*2
	}
	return a
}
