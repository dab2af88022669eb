package cli

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"quintain"
	"quintain/scan"
)

// maxStdin is the most that is read from standard input, in bytes.
const maxStdin = 4 << 30

// A scanner is the scan engine as the command line uses it: it reads standard
// input too, and shows how far it has come.
type scanner struct {
	quintain.Engine

	formats []*scan.Format
	stdin   io.Reader
	limit   int64 // of stdin
	watch   *watch
	keep    func(*quintain.Finding) bool // which findings to record; nil for all
}

func (s *scanFlags) engine(env *Env, cat *catalog, bar *progress, targets []quintain.Target) (*scanner, error) {
	e := &scanner{formats: cat.formats, stdin: env.Stdin, limit: maxStdin}
	switch s.lint {
	case "":
	case "weights-only":
		e.formats, e.keep = lintFormats(cat)
	default:
		return nil, usagef("unknown --lint %q (have weights-only)", s.lint)
	}
	e.Engine = scan.New(scan.Options{Jobs: s.jobs}, e.formats...)
	if bar.tty {
		e.watch = newWatch(bar, targets)
	}
	return e, nil
}

// Run implements [quintain.Engine].
func (s *scanner) Run(ctx context.Context, t quintain.Target, checks []*quintain.Check, rec quintain.Recorder) error {
	if s.keep != nil {
		rec = &sieve{rec, s.keep}
	}
	if s.watch != nil {
		rec = s.watch.over(rec, t)
	}
	if t.Ref == "-" {
		return s.runStdin(ctx, t, checks, rec)
	}
	return s.Engine.Run(ctx, t, checks, rec)
}

// runStdin scans what comes in on standard input, which a scan must be able to
// read in any order and more than once, so that it goes through a file.
func (s *scanner) runStdin(ctx context.Context, t quintain.Target, checks []*quintain.Check, rec quintain.Recorder) error {
	file, err := os.CreateTemp("", "quintain-stdin-*")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name()) //nolint:errcheck // a file of ours in the folder for such files
	defer file.Close()           //nolint:errcheck // only read from here on
	size, sum, err := spool(ctx, file, s.stdin, s.limit)
	if err != nil {
		return err
	}
	t.Digest = sum
	findings, err := scan.Inspect(ctx, t.Ref, file, size, s.formats...)
	if err != nil {
		return err
	}
	spoken := make(map[string]bool)
	record := func(f quintain.Finding) error {
		spoken[f.Check] = true
		f.Target = t
		return rec.Record(f)
	}
	for _, f := range findings {
		if err := record(f); err != nil {
			return err
		}
	}
	for _, c := range checks {
		if spoken[c.Name] {
			continue
		}
		f := quintain.Finding{Check: c.Name, Outcome: quintain.NotApplicable, Techniques: c.Techniques, Summary: "standard input is not in this format"}
		if err := record(f); err != nil {
			return err
		}
	}
	return rec.Describe(quintain.Component{
		Kind: t.Kind, Name: t.Ref, Digest: sum, Properties: map[string]string{"bytes": strconv.FormatInt(size, 10)},
	})
}

// spool copies r to w until it ends, exceeds limit, or ctx ends. A read that
// blocks is left to itself.
func spool(ctx context.Context, w io.Writer, r io.Reader, limit int64) (int64, quintain.Digest, error) {
	h := sha256.New()
	var n int64
	done := make(chan error, 1)
	go func() {
		var err error
		n, err = io.Copy(io.MultiWriter(w, h), io.LimitReader(r, limit+1))
		done <- err
	}()
	select {
	case <-ctx.Done():
		return 0, "", ctx.Err()
	case err := <-done:
		switch {
		case err != nil:
			return 0, "", fmt.Errorf("read standard input: %w", err)
		case n > limit:
			return 0, "", hint(fmt.Errorf("standard input is larger than %s", size(limit)), "put it into a file and scan that")
		}
	}
	return n, quintain.DigestSum(h.Sum(nil)), nil
}

// A sieve records only some findings.
type sieve struct {
	quintain.Recorder

	keep func(*quintain.Finding) bool
}

// Record implements [quintain.Recorder].
func (s *sieve) Record(f quintain.Finding) error {
	if !s.keep(&f) {
		return nil
	}
	return s.Recorder.Record(f)
}

// A watch shows on a terminal how many files and bytes have been scanned.
type watch struct {
	bar   *progress
	total struct {
		files int
		bytes int64
	}
	files int
	bytes int64
}

// newWatch counts what there is to scan. What cannot be looked at counts
// nothing.
func newWatch(bar *progress, targets []quintain.Target) *watch {
	w := &watch{bar: bar}
	for _, t := range targets {
		_ = filepath.WalkDir(t.Ref, func(_ string, d fs.DirEntry, err error) error {
			if err != nil {
				return nil //nolint:nilerr // as above
			}
			if info, err := d.Info(); err == nil && !d.IsDir() {
				w.total.files++
				w.total.bytes += info.Size()
			}
			return nil
		})
	}
	return w
}

// over returns a recorder that shows what is recorded in rec about t.
func (w *watch) over(rec quintain.Recorder, t quintain.Target) quintain.Recorder {
	w.show(t.Ref)
	return &watched{rec, w, ""}
}

func (w *watch) show(ref string) {
	w.bar.step(w.files, w.total.files, fmt.Sprintf("%s of %s, %s", size(w.bytes), size(w.total.bytes), ref))
}

// A watched recorder tells a watch of each file that has been scanned. The
// engine records the findings about a file one after the other.
type watched struct {
	quintain.Recorder

	w    *watch
	last string
}

// Record implements [quintain.Recorder].
func (r *watched) Record(f quintain.Finding) error {
	if ref := f.Target.Ref; ref != r.last && f.Outcome != quintain.NotApplicable {
		r.last = ref
		r.w.files++
		if info, err := os.Stat(ref); err == nil {
			r.w.bytes += info.Size()
		}
		r.w.show(strings.TrimSpace(ref))
	}
	return r.Recorder.Record(f)
}
