// Package oci reads the documents of container images, in which models are
// shipped too: indexes, manifests, and what an image runs.
package oci

import (
	"context"
	_ "embed"
	"path"
	"strings"

	"quintain"
	"quintain/scan"
	"quintain/scan/internal/strictjson"
)

//go:embed oci.md
var doc string

// Format judges the documents of an image as the OCI and Docker write them.
// The layers are archives, which other formats inspect; that a blob is what its
// digest says is checked by scan/identity.
var Format = &scan.Format{
	Check: quintain.Check{
		Name:       "scan/oci",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0010.003", "AML.T0011.000", "LLM04:2026", "CWE-22", "CWE-829"},
		Accepts:    []quintain.Kind{quintain.KindArtifact},
	},
	Match:   match,
	Shared:  true,
	Inspect: inspect,
	Twin:    twin,
}

// marks are names and types that only these documents have.
var marks = []string{
	`"application/vnd.oci.image.`, `"application/vnd.docker.distribution.manifest.`, `"application/vnd.docker.container.image.`,
	`"application/vnd.cncf.model.`, `"imageLayoutVersion"`, `"diff_ids"`, `"container_config"`, `"fsLayers"`,
}

func match(name string, head []byte) bool {
	switch {
	case strictjson.Begins(head, "{"):
		if strictjson.Mentions(head, marks...) || strictjson.Mentions(head, `"manifests"`) && strictjson.Mentions(head, `"digest"`) {
			return true
		}
		// The history of a large image may push its layers out of sight.
		return strictjson.Mentions(head, `"architecture"`) && strictjson.Mentions(head, `"history"`, `"config"`) || path.Base(name) == "repositories"
	case strictjson.Begins(head, "["):
		return strictjson.Mentions(head, `"Config"`) && strictjson.Mentions(head, `"Layers"`)
	}
	return false
}

// twin is a manifest whose only layer is outside of the folder of blobs.
func twin() (name string, data []byte) {
	return "twin.json", []byte(`{"schemaVersion":2,"config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:` + strings.Repeat("0", 64) +
		`","size":2},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"sha256:../../twin","size":1}]}`)
}

// A document is a document of an image under inspection.
type document struct {
	f   *scan.File
	ctx context.Context //nolint:containedctx // of the one inspection that it lives for
}

func inspect(ctx context.Context, f *scan.File) error {
	v, twice, err := strictjson.Read(f, "a document of an image")
	if err != nil {
		return err
	}
	f.Account(scan.Parsed, f.Size())
	for _, m := range twice {
		f.Reportf(quintain.High, m.Off, "the name %q is there twice, so programs differ on what it is", m.Name)
	}
	d := &document{f, ctx}
	has := func(name string) bool { return v.Get(name) != nil }
	switch {
	case v.Kind == strictjson.Array:
		d.saved(v)
	case has("manifests") || has("layers") || has("blobs"):
		return d.manifest(v)
	case has("fsLayers"):
		f.Doubtf(0, "not analyzed: a manifest of the first version, whose history is a text in a text")
	case has("rootfs") || has("config") || has("container_config"):
		d.image(v)
	case has("imageLayoutVersion"):
		if s, _ := v.Get("imageLayoutVersion").Str(); s != "1.0.0" {
			f.Doubtf(0, "version %q of the layout is not known", s)
		}
	case path.Base(f.Name()) == "repositories":
	default:
		f.Doubtf(0, "not analyzed: no document of an image that is known")
	}
	return nil
}
