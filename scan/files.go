package scan

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"quintain"
)

// A source is one file on disk, or why it cannot be read.
type source struct {
	target quintain.Target
	name   string // below the folder that is scanned, slash separated
	why    string // it is not read; empty if it is
	git    string // the folder of git that the file is in, if it is; see gitStore
}

// walk returns the files of a target in lexical order. A link to a file is
// read like the file; a link to a folder is not followed, so there are no
// loops.
func walk(ctx context.Context, t quintain.Target) ([]source, error) {
	info, err := os.Stat(t.Ref)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return []source{{target: t, name: filepath.Base(t.Ref), why: unreadable(info)}}, nil
	}
	var out []source
	var stores gitStores
	err = filepath.WalkDir(t.Ref, func(p string, d fs.DirEntry, err error) error {
		if cerr := ctx.Err(); cerr != nil {
			return cerr
		}
		rel, rerr := filepath.Rel(t.Ref, p)
		if rerr != nil {
			return rerr
		}
		s := source{target: quintain.Target{Kind: t.Kind, Ref: p, With: t.With}, name: filepath.ToSlash(rel), git: stores.of(p, d)}
		switch {
		case err != nil:
			s.why = err.Error()
		case d.IsDir():
			return nil
		default:
			if info, err := os.Stat(p); err != nil {
				s.why = err.Error()
			} else {
				s.why = unreadable(info)
			}
		}
		out = append(out, s)
		if err != nil && d != nil && d.IsDir() {
			return fs.SkipDir
		}
		return nil
	})
	return out, err
}

// unreadable says why a file is not opened: opening a pipe or a device may
// block or do something.
func unreadable(info fs.FileInfo) string {
	switch {
	case info.Mode().IsRegular():
		return ""
	case info.IsDir():
		return "a link to a folder, which is not followed"
	}
	return fmt.Sprintf("not a regular file (%s)", info.Mode().Type())
}

// A result is everything to record about one file on disk.
type result struct {
	component *quintain.Component
	findings  []quintain.Finding
	git       string // the folder of git whose own file it is, which is only counted
	bytes     int64  // of such a file
}

// scanAll scans files, several at once, and yields the results in order. The
// first error ends it.
func (e *engine) scanAll(ctx context.Context, files []source, selected map[*Format]bool) iter.Seq2[result, error] {
	return func(yield func(result, error) bool) {
		ctx, cancel := context.WithCancelCause(ctx)
		defer cancel(nil)
		type answer struct {
			result
			err error
		}
		pending := make(chan chan answer, e.jobs-1) // in order; with the one waited for, jobs are at work
		go func() {
			defer close(pending)
			for _, s := range files {
				ch := make(chan answer, 1)
				select {
				case pending <- ch:
				case <-ctx.Done():
					return
				}
				go func() {
					r, err := e.scanFile(ctx, s, selected)
					ch <- answer{r, err}
				}()
			}
		}()
		for ch := range pending {
			if a := <-ch; !yield(a.result, a.err) || a.err != nil {
				return
			}
		}
		if err := ctx.Err(); err != nil {
			yield(result{}, err)
		}
	}
}

// scanFile inspects one file on disk. An error means that ctx has ended.
func (e *engine) scanFile(ctx context.Context, s source, selected map[*Format]bool) (result, error) {
	if s.why != "" {
		return e.unread(ctx, s, selected, s.why)
	}
	r, err := e.scanOpen(ctx, s, selected)
	if err != nil && ctx.Err() == nil {
		return e.unread(ctx, s, selected, err.Error())
	}
	return r, err
}

// scanOpen opens and inspects one file on disk.
func (e *engine) scanOpen(ctx context.Context, s source, selected map[*Format]bool) (result, error) {
	file, err := os.Open(s.target.Ref)
	if err != nil {
		return result{}, err
	}
	defer file.Close() //nolint:errcheck // only read
	info, err := file.Stat()
	if err != nil {
		return result{}, err
	}
	if why := unreadable(info); why != "" {
		return result{}, errors.New(why)
	}
	if s.git != "" && e.isGits(s, file, info.Size()) {
		return result{git: s.git, bytes: info.Size()}, nil
	}
	in := newInspection(e, selected, info.Size())
	in.dir = filepath.Dir(s.target.Ref)
	if _, err := in.visit(ctx, s.name, s.name, file, info.Size(), nil); err != nil {
		return result{}, err
	}
	r := result{}
	if len(in.recognized) > 0 {
		if in.digest, err = digest(ctx, file, info.Size()); err != nil {
			return result{}, err
		}
		if s.target.Digest == "" {
			s.target.Digest = in.digest
		}
		r.component = in.component(s.target.Ref, info.Size())
	}
	r.findings, err = in.findings(ctx, s.target)
	return r, err
}

// unread says of a file that it could not be read.
func (e *engine) unread(ctx context.Context, s source, selected map[*Format]bool, why string) (result, error) {
	in := newInspection(e, selected, 0)
	in.blind(s.name, "not analyzed: "+why, why)
	findings, err := in.findings(ctx, s.target)
	return result{findings: findings}, err
}

// findings turns the verdicts into findings, sorted by check.
func (in *inspection) findings(ctx context.Context, t quintain.Target) ([]quintain.Finding, error) {
	var out []quintain.Finding
	for _, format := range in.e.formats {
		v := in.verdicts[format]
		if v == nil || len(v.problems) == 0 && v.passed == 0 {
			continue
		}
		fs, err := v.findings(&format.Check, t, in.digest, func() (*quintain.Control, error) { return in.e.controlOf(ctx, format) })
		if err != nil {
			return nil, err
		}
		out = append(out, fs...)
	}
	return out, nil
}

// component describes the file for a bill of materials.
func (in *inspection) component(ref string, size int64) *quintain.Component {
	var names []string
	for _, f := range in.recognized {
		names = append(names, path.Base(f.Name))
	}
	props := map[string]string{"bytes": strconv.FormatInt(size, 10), "format": strings.Join(names, "+")}
	for _, f := range in.facts {
		if _, ok := props[f.key]; !ok {
			props[f.key] = f.value
		}
	}
	return &quintain.Component{Kind: quintain.KindArtifact, Name: ref, Digest: in.digest, Properties: props}
}

// digest returns the SHA-256 of a file of about size bytes.
func digest(ctx context.Context, f *os.File, size int64) (quintain.Digest, error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	h := sha256.New()
	buf := make([]byte, min(256<<10, size+1))
	for {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		n, err := f.Read(buf)
		h.Write(buf[:n])
		if errors.Is(err, io.EOF) {
			return quintain.DigestSum(h.Sum(nil)), nil
		}
		if err != nil {
			return "", err
		}
	}
}
