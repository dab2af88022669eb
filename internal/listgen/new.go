package main

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"text/template"
)

// skeletons holds one folder per kind of plug-in, named for the folder that
// such plug-ins live in. Files are templates; a name that contains NAME gets
// the name of the plug-in.
//
//go:embed all:skeleton
var skeletons embed.FS

// recipes maps the beginning of a plug-in's path to its skeleton, the longest
// first.
var recipes = []struct{ under, skeleton string }{
	{"probe/strategy/", "strategy"},
	{"attack/evasion/", "evasion"},
	{"probe/", "probe"},
	{"lab/", "lab"},
	{"report/", "report"},
	{"scan/", "scan"},
	{"threat/", "threat"},
}

var pluginPath = regexp.MustCompile(`^[a-z]+(/[a-z][a-z0-9]*)+$`)

// scaffold makes the folder of a new plug-in.
func scaffold(root, name string) error {
	if !pluginPath.MatchString(name) {
		return fmt.Errorf("%q is not a path of lower-case words, such as scan/mine", name)
	}
	skeleton := ""
	for _, r := range recipes {
		if strings.HasPrefix(name, r.under) {
			skeleton = r.skeleton
			break
		}
	}
	if skeleton == "" {
		return fmt.Errorf("%q is below no engine that has plug-ins", name)
	}
	dir := filepath.Join(root, filepath.FromSlash(name))
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s exists already", name)
	}
	from, err := fs.Sub(skeletons, "skeleton/"+skeleton)
	if err != nil {
		return err
	}
	return fs.WalkDir(from, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		return instantiate(from, p, dir, name)
	})
}

// instantiate writes one file of a skeleton into dir.
func instantiate(from fs.FS, file, dir, name string) error {
	src, err := fs.ReadFile(from, file)
	if err != nil {
		return err
	}
	t, err := template.New(file).Delims("<<", ">>").Parse(string(src))
	if err != nil {
		return err
	}
	base := path.Base(name)
	to := filepath.Join(dir, filepath.FromSlash(strings.ReplaceAll(strings.TrimSuffix(file, ".tmpl"), "NAME", base)))
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	if err := t.Execute(f, struct{ Path, Name string }{name, base}); err != nil {
		f.Close() //nolint:errcheck // the first error is the one to tell
		return err
	}
	return f.Close()
}
