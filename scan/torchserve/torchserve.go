// Package torchserve reads the manifests of the archives that TorchServe
// serves models from, and says what of an archive the server runs.
package torchserve

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

//go:embed torchserve.md
var doc string

// Format judges MAR-INF/MANIFEST.json. The archive around it, and the Python in
// it, are inspected by other formats.
var Format = &scan.Format{
	Check: quintain.Check{
		Name:       "scan/torchserve",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0011.000", "AML.T0010.003", "LLM04:2026", "CWE-22", "CWE-829"},
		Accepts:    []quintain.Kind{quintain.KindArtifact},
	},
	Match:   match,
	Shared:  true,
	Inspect: inspect,
	Twin:    twin,
}

func match(name string, head []byte) bool {
	if !strictjson.Begins(head, "{") {
		return false
	}
	marked := strings.HasSuffix(name, "MAR-INF/MANIFEST.json") || strings.HasSuffix(name, "WAR-INF/MANIFEST.json")
	return marked || strictjson.Mentions(head, `"archiverVersion"`) || strictjson.Mentions(head, `"handler"`) && strictjson.Mentions(head, `"serializedFile"`, `"modelFile"`)
}

// twin is a manifest whose handler is outside of the archive.
func twin() (name string, data []byte) {
	return "MAR-INF/MANIFEST.json", []byte(`{"model":{"modelName":"twin","handler":"../twin.py"}}`)
}

// builtin are the handlers that the server brings itself.
var builtin = []string{"image_classifier", "image_segmenter", "object_detector", "text_classifier"}

// files are names under which a manifest names a file of the archive, and what
// the server does with it, if that runs code.
var files = []struct{ name, does string }{
	{"handler", "runs %q for every request, and when the model is loaded"},
	{"modelFile", "runs %q to make the model"},
	{"requirementsFile", "installs the packages that %q names, if it is set up to"},
	{"serializedFile", ""},
	{"configFile", ""},
	{"specFile", ""},
}

func inspect(_ context.Context, f *scan.File) error {
	v, twice, err := strictjson.Read(f, "a manifest")
	if err != nil {
		return err
	}
	f.Account(scan.Parsed, f.Size())
	for _, m := range twice {
		f.Reportf(quintain.High, m.Off, "the name %q is there twice, so programs differ on what it is", m.Name)
	}
	found := false
	for _, part := range []string{"model", "workflow"} {
		m := v.Get(part)
		if m == nil || m.Kind != strictjson.Object {
			continue
		}
		found = true
		for _, x := range files {
			if value := m.Get(x.name); value != nil {
				judge(f, x.name, x.does, value)
			}
		}
		if s, ok := m.Get("modelName").Str(); ok {
			f.Fact("model", s)
		}
	}
	if !found {
		f.Doubtf(0, "not analyzed: the manifest describes no model")
	}
	return nil
}

// judge says what the server does with a file that the manifest names.
func judge(f *scan.File, name, does string, v *strictjson.Value) {
	s, ok := v.Str()
	file, _, _ := strings.Cut(s, ":") // of a handler: the function in it
	switch {
	case !ok:
		f.Doubtf(v.Off, "%s is no text", name)
	case outside(s):
		f.Reportf(quintain.High, v.Off, "the server takes %q, which is outside of the archive, as %s", s, name)
	case s == "" || does == "":
	case name == "handler" && path.Ext(file) == "" && slices.Contains(builtin, s):
		f.Fact("handler", s)
	default:
		f.Reportf(quintain.Medium, v.Off, "the server "+does, s)
	}
}

// outside reports whether a path leads out of its folder.
func outside(p string) bool {
	p = strings.ReplaceAll(p, `\`, "/")
	return strings.HasPrefix(p, "/") || len(p) > 1 && p[1] == ':' || slices.Contains(strings.Split(p, "/"), "..")
}
