// Package benchfiles writes the files that the speed of the scanner is
// measured with. The same seed gives the same bytes.
package benchfiles

import (
	"archive/zip"
	"bufio"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
)

// numbers returns an endless stream of random bytes.
func numbers(seed uint64) io.Reader {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	return rand.NewChaCha8(key)
}

// Pickle writes a pickle of small objects of about size bytes, like those that
// CPython writes: every string and container goes into the memo.
func Pickle(w io.Writer, size int64) error {
	b := bufio.NewWriterSize(w, 1<<20)
	written := int64(0)
	put := func(s string) {
		n, _ := b.WriteString(s) // Flush returns the error
		written += int64(n)
	}
	text := func(s string) { put("\x8c" + string(rune(len(s))) + s + "\x94") }
	put("\x80\x04}\x94(")
	for i := 0; written < size; i++ {
		if i > 0 && i%1000 == 0 { // CPython writes a thousand items at once
			put("u(")
		}
		text(fmt.Sprintf("k%d", i))
		put("]\x94(J" + string(binary.LittleEndian.AppendUint32(nil, uint32(i)&0x7fffffff)) + "G????????")
		text(fmt.Sprintf("s%d", i))
		put("K\x07\x88N\x87\x94}\x94(h\x01K\x01h\x02]\x94K\x02aue")
	}
	put("u.")
	return b.Flush()
}

// Torch writes a checkpoint of PyTorch: an archive with n storages of random
// numbers of size bytes each, which is a multiple of four.
func Torch(w io.Writer, n int, size int64) error {
	z := zip.NewWriter(w)
	var p strings.Builder
	p.WriteString("\x80\x02}q\x00(")
	for i := range n {
		key := fmt.Sprintf("layers.%d.weight", i)
		count := string(binary.LittleEndian.AppendUint32(nil, uint32(size/4)))
		text := func(s string) {
			p.WriteString("X" + string(binary.LittleEndian.AppendUint32(nil, uint32(len(s)))) + s)
		}
		text(key)
		p.WriteString("ctorch._utils\n_rebuild_tensor_v2\n((")
		text("storage")
		p.WriteString("ctorch\nFloatStorage\n")
		text(fmt.Sprint(i))
		text("cpu")
		p.WriteString("J" + count + "tQK\x00J" + count + "\x85K\x01\x85\x89ccollections\nOrderedDict\n)RtR")
	}
	p.WriteString("u.")
	if err := store(z, "model/data.pkl", []byte(p.String())); err != nil {
		return err
	}
	r := numbers(uint64(size))
	data := make([]byte, size)
	for i := range n {
		if _, err := io.ReadFull(r, data); err != nil {
			return err
		}
		if err := store(z, fmt.Sprintf("model/data/%d", i), data); err != nil {
			return err
		}
	}
	if err := store(z, "model/version", []byte("3\n")); err != nil {
		return err
	}
	return z.Close()
}

// store adds a member with its sizes before its data, as PyTorch does.
func store(z *zip.Writer, name string, data []byte) error {
	n := uint64(len(data))
	w, err := z.CreateRaw(&zip.FileHeader{Name: name, CRC32: crc32.ChecksumIEEE(data), CompressedSize64: n, UncompressedSize64: n})
	if err != nil {
		return err
	}
	_, err = w.Write(data)
	return err
}

// Safetensors writes a file of n tensors of size bytes each, which is a
// multiple of four.
func Safetensors(w io.Writer, n int, size int64) error {
	var h strings.Builder
	h.WriteString("{")
	for i := range int64(n) {
		if i > 0 {
			h.WriteString(",")
		}
		fmt.Fprintf(&h, `"t%05d":{"dtype":"F32","shape":[%d],"data_offsets":[%d,%d]}`, i, size/4, i*size, (i+1)*size)
	}
	h.WriteString("}")
	for h.Len()%8 > 0 {
		h.WriteString(" ")
	}
	head := binary.LittleEndian.AppendUint64(nil, uint64(h.Len()))
	if _, err := w.Write(append(head, h.String()...)); err != nil {
		return err
	}
	_, err := io.CopyBuffer(w, io.LimitReader(numbers(uint64(size)), int64(n)*size), make([]byte, 1<<20))
	return err
}

// Folder writes n small pickles to a folder.
func Folder(dir string, n int) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for i := range n {
		data := fmt.Sprintf("\x80\x02}q\x00(X\x04\x00\x00\x00nameq\x01X\x05\x00\x00\x00m%04dq\x02X\x04\x00\x00\x00datacnumpy\ndtype\nq\x03X\x02\x00\x00\x00f4K\x00K\x01\x87Ru.", i%10000)
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("model%05d.pkl", i)), []byte(data), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// Tiny returns a pickle of forty bytes.
func Tiny() []byte {
	return []byte("\x80\x02}q\x00(X\x04\x00\x00\x00nameq\x01X\x0e\x00\x00\x00quintain scan.q\x02u.")
}
