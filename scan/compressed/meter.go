package compressed

import "quintain/scan"

// A meter knows how much of a file was read.
type meter struct {
	*scan.File
	read int64
}

// ReadAt implements [io.ReaderAt].
func (m *meter) ReadAt(p []byte, off int64) (int, error) {
	n, err := m.File.ReadAt(p, off)
	m.read = max(m.read, off+int64(n))
	return n, err
}
