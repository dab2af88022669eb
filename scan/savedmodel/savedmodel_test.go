package savedmodel

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"quintain"
	"quintain/scan"
	"quintain/scan/keras"
	"quintain/scan/scantest"
)

func Test(t *testing.T)        { scantest.Run(t, Format, keras.Format) }
func FuzzInspect(f *testing.F) { scantest.Fuzz(f, Format) }

// TestCut cuts a real model at every 7th byte. None of the pieces passes but
// those that end between two nodes, and there the rest is missing.
func TestCut(t *testing.T) {
	for _, name := range []string{"net.pb", "variables.index"} {
		data, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		for n := 4; n < len(data); n += 7 {
			for _, f := range scantest.Bytes(t, data[:n], Format) {
				if f.Outcome == quintain.Pass || strings.Contains(f.Summary, "internal") {
					t.Errorf("the first %d of %d bytes of %s: %s %s", n, len(data), name, f.Outcome, f.Summary)
				}
			}
		}
	}
}

// TestKeras hands the configuration of Keras in a model to the check of Keras.
func TestKeras(t *testing.T) {
	data, err := os.ReadFile("testdata/assets.pb")
	if err != nil {
		t.Fatal(err)
	}
	got, err := scan.Inspect(t.Context(), "saved_model.pb", bytes.NewReader(data), int64(len(data)), Format, keras.Format)
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, f := range got {
		found = found || f.Check == keras.Format.Name && f.Outcome == quintain.Fail
	}
	if !found {
		t.Errorf("findings %v, want one about the Lambda layer", got)
	}
}
