package cli

import (
	"bytes"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"quintain/ml/onnx"
	"quintain/ml/train"
)

// TestInvertCommand reads a class off a linear model, as both kinds of file.
func TestInvertCommand(t *testing.T) {
	b, err := onnx.Marshal(train.Linear(9, 2, 1))
	if err != nil {
		t.Fatal(err)
	}
	odd, err := onnx.Marshal(train.Linear(8, 2, 1))
	if err != nil {
		t.Fatal(err)
	}
	dir := folder(t, map[string]string{"m.onnx": string(b), "odd.onnx": string(odd)})
	in := func(name string) string { return filepath.Join(dir, name) }
	for _, name := range []string{"c.png", "c.svg"} {
		status, out := run(t.Context(), nil, "model", "invert", in("m.onnx"), "--class", "1", "--blur", "0", "-o", in(name))
		if status != 0 || !strings.Contains(out, "class 1: ") || strings.Count(out, "\n") != 4 {
			t.Fatalf("%s: status %d with %q, want three lines of pixels and a probability", name, status, out)
		}
		file, err := os.ReadFile(in(name))
		if err != nil {
			t.Fatal(err)
		}
		if name == "c.svg" {
			if n := strings.Count(string(file), "<rect "); n != 9 {
				t.Errorf("%d pixels in the SVG, want 9", n)
			}
			continue
		}
		img, err := png.Decode(bytes.NewReader(file))
		if err != nil || img.Bounds().Dx() != 3*pixel {
			t.Errorf("%v, %v; want a PNG that is %d wide", img, err, 3*pixel)
		}
	}
	for _, args := range [][]string{{"m.onnx", "--class", "2"}, {"m.onnx", "--steps", "100001"}, {"m.onnx", "--rate", "0"}, {"m.onnx", "--blur", "1"}, {"odd.onnx"}} {
		args[0] = in(args[0])
		if status, _ := run(t.Context(), nil, append([]string{"model", "invert"}, args...)...); status == 0 {
			t.Errorf("%v: status 0", args)
		}
	}
}
