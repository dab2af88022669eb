package cli

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"quintain/ml/dp"
)

// TestTrainPrivate trains on a table of the user's, with and without a promise.
func TestTrainPrivate(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	var s strings.Builder
	s.WriteString("a,b,label\n")
	for range 100 {
		a, b := rng.NormFloat64(), rng.NormFloat64()
		y := 0
		if a+b > 0 {
			y = 1
		}
		fmt.Fprintf(&s, "%.3f,%.3f,%d\n", a, b, y)
	}
	dir := folder(t, map[string]string{"rows.csv": s.String(), "one.csv": "a,label\n1,0\n2,0\n", "wide.csv": "a,b,c,label\n1,2,3,0\n1,2,3,1\n"})
	in := func(name string) string { return filepath.Join(dir, name) }
	base := []string{"model", "train", in("rows.csv"), "--hidden", "4", "--epochs", "2", "--batch", "40", "-o", in("m.onnx")}
	for want, more := range map[string][]string{
		"accuracy on 20 others":                nil,
		"epsilon is at most":                   {"--clip", "1", "--noise", "2"},
		"this promises no epsilon":             {"--clip", "1"},
		"4 steps, sampling rate 0.5, noise":    {"--clip", "1", "--target-epsilon", "2"},
		"accuracy on 100 others":               {"--test", in("rows.csv")},
		"trained on 80 rows; accuracy on 20 o": {"--weight-decay", "0.1"},
	} {
		status, out := run(t.Context(), nil, append(base, more...)...)
		if status != 0 || !strings.Contains(out, want) {
			t.Errorf("%v: status %d with %q, want %q in it", more, status, out, want)
		}
	}
	if _, err := os.Stat(in("m.onnx")); err != nil {
		t.Error(err)
	}
	for _, args := range [][]string{
		{"rows.csv", "--noise", "1"},
		{"rows.csv", "--target-epsilon", "2"},
		{"rows.csv", "--clip", "1", "--target-epsilon", "2", "--noise", "1"},
		{"rows.csv", "--delta", "1"},
		{"one.csv"},
		{"rows.csv", "--test", in("wide.csv")},
		{"nothing.csv"},
	} {
		args[0] = in(args[0])
		if status, _ := run(t.Context(), nil, append([]string{"model", "train"}, args...)...); status == 0 {
			t.Errorf("%v: status 0", args)
		}
	}
}

// TestNoiseFor proves that the noise found promises what was asked for, and
// that a little less would not.
func TestNoiseFor(t *testing.T) {
	s := dp.SGD{Rate: 0.1, Steps: 100}
	noise, err := noiseFor(s, 2, 1e-5)
	if err != nil {
		t.Fatal(err)
	}
	s.Noise = noise
	if got, _ := s.RDP(1e-5, dp.Orders()); got > 2 {
		t.Errorf("noise %v promises %v, want at most 2", noise, got)
	}
	s.Noise = noise * 0.99
	if got, _ := s.RDP(1e-5, dp.Orders()); got <= 2 {
		t.Errorf("noise %v promises %v too, so %v is not the least", s.Noise, got, noise)
	}
}

func TestEpsilonCommand(t *testing.T) {
	status, out := run(t.Context(), nil, "model", "epsilon", "--rate", "0.5", "--noise", "1.5", "--steps", "40", "--delta", "1e-3")
	if status != 0 || !strings.Contains(out, "9.17") || !strings.Contains(out, "10.35") {
		t.Errorf("status %d with %q, want bounds of 9.17 and 10.35", status, out)
	}
	for _, args := range [][]string{{}, {"--rate", "2", "--noise", "1", "--steps", "1"}, {"--rate", "0.5", "--noise", "1", "--steps", "1", "--delta", "0"}} {
		if status, _ := run(t.Context(), nil, append([]string{"model", "epsilon"}, args...)...); status != 2 {
			t.Errorf("%v: status %d, want 2", args, status)
		}
	}
}
