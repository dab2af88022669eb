package rar

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"strings"
	"unicode/utf8"

	"quintain"
	"quintain/scan"
	"quintain/scan/internal/tree"
)

// Kinds of headers of version 5, and their flags.
const (
	main5       = 1
	file5       = 2
	service5    = 3
	encryption5 = 4
	end5        = 5

	hasExtra5 = 0x0001
	hasData5  = 0x0002
	splits5   = 0x0018

	mainVolume5 = 0x0001
	mainNumber5 = 0x0002
	mainSolid5  = 0x0004

	fileFolder5  = 0x0001
	fileTime5    = 0x0002
	fileSum5     = 0x0004
	fileNoSize5  = 0x0008
	hostUnix5    = 1
	endMore5     = 0x0001
	algorithm5   = 0x3f // of packing
	method5      = 7
	dictionary5  = 10
	fraction5    = 15
	minWindow    = 0x20000
	maxAlgorithm = 1
)

// Records of a header, and kinds of links.
const (
	recordCrypt   = 1
	recordLink    = 5
	recordService = 7

	linkUnix     = 1
	linkWindows  = 2
	linkJunction = 3
	linkHard     = 4
	linkCopy     = 5
)

// A vints reads numbers of variable length. After the first error it reads
// zeros.
type vints struct {
	b   []byte
	err error
}

var errNumber = errors.New("a number is cut off or out of range")

func (v *vints) next() int64 {
	n, used := binary.Uvarint(v.b)
	if v.err != nil || used <= 0 || n > math.MaxInt64/4 {
		v.err = errNumber
		return 0
	}
	v.b = v.b[used:]
	return int64(n)
}

func (v *vints) bytes(n int64) []byte {
	if v.err != nil || n > int64(len(v.b)) {
		v.err = errNumber
		return nil
	}
	b := v.b[:n]
	v.b = v.b[n:]
	return b
}

// A record is one of the extras of a header.
type record struct {
	kind int64
	vints
}

// A block is a header of version 5.
type block struct {
	at          int64
	kind, flags int64
	body        vints
	records     []record
	data        int64 // bytes that follow
}

// walk5 reads the headers of an archive of version 5 up to its end.
func (a *archive) walk5() error {
	a.off = int64(len(signature5))
	a.f.Account(scan.Parsed, a.off)
	for first := true; ; first = false {
		b, err := a.block5()
		if err != nil {
			return err
		}
		switch {
		case b.kind == encryption5:
			return scan.Errorf(b.at, "%w", errEncrypted)
		case first != (b.kind == main5):
			return scan.Errorf(b.at, "a header of kind %d is out of place", b.kind)
		case b.kind == main5:
			flags := b.body.next()
			a.solid = flags&mainSolid5 != 0
			if flags&(mainVolume5|mainNumber5) != 0 {
				a.f.Doubtf(b.at, "the archive is one volume of several")
			}
			_, err = a.data(b.at, b.data)
		case b.kind == file5 || b.kind == service5:
			err = a.file5(b)
		case b.kind == end5:
			if b.body.next()&endMore5 != 0 {
				a.f.Doubtf(b.at, "the archive goes on in another volume")
			}
			return nil
		default:
			a.f.Doubtf(b.at, "a header of kind %d is not known", b.kind)
			_, err = a.data(b.at, b.data)
		}
		if err != nil {
			return err
		}
		if b.body.err != nil {
			return scan.Errorf(b.at, "header: %w", b.body.err)
		}
	}
}

// block5 reads one header.
func (a *archive) block5() (*block, error) {
	at := a.off
	head, err := a.w.UpTo(at, 7)
	if err != nil || len(head) < 6 {
		return nil, scan.Errorf(at, "the archive has no end")
	}
	size, used := binary.Uvarint(head[4:])
	if used <= 0 || size == 0 || size > maxBlock {
		return nil, scan.Errorf(at, "a header of %d bytes", size)
	}
	n := 4 + int64(used) + int64(size) //nolint:gosec // at most maxBlock
	b, err := a.bytes(at, n)
	if err != nil {
		return nil, scan.Errorf(at, "header of %d bytes: %w", size, err)
	}
	if crc32.ChecksumIEEE(b[4:]) != binary.LittleEndian.Uint32(b) {
		return nil, scan.Errorf(at, "the checksum of the header is wrong, where some programs stop and others go on")
	}
	out := &block{at: at, body: vints{b: bytes.Clone(b[4+used:])}}
	out.kind, out.flags = out.body.next(), out.body.next()
	var extra int64
	if out.flags&hasExtra5 != 0 {
		extra = out.body.next()
	}
	if out.flags&hasData5 != 0 {
		out.data = out.body.next()
	}
	rest := int64(len(out.body.b)) - extra
	if out.body.err != nil || rest < 0 {
		return nil, scan.Errorf(at, "header: %w", errNumber)
	}
	records := vints{b: out.body.b[rest:]}
	out.body.b = out.body.b[:rest]
	for len(records.b) > 0 && records.err == nil {
		r := record{vints: vints{b: records.bytes(records.next())}}
		r.kind = r.next()
		out.records = append(out.records, r)
	}
	if records.err != nil {
		return nil, scan.Errorf(at, "records of the header: %w", records.err)
	}
	a.f.Account(scan.Parsed, n)
	a.off += n
	return out, nil
}

// file5 reads the header of a member.
func (a *archive) file5(b *block) error {
	p := &b.body
	m := member{off: b.at, service: b.kind == service5, split: b.flags&splits5 != 0}
	flags := p.next()
	m.size = p.next()
	attrs := p.next()
	if flags&fileTime5 != 0 {
		p.bytes(4)
	}
	if sum := flags&fileSum5 != 0; sum {
		if c := p.bytes(4); c != nil {
			m.crc, m.hasCRC = binary.LittleEndian.Uint32(c), true
		}
	}
	how, host := p.next(), p.next()
	m.name = string(p.bytes(p.next()))
	if p.err != nil {
		return scan.Errorf(b.at, "member: %w", p.err)
	}
	if !utf8.ValidString(m.name) {
		a.f.Doubtf(b.at, "the name of member %q is not UTF-8", m.name)
	}
	if flags&fileNoSize5 != 0 {
		m.size = -1
	}
	if m.stored = how>>method5&7 == 0; !m.stored {
		m.dict = int64(minWindow) << (how >> dictionary5 & 0x1f)
		if version := how & algorithm5; version > maxAlgorithm {
			a.f.Doubtf(b.at, "member %q is packed with version %d of the method", m.name, version)
		} else if version == maxAlgorithm {
			m.dict += m.dict / 32 * (how >> fraction5 & 0x1f)
		}
	}
	if flags&fileFolder5 != 0 {
		m.kind = tree.Folder
	}
	if host == hostUnix5 && !m.service {
		m.unix(uint32(attrs & math.MaxUint32)) //nolint:gosec // as above
	}
	for i := range b.records {
		if err := a.record5(&m, &b.records[i]); err != nil {
			return scan.Errorf(b.at, "record of member %q: %w", m.name, err)
		}
	}
	var err error
	if m.data, err = a.data(b.at, b.data); err != nil {
		return err
	}
	return a.add(&m)
}

// record5 reads an extra of the header of a member.
func (a *archive) record5(m *member, r *record) error {
	switch r.kind {
	case recordCrypt:
		m.encrypted = true
	case recordService:
		if m.name == "STM" {
			m.target = strings.TrimPrefix(string(r.b), ":")
		}
	case recordLink:
		kind := r.next()
		r.next() // flags
		m.target = string(r.bytes(r.next()))
		switch kind {
		case linkUnix:
			m.kind = tree.Symlink
		case linkHard, linkCopy:
			m.kind = tree.HardLink
		case linkWindows, linkJunction:
			m.kind = tree.Symlink
			m.target = strings.ReplaceAll(strings.TrimPrefix(m.target, `\??\`), `\`, "/")
			a.f.Reportf(quintain.High, m.off, "member %q is a link of Windows, to %q", m.name, m.target)
		default:
			return fmt.Errorf("a link of kind %d is not known", kind)
		}
	}
	return r.err
}
