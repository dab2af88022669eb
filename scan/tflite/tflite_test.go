package tflite

import (
	"os"
	"testing"

	"quintain"
	"quintain/scan/scantest"
)

func Test(t *testing.T)        { scantest.Run(t, Format) }
func FuzzInspect(f *testing.F) { scantest.Fuzz(f, Format) }

// TestCut cuts a real model at every byte. None of the pieces passes.
func TestCut(t *testing.T) {
	data, err := os.ReadFile("testdata/net.tflite")
	if err != nil {
		t.Fatal(err)
	}
	for n := range data {
		for _, f := range scantest.Bytes(t, data[:n], Format) {
			if f.Outcome == quintain.Pass {
				t.Errorf("the first %d of %d bytes pass", n, len(data))
			}
		}
	}
}
