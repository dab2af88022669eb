package evasion

import (
	"context"
	"math"
	"slices"

	"quintain"
	"quintain/ml"
	"quintain/stats"
)

// drawn returns what is better looked at: accuracy over the budget, and
// pictures before and after, where the rows are pictures.
func (c *campaign) drawn(ctx context.Context, rec quintain.Recorder, seed uint64) ([]quintain.Evidence, error) {
	var out []quintain.Evidence
	for _, f := range []*quintain.Figure{c.falling(seed), c.pictures} {
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

// falling draws accuracy over budgets up to the largest that [campaign.curve]
// tells of, or returns nil if nothing fell.
func (c *campaign) falling(seed uint64) *quintain.Figure {
	known := slices.DeleteFunc(slices.Clone(c.far), func(d float64) bool { return d < 0 })
	if len(known) == 0 || len(c.rows) == 0 {
		return nil
	}
	slices.Sort(known)
	most := 2.0 // radii
	line := quintain.Line{Name: "attacked: no more than this"}
	const points = 80
	for i := range points + 1 {
		at := most * float64(i) / points
		fallen, _ := slices.BinarySearch(known, math.Nextafter(at, math.Inf(1)))
		m := stats.Proportion("accuracy", len(c.at)-fallen, len(c.rows), seed)
		line.X, line.Y = append(line.X, at*c.eps), append(line.Y, m.Value)
		line.Low, line.High = append(line.Low, m.Low), append(line.High, m.High)
	}
	f := &quintain.Figure{
		Title: "accuracy over the attacker's budget, with 95% intervals",
		X:     quintain.Axis{Label: "budget (" + c.ball.Norm.String() + " distance in units of each feature's range)", High: most * c.eps},
		Y:     quintain.Axis{Label: "accuracy", High: 1},
		Lines: []quintain.Line{line},
	}
	if c.proof.radius != nil {
		f.Lines = append(f.Lines, c.floor(most, seed))
	}
	f.Lines = append(f.Lines, quintain.Line{Name: "required", X: []float64{0, most * c.eps}, Y: []float64{c.robust, c.robust}, Soft: true})
	return f
}

// floor draws what is certified up to so many radii: between two budgets that
// were tried it is no less than at the larger one.
func (c *campaign) floor(most float64, seed uint64) quintain.Line {
	line := quintain.Line{Name: "certified: no less than this"}
	from := 0.0
	for _, p := range c.curveOf() {
		if p.at > most {
			break
		}
		m := stats.Proportion("accuracy", p.certified, len(c.rows), seed)
		for _, x := range []float64{from, p.at} {
			line.X, line.Y = append(line.X, x*c.eps), append(line.Y, m.Value)
			line.Low, line.High = append(line.Low, m.Low), append(line.High, m.High)
		}
		from = p.at
	}
	return line
}

// pictured returns rows side by side with what they became, or nil if they are
// no pictures: gray or colored by the model's shape, or square with one range
// for all features.
func (c *campaign) pictured(clean, adv ml.Batch, rows []int, captions []string) *quintain.Figure {
	height, width, channels := c.picture()
	if height == 0 {
		return nil
	}
	low, high := slices.Min(c.ball.Low), slices.Max(c.ball.High)
	pixels := func(x []float32) []byte {
		out := make([]byte, len(x))
		for i, v := range x {
			if channels == 3 { // the model has one plane after the other
				i = i%(height*width)*3 + i/(height*width)
			}
			out[i] = byte(math.Round(255 * float64(min(max((v-low)/(high-low), 0), 1))))
		}
		return out
	}
	f := &quintain.Figure{Title: "rows as they were and as they became"}
	for k, i := range rows {
		f.Pairs = append(f.Pairs, quintain.Pair{
			Caption: captions[k], Width: width, Height: height, Channels: channels, Before: pixels(clean.Row(i)), After: pixels(adv.Row(i)),
		})
	}
	return f
}

const (
	leastSide = 4
	mostSide  = 256
)

// picture returns the size of the rows as pictures, zeros if they are none.
func (s *subject) picture() (height, width, channels int) {
	low, high := slices.Min(s.ball.Low), slices.Max(s.ball.High)
	shape := s.plain.Spec().Shape
	switch n := len(shape); {
	case low >= high:
		return 0, 0, 0
	case n == 3 && (shape[0] == 1 || shape[0] == 3):
		height, width, channels = shape[1], shape[2], shape[0]
	case n == 2:
		height, width, channels = shape[0], shape[1], 1
	default:
		side := int(math.Round(math.Sqrt(float64(s.batch.Dim))))
		if side*side != s.batch.Dim || !s.alike(low, high) {
			return 0, 0, 0
		}
		height, width, channels = side, side, 1
	}
	if min(height, width) < leastSide || max(height, width) > mostSide {
		return 0, 0, 0
	}
	return height, width, channels
}

// alike reports whether all features that vary begin at the same value and
// most of them end at the same one, as pixels do.
func (s *subject) alike(low, high float32) bool {
	same, vary := 0, 0
	for i, l := range s.ball.Low {
		h := s.ball.High[i]
		if l == h {
			continue
		}
		vary++
		if l == low && h > low+(high-low)/2 {
			same++
		}
	}
	return vary > 0 && 5*same >= 4*vary
}
