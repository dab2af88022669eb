package quintain_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"quintain"
)

func figure() *quintain.Figure {
	return &quintain.Figure{
		Title: "accuracy over eps",
		X:     quintain.Axis{Label: "eps", Low: 0.01, High: 1, Log: true},
		Y:     quintain.Axis{Label: "accuracy", High: 1},
		Lines: []quintain.Line{{Name: "attacked", X: []float64{0.01, 1}, Y: []float64{1, 0}, Low: []float64{0.9, 0}, High: []float64{1, 0.1}}},
		Pairs: []quintain.Pair{{Caption: "row 3", Width: 2, Height: 1, Channels: 1, Before: []byte{0, 255}, After: []byte{9, 200}}},
	}
}

func TestFigure(t *testing.T) {
	f := figure()
	if err := f.Validate(); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	var back quintain.Figure
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(f, &back); diff != "" {
		t.Error(diff)
	}
}

func TestFigureValidate(t *testing.T) {
	for name, spoil := range map[string]func(f *quintain.Figure){
		"title":       func(f *quintain.Figure) { f.Title = "" },
		"nothing":     func(f *quintain.Figure) { f.Lines, f.Pairs = nil, nil },
		"axis":        func(f *quintain.Figure) { f.X.High = f.X.Low },
		"log":         func(f *quintain.Figure) { f.X.Low = 0 },
		"no number":   func(f *quintain.Figure) { f.Lines[0].Y[1] = math.NaN() },
		"short":       func(f *quintain.Figure) { f.Lines[0].Y = f.Lines[0].Y[:1] },
		"ends":        func(f *quintain.Figure) { f.Lines[0].Low = nil },
		"no name":     func(f *quintain.Figure) { f.Lines[0].Name = "" },
		"too many":    func(f *quintain.Figure) { f.Lines = make([]quintain.Line, 100) },
		"pixels":      func(f *quintain.Figure) { f.Pairs[0].After = nil },
		"channels":    func(f *quintain.Figure) { f.Pairs[0].Channels = 2 },
		"large":       func(f *quintain.Figure) { f.Pairs[0].Width = 1 << 40 },
		"many points": func(f *quintain.Figure) { f.Lines[0].X = make([]float64, 1e4); f.Lines[0].Y = make([]float64, 1e4) },
	} {
		f := figure()
		spoil(f)
		if f.Validate() == nil {
			t.Errorf("%s: Validate finds nothing", name)
		}
	}
}
