package compressed

import (
	"errors"
	"fmt"
	"io"

	"github.com/pierrec/lz4/v4"
)

// The first version of lz4 files: a magic number, and blocks with their packed
// size in front, up to the end of the file or to another frame. All blocks but
// the last unpack to 8 MiB, so one that does not is the end.
const (
	oldLZ4Magic  = 0x184c2102
	oldLZ4Block  = 8 << 20
	oldLZ4Packed = oldLZ4Block + oldLZ4Block/255 + 16
)

func isOldLZ4(head []byte) bool { return magic(head) == oldLZ4Magic }

// oldLZ4 unpacks one such file. There are no checksums in it.
func (u *unpacker) oldLZ4() error {
	if _, err := u.in.Discard(4); err != nil {
		return err
	}
	for last := false; ; {
		head, err := u.in.Peek(8)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if len(head) == 0 || last || isOldLZ4(head) || isLZ4OrSkip(head) {
			return nil
		}
		if len(head) < 4 {
			return io.ErrUnexpectedEOF
		}
		n := int64(le.Uint32(head))
		switch {
		case n == 0 || n > oldLZ4Packed:
			return fmt.Errorf("a block of %d bytes", n)
		case n > u.f.Size()-u.offset()-4:
			return io.ErrUnexpectedEOF
		}
		if _, err := u.in.Discard(4); err != nil {
			return err
		}
		packed, err := u.read(int(n))
		if err != nil {
			return err
		}
		// No block unpacks to more than 255 times its size.
		block := make([]byte, min(oldLZ4Block, 255*n))
		size, err := lz4.UncompressBlock(packed, block)
		if err != nil {
			return err
		}
		if _, err := u.out.Write(block[:size]); err != nil {
			return err
		}
		last = size < oldLZ4Block
	}
}
