package torch

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"quintain"
	"quintain/scan"
)

const (
	maxEntries = 100_000
	eocdSize   = 22
	eocd64Size = 56
	locSize    = 20
	centralMin = 46
	localMin   = 30
)

// An entry is one member of a zip archive, as its central directory says.
type entry struct {
	name   string
	flags  uint16
	method uint16
	mode   uint32 // as Unix has it; 0 if another system made it
	crc    uint32
	packed int64 // size in the archive
	size   int64 // size when unpacked
	local  int64 // offset of the local header
	data   int64 // offset of the data
	end    int64 // behind the data and its descriptor
	at     int64 // offset in the central directory
}

// An archive is a zip archive whose directory was read.
type archive struct {
	f       *scan.File
	w       *scan.Window
	entries []entry
	start   int64  // of the central directory
	end     int64  // of the archive
	shift   int64  // what to add to the offsets that the archive states
	pack    string // the folder of a package of PyTorch with its slash, or ""
}

// readArchive reads the directories of a zip archive: the one at its end,
// which most programs believe, and the local headers, which others do. It
// reports where the two differ.
func readArchive(f *scan.File) (*archive, error) {
	a := &archive{f: f, w: scan.NewWindow(f, f.Size())}
	count, err := a.readEnd()
	if err != nil {
		return nil, err
	}
	if err := a.readCentral(count); err != nil {
		return nil, err
	}
	for i := range a.entries {
		if err := a.readLocal(&a.entries[i]); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// readEnd finds the end of the central directory and returns how many entries
// it should have.
func (a *archive) readEnd() (count int64, err error) {
	at, err := a.findEnd()
	if err != nil {
		return 0, err
	}
	b, err := a.w.Bytes(at, eocdSize)
	if err != nil {
		return 0, scan.Errorf(at, "end of the archive: %w", err)
	}
	le := binary.LittleEndian
	count = int64(le.Uint16(b[10:]))
	size, offset := int64(le.Uint32(b[12:])), int64(le.Uint32(b[16:]))
	comment := int64(le.Uint16(b[20:]))
	disks := le.Uint16(b[4:]) != 0 || le.Uint16(b[6:]) != 0 || le.Uint16(b[8:]) != le.Uint16(b[10:])
	end := at
	if n, s, o, e, ok := a.readEnd64(at); ok {
		count, size, offset, end, disks = n, s, o, e, false
	}
	if disks {
		a.f.Reportf(quintain.Medium, at, "the archive claims to be spread over several disks")
	}
	a.start = end - size
	if a.start < 0 || size < 0 {
		return 0, scan.Errorf(at, "a central directory of %d bytes does not fit", size)
	}
	if a.shift = a.start - offset; a.shift > 0 {
		a.f.Reportf(quintain.Medium, 0, "%d bytes stand before the archive", a.shift)
	}
	a.end = at + eocdSize + comment
	switch {
	case a.end > a.f.Size():
		a.f.Reportf(quintain.Medium, at, "the comment of the archive is cut off")
	case a.end < a.f.Size():
		a.f.Reportf(quintain.Medium, a.end, "%d bytes follow the archive", a.f.Size()-a.end)
	case comment > 0:
		a.f.Reportf(quintain.Low, at, "the archive has a comment of %d bytes", comment)
	}
	return count, nil
}

// findEnd returns the offset of the last end record, the one that Python
// takes.
func (a *archive) findEnd() (int64, error) {
	tail := min(a.f.Size(), eocdSize+1<<16)
	b := make([]byte, tail)
	if n, err := a.f.ReadAt(b, a.f.Size()-tail); n < len(b) {
		return 0, scan.Errorf(a.f.Size()-tail, "end of the archive: %w", err)
	}
	i := bytes.LastIndex(b, []byte("PK\x05\x06"))
	if i < 0 || tail-int64(i) < eocdSize {
		return 0, scan.Errorf(-1, "the archive has no end record")
	}
	return a.f.Size() - tail + int64(i), nil
}

// readEnd64 reads the end record of large archives, if there is one before at.
func (a *archive) readEnd64(at int64) (count, size, offset, end int64, ok bool) {
	le := binary.LittleEndian
	loc, err := a.w.Bytes(at-locSize, locSize)
	if err != nil || string(loc[:4]) != "PK\x06\x07" {
		return 0, 0, 0, 0, false
	}
	end = at - locSize - eocd64Size
	b, err := a.w.Bytes(end, eocd64Size)
	if err != nil || string(b[:4]) != "PK\x06\x06" {
		return 0, 0, 0, 0, false
	}
	count, size, offset = int64(le.Uint64(b[32:])), int64(le.Uint64(b[40:])), int64(le.Uint64(b[48:])) // checked below
	if count < 0 || size < 0 || offset < 0 {
		return 0, 0, 0, 0, false
	}
	return count, size, offset, end, true
}

// readCentral reads the central directory.
func (a *archive) readCentral(count int64) error {
	off := a.start
	for i := range count {
		if len(a.entries) >= maxEntries {
			return scan.Errorf(off, "%w: more than %d members", scan.ErrBudget, maxEntries)
		}
		b, err := a.w.Bytes(off, centralMin)
		if err != nil || string(b[:4]) != "PK\x01\x02" {
			return scan.Errorf(off, "entry %d of %d of the central directory is missing", i+1, count)
		}
		le := binary.LittleEndian
		e := entry{
			flags: le.Uint16(b[8:]), method: le.Uint16(b[10:]), crc: le.Uint32(b[16:]),
			packed: int64(le.Uint32(b[20:])), size: int64(le.Uint32(b[24:])), local: int64(le.Uint32(b[42:])), at: off,
		}
		if b[5] == 3 { // made by Unix
			e.mode = le.Uint32(b[38:]) >> 16
		}
		nameLen, extraLen, commentLen := int(le.Uint16(b[28:])), int(le.Uint16(b[30:])), int64(le.Uint16(b[32:]))
		rest, err := a.bytes(off+centralMin, nameLen+extraLen)
		if err != nil {
			return scan.Errorf(off, "entry %d of the central directory: %w", i+1, err)
		}
		e.name = string(rest[:nameLen])
		a.readExtra(off, rest[nameLen:], &e)
		if commentLen > 0 {
			a.f.Reportf(quintain.Low, off, "member %q has a comment of %d bytes", e.name, commentLen)
		}
		e.local += a.shift
		if e.packed < 0 || e.size < 0 || e.local < 0 || e.local > a.start {
			return scan.Errorf(off, "member %q is outside the archive", e.name)
		}
		a.entries = append(a.entries, e)
		off += centralMin + int64(nameLen+extraLen) + commentLen
	}
	if dirEnd := a.end - eocdSize; off > dirEnd {
		return scan.Errorf(off, "the central directory runs into its end record")
	}
	return a.checkDirectoryEnd(off)
}

// checkDirectoryEnd sees that nothing stands between the directory and its end
// record but the end record of large archives.
func (a *archive) checkDirectoryEnd(off int64) error {
	b, err := a.w.UpTo(off, 4)
	if err != nil {
		return scan.Errorf(off, "end of the central directory: %w", err)
	}
	if s := string(b); s != "PK\x05\x06" && s != "PK\x06\x06" {
		a.f.Reportf(quintain.Medium, off, "the central directory holds more than the %d members it counts", len(a.entries))
	}
	return nil
}

// bytes returns n bytes, which may be more than a window gives at once.
func (a *archive) bytes(off int64, n int) ([]byte, error) {
	if n <= scan.MaxBytes {
		return a.w.Bytes(off, n)
	}
	if off+int64(n) > a.f.Size() {
		return nil, errors.New("the file ends")
	}
	b := make([]byte, n)
	if got, err := a.f.ReadAt(b, off); got < n {
		return nil, fmt.Errorf("read: %w", err)
	}
	return b, nil
}

// padding are extra fields that only align the data, with what they are
// filled with.
var padding = map[uint16]byte{0x4246: 'Z', 0xd935: 0}

// harmlessExtra are extra fields with times and owners.
var harmlessExtra = map[uint16]bool{0x5455: true, 0x7875: true, 0x000a: true, 0x5855: true, 0xcafe: true}

// readExtra reads the extra fields of a header at off. They hold the sizes of
// large members and the padding that aligns tensors.
func (a *archive) readExtra(off int64, b []byte, e *entry) {
	le := binary.LittleEndian
	for len(b) >= 4 {
		id, n := le.Uint16(b), int(le.Uint16(b[2:]))
		if n > len(b)-4 {
			break
		}
		body := b[4 : 4+n]
		b = b[4+n:]
		fill, pads := padding[id]
		switch {
		case id == 1:
			for _, p := range []*int64{&e.size, &e.packed, &e.local} {
				if *p == 0xffffffff && len(body) >= 8 {
					*p = int64(le.Uint64(body)) // a negative value is refused by the callers
					body = body[8:]
				}
			}
		case pads && len(bytes.Trim(body, string(fill))) > 0 && len(bytes.Trim(body, "\x00")) > 0:
			a.f.Reportf(quintain.Medium, off, "the padding of member %q holds data", e.name)
		case !pads && !harmlessExtra[id]:
			a.f.Reportf(quintain.Low, off, "member %q has an extra field 0x%04x that is not known", e.name, id)
		}
	}
	if len(b) > 0 && len(bytes.Trim(b, "\x00")) > 0 {
		a.f.Reportf(quintain.Low, off, "the extra fields of member %q are malformed", e.name)
	}
}

// readLocal reads the local header of a member and compares it with the
// directory.
func (a *archive) readLocal(e *entry) error {
	b, err := a.w.Bytes(e.local, localMin)
	if err != nil || string(b[:4]) != "PK\x03\x04" {
		return scan.Errorf(e.local, "member %q has no local header", e.name)
	}
	le := binary.LittleEndian
	l := entry{
		flags: le.Uint16(b[6:]), method: le.Uint16(b[8:]), crc: le.Uint32(b[14:]),
		packed: int64(le.Uint32(b[18:])), size: int64(le.Uint32(b[22:])),
	}
	nameLen, extraLen := int(le.Uint16(b[26:])), int(le.Uint16(b[28:]))
	rest, err := a.bytes(e.local+localMin, nameLen+extraLen)
	if err != nil {
		return scan.Errorf(e.local, "local header of %q: %w", e.name, err)
	}
	l.name = string(rest[:nameLen])
	a.readExtra(e.local, rest[nameLen:], &l)
	e.data = e.local + localMin + int64(nameLen+extraLen)
	if e.packed > a.start-e.data {
		return scan.Errorf(e.local, "member %q of %d bytes does not fit into the archive", e.name, e.packed)
	}
	e.end = e.data + e.packed
	later := l.flags&flagDescriptor != 0
	if l.name != e.name {
		a.f.Reportf(quintain.High, e.local, "the local header calls member %q %q, so programs differ on what it is", e.name, l.name)
	}
	if l.method != e.method || l.flags != e.flags {
		a.f.Reportf(quintain.Medium, e.local, "the headers of member %q differ on how it is packed", e.name)
	}
	if !later && (l.packed != e.packed || l.size != e.size || l.crc != e.crc) {
		a.f.Reportf(quintain.Medium, e.local, "the headers of member %q differ on its size or checksum", e.name)
	}
	if later {
		a.readDescriptor(e)
	}
	return nil
}

// readDescriptor reads the sizes that may follow the data of a member.
func (a *archive) readDescriptor(e *entry) {
	b, err := a.w.UpTo(e.end, 24)
	if err != nil {
		return
	}
	le := binary.LittleEndian
	signed := bytes.HasPrefix(b, []byte("PK\x07\x08"))
	n := int64(0)
	if signed {
		b, n = b[4:], 4
	}
	small := len(b) >= 12 && le.Uint32(b) == e.crc && int64(le.Uint32(b[4:])) == e.packed && int64(le.Uint32(b[8:])) == e.size
	large := len(b) >= 20 && le.Uint32(b) == e.crc && le.Uint64(b[4:]) == uint64(e.packed) && le.Uint64(b[12:]) == uint64(e.size) // not negative
	switch {
	case large:
		e.end += n + 20
	case small:
		e.end += n + 12
	default:
		a.f.Reportf(quintain.Medium, e.end, "the sizes behind member %q are not those of the directory", e.name)
	}
}

// Flags of a member.
const (
	flagEncrypted  = 0x0001
	flagDescriptor = 0x0008
	flagUTF8       = 0x0800
	flagDeflate    = 0x0006 // how hard the packer tried
)
