// Package gguf holds model files in the format of that name to its
// specification, and looks into the chat templates inside of them.
package gguf

import (
	"context"
	_ "embed"
	"encoding/binary"

	"quintain"
	"quintain/scan"
)

//go:embed gguf.md
var doc string

// Format reports sizes and layouts that break readers of GGUF, bytes that no
// tensor covers, and chat templates that do more than write a prompt.
var Format = &scan.Format{
	Check: quintain.Check{
		Name:       "scan/gguf",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0011.000", "AML.T0018.003", "AML.T0076", "LLM04:2026", "CWE-1336"},
		Accepts:    []quintain.Kind{quintain.KindArtifact},
	},
	Extensions: []string{".gguf"},
	Match:      match,
	Inspect:    inspect,
	Twin:       twin,
}

const magic = "GGUF"

func match(_ string, head []byte) bool { return len(head) >= 8 && string(head[:4]) == magic }

// twin is a file without tensors, whose template would run a command that does
// nothing.
func twin() (name string, data []byte) {
	const key, template = "tokenizer.chat_template", "{{ cycler.__init__.__globals__.os.popen('true').read() }}"
	le := binary.LittleEndian
	b := le.AppendUint32([]byte(magic), 3)
	b = le.AppendUint64(le.AppendUint64(b, 0), 1)
	b = append(le.AppendUint64(b, uint64(len(key))), key...)
	b = le.AppendUint32(b, uint32(typeString))
	return "twin.gguf", append(le.AppendUint64(b, uint64(len(template))), template...)
}

// A file is a GGUF file that is being read.
type file struct {
	*scan.File
	cursor

	version   uint32
	tensors   uint64 // that the header claims
	entries   uint64 // of metadata, that the header claims
	meta      metadata
	infos     []tensor
	templates int
}

func inspect(ctx context.Context, f *scan.File) error {
	g := &file{File: f, cursor: cursor{w: scan.NewWindow(f, f.Size())}}
	g.meta.init()
	if err := g.header(); err != nil {
		return err
	}
	if err := g.metadata(ctx); err != nil {
		return err
	}
	if err := g.tensorInfos(ctx); err != nil {
		return err
	}
	f.Account(scan.Parsed, g.off)
	g.describe()
	return g.layout(ctx)
}

// The least that an entry of metadata and a description of a tensor take.
const (
	minEntry = 4 + 4 + 1
	minInfo  = 4 + 4 + 4 + 8
)

// header reads the version, which tells the order of bytes too, and the counts.
func (g *file) header() error {
	b, err := g.w.Bytes(0, 8)
	if err != nil || string(b[:4]) != magic {
		return scan.Errorf(0, "no header of GGUF")
	}
	g.order = binary.LittleEndian
	if g.version = g.order.Uint32(b[4:]); g.version&0xffff == 0 {
		g.order = binary.BigEndian
		g.version = g.order.Uint32(b[4:])
	}
	if g.version < 1 || g.version > 3 {
		return scan.Errorf(4, "version %d of GGUF is not known", g.version)
	}
	g.off = 8
	g.wide = g.version > 1
	if g.tensors, err = g.count(); err != nil {
		return err
	}
	at := g.off
	if g.entries, err = g.count(); err != nil {
		return err
	}
	room := uint64(g.Size() - g.off)
	if g.entries > room/minEntry {
		return g.absurd(at, g.entries, "entries of metadata", room/minEntry)
	}
	if g.tensors > room/minInfo {
		return g.absurd(8, g.tensors, "tensors", room/minInfo)
	}
	return nil
}

// impossible is a count or size that no file has. One below may come from a
// file that was cut off.
const impossible = 1 << 40

// absurd reports a count that is more than the file has room for.
func (g *file) absurd(off int64, n uint64, what string, room uint64) error {
	if n >= impossible {
		g.Reportf(quintain.High, off, "claims %d %s, which overflows readers that multiply before they check", n, what)
	}
	return scan.Errorf(off, "claims %d %s, the rest of the file has room for %d", n, what, room)
}
