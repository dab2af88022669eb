package pictures

import (
	"bytes"
	"fmt"
	"io"
)

// shades is in how many levels of ink a picture is painted.
const shades = 8

// Paint writes a picture as SVG, with its upper left corner at x and y, and
// pixels of whole size: a frame, and one path for each level of ink.
func Paint(out io.Writer, picture []float32, x, y, pixel int) {
	fmt.Fprintf(out, `<rect class="grid" x="%d" y="%d" width="%d" height="%d" fill="none"/>`+"\n", x, y, Size*pixel, Size*pixel)
	for level := 1; level <= shades; level++ {
		var path bytes.Buffer
		for i, v := range picture {
			if min(int(shades*min(max(v, 0), 1)+0.5), shades) == level {
				fmt.Fprintf(&path, "M%d %dh%dv%dh-%dz", x+pixel*(i%Size), y+pixel*(i/Size), pixel, pixel, pixel)
			}
		}
		if path.Len() > 0 {
			fmt.Fprintf(out, `<path class="label" fill-opacity="%.3f" d="%s"/>`+"\n", float64(level)/shades, path.String())
		}
	}
}
