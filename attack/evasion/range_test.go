package evasion_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"quintain/attack/evasion"
	"quintain/attack/evasion/all"
	"quintain/ml/graph"
	"quintain/ml/onnx"
	"quintain/record"
)

// TestRange attacks a model that goes by features which are 0 in all rows: who
// takes the ranges from the rows does not move them, and who is told that they
// can be anything from 0 to 1 does.
func TestRange(t *testing.T) {
	raw, err := onnx.Marshal(graph.Linear([][]float32{{1, 10, 0}, {-1, -10, 2}}, []float32{-0.5, 0}))
	if err != nil {
		t.Fatal(err)
	}
	rows := &strings.Builder{}
	rows.WriteString("level,dark,other,label\n")
	for i := range 60 {
		v := float64(i+1) / 61
		label := 0
		if v-0.5 < -v {
			label = 1
		}
		fmt.Fprintf(rows, "%v,0,0,%d\n", v, label)
	}
	tg := target(file(t, "linear.onnx", string(raw)), file(t, "rows.csv", rows.String()), "0.06")
	stands := func(bounds string) float64 {
		tg.With["range"] = bounds
		for _, f := range run(t, tg, evasion.Options{Seed: 1, Steps: 20}) {
			if f.Check != "attack/evasion/standard" {
				continue
			}
			for _, e := range f.Evidence {
				if m := e.Measure; m != nil && m.Name == "robust accuracy, upper bound" {
					return m.Value
				}
			}
		}
		t.Fatal("no robust accuracy")
		return 0
	}
	asSeen, said := stands(""), stands("0,1")
	// The logits of a row of level v are 2v-0.5 apart. Level moves that by 0.12;
	// the others, which cannot go below 0, by 0.12 down and 1.2 up. Levels from
	// 0.19 to 0.31 fall, and where all move everything up to 0.37.
	if math.Abs(asSeen-0.88) > 0.02 || math.Abs(said-0.63) > 0.02 {
		t.Errorf("%v stand where the rows give the ranges and %v where they are from 0 to 1, want 0.88 and 0.63", asSeen, said)
	}
	for _, bounds := range []string{"1,0", "0", "a,b", "0,Inf", "0,0.5"} {
		tg.With["range"] = bounds
		rec := record.NewMemory()
		e := evasion.New(evasion.Options{}, all.Attacks...)
		if err := e.Run(t.Context(), tg, e.Checks(), rec); err == nil || len(rec.Findings()) > 0 || !strings.Contains(err.Error(), "range") {
			t.Errorf("range %q: Run = %v, want an error about the range", bounds, err)
		}
	}
}
