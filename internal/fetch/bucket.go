package fetch

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strings"

	"quintain/internal/fetch/sigv4"
)

// A bucket place is an object of an S3-compatible store, or all objects below
// a prefix.
type bucket struct{ name, key string }

var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

func parseBucket(rest string) (place, error) {
	name, key, _ := strings.Cut(strings.TrimPrefix(rest, "//"), "/")
	if !strings.HasPrefix(rest, "//") || !bucketName.MatchString(name) || strings.Contains(name, "..") {
		return nil, fmt.Errorf("%q is not s3://BUCKET/KEY", "s3:"+rest)
	}
	return &bucket{name, key}, nil
}

// base returns the store's address. Buckets are named by the path, which every
// store understands.
func (*bucket) base(o *Options) (*url.URL, error) {
	return endpoint(o, "https://s3."+o.Region+".amazonaws.com")
}

func (s *bucket) list(ctx context.Context, c *client) (*listing, error) {
	if k := c.o.Credentials; k.Secret != "" {
		c.sign = func(r *http.Request) error {
			sigv4.Sign(r, sigv4.Key{ID: k.User, Secret: k.Secret, Session: k.Token},
				sigv4.Scope{Region: c.o.Region, Service: "s3"}, c.o.Now())
			return nil
		}
	}
	objects, err := s.objects(ctx, c)
	if e, ok := errors.AsType[*StatusError](err); ok && e.Status == http.StatusForbidden && s.key != "" && !strings.HasSuffix(s.key, "/") {
		objects, err = []object{{Key: s.key, Size: -1}}, nil // may be read though not listed
	}
	if err != nil {
		return nil, err
	}
	l := new(listing)
	folder := strings.TrimSuffix(s.key, "/") + "/"
	for _, o := range objects {
		f := file{Size: o.Size, ETag: o.ETag, URL: s.address(c.home, o.Key)}
		rest, inside := strings.CutPrefix(o.Key, folder)
		switch {
		case o.Key == s.key && !strings.HasSuffix(s.key, "/"):
			f.Path = path.Base(o.Key)
			return &listing{files: []file{f}}, nil
		case strings.HasSuffix(o.Key, "/") && o.Size == 0: // stands for a folder
		case s.key == "":
			f.Path = o.Key
			l.files = append(l.files, f)
		case inside:
			f.Path = rest
			l.files = append(l.files, f)
		}
	}
	if len(l.files) == 0 {
		return nil, fmt.Errorf("bucket %q has nothing at %q", s.name, s.key)
	}
	return l, nil
}

func (s *bucket) address(base *url.URL, key ...string) *url.URL {
	u := below(base, append([]string{s.name}, key...)...)
	u.RawPath = sigv4.Escape(u.Path)
	return u
}

// objects lists what the bucket has below the prefix.
func (s *bucket) objects(ctx context.Context, c *client) ([]object, error) {
	var all []object
	for token := ""; ; {
		q := url.Values{"list-type": {"2"}, "prefix": {s.key}}
		if token != "" {
			q.Set("continuation-token", token)
		}
		u := s.address(c.home)
		u.RawQuery = q.Encode()
		u.RawQuery = strings.ReplaceAll(u.RawQuery, "+", "%20") // as it is signed
		b, _, err := c.read(ctx, u, nil)
		if err != nil {
			return nil, err
		}
		page, next, err := decodeObjects(b)
		if err != nil {
			return nil, err
		}
		all = append(all, page...)
		if next == "" {
			return all, nil
		}
		if next == token || len(page) == 0 || len(all) > maxListed(c.o) {
			return nil, fmt.Errorf("the listing of bucket %q has no end", s.name)
		}
		token = next
	}
}

// maxListed returns how long a listing may be, of which not all is wanted.
func maxListed(o *Options) int { return 10 * o.MaxFiles }

// An object is one line of a bucket's listing.
type object struct {
	Key  string `xml:"Key"`
	Size int64  `xml:"Size"`
	ETag string `xml:"ETag"`
}

// decodeObjects reads a page of a bucket's listing and the token of the next.
func decodeObjects(b []byte) (page []object, next string, err error) {
	var w struct {
		XMLName   xml.Name `xml:"ListBucketResult"`
		Contents  []object `xml:"Contents"`
		Truncated bool     `xml:"IsTruncated"`
		Next      string   `xml:"NextContinuationToken"`
	}
	if err := xml.Unmarshal(b, &w); err != nil {
		return nil, "", fmt.Errorf("the store's listing is not what its API says: %w", err)
	}
	for i := range w.Contents {
		if o := &w.Contents[i]; o.Size < 0 {
			return nil, "", fmt.Errorf("%.100q: the store says it has %d bytes", o.Key, o.Size)
		}
		if e := w.Contents[i].ETag; len(e) > 256 {
			w.Contents[i].ETag = ""
		}
	}
	if !w.Truncated {
		return w.Contents, "", nil
	}
	if w.Next == "" {
		return nil, "", errors.New("the store's listing breaks off")
	}
	return w.Contents, w.Next, nil
}
