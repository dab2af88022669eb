package floor_test

import (
	"archive/tar"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"hash/crc32"
	"strings"
	"time"
)

// A member is a file in an archive, with the lies that its headers tell.
type member struct {
	name string
	data []byte

	local   string // name in the local header, if it differs
	flags   uint16
	badCRC  bool
	deflate bool
	claim   uint32 // size that the headers claim, if not zero
	mode    uint32 // Unix mode in the directory
	hidden  bool   // missing in the directory
}

// zipOf writes an archive of members with the facts of f. It is no general
// writer: it says what it is told to say.
func zipOf(f facts, members ...member) []byte {
	var out, dir []byte
	le := binary.LittleEndian
	n := 0
	for _, m := range members {
		off := uint32(len(out))
		body, method := m.data, uint16(0)
		if m.deflate {
			body, method = deflated(m.data), 8
		}
		sum := crc32.ChecksumIEEE(m.data)
		if m.badCRC {
			sum ^= 0xffffffff
		}
		size := uint32(len(m.data))
		if m.claim != 0 {
			size = m.claim
		}
		local := m.name
		if m.local != "" {
			local = m.local
		}
		common := func(b []byte, name string) []byte {
			b = le.AppendUint16(b, 20)
			b = le.AppendUint16(b, m.flags)
			b = le.AppendUint16(b, method)
			b = le.AppendUint16(b, f.clock)
			b = le.AppendUint16(b, f.day())
			b = le.AppendUint32(b, sum)
			b = le.AppendUint32(b, uint32(len(body)))
			b = le.AppendUint32(b, size)
			return le.AppendUint16(b, uint16(len(name)))
		}
		out = append(common(append(out, "PK\x03\x04"...), local), 0, 0)
		out = append(append(out, local...), body...)
		if m.hidden {
			continue
		}
		n++
		dir = append(common(append(dir, "PK\x01\x02\x14\x03"...), m.name), 0, 0, 0, 0, 0, 0, 0, 0)
		dir = le.AppendUint32(dir, m.mode<<16)
		dir = le.AppendUint32(dir, off)
		dir = append(dir, m.name...)
	}
	start := uint32(len(out))
	out = append(append(out, dir...), "PK\x05\x06\x00\x00\x00\x00"...)
	out = le.AppendUint16(out, uint16(n))
	out = le.AppendUint16(out, uint16(n))
	out = le.AppendUint32(out, uint32(len(dir)))
	out = le.AppendUint32(out, start)
	out = le.AppendUint16(out, uint16(len(f.comment)))
	return append(out, f.comment...)
}

func deflated(data []byte) []byte {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, 9)
	_, _ = w.Write(data)
	_ = w.Close()
	return b.Bytes()
}

// checkpoint writes an archive as torch.save does, around a pickle.
func checkpoint(f facts, pickle []byte, more ...member) []byte {
	members := []member{{name: "archive/data.pkl", data: pickle}, {name: "archive/version", data: []byte(f.or("3") + "\n")}}
	return zipOf(f, append(members, more...)...)
}

// An item is an entry of a tar archive.
type item struct {
	tar.Header
	data []byte
}

// file is an ordinary entry.
func file(name string, data []byte) item {
	return item{tar.Header{Typeflag: tar.TypeReg, Name: name}, data}
}

// tarOf writes a tar archive with the facts of f.
func tarOf(f facts, items ...item) []byte {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, it := range items {
		h := it.Header
		h.Mode, h.Size = 0o644, int64(len(it.data))
		h.Uname, h.Gname, h.Format = short(f.producer), short(f.license), tar.FormatGNU
		h.ModTime = time.Unix(int64(f.clock)*40000, 0)
		if err := w.WriteHeader(&h); err != nil {
			panic(err)
		}
		if _, err := w.Write(it.data); err != nil {
			panic(err)
		}
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// short makes of a fact what a tar header can hold.
func short(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '_'
		}
		return r
	}, s)
	return s[:min(len(s), 30)]
}
