package compressed

import (
	"bytes"
	"compress/bzip2"
	"errors"
	"io"
)

func isBzip2(head []byte) bool {
	return len(head) >= 10 && string(head[:3]) == "BZh" && head[3] >= '1' && head[3] <= '9' &&
		(bytes.Equal(head[4:10], []byte{0x31, 0x41, 0x59, 0x26, 0x53, 0x59}) || bytes.Equal(head[4:10], []byte{0x17, 0x72, 0x45, 0x38, 0x50, 0x90}))
}

// bzip2 unpacks bzip2 streams up to the end of the file, or to what is none.
func (u *unpacker) bzip2() error {
	_, err := io.Copy(u.out, bzip2.NewReader(u.in))
	if s := bzip2.StructuralError(""); errors.As(err, &s) && s == "bad magic value in continuation file" {
		return u.seek(u.offset() - 2) // the reader has seen two bytes of it
	}
	return err
}
