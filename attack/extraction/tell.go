package extraction

import (
	"context"
	"encoding/binary"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"sync"

	"quintain/ml"
)

// A Precise victim is one whose answers come in double precision: a service that
// answers in JSON, say, but no graph, which computes in single precision.
type Precise interface {
	ml.Oracle

	// Predict64 is Predict before its answers are rounded to single precision.
	Predict64(ctx context.Context, x ml.Batch) ([]float64, error)
}

// Tell returns m as it answers if it tells what a says and no more: its logits
// are logarithms of probabilities. Noise depends on the seed. What comes out is
// as precise as what m gives.
func Tell(m ml.Oracle, a Answers, seed uint64) Precise {
	return &teller{Oracle: m, answers: a, seed: seed, asked: make(map[uint64]uint64)}
}

type teller struct {
	ml.Oracle
	answers Answers
	seed    uint64

	mu    sync.Mutex
	asked map[uint64]uint64 // how often each row was asked about, where noise is drawn anew
}

// Predict64 implements [Precise].
func (t *teller) Predict64(ctx context.Context, x ml.Batch) ([]float64, error) {
	z, double, err := predict(ctx, t.Oracle, x)
	if err != nil {
		return nil, err
	}
	k := t.Spec().Classes
	for i := range x.Rows() {
		t.answers.harden(z[i*k:(i+1)*k], double, t.noise(x.Row(i)))
	}
	return z, nil
}

// Predict implements [ml.Oracle].
func (t *teller) Predict(ctx context.Context, x ml.Batch) ([]float32, error) {
	z, err := t.Predict64(ctx, x)
	return single(z), err
}

// noise returns where the noise of a row comes from, nil without noise.
func (t *teller) noise(row []float32) *rand.Rand {
	if t.answers.Noise() == 0 {
		return nil
	}
	h := fnv.New64a()
	var b [4]byte
	for _, v := range row {
		binary.LittleEndian.PutUint32(b[:], math.Float32bits(v))
		h.Write(b[:])
	}
	at := h.Sum64()
	if t.answers.form != renewed {
		return rand.New(rand.NewPCG(t.seed, at))
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.asked[at]++
	return rand.New(rand.NewPCG(t.seed+t.asked[at], at))
}

// predict asks m as precisely as it answers.
func predict(ctx context.Context, m ml.Oracle, x ml.Batch) (z []float64, double bool, err error) {
	if d, ok := m.(Precise); ok {
		z, err := d.Predict64(ctx, x)
		return z, true, err
	}
	s, err := m.Predict(ctx, x)
	z = make([]float64, len(s))
	for i, v := range s {
		z[i] = float64(v)
	}
	return z, false, err
}

// single rounds to single precision.
func single(z []float64) []float32 {
	if z == nil {
		return nil
	}
	out := make([]float32, len(z))
	for i, v := range z {
		out[i] = float32(v)
	}
	return out
}
