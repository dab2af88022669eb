// Package pickle finds code that runs when a Python pickle is loaded.
package pickle

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"path"
	"slices"
	"strings"

	"quintain"
	"quintain/scan"
)

//go:embed pickle.md
var doc string

// Format reports what a pickle imports, calls and changes, and what of it is
// not known to be harmless.
var Format = &scan.Format{
	Check: quintain.Check{
		Name:       "scan/pickle",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0011.000", "AML.T0018.002", "LLM04:2026", "CWE-502"},
		Accepts:    []quintain.Kind{quintain.KindArtifact},
	},
	Extensions: append([]string{".pt", ".pth", ".ckpt", ".bin"}, own...),
	Match:      match,
	Inspect:    inspect,
	Search:     search,
	Twin:       twin,
}

// twin is a pickle that calls os.system, with a command that does nothing.
func twin() (name string, data []byte) {
	return "twin.pkl", []byte("\x80\x02cos\nsystem\nX\x04\x00\x00\x00true\x85R.")
}

// match runs the beginning of the file. It is a pickle if that runs to its
// end, or to the end of the head, or names an import before it breaks.
// Protocols 0 and 1 have no magic number, so that they take a few opcodes to
// recognize.
func match(name string, head []byte) bool {
	if len(head) == 0 || ops[head[0]].do == nil || bytes.HasPrefix(head, []byte("PK\x03\x04")) {
		return false // a zip archive reads as a reference that no loader of pickles resolves
	}
	if isBzip2(head) {
		return false // it reads as a text of 800 MB
	}
	m := newMachine(bytes.NewReader(head), int64(len(head)))
	_, err := m.run()
	ends := errors.Is(err, errEOF)
	cut := ends && len(head) == scan.HeadSize
	switch {
	case err == nil:
		return true
	case head[0] == 0x80 && (m.ops > 2 || ends):
		return true
	case cut && (m.ops > 3 || slices.Contains(own, path.Ext(name))):
		return true
	}
	for i := range m.nodes {
		if n := &m.nodes[i]; n.kind == nodeGlobal && identifier(n.module) && identifier(n.name) {
			return true
		}
	}
	return false
}

// isBzip2 reports whether head begins a stream of bzip2: its mark, and that of
// its first block or of its end.
func isBzip2(head []byte) bool {
	return len(head) >= 10 && string(head[:3]) == "BZh" && (string(head[4:10]) == "1AY&SY" || string(head[4:10]) == "\x17rE8P\x90")
}

// own are the endings of names that promise a pickle and nothing else.
var own = []string{".pkl", ".pickle", ".pck", ".joblib", ".dill", ".p"}

// identifier reports whether s can name something in Python.
func identifier(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r < 0x80 && r != '_' && r != '.' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
}

func inspect(ctx context.Context, f *scan.File) error {
	m := newMachine(f, f.Size())
	m.interrupted = ctx.Err
	m.unwrap = &unwrapper{spend: f.Spend, hunt: func(b []byte) ([]scan.Hidden, error) {
		return search(ctx, bytes.NewReader(b), int64(len(b)))
	}}
	streams := 0
	end := int64(0)
	var legacy legacyTorch
	var era tarEra
	var stopped error
	for end < f.Size() {
		v, err := m.run()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			stopped = scan.Errorf(m.opAt, "%w", err)
			break
		}
		streams++
		end = m.src.offset()
		at, inline := end, m.inline
		if err := era.stream(m, f.Name(), streams, v); err != nil {
			m.inline, stopped = inline, scan.Errorf(at, "%w", err)
			break
		}
		end = m.src.offset()
		legacy.stream(m, streams, v)
		if legacy.complete(streams) || !m.another(f, end) {
			break
		}
	}
	report(f, m)
	f.Account(scan.Parsed, end-m.inline-m.filler)
	f.Account(scan.Tensor, m.inline)
	f.Account(scan.Padding, m.filler)
	if err := huntFile(ctx, f, m, stopped != nil); err != nil {
		return err
	}
	if err := descend(ctx, f, m); err != nil {
		return err
	}
	if stopped != nil {
		return stopped
	}
	if end == f.Size() {
		return nil
	}
	if legacy.complete(streams) {
		return legacy.storages(f, m, end)
	}
	return trailing(ctx, f, end)
}

// another reports whether a pickle begins at off.
func (m *machine) another(f *scan.File, off int64) bool {
	head := make([]byte, min(scan.HeadSize, f.Size()-off))
	n, err := f.ReadAt(head, off)
	return n == len(head) && (err == nil || off+int64(n) == f.Size()) && match("", head)
}

// trailing hands what follows the last pickle to the other formats. A loader
// stops before it, another program may not.
func trailing(ctx context.Context, f *scan.File, off int64) error {
	n := f.Size() - off
	if b := make([]byte, min(n, maxBlank)); n <= maxBlank {
		if got, err := f.ReadAt(b, off); got < len(b) {
			return scan.Errorf(off, "read: %w", err)
		}
		if len(bytes.Trim(b, "\x00 \t\r\n")) == 0 {
			f.Account(scan.Padding, n)
			f.Reportf(quintain.Low, off, "the end of the pickle is followed by %s of filler", scan.Count(n, "byte"))
			return nil
		}
	}
	f.Account(scan.Delegated, n)
	f.Reportf(quintain.Medium, off, "the end of the pickle is followed by %s, where no loader of pickles looks", scan.Count(n, "byte"))
	_, err := f.Descend(ctx, "trailing", section(f, off, n), n)
	return err
}

// maxBlank is how much filler behind a pickle is looked through.
const maxBlank = 4096
