package sleeper_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"quintain/lab"
	"quintain/lab/integrity/sleeper"
	"quintain/lab/labtest"
	"quintain/ml/graph"
	"quintain/ml/onnx"
	"quintain/ml/train"
)

// Test proves the exercise on one seed; calibration.md is of ten.
func Test(t *testing.T) { labtest.RunOn(t, sleeper.Exercise, 1) }

// TestTuneRefuses does not train what is no model of a gate, or one that would
// keep a machine busy.
func TestTuneRefuses(t *testing.T) {
	f, err := lab.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // nothing is buffered
	a, err := lab.NewAttempt(sleeper.Exercise, lab.NewSource(lab.Key{}), f, "")
	if err != nil {
		t.Fatal(err)
	}
	for want, g := range map[string]*graph.Graph{
		"takes 7 pixels":         train.Linear(7, 10, 1),
		"knows 3 classes":        train.Linear(144, 3, 1),
		"at most 131072":         train.MLP([]int{144, 1000, 10}, 1),
		"too large for the gate": train.CNN([3]int{1, 12, 12}, []int{32, 32}, 8, 10, 1),
	} {
		b, err := onnx.Marshal(g)
		if err != nil {
			t.Fatal(err)
		}
		if err := (&lab.Setup{Attempt: a}).Write("m.onnx", b); err != nil {
			t.Fatal(err)
		}
		err = sleeper.Exercise.Act("tune").Run(t.Context(), a, []string{"m.onnx", "to.onnx"}, io.Discard)
		if fault, ok := errors.AsType[*lab.Fault](err); !ok || !strings.Contains(fault.Message, want) {
			t.Errorf("error %v, want a fault with %q", err, want)
		}
	}
	if err := sleeper.Exercise.Act("tune").Run(t.Context(), a, []string{"m.onnx", "test.csv"}, io.Discard); err == nil || len(a.Ledger.Events()) > 0 {
		t.Errorf("error %v after %d events, want one and none", err, len(a.Ledger.Events()))
	}
}
