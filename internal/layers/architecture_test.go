package layers_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	quoted   = regexp.MustCompile("`([^`]+)`")
	testName = regexp.MustCompile(`^(Test|Fuzz)[A-Z]\w*$`)
	declared = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w*)\(`)
)

// TestArchitecture reads the invariants in ARCHITECTURE.md: every row names
// something that keeps it, and every test and file that is named exists.
func TestArchitecture(t *testing.T) {
	root := filepath.Join("..", "..")
	page, err := os.ReadFile(filepath.Join(root, "ARCHITECTURE.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, table, ok := strings.Cut(string(page), "| invariant | kept by |\n|---|---|\n")
	if !ok {
		t.Fatal("ARCHITECTURE.md has no table of invariants")
	}
	tests := testNames(t, root)
	rows := 0
	for line := range strings.SplitSeq(table, "\n") {
		if !strings.HasPrefix(line, "|") {
			break
		}
		rows++
		cells := strings.Split(strings.Trim(line, "|"), "|")
		names := quoted.FindAllStringSubmatch(cells[len(cells)-1], -1)
		if len(cells) != 2 || len(names) == 0 {
			t.Errorf("row %q names nothing that keeps it", line)
		}
		for _, n := range names {
			switch name := n[1]; {
			case testName.MatchString(name):
				if !tests[name] {
					t.Errorf("row %q: there is no %s", line, name)
				}
			case strings.Contains(name, "/"):
				if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(name))); err != nil {
					t.Errorf("row %q: %v", line, err)
				}
			}
		}
	}
	if rows < 15 {
		t.Errorf("%d invariants, want all of them", rows)
	}
}

// testNames returns the names of all tests and fuzz targets of the module.
func testNames(t *testing.T, root string) map[string]bool {
	t.Helper()
	names := make(map[string]bool)
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(p, ".go") {
			return err
		}
		src, err := os.ReadFile(p)
		for _, m := range declared.FindAllSubmatch(src, -1) {
			names[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}
