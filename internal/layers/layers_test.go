package layers_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"quintain/internal/layers"
)

const module = "quintain"

// TestModule holds the whole module to the table.
func TestModule(t *testing.T) {
	pkgs := read(t, filepath.Join("..", ".."))
	if len(pkgs) < 10 {
		t.Fatalf("read %d packages, want the module", len(pkgs))
	}
	for _, v := range layers.Violations(pkgs) {
		t.Error(v)
	}
}

// TestViolations proves that the rule can be broken: each case breaks it in
// one way and must be told so.
func TestViolations(t *testing.T) {
	for name, tc := range map[string]struct {
		pkgs map[string][]string
		want string
	}{
		"up":           {map[string][]string{"scan": {"assess"}}, "scan imports assess, which is not below it"},
		"sideways":     {map[string][]string{"scan/pickle": {"probe"}}, "scan/pickle imports probe, which is not below it"},
		"root":         {map[string][]string{".": {"taxonomy"}}, ". imports taxonomy, which is not below it"},
		"root outside": {map[string][]string{".": {"github.com/x/y"}}, ". imports github.com/x/y; the vocabulary uses the standard library only"},
		"unknown tree": {map[string][]string{"util": nil}, "util: its tree is in no row"},
		"plug-in": {
			map[string][]string{"scan/all": {"scan", "scan/pickle"}, "scan/pickle": {"scan"}, "internal/cli": {"scan/pickle"}},
			"internal/cli imports plug-in scan/pickle; take it from package all",
		},
		"network in scan": {map[string][]string{"scan": {"net/http"}}, "scan imports net/http, which is kept out: the scanner reads files and nothing else"},
		"execution":       {map[string][]string{"scan/pickle": {"os/exec"}}, "scan/pickle imports os/exec, which is kept out: the scanner never executes what it scans"},
		"sql outside":     {map[string][]string{"report": {"github.com/spf13/cobra"}}, "report imports github.com/spf13/cobra, which enters in internal/cli only"},
		"fine":            {map[string][]string{"scan": {".", "stats", "io"}, "assess": {"scan", "threat"}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := strings.Join(layers.Violations(tc.pkgs), "\n")
			if got != tc.want {
				t.Errorf("Violations(%v) = %q, want %q", tc.pkgs, got, tc.want)
			}
		})
	}
}

// read returns the imports of every package of the module, tests left out,
// with paths below the module root. It parses the files itself because the
// test cache cannot see what a subprocess reads.
func read(t *testing.T, root string) map[string][]string {
	t.Helper()
	pkgs := make(map[string][]string)
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if n := d.Name(); n == "testdata" || n == "tools" || (strings.HasPrefix(n, ".") && n != "..") {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_test.go") {
			return nil
		}
		src, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), p, src, parser.ImportsOnly)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, filepath.Dir(p))
		if err != nil {
			return err
		}
		pkg := filepath.ToSlash(rel)
		if _, ok := pkgs[pkg]; !ok {
			pkgs[pkg] = nil
		}
		for _, spec := range f.Imports {
			imp, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if imp == module {
				imp = "."
			}
			pkgs[pkg] = append(pkgs[pkg], path.Clean(strings.TrimPrefix(imp, module+"/")))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return pkgs
}
