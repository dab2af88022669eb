package floor_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"quintain"
)

// benignFiles are the files that programs in use wrote and that do nothing but
// hold a model. Those whose names have one of [hostileWords] do more.
var benignFiles = []string{
	"testdata/benign/*",
	"../*/testdata/real/*",
	"../compressed/testdata/benign.*",
	"../compressed/testdata/multi.*",
	"../gguf/testdata/*le.gguf",
	"../gguf/testdata/big.gguf",
	"../internal/hdf5/testdata/data_*.h5",
	"../keras/testdata/dense*.h5",
	"../keras/testdata/newest.h5",
	"../numpy/testdata/*.npy",
	"../tar/testdata/benign_*.tar",
	"../trees/testdata/*.ubj",
	"../../ml/testdata/*.onnx",
	"../../ml/testdata/sklearn/*.onnx",
}

// benignTexts are the cases that hold chat templates and configurations of
// models in use.
const benignTexts = "../chattemplate/testdata/benign_*.txtar"

// hostileWords mark the files among benignFiles that are made to be caught, or
// that unpickle objects and so may be anything, or are only a part of a file.
var hostileWords = []string{"canary", "evil", "hostile", "objects", "function-", "real/tar-", "two.npy", ".txtar"}

// benign returns the files that are known to be harmless, by path.
func benign(t testing.TB) map[string][]byte {
	t.Helper()
	out := make(map[string][]byte)
	for _, pattern := range benignFiles {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			t.Fatalf("glob %q: no file, %v", pattern, err)
		}
		for _, name := range names {
			if slices.ContainsFunc(hostileWords, func(w string) bool { return strings.Contains(name, w) }) {
				continue
			}
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			out[name] = data
		}
	}
	names, err := filepath.Glob(benignTexts)
	if err != nil || len(names) == 0 {
		t.Fatalf("glob %q: no file, %v", benignTexts, err)
	}
	for _, name := range names {
		ar, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range ar.Files {
			if f.Name != "want" {
				out[name+"/"+f.Name] = f.Data
			}
		}
	}
	return out
}

// TestBenign proves that the scanner leaves files alone that do nothing: none
// is malicious, and at most one in a hundred is for a person to look at.
func TestBenign(t *testing.T) {
	files := benign(t)
	counts := make(map[verdict]int)
	for name, data := range files {
		found := inspect(t, name, data)
		v := verdictOf(found)
		counts[v]++
		if v == clean {
			continue
		}
		for _, f := range found {
			if f.Outcome != quintain.Pass {
				t.Logf("%s: %s: %s", v, name, f.Summary)
			}
		}
	}
	t.Logf("%d files: %d clean, %d not analyzed, %d review, %d malicious", len(files), counts[clean], counts[notAnalyzed], counts[review], counts[malicious])
	if len(files) < 250 {
		t.Errorf("%d files, want at least 250, or the proof is thin", len(files))
	}
	if counts[malicious] > 0 || counts[review]*100 > len(files) {
		t.Errorf("%d of %d files are malicious and %d for review, want 0 and at most one in a hundred", counts[malicious], len(files), counts[review])
	}
}
