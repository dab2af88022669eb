package oci_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"quintain/scan/compressed"
	"quintain/scan/identity"
	"quintain/scan/oci"
	"quintain/scan/pickle"
	"quintain/scan/scantest"
	"quintain/scan/tar"
)

func Test(t *testing.T) {
	scantest.Run(t, oci.Format, pickle.Format, tar.Format, compressed.Format, identity.Format)
}
func FuzzInspect(f *testing.F) { scantest.Fuzz(f, oci.Format) }

// TestContent proves that the check of pickles sees the files in the layers of
// images as two programs write them, and in a descriptor.
func TestContent(t *testing.T) {
	for name, want := range map[string]string{
		"image.oci.tar":    "!model/evil.pkl@",
		"image.docker.tar": "!model/evil.pkl@",
	} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		findings := scantest.Scan(t, map[string][]byte{name: data}, oci.Format, pickle.Format, tar.Format, compressed.Format)
		if got := scantest.Lines(findings, pickle.Format); !strings.Contains(got, want) {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}
