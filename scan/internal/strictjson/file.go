package strictjson

import (
	"errors"

	"quintain/scan"
)

// Read parses a whole file under inspection; see [Parse]. What names the
// document in the error about its size. Errors carry the offset.
func Read(f *scan.File, what string) (v *Value, twice []Member, err error) {
	if f.Size() > MaxSize {
		return nil, nil, scan.Errorf(0, "%s of more than %d bytes", what, MaxSize)
	}
	text := make([]byte, f.Size())
	if n, err := f.ReadAt(text, 0); n < len(text) {
		return nil, nil, scan.Errorf(0, "read: %w", err)
	}
	v, twice, err = Parse(text)
	if err != nil {
		off := int64(-1)
		if e, ok := errors.AsType[*Error](err); ok {
			off = e.Off
		}
		return nil, nil, scan.Errorf(off, "JSON: %w", err)
	}
	return v, twice, nil
}
