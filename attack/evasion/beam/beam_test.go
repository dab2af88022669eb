package beam_test

import (
	"math/rand/v2"
	"testing"

	"quintain/attack/evasion"
	"quintain/attack/evasion/beam"
	"quintain/attack/evasion/rules"
	"quintain/ml"
	"quintain/ml/graph"
)

const file = `
features:
  - name: a
    type: integer
  - name: b
    type: integer
    change: up
  - name: c
    type: integer
    change: down
groups:
  - name: g
    columns: [p, q, r]
relations:
  - sum: [{feature: a, times: 1}, {feature: b, times: 1}]
    op: "<="
    than: 9
  - if: {feature: p, op: "=", value: 1}
    then: {feature: c, op: "<=", value: 4}
`

// every lists all rows there are of the table.
func every() [][]float32 {
	var out [][]float32
	for a := range 7 {
		for b := range 7 {
			for c := range 7 {
				for g := range 3 {
					x := []float32{float32(a), float32(b), float32(c), 0, 0, 0}
					x[3+g] = 1
					out = append(out, x)
				}
			}
		}
	}
	return out
}

// A small table can be searched whole: the attack turns a row within so many
// edits if and only if some valid row is that near and of another class.
func TestAgainstEnumeration(t *testing.T) {
	if err := beam.Attack.Validate(); err != nil {
		t.Error(err)
	}
	low, high := make([]float32, 6), []float32{6, 6, 6, 1, 1, 1}
	set, err := rules.Parse("f.yaml", []byte(file), []string{"a", "b", "c", "p", "q", "r"}, low, high)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(3, 3))
	all := every()
	can, cannot := 0, 0
	for range 4 {
		w := make([]float32, 6)
		for i := range w {
			w[i] = float32(rng.NormFloat64())
		}
		net, err := graph.Compile(graph.Linear([][]float32{make([]float32, 6), w}, []float32{0, -3 * (w[0] + w[1] + w[2])}), graph.Options{})
		if err != nil {
			t.Fatal(err)
		}
		b := ml.Batch{Dim: 6}
		for _, x := range all {
			b.X = append(b.X, x...)
		}
		z, err := net.Predict(t.Context(), b)
		if err != nil {
			t.Fatal(err)
		}
		class := func(i int) int32 { return int32(ml.Argmax(z[2*i : 2*i+2])) }
		for edits := 1; edits <= 3; edits++ {
			tr := &evasion.Trial{Model: net, Rules: set, Budget: evasion.Budget{Steps: edits, Queries: 1 << 20}, Batch: ml.Batch{Dim: 6}}
			var want []bool
			for range 25 {
				i := rng.IntN(len(all))
				if set.Valid(all[i], all[i]) != nil {
					continue
				}
				tr.Batch.X, tr.Batch.Y = append(tr.Batch.X, all[i]...), append(tr.Batch.Y, class(i))
				found := false
				for j, x := range all {
					n, _ := set.Edits(x, all[i])
					found = found || n <= edits && class(j) != class(i) && set.Valid(x, all[i]) == nil
				}
				want = append(want, found)
			}
			res, err := beam.Attack.Run(t.Context(), tr)
			if err != nil {
				t.Fatal(err)
			}
			fell, err := evasion.Fooled(t.Context(), net, res.Adv)
			if err != nil {
				t.Fatal(err)
			}
			for i, f := range fell {
				if err := set.Valid(res.Adv.Row(i), tr.Batch.Row(i)); err != nil {
					t.Errorf("row %v became %v: %v", tr.Batch.Row(i), res.Adv.Row(i), err)
				}
				if f != want[i] {
					t.Errorf("%d edits of %v: fell is %v, by enumeration %v", edits, tr.Batch.Row(i), f, want[i])
				}
				if want[i] {
					can++
				} else {
					cannot++
				}
			}
		}
	}
	if can < 40 || cannot < 40 {
		t.Errorf("%d rows can be turned and %d cannot: the models decide nothing", can, cannot)
	}
}
