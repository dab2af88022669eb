package badge

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"

	"quintain/lab"
	"quintain/ledger"
	"quintain/ml/onnx"
)

// setup hands over the weights of one door, and a policy that tells all.
func setup(ctx context.Context, w *lab.Setup) error {
	d, err := open(ctx, w.Attempt, "a")
	if err != nil {
		return err
	}
	b, err := onnx.Marshal(d.graph)
	if err != nil {
		return err
	}
	if err := w.Write("door.onnx", b); err != nil {
		return err
	}
	var text strings.Builder
	for s, on := range symbols {
		fmt.Fprintf(&text, "%c\n%s\n", letters[s], shades(draw(on, nil)))
	}
	if err := w.Write("symbols.txt", []byte(text.String())); err != nil {
		return err
	}
	return w.Writef(policyFile, "answers: confidences # confidences, round:N, label or none\nquota: 0             # questions of one identity in a day; 0 is no limit\nnoise: 0             # standard deviation that each confidence gets, 0 to 1\n")
}

// note writes to the ledger how often the closed door was asked.
func note(a *lab.Attempt, name string, n int) error {
	raw, err := json.Marshal(map[string]int{"calls": n})
	if err != nil {
		return err
	}
	_, err = a.Ledger.Append(ledger.Event{Kind: ledger.KindCall, Actor: "thief", Name: name, Args: raw})
	return err
}

// closed returns the door of stage b, which tells all it is asked.
func closed(ctx context.Context, a *lab.Attempt) (*guest, error) {
	d, err := open(ctx, a, "b")
	if err != nil {
		return nil, err
	}
	return &guest{p: openDoor, net: d.net}, nil
}

func askAct(ctx context.Context, a *lab.Attempt, args []string, out io.Writer) error {
	if len(args) != 1 {
		return lab.Faultf("", "ask takes one image, such as closed-0.png")
	}
	x, err := readImage(a, args[0])
	if err != nil {
		return err
	}
	g, err := closed(ctx, a)
	if err != nil {
		return err
	}
	p, err := g.ask(ctx, x)
	if err != nil {
		return err
	}
	if err := note(a, "ask", 1); err != nil {
		return err
	}
	for k, v := range p {
		name := fmt.Sprintf("badge %d", k)
		if k == noBadge {
			name = "no badge"
		}
		fmt.Fprintf(out, "%-8s  %.6f\n", name, v)
	}
	return nil
}

func invertAct(ctx context.Context, a *lab.Attempt, args []string, out io.Writer) error {
	if len(args) != 3 {
		return lab.Faultf("", "invert takes a class, a number of questions and a file, such as: invert 0 3000 closed-0.png")
	}
	class, err := strconv.Atoi(args[0])
	if err != nil || class < 0 || class >= badges {
		return lab.Faultf("", "class is %.40q, want 0 to %d", args[0], badges-1)
	}
	n, err := strconv.Atoi(args[1])
	if err != nil || n <= pixels || n > budget {
		return lab.Faultf("", "questions are %.40q, want %d, which is one step, to %d", args[1], pixels+1, budget)
	}
	g, err := closed(ctx, a)
	if err != nil {
		return err
	}
	x, used, err := climb(ctx, g.ask, class, n)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := png.Encode(&b, picturePNG(x)); err != nil {
		return err
	}
	if err := (&lab.Setup{Attempt: a}).Write(args[2], b.Bytes()); err != nil {
		return err
	}
	if err := note(a, "invert", used); err != nil {
		return err
	}
	total, err := spent(a)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%sclass %d after %d questions; %d of %d are spent\n", shades(x), class, used, total, budget)
	return err
}

// rehearse shows what the grader would measure, at other doors.
func rehearse(ctx context.Context, a *lab.Attempt, args []string, out io.Writer) error {
	if len(args) != 0 {
		return lab.Faultf("", "rehearse takes no arguments; it reads %s", policyFile)
	}
	p, err := readPolicy(a)
	if err != nil {
		return err
	}
	d, err := p.spend(ctx, a, "practice", true)
	if err != nil {
		return err
	}
	before, err := openDoor.spend(ctx, a, "practice", true)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "visits decided rightly: %.4f; where the door tells all: %.4f\n\n", rate(d), rate(before))
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "THIEF\tSYMBOLS OF SIX\tWHERE THE DOOR TELLS ALL")
	for i, t := range thieves {
		fmt.Fprintf(w, "%s\t%.2f\t%.2f\n", t.name, mean(d.found[i]), mean(before.found[i]))
	}
	fmt.Fprintf(w, "the best of them\t%.2f\t%.2f\n", mean(d.best()), mean(before.best()))
	if err := w.Flush(); err != nil {
		return err
	}
	_, err = a.Ledger.Append(ledger.Event{Kind: ledger.KindNote, Actor: "learner", Name: "rehearse", Text: "practice"})
	return err
}

func rate(d *day) float64 { return float64(d.served) / float64(d.asked) }

func mean(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return sum / float64(len(v))
}

// shades shows an image as text, two characters a pixel.
func shades(x []float32) string {
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

const (
	zoom     = 16   // of a pixel in a written image
	mostWide = 2048 // of an image that is read
)

func picturePNG(x []float32) image.Image {
	img := image.NewGray(image.Rect(0, 0, zoom*side, zoom*side))
	for r := range zoom * side {
		for c := range zoom * side {
			img.SetGray(c, r, color.Gray{Y: uint8(x[r/zoom*side+c/zoom]*255 + 0.5)})
		}
	}
	return img
}

// readImage reads a square PNG, and takes the middle of each of its 14 by 14
// fields.
func readImage(a *lab.Attempt, name string) ([]float32, error) {
	b, err := a.File(name)
	if err != nil {
		return nil, err
	}
	c, err := png.DecodeConfig(bytes.NewReader(b))
	if err != nil {
		return nil, lab.Faultf(name, "is no PNG image: %s", err)
	}
	if c.Width != c.Height || c.Width < side || c.Width > mostWide {
		return nil, lab.Faultf(name, "is %d by %d pixels, want a square of %d to %d", c.Width, c.Height, side, mostWide)
	}
	img, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		return nil, lab.Faultf(name, "is no PNG image: %s", err)
	}
	x := make([]float32, pixels)
	for i := range x {
		at := func(k int) int { return (2*k + 1) * c.Width / (2 * side) }
		gray := color.Gray16Model.Convert(img.At(at(i%side), at(i/side))).(color.Gray16)
		x[i] = float32(gray.Y) / 65535
	}
	return x, nil
}
