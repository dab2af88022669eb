package regular_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"quintain/internal/regular"
)

func TestRead(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "file")
	if err := os.WriteFile(name, []byte("twelve bytes"), 0o644); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink("file", link); err != nil {
		t.Fatal(err)
	}
	for _, n := range []string{name, link} {
		if b, err := regular.Read(n, 12); err != nil || string(b) != "twelve bytes" {
			t.Errorf("Read(%q, 12) = %q, %v, want the content", n, b, err)
		}
	}
	if _, err := regular.Read(name, 11); err == nil || !strings.Contains(err.Error(), "larger than 11 bytes") {
		t.Errorf("Read(file, 11) = %v, want an error about the size", err)
	}
	if _, err := regular.Read(dir, 11); err == nil || !strings.Contains(err.Error(), "is a folder") {
		t.Errorf("Read(folder) = %v, want an error that says it is a folder", err)
	}
	if _, err := regular.Read(filepath.Join(dir, "missing"), 11); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Read(missing) = %v, want that it does not exist", err)
	}
	if _, err := regular.Read(os.DevNull, 11); !errors.Is(err, regular.ErrNot) {
		t.Errorf("Read(%s) = %v, want %v", os.DevNull, err, regular.ErrNot)
	}
}

func TestAll(t *testing.T) {
	if b, err := regular.All("input", strings.NewReader("abc"), 3); err != nil || string(b) != "abc" {
		t.Errorf("All(abc, 3) = %q, %v, want the content", b, err)
	}
	if _, err := regular.All("input", strings.NewReader("abcd"), 3); err == nil {
		t.Error("All(abcd, 3) = nil error, want one about the size")
	}
}
