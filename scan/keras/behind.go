package keras

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"path"
	"strings"

	"quintain"
	"quintain/scan"
)

// This file finds archives behind other bytes. Keras goes by the ending of the
// name and then by the end of the file, where Python looks for archives, so
// that a model may begin like anything.

const (
	beginMember = "PK\x03\x04"
	endArchive  = "PK\x05\x06"
	endSize     = 22 // bytes of the end record without its comment
)

// mayHide reports whether Keras would take the file for an archive although it
// does not begin like one.
func mayHide(name string, head []byte) bool {
	return strings.EqualFold(path.Ext(name), ".keras") && !bytes.HasPrefix(head, []byte(beginMember)) && !bytes.HasPrefix(head, []byte(endArchive))
}

// inspectBehind inspects the archive at the end of a file.
func inspectBehind(ctx context.Context, f *scan.File) error {
	start, err := beginning(f)
	if err != nil {
		return err
	}
	f.Reportf(quintain.Medium, 0, "%s stand before the archive that Keras reads", scan.Count(start, "byte"))
	if err := f.Search(ctx, "what stands before the archive", 0, io.NewSectionReader(f, 0, start), start); err != nil {
		return err
	}
	n := f.Size() - start
	f.Account(scan.Delegated, n)
	_, err = f.Descend(ctx, "archive", io.NewSectionReader(f, start, n), n)
	return err
}

// beginning returns where the archive at the end of a file begins: the end
// record says how large the directory before it is, and how much is before the
// directory.
func beginning(f *scan.File) (int64, error) {
	tail := min(f.Size(), endSize+1<<16)
	b := make([]byte, tail)
	if n, err := f.ReadAt(b, f.Size()-tail); n < len(b) {
		return 0, scan.Errorf(f.Size()-tail, "read: %w", err)
	}
	i := bytes.LastIndex(b, []byte(endArchive))
	if i < 0 || len(b)-i < endSize {
		return 0, scan.Errorf(-1, "neither a model in HDF5 nor an archive")
	}
	end := f.Size() - tail + int64(i)
	size, offset := int64(binary.LittleEndian.Uint32(b[i+12:])), int64(binary.LittleEndian.Uint32(b[i+16:]))
	for _, start := range []int64{end - size - offset, 0} {
		head := make([]byte, min(scan.HeadSize, max(0, f.Size()-start)))
		if start < 0 || start > end {
			continue
		}
		if n, err := f.ReadAt(head, start); n < len(head) {
			return 0, scan.Errorf(start, "read: %w", err)
		}
		// offsets that count from the beginning of the file leave nothing to subtract
		if k := bytes.Index(head, []byte(beginMember)); k == 0 || k > 0 && start == 0 {
			return start + int64(k), nil
		}
	}
	return 0, scan.Errorf(end, "an archive ends here, whose beginning cannot be found")
}
