// Package compressed looks inside compressed files, and finds those that
// unpack to more than anybody has room for or carry more than they show.
package compressed

import (
	"bytes"
	"compress/gzip"
	"context"
	_ "embed"
	"errors"
	"io"
	"path"
	"strconv"
	"strings"

	"quintain"
	"quintain/scan"
	"quintain/scan/internal/pages"
)

//go:embed compressed.md
var doc string

// Format unpacks gzip, zlib, bzip2, xz, lzma, zstd and lz4 streams into memory
// and hands their content to the other formats.
var Format = &scan.Format{
	Check: quintain.Check{
		Name:       "scan/compressed",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0011.000", "AML.T0029", "LLM04:2026", "LLM06:2026", "CWE-400"},
		Accepts:    []quintain.Kind{quintain.KindArtifact},
	},
	// Joblib and NeMo compress under the names of what they do not compress.
	Extensions: append([]string{".joblib", ".pkl", ".pickle", ".nemo", ".rds", ".rdata", ".rda"}, endings()...),
	Match:      func(_ string, head []byte) bool { return recognize(head) != nil },
	Inspect:    inspect,
	Twin:       twin,
}

// twin is a stream with bytes behind its end.
func twin() (name string, data []byte) {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte("N."))
	_ = w.Close()
	return "twin.pkl.gz", append(b.Bytes(), "hidden"...)
}

// inner says what a file is called once it is unpacked.
var inner = []struct{ ending, becomes string }{
	{".tgz", ".tar"},
	{".tbz2", ".tar"},
	{".tbz", ".tar"},
	{".txz", ".tar"},
	{".tzst", ".tar"},
	{".gz", ""},
	{".bz2", ""},
	{".xz", ""},
	{".lzma", ""},
	{".zst", ""},
	{".lz4", ""},
	{".z", ""},
	{".zlib", ""},
}

func endings() []string {
	var out []string
	for _, x := range inner {
		out = append(out, x.ending)
	}
	return out
}

// unpackedName returns the name of the content of a compressed file.
func unpackedName(name string) string {
	base := path.Base(name)
	for _, x := range inner {
		if n := len(base) - len(x.ending); n > 0 && strings.EqualFold(base[n:], x.ending) {
			return base[:n] + x.becomes
		}
	}
	return base
}

func inspect(ctx context.Context, f *scan.File) error {
	u := newUnpacker(ctx, f)
	defer u.close()
	head, err := u.in.Peek(int(min(scan.HeadSize, f.Size())))
	if err != nil {
		return err
	}
	c := recognize(head)
	if c == nil {
		return errors.New("not a compressed stream")
	}
	err = u.unpack(c)
	f.Fact("codec", c.name)
	f.Fact("unpacked bytes", strconv.FormatInt(u.out.Size(), 10))
	// A loader that reads as it unpacks acts on what comes before a mistake,
	// so that is looked at whatever became of the rest.
	if u.out.Size() > 0 {
		if _, err := f.Descend(ctx, unpackedName(f.Name()), u.out, u.out.Size()); err != nil {
			f.Doubtf(0, "the content is not analyzed: %v", err)
		}
	} else if err == nil {
		f.Doubtf(0, "not analyzed: the content is empty")
	}
	switch {
	case errors.Is(err, pages.ErrLimit):
		u.stopped()
		return nil
	case err != nil:
		return err
	}
	return u.rest(ctx)
}

// stopped reports a stream that was not unpacked to its end.
func (u *unpacker) stopped() {
	if ratio := u.out.Size() / u.f.read; ratio >= pages.BombRatio {
		u.f.Reportf(quintain.Medium, 0,
			"unpacks to more than %d times its size: stopped after %d bytes, so the rest is not analyzed", ratio, u.out.Size())
		return
	}
	u.f.Doubtf(0, "unpacks to more than %d bytes: stopped there, so the rest is not analyzed", u.out.Size())
}

// rest accounts for what follows the last stream and hands it to the other
// formats.
func (u *unpacker) rest(ctx context.Context) error {
	f, off := u.f, u.offset()
	f.Account(scan.Delegated, off-u.padded)
	f.Account(scan.Padding, u.padded)
	n := f.Size() - off
	if n == 0 {
		return nil
	}
	f.Reportf(quintain.Medium, off, "%d bytes follow the end of the compressed data", n)
	f.Account(scan.Delegated, n)
	if _, err := f.Descend(ctx, "trailing", io.NewSectionReader(f, off, n), n); err != nil {
		return scan.Errorf(off, "trailing bytes: %w", err)
	}
	return nil
}
