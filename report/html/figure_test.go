package html

import (
	"encoding/json"
	"strings"
	"testing"

	"quintain"
	"quintain/report"
)

func drawing() *quintain.Figure {
	return &quintain.Figure{
		Title: "members <script>", X: quintain.Axis{Label: "false", Low: 0.001, High: 1, Log: true}, Y: quintain.Axis{Label: "true", High: 0.5},
		Lines: []quintain.Line{{Name: "a", X: []float64{0.001, 0.1, 1}, Y: []float64{0, 0.25, 9}, Low: []float64{0, 0.2, 0.3}, High: []float64{0.1, 0.3, 0.5}}},
		Pairs: []quintain.Pair{{Caption: "row 1", Width: 1, Height: 2, Channels: 3, Before: make([]byte, 6), After: []byte{255, 0, 0, 0, 0, 255}}},
	}
}

func blobOf(t *testing.T, f any) report.Blob {
	t.Helper()
	b, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	return report.NewBlob(quintain.FigureType, b)
}

// Decades are as far apart as each other, points outside are cut off near the
// frame, and a band is closed.
func TestFigure(t *testing.T) {
	v := figureOf(blobOf(t, drawing()))
	if v == nil {
		t.Fatal("no drawing")
	}
	if len(v.X.Ticks) != 4 || v.X.Ticks[0].At != 0 || v.X.Ticks[1].At != 146.7 || v.X.Ticks[3].At != plotWidth {
		t.Errorf("ticks %+v", v.X.Ticks)
	}
	if len(v.Y.Ticks) != 6 || v.Y.Ticks[0].At != plotHeight || v.Y.Ticks[5].Text != "0.5" || v.Y.Ticks[5].At != 0 {
		t.Errorf("ticks %+v", v.Y.Ticks)
	}
	if got, want := v.Lines[0].Path, "M0 220L293.3 110L440 -220"; got != want {
		t.Errorf("path %q, want %q", got, want)
	}
	if b := v.Lines[0].Band; !strings.HasPrefix(b, "M0 176L") || !strings.HasSuffix(b, "L0 220Z") {
		t.Errorf("band %q", b)
	}
	if p := v.Pairs[0]; !strings.HasPrefix(string(p.Before), "data:image/png;base64,") || p.Before == p.After {
		t.Errorf("pictures %q and %q", p.Before, p.After)
	}
}

// What is no sound figure is text like everything else from outside.
func TestFigureRefused(t *testing.T) {
	broken := drawing()
	broken.Lines[0].Y = nil
	for name, b := range map[string]report.Blob{
		"other type":  {MediaType: "application/json", Data: "{}"},
		"no JSON":     {MediaType: quintain.FigureType, Data: "<svg>"},
		"broken":      blobOf(t, broken),
		"unknown key": {MediaType: quintain.FigureType, Data: `{"title": "a", "html": "<b>"}`},
	} {
		if v := figureOf(b); v != nil {
			t.Errorf("%s: drawn as %+v", name, v)
		}
	}
}
