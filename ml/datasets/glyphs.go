package datasets

import (
	"math"
	"math/rand/v2"

	"quintain/ml"
)

// segments are the strokes of the ten digits as a display of seven segments
// shows them: top, upper left, upper right, middle, lower left, lower right,
// bottom.
var segments = [10][7]bool{
	{true, true, true, false, true, true, true},
	{false, false, true, false, false, true, false},
	{true, false, true, true, true, false, true},
	{true, false, true, true, false, true, true},
	{false, true, true, true, false, true, false},
	{true, true, false, true, false, true, true},
	{true, true, false, true, true, true, true},
	{true, false, true, false, false, true, false},
	{true, true, true, true, true, true, true},
	{true, true, true, true, false, true, true},
}

// strokes are the ends of the segments, on a field of width and height 1.
var strokes = [7][4]float64{ // x, y of one end and of the other
	{0.3, 0.18, 0.7, 0.18},
	{0.3, 0.18, 0.3, 0.5},
	{0.7, 0.18, 0.7, 0.5},
	{0.3, 0.5, 0.7, 0.5},
	{0.3, 0.5, 0.3, 0.82},
	{0.7, 0.5, 0.7, 0.82},
	{0.3, 0.82, 0.7, 0.82},
}

// GlyphNoise is the usual noise of [Glyphs].
const GlyphNoise = 0.25

// Glyphs returns images of the digits as a display of seven segments shows
// them, size by size pixels from 0 to 1; size 14 and noise [GlyphNoise] are
// usual. A glyph is moved by up to a fourteenth of the image, slanted, and
// drawn with a stroke of random strength; then normal noise with the given
// standard deviation is added to each pixel, and the result cut off at 0 and 1.
func Glyphs(rows, size int, noise float64, seed uint64) ml.Batch {
	rng := rand.New(rand.NewPCG(seed, streamGlyphs))
	b := ml.Batch{Dim: size * size}
	for range rows {
		y := rng.IntN(10)
		dx, dy := (2*rng.Float64()-1)/14, (2*rng.Float64()-1)/14
		slant, ink := 0.3*rng.Float64()-0.05, 0.6+0.4*rng.Float64()
		for p := range size * size {
			v := (float64(p/size)+0.5)/float64(size) - dy
			u := (float64(p%size)+0.5)/float64(size) - dx + slant*(v-0.5)
			value := ink*glyph(y, u, v) + noise*rng.NormFloat64()
			b.X = append(b.X, float32(min(max(value, 0), 1)))
		}
		b.Y = append(b.Y, int32(y))
	}
	return b
}

// glyph returns how much of the point (u, v) digit y covers.
func glyph(y int, u, v float64) float64 {
	far := 1.0
	for i, on := range segments[y] {
		if on {
			far = min(far, distance(u, v, strokes[i]))
		}
	}
	return min(max((0.09-far)/0.05, 0), 1)
}

// distance returns how far the point (u, v) is from a stroke.
func distance(u, v float64, s [4]float64) float64 {
	dx, dy := s[2]-s[0], s[3]-s[1]
	t := min(max(((u-s[0])*dx+(v-s[1])*dy)/(dx*dx+dy*dy), 0), 1)
	return math.Hypot(u-s[0]-t*dx, v-s[1]-t*dy)
}
