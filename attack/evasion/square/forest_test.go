package square_test

import (
	"math"
	"os"
	"slices"
	"testing"

	"quintain/attack/evasion"
	"quintain/attack/evasion/evasiontest"
	"quintain/attack/evasion/square"
	"quintain/ml"
	"quintain/ml/onnx"
)

// thresholds returns where the trees in file cut each of four features.
func thresholds(t *testing.T, file string) [4][]float32 {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	g, err := onnx.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	var out [4][]float32
	for _, n := range g.Nodes {
		for i, mode := range n.Attr["nodes_modes"].Texts {
			if mode == "BRANCH_LEQ" {
				f := n.Attr["nodes_featureids"].Ints[i]
				out[f] = append(out[f], n.Attr["nodes_values"].Floats[i])
			}
		}
	}
	return out
}

// around returns rows of the ball around row i, one in every box in which the
// trees cannot tell rows apart.
func around(tr *evasion.Trial, i int, cuts [4][]float32) ml.Batch {
	center := tr.Batch.Row(i)
	rows := [][]float32{nil}
	for f, c := range center {
		low, high := max(c-tr.Ball.Radius[f], tr.Ball.Low[f]), min(c+tr.Ball.Radius[f], tr.Ball.High[f])
		at := []float32{low}
		for _, cut := range cuts[f] {
			if next := math.Nextafter32(cut, float32(math.Inf(1))); next > low && next <= high {
				at = append(at, next)
			}
		}
		slices.Sort(at)
		at = slices.Compact(at)
		var longer [][]float32
		for _, r := range rows {
			for _, v := range at {
				longer = append(longer, append(slices.Clone(r), v))
			}
		}
		rows = longer
	}
	return ml.Batch{X: slices.Concat(rows...), Dim: 4, Y: slices.Repeat([]int32{tr.Batch.Y[i]}, len(rows))}
}

// Which rows of a forest of four features can be turned is found by trying
// every box between its thresholds. The search finds nearly all of them, and no
// other.
func TestForests(t *testing.T) {
	fell, can := 0, 0
	for _, name := range []string{"tree", "forest", "forest2", "boost", "boost2"} {
		file := "../../../ml/testdata/sklearn/" + name + ".onnx"
		tr := evasiontest.Golden(t, file, 60, 0, 7, 0.08)
		cuts := thresholds(t, file)
		res, err := square.Attack.Run(t.Context(), tr)
		if err != nil {
			t.Fatal(err)
		}
		got, err := evasion.Fooled(t.Context(), tr.Model, res.Adv)
		if err != nil {
			t.Fatal(err)
		}
		for i, g := range got {
			all, err := evasion.Fooled(t.Context(), tr.Model, around(tr, i, cuts))
			if err != nil {
				t.Fatal(err)
			}
			want := slices.Contains(all, true)
			if g && !want {
				t.Errorf("%s: row %d fell, though none of %d boxes around it is of another class", name, i, len(all))
			}
			if g {
				fell++
			}
			if want {
				can++
			}
		}
	}
	t.Logf("%d of %d rows that can be turned fell", fell, can)
	if can < 50 || can > 250 || float64(fell) < 0.95*float64(can) {
		t.Errorf("%d of %d rows that can be turned fell, of 300; want at least 95%%", fell, can)
	}
}
