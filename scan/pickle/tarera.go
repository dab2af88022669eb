package pickle

import (
	"encoding/binary"
	"fmt"
	"path"
)

// A tarEra follows two members of the tar archives that PyTorch wrote before
// version 0.1.10: "storages" and "tensors" are a pickle of how many there are,
// and then for each a pickle of what it is, with numbers in line behind it.
type tarEra struct {
	kind string // the member, or empty
	left int64  // how many are still to come
}

// stream passes over the numbers behind the n-th pickle, which made v.
func (t *tarEra) stream(m *machine, name string, n int, v value) error {
	if n == 1 {
		if base := path.Base(name); (base == "storages" || base == "tensors") && v.code == integer {
			t.kind, t.left = base, v.off
		}
		return nil
	}
	if t.kind == "" || t.left <= 0 {
		return nil
	}
	t.left--
	elems, ok := m.ring.elems(v)
	if !ok || len(elems) != 3 || !elems[2].isNode() {
		return fmt.Errorf("what follows in member %q is no description of %s", name, t.kind)
	}
	b, err := m.src.take(8)
	if err != nil {
		return err
	}
	if t.kind == "tensors" { // number of dimensions, filler, sizes, strides, offset
		dims := binary.LittleEndian.Uint32(b)
		if dims > 64 {
			return fmt.Errorf("a tensor of %d dimensions", dims)
		}
		return m.src.skip(16*int64(dims) + 8)
	}
	count := binary.LittleEndian.Uint64(b)
	size, ok := itemSizes[m.node(elems[2]).name]
	if !ok || count > 1<<56 {
		return fmt.Errorf("the size of a storage of %d elements is not known", count)
	}
	m.inline += size * int64(count) // at most 2 to the power of 60
	return m.src.skip(size * int64(count))
}
