// Package coreml finds models for Core ML that need code from elsewhere, load
// other models, or reach outside their folder.
package coreml

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/binary"
	"path"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"

	"quintain"
	"quintain/scan"
	"quintain/scan/internal/strictjson"
)

//go:embed coreml.md
var doc string

// Format reports custom layers and models, links to other models, operations
// that Core ML does not have, and paths and sizes that leave the package. It
// inspects models, and the manifest and the weights of packages.
var Format = &scan.Format{
	Check: quintain.Check{
		Name:       "scan/coreml",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0011.000", "AML.T0018.001", "LLM04:2026", "CWE-829"},
		Accepts:    []quintain.Kind{quintain.KindArtifact},
	},
	Extensions: []string{".mlmodel", "weight.bin", "manifest.json"},
	Match: func(name string, head []byte) bool {
		return isModel(name, head) || isWeights(name, head) || isManifest(name, head)
	},
	Shared:  true, // a manifest is JSON; a model is nothing else
	Inspect: inspect,
	Twin:    twin,
}

// The numbers of fields of a model: its version, its description, and the
// first of those that say of which kind it is.
const (
	fieldVersion     = 1
	fieldDescription = 2
	fieldUpdatable   = 10
	fieldKinds       = 200
)

// isModel reports whether head begins a model: a small version, a description,
// and a field that says of which kind it is.
func isModel(name string, head []byte) bool {
	num, typ, n := protowire.ConsumeTag(head)
	if n < 0 || num != fieldVersion || typ != protowire.VarintType {
		return false
	}
	version, k := protowire.ConsumeVarint(head[n:])
	if k < 0 || version == 0 || version > 99 {
		return false
	}
	named := strings.EqualFold(path.Ext(name), ".mlmodel")
	for head = head[n+k:]; len(head) > 0; {
		num, typ, n := protowire.ConsumeTag(head)
		switch {
		case n < 0:
			return false
		case num >= fieldKinds && num < 4000 && typ == protowire.BytesType:
			return true
		case num != fieldDescription && num != fieldUpdatable:
			return false
		}
		k := protowire.ConsumeFieldValue(num, typ, head[n:])
		if k < 0 {
			return named // the description goes on behind the head
		}
		head = head[n+k:]
	}
	return named
}

// sentinel marks what is kept about one blob of weights.
const sentinel = 0xdeadbeef

// isWeights reports whether head begins the weights of a package.
func isWeights(name string, head []byte) bool {
	if len(head) < 64 || binary.LittleEndian.Uint32(head[4:]) != 2 || len(bytes.Trim(head[8:64], "\x00")) > 0 {
		return false
	}
	if len(head) < 68 {
		return path.Base(name) == "weight.bin"
	}
	return binary.LittleEndian.Uint32(head[64:]) == sentinel
}

// isManifest reports whether head begins the manifest of a package.
func isManifest(name string, head []byte) bool {
	return strings.EqualFold(path.Base(name), "manifest.json") && strictjson.Begins(head, "{") && strictjson.Mentions(head, `"itemInfoEntries"`)
}

func inspect(ctx context.Context, f *scan.File) error {
	head := make([]byte, min(scan.HeadSize, f.Size()))
	if n, err := f.ReadAt(head, 0); n < len(head) {
		return scan.Errorf(0, "read: %w", err)
	}
	switch {
	case strictjson.Begins(head, "{"):
		return manifest(f)
	case isWeights(f.Name(), head):
		return weights(ctx, f)
	}
	return newWalker(ctx, f).model()
}

// twin is a model that is a class of the program that loads it.
func twin() (name string, data []byte) {
	class := protowire.AppendString(protowire.AppendTag(nil, 10, protowire.BytesType), "Twin")
	b := []byte{fieldVersion << 3, 5, fieldDescription<<3 | 2, 0}
	return "twin.mlmodel", protowire.AppendBytes(protowire.AppendTag(b, 555, protowire.BytesType), class)
}
