package sevenzip_test

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
	"quintain/scan/scantest"
	"quintain/scan/sevenzip"
)

func Test(t *testing.T)        { scantest.Run(t, sevenzip.Format, pickle.Format, identity.Format) }
func FuzzInspect(f *testing.F) { scantest.Fuzz(f, sevenzip.Format, pickle.Format) }

// FuzzHeader changes headers and packed data under right checksums, which
// FuzzInspect never finds.
func FuzzHeader(f *testing.F) {
	files, err := filepath.Glob("testdata/*.7z")
	if err != nil {
		f.Fatal(err)
	}
	le := binary.LittleEndian
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		if at := 32 + le.Uint64(b[12:]); at < uint64(len(b)) {
			f.Add(b[32:at], b[at:])
		}
	}
	f.Fuzz(func(t *testing.T, packed, header []byte) {
		start := le.AppendUint64(nil, uint64(len(packed)))
		start = le.AppendUint64(start, uint64(len(header)))
		start = le.AppendUint32(start, crc32.ChecksumIEEE(header))
		data := le.AppendUint32([]byte("7z\xbc\xaf\x27\x1c\x00\x04"), crc32.ChecksumIEEE(start))
		data = slices.Concat(data, start, packed, header)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		found := scantest.Bytes(t, data, sevenzip.Format)
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

// TestContent proves that the check of pickles sees what archives hold:
// members, archives in archives, and what stands where no decoder looks.
func TestContent(t *testing.T) {
	for name, want := range map[string]string{
		"benign_lzma2.7z": "pass benign_lzma2.7z!a/model.pkl",
		"solid.7z":        "fail critical solid.7z!evil.pkl@",
		"loose.7z":        "fail critical loose.7z!evil.pkl@",
		"nested.7z":       "fail critical nested.7z!inner.7z!evil.pkl@",
		"behind.7z":       "packed data hides a file",
		"trailing.7z":     "fail critical trailing.7z!stray@",
		"gap.7z":          "fail critical gap.7z!stray@",
		"checksum.7z":     "fail critical checksum.7z!ab.pkl@",
	} {
		findings := scantest.Scan(t, map[string][]byte{name: read(t, name)}, sevenzip.Format, pickle.Format)
		if got := scantest.Lines(findings, pickle.Format); !strings.Contains(got, want) {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

// TestCut holds every beginning of an archive to not passing.
func TestCut(t *testing.T) {
	data := read(t, "benign_loose.7z")
	if !passes(t, data) {
		t.Fatal("the whole archive does not pass")
	}
	for n := 6; n < len(data); n++ {
		if passes(t, data[:n]) {
			t.Errorf("the first %d of %d bytes pass", n, len(data))
		}
	}
}

// TestFlip holds every change of a byte to not passing. The minor version does
// not count.
func TestFlip(t *testing.T) {
	data := read(t, "benign_loose.7z")
	for i := range data {
		changed := bytes.Clone(data)
		changed[i] ^= 0x11
		if i != 7 && passes(t, changed) {
			t.Errorf("byte %d changed, and the archive passes", i)
		}
	}
}

// passes reports whether the archive itself passes, whatever is in it.
func passes(t *testing.T, data []byte) bool {
	t.Helper()
	findings, err := scan.Inspect(t.Context(), "a.7z", bytes.NewReader(data), int64(len(data)), sevenzip.Format, pickle.Format)
	if err != nil {
		t.Fatal(err)
	}
	passed := false
	for _, f := range findings {
		if f.Check == sevenzip.Format.Name {
			if passed = f.Outcome == quintain.Pass; !passed {
				return false
			}
		}
	}
	return passed
}
