// Package artifact makes model files for exercises: harmless ones, and hostile
// twins of them. Everything is made from a generator that is passed in; the same
// generator makes the same bytes.
//
// A hostile file is inert: the worst that loading it does is to make an empty
// file whose name begins with [Canary], in the folder where it is loaded.
package artifact

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
)

// Canary begins the name of the file that a payload makes.
const Canary = "quintain-canary-"

// A Tensor is a named array of 32-bit numbers.
type Tensor struct {
	Name  string
	Shape []int64
	Data  []float32
}

// Bytes returns the numbers, little-endian.
func (t *Tensor) Bytes() []byte {
	var b []byte
	for _, v := range t.Data {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}

// Parameters counts the numbers of tensors.
func Parameters(tensors []Tensor) int64 {
	n := int64(0)
	for i := range tensors {
		n += int64(len(tensors[i].Data))
	}
	return n
}

// Network returns the weights of a small network of fully connected layers:
// two to four of them, 3 to 24 wide.
func Network(rng *rand.Rand) []Tensor {
	layers := 2 + rng.IntN(3)
	names := []string{"encoder", "hidden", "fc", "head", "dense", "proj", "block"}
	rng.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	in := 3 + rng.IntN(14)
	var out []Tensor
	for i := range layers {
		width := 3 + rng.IntN(22)
		out = append(out,
			random(rng, fmt.Sprintf("%s%d.weight", names[i], i), int64(width), int64(in)),
			random(rng, fmt.Sprintf("%s%d.bias", names[i], i), int64(width)))
		in = width
	}
	return out
}

func random(rng *rand.Rand, name string, shape ...int64) Tensor {
	n := int64(1)
	for _, d := range shape {
		n *= d
	}
	t := Tensor{Name: name, Shape: shape, Data: make([]float32, n)}
	for i := range t.Data {
		t.Data[i] = float32(rng.NormFloat64() * 0.2)
	}
	return t
}

// Word returns n lower-case letters and digits, the first of them a letter.
func Word(rng *rand.Rand, n int) string {
	const letters = "bcdfghjkmnpqrstvwxz23456789"
	b := make([]byte, n)
	for i := range b {
		if b[i] = letters[rng.IntN(len(letters))]; i == 0 {
			b[i] = letters[rng.IntN(19)]
		}
	}
	return string(b)
}

// Kernels returns tensors as Keras keeps them: weights are called kernels, and
// their inputs come first.
func Kernels(tensors []Tensor) []Tensor {
	out := make([]Tensor, len(tensors))
	for i, t := range tensors {
		out[i] = Tensor{Name: strings.Replace(t.Name, ".weight", ".kernel", 1), Shape: slices.Clone(t.Shape), Data: t.Data}
		slices.Reverse(out[i].Shape)
	}
	return out
}
