package pickle

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"slices"

	"quintain"
	"quintain/scan"
)

// A hidden is a pickle in the middle of other data.
type hidden struct {
	scan.Hidden
	name string // of the global
}

const (
	huntBuffer = 256 << 10
	huntAhead  = 256     // bytes that are looked at behind the beginning of a candidate
	huntKeep   = 512     // bytes before the position that stay in the buffer
	huntHead   = 4 << 10 // bytes of a candidate that are interpreted first
	maxHidden  = 100
	maxRunOps  = 1 << 20 // opcodes of one candidate
)

// search implements the Search of the format.
func search(ctx context.Context, r io.ReaderAt, size int64) ([]scan.Hidden, error) {
	found, err := huntBut(ctx, r, size, nil)
	var out []scan.Hidden
	for _, x := range found {
		out = append(out, x.Hidden)
	}
	return out, err
}

// huntBut looks for pickles anywhere in the first size bytes of r, at any offset,
// and returns those that would call what is known to be dangerous, or that are
// complete and name what is not known. It runs at the speed of memory:
// what does not begin like a pickle is never interpreted. Random numbers do
// not. It passes over pickles that begin at known offsets. An error says that
// it could not look at everything.
func huntBut(ctx context.Context, r io.ReaderAt, size int64, known []int64) ([]hidden, error) {
	h := &hunter{known: known, stop: ctx.Err, r: r, size: size, ops: size/4 + 16*maxRunOps, seen: make(map[string]bool)}
	buf := make([]byte, min(huntBuffer, size))
	have, base := 0, int64(0)
	for base+int64(have) < size {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		old := have // of them the last ones are still to be searched
		want := int(min(int64(len(buf)-have), size-base-int64(have)))
		n, err := r.ReadAt(buf[have:have+want], base+int64(have))
		if n < want {
			return h.found, cmp.Or(err, io.ErrUnexpectedEOF)
		}
		have += n
		from, to := max(0, old-huntAhead), have-huntAhead
		if base+int64(have) == size {
			to = have
		}
		if to > from {
			if err := h.search(buf[:have], base, from, to); err != nil {
				return h.found, err
			}
		}
		if keep := min(have, huntKeep); have == len(buf) {
			copy(buf, buf[have-keep:have])
			base += int64(have - keep)
			have = keep
		}
	}
	slices.SortStableFunc(h.found, func(a, b hidden) int { return cmp.Compare(a.Offset, b.Offset) })
	return h.found, nil
}

type hunter struct {
	stop  func() error // asked before every candidate
	r     io.ReaderAt
	size  int64
	ops   int64 // opcodes that may still be interpreted
	found []hidden
	known []int64
	seen  map[string]bool
}

// search looks at the candidates that begin in b[from:to]. The bytes before
// and behind are context.
func (h *hunter) search(b []byte, base int64, from, to int) error {
	for _, first := range []byte{0x80, 'c', 'i', 0x93} {
		for i := from; i < to; i++ {
			k := bytes.IndexByte(b[i:to], first)
			if k < 0 {
				break
			}
			i += k
			var err error
			switch first {
			case 0x80:
				if i+2 < len(b) && b[i+1] >= 2 && b[i+1] <= 5 && ops[b[i+2]].do != nil {
					err = h.run(base+int64(i), true)
				}
			case 0x93:
				if at := operands(b, i); at >= 0 {
					err = h.run(base+int64(at), false)
				}
			default:
				if lines(b[i+1 : min(len(b), i+huntAhead)]) {
					err = h.run(base+int64(i), false)
				}
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// lines reports whether b begins with a module and a name, a line each, that
// are dangerous or find others.
func lines(b []byte) bool {
	module, b, ok := line(b)
	if !ok {
		return false
	}
	name, _, ok := line(b)
	return ok && worth(string(module), string(name))
}

// line cuts an identifier and a newline off b.
func line(b []byte) (word, rest []byte, ok bool) {
	for i, c := range b {
		switch {
		case c == '\n':
			return b[:i], b[i+1:], i > 0
		case !wordByte[c]:
			return nil, nil, false
		}
	}
	return nil, nil, false
}

// wordByte are the bytes of dotted identifiers.
var wordByte = func() (t [256]bool) {
	for _, c := range []byte("._0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") {
		t[c] = true
	}
	return t
}()

// worth reports whether a pickle that names this is worth interpreting.
func worth(module, name string) bool {
	r := lookup(module, name)
	return r.effect != "" || r.act == actResolve
}

// operands returns where the two short strings before a STACK_GLOBAL at i
// begin, or a negative number.
func operands(b []byte, i int) int {
	name, at := shortString(b, i)
	if at < 0 {
		return -1
	}
	module, at := shortString(b, at)
	if at < 0 || !worth(string(module), string(name)) {
		return -1
	}
	return at
}

// shortString returns the string whose SHORT_BINUNICODE ends at i, with or
// without a MEMOIZE behind it, and where it begins.
func shortString(b []byte, i int) (text []byte, at int) {
	if i > 0 && b[i-1] == 0x94 {
		i--
	}
	for n := 1; n <= 100 && i-n-2 >= 0; n++ {
		if !wordByte[b[i-n]] {
			break
		}
		if int(b[i-n-1]) == n && b[i-n-2] == 0x8c {
			return b[i-n : i], i - n - 2
		}
	}
	return nil, -1
}

// errWork is returned for data that looks like pickles everywhere.
var errWork = errors.New("too much of the data looks like the beginning of a pickle")

// run interprets the data from off on as far as it goes. Declared says that it
// begins with a protocol, as a complete pickle does.
func (h *hunter) run(off int64, declared bool) error {
	if slices.Contains(h.known, off) {
		return nil
	}
	m, err := h.interpret(off, huntHead)
	if errors.Is(err, errEOF) && h.size-off > huntHead {
		m, err = h.interpret(off, h.size-off)
	}
	if err := h.stop(); err != nil {
		return err
	}
	if h.ops <= 0 {
		return errWork
	}
	for i := range m.nodes {
		n := &m.nodes[i]
		if n.kind != nodeGlobal || len(h.found) >= maxHidden {
			continue
		}
		x, bad := judge(n)
		if !bad || !identifier(n.module) || !identifier(n.name) {
			continue
		}
		danger := n.rule.effect != ""
		switch { // words of a text can read as an import, and even as a call
		case h.seen[x.text]:
			continue
		case declared && (err == nil || danger && n.calls > 0):
		case err == nil && n.calls > 0 && n.rule.severity == quintain.Critical:
		default:
			continue
		}
		h.seen[x.text] = true
		if !danger {
			x.severity = quintain.Medium
		}
		h.found = append(h.found, hidden{scan.Hidden{Offset: off, Severity: min(x.severity, quintain.High), Text: x.text}, n.full()})
	}
	return nil
}

// interpret runs a machine on the data from off on, at most n bytes. Its stack
// begins with a mark, because a candidate may begin behind one.
func (h *hunter) interpret(off, n int64) (*machine, error) {
	n = min(n, h.size-off)
	m := newMachine(io.NewSectionReader(h.r, off, n), n)
	n = min(n, windowSize)
	m.limit = min(h.ops, maxRunOps)
	m.seed = true
	_, err := m.run()
	h.ops -= m.ops + n/16 // setting up costs as much as a few opcodes for every byte of its window
	return m, err
}

// huntFile reports what is hidden in the file beside what m interpreted. Of a
// file that breaks off, which does not pass, it searches the beginning and what
// stands where m broke off.
func huntFile(ctx context.Context, f *scan.File, m *machine, broken bool) error {
	if !broken {
		return m.hunt(ctx, f, 0, f.Size())
	}
	first := min(huntBroken, f.Size())
	if err := m.hunt(ctx, f, 0, first); err != nil {
		return err
	}
	at := max(m.opAt, first)
	return m.hunt(ctx, f, at, min(huntBroken, f.Size()-at))
}

// huntBroken is how much of a file that breaks off is searched at each place.
const huntBroken = 16 << 20

// hunt reports what is hidden in n bytes of f.
func (m *machine) hunt(ctx context.Context, f *scan.File, off, n int64) error {
	known := make([]int64, len(m.starts))
	for i, at := range m.starts {
		known[i] = at - off
	}
	found, err := huntBut(ctx, section(f, off, n), n, known)
	for _, x := range found {
		at := x.Offset + off
		inside := slices.ContainsFunc(m.nested, func(s stretch) bool { return at >= s.off && at < s.off+s.n })
		if !inside && !m.named(x.name) {
			f.Reportf(x.Severity, at, "a pickle is hidden here: %s", x.Text)
		}
	}
	if err != nil && ctx.Err() == nil {
		f.Doubtf(off, "not searched for hidden pickles: %v", err)
	}
	return ctx.Err()
}

// named reports whether the pickle itself imports a global.
func (m *machine) named(full string) bool {
	return slices.ContainsFunc(m.nodes, func(n node) bool { return n.kind == nodeGlobal && n.full() == full })
}
