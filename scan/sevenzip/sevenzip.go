// Package sevenzip looks inside 7z archives without extracting them, and finds
// those that write outside of their folder or unpack to too much.
package sevenzip

import (
	"bytes"
	"context"
	_ "embed"

	"quintain"
	"quintain/scan"
)

//go:embed sevenzip.md
var doc string

// Format reads the header of 7z archives itself, refuses what it asks for
// beyond measure, and hands the members to the other formats. The content is
// unpacked by github.com/bodgit/sevenzip, behind the border of package
// foreign.
var Format = &scan.Format{
	Check: quintain.Check{
		Name:       "scan/sevenzip",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0011.000", "AML.T0029", "LLM04:2026", "CWE-22", "CWE-400"},
		Accepts:    []quintain.Kind{quintain.KindArtifact},
	},
	Extensions: []string{".7z"},
	Match:      func(_ string, head []byte) bool { return bytes.HasPrefix(head, []byte(signature)) },
	Inspect:    inspect,
	Twin:       twin,
}

const (
	signature     = "7z\xbc\xaf\x27\x1c"
	signatureSize = 32
)

// inspect reads the header and then the members.
func inspect(ctx context.Context, f *scan.File) error {
	a := &archive{f: f, free: freeMemory}
	if err := a.read(ctx); err != nil {
		return err
	}
	a.account()
	if err := a.strays(ctx); err != nil {
		return err
	}
	return a.inspectMembers(ctx)
}

// twin is an archive with an empty file above its folder.
func twin() (name string, data []byte) {
	const (
		header = "\x01\x05\x01\x0e\x01\x80\x0f\x01\x80\x11\x0b\x00.\x00.\x00/\x00t\x00\x00\x00\x00\x00"
		start  = "7z\xbc\xaf\x27\x1c\x00\x04"
	)
	return "twin.7z", sealed([]byte(start), []byte(header))
}
