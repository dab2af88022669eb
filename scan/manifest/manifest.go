// Package manifest reads the manifests that quintain fetch leaves beside what
// it brought.
package manifest

import (
	"context"
	_ "embed"
	"path"
	"slices"
	"strings"

	"quintain"
	"quintain/scan"
	"quintain/scan/internal/strictjson"
)

//go:embed manifest.md
var doc string

// Format reports manifests that say more than one, and names that leave the
// folder.
var Format = &scan.Format{
	Check: quintain.Check{
		Name:       "scan/manifest",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0010.003", "LLM04:2026"},
		Accepts:    []quintain.Kind{quintain.KindArtifact},
	},
	Extensions: []string{"quintain.fetch.json"},
	Match: func(_ string, head []byte) bool {
		return strictjson.Begins(head, "{") && strictjson.Mentions(head, `"quintain.fetch/1"`)
	},
	Shared:  true,
	Inspect: inspect,
	Twin: func() (string, []byte) {
		return "quintain.fetch.json", []byte(`{"schema": "quintain.fetch/1", "files": [{"path": "../model.pt"}]}`)
	},
}

// The fields of a manifest and of its entries.
var (
	fields  = []string{"schema", "source", "revision", "time", "complete", "files"}
	entries = []string{"path", "size", "sha256", "url", "etag"}
)

func inspect(ctx context.Context, f *scan.File) error {
	v, twice, err := strictjson.Read(f, "a manifest")
	if err != nil {
		return err
	}
	for _, m := range twice {
		f.Reportf(quintain.Medium, m.Off, "says %q twice, and programs differ on which counts", m.Name)
	}
	known(f, v, fields)
	files := v.Get("files")
	for i := 0; files != nil && i < len(files.Items); i++ {
		file := &files.Items[i]
		known(f, file, entries)
		name, ok := file.Get("path").Str()
		if !ok || name == "" || path.IsAbs(name) || strings.ContainsAny(name, `\:`) || path.Clean(name) != name || strings.HasPrefix(name, "..") {
			f.Reportf(quintain.High, file.Off, "names a file outside its folder: %q", name)
		}
	}
	f.Account(scan.Parsed, f.Size())
	return ctx.Err()
}

// known doubts fields that no manifest has.
func known(f *scan.File, v *strictjson.Value, names []string) {
	for _, m := range v.Members {
		if !slices.Contains(names, m.Name) {
			f.Doubtf(m.Off, "a manifest has no field %q", m.Name)
		}
	}
}
