package fetch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"quintain"
)

// A hub place is a repository of a model hub at a revision.
type hub struct{ id, revision string }

var (
	hubID    = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)?$`)
	commitID = regexp.MustCompile(`^[0-9a-f]{40}$`)
)

func parseHub(rest string) (place, error) {
	id, rev, ok := strings.Cut(rest, "@")
	if !ok {
		rev = "main"
	}
	if !hubID.MatchString(id) || strings.Contains(id, "..") || rev == "" {
		return nil, fmt.Errorf("%q is not OWNER/NAME@REVISION", rest)
	}
	return &hub{id, rev}, nil
}

func (*hub) base(o *Options) (*url.URL, error) { return endpoint(o, "https://huggingface.co") }

func (h *hub) list(ctx context.Context, c *client) (*listing, error) {
	if c.o.Credentials.Token != "" {
		c.sign = bearer(c.o.Credentials.Token)
	}
	u := below(c.home, "api/models", h.id, "revision", h.revision)
	u.RawPath = strings.TrimSuffix(u.EscapedPath(), (&url.URL{Path: h.revision}).EscapedPath()) + url.PathEscape(h.revision)
	u.RawQuery = "blobs=true"
	b, _, err := c.read(ctx, u, http.Header{"Accept": {"application/json"}})
	if err != nil {
		return nil, err
	}
	l, err := decodeHub(b)
	if err != nil {
		return nil, err
	}
	if commitID.MatchString(h.revision) && l.revision != h.revision {
		return nil, fmt.Errorf("the hub answers with commit %s, not %s", l.revision, h.revision)
	}
	for i := range l.files {
		l.files[i].URL = below(c.home, h.id, "resolve", l.revision, l.files[i].Path)
	}
	return l, nil
}

// decodeHub reads what a hub says about a repository. The addresses are for
// the caller to fill in.
func decodeHub(b []byte) (*listing, error) {
	var w struct {
		SHA      string `json:"sha"`
		Siblings []struct {
			Name string `json:"rfilename"`
			Size *int64 `json:"size"`
			Blob string `json:"blobId"`
			LFS  *struct {
				SHA256 string `json:"sha256"`
				Size   int64  `json:"size"`
			} `json:"lfs"`
		} `json:"siblings"`
	}
	if err := json.Unmarshal(b, &w); err != nil {
		return nil, fmt.Errorf("the hub's answer is not what its API says: %w", err)
	}
	if !commitID.MatchString(w.SHA) {
		return nil, errors.New("the hub does not say which commit the revision is")
	}
	l := &listing{revision: w.SHA}
	for _, s := range w.Siblings {
		f := file{Path: s.Name, Size: -1}
		if s.Size != nil {
			f.Size = *s.Size
		}
		switch {
		case s.LFS != nil:
			f.Size, f.Digest = s.LFS.Size, quintain.Digest("sha256:"+s.LFS.SHA256)
			if err := f.Digest.Validate(); err != nil {
				return nil, fmt.Errorf("%.100q: %w", s.Name, err)
			}
		case commitID.MatchString(s.Blob) && f.Size >= 0:
			f.Blob = s.Blob
		}
		if s.Size != nil && *s.Size < 0 || f.Size < -1 {
			return nil, fmt.Errorf("%.100q: the hub says it has %d bytes", s.Name, f.Size)
		}
		l.files = append(l.files, f)
	}
	return l, nil
}
