package main

import (
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const root = "../.."

// TestFresh holds the lists in the tree to the folders in the tree.
func TestFresh(t *testing.T) {
	stale, err := generate(root, false)
	if err != nil {
		t.Fatal(err)
	}
	if len(stale) > 0 {
		t.Errorf("stale: %q; run go generate ./...", stale)
	}
}

// TestStale proves that a list that lacks a plug-in is found.
func TestStale(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "scan", "mine", "mine.go"), "package mine\n\nvar Format = 1\n")
	for _, want := range [][]string{{"scan/all/list.go"}, {"scan/all/list.go"}, nil} {
		stale, err := generate(dir, want == nil)
		if err != nil {
			t.Fatal(err)
		}
		if want != nil && !slices.Equal(stale, want) {
			t.Errorf("stale lists %q, want %q", stale, want)
		}
	}
	if stale, err := generate(dir, false); err != nil || stale != nil {
		t.Errorf("after writing: %q, %v, want nothing", stale, err)
	}
}

// TestScaffoldRefuses names plug-ins that cannot be.
func TestScaffoldRefuses(t *testing.T) {
	for _, name := range []string{"", "scan", "scan/", "scan/Mine", "scan/../mine", "/scan/mine", "other/mine", "scan/mine-too"} {
		if err := scaffold(t.TempDir(), name); err == nil {
			t.Errorf("scaffold(%q) = nil, want an error", name)
		}
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "scan", "mine", "mine.go"), "package mine\n")
	if err := scaffold(dir, "scan/mine"); err == nil || !strings.Contains(err.Error(), "exists") {
		t.Errorf("scaffold over an existing folder = %v, want an error that says so", err)
	}
}

// TestRecipes executes every command of CONTRIBUTING.md's recipes in a copy of
// the module. Each must touch nothing but one new folder and generated lists,
// and the new plug-ins must pass their tests, vet and the layers.
func TestRecipes(t *testing.T) {
	commands := recipeCommands(t)
	dir := t.TempDir()
	copyModule(t, dir)
	before := snapshot(t, dir)
	var made []string
	tests := map[bool][]string{} // with -update or not: packages
	for _, c := range commands {
		words := strings.Fields(c)
		switch {
		case strings.HasPrefix(c, "go run ./internal/listgen -new "):
			made = append(made, words[4])
			if err := run(dir, words[4], false); err != nil {
				t.Fatalf("%s: %v", c, err)
			}
		case strings.HasPrefix(c, "go test ./"):
			update := len(words) > 3 && words[3] == "-update"
			tests[update] = append(tests[update], words[2])
		default:
			t.Errorf("do not know how to run %q", c)
		}
	}
	if len(made) < len(recipes) {
		t.Errorf("the page has recipes for %q, want one for each of the %d kinds", made, len(recipes))
	}
	goTool(t, dir, append(append([]string{"test"}, tests[true]...), "-update")...)
	goTool(t, dir, append([]string{"test", "./internal/layers"}, append(tests[true], tests[false]...)...)...)
	goTool(t, dir, append([]string{"vet"}, append(tests[true], tests[false]...)...)...)
	for _, file := range changed(before, snapshot(t, dir)) {
		list := strings.HasSuffix(file, "/all/list.go")
		own := slices.ContainsFunc(made, func(m string) bool { return strings.HasPrefix(file, m+"/") })
		if !list && !own {
			t.Errorf("%s changed, want nothing outside %q but generated lists", file, made)
		}
	}
}

// recipeCommands returns the commands in the code blocks below Recipes.
func recipeCommands(t *testing.T) []string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(root, "CONTRIBUTING.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(page), "\n## Recipes\n")
	if !ok {
		t.Fatal("CONTRIBUTING.md has no section Recipes")
	}
	rest, _, _ = strings.Cut(rest, "\n## ")
	var out []string
	for i, block := range strings.Split(rest, "```") {
		if i%2 == 1 {
			out = append(out, strings.FieldsFunc(block, func(r rune) bool { return r == '\n' })...)
		}
	}
	if len(out) < 2*len(recipes) {
		t.Fatalf("the recipes have %d commands, want two for each of the %d kinds", len(out), len(recipes))
	}
	return out
}

// copyModule copies what the recipes need of the module.
func copyModule(t *testing.T, to string) {
	t.Helper()
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		if d.IsDir() {
			if strings.HasPrefix(d.Name(), ".") && rel != "." || rel == "tools" || rel == "examples" || rel == "dist" {
				return fs.SkipDir
			}
			return os.MkdirAll(filepath.Join(to, rel), 0o755)
		}
		b, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, rel), b, 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// snapshot returns the files below dir with their content.
func snapshot(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := make(map[string]string)
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, p)
		files[filepath.ToSlash(rel)] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// changed returns the files that are new, gone or different.
func changed(before, after map[string]string) []string {
	var out []string
	for name, b := range after {
		if old, ok := before[name]; !ok || old != b {
			out = append(out, name)
		}
	}
	for name := range before {
		if _, ok := after[name]; !ok {
			out = append(out, name)
		}
	}
	return slices.Sorted(maps.Keys(set(out)))
}

func set(names []string) map[string]bool {
	m := make(map[string]bool)
	for _, n := range names {
		m[n] = true
	}
	return m
}

// goTool runs the go command in dir.
func goTool(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

func write(t *testing.T, name, data string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(data), 0o644); err != nil {
		t.Fatal(err)
	}
}
