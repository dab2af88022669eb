package coreml

import (
	"context"
	"encoding/binary"
	"strconv"

	"quintain"
	"quintain/scan"
	"quintain/scan/internal/strictjson"
)

// manifest inspects the list of the files of a package.
func manifest(f *scan.File) error {
	v, twice, err := strictjson.Read(f, "a manifest")
	if err != nil {
		return err
	}
	f.Account(scan.Parsed, f.Size())
	for _, m := range twice {
		f.Reportf(quintain.High, m.Off, "the name %q is there twice, so programs differ on what it is", m.Name)
	}
	items := v.Get("itemInfoEntries")
	if items == nil || items.Kind != strictjson.Object {
		return scan.Errorf(0, "a manifest without a list of files")
	}
	for i := range items.Members {
		entry := &items.Members[i].Value
		p, ok := entry.Get("path").Str()
		switch {
		case !ok:
			f.Doubtf(entry.Off, "an entry without a path")
		case escapes(p):
			f.Reportf(quintain.High, entry.Off, "names a file outside the package: %q", p)
		}
	}
	if id, ok := v.Get("rootModelIdentifier").Str(); ok && items.Get(id) == nil {
		f.Reportf(quintain.Medium, v.Get("rootModelIdentifier").Off, "the model of the package is an entry that is not there: %q", id)
	}
	f.Fact("entries", strconv.Itoa(len(items.Members)))
	return nil
}

// Weights are blobs, each behind 64 bytes that describe it, and each at a
// multiple of 64.
const align = 64

// weights inspects a file of weights.
func weights(ctx context.Context, f *scan.File) error {
	b := make([]byte, align)
	if n, err := f.ReadAt(b, 0); n < len(b) {
		return scan.Errorf(0, "read: %w", err)
	}
	count := binary.LittleEndian.Uint32(b)
	parsed, numbers, off := int64(align), int64(0), int64(align)
	for i := range count {
		if err := ctx.Err(); err != nil {
			return err
		}
		if off > f.Size()-align {
			f.Reportf(quintain.High, 0, "claims %d blobs and has %d", count, i)
			return nil
		}
		if n, err := f.ReadAt(b, off); n < len(b) {
			return scan.Errorf(off, "read: %w", err)
		}
		if binary.LittleEndian.Uint32(b) != sentinel {
			return scan.Errorf(off, "no description of a blob")
		}
		size, at := binary.LittleEndian.Uint64(b[8:]), binary.LittleEndian.Uint64(b[16:])
		if at != uint64(off)+align || size > uint64(f.Size())-at {
			f.Reportf(quintain.High, off, "a blob of %d bytes at %d, in a file of %d", size, at, f.Size())
			return nil
		}
		parsed += align
		numbers += int64(size) // in the file
		off = int64(at+size+align-1) &^ (align - 1)
	}
	end := min(off, f.Size())
	f.Account(scan.Parsed, parsed)
	f.Account(scan.Tensor, numbers)
	f.Account(scan.Padding, end-parsed-numbers)
	if end < f.Size() {
		f.Doubtf(end, "%s behind the last blob", scan.Count(f.Size()-end, "byte"))
	}
	f.Fact("blobs", strconv.FormatUint(uint64(count), 10))
	return nil
}
