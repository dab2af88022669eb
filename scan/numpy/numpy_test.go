package numpy_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"quintain"
	"quintain/scan/identity"
	"quintain/scan/numpy"
	"quintain/scan/pickle"
	"quintain/scan/scantest"
	"quintain/scan/torch"
)

func Test(t *testing.T)        { scantest.Run(t, numpy.Format, pickle.Format, identity.Format) }
func FuzzInspect(f *testing.F) { scantest.Fuzz(f, numpy.Format, pickle.Format) }

// TestContent proves that the check of pickles sees what arrays hold: objects,
// whatever the header calls them, and numbers that are a pickle.
func TestContent(t *testing.T) {
	for _, test := range []struct {
		name string
		want string // of the first finding of scan/pickle
	}{
		{"objects.npy", "pass"},
		{"float32.npy", "not-applicable"},
		{"evil.npy", "fail critical evil.npy!data.pkl@"},
		{"evil_field.npy", "fail critical evil_field.npy!data.pkl@"},
		{"escaped.txtar", "fail critical w.npy!data.pkl@"},
		{"comma.txtar", "fail critical w.npy!data@"},
		{"twice.txtar", "fail critical w.npy!data@"},
		{"pickle_bytes.txtar", "fail critical w.npy!data@"},
		{"trailing.txtar", "fail critical w.npy!trailing@"},
	} {
		files := make(map[string][]byte)
		if path := filepath.Join("testdata", test.name); strings.HasSuffix(path, ".txtar") {
			ar, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			files, _ = scantest.Files(t, ar)
		} else {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			files[test.name] = data
		}
		got := scantest.Lines(scantest.Scan(t, files, numpy.Format, pickle.Format), pickle.Format)
		if !strings.HasPrefix(got, test.want) {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

// TestArchive proves that arrays in an .npz are inspected one by one.
func TestArchive(t *testing.T) {
	data, err := os.ReadFile("testdata/evil.npz")
	if err != nil {
		t.Fatal(err)
	}
	findings := scantest.Scan(t, map[string][]byte{"evil.npz": data}, numpy.Format, pickle.Format, torch.Format)
	if got, want := scantest.Lines(findings, pickle.Format), "fail critical evil.npz!labels.npy!data.pkl@"; !strings.HasPrefix(got, want) {
		t.Errorf("pickle: got %q, want %q", got, want)
	}
	for _, f := range findings {
		if f.Check == numpy.Format.Name && f.Outcome != quintain.Pass {
			t.Errorf("numpy: got %v %s, want pass", f.Outcome, f.Summary)
		}
	}
}
