package tar

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"quintain"
	"quintain/scan"
	"quintain/scan/internal/tree"
)

const (
	maxMembers   = 1 << 20
	maxExtension = 1 << 20 // bytes of an extension header
	maxName      = 4096    // what Linux allows
)

// A walker goes from header to header.
type walker struct {
	f    *scan.File
	w    *scan.Window
	tree *tree.Tree
	off  int64     // of the next block
	ext  extension // of the next member
}

// errOutside says that a number leads out of the file.
var errOutside = errors.New("it goes beyond the end of the file")

// walk inspects the members up to the block of zeros that ends the archive, or
// to the end of the file.
func (w *walker) walk(ctx context.Context) error {
	for members := 0; ; members++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		if members > maxMembers {
			return fmt.Errorf("%w: more than %d headers", scan.ErrBudget, maxMembers)
		}
		b, err := w.w.UpTo(w.off, blockSize)
		switch {
		case err != nil:
			return scan.Errorf(w.off, "header: %w", err)
		case len(b) == 0 || allZero(b):
			return w.ended()
		case len(b) < blockSize:
			return scan.Errorf(w.off, "the file ends inside a header")
		case !sumIsRight(b):
			return scan.Errorf(w.off, "the header has a wrong checksum, where some programs stop and others go on")
		}
		h, err := parseHeader(b, w.off)
		if err != nil {
			return scan.Errorf(w.off, "header: %w", err)
		}
		more := h.kind == kindSparse && b[482] != 0
		w.f.Account(scan.Parsed, blockSize)
		w.off += blockSize
		switch h.kind {
		case kindPax, kindSunPax, kindGlobal, kindLongName, kindLongLink:
			err = w.extend(h)
		default:
			err = w.member(ctx, h, more)
			w.ext = extension{}
		}
		if err != nil {
			return err
		}
	}
}

// ended checks what an archive must have when it ends.
func (w *walker) ended() error {
	if w.ext.any {
		return scan.Errorf(w.off, "the archive ends behind an extension header")
	}
	b, err := w.w.UpTo(w.off, 2*blockSize)
	if err != nil {
		return err
	}
	if len(b) < 2*blockSize {
		w.f.Doubtf(w.off, "the archive ends without two blocks of zeros, as if it were cut off")
	}
	return nil
}

// extend reads an extension header, which says more about the next member.
func (w *walker) extend(h header) error {
	if h.size > maxExtension {
		return scan.Errorf(h.off, "%w: an extension header of %d bytes", scan.ErrBudget, h.size)
	}
	if h.size > w.f.Size()-w.off {
		return scan.Errorf(h.off, "extension header: %w", errOutside)
	}
	data := make([]byte, h.size)
	if _, err := w.f.ReadAt(data, w.off); err != nil && !errors.Is(err, io.EOF) {
		return scan.Errorf(w.off, "extension header: %w", err)
	}
	w.f.Account(scan.Parsed, h.size)
	if err := w.ext.add(w.f, h, data); err != nil {
		return scan.Errorf(h.off, "extension header: %w", err)
	}
	w.off += h.size
	return w.pad(h.size)
}

// pad passes over the zeros that fill the last block of n bytes.
func (w *walker) pad(n int64) error {
	fill := min(-n&(blockSize-1), w.f.Size()-w.off)
	b, err := w.w.Bytes(w.off, int(fill))
	if err != nil {
		return scan.Errorf(w.off, "padding: %w", err)
	}
	if !allZero(b) {
		w.f.Doubtf(w.off, "the padding behind a member is not zero")
	}
	w.f.Account(scan.Padding, fill)
	w.off += fill
	return nil
}

// member inspects one member. More says that its header has more blocks.
func (w *walker) member(ctx context.Context, h header, more bool) error {
	sparse, err := w.ext.apply(w.f, &h)
	if err != nil {
		return scan.Errorf(h.off, "%w", err)
	}
	if h.odd != "" {
		w.f.Doubtf(h.off, "header of %q: %s", h.name, h.odd)
	}
	if len(h.name) > maxName || len(h.link) > maxName {
		return scan.Errorf(h.off, "%w: a name of more than %d bytes", scan.ErrBudget, maxName)
	}
	if h.kind == kindSparse {
		sparse = true
	}
	for more {
		b, err := w.w.Bytes(w.off, blockSize)
		if err != nil {
			return scan.Errorf(w.off, "map of the sparse member %q: %w", h.name, err)
		}
		more = b[504] != 0
		w.f.Account(scan.Parsed, blockSize)
		w.off += blockSize
	}
	if sparse {
		w.f.Doubtf(h.off, "member %q is sparse: its parts are not put together", h.name)
	}
	w.tree.Add(tree.Member{Off: h.off, Name: h.name, Target: h.link, Kind: h.makes()})
	w.judge(&h)
	return w.content(ctx, &h)
}

// whiteout begins the names of members that delete what a layer of an image
// below has, and say so by being there.
const whiteout = ".wh."

// judge reports members that are no files, and settles the size of those that
// have no content.
func (w *walker) judge(h *header) {
	if gone, ok := strings.CutPrefix(path.Base(h.name), whiteout); ok && (gone == "" || gone == "." || gone == "..") {
		w.f.Reportf(quintain.High, h.off, "member %q of a layer deletes the folder that it is in, or one above", h.name)
	}
	bare := true
	switch h.kind {
	case kindChar, kindBlock:
		w.f.Reportf(quintain.High, h.off, "member %q is a device", h.name)
	case kindPipe:
		w.f.Reportf(quintain.Medium, h.off, "member %q is a pipe, which blocks whoever opens it", h.name)
	case kindHardLink, kindSymlink, kindFolder, kindLabel:
	case kindFile, kindContiguous, kindSparse:
		bare = false
	case kindOldFile:
		bare = h.isFolder()
	default:
		w.f.Doubtf(h.off, "member %q is of kind %q, which is not known", h.name, h.kind)
		bare = false
	}
	if bare && h.size > 0 {
		w.f.Reportf(quintain.High, h.off,
			"member %q has no content and says that it has %d bytes: to some programs they are its content, to others the next headers", h.name, h.size)
		h.size = 0 // as for Python
	}
}

// isFolder reports whether programs make a folder of the member: before there
// was a kind for it, a slash at the end said so.
func (h *header) isFolder() bool {
	return h.kind == kindFolder || h.kind == kindOldFile && len(h.name) > 0 && h.name[len(h.name)-1] == '/'
}

// makes returns what extracting the member makes.
func (h *header) makes() tree.Kind {
	switch {
	case h.isFolder():
		return tree.Folder
	case h.kind == kindSymlink:
		return tree.Symlink
	case h.kind == kindHardLink:
		return tree.HardLink
	case h.kind == kindLabel:
		return tree.Label
	}
	return tree.File
}

// content hands the content of a member to the other formats. Of one that is
// cut off, that is what there is.
func (w *walker) content(ctx context.Context, h *header) error {
	off, n := w.off, min(h.size, w.f.Size()-w.off)
	if n > 0 {
		w.f.Account(scan.Delegated, n)
		if _, err := w.f.Descend(ctx, h.name, io.NewSectionReader(w.f, off, n), n); err != nil {
			return scan.Errorf(off, "member %q: %w", h.name, err)
		}
	}
	if n < h.size {
		return scan.Errorf(h.off, "member %q has %d bytes, of which %d are there: %w", h.name, h.size, n, errOutside)
	}
	w.off += n
	return w.pad(n)
}

// trailing accounts for what follows the members: zeros, or something that
// most programs never see.
func (w *walker) trailing(ctx context.Context) error {
	at := w.off
	for at < w.f.Size() {
		b, err := w.w.UpTo(at, scan.MaxBytes)
		if err != nil {
			return scan.Errorf(at, "end of the archive: %w", err)
		}
		i := 0
		for i < len(b) && b[i] == 0 {
			i++
		}
		if at += int64(i); i < len(b) {
			break
		}
	}
	w.f.Account(scan.Padding, at-w.off)
	n := w.f.Size() - at
	if n == 0 {
		return nil
	}
	w.f.Reportf(quintain.Medium, at, "%d bytes follow the end of the archive, where most programs do not look", n)
	w.f.Account(scan.Delegated, n)
	if _, err := w.f.Descend(ctx, "trailing", io.NewSectionReader(w.f, at, n), n); err != nil {
		return scan.Errorf(at, "trailing bytes: %w", err)
	}
	return nil
}
