package cli

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"quintain/attack/privacy/readback"
)

func modelInvertCommand(env *Env) *cobra.Command {
	var o readback.Options
	var file string
	cmd := &cobra.Command{
		Use:   "invert <model.onnx>",
		Short: "Read off a model what it takes for typical of a class, as an image",
		Long: `Climb to an image that the model is sure of, from its weights, show it, and write it as PNG
or, if the name ends so, as SVG. The rows of the model are square gray images with pixels
from 0 to 1. Between steps the image is blurred: a gradient alone finds speckles that fool the
model and tell nobody anything.`,
		Example: "  quintain model invert door.onnx --class 3 -o class-3.png",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, a []string) error {
			return runInvert(cmd.Context(), env, o, a[0], file)
		},
	}
	f := cmd.Flags()
	f.IntVar(&o.Class, "class", 0, "the class to look for")
	f.IntVar(&o.Steps, "steps", 100, "gradients to follow")
	f.Float64Var(&o.Rate, "rate", 0.5, "length of a step")
	f.Float64Var(&o.Blur, "blur", 0.3, "share of each pixel that its neighbors give after a step, 0 to below 1")
	f.StringVarP(&file, "output", "o", "", "PNG or SVG `file` to write (default: the image is shown only)")
	return cmd
}

// mostSteps is how many gradients may be followed.
const mostSteps = 100_000

func runInvert(ctx context.Context, env *Env, o readback.Options, name, file string) error {
	if o.Steps > mostSteps {
		return usagef("--steps is %d, want at most %d", o.Steps, mostSteps)
	}
	m, err := readModel(name)
	if err != nil {
		return err
	}
	if blind := m.Gradients(); blind != nil {
		return fmt.Errorf("%s: the attack follows gradients: %w", name, blind)
	}
	o.Side = int(math.Round(math.Sqrt(float64(m.Spec().Dim()))))
	if o.Side*o.Side != m.Spec().Dim() {
		return fmt.Errorf("%s: its rows have %d features, which is no square image", name, m.Spec().Dim())
	}
	x, p, err := readback.Climb(ctx, m, o)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	fmt.Fprint(env.Stdout, shades(x, o.Side))
	fmt.Fprintf(env.Stdout, "class %d: the model takes this for it with probability %.4f\n", o.Class, p)
	if file == "" {
		return nil
	}
	b, err := imageFile(x, o.Side, strings.EqualFold(filepath.Ext(file), ".svg"))
	if err != nil {
		return err
	}
	return writeFile(file, b)
}

// shades shows an image in a terminal, two characters a pixel.
func shades(x []float32, side int) string {
	ramp := []string{"  ", "░░", "▒▒", "▓▓", "██"}
	var s strings.Builder
	for i, v := range x {
		s.WriteString(ramp[min(max(int(v*float32(len(ramp))), 0), len(ramp)-1)])
		if i%side == side-1 {
			s.WriteByte('\n')
		}
	}
	return s.String()
}

// pixel is the side of a pixel of the model in a written image.
const pixel = 16

// imageFile returns an image as a file.
func imageFile(x []float32, side int, svg bool) ([]byte, error) {
	var out bytes.Buffer
	if svg {
		fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d">`+"\n", side, side)
		for i, v := range x {
			fmt.Fprintf(&out, `<rect x="%d" y="%d" width="1" height="1" fill="#%02[3]x%02[3]x%02[3]x"/>`+"\n", i%side, i/side, gray(v))
		}
		out.WriteString("</svg>\n")
		return out.Bytes(), nil
	}
	img := image.NewGray(image.Rect(0, 0, pixel*side, pixel*side))
	for r := range pixel * side {
		for c := range pixel * side {
			img.SetGray(c, r, color.Gray{Y: gray(x[r/pixel*side+c/pixel])})
		}
	}
	err := png.Encode(&out, img)
	return out.Bytes(), err
}

func gray(v float32) uint8 { return uint8(min(max(v, 0), 1)*255 + 0.5) }
