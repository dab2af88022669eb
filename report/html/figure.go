package html

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"image"
	"image/color"
	"image/png"
	"math"
	"strings"

	"quintain"
	"quintain/report"
)

// A figure is a drawing of a [quintain.Figure]. Lengths are in units of the
// drawing.
type figure struct {
	Title  string
	Text   string // what is drawn, for those who do not see it
	X, Y   axis
	Lines  []line
	Pairs  []pair
	Width  float64
	Height float64
}

type axis struct {
	Label string
	Ticks []tick
}

type tick struct {
	At   float64
	Text string
}

type line struct {
	Name string
	Hue  int // which color and dash, from 0
	Soft bool
	Path string
	Band string
}

type pair struct {
	Caption       string
	Before, After template.URL
}

// The size of what is inside the axes.
const (
	plotWidth  = 440.0
	plotHeight = 220.0
	hues       = 6
)

// figureOf returns the drawing of a blob, nil if it is no figure or breaks the
// rules of one: then it is text.
func figureOf(b report.Blob) *figure {
	if b.MediaType != quintain.FigureType {
		return nil
	}
	var f quintain.Figure
	d := json.NewDecoder(strings.NewReader(b.Data))
	d.DisallowUnknownFields()
	if d.Decode(&f) != nil || f.Validate() != nil {
		return nil
	}
	v := &figure{Title: f.Title, Width: plotWidth, Height: plotHeight}
	if len(f.Lines) > 0 {
		v.X, v.Y = axis{f.X.Label, ticks(f.X, plotWidth)}, axis{f.Y.Label, ticks(f.Y, plotHeight)}
		for i := range v.Y.Ticks {
			v.Y.Ticks[i].At = round(plotHeight - v.Y.Ticks[i].At)
		}
	}
	var says []string
	for i, l := range f.Lines {
		v.Lines = append(v.Lines, line{Name: l.Name, Hue: i % hues, Soft: l.Soft, Path: path(&f, l.X, l.Y), Band: band(&f, l)})
		n := len(l.X) - 1
		says = append(says, fmt.Sprintf("%s from (%s, %s) to (%s, %s)", l.Name,
			report.Number(l.X[0]), report.Number(l.Y[0]), report.Number(l.X[n]), report.Number(l.Y[n])))
	}
	v.Text = f.Title
	if says != nil {
		v.Text += fmt.Sprintf("; %s over %s: %s", f.Y.Label, f.X.Label, strings.Join(says, "; "))
	}
	for i := range f.Pairs {
		p := &f.Pairs[i]
		v.Pairs = append(v.Pairs, pair{p.Caption, picture(p, p.Before), picture(p, p.After)})
	}
	return v
}

// place returns where x is on an axis of a length.
func place(a quintain.Axis, x, length float64) float64 {
	low, high := a.Low, a.High
	if a.Log {
		low, high, x = math.Log10(low), math.Log10(high), math.Log10(max(x, a.Low/10))
	}
	// What is far outside is drawn just outside; the frame cuts it off.
	return round(length * min(max((x-low)/(high-low), -1), 2))
}

func round(x float64) float64 { return math.Round(10*x) / 10 }

// ticks returns four to six round values of an axis, or powers of ten.
func ticks(a quintain.Axis, length float64) []tick {
	var out []tick
	add := func(v float64) {
		if v >= a.Low*(1-1e-9) && v <= a.High*(1+1e-9) || v == 0 && a.Low <= 0 {
			out = append(out, tick{place(a, v, length), report.Number(v)})
		}
	}
	if a.Log {
		for e := math.Floor(math.Log10(a.Low)); e <= math.Ceil(math.Log10(a.High)); e++ {
			add(math.Pow(10, e))
		}
		return out
	}
	step := nice((a.High - a.Low) / 5)
	for i := math.Ceil(a.Low / step); i <= math.Floor(a.High/step+1e-9); i++ {
		add(i * step)
	}
	return out
}

// path joins points.
func path(f *quintain.Figure, x, y []float64) string {
	var s strings.Builder
	for i := range x {
		verb := 'L'
		if i == 0 {
			verb = 'M'
		}
		fmt.Fprintf(&s, "%c%v %v", verb, place(f.X, x[i], plotWidth), round(plotHeight-place(f.Y, y[i], plotHeight)))
	}
	return s.String()
}

// band is the area between the ends of the intervals of a line, if it has any.
func band(f *quintain.Figure, l quintain.Line) string {
	if len(l.Low) == 0 {
		return ""
	}
	n := len(l.X)
	x, y := make([]float64, 0, 2*n), make([]float64, 0, 2*n)
	for i := range n {
		x, y = append(x, l.X[i]), append(y, l.High[i])
	}
	for i := n - 1; i >= 0; i-- {
		x, y = append(x, l.X[i]), append(y, l.Low[i])
	}
	return path(f, x, y) + "Z"
}

// picture writes pixels as an address that holds them.
func picture(p *quintain.Pair, pixels []byte) template.URL {
	img := image.NewNRGBA(image.Rect(0, 0, p.Width, p.Height))
	for i := range p.Width * p.Height {
		at := pixels[i*p.Channels:]
		c := color.NRGBA{at[0], at[0], at[0], 255}
		if p.Channels == 3 {
			c.G, c.B = at[1], at[2]
		}
		img.SetNRGBA(i%p.Width, i/p.Width, c)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		return "" // a buffer takes everything
	}
	return template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(b.Bytes())) //nolint:gosec // it is our own picture
}
