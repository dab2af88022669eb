// Package torch checks the archives that PyTorch keeps checkpoints in, and any
// other zip archive, member by member.
package torch

import (
	"bytes"
	"context"
	_ "embed"

	"quintain"
	"quintain/scan"
)

//go:embed torch.md
var doc string

// Format reports zip archives that programs read differently, and accounts for
// the tensors in checkpoints.
var Format = &scan.Format{
	Check: quintain.Check{
		Name:       "scan/torch",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0011.000", "AML.T0076", "LLM04:2026"},
		Accepts:    []quintain.Kind{quintain.KindArtifact},
	},
	Extensions: []string{".pt", ".pth", ".ckpt", ".bin", ".zip", ".npz", ".keras", ".mar", ".ptl", ".whl", ".nemo", ".skops"},
	Match:      match,
	Inspect:    inspect,
	Twin:       twin,
}

func match(_ string, head []byte) bool {
	return bytes.HasPrefix(head, []byte("PK\x03\x04")) || bytes.HasPrefix(head, []byte("PK\x05\x06"))
}

func inspect(ctx context.Context, f *scan.File) error {
	a, err := readArchive(f)
	if err != nil {
		return err
	}
	a.checkNames()
	a.checkLayout()
	return a.inspectMembers(ctx)
}

// twin is an archive whose only member has one name in its local header and
// another in the directory.
func twin() (name string, data []byte) {
	const (
		local   = "PK\x03\x04\x14\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x05\x00\x00\x00a/b/c"
		central = "PK\x01\x02\x14\x00\x14\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" +
			"\x05\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00a/b/d"
		end = "PK\x05\x06\x00\x00\x00\x00\x01\x00\x01\x00\x33\x00\x00\x00\x23\x00\x00\x00\x00\x00"
	)
	return "twin.pt", []byte(local + central + end)
}
