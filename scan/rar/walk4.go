package rar

import (
	"encoding/binary"
	"hash/crc32"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"quintain"
	"quintain/scan"
	"quintain/scan/internal/tree"
)

// Kinds of headers of version 4, and their flags.
const (
	main4    = 0x73
	file4    = 0x74
	service4 = 0x7a
	end4     = 0x7b

	hasData4 = 0x8000

	mainVolume4    = 0x0001
	mainSolid4     = 0x0008
	mainEncrypted4 = 0x0080

	fileSplit4     = 0x0003
	fileEncrypted4 = 0x0004
	fileFolder4    = 0x00e0
	fileLarge4     = 0x0100
	fileUnicode4   = 0x0200
	fileSalt4      = 0x0400

	endMore4 = 0x0001

	min4       = 7
	minMain4   = 13
	minFile4   = 32
	stored4    = 0x30
	lastDOS4   = 2 // systems up to this one have backslashes in names
	hostUnix4  = 3
	modeType   = 0o170000
	modeFolder = 0o040000
	modeFile   = 0o100000
	modeLink   = 0o120000
	modeChar   = 0o020000
	modeBlock  = 0o060000
)

// walk4 reads the headers of an archive of version 4 up to its end.
func (a *archive) walk4() error {
	a.off = int64(len(signature4))
	a.f.Account(scan.Parsed, a.off)
	for first := true; ; first = false {
		at := a.off
		b, err := a.bytes(at, min4)
		if err != nil {
			return scan.Errorf(at, "the archive has no end: %w", err)
		}
		le := binary.LittleEndian
		kind, flags, size := b[2], le.Uint16(b[3:]), int64(le.Uint16(b[5:]))
		if size < min4 || first && size < minMain4 {
			return scan.Errorf(at, "a header of %d bytes", size)
		}
		if b, err = a.bytes(at, size); err != nil {
			return scan.Errorf(at, "header of %d bytes: %w", size, err)
		}
		if uint16(crc32.ChecksumIEEE(b[2:])&0xffff) != le.Uint16(b) { //nolint:gosec // the low half
			return scan.Errorf(at, "the checksum of the header is wrong, where some programs stop and others go on")
		}
		a.f.Account(scan.Parsed, size)
		a.off += size
		switch {
		case first != (kind == main4):
			return scan.Errorf(at, "a header of kind 0x%02x is out of place", kind)
		case kind == main4 && flags&mainEncrypted4 != 0:
			return scan.Errorf(at, "%w", errEncrypted)
		case kind == main4:
			a.solid = flags&mainSolid4 != 0
			if flags&mainVolume4 != 0 {
				a.f.Doubtf(at, "the archive is one volume of several")
			}
		case kind == file4 || kind == service4:
			err = a.file4(at, kind, flags, b)
		case kind == end4:
			if flags&endMore4 != 0 {
				a.f.Doubtf(at, "the archive goes on in another volume")
			}
			return nil
		default:
			err = a.unknown4(at, kind, flags, b)
		}
		if err != nil {
			return err
		}
	}
}

// unknown4 passes over a header of another kind.
func (a *archive) unknown4(at int64, kind byte, flags uint16, b []byte) error {
	a.f.Doubtf(at, "a header of kind 0x%02x is not known", kind)
	if flags&hasData4 == 0 {
		return nil
	}
	if len(b) < min4+4 {
		return scan.Errorf(at, "a header of %d bytes", len(b))
	}
	_, err := a.data(at, int64(binary.LittleEndian.Uint32(b[min4:])))
	return err
}

// file4 reads the header of a member.
func (a *archive) file4(at int64, kind byte, flags uint16, b []byte) error {
	if len(b) < minFile4 {
		return scan.Errorf(at, "a header of a member of %d bytes", len(b))
	}
	le := binary.LittleEndian
	packed, size := uint64(le.Uint32(b[7:])), uint64(le.Uint32(b[11:]))
	rest := b[minFile4:]
	if flags&fileLarge4 != 0 {
		if len(rest) < 8 {
			return scan.Errorf(at, "member: %w", io.ErrUnexpectedEOF)
		}
		packed |= uint64(le.Uint32(rest)) << 32
		size |= uint64(le.Uint32(rest[4:])) << 32
		rest = rest[8:]
	}
	n := int(le.Uint16(b[26:]))
	if n > len(rest) || packed>>62 != 0 || size>>62 != 0 {
		return scan.Errorf(at, "a member of %d bytes in %d with a name of %d", size, packed, n)
	}
	m := member{
		off: at, size: int64(size), crc: le.Uint32(b[16:]), hasCRC: true, //nolint:gosec // checked above
		stored: b[25] == stored4, encrypted: flags&fileEncrypted4 != 0, split: flags&fileSplit4 != 0, service: kind == service4,
	}
	host, attrs := b[15], le.Uint32(b[28:])
	m.name = a.name4(at, flags, rest[:n])
	if host <= lastDOS4 {
		m.name = strings.ReplaceAll(m.name, `\`, "/")
	}
	if flags&fileFolder4 == fileFolder4 {
		m.kind = tree.Folder
	}
	if host == hostUnix4 && !m.service {
		m.unix(attrs)
		m.linked = m.kind == tree.Symlink
	}
	var err error
	if m.data, err = a.data(at, int64(packed)); err != nil { //nolint:gosec // checked above
		return err
	}
	return a.add(&m)
}

// unix sets what a member is by its mode.
func (m *member) unix(mode uint32) {
	switch mode & modeType {
	case 0, modeFile:
	case modeFolder:
		m.kind = tree.Folder
	case modeLink:
		m.kind = tree.Symlink
	case modeChar, modeBlock:
		m.strange = "a device"
	default:
		m.strange = "a pipe or a socket, which blocks whoever opens it"
	}
}

// name4 returns the name of a member, which may be there in two forms.
func (a *archive) name4(at int64, flags uint16, b []byte) string {
	plain, packed, both := strings.Cut(string(b), "\x00")
	if flags&fileUnicode4 == 0 || !both {
		if !utf8.ValidString(string(b)) {
			a.f.Doubtf(at, "the name of member %q is in a code that is not stated", b)
		}
		return string(b)
	}
	name := unpackName(plain, packed)
	if ascii(name) && name != plain {
		a.f.Reportf(quintain.High, at, "the name of a member is %q in one form and %q in another, so programs differ on it", plain, name)
	}
	return name
}

func ascii(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}

// unpackName returns the name that is packed as its difference from a plain
// one: two bits say of each character whether it is a low byte, a low byte
// under a common high one, two bytes, or a run of the plain name.
func unpackName(plain, packed string) string {
	if packed == "" {
		return plain
	}
	next := func() uint16 {
		if packed == "" {
			return 0
		}
		c := packed[0]
		packed = packed[1:]
		return uint16(c)
	}
	high := next() << 8
	var out []uint16
	var flags, left uint16
	for packed != "" && len(out) <= maxName {
		if left == 0 {
			flags, left = next(), 8
		}
		left -= 2
		switch flags >> left & 3 {
		case 0:
			out = append(out, next())
		case 1:
			out = append(out, next()|high)
		case 2:
			low := next()
			out = append(out, low|next()<<8)
		case 3:
			n := next()
			var add, top uint16
			if n&0x80 != 0 {
				add, top = next(), high
			}
			for range n&0x7f + 2 {
				if len(out) >= len(plain) {
					break
				}
				out = append(out, (uint16(plain[len(out)])+add)&0xff|top)
			}
		}
	}
	return string(utf16.Decode(out))
}
