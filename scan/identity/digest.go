package identity

import (
	"crypto/sha1" //nolint:gosec // what git names its blobs by
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"regexp"

	"quintain"
	"quintain/scan"
)

// blobs are the names of files in stores that name a blob by its digest: the
// layouts of the OCI ("blobs/sha256/…"), Ollama ("blobs/sha256-…") and the
// cache of Hugging Face ("blobs/…", where what is small has the name that git
// gives it).
var blobs = regexp.MustCompile(`(?:^|/)blobs/(?:(sha256|sha512)[/-])?([0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{128})$`)

// checkDigest reports a blob whose content is not what its name says.
func checkDigest(f *scan.File) error {
	name := blobs.FindStringSubmatch(f.Name())
	if name == nil {
		return nil
	}
	var h hash.Hash
	switch algorithm, n := name[1], len(name[2]); {
	case n == 2*sha256.Size && algorithm != "sha512":
		h = sha256.New()
	case n == 2*sha512.Size && algorithm == "sha512":
		h = sha512.New()
	case n == 2*sha1.Size && algorithm == "":
		h = sha1.New() //nolint:gosec // as above
		fmt.Fprintf(h, "blob %d\x00", f.Size())
	default:
		return nil
	}
	if _, err := io.Copy(h, io.NewSectionReader(f, 0, f.Size())); err != nil {
		return scan.Errorf(0, "read: %w", err)
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != name[2] {
		f.Reportf(quintain.High, 0, "the name says that the digest is %s, which is %s: the content is another one", name[2], got)
	}
	return nil
}
