package pickle

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"unicode/utf8"

	"quintain"
	"quintain/scan"
)

// A note is one thing to report.
type note struct {
	off      int64
	severity quintain.Severity // None for a doubt
	text     string
}

// report reports what the machine noted, in the order of the file.
func report(f *scan.File, m *machine) {
	var notes []note
	globals := 0
	for i := range m.nodes {
		n := &m.nodes[i]
		if n.kind != nodeGlobal {
			continue
		}
		globals++
		if x, ok := judge(n); ok {
			notes = append(notes, x)
		}
	}
	levels := []quintain.Severity{doubt: quintain.None, low: quintain.Low, medium: quintain.Medium, high: quintain.High}
	for _, x := range m.flaws {
		notes = append(notes, note{x.off, levels[x.level], x.text})
	}
	slices.SortStableFunc(notes, func(a, b note) int { return cmp.Compare(a.off, b.off) })
	for _, x := range notes {
		if x.severity == quintain.None {
			f.Doubtf(x.off, "%s", x.text)
		} else {
			f.Reportf(x.severity, x.off, "%s", x.text)
		}
	}
	for _, x := range m.externals {
		f.Refer(x)
	}
	f.Fact("opcodes", strconv.FormatInt(m.ops, 10))
	f.Fact("globals", strconv.Itoa(globals))
}

// judge says what is wrong with a global that was imported, if anything.
func judge(n *node) (note, bool) {
	r := n.rule
	through := ""
	if n.through != "" {
		through = " through " + n.through
	}
	switch {
	case n.calls > 0 && !r.calls:
		again := ""
		if n.calls > 1 {
			again = fmt.Sprintf(", %d times", n.calls)
		}
		if r.effect != "" {
			return note{n.callAt, r.severity, fmt.Sprintf("would %s: calls %s%s%s", r.effect, n.call, through, again)}, true
		}
		return note{n.callAt, quintain.High, fmt.Sprintf("calls %s%s%s, which is not known to be harmless", n.call, through, again)}, true
	case r.imports:
		return note{}, false
	case r.effect != "":
		return note{n.at, quintain.High, fmt.Sprintf("imports %s%s, which can %s", quoteName(n.full()), through, r.effect)}, true
	}
	return note{n.at, quintain.Medium, fmt.Sprintf("imports %s%s, which is not known to be harmless", quoteName(n.full()), through)}, true
}

// descend inspects the bytes that the pickle would unpickle.
func descend(ctx context.Context, f *scan.File, m *machine) error {
	for _, s := range m.nested {
		if s.n >= forgotten {
			f.Doubtf(s.off, "unpickles more bytes than are looked at")
			continue
		}
		r, n := io.ReaderAt(section(f, s.off, s.n)), s.n
		if s.code == dataLatin || s.code == dataRaw {
			b, err := narrow(f, s)
			if err != nil {
				return scan.Errorf(s.off, "bytes to unpickle: %w", err)
			}
			r, n = bytes.NewReader(b), int64(len(b))
		}
		if _, err := f.Descend(ctx, fmt.Sprintf("bytes@0x%x", s.off), r, n); err != nil {
			return scan.Errorf(s.off, "bytes to unpickle: %w", err)
		}
	}
	return nil
}

const maxNarrow = 16 << 20

// narrow returns the bytes that a text in the file stands for.
func narrow(f *scan.File, s stretch) ([]byte, error) {
	if s.n > maxNarrow {
		return nil, fmt.Errorf("%w: %d bytes of text", scan.ErrBudget, s.n)
	}
	text := make([]byte, s.n)
	if _, err := f.ReadAt(text, s.off); err != nil && err != io.EOF { //nolint:errorlint // ReadAt returns io.EOF itself
		return nil, err
	}
	return s.code.narrow(text)
}

// narrow returns the bytes that b stands for as a constant of that code.
func (c code) narrow(b []byte) ([]byte, error) {
	switch c {
	case dataLatin:
		return latin(slices.Clone(b))
	case dataRaw:
		return latin(unescapeRaw(nil, b))
	default:
		return b, nil
	}
}

// latin returns the bytes that Latin-1 text in UTF-8 stands for, in its place.
func latin(text []byte) ([]byte, error) {
	out := text[:0]
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		if r > 0xff {
			return nil, fmt.Errorf("character %U is not Latin-1", r)
		}
		out = append(out, byte(r))
		text = text[n:]
	}
	return out, nil
}

func section(f *scan.File, off, n int64) *io.SectionReader { return io.NewSectionReader(f, off, n) }
