package pickle

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strconv"
	"strings"

	"quintain"
	"quintain/scan"
)

// magic is the number that begins a checkpoint of PyTorch before version 1.6:
// five pickles (the number, the protocol, facts about the machine, the object,
// the keys of the storages), and then the storages.
var magic = []byte{0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19}

const legacyStreams = 5

// legacyTorch recognizes such a checkpoint while its pickles are read.
type legacyTorch struct{ marked bool }

// stream looks at what the n-th pickle of the file made.
func (l *legacyTorch) stream(m *machine, n int, v value) {
	if n != 1 || v.code != long || int(v.n) != len(magic) {
		return
	}
	b, err := m.src.at(v.off, len(magic))
	l.marked = err == nil && bytes.Equal(b, magic)
}

// complete reports whether all pickles of the checkpoint are read.
func (l *legacyTorch) complete(streams int) bool { return l.marked && streams == legacyStreams }

// storages accounts for what follows the pickles: each storage is its number
// of elements and then the elements, sorted by key.
func (l *legacyTorch) storages(f *scan.File, m *machine, off int64) error {
	sizes := make(map[string]int64)
	var keys []string
	for _, x := range m.externals {
		if x.Bytes < 0 {
			return scan.Errorf(x.Offset, "the size of a storage is not known")
		}
		if _, ok := sizes[x.Key]; !ok {
			keys = append(keys, x.Key)
		}
		sizes[x.Key] = x.Bytes
	}
	slices.Sort(keys)
	f.Fact("checkpoint", "PyTorch before 1.6")
	var total int64
	for _, k := range keys {
		var head [8]byte
		if _, err := f.ReadAt(head[:], off); err != nil {
			return scan.Errorf(off, "storage %q: %w", k, err)
		}
		n := int64(binary.LittleEndian.Uint64(head[:])) // a negative count is refused below
		if n < 0 || sizes[k] > f.Size()-off-8 || n > sizes[k] || n > 0 && sizes[k]%n != 0 {
			return scan.Errorf(off, "storage %q has %d elements, which its %d bytes cannot be", k, n, sizes[k])
		}
		f.Account(scan.Parsed, 8)
		f.Account(scan.Tensor, sizes[k])
		total += n
		off += 8 + sizes[k]
	}
	f.Fact("parameters", strconv.FormatInt(total, 10))
	if rest := f.Size() - off; rest > 0 {
		f.Reportf(quintain.Medium, off, "%d bytes follow the last storage", rest)
	}
	return nil
}

// itemSizes are the sizes of the elements of storages in bytes.
var itemSizes = map[string]int64{
	"FloatStorage": 4, "DoubleStorage": 8, "HalfStorage": 2, "BFloat16Storage": 2, "LongStorage": 8, "IntStorage": 4,
	"ShortStorage": 2, "CharStorage": 1, "ByteStorage": 1, "BoolStorage": 1, "ComplexFloatStorage": 8,
	"ComplexDoubleStorage": 16, "QUInt8Storage": 1, "QInt8Storage": 1, "QInt32Storage": 4, "UntypedStorage": 1,
}

// moduleOf returns the class of a module from the persistent id of one. PyTorch
// before version 1.6 writes the tuple ("module", class, file, source), compares
// the source with the class and goes on with the class.
func (m *machine) moduleOf(id value) (value, bool) {
	elems, ok := m.ring.elems(id)
	if !ok || len(elems) != 4 || !elems[1].isNode() || m.node(elems[1]).kind != nodeGlobal {
		return value{}, false
	}
	word, _ := m.textOf(elems[0])
	return elems[1], word == "module"
}

// storageType judges the type of a storage in a persistent id: PyTorch before
// version 1.13 calls it with the number of elements.
func (m *machine) storageType(id value) {
	elems, ok := m.ring.elems(id)
	if !ok || len(elems) < 2 || !elems[1].isNode() {
		return
	}
	n := m.node(elems[1])
	if word, _ := m.textOf(elems[0]); word == "storage" && (n.kind != nodeGlobal || !strings.HasSuffix(n.name, "Storage")) {
		m.flaw(high, "has %s where the type of a storage belongs, which loaders call", m.describe(elems[1]))
	}
}

// external says what a persistent id refers to. PyTorch writes the tuple
// ("storage", type, key, device, number of elements); in packages of its own
// the key is a number.
func (m *machine) external(id value) scan.External {
	x := scan.External{Bytes: -1, Offset: m.opAt}
	if s, ok := m.textOf(id); ok {
		x.Key = s
		return x
	}
	elems, ok := m.ring.elems(id)
	if !ok || len(elems) < 5 || !elems[1].isNode() {
		return x
	}
	word, _ := m.textOf(elems[0])
	key, ok := m.textOf(elems[2])
	if k := elems[2]; k.code == integer {
		key, ok = strconv.FormatInt(k.off, 10), true
	}
	if word != "storage" || !ok {
		return x
	}
	x.Key = key
	n := m.node(elems[1])
	size, known := itemSizes[n.name]
	count := elems[4]
	if n.kind == nodeGlobal && known && count.code == integer && count.off >= 0 && count.off < 1<<56 {
		x.Bytes, x.Elements = size*count.off, count.off
	}
	return x
}
