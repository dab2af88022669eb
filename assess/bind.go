package assess

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"quintain"
	"quintain/internal/regular"
)

// Bind returns the digest of everything that a result about t depends on and
// that has a fixed content: the file or folder it refers to, and what its With
// entries name. Evidence carries this digest; when it changes, the evidence is
// stale. A reference that is no file, such as a URL, contributes its name only.
func Bind(ctx context.Context, t quintain.Target) (quintain.Digest, error) {
	if len(t.With) == 0 {
		if info, err := os.Stat(t.Ref); err == nil && info.Mode().IsRegular() {
			return fileDigest(ctx, t.Ref) // so that it equals sha256sum of the file
		}
	}
	h := sha256.New()
	fmt.Fprintf(h, "quintain.target/1\n%s\n", t.Kind)
	if err := bindRef(ctx, h, "ref", t.Ref); err != nil {
		return "", err
	}
	for _, k := range sortedKeys(t.With) {
		if err := bindRef(ctx, h, k, t.With[k]); err != nil {
			return "", err
		}
	}
	return quintain.DigestSum(h.Sum(nil)), nil
}

// bindRef writes the content of the file or folder that ref names to h, or ref
// itself if there is no such thing.
func bindRef(ctx context.Context, h io.Writer, key, ref string) error {
	info, err := os.Stat(ref)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrInvalid), ref == "":
		_, err = fmt.Fprintf(h, "%s value %q\n", key, ref)
		return err
	case err != nil:
		_, err = fmt.Fprintf(h, "%s value %q\n", key, ref)
		return err
	case !info.IsDir():
		d, err := fileDigest(ctx, ref)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(h, "%s file %s\n", key, d)
		return err
	}
	return filepath.WalkDir(ref, func(p string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		sum, err := fileDigest(ctx, p)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(ref, p)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(h, "%s folder %q %s\n", key, filepath.ToSlash(rel), sum)
		return err
	})
}

func fileDigest(ctx context.Context, name string) (quintain.Digest, error) {
	f, err := regular.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close() //nolint:errcheck // only read
	h := sha256.New()
	for {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		const piece = 64 << 20 // between two looks at ctx
		_, err := io.CopyN(h, f, piece)
		if errors.Is(err, io.EOF) {
			return quintain.DigestSum(h.Sum(nil)), nil
		}
		if err != nil {
			return "", fmt.Errorf("read %s: %w", name, err)
		}
	}
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
