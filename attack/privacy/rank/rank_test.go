package rank

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"quintain/ml"
	"quintain/ml/datasets"
	"quintain/ml/graph"
	"quintain/ml/train"
	"quintain/stats"
)

// A world is a target trained on the first half of people.
type world struct {
	people, others ml.Batch
	target         *graph.Net
	recipe         train.Options
}

func newWorld(t *testing.T) *world {
	t.Helper()
	b := datasets.Trial(700, 60, 3)
	w := &world{people: part(b, 0, 200), others: part(b, 200, 700), recipe: train.Options{Epochs: 30, Rate: 0.005, Seed: 1}}
	g, err := train.Fit(t.Context(), train.MLP([]int{60, 16, 2}, 1), part(b, 0, 100), w.recipe)
	if err != nil {
		t.Fatal(err)
	}
	if w.target, err = graph.Compile(g, graph.Options{}); err != nil {
		t.Fatal(err)
	}
	return w
}

// part returns rows of b.
func part(b ml.Batch, from, to int) ml.Batch {
	return ml.Batch{X: b.X[from*b.Dim : to*b.Dim], Y: b.Y[from:to], Dim: b.Dim}
}

func (w *world) curve(t *testing.T, o Options) *stats.ROC {
	t.Helper()
	o.Seed, o.Fit = 5, Like(w.target.Graph(), w.recipe)
	s, err := Members(t.Context(), w.target, w.people, w.others, o)
	if err != nil {
		t.Fatal(err)
	}
	r, err := stats.NewROC(s[:100], s[100:])
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestMembers proves that every method finds members, and that the likelihood
// ratio with shadow models finds more of them than the error alone where few
// others are accused.
func TestMembers(t *testing.T) {
	w := newWorld(t)
	found := func(o Options) float64 {
		r := w.curve(t, o)
		if r.AUC() < 0.65 {
			t.Errorf("%s, online %v: area %.3f, want 0.65 or more", o.Method, o.Online, r.AUC())
		}
		at, err := r.At(0.1)
		if err != nil {
			t.Fatal(err)
		}
		return at.Rate()
	}
	loss := found(Options{Method: Loss})
	for _, m := range []Method{Calibrated, RMIA} {
		found(Options{Method: m, Shadows: 8})
	}
	if lira := found(Options{Method: LiRA, Shadows: 8, Online: true}); lira < loss+0.1 {
		t.Errorf("LiRA finds %.2f of the members, the error alone %.2f; want 0.1 more", lira, loss)
	}
}

// TestStranger is the negative control: a target that was trained on none of
// the people cannot tell them apart.
func TestStranger(t *testing.T) {
	w := newWorld(t)
	g, err := train.Fit(t.Context(), train.MLP([]int{60, 16, 2}, 1), part(w.others, 400, 500), w.recipe)
	if err != nil {
		t.Fatal(err)
	}
	if w.target, err = graph.Compile(g, graph.Options{}); err != nil {
		t.Fatal(err)
	}
	w.others = part(w.others, 0, 400)
	m := w.curve(t, Options{Method: LiRA, Shadows: 8, Online: true}).AUCMeasure("area", 0)
	if m.Low > 0.5 || m.High < 0.5 {
		t.Errorf("area in [%.3f, %.3f], want one that holds 0.5", m.Low, m.High)
	}
}

func TestMembersRefuses(t *testing.T) {
	w := newWorld(t)
	fit := Like(w.target.Graph(), w.recipe)
	for _, o := range []Options{
		{Method: "guess", Shadows: 2, Fit: fit},
		{Method: LiRA, Shadows: 1, Fit: fit},
		{Method: LiRA, Shadows: 2},
		{Method: LiRA, Shadows: 2, Fit: fit, Rows: 501},
	} {
		if _, err := Members(t.Context(), w.target, w.people, w.others, o); err == nil {
			t.Errorf("%q with %d shadow models of %d rows: no error", o.Method, o.Shadows, o.Rows)
		}
	}
	w.people.Y[0] = 2
	if _, err := Members(t.Context(), w.target, w.people, w.others, Options{Method: Loss}); err == nil {
		t.Error("a label that the model does not have: no error")
	}
}

func TestParseMethod(t *testing.T) {
	for _, m := range Methods {
		if got, err := ParseMethod(string(m)); got != m || err != nil {
			t.Errorf("got %q, %v; want %q", got, err, m)
		}
	}
	if _, err := ParseMethod("guess"); err == nil {
		t.Error("an unknown method: no error")
	}
}

func TestFile(t *testing.T) {
	want := []float64{3.5, -1e-7, 0}
	var b bytes.Buffer
	if err := Write(&b, want); err != nil {
		t.Fatal(err)
	}
	if got, err := Read(&b, 3); err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v; want %v", got, err, want)
	}
	for name, text := range map[string]string{
		"nothing":     "",
		"no header":   "1,2\n",
		"one missing": "row,score\n1,2\n",
		"twice":       "row,score\n1,2\n1,3\n",
		"out of row":  "row,score\n3,2\n",
		"no number":   "row,score\n1,NaN\n2,1\n",
		"infinite":    "row,score\n1,1e999\n2,1\n",
		"long":        "row,score\n" + strings.Repeat("1", 1<<17),
	} {
		if _, err := Read(strings.NewReader(text), 2); !errors.Is(err, ErrFormat) {
			t.Errorf("%s: error %v, want ErrFormat", name, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add("row,score\n2,1\n1,-0.5\n")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := Read(strings.NewReader(text), 2)
		if err != nil {
			return
		}
		var b bytes.Buffer
		if err := Write(&b, got); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(&b, 2); err != nil {
			t.Errorf("%q was read, and not read again: %v", text, err)
		}
	})
}
