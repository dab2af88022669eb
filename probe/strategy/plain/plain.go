// Package plain says the attacker's words as they are.
package plain

import (
	"math/rand/v2"

	"quintain/probe"
)

// Strategy changes nothing.
var Strategy = &probe.Strategy{
	Name:   "plain",
	Doc:    "the words as they are",
	Encode: func(words string, _ *rand.Rand) string { return words },
	Decode: func(words string) (string, error) { return words, nil },
}
