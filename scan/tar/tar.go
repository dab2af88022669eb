// Package tar looks inside tar archives without extracting them, and finds
// those that write outside of their folder or mean different things to
// different programs.
package tar

import (
	stdtar "archive/tar"
	"bytes"
	"context"
	_ "embed"

	"quintain"
	"quintain/scan"
	"quintain/scan/internal/tree"
)

//go:embed tar.md
var doc string

// Format walks the headers of ustar, pax and GNU archives and hands the
// members to the other formats.
var Format = &scan.Format{
	Check: quintain.Check{
		Name:       "scan/tar",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0011.000", "LLM04:2026", "CWE-22"},
		Accepts:    []quintain.Kind{quintain.KindArtifact},
	},
	Extensions: []string{".tar", ".nemo"},
	Match:      match,
	Inspect:    inspect,
	Twin:       twin,
}

// match reports whether the first block is a header: it has a name, and the
// sum that it states.
func match(_ string, head []byte) bool {
	return len(head) >= blockSize && head[0] != 0 && sumIsRight(head[:blockSize])
}

// twin is an archive with a member above its folder.
func twin() (name string, data []byte) {
	var b bytes.Buffer
	w := stdtar.NewWriter(&b)
	_ = w.WriteHeader(&stdtar.Header{Name: "../twin", Mode: 0o644, Format: stdtar.FormatUSTAR})
	_ = w.Close()
	return "twin.tar", b.Bytes()
}

func inspect(ctx context.Context, f *scan.File) error {
	w := &walker{f: f, w: scan.NewWindow(f, f.Size()), tree: tree.New(f)}
	err := w.walk(ctx)
	w.tree.CheckLinks()
	if err != nil {
		return err
	}
	return w.trailing(ctx)
}
