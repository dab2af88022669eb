package lab

import (
	"context"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"path"
	"strings"
	"time"

	"quintain"
)

// Picture draws what the learner handed in, as SVG; nil if the exercise draws
// nothing.
func (r *Range) Picture(ctx context.Context, id string) ([]byte, error) {
	s, err := r.open(ctx, id)
	if err != nil {
		return nil, err
	}
	defer s.close()
	if s.e.Picture == nil {
		return nil, nil
	}
	return s.e.Picture(ctx, s.attempt)
}

// Pictured returns a digest of everything that a picture of the latest attempt
// at an exercise depends on: the attempt, how much happened in its world, and
// the learner's folder. While it stays the same, so does what [Range.Picture]
// draws. The error is [ErrNoAttempt] before the first attempt.
func (r *Range) Pictured(ctx context.Context, id string) (quintain.Digest, error) {
	e, err := r.Exercise(id)
	if err != nil {
		return "", err
	}
	number, acts := 0, 0
	err = r.read(ctx, func(runs map[string][]*run) {
		if all := runs[e.ID]; len(all) > 0 {
			number, acts = len(all), all[len(all)-1].acts
		}
	})
	if err != nil {
		return "", err
	}
	if number == 0 {
		return "", fmt.Errorf("%w: %s", ErrNoAttempt, e.ID)
	}
	f, err := OpenFolder(r.dir(e))
	if err != nil {
		return "", err
	}
	defer f.Close() //nolint:errcheck // nothing is buffered
	h := sha256.New()
	fmt.Fprintf(h, "%s %d %d\n", e.ID, number, acts)
	if err := f.sum(h, r.o.Now()); err != nil {
		return "", err
	}
	return quintain.DigestSum(h.Sum(nil)), nil
}

// The limits above which a file is known by its size and time alone. One that
// was written moments ago is read all the same: clocks of file systems tick
// slowly, and it may be written once more in the same tick.
const (
	maxSummed = 256 << 10
	settled   = 2 * time.Second
)

// sum writes what the folder holds to h. Too many files, or folders nested too
// deep, are a fault, as they are for [Folder.Files].
func (f *Folder) sum(h hash.Hash, now time.Time) error {
	n := 0
	return fs.WalkDir(f.root.FS(), ".", func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return Faultf(p, "cannot be read: %s", reason(err))
		case strings.Count(p, "/") > maxDepth || n > maxFiles:
			return Faultf(path.Dir(p), "more than %d files, or folders nested deeper than %d", maxFiles, maxDepth)
		case d.IsDir():
			return nil
		}
		n++
		info, err := d.Info()
		if err != nil {
			return nil // gone since
		}
		fmt.Fprintf(h, "%q %d %d\n", p, info.Size(), info.ModTime().UnixNano())
		fresh := now.Sub(info.ModTime()).Abs() < settled && info.Size() <= MaxFile
		if !info.Mode().IsRegular() || info.Size() > maxSummed && !fresh {
			return nil
		}
		file, err := f.root.Open(p)
		if err != nil {
			return nil // gone since, or not to be read by a picture either
		}
		defer file.Close() //nolint:errcheck // only read
		_, err = io.Copy(h, io.LimitReader(file, MaxFile))
		return err
	})
}
