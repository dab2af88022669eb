package fetch

import (
	"crypto/sha1" // by which git names files
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"

	"quintain"
)

// sums are what identifies the content of a file.
type sums struct {
	size   int64
	digest quintain.Digest // "" of no file
	blob   string          // the name that git gives it, in hexadecimal; "" if the size came out otherwise
}

// is reports whether the content is what s promises: at least one thing, and
// all that it says.
func (s sums) is(digest quintain.Digest, blob string) bool {
	return s.digest != "" && (digest != "" || blob != "") &&
		(digest == "" || s.digest == digest) && (blob == "" || s.blob == blob)
}

// A hasher computes sums. Git's name starts with the size, so that has to be
// known before; a negative one leaves it out.
type hasher struct {
	want, n   int64
	sum, blob hash.Hash
}

func newHasher(size int64) *hasher {
	h := &hasher{want: size, sum: sha256.New(), blob: sha1.New()}
	fmt.Fprintf(h.blob, "blob %d\x00", size)
	return h
}

// Write implements [io.Writer].
func (h *hasher) Write(p []byte) (int, error) {
	h.n += int64(len(p))
	h.sum.Write(p)
	if h.want >= 0 {
		h.blob.Write(p)
	}
	return len(p), nil
}

func (h *hasher) sums() sums {
	s := sums{size: h.n, digest: quintain.DigestSum(h.sum.Sum(nil))}
	if h.n == h.want {
		s.blob = hex.EncodeToString(h.blob.Sum(nil))
	}
	return s
}
