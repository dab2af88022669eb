package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The errors of a download.
var (
	errTooLarge = errors.New("the source is too large")
	errMismatch = errors.New("the content is not what was promised")
	errBroken   = errors.New("the transfer broke off") // worth another try

	errUnchanged = errors.New("not modified since")
)

// A fetcher brings the files of one source, one by one.
type fetcher struct {
	c        *client
	d        *folder
	pinned   bool  // the source is at the revision that the folder has
	left     int64 // bytes that may still be fetched
	progress Progress
}

// file makes sure that the folder has the file, of which old is known from
// before.
func (f *fetcher) file(ctx context.Context, want file, old Entry) (Entry, Outcome, error) {
	fail := func(err error) (Entry, Outcome, error) { return Entry{}, "", err }
	e := Entry{Path: want.Path, URL: want.address()}
	if given := f.c.o.Digest; given != "" {
		if want.Digest != "" && want.Digest != given {
			return fail(fmt.Errorf("%w: the source says %s, not %s", errMismatch, want.Digest, given))
		}
		want.Digest = given
	}
	if err := f.d.prepare(want.Path); err != nil {
		return fail(err)
	}
	here, err := f.d.sums(want.Path, func() error { return context.Cause(ctx) })
	if err != nil {
		return fail(err)
	}
	ours := old.Path != ""
	if old.URL != e.URL {
		old = Entry{}
	}
	same := Entry{Path: want.Path, URL: e.URL, Size: here.size, SHA256: here.digest, ETag: old.ETag}
	unchanged := here.digest != "" && here.digest == old.SHA256 && !want.promised()
	if here.is(want.Digest, want.Blob) || unchanged && (f.pinned || old.ETag != "" && old.ETag == want.ETag) {
		return same, Verified, nil
	}
	cond := ""
	if unchanged {
		cond = old.ETag
	}
	p, got, err := f.download(ctx, want, cond)
	if errors.Is(err, errUnchanged) {
		return same, Verified, nil
	}
	if err != nil {
		return fail(err)
	}
	e.Size, e.SHA256, e.ETag = got.size, got.digest, p.ETag
	f.left -= got.size
	switch {
	case here.digest == "":
		return e, Fetched, p.land(want.Path)
	case here.digest == got.digest:
		return e, Verified, p.leave(true)
	case !ours:
		return fail(errors.Join(errors.New("a file of this name is here and was not fetched from this source"), p.leave(true)))
	}
	return e, Replaced, p.land(want.Path)
}

// download brings one file into its part, as often as it takes. A part that
// could be continued later is left behind.
func (f *fetcher) download(ctx context.Context, want file, cond string) (*part, sums, error) {
	for try := 0; ; try++ {
		p, err := f.d.part(want.Path)
		if err != nil {
			return nil, sums{}, err
		}
		got, err := f.attempt(ctx, p, want, cond)
		if err == nil {
			return p, got, nil
		}
		useless := errors.Is(err, errMismatch) || errors.Is(err, errTooLarge)
		if err2 := p.leave(useless); err2 != nil {
			return nil, sums{}, errors.Join(err, err2)
		}
		if !errors.Is(err, errBroken) || try >= f.c.o.Retries {
			return nil, sums{}, err
		}
		if err := f.c.o.Sleep(ctx, min(time.Second<<min(try, 10), f.c.o.MaxWait)); err != nil {
			return nil, sums{}, err
		}
	}
}

// attempt asks for what p lacks, and proves the whole.
func (f *fetcher) attempt(ctx context.Context, p *part, want file, cond string) (sums, error) {
	have, err := p.usable(want)
	if err != nil {
		return sums{}, err
	}
	header := make(http.Header)
	switch {
	case have > 0 && have == want.Size: // only its name is missing
		return f.fill(ctx, p, want, strings.NewReader(""), have)
	case have > 0:
		header.Set("Range", fmt.Sprintf("bytes=%d-", have))
		if strong(p.ETag) {
			header.Set("If-Range", p.ETag)
		}
	case cond != "":
		header.Set("If-None-Match", cond)
	}
	resp, err := f.c.get(ctx, want.URL, header)
	if err != nil {
		if errors.Is(err, errStalled) {
			err = fmt.Errorf("%w: %w", errBroken, err)
		}
		return sums{}, err
	}
	defer resp.Body.Close() //nolint:errcheck // only read
	if resp.StatusCode == http.StatusNotModified && cond != "" && have == 0 {
		return sums{}, errUnchanged
	}
	if have, err = f.accept(p, want, resp, have); err != nil {
		return sums{}, err
	}
	if err := f.fits(want, have, resp); err != nil {
		return sums{}, err
	}
	if want.Size < 0 && resp.ContentLength >= 0 {
		f.progress.Size = have + resp.ContentLength
	}
	return f.fill(ctx, p, want, resp.Body, have)
}

// accept makes p ready for what resp brings and returns how much of p stays.
func (f *fetcher) accept(p *part, want file, resp *http.Response, have int64) (int64, error) {
	etag := f.c.etag(resp.Header)
	state := partState{URL: want.address(), ETag: etag, Want: want.promise()}
	switch resp.StatusCode {
	case http.StatusOK:
		return 0, p.restart(state)
	case http.StatusPartialContent:
		if start, ok := rangeStart(resp.Header.Get("Content-Range")); have > 0 && ok && start == have && (etag == "" || etag == p.ETag) {
			return have, nil
		}
	case http.StatusRequestedRangeNotSatisfiable:
	default:
		return 0, &StatusError{resp.StatusCode, want.address()}
	}
	if have == 0 {
		return 0, &StatusError{resp.StatusCode, want.address()}
	}
	return 0, errors.Join(fmt.Errorf("%w: the server has no such rest", errBroken), p.restart(partState{}))
}

// fits refuses a reply that says it is not what is wanted.
func (f *fetcher) fits(want file, have int64, resp *http.Response) error {
	if e := resp.Header.Get("Content-Encoding"); e != "" && e != "identity" {
		return fmt.Errorf("the server sends it in another form, %q", e)
	}
	if resp.ContentLength < 0 {
		return nil
	}
	total := have + resp.ContentLength
	if want.Size >= 0 && total != want.Size {
		return fmt.Errorf("%w: the source says %d bytes, its server %d", errMismatch, want.Size, total)
	}
	if total > f.left {
		return fmt.Errorf("%w: %d bytes are left of what is allowed, and these are %d", errTooLarge, f.left, total)
	}
	return nil
}

// fill appends body to the first have bytes of p, and proves the whole.
func (f *fetcher) fill(ctx context.Context, p *part, want file, body io.Reader, have int64) (sums, error) {
	limit := f.left
	if want.Size >= 0 {
		limit = min(limit, want.Size)
	}
	h := newHasher(want.Size)
	over := func() error { return context.Cause(ctx) }
	if _, err := io.Copy(h, &breakable{io.NewSectionReader(p.file, 0, have), over}); err != nil {
		return sums{}, err
	}
	if _, err := p.file.Seek(have, io.SeekStart); err != nil {
		return sums{}, err
	}
	pr := f.progress
	pr.Done = have
	w := io.MultiWriter(p.file, h, writerFunc(func(b []byte) {
		pr.Done += int64(len(b))
		f.c.o.Progress(pr)
	}))
	n, err := io.Copy(w, io.LimitReader(&breakable{body, over}, limit-have+1))
	if err != nil {
		return sums{}, err
	}
	switch total := have + n; {
	case total > limit && limit == want.Size:
		return sums{}, fmt.Errorf("%w: it is longer than the %d bytes that the source says", errMismatch, want.Size)
	case total > limit:
		return sums{}, fmt.Errorf("%w: more than the %d bytes that are left", errTooLarge, f.left)
	case total < want.Size:
		return sums{}, fmt.Errorf("%w: %d bytes of %d came", errBroken, total, want.Size)
	}
	got := h.sums()
	if want.promised() && !got.is(want.Digest, want.Blob) {
		return sums{}, fmt.Errorf("%w: it is %s, not %s", errMismatch, got.digest, want.promise())
	}
	return got, nil
}

// A breakable reader tells the failure of a transfer, which may be tried
// again, from the end of the caller's patience.
type breakable struct {
	r    io.Reader
	over func() error // nil while the caller is patient
}

// Read implements [io.Reader].
func (b *breakable) Read(p []byte) (int, error) {
	if over := b.over(); over != nil {
		return 0, over
	}
	n, err := b.r.Read(p)
	if err == nil || err == io.EOF {
		return n, err
	}
	if over := b.over(); over != nil {
		return n, over
	}
	return n, fmt.Errorf("%w: %w", errBroken, err)
}

type writerFunc func([]byte)

func (f writerFunc) Write(p []byte) (int, error) {
	f(p)
	return len(p), nil
}

// strong reports whether an entity tag promises the same bytes.
func strong(etag string) bool { return strings.HasPrefix(etag, `"`) }

// rangeStart reads where a Content-Range begins.
func rangeStart(s string) (int64, bool) {
	s, ok := strings.CutPrefix(s, "bytes ")
	if !ok {
		return 0, false
	}
	first, _, ok := strings.Cut(s, "-")
	n, err := strconv.ParseInt(first, 10, 64)
	return n, ok && err == nil
}
