package capgd_test

import (
	"testing"

	"quintain/attack/evasion"
	"quintain/attack/evasion/capgd"
	"quintain/attack/evasion/evasiontest"
	"quintain/attack/evasion/pgd"
	"quintain/attack/evasion/rules"
)

const file = `
features:
  - name: f0
  - name: f1
  - name: f2
    change: up
  - name: f3
    change: down
relations:
  - sum: [{feature: f0, times: 1}, {feature: f4, times: -2}]
    op: "<="
    than: 3
`

// What falls keeps to the rules and the ball, some rows do, and without rules
// that forbid anything nearly as many fall as for plain descent.
func Test(t *testing.T) {
	if err := capgd.Attack.Validate(); err != nil || capgd.Attack.Paper == "" {
		t.Errorf("%v, paper %q", err, capgd.Attack.Paper)
	}
	tr := evasiontest.Golden(t, "../../../ml/testdata/mlp.onnx", 120, -3, 3, 0.15)
	columns := []string{"f0", "f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8", "f9", "f10", "f11"}
	open := "features:\n"
	for _, c := range columns {
		open += "  - name: " + c + "\n"
	}
	fallen := map[string]int{}
	for _, text := range []string{file, open} {
		set, err := rules.Parse("f.yaml", []byte(text), columns, tr.Ball.Low, tr.Ball.High)
		if err != nil {
			t.Fatal(err)
		}
		own := *tr
		var keep []int
		for i := range tr.Batch.Rows() {
			if set.Valid(tr.Batch.Row(i), tr.Batch.Row(i)) == nil {
				keep = append(keep, i)
			}
		}
		own.Batch, own.Rules = tr.Batch.Pick(keep), set
		res, err := capgd.Attack.Run(t.Context(), &own)
		if err != nil {
			t.Fatal(err)
		}
		fell, err := evasion.Fooled(t.Context(), own.Model, res.Adv)
		if err != nil {
			t.Fatal(err)
		}
		for i, f := range fell {
			x, center := res.Adv.Row(i), own.Batch.Row(i)
			if err := own.Ball.Check(x, center); err != nil {
				t.Error(err)
			}
			if err := set.Valid(x, center); err != nil {
				t.Error(err)
			}
			if f {
				fallen[text]++
			}
		}
	}
	free := tr.Batch.Rows() - evasiontest.Standing(t, pgd.Attack, tr)
	if a, b := fallen[file], fallen[open]; a == 0 || a >= b || b < free*9/10 {
		t.Errorf("%d rows fall within the rules and %d without any, %d to plain descent", a, b, free)
	}
}
