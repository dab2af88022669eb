// Package hydra finds code that is named in configuration files of models:
// the targets of Hydra, the automatic classes of Hugging Face, and the tags of
// YAML that make Python objects.
package hydra

import (
	"bytes"
	"context"
	_ "embed"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"quintain"
	"quintain/scan"
	"quintain/scan/internal/strictjson"
)

//go:embed hydra.md
var doc string

// Format reports what loading a configuration would import, call or construct
// that is not known to be harmless. It recognizes texts that name code, and
// every configuration in JSON or YAML that calls itself one.
var Format = &scan.Format{
	Check: quintain.Check{
		Name:       "scan/hydra",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0011.000", "AML.T0010.003", "LLM04:2026", "CWE-502"},
		Accepts:    []quintain.Kind{quintain.KindArtifact},
	},
	Extensions: []string{".json", ".yaml", ".yml"},
	Match:      match,
	Shared:     true,
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
	if isYAML(name) || strings.EqualFold(path.Ext(name), ".json") && strictjson.Begins(head, "{[") {
		return len(head) > 0
	}
	if !strictjson.Begins(head, "{[") {
		return false
	}
	head = unescape(head)
	return strictjson.Mentions(head, hints...) || pairs(head)
}

// pairs reports whether a document has both keys by which image models name a
// class and its arguments.
func pairs(text []byte) bool {
	return targetKey.Match(text) && paramsKey.Match(text)
}

var (
	targetKey = regexp.MustCompile(`\btarget["']?\s*:\s*\S`)
	paramsKey = regexp.MustCompile(`\bparams["']?\s*:`)
)

// unescape replaces the escapes of YAML that can hide a letter, and the broken
// lines in double quotes.
func unescape(head []byte) []byte {
	if bytes.IndexByte(head, '\\') < 0 {
		return head
	}
	return escapes.ReplaceAllFunc(head, func(b []byte) []byte {
		n, err := strconv.ParseUint(string(b[min(2, len(b)):]), 16, 32)
		if b[1] == '\n' || b[1] == '\r' || err != nil {
			return nil
		}
		return utf8.AppendRune(nil, rune(n)) // 32 bits, and AppendRune checks it
	})
}

var escapes = regexp.MustCompile(`\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|\r?\n[ \t]*)`)

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
type file struct {
	f     *scan.File
	pairs bool // classes are named as image models do
}

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
	v, twice, err := strictjson.Parse(text)
	x := &file{f, pairs(unescape(text))}
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
