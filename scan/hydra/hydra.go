// Package hydra finds code that is named in configuration files of models:
// the targets of Hydra, the automatic classes of Hugging Face, and the tags of
// YAML that make Python objects.
package hydra

import (
	"bytes"
	"context"
	_ "embed"
	"path"
	"slices"
	"strings"

	"quintain"
	"quintain/scan"
	"quintain/scan/internal/strictjson"
)

//go:embed hydra.md
var doc string

// Format reports what loading a configuration would import, call or construct
// that is not known to be harmless. It recognizes only files that name code;
// of others it says nothing.
var Format = &scan.Format{
	Check: quintain.Check{
		Name:       "scan/hydra",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0011.000", "AML.T0010.003", "LLM03:2026", "CWE-502"},
		Accepts:    []quintain.Kind{quintain.KindArtifact},
	},
	Extensions: []string{".json", ".yaml", ".yml"},
	Match:      match,
	Inspect:    inspect,
	Twin:       twin,
}

// hints are what files that name code mention.
var hints = []string{
	"_target_", "auto_map", "trust_remote_code", "class_path", "custom_pipelines",
	"!!python", "yaml.org,2002:python", "!python", "%TAG",
}

func match(name string, head []byte) bool {
	if bytes.IndexByte(head, 0) >= 0 {
		return false
	}
	if isModules(name) && strictjson.Begins(head, "[") {
		return strictjson.Mentions(head, `"type"`)
	}
	return (strictjson.Begins(head, "{[") || isYAML(name)) && strictjson.Mentions(head, hints...)
}

// isModules reports whether a name is that of the list of classes that a model
// of Sentence Transformers consists of.
func isModules(name string) bool { return path.Base(strings.ToLower(name)) == "modules.json" }

// isYAML reports whether a name promises YAML.
func isYAML(name string) bool {
	return slices.Contains([]string{".yaml", ".yml"}, path.Ext(strings.ToLower(name)))
}

// twin is a configuration whose target is os.system.
func twin() (name string, data []byte) {
	return "twin.yaml", []byte("encoder:\n  _target_: os.system\n  command: \"true\"\n")
}

// A file is a configuration under inspection.
type file struct{ f *scan.File }

func inspect(ctx context.Context, f *scan.File) error {
	limit := int64(strictjson.MaxSize)
	if f.Size() > limit {
		return scan.Errorf(0, "a configuration of more than %d bytes", limit)
	}
	text := make([]byte, f.Size())
	if n, err := f.ReadAt(text, 0); n < len(text) {
		return scan.Errorf(0, "read: %w", err)
	}
	f.Account(scan.Parsed, f.Size())
	x := &file{f}
	v, twice, err := strictjson.Parse(text)
	if err == nil {
		x.json(v, twice)
		if isModules(f.Name()) {
			x.modules(v)
		}
		return nil
	}
	if strictjson.Begins(text, "{[") && !isYAML(f.Name()) {
		return jsonError(err)
	}
	return x.yaml(ctx, text)
}
