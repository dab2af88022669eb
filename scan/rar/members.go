package rar

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strconv"
	"strings"

	"github.com/nwaples/rardecode/v2"

	"quintain"
	"quintain/scan"
	"quintain/scan/internal/foreign"
	"quintain/scan/internal/pages"
	"quintain/scan/internal/tree"
)

// freeMemory is what the dictionary may have beside twice the content.
const freeMemory = 16 << 20

// An unpacker unpacks the members in the order in which they are packed.
type unpacker struct {
	*archive
	ctx    context.Context //nolint:containedctx // of the one inspection that it lives for
	tree   *tree.Tree
	lib    *rardecode.Reader // nil before the first member that is packed
	passed int               // members that lib has passed
	left   int64             // of the limit for all members
	total  int64             // of all members
	memory int64             // that dictionaries may still take
	window int64             // the largest dictionary so far
	broken error             // why lib is not used any more
}

// inspectMembers hands the members to the other formats.
func (a *archive) inspectMembers(ctx context.Context) error {
	u := &unpacker{archive: a, ctx: ctx, tree: tree.New(a.f), left: pages.Limit(a.f.Size())}
	files := 0
	for i := range a.members {
		u.total += min(max(0, a.members[i].size), 1<<40)
		if !a.members[i].service {
			files++
		}
	}
	u.memory = freeMemory + 2*min(u.total, u.left)
	for i := range a.members {
		m := &a.members[i]
		a.f.Account(scan.Delegated, m.data.n)
		err := u.member(m)
		if m.service {
			err = u.service(m)
		}
		if err != nil {
			return err
		}
	}
	u.tree.CheckLinks()
	a.f.Fact("members", strconv.Itoa(files))
	return ctx.Err()
}

// member judges a file and hands its content on.
func (u *unpacker) member(m *member) error {
	if m.service {
		return nil
	}
	if m.strange != "" {
		u.f.Reportf(quintain.High, m.off, "member %q is %s", m.name, m.strange)
	}
	content, size, err := u.content(m)
	if err != nil {
		u.f.Doubtf(m.off, "not analyzed: member %q: %v", m.name, err)
		if u.ctx.Err() != nil {
			return u.ctx.Err()
		}
	}
	t := tree.Member{Off: m.off, Name: m.name, Kind: m.kind, Target: m.target}
	if m.linked && content != nil {
		b := make([]byte, min(size, maxName))
		if n, err := content.ReadAt(b, 0); n < len(b) {
			return scan.Errorf(m.data.off, "link %q: %w", m.name, err)
		}
		t.Target = string(b)
	}
	u.tree.Add(t)
	if content == nil || size == 0 || m.linked {
		return nil
	}
	if _, err := u.f.Descend(u.ctx, m.name, content, size); err != nil {
		return scan.Errorf(m.off, "member %q: %w", m.name, err)
	}
	return nil
}

// content returns the content of a member, or nil and why not.
func (u *unpacker) content(m *member) (io.ReaderAt, int64, error) {
	switch {
	case m.encrypted:
		return nil, 0, errors.New("it is encrypted")
	case m.split:
		return nil, 0, errors.New("a part of it is in another volume")
	case m.data.n == 0 && m.size <= 0:
		return nil, 0, nil
	case m.size < 0:
		return nil, 0, errors.New("its size is not stated")
	case !m.stored && m.dict == 0:
		return nil, 0, errors.New("members that version 4 packs are not read: to unpack them is to run programs that are in the archive")
	case !m.stored:
		return u.unpack(m)
	}
	if m.size != m.data.n {
		u.f.Reportf(quintain.Medium, m.off, "member %q is stored in %d bytes and said to be %d", m.name, m.data.n, m.size)
	}
	sum := crc32.NewIEEE()
	data := io.NewSectionReader(u.f, m.data.off, m.data.n)
	if _, err := io.Copy(sum, data); err != nil {
		return nil, 0, err
	}
	u.check(m, sum.Sum32())
	return data, m.data.n, nil
}

// check compares the checksum of a member.
func (u *unpacker) check(m *member, crc uint32) {
	switch {
	case !m.hasCRC:
		u.f.Doubtf(m.off, "member %q has no checksum that is computed, so nobody knows whether it is what was packed", m.name)
	case crc != m.crc:
		u.f.Doubtf(m.off, "the checksum of member %q is wrong", m.name)
	}
}

// unpack unpacks a member.
func (u *unpacker) unpack(m *member) (*pages.Pages, int64, error) {
	if m.dict > u.window {
		if u.memory -= m.dict; u.memory < 0 && u.broken == nil {
			u.broken = fmt.Errorf("%w: a dictionary of %d bytes", scan.ErrBudget, m.dict)
		}
		u.window = m.dict
	}
	if u.broken != nil {
		return nil, 0, u.broken
	}
	if m.size > u.left {
		if n := u.f.Size(); u.total/n >= pages.BombRatio {
			u.f.Reportf(quintain.Medium, m.off, "claims to unpack to %d times its size, which is more than is unpacked", u.total/n)
		}
		if u.solid {
			u.broken = fmt.Errorf("a member before it is too large: %w", pages.ErrLimit)
		}
		return nil, 0, pages.ErrLimit
	}
	u.left -= m.size
	out := pages.New(u.ctx, m.size, u.f.Spend, nil)
	sum := crc32.NewIEEE()
	err := foreign.Call(func() error {
		if err := u.advance(m); err != nil {
			return err
		}
		_, err := io.CopyN(io.MultiWriter(out, sum), foreign.Reader(u.lib), m.size)
		return err
	})
	if err != nil {
		u.broken = fmt.Errorf("the decoder stopped: %w", err)
		return nil, 0, err
	}
	u.check(m, sum.Sum32())
	return out, out.Size(), nil
}

// advance lets the decoder go to a member, and sees that both mean the same
// one.
func (u *unpacker) advance(m *member) error {
	if u.lib == nil {
		lib, err := rardecode.NewReader(io.NewSectionReader(u.f, 0, u.f.Size()), rardecode.MaxDictionarySize(u.window+u.memory))
		if err != nil {
			return err
		}
		u.lib = lib
	}
	for ; u.passed < len(u.members); u.passed++ {
		x := &u.members[u.passed]
		if x.service {
			continue
		}
		h, err := u.lib.Next()
		if err != nil {
			return err
		}
		if h.Name != x.name || h.UnPackedSize != x.size && x.size >= 0 {
			return fmt.Errorf("two readers of the headers see %q of %d bytes and %q of %d", x.name, x.size, h.Name, h.UnPackedSize)
		}
		if x == m {
			u.passed++
			return nil
		}
	}
	return errors.New("the decoder does not find it")
}

// service judges what is no file: comments, permissions, streams of NTFS,
// recovery records, and copies of headers. It is searched for pickles.
func (u *unpacker) service(m *member) error {
	switch m.name {
	case "CMT":
		u.f.Reportf(quintain.Low, m.off, "the archive has a comment of %d bytes", m.size)
	case "STM":
		severity := quintain.Medium
		if strings.ContainsAny(m.target, `/\`) || strings.Contains(m.target, "..") {
			severity = quintain.High
		}
		u.f.Reportf(severity, m.off, "a stream %q is written beside the content of a file", m.target)
	case "QO":
		if err := u.copies(m); err != nil {
			u.f.Doubtf(m.off, "copies of the headers: %v", err)
		}
	case "ACL", "RR":
	default:
		u.f.Doubtf(m.off, "a record %q is not known", m.name)
	}
	return u.f.Search(u.ctx, fmt.Sprintf("record %q", m.name), m.data.off, io.NewSectionReader(u.f, m.data.off, m.data.n), m.data.n)
}

// copies compares copies of headers, by which some programs list an archive,
// with what they are copies of.
func (u *unpacker) copies(m *member) error {
	if !m.stored || m.encrypted {
		return errors.New("they are packed or encrypted")
	}
	for off, end := m.data.off, m.data.off+m.data.n; off < end; {
		b, err := u.bytes(off, min(64, end-off))
		if err != nil {
			return err
		}
		if len(b) < 5 {
			return errNumber
		}
		v := vints{b: b[4:]}
		body := v.next()
		start := off + int64(len(b)-len(v.b))
		v.next() // flags
		back := v.next()
		n := v.next()
		at := off + int64(len(b)-len(v.b))
		if v.err != nil || n > end-at || at+n != start+body || back > m.off {
			return errNumber
		}
		copied, err := u.bytes(at, n)
		if err != nil {
			return err
		}
		text := string(copied)
		original, err := u.bytes(m.off-back, n)
		if err != nil {
			return err
		}
		if string(original) != text {
			u.f.Reportf(quintain.High, at, "a copy of the header at 0x%x differs from it, so programs differ on what is in the archive", m.off-back)
		}
		off = at + n
	}
	return nil
}
