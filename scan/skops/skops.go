// Package skops finds code and foreign objects that are named in models that
// skops saves: those of scikit-learn without pickles.
package skops

import (
	"context"
	_ "embed"
	"strconv"

	"quintain"
	"quintain/scan"
	"quintain/scan/internal/strictjson"
)

//go:embed skops.md
var doc string

// Format reports what the schema of a skops archive would import, call or make
// that is not known to be harmless.
var Format = &scan.Format{
	Check: quintain.Check{
		Name:       "scan/skops",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0011.000", "AML.T0018.002", "LLM04:2026", "CWE-502"},
		Accepts:    []quintain.Kind{quintain.KindArtifact},
	},
	Extensions: []string{"schema.json"},
	Match: func(_ string, head []byte) bool {
		return strictjson.Begins(head, "{") && strictjson.Mentions(head, `"__loader__"`) && strictjson.Mentions(head, `"__module__"`)
	},
	Shared:  true,
	Inspect: inspect,
	Twin:    twin,
}

// twin is the schema of a model that is a function of the system.
func twin() (name string, data []byte) {
	return "schema.json", []byte(`{"__class__": "system", "__module__": "os", "__loader__": "FunctionNode", "protocol": 2}`)
}

// A schema is a schema under inspection.
type schema struct {
	f     *scan.File
	nodes int
}

func inspect(ctx context.Context, f *scan.File) error {
	v, twice, err := strictjson.Read(f, "a schema")
	if err != nil {
		return err
	}
	for _, m := range twice {
		f.Reportf(quintain.High, m.Off, "the name %q is there twice, so programs differ on what it is", m.Name)
	}
	f.Account(scan.Parsed, f.Size())
	s := &schema{f: f}
	if v.Get("__loader__") == nil {
		return scan.Errorf(0, "a schema whose root is no object")
	}
	s.walk(v)
	if version, ok := v.Get("_skops_version").Str(); ok && len(version) < 32 {
		f.Fact("skops", strconv.Quote(version))
	}
	f.Fact("objects", strconv.Itoa(s.nodes))
	return ctx.Err()
}

// walk judges every object at any depth.
func (s *schema) walk(v *strictjson.Value) {
	for i := range v.Items {
		s.walk(&v.Items[i])
	}
	if v.Get("__loader__") != nil || v.Get("__class__") != nil || v.Get("__module__") != nil {
		s.nodes++
		s.node(v)
	}
	for i := range v.Members {
		s.walk(&v.Members[i].Value)
	}
}
