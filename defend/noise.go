package defend

import (
	"encoding/binary"
	"hash/fnv"
	"math"
	"math/rand/v2"
)

// RowRand returns a source of randomness that depends on seed and on the values
// of a row, so that a defense with noise answers the same row alike every time:
// noise that is drawn anew can be averaged away by asking again.
func RowRand(seed uint64, row []float32) *rand.Rand {
	h := fnv.New64a()
	var b [4]byte
	for _, v := range row {
		binary.LittleEndian.PutUint32(b[:], math.Float32bits(v))
		h.Write(b[:])
	}
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}
