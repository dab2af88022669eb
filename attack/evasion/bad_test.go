package evasion_test

import (
	"encoding/binary"
	"math"
	"strings"
	"testing"

	"quintain"
	"quintain/attack/evasion"
	"quintain/attack/evasion/all"
	"quintain/record"
)

// weighted is a model of two features and two classes with the given weights,
// which lie in another file if outside says so.
func weighted(outside bool, w ...float32) string {
	var raw []byte
	for _, v := range w {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
	}
	tensor := message(1, 2, 1, 2, 2, 1, 8, "w", 9, string(raw))
	if outside {
		tensor = message(1, 2, 1, 2, 2, 1, 8, "w", 13, message(1, "location", 2, "weights.bin"), 14, 1)
	}
	shape := message(1, message(2, "batch"), 1, message(1, 2))
	return message(8, message(2, 17), 7, message(
		1, message(1, "x", 1, "w", 2, "y", 3, "layer 7", 4, "MatMul"), 5, tensor,
		11, message(1, "x", 2, message(1, message(1, 1, 2, shape))), 12, message(1, "y")))
}

// What is wrong with a model or its data is one clear sentence, whichever
// attack meets it.
func TestBadInput(t *testing.T) {
	good := "a,b,label\n" + strings.Repeat("1,0,0\n0,1,1\n2,1,0\n", 20)
	sound := weighted(false, 1, 0, 0, 1)
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for name, c := range map[string]struct{ model, data, says string }{
		"weights that are no numbers": {weighted(false, 1, nan, 0, 1), good, "self-check"},
		"infinite weights":            {weighted(false, 1, inf, 0, 1), good, "self-check"},
		"weights elsewhere":           {weighted(true), good, "weights in another file"},
		"too few weights":             {weighted(false, 1, 0, 0), good, ""},
		"labels out of range":         {sound, "a,b,label\n1,0,2\n", "label 2"},
		"ragged rows":                 {sound, "a,b,label\n1,0,0\n1,0\n", "line 3"},
		"constant features":           {sound, "a,b,label\n" + strings.Repeat("1,0,0\n", 40), "no feature changes"},
		"too few features":            {sound, "a,label\n1,0\n", "rows of 1 features"},
	} {
		e := evasion.New(evasion.Options{Seed: 1}, all.Attacks...)
		rec := record.NewMemory()
		tg := target(file(t, "m.onnx", c.model), file(t, "d.csv", c.data), "0.1")
		for _, check := range e.Checks() {
			if check.Name != headline {
				continue
			}
			if err := e.Run(t.Context(), tg, []*quintain.Check{check}, rec); err != nil {
				t.Errorf("%s: Run = %v", name, err)
				continue
			}
			f := rec.Findings()[0]
			if f.Outcome != quintain.Inconclusive || !strings.Contains(f.Summary, c.says) || strings.Contains(f.Summary, "\n") {
				t.Errorf("%s: %v %q, want inconclusive saying %q", name, f.Outcome, f.Summary, c.says)
			}
		}
	}
}

// Rows of one class, and a feature that never changes, are told beside the
// figures.
func TestWarnings(t *testing.T) {
	one := "a,b,label\n" + strings.Repeat("1,0,0\n2,0,0\n", 30)
	for _, f := range run(t, target(file(t, "m.onnx", weighted(false, 1, 0, 0, 1)), file(t, "d.csv", one), "0.1"), evasion.Options{Seed: 1}) {
		var says strings.Builder
		for _, e := range f.Evidence {
			says.WriteString(e.Summary + "\n")
		}
		for _, want := range []string{"all rows are of class 0", "1 of 2 features never change"} {
			if !strings.Contains(says.String(), want) {
				t.Errorf("%s: %v %q says\n%s\nwant %q", f.Check, f.Outcome, f.Summary, says.String(), want)
			}
		}
	}
}
