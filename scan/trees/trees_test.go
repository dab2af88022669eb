package trees

import (
	"os"
	"testing"

	"quintain"
	"quintain/scan/scantest"
)

func Test(t *testing.T)        { scantest.Run(t, Format) }
func FuzzInspect(f *testing.F) { scantest.Fuzz(f, Format) }

// TestCut cuts real models at every byte. None of the pieces passes, but for
// a text that lacks only its last lines.
func TestCut(t *testing.T) {
	for name, whole := range map[string]int{"model.ubj": 0, "model.json": 0, "model.bin": 0, "classes.ubj": 0} {
		data, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		for n := range len(data) - whole {
			for _, f := range scantest.Bytes(t, data[:n], Format) {
				if f.Outcome == quintain.Pass {
					t.Errorf("the first %d of %d bytes of %s pass", n, len(data), name)
				}
			}
		}
	}
}
