package compressed_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"quintain"
	"quintain/scan"
	"quintain/scan/compressed"
	"quintain/scan/identity"
	"quintain/scan/pickle"
	"quintain/scan/scantest"
)

func Test(t *testing.T)        { scantest.Run(t, compressed.Format, pickle.Format, identity.Format) }
func FuzzInspect(f *testing.F) { scantest.Fuzz(f, compressed.Format, pickle.Format) }

// outcomes scans one file in the formats compressed and pickle and returns the
// worst outcome of either: fail, then inconclusive, then pass.
func outcomes(t *testing.T, name string, data []byte) map[string]quintain.Outcome {
	t.Helper()
	findings, err := scan.Inspect(t.Context(), name, bytes.NewReader(data), int64(len(data)), compressed.Format, pickle.Format)
	if err != nil {
		t.Fatal(err)
	}
	out := make(map[string]quintain.Outcome)
	for _, f := range findings {
		if old, ok := out[f.Check]; !ok || f.Outcome == quintain.Fail || old == quintain.Pass {
			out[f.Check] = f.Outcome
		}
	}
	return out
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

var codecs = []string{"z", "gz", "bz2", "xz", "lzma", "lz4", "zst", "zf"}

// TestContent proves that the check of pickles sees what every codec hides: it
// passes the benign content and fails the other.
func TestContent(t *testing.T) {
	want := map[string]quintain.Outcome{"benign": quintain.Pass, "evil": quintain.Fail}
	for _, ending := range codecs {
		for kind, outcome := range want {
			if got := outcomes(t, "model.pkl", read(t, kind+"."+ending))["scan/pickle"]; got != outcome {
				t.Errorf("pickle in %s.%s: got %v, want %v", kind, ending, got, outcome)
			}
		}
		name := "multi." + ending
		if _, err := os.Stat(filepath.Join("testdata", name)); err == nil {
			if got := outcomes(t, name, read(t, name))["scan/pickle"]; got != quintain.Pass {
				t.Errorf("pickle in %s: got %v, want pass", name, got)
			}
		}
	}
	if got := outcomes(t, "model", read(t, "nested.gz"))["scan/pickle"]; got != quintain.Fail {
		t.Errorf("pickle in nested.gz: got %v, want fail", got)
	}
}

// TestBroken proves that a checksum at the end does not hide what comes before
// it: the payload is found, and the stream is no pass.
func TestBroken(t *testing.T) {
	for _, ending := range codecs {
		data := read(t, "evil."+ending)
		got := outcomes(t, "model.pkl", data[:len(data)-1])
		if got["scan/compressed"] != quintain.Inconclusive {
			t.Errorf("evil.%s without its last byte: got %v, want inconclusive", ending, got["scan/compressed"])
		}
		if ending != "bz2" && ending != "zst" && got["scan/pickle"] != quintain.Fail { // their blocks are all or nothing, in Python too
			t.Errorf("pickle in evil.%s without its last byte: got %v, want fail", ending, got["scan/pickle"])
		}
	}
}

// TestCut holds every beginning of every stream to not passing.
func TestCut(t *testing.T) {
	for _, ending := range codecs {
		data := read(t, "benign."+ending)
		for n := 1; n < len(data); n++ {
			if got, ok := outcomes(t, "model.pkl", data[:n])["scan/compressed"]; ok && got == quintain.Pass {
				t.Errorf("the first %d of %d bytes of benign.%s pass", n, len(data), ending)
			}
		}
	}
}

// TestFlip changes every byte of the streams with a checksum: none may unpack
// to other content and pass.
func TestFlip(t *testing.T) {
	for _, ending := range []string{"z", "gz", "bz2", "xz"} {
		data := read(t, "evil."+ending)
		for i := range data {
			changed := bytes.Clone(data)
			changed[i] ^= 0x55
			got := outcomes(t, "model.pkl", changed)
			if got["scan/compressed"] == quintain.Pass && got["scan/pickle"] != quintain.Fail {
				t.Errorf("evil.%s with byte %d changed: got %v", ending, i, got)
			}
		}
	}
}

func gz(t *testing.T, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestBomb scans 10 GiB of zeros that are 10 MiB once compressed and some ten
// KiB twice compressed. The memory for it stays in proportion to what a file
// may unpack to whatever its ratio.
func TestBomb(t *testing.T) {
	member := gz(t, make([]byte, 16<<20))
	bomb := gz(t, bytes.Repeat(member, 10<<20/len(member)))
	if len(bomb) > 64<<10 {
		t.Fatalf("the bomb has %d bytes, want at most 64 KiB", len(bomb))
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	findings, err := scan.Inspect(t.Context(), "bomb.gz.gz", bytes.NewReader(bomb), int64(len(bomb)), compressed.Format, pickle.Format)
	if err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 64<<20 {
		t.Errorf("a bomb of %d bytes made the scanner allocate %d", len(bomb), n)
	}
	got := scantest.Lines(findings, compressed.Format)
	if want := "fail medium bomb.gz.gz!bomb.gz@0x0 unpacks to more than"; !strings.Contains(got, want) {
		t.Errorf("got %q, want %q in it", got, want)
	}
	t.Logf("%d bytes: allocated %d", len(bomb), after.TotalAlloc-before.TotalAlloc)
}

// TestRatio names the ratio of a flat bomb, and lets the same zeros pass where
// they are few enough to do no harm.
func TestRatio(t *testing.T) {
	zeros := func(n int) []byte {
		return append(append([]byte(fmt.Sprintf("\x80\x03B%c%c%c%c", n&0xff, n>>8&0xff, n>>16&0xff, n>>24)), make([]byte, n)...), '.')
	}
	for _, test := range []struct {
		size  int
		fails bool
	}{{8 << 20, false}, {32 << 20, true}} {
		got, ok := outcomes(t, "model.pkl.gz", gz(t, zeros(test.size)))["scan/compressed"]
		if ok && got == quintain.Inconclusive || (got == quintain.Fail) != test.fails {
			t.Errorf("%d zeros: got %v, want that it fails: %v", test.size, got, test.fails)
		}
	}
}

// TestWindows proves that zlib is unpacked whatever its window.
func TestWindows(t *testing.T) {
	for _, name := range []string{"window9.z", "window12.z"} {
		if got := outcomes(t, name, read(t, name))["scan/pickle"]; got != quintain.Fail {
			t.Errorf("%s: got %v, want %v", name, got, quintain.Fail)
		}
	}
}
