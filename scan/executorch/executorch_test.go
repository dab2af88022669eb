package executorch_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"quintain"
	"quintain/scan"
	"quintain/scan/executorch"
	"quintain/scan/identity"
	"quintain/scan/pickle"
	"quintain/scan/scantest"
)

func Test(t *testing.T)        { scantest.Run(t, executorch.Format, pickle.Format, identity.Format) }
func FuzzInspect(f *testing.F) { scantest.Fuzz(f, executorch.Format) }

// TestHidden proves that segments are searched for pickles.
func TestHidden(t *testing.T) {
	data, err := os.ReadFile("testdata/hidden.pte")
	if err != nil {
		t.Fatal(err)
	}
	found := scantest.Scan(t, map[string][]byte{"a.pte": data}, executorch.Format, pickle.Format)
	if got, want := scantest.Lines(found, pickle.Format), "a segment hides a file: would run code"; !strings.Contains(got, want) {
		t.Errorf("got %q, want %q in it", got, want)
	}
}

// TestCut holds every beginning of a program to not passing.
func TestCut(t *testing.T) {
	data, err := os.ReadFile("testdata/ok.pte")
	if err != nil {
		t.Fatal(err)
	}
	for n := 8; n <= len(data); n++ {
		found, err := scan.Inspect(t.Context(), "a.pte", bytes.NewReader(data[:n]), int64(n), executorch.Format)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := found[0].Outcome == quintain.Pass, n == len(data); got != want {
			t.Errorf("the first %d of %d bytes: passes %v, want %v", n, len(data), got, want)
		}
	}
}
