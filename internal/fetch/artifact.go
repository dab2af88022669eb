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

// An artifact place is an OCI artifact in a registry.
type artifact struct {
	host, repository, tag string
	digest                quintain.Digest
}

var (
	ociRepository = regexp.MustCompile(`^[a-z0-9]+([._-]+[a-z0-9]+)*(/[a-z0-9]+([._-]+[a-z0-9]+)*)*$`)
	ociTag        = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$`)
)

func parseArtifact(rest string) (place, error) {
	bad := errors.New("want oci://HOST/REPOSITORY:TAG@DIGEST")
	rest, ok := strings.CutPrefix(rest, "//")
	if !ok {
		return nil, bad
	}
	rest, digest, pinned := strings.Cut(rest, "@")
	host, name, _ := strings.Cut(rest, "/")
	repository, tag, tagged := strings.Cut(name, ":")
	if !tagged && !pinned {
		tag = "latest"
	}
	u, err := url.Parse("https://" + host)
	if err != nil || u.Hostname() == "" || u.Host != host || !ociRepository.MatchString(repository) || tag != "" && !ociTag.MatchString(tag) || tagged && tag == "" {
		return nil, bad
	}
	a := &artifact{host, repository, tag, quintain.Digest(digest)}
	if err := a.digest.Validate(); err != nil || pinned && digest == "" {
		return nil, bad
	}
	return a, nil
}

// base returns the registry's address. On this machine it is unencrypted, as
// registries there usually are.
func (a *artifact) base(o *Options) (*url.URL, error) {
	u := url.URL{Scheme: "https", Host: a.host}
	if loopback(u.Hostname()) {
		u.Scheme = "http"
	}
	return endpoint(o, u.String())
}

// What kinds of manifest are understood.
const (
	ociManifest    = "application/vnd.oci.image.manifest.v1+json"
	ociIndex       = "application/vnd.oci.image.index.v1+json"
	dockerManifest = "application/vnd.docker.distribution.manifest.v2+json"
	dockerIndex    = "application/vnd.docker.distribution.manifest.list.v2+json"
	ociEmpty       = "application/vnd.oci.empty.v1+json"
)

func (a *artifact) list(ctx context.Context, c *client) (*listing, error) {
	if c.o.Credentials.Token != "" {
		c.sign = bearer(c.o.Credentials.Token)
	} else {
		c.refused = a.login(c)
	}
	ref := string(a.digest)
	if ref == "" {
		ref = a.tag
	}
	want := a.digest
	for range 2 {
		m, got, err := a.manifest(ctx, c, ref, want)
		if err != nil {
			return nil, err
		}
		if len(m.Manifests) == 0 {
			return a.files(c, m, got)
		}
		if len(m.Manifests) > 1 {
			return nil, fmt.Errorf("this is an index of %d artifacts; name one by its digest, such as %s", len(m.Manifests), m.Manifests[0].Digest)
		}
		want = m.Manifests[0].Digest
		ref = string(want)
	}
	return nil, errors.New("this is an index of an index")
}

// manifest fetches a manifest and proves its digest.
func (a *artifact) manifest(ctx context.Context, c *client, ref string, want quintain.Digest) (*ociDocument, quintain.Digest, error) {
	u := below(c.home, "v2", a.repository, "manifests", ref)
	b, h, err := c.read(ctx, u, http.Header{"Accept": {strings.Join([]string{ociManifest, ociIndex, dockerManifest, dockerIndex}, ", ")}})
	if err != nil {
		return nil, "", err
	}
	got := quintain.DigestOf(b)
	if said := quintain.Digest(h.Get("Docker-Content-Digest")); want == "" && said != "" && said.Validate() == nil {
		want = said
	}
	if want != "" && got != want {
		return nil, "", fmt.Errorf("%w: the manifest is %s, not %s", errMismatch, got, want)
	}
	m, err := decodeArtifact(b)
	return m, got, err
}

// files returns the blobs of a manifest: by their titles, or else by their
// digests.
func (a *artifact) files(c *client, m *ociDocument, revision quintain.Digest) (*listing, error) {
	blobs := m.Layers
	if m.Config.Digest != "" && m.Config.MediaType != ociEmpty {
		blobs = append([]ociDescriptor{m.Config}, blobs...)
	}
	l := &listing{revision: string(revision)}
	seen := make(map[string]quintain.Digest)
	for _, d := range blobs {
		name := d.Annotations["org.opencontainers.image.title"]
		if name == "" {
			name = strings.Replace(string(d.Digest), ":", "-", 1)
		}
		if seen[name] == d.Digest {
			continue
		}
		seen[name] = d.Digest
		l.files = append(l.files, file{Path: name, Size: d.Size, Digest: d.Digest, URL: below(c.home, "v2", a.repository, "blobs", string(d.Digest))})
	}
	return l, nil
}

type (
	ociDocument struct {
		Config    ociDescriptor   `json:"config"`
		Layers    []ociDescriptor `json:"layers"`
		Manifests []ociDescriptor `json:"manifests"`
	}
	ociDescriptor struct {
		MediaType   string            `json:"mediaType"`
		Digest      quintain.Digest   `json:"digest"`
		Size        int64             `json:"size"`
		Annotations map[string]string `json:"annotations"`
	}
)

// decodeArtifact reads a manifest or an index. Every blob has a digest that
// can be proved and a size.
func decodeArtifact(b []byte) (*ociDocument, error) {
	m := new(ociDocument)
	if err := json.Unmarshal(b, m); err != nil {
		return nil, fmt.Errorf("the manifest is not what the standard says: %w", err)
	}
	for _, list := range [][]ociDescriptor{m.Layers, m.Manifests} {
		for _, d := range list {
			if err := d.validate(); err != nil {
				return nil, err
			}
		}
	}
	if m.Config.Digest != "" {
		if err := m.Config.validate(); err != nil {
			return nil, err
		}
	}
	if len(m.Layers) == 0 && len(m.Manifests) == 0 {
		return nil, errors.New("the manifest names no blobs")
	}
	return m, nil
}

func (d *ociDescriptor) validate() error {
	if err := d.Digest.Validate(); err != nil || d.Digest == "" {
		return fmt.Errorf("the manifest has a blob without a SHA-256 digest: %.100q", string(d.Digest))
	}
	if d.Size < 0 {
		return fmt.Errorf("the manifest says that a blob has %d bytes", d.Size)
	}
	return nil
}
