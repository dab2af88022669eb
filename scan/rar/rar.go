// Package rar looks inside rar archives without extracting them, and finds
// those that write outside of their folder.
package rar

import (
	"bytes"
	"context"
	_ "embed"

	"quintain"
	"quintain/scan"
)

//go:embed rar.md
var doc string

// Format reads the headers of rar archives of versions 4 and 5 itself, refuses
// what they ask for beyond measure, and hands the members to the other
// formats. What is packed is unpacked by github.com/nwaples/rardecode, behind
// the border of package foreign.
var Format = &scan.Format{
	Check: quintain.Check{
		Name:       "scan/rar",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0011.000", "AML.T0029", "LLM04:2026", "CWE-22", "CWE-400"},
		Accepts:    []quintain.Kind{quintain.KindArtifact},
	},
	Extensions: []string{".rar"},
	Match: func(_ string, head []byte) bool {
		return bytes.HasPrefix(head, []byte(signature4)) || bytes.HasPrefix(head, []byte(signature5))
	},
	Inspect: inspect,
	Twin:    twin,
}

const (
	signature4 = "Rar!\x1a\x07\x00"
	signature5 = "Rar!\x1a\x07\x01\x00"
)

// inspect reads all headers and then the members. What was found before a
// header that cannot be read is inspected all the same.
func inspect(ctx context.Context, f *scan.File) error {
	a := &archive{f: f, w: scan.NewWindow(f, f.Size())}
	head, err := a.w.UpTo(0, len(signature5))
	if err != nil {
		return scan.Errorf(0, "signature: %w", err)
	}
	var broken error
	switch string(head) {
	case signature5:
		broken = a.walk5()
	default:
		broken = a.walk4()
	}
	if err := a.inspectMembers(ctx); err != nil {
		return err
	}
	if broken != nil {
		return broken
	}
	return a.trailing(ctx)
}

// twin is an archive with an empty file above its folder.
func twin() (name string, data []byte) {
	const (
		main = "\x73\x00\x00\x0d\x00\x00\x00\x00\x00\x00\x00"
		head = "\x74\x00\x80\x27\x00"                 // its kind, flags and size
		size = "\x00\x00\x00\x00\x00\x00\x00\x00\x03" // packed and not, by Unix
		how  = "\x00\x00\x00\x00\x00\x00\x00\x00\x14\x30\x07\x00\xa4\x81\x00\x00"
		end  = "\x7b\x00\x40\x07\x00"
	)
	return "twin.rar", []byte(signature4 + sealed4(main) + sealed4(head+size+how+"../twin") + sealed4(end))
}
