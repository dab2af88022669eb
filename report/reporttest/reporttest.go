// Package reporttest holds report formats to their contract.
//
// The sample runs are in report/testdata; what a format makes of each of them
// is in the testdata of the format.
package reporttest

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"quintain/report"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// dir is where the samples are, seen from the package of a format.
const dir = "../testdata"

// Run renders every sample with f twice and checks that the bytes are the
// same, that nothing in them is hidden from the reader, and that they are the
// golden file.
func Run(t *testing.T, f *report.Format) {
	if f.Name == "" || f.Doc == "" || strings.HasSuffix(f.Doc, ".") {
		t.Errorf("format %q: doc %q is empty or ends in a full stop", f.Name, f.Doc)
	}
	for name, d := range Samples(t) {
		t.Run(name, func(t *testing.T) {
			got, again := Render(t, f, d), Render(t, f, d)
			if !bytes.Equal(got, again) {
				t.Error("rendering twice gave different bytes")
			}
			if err := shows(got); err != nil {
				t.Error(err)
			}
			golden(t, goldenFile(f, name), got)
		})
	}
}

// Samples returns the sample runs by name.
func Samples(t testing.TB) map[string]*report.Document {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no samples in %s: %v", dir, err)
	}
	samples := make(map[string]*report.Document)
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		d, err := report.Decode(bytes.NewReader(b))
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		samples[strings.TrimSuffix(filepath.Base(file), ".json")] = d
	}
	return samples
}

// Render returns what f writes of d.
func Render(t testing.TB, f *report.Format, d *report.Document) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := f.Write(&b, d); err != nil {
		t.Fatalf("write %s: %v", f.Name, err)
	}
	return b.Bytes()
}

// goldenFile returns where what f makes of a sample is kept. The golden of JSON
// is the sample itself.
func goldenFile(f *report.Format, sample string) string {
	if f.Name == "json" {
		return filepath.Join(dir, sample+".json")
	}
	return filepath.Join("testdata", sample+".golden")
}

// shows reports the first character that a reader would not see.
func shows(b []byte) error {
	if want := report.Visible(string(b)); want != string(b) {
		i := 0
		for i < len(want) && i < len(b) && want[i] == b[i] {
			i++
		}
		return fmt.Errorf("byte %d is hidden from the reader: %q", i, b[max(0, i-20):min(len(b), i+20)])
	}
	return nil
}

func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v (rewrite with -update)", err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs (rewrite with -update)\n%s", file, firstDifference(got, want))
	}
}

// firstDifference shows the first line in which got and want differ.
func firstDifference(got, want []byte) string {
	g, w := strings.Split(string(got), "\n"), strings.Split(string(want), "\n")
	for i := range max(len(g), len(w)) {
		var a, b string
		if i < len(g) {
			a = g[i]
		}
		if i < len(w) {
			b = w[i]
		}
		if a != b {
			return fmt.Sprintf("line %d\n got %q\nwant %q", i+1, a, b)
		}
	}
	return ""
}
