package sevenzip

import (
	"context"
	"fmt"
	"hash/crc32"
	"io"
	"strings"

	"github.com/bodgit/sevenzip"

	"quintain"
	"quintain/scan"
	"quintain/scan/internal/foreign"
	"quintain/scan/internal/pages"
	"quintain/scan/internal/tree"
)

// Attributes of a member: those of Windows, and above them those of Unix.
const (
	attrFolder  = 0x10
	attrReparse = 0x400
	attrUnix    = 0x8000

	modeType   = 0o170000
	modeFolder = 0o040000
	modeFile   = 0o100000
	modeLink   = 0o120000
	modeChar   = 0o020000
	modeBlock  = 0o060000
)

const maxTarget = 4096 // bytes of the target of a link

// mode returns the type of a member by Unix, or 0.
func (m *member) mode() uint32 {
	if m.attrs&attrUnix == 0 {
		return 0
	}
	return m.attrs >> 16 & modeType
}

// An unpacker unpacks the members in the order in which they are packed.
type unpacker struct {
	*archive
	ctx    context.Context //nolint:containedctx // of the one inspection that it lives for
	lib    *sevenzip.Reader
	tree   *tree.Tree
	left   int64 // of the limit for all members
	total  int64 // of all members
	broken error // why the decoder is not used
	bad    int   // the folder of data of which no more is unpacked; -1 if there is none
	why    error
}

// inspectMembers unpacks the members and hands them to the other formats.
func (a *archive) inspectMembers(ctx context.Context) error {
	u := &unpacker{archive: a, ctx: ctx, tree: tree.New(a.f), left: pages.Limit(a.f.Size()), bad: -1}
	for i := range a.members {
		u.total += min(a.members[i].size, 1<<40)
	}
	if len(a.streams.folders) > 0 {
		u.open()
	}
	spans, last := a.packedSpans(), -1
	for i := range a.members {
		m := &a.members[i]
		if !m.empty && m.in != last {
			last = m.in
			if err := u.begin(m.in, spans[m.in]); err != nil {
				return err
			}
		}
		if err := u.member(i, m); err != nil {
			return err
		}
	}
	u.tree.CheckLinks()
	return ctx.Err()
}

// open lets the decoder read the header, and refuses it if it reads another
// one: then the members are judged by their names only.
func (u *unpacker) open() {
	var lib *sevenzip.Reader
	u.broken = foreign.Call(func() (err error) {
		lib, err = sevenzip.NewReader(u.f, u.f.Size())
		return err
	})
	if u.broken == nil {
		u.broken = u.compare(lib.File)
	}
	u.lib = lib
}

// compare compares what two readers of the header see.
func (u *unpacker) compare(files []*sevenzip.File) error {
	if len(files) != len(u.members) {
		return fmt.Errorf("two readers of the header see %d and %d members", len(u.members), len(files))
	}
	for i, x := range files {
		m := &u.members[i]
		if strings.TrimSuffix(x.Name, "/") != strings.TrimSuffix(m.name, "/") || x.UncompressedSize != uint64(m.size) { //nolint:gosec // not negative
			return fmt.Errorf("two readers of the header see %q of %d bytes and %q of %d", m.name, m.size, x.Name, x.UncompressedSize)
		}
	}
	return nil
}

// begin prepares a folder of data. Its packed bytes are searched as they are,
// because a decoder stops where the content ends and looks no further.
func (u *unpacker) begin(in int, s span) error {
	u.bad = -1
	u.f.Account(scan.Delegated, s.n)
	var err error
	f := &u.streams.folders[in]
	if u.free, err = afford(f, u.free); err != nil {
		u.bad, u.why = in, err
	}
	if len(f.coders) == 1 && f.coders[0].id == methodCopy {
		if f.size() == s.n {
			return nil
		}
		u.f.Reportf(quintain.Medium, s.off, "%d stored bytes are said to be %d", s.n, f.size())
	}
	if x := &f.coders[f.first]; x.id == methodLZMA2 {
		if err := chunks(u.f, s, x.size); err != nil {
			u.f.Doubtf(s.off, "packed data: %v", err)
		}
	}
	return u.f.Search(u.ctx, "packed data", s.off, io.NewSectionReader(u.f, s.off, s.n), s.n)
}

// member judges one member and hands its content on.
func (u *unpacker) member(i int, m *member) error {
	var content *pages.Pages
	if !m.empty {
		if content = u.content(i, m); content == nil {
			u.f.Doubtf(-1, "not analyzed: member %q of %d bytes: %v", m.name, m.size, u.why)
		}
	}
	if m.anti {
		u.f.Reportf(quintain.High, u.at, "the archive deletes %q where it is unpacked", m.name)
	}
	t := tree.Member{Off: u.at, Name: m.name, Kind: tree.File}
	switch mode := m.mode(); {
	case mode == modeLink:
		t.Kind = tree.Symlink
		t.Target = u.target(m, content)
	case m.attrs&attrReparse != 0:
		u.f.Reportf(quintain.High, u.at, "member %q is a link of Windows", m.name)
	case m.folder || mode == modeFolder || mode == 0 && m.attrs&attrFolder != 0:
		t.Kind = tree.Folder
	case mode == modeChar || mode == modeBlock:
		u.f.Reportf(quintain.High, u.at, "member %q is a device", m.name)
	case mode != 0 && mode != modeFile:
		u.f.Reportf(quintain.Medium, u.at, "member %q is a pipe or a socket, which blocks whoever opens it", m.name)
	}
	u.tree.Add(t)
	if content == nil || content.Size() == 0 || t.Kind == tree.Symlink {
		return nil
	}
	if _, err := u.f.Descend(u.ctx, m.name, content, content.Size()); err != nil {
		return fmt.Errorf("member %q: %w", m.name, err)
	}
	return nil
}

// target returns where a symbolic link leads.
func (u *unpacker) target(m *member, content *pages.Pages) string {
	if content == nil || content.Size() > maxTarget {
		u.f.Doubtf(-1, "the target of link %q is not known", m.name)
		return ""
	}
	b := make([]byte, content.Size())
	_, _ = content.ReadAt(b, 0) // it is in memory
	return string(b)
}

// content unpacks a member. It returns nil, and leaves why, if it cannot: then
// what follows in the same folder of data cannot be unpacked either.
func (u *unpacker) content(i int, m *member) *pages.Pages {
	if u.broken != nil {
		u.why = u.broken
		return nil
	}
	if u.bad == m.in {
		return nil
	}
	u.bad = m.in
	if m.size > u.left {
		u.why = pages.ErrLimit
		if packed := u.f.Size(); u.total/packed >= pages.BombRatio {
			u.f.Reportf(quintain.Medium, u.at, "claims to unpack to %d times its size, which is more than is unpacked", u.total/packed)
		}
		return nil
	}
	u.left -= m.size
	out := pages.New(u.ctx, m.size, u.f.Spend, nil)
	sum := crc32.NewIEEE()
	u.why = foreign.Call(func() error {
		r, err := u.lib.File[i].Open()
		if err != nil {
			return err
		}
		if _, err := io.CopyN(io.MultiWriter(out, sum), foreign.Reader(r), m.size); err != nil {
			_ = r.Close() // the first error counts
			return err
		}
		return r.Close()
	})
	switch {
	case u.why != nil:
		return nil
	case !m.sum.known:
		u.f.Doubtf(-1, "member %q has no checksum, so nobody knows whether it was unpacked as it was packed", m.name)
	case sum.Sum32() != m.sum.crc:
		u.f.Doubtf(-1, "the checksum of member %q is wrong", m.name)
	}
	u.bad = -1
	return out
}
