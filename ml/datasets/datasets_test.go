package datasets_test

import (
	"math"
	"reflect"
	"testing"

	"quintain/ml"
	"quintain/ml/datasets"
	"quintain/ml/graph"
	"quintain/ml/train"
)

// What the sources say of their tables.
func TestTables(t *testing.T) {
	for _, c := range []struct {
		info   datasets.Info
		b      ml.Batch
		rows   int
		counts []int
		sum    float64 // of all features
	}{
		{datasets.AboutDigits(), datasets.Digits(), 1797, []int{178, 182, 177, 183, 181, 182, 181, 179, 174, 180}, 561718.0 / 16},
		{datasets.AboutCancer(), datasets.Cancer(), 569, []int{212, 357}, 1056474.4596356},
		{datasets.AboutCredit(), datasets.Credit(), 1000, []int{700, 300}, 0},
	} {
		if c.b.Rows() != c.rows || c.info.Rows != c.rows || len(c.info.Features) != c.b.Dim {
			t.Errorf("%s: %d rows of %d features, said to be %d of %d; want %d rows", c.info.Name, c.b.Rows(), c.b.Dim, c.info.Rows, len(c.info.Features), c.rows)
		}
		counts := make([]int, len(c.info.Classes))
		for _, y := range c.b.Y {
			counts[y]++
		}
		if !reflect.DeepEqual(counts, c.counts) {
			t.Errorf("%s: %v rows of the classes, want %v", c.info.Name, counts, c.counts)
		}
		var sum float64
		for i, v := range c.b.X {
			sum += float64(v)
			if f := c.info.Features[i%c.b.Dim]; v < f.Low || v > f.High {
				t.Errorf("%s: %q is %v, said to be from %v to %v", c.info.Name, f.Name, v, f.Low, f.High)
			}
		}
		if c.sum != 0 && math.Abs(sum/c.sum-1) > 1e-6 {
			t.Errorf("%s: features sum to %v, want %v", c.info.Name, sum, c.sum)
		}
	}
}

// Every row of the credit table satisfies what is said of its features.
func TestCreditFacts(t *testing.T) {
	b, info := datasets.Credit(), datasets.AboutCredit()
	groups, kinds := make(map[string]bool), make(map[datasets.Kind]int)
	for _, f := range info.Features {
		kinds[f.Kind]++
		if f.Group != "" {
			groups[f.Group] = true
		}
	}
	if kinds[datasets.Integer] != 7 || kinds[datasets.Binary] != 2 || kinds[datasets.OneHot] != 52 || len(groups) != 11 {
		t.Errorf("kinds %v in %d groups, want 7 integers, 2 binary and 52 one-hot in 11 groups", kinds, len(groups))
	}
	for r := range b.Rows() {
		hot := make(map[string]float32)
		for k, v := range b.Row(r) {
			f := info.Features[k]
			if v != float32(math.Trunc(float64(v))) {
				t.Errorf("row %d: %q is %v, want an integer", r, f.Name, v)
			}
			if f.Kind == datasets.OneHot {
				hot[f.Group] += v
			}
		}
		for g, n := range hot {
			if n != 1 {
				t.Errorf("row %d: group %q has %v features set, want 1", r, g, n)
			}
		}
	}
}

func TestSplit(t *testing.T) {
	tr, te := datasets.Split(datasets.Digits())
	if tr.Rows() != 1437 || te.Rows() != 360 {
		t.Fatalf("%d and %d rows, want 1437 and 360", tr.Rows(), te.Rows())
	}
	all := datasets.Digits()
	if !reflect.DeepEqual(te.Row(1), all.Row(5)) || !reflect.DeepEqual(tr.Row(4), all.Row(6)) {
		t.Error("rows are not where the rule puts them")
	}
}

func TestStandardize(t *testing.T) {
	tr, te := datasets.Split(datasets.Cancer())
	raw := te.Clone()
	datasets.Standardize(tr, te)
	for k := range tr.Dim {
		var sum, squares float64
		for i := range tr.Rows() {
			v := float64(tr.Row(i)[k])
			sum, squares = sum+v, squares+v*v
		}
		n := float64(tr.Rows())
		if math.Abs(sum/n) > 1e-5 || math.Abs(squares/n-1) > 1e-4 {
			t.Errorf("feature %d has mean %v and mean square %v, want 0 and 1", k, sum/n, squares/n)
		}
	}
	// An affine map keeps ratios of differences.
	got := (te.Row(1)[0] - te.Row(0)[0]) / (te.Row(2)[0] - te.Row(0)[0])
	want := (raw.Row(1)[0] - raw.Row(0)[0]) / (raw.Row(2)[0] - raw.Row(0)[0])
	if math.Abs(float64(got-want)) > 1e-4 {
		t.Errorf("ratio %v after scaling, want %v", got, want)
	}
}

func TestSameSeedSameRows(t *testing.T) {
	for name, f := range map[string]func(seed uint64) ml.Batch{
		"fraud":  func(s uint64) ml.Batch { return datasets.Fraud(50, 0.3, s) },
		"glyphs": func(s uint64) ml.Batch { return datasets.Glyphs(20, 14, datasets.GlyphNoise, s) },
		"trial":  func(s uint64) ml.Batch { return datasets.Trial(20, 5, s) },
		"mail": func(s uint64) ml.Batch {
			m := datasets.Mail(20, s)
			return datasets.Count(m, datasets.Vocabulary(datasets.Mail(100, 1)))
		},
	} {
		if !reflect.DeepEqual(f(1), f(1)) {
			t.Errorf("%s: two runs differ", name)
		}
		if reflect.DeepEqual(f(1).X, f(2).X) {
			t.Errorf("%s: two seeds give the same rows", name)
		}
	}
}

// The classes of Fraud are where the closed form says, and the direction of
// the shifts separates them as well as the limit says.
func TestFraudClosedForm(t *testing.T) {
	b := datasets.Fraud(20_000, 0.3, 5)
	var n [2]int
	var mean [2][]float64
	mean[0], mean[1] = make([]float64, b.Dim), make([]float64, b.Dim)
	for i, y := range b.Y {
		n[y]++
		for k, v := range b.Row(i) {
			mean[y][k] += float64(v)
		}
	}
	if n[1] != 6000 {
		t.Errorf("%d of 20000 rows are fraud, want 6000", n[1])
	}
	var far float64
	for k := range b.Dim {
		d := 8 * (mean[1][k]/float64(n[1]) - mean[0][k]/float64(n[0]))
		far += d * d
	}
	if got := math.Sqrt(far); math.Abs(got-4.2) > 0.05 {
		t.Errorf("the classes are %v apart, want 4.2", got)
	}
	if got := datasets.FraudLimit(4.2); got != 0.5 {
		t.Errorf("FraudLimit(4.2) = %v, want 0.5", got)
	}
}

// learn trains g and returns the share of the rows of test that it gets right.
func learn(t *testing.T, g *graph.Graph, tr, te ml.Batch, epochs int) (*graph.Net, float64) {
	t.Helper()
	out, err := train.Fit(t.Context(), g, tr, train.Options{Epochs: epochs, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	net, err := graph.Compile(out, graph.Options{})
	if err != nil {
		t.Fatal(err)
	}
	hits, err := train.Accuracy(t.Context(), net, te)
	if err != nil {
		t.Fatal(err)
	}
	return net, float64(hits) / float64(te.Rows())
}

// Small nets do as well as the exercises that use the tables need.
func TestDifficulty(t *testing.T) {
	tr, te := datasets.Split(datasets.Glyphs(2500, 14, datasets.GlyphNoise, 1))
	if _, got := learn(t, train.MLP([]int{196, 48, 10}, 1), tr, te, 30); got < 0.94 || got > 0.98 {
		t.Errorf("glyphs: accuracy %v, want 0.94 to 0.98", got)
	}
	b := datasets.Trial(3150, 60, 1)
	tr, te = ml.Batch{X: b.X[:150*60], Dim: 60, Y: b.Y[:150]}, ml.Batch{X: b.X[150*60:], Dim: 60, Y: b.Y[150:]}
	net, got := learn(t, train.MLP([]int{60, 64, 2}, 1), tr, te, 100)
	if hits, err := train.Accuracy(t.Context(), net, tr); err != nil || hits != 150 || got < 0.65 || got > 0.74 {
		t.Errorf("trial: %d of 150 and %v of others right, %v; want all and about 0.69", hits, got, err)
	}
	tr, te = datasets.Split(datasets.Fraud(5000, 0.3, 1))
	net, _ = learn(t, train.MLP([]int{8, 16, 2}, 1), tr, te, 20)
	z, err := net.Predict(t.Context(), te)
	if err != nil {
		t.Fatal(err)
	}
	var c [2][2]float64
	for i, y := range te.Y {
		c[y][ml.Argmax(z[2*i:2*i+2])]++
	}
	if recall, fpr := c[1][1]/(c[1][0]+c[1][1]), c[0][1]/(c[0][0]+c[0][1]); recall < 0.95 || fpr > 0.03 {
		t.Errorf("fraud: recall %v at false-positive rate %v, want at least 0.95 at 0.03 at most", recall, fpr)
	}
}
