// Package fetch brings the files of a model onto this machine and records what
// it brought: a step of its own, so that scanning needs no network.
//
// A source is an address of a file, a repository of a model hub, a bucket, an
// OCI artifact or a version in an MLflow registry. Whatever its server says is
// taken for hostile: it is bounded in time, size and number, it leads to no
// other host, its names stay below one folder, and a digest that was promised
// is kept or the file is not. A file has its name only when it is whole.
//
// Credentials are sent to the host of the source and to no other, and appear
// in no manifest and no error.
package fetch

import (
	"context"
	"errors"
	"fmt"
	"path"
	"time"

	"quintain"
)

// Credentials are what a source asks for. All are optional.
type Credentials struct {
	User   string // user name, or the id of an S3 key
	Secret string // password, or the secret of an S3 key
	Token  string // bearer token, or the session token of an S3 key
}

// Options are how and where to fetch. Dir and Now are required by
// [Source.Fetch]; Permit and Now by [Source.Heads]. Everything else has a
// usable zero value.
type Options struct {
	Dir         string          // the folder that receives the files; made if need be
	Include     []string        // patterns of [path.Match] for whole paths or last names; none takes all
	MaxBytes    int64           // of all files together; 0 is 64 GiB
	MaxFiles    int             // 0 is 10,000
	Digest      quintain.Digest // of the one file that is fetched
	Endpoint    string          // base URL of hub, bucket, registry or tracking server; "" is the public one
	Region      string          // of S3 signatures; "" is us-east-1
	AllowHosts  []string        // hosts redirects may lead to: "host", "host:port" or "*.domain"
	PlainHTTP   bool            // allow unencrypted connections to other machines
	Credentials Credentials

	// Permit is asked for every address before it is connected to; an error
	// ends the fetch.
	Permit func(address string) error
	// Now is the clock of the manifest and of signatures.
	Now func() time.Time
	// Sleep waits between tries. Nil waits in real time.
	Sleep func(ctx context.Context, d time.Duration) error
	// Progress is called as bytes arrive. Nil is not called.
	Progress func(Progress)

	Stall   time.Duration // the longest silence of a server; 0 is one minute
	MaxWait time.Duration // the longest pause between tries, whatever the server asks for; 0 is one minute
	Retries int           // further tries when a server is busy or a transfer breaks; 0 is four, -1 none
}

// A Progress says how far a fetch has come.
type Progress struct {
	File, Files int    // this is file number File, from 1, of Files
	Path        string // its name
	Done, Size  int64  // bytes of it; Size is -1 when unknown
}

// An Outcome is what became of one file.
type Outcome string

// The outcomes.
const (
	Fetched  Outcome = "fetched"  // was not here
	Replaced Outcome = "replaced" // was here, and differed from the source
	Verified Outcome = "verified" // was here, and is what the source says or said
)

// A Result is what a fetch did.
type Result struct {
	Manifest *Manifest `json:"manifest"`
	Outcomes []Outcome `json:"outcomes"` // in the order of the manifest's files
	// Left are files of an earlier fetch that are still in the folder and no
	// longer part of the source.
	Left []string `json:"left,omitempty"`
}

func (o Options) withDefaults() Options {
	if o.MaxBytes == 0 {
		o.MaxBytes = 64 << 30
	}
	if o.MaxFiles == 0 {
		o.MaxFiles = 10_000
	}
	if o.Region == "" {
		o.Region = "us-east-1"
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	if o.Progress == nil {
		o.Progress = func(Progress) {}
	}
	if o.Permit == nil {
		o.Permit = func(string) error { return nil }
	}
	if o.Stall == 0 {
		o.Stall = time.Minute
	}
	if o.MaxWait == 0 {
		o.MaxWait = time.Minute
	}
	if o.Retries == 0 {
		o.Retries = 4
	}
	return o
}

// Fetch brings the files of s into the folder o.Dir and writes the manifest
// beside them. Files that are there already are verified rather than brought
// again where their digest is known. On an error the files that are complete
// stay, with a manifest that says it is not complete; those that are not wait
// for the next fetch of the same source into the same folder, which goes on
// where this one ended.
func (s Source) Fetch(ctx context.Context, o Options) (*Result, error) {
	o = o.withDefaults()
	c, l, err := s.look(ctx, &o)
	if err != nil {
		return nil, c.scrub(err)
	}
	res, err := s.land(ctx, c, l)
	return res, c.scrub(err)
}

// look connects to the source and returns what it offers and is wanted.
func (s Source) look(ctx context.Context, o *Options) (*client, *listing, error) {
	c := newClient(o)
	home, err := s.at.base(o)
	if err != nil {
		return c, nil, err
	}
	c.home = home
	if err := c.permit(home); err != nil {
		return c, nil, err
	}
	l, err := s.at.list(ctx, c)
	if err != nil {
		return c, nil, err
	}
	if err := l.choose(o); err != nil {
		return c, nil, err
	}
	for _, f := range l.files { // what is about to be written down
		if c.holds(f.Path) || c.holds(f.address()) || c.holds(l.revision) {
			return c, nil, errEchoed
		}
	}
	return c, l, nil
}

// land brings the files of l into the folder.
func (s Source) land(ctx context.Context, c *client, l *listing) (res *Result, err error) {
	o := c.o
	if o.Digest != "" && len(l.files) != 1 {
		return nil, fmt.Errorf("one digest was given, for %d files", len(l.files))
	}
	d, err := openFolder(o.Dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	old, err := d.manifest()
	if err != nil {
		return nil, err
	}
	if old.Source != s.ref && old.started() {
		return nil, fmt.Errorf("%s holds files of %q; one folder is for one source", o.Dir, old.Source)
	}
	m := &Manifest{Schema: SchemaName, Source: s.ref, Revision: l.revision, Time: o.Now().UTC().Truncate(time.Second)}
	if err := d.save(old.plan(m, l)); err != nil {
		return nil, err
	}
	res = &Result{Manifest: m}
	known := old.byPath()
	f := &fetcher{c: c, d: d, pinned: l.revision != "" && l.revision == old.Revision, left: o.MaxBytes}
	for i, want := range l.files {
		f.progress = Progress{File: i + 1, Files: len(l.files), Path: want.Path, Size: want.Size}
		var e Entry
		var what Outcome
		if e, what, err = f.file(ctx, want, known[want.Path]); err != nil {
			err = fmt.Errorf("%q: %w", want.Path, err)
			break
		}
		m.Files = append(m.Files, e)
		res.Outcomes = append(res.Outcomes, what)
	}
	if m.Complete = err == nil; !m.Complete {
		return nil, errors.Join(err, d.save(old.plan(m, l)))
	}
	res.Left = old.left(m, d)
	return res, d.save(m)
}

// included reports whether the patterns of o want the file called name.
func (o *Options) included(name string) (bool, error) {
	for _, p := range o.Include {
		for _, n := range []string{name, path.Base(name)} {
			ok, err := path.Match(p, n)
			if err != nil {
				return false, fmt.Errorf("pattern %q: %w", p, err)
			}
			if ok {
				return true, nil
			}
		}
	}
	return len(o.Include) == 0, nil
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}
