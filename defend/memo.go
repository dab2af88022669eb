package defend

import (
	"encoding/binary"
	"hash/fnv"
	"math"
	"sync"

	"quintain/ml"
)

// A memo is what a defense last worked out about rows.
type memo struct {
	mu    sync.Mutex
	what  string
	rows  uint64
	value any
}

// Once returns what f makes of the rows of tr, and asks f only if they are not
// the ones of the trial before: a model is trained on the same rows from
// several seeds, and what is wrong with rows does not depend on a seed. What
// names the result, whose type is always the same; f must make it of the rows
// and of what is the same in all trials of a run, and callers must not change
// it. An error is not kept.
func Once[T any](tr *Trial, what string, f func() (T, error)) (T, error) {
	m := tr.memo
	if m == nil {
		return f()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	rows := fingerprint(tr.Rows)
	if v, ok := m.value.(T); ok && m.what == what && m.rows == rows {
		return v, nil
	}
	v, err := f()
	if err == nil {
		m.what, m.rows, m.value = what, rows, v
	}
	return v, err
}

// fingerprint tells rows from others.
func fingerprint(b ml.Batch) uint64 {
	h := fnv.New64a()
	var word [8]byte
	for i := range b.Rows() {
		for _, v := range b.Row(i) {
			binary.LittleEndian.PutUint32(word[:], math.Float32bits(v))
			h.Write(word[:4])
		}
		binary.LittleEndian.PutUint64(word[:], uint64(b.Y[i]))
		h.Write(word[:])
	}
	return h.Sum64()
}
