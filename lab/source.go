package lab

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// A Key is what everything random about one attempt is derived from. It is
// secret: who has it can compute every answer.
type Key [sha256.Size]byte

// DeriveKey returns the key of an attempt: HMAC-SHA256 of learner, exercise and
// attempt under the secret of the install or of the cohort. Neighbors get
// different worlds, and nothing in the program's source is an answer.
func DeriveKey(secret []byte, learner, exercise string, attempt int) Key {
	return derive(secret, "attempt", learner, exercise, strconv.Itoa(attempt))
}

func derive(secret []byte, words ...string) Key {
	mac := hmac.New(sha256.New, secret)
	for _, w := range words {
		// Lengths keep ("ab", "c") apart from ("a", "bc").
		mac.Write(binary.AppendUvarint(nil, uint64(len(w))))
		mac.Write([]byte(w))
	}
	return Key(mac.Sum(nil))
}

// A Source gives everything random about one attempt, by label. The same label
// gives the same value always, so that a world need not be stored: whoever
// needs it makes it again. Methods may be called concurrently.
type Source struct {
	key Key

	mu     sync.Mutex
	issued map[string]string // label to secret, for the harness
}

// NewSource returns the Source of an attempt with a key.
func NewSource(key Key) *Source { return &Source{key: key, issued: make(map[string]string)} }

// Seed returns the seed for one purpose, such as "train" or "held-out".
func (s *Source) Seed(label string) uint64 {
	k := derive(s.key[:], "seed", label)
	return binary.LittleEndian.Uint64(k[:8])
}

// Rand returns a fresh generator for one purpose.
func (s *Source) Rand(label string) *rand.Rand {
	k := derive(s.key[:], "rand", label)
	return rand.New(rand.NewPCG(binary.LittleEndian.Uint64(k[:8]), binary.LittleEndian.Uint64(k[8:16])))
}

// Public returns a seed that learners are shown, at most 999 999, so that they
// can type it into a command. It tells nothing about other labels.
func (s *Source) Public(label string) uint64 { return s.Seed("public "+label)%999_999 + 1 }

// Secret returns a random word of n capital letters and digits, at most 50, to
// be found and handed in as a proof.
func (s *Source) Secret(label string, n int) string {
	k := derive(s.key[:], "secret", label)
	word := base32.StdEncoding.EncodeToString(k[:])[:min(max(n, 1), 50)]
	s.mu.Lock()
	defer s.mu.Unlock()
	s.issued[label] = word
	return word
}

// leaked returns the label of an issued secret that text holds and that is not
// among shown, or "".
func (s *Source) leaked(text string, shown []string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for label, word := range s.issued {
		if !slices.Contains(shown, label) && strings.Contains(text, word) {
			return label
		}
	}
	return ""
}
