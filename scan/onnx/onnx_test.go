package onnx_test

import (
	"os"
	"testing"

	"quintain/scan"
	"quintain/scan/onnx"
	"quintain/scan/scantest"
)

func Test(t *testing.T)        { scantest.Run(t, onnx.Format) }
func FuzzInspect(f *testing.F) { scantest.Fuzz(f, onnx.Format) }

// TestMatchSavedModel gives the recognizer a message of another kind that
// begins with the same fields: a SavedModel of TensorFlow.
func TestMatchSavedModel(t *testing.T) {
	b, err := os.ReadFile("../savedmodel/testdata/native.pb")
	if err != nil {
		t.Fatal(err)
	}
	if onnx.Format.Match("saved_model.pb", b[:min(len(b), scan.HeadSize)]) {
		t.Error("a SavedModel is taken for an ONNX model")
	}
}
