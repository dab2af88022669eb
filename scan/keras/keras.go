// Package keras finds code and foreign objects that are named in Keras models.
package keras

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"io"

	"quintain"
	"quintain/scan"
	"quintain/scan/internal/hdf5"
	"quintain/scan/internal/strictjson"
)

//go:embed keras.md
var doc string

// Format reports what loading a Keras model would run, read or look up that is
// not known to be harmless. It inspects HDF5 files, and the members of .keras
// archives that hold the configuration.
var Format = &scan.Format{
	Check: quintain.Check{
		Name:       "scan/keras",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0011.000", "AML.T0018.002", "LLM04:2026", "CWE-502"},
		Accepts:    []quintain.Kind{quintain.KindArtifact},
	},
	Extensions: []string{".h5", ".hdf5", "config.json", "metadata.json"},
	Match:      match,
	Shared:     true,
	Inspect:    inspect,
	Twin:       twin,
}

func match(name string, head []byte) bool {
	return isHDF5(head) || isConfig(head) || mayHide(name, head)
}

// isHDF5 reports whether the superblock of an HDF5 file is where it may be.
func isHDF5(head []byte) bool {
	for off := 0; off < len(head); off = max(512, 2*off) {
		if bytes.HasPrefix(head[off:], []byte(hdf5.Magic)) {
			return true
		}
	}
	return false
}

// isConfig reports whether head begins the configuration of a model.
func isConfig(head []byte) bool {
	if !strictjson.Begins(head, "{") {
		return false
	}
	return strictjson.Mentions(head, `"class_name"`) && strictjson.Mentions(head, `"config"`) ||
		strictjson.Mentions(head, `"keras_version"`)
}

// twin is the configuration of a model whose only layer runs code.
func twin() (name string, data []byte) {
	return "config.json", []byte(`{"class_name": "Sequential", "config": {"layers": [{"class_name": "__lambda__", "config": {"value": ["4wEA", null, null]}}]}}`)
}

func inspect(ctx context.Context, f *scan.File) error {
	head := make([]byte, min(scan.HeadSize, f.Size()))
	if _, err := f.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return scan.Errorf(0, "read: %w", err)
	}
	if isHDF5(head) {
		return inspectHDF5(ctx, f)
	}
	if mayHide(f.Name(), head) && !isConfig(head) {
		return inspectBehind(ctx, f)
	}
	if f.Size() > strictjson.MaxSize {
		return scan.Errorf(0, "a configuration of more than %d bytes", strictjson.MaxSize)
	}
	text := make([]byte, f.Size())
	if n, err := f.ReadAt(text, 0); n < len(text) {
		return scan.Errorf(0, "read: %w", err)
	}
	f.Account(scan.Parsed, f.Size())
	(&config{f: f}).read(text)
	return nil
}
