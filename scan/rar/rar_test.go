package rar_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"quintain"
	"quintain/scan"
	"quintain/scan/identity"
	"quintain/scan/pickle"
	"quintain/scan/rar"
	"quintain/scan/scantest"
)

func Test(t *testing.T)        { scantest.Run(t, rar.Format, pickle.Format, identity.Format) }
func FuzzInspect(f *testing.F) { scantest.Fuzz(f, rar.Format, pickle.Format) }

const signature5 = "Rar!\x1a\x07\x01\x00"

// sealed returns a header of version 5 with its checksum and its size.
func sealed(header []byte) []byte {
	b := append(binary.AppendUvarint(nil, uint64(len(header))), header...)
	return append(binary.LittleEndian.AppendUint32(nil, crc32.ChecksumIEEE(b)), b...)
}

// FuzzMember changes the header and the data of a member under right
// checksums, which FuzzInspect never finds.
func FuzzMember(f *testing.F) {
	files, err := filepath.Glob("testdata/*5.rar")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for b = b[len(signature5):]; len(b) > 5; {
			n := 5 + int(b[4])
			if n > len(b) {
				break
			}
			f.Add(b[5:n], b[n:min(len(b), n+300)])
			b = b[n:]
		}
	}
	f.Fuzz(func(t *testing.T, header, packed []byte) {
		data := slices.Concat([]byte(signature5), sealed([]byte{1, 0, 0}), sealed(header), packed, sealed([]byte{5, 0, 0}))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		found := scantest.Bytes(t, data, rar.Format)
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > 128<<20 {
			t.Errorf("an archive of %d bytes made the scanner allocate %d", len(data), n)
		}
		for _, x := range found {
			if strings.Contains(x.Summary, "internal error") {
				t.Error(x.Summary)
			}
		}
	})
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestContent proves that the check of pickles sees what archives hold, also
// where the archive is broken behind it.
func TestContent(t *testing.T) {
	for name, want := range map[string]string{
		"benign5.rar":       "pass benign5.rar!a/packed.pkl",
		"evil5.rar":         "fail critical evil5.rar!evil.pkl@",
		"evil4.rar":         "fail critical evil4.rar!evil.pkl@",
		"nested.rar":        "fail critical nested.rar!inner.rar!evil.pkl@",
		"stream.rar":        "hides a file",
		"trailing.rar":      "fail critical trailing.rar!trailing@",
		"packed_broken.rar": "fail critical packed_broken.rar!b.pkl@",
		"checksum.rar":      "fail critical checksum.rar!b.pkl@",
		"cut.rar":           "fail critical cut.rar!a.pkl@",
		"header_sum4.rar":   "fail critical header_sum4.rar!a.pkl@",
	} {
		findings := scantest.Scan(t, map[string][]byte{name: read(t, name)}, rar.Format, pickle.Format)
		if got := scantest.Lines(findings, pickle.Format); !strings.Contains(got, want) {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

// TestCut holds every beginning of an archive to not passing.
func TestCut(t *testing.T) {
	for _, name := range []string{"benign5.rar", "benign4.rar"} {
		data := read(t, name)
		if !passes(t, data) {
			t.Fatalf("%s does not pass", name)
		}
		for n := 8; n < len(data); n++ {
			if passes(t, data[:n]) {
				t.Errorf("the first %d of %d bytes of %s pass", n, len(data), name)
			}
		}
	}
}

// TestFlip holds every change of a byte to not passing. In packed data some
// bits do not count, such as codes that are not used.
func TestFlip(t *testing.T) {
	for _, name := range []string{"stored5.rar", "benign4.rar"} {
		data := read(t, name)
		for i := range data {
			changed := bytes.Clone(data)
			changed[i] ^= 0x11
			if passes(t, changed) {
				t.Errorf("byte %d of %s changed, and the archive passes", i, name)
			}
		}
	}
}

// passes reports whether the archive itself passes, whatever is in it.
func passes(t *testing.T, data []byte) bool {
	t.Helper()
	findings, err := scan.Inspect(t.Context(), "a.rar", bytes.NewReader(data), int64(len(data)), rar.Format, pickle.Format)
	if err != nil {
		t.Fatal(err)
	}
	passed := false
	for _, f := range findings {
		if f.Check == rar.Format.Name {
			if passed = f.Outcome == quintain.Pass; !passed {
				return false
			}
		}
	}
	return passed
}
