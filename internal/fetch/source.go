package fetch

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"quintain"
)

// A Source is where files come from, as an operator writes it:
//
//	https://host/path/model.safetensors   a file
//	hf:OWNER/NAME@REVISION                a repository of a model hub
//	s3://BUCKET/KEY                       an object, or all below a prefix
//	oci://HOST/REPOSITORY:TAG@DIGEST      an artifact in a registry
//	mlflow:MODEL/VERSION                  a registered model version
//
// Make one with [Parse].
type Source struct {
	ref string
	at  place
}

// String returns the source as it was written.
func (s Source) String() string { return s.ref }

// A place knows one way of offering files.
type place interface {
	// base returns the address that is asked first. Credentials go to its
	// host and to no other.
	base(o *Options) (*url.URL, error)
	// list returns what is there. It may set how c authorizes requests.
	list(ctx context.Context, c *client) (*listing, error)
}

// A listing is what a source offers.
type listing struct {
	revision string // what names exactly these bytes, where the source has such a thing
	files    []file
}

// A file is one file that a source offers.
type file struct {
	Path   string // below the folder, with slashes
	URL    *url.URL
	Size   int64           // -1 if unknown
	Digest quintain.Digest // "" if unknown
	Blob   string          // the file's name in git, in hexadecimal, or ""
	ETag   string          // what the listing says, or ""
	Public bool            // the query of URL is part of its name and holds no key
}

// address returns where the file is, without what may be secret.
func (f *file) address() string {
	if f.Public {
		return f.URL.String()
	}
	return shown(f.URL)
}

// promised reports whether the source says what the content is.
func (f *file) promised() bool { return f.Digest != "" || f.Blob != "" }

// promise returns what the source says the content is.
func (f *file) promise() string {
	if f.Digest == "" && f.Blob != "" {
		return "git blob " + f.Blob
	}
	return string(f.Digest)
}

var errNoSource = errors.New("not a source: want one of https://, hf:, s3://, oci://, mlflow: first")

// Parse reads a source. Errors do not quote passwords.
func Parse(ref string) (Source, error) {
	scheme, rest, ok := strings.Cut(ref, ":")
	if !ok {
		return Source{}, errNoSource
	}
	var at place
	var err error
	switch strings.ToLower(scheme) {
	case "http", "https":
		at, err = parseWeb(ref)
	case "hf":
		at, err = parseHub(rest)
	case "s3":
		at, err = parseBucket(rest)
	case "oci":
		at, err = parseArtifact(rest)
	case "mlflow":
		at, err = parseModel(rest)
	default:
		err = errNoSource
	}
	if err != nil {
		return Source{}, err
	}
	if w, ok := at.(*web); ok {
		ref = shown(w.url) // a query may hold a key
	}
	return Source{ref: ref, at: at}, nil
}

// choose keeps the files that o wants, and refuses names that do not belong
// below a folder and sizes that are too large.
func (l *listing) choose(o *Options) error {
	var keep []file
	sum := int64(0)
	for _, f := range l.files {
		ok, err := o.included(f.Path)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		if len(keep) == o.MaxFiles {
			return fmt.Errorf("the source has more than %d files", o.MaxFiles)
		}
		if err := f.Digest.Validate(); err != nil {
			return fmt.Errorf("%q: %w", f.Path, err)
		}
		if f.Size > o.MaxBytes-sum {
			return fmt.Errorf("%w: %d bytes are allowed", errTooLarge, o.MaxBytes)
		}
		sum += max(f.Size, 0)
		keep = append(keep, f)
	}
	if len(keep) == 0 {
		return fmt.Errorf("none of the %d files of the source is wanted", len(l.files))
	}
	l.files = keep
	return checkNames(l.files)
}

// endpoint returns the base URL to ask: what o says, or else the usual one.
func endpoint(o *Options, usual string) (*url.URL, error) {
	raw := o.Endpoint
	if raw == "" {
		raw = usual
	}
	u, err := url.Parse(raw)
	if err != nil {
		return nil, errors.New("endpoint: not a URL") // the cause quotes it
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" {
		return nil, fmt.Errorf("endpoint %q: want http:// or https://, a host and nothing secret", shown(u))
	}
	return u, nil
}

// below returns the address of a path, given unescaped, below base.
func below(base *url.URL, parts ...string) *url.URL {
	u := *base
	u.Path = strings.TrimRight(base.Path, "/") + "/" + strings.Join(parts, "/")
	u.RawPath, u.RawQuery, u.Fragment = "", "", ""
	return &u
}

// shown returns an address without what may be secret in it.
func shown(u *url.URL) string {
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath}).String()
}
