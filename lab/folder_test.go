package lab_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"quintain/lab"
)

// TestFolderRefuses hands in what nobody should: each is a fault that says
// what is wrong, and nothing outside the folder is read.
func TestFolderRefuses(t *testing.T) {
	outside := t.TempDir()
	put(t, outside, "secret.txt", "the answer")
	dir := t.TempDir()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.Symlink(filepath.Join(outside, "secret.txt"), filepath.Join(dir, "link")))
	must(os.Symlink("../"+filepath.Base(outside)+"/secret.txt", filepath.Join(dir, "relative")))
	must(os.Symlink(outside, filepath.Join(dir, "folder")))
	must(os.Symlink("loop", filepath.Join(dir, "loop")))
	must(os.Mkdir(filepath.Join(dir, "answer.yaml"), 0o755))
	must(syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600))
	sparse, err := os.Create(filepath.Join(dir, "sparse"))
	must(err)
	must(sparse.Truncate(5 << 30))
	must(sparse.Close())
	f, err := lab.OpenFolder(dir)
	must(err)
	defer f.Close() //nolint:errcheck // only read
	for name, want := range map[string]string{
		"none":                   "no such file",
		"link":                   "escapes",
		"relative":               "escapes",
		"folder/secret.txt":      "escapes",
		"../secret.txt":          "escapes",
		outside + "/secret.txt":  "escapes",
		"loop":                   "",
		"answer.yaml":            "is a folder",
		"pipe":                   "no regular file",
		"sparse":                 "5368709120 bytes",
		"":                       "",
		"a\x00b":                 "",
		"none/../../secret.txt":  "",
		strings.Repeat("x", 999): "",
	} {
		b, err := f.File(name)
		if _, ok := errors.AsType[*lab.Fault](err); !ok || !strings.Contains(err.Error(), want) {
			t.Errorf("File(%q) = %q, %v, want a fault with %q", name, b, err, want)
		}
	}
}

// TestFaults hands in broken files: the fault says where and what.
func TestFaults(t *testing.T) {
	dir := t.TempDir()
	f, err := lab.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // only read
	var v struct {
		Threshold float64 `yaml:"threshold"`
	}
	for text, want := range map[string]string{
		"threshold: [":              "answer.yaml:1",
		"a: 1\nthreshold: 2\n":      "answer.yaml:1",
		"threshold: x\n":            "want a number",
		"threshold: &a 1\n":         "answer.yaml:1",
		"<script>alert(1)</script>": "answer.yaml:1",
		"\xff\xfe":                  "answer.yaml",
	} {
		put(t, dir, "answer.yaml", text)
		err := f.YAML("answer.yaml", &v)
		if _, ok := errors.AsType[*lab.Fault](err); !ok || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("YAML of %q = %v, want one line with %q", text, err, want)
		}
	}
	put(t, dir, "rows.csv", "a,label\n1,x\n")
	if _, err := f.Table("rows.csv"); !isFault(err) {
		t.Errorf("Table of a label that is no number = %v, want a fault", err)
	}
	put(t, dir, "model.onnx", "not a model")
	if _, err := f.Model("model.onnx"); !isFault(err) {
		t.Errorf("Model of a text = %v, want a fault", err)
	}
}

func isFault(err error) bool {
	_, ok := errors.AsType[*lab.Fault](err)
	return ok
}
