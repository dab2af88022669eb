package tar_test

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"quintain"
	"quintain/scan"
	"quintain/scan/compressed"
	"quintain/scan/identity"
	"quintain/scan/pickle"
	"quintain/scan/scantest"
	"quintain/scan/tar"
)

func Test(t *testing.T)        { scantest.Run(t, tar.Format, pickle.Format, identity.Format) }
func FuzzInspect(f *testing.F) { scantest.Fuzz(f, tar.Format, pickle.Format) }

func read(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestContent proves that the check of pickles sees what archives hold: in
// members, archives in archives, behind the end, and where one of two sizes
// would hide it.
func TestContent(t *testing.T) {
	for _, test := range []struct{ name, want string }{
		{"benign_pax", "pass "},
		{"evil", "evil.tar!b/data.pkl@"},
		{"nested", "nested.tar!inner.tar!a.pkl@"},
		{"twice", "twice.tar!./a.pkl@"},
		{"second_archive", "second_archive.tar!trailing!b.pkl@"},
		{"lone_zeros", "lone_zeros.tar!trailing!b.pkl@"},
		{"trailing", "trailing.tar!trailing@"},
		{"pax_size", "pax_size.tar!a.bin!evil.pkl@"},
		{"pax_size_less", "pax_size_less.tar!evil.pkl@"},
		{"link_size", "link_size.tar!evil.pkl@"},
		{"folder_size", "folder_size.tar!evil.pkl@"},
		{"member_cut", "member_cut.tar!a.pkl@"},
	} {
		name := test.name + ".tar"
		want := test.want
		if want != "pass " {
			want = "fail critical " + want
		}
		findings := scantest.Scan(t, map[string][]byte{name: read(t, name)}, tar.Format, pickle.Format)
		if got := scantest.Lines(findings, pickle.Format); !strings.Contains(got, want) {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

// TestCompressed proves that an archive is seen behind a compressor.
func TestCompressed(t *testing.T) {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(read(t, "evil.tar")); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	findings := scantest.Scan(t, map[string][]byte{"m.tgz": b.Bytes()}, tar.Format, pickle.Format, compressed.Format)
	if got, want := scantest.Lines(findings, pickle.Format), "fail critical m.tgz!m.tar!b/data.pkl@"; !strings.HasPrefix(got, want) {
		t.Errorf("pickle: got %q, want %q", got, want)
	}
	if got, want := scantest.Lines(findings, tar.Format), "not-applicable\n"; got != want {
		t.Errorf("tar: got %q, want %q", got, want)
	}
}

// TestCut holds every beginning of an archive to not passing.
func TestCut(t *testing.T) {
	data := read(t, "benign_ustar.tar")
	if !passes(t, data) {
		t.Fatal("the whole archive does not pass")
	}
	for n := 512; n < len(data); n += 37 {
		if passes(t, data[:n]) {
			t.Errorf("the first %d of %d bytes pass", n, len(data))
		}
	}
}

// TestFlip holds every change of a byte in a header to not passing. In the
// checksum itself some bytes do not count.
func TestFlip(t *testing.T) {
	data := read(t, "benign_ustar.tar")
	for i := range 512 {
		changed := bytes.Clone(data)
		changed[i] ^= 0x11
		if passes(t, changed) && (i < 148 || i >= 156) {
			t.Errorf("byte %d changed, and the archive passes", i)
		}
	}
}

// passes reports whether the archive itself passes, whatever is in it.
func passes(t *testing.T, data []byte) bool {
	t.Helper()
	findings, err := scan.Inspect(t.Context(), "a.tar", bytes.NewReader(data), int64(len(data)), tar.Format, pickle.Format)
	if err != nil {
		t.Fatal(err)
	}
	passed := false
	for _, f := range findings {
		if f.Check == tar.Format.Name {
			if passed = f.Outcome == quintain.Pass; !passed {
				return false
			}
		}
	}
	return passed
}
