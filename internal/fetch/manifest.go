package fetch

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"quintain"
)

// SchemaName identifies the form of a manifest.
const SchemaName = "quintain.fetch/1"

// A Manifest says what was fetched. It is kept beside the files, as
// quintain.fetch.json.
type Manifest struct {
	Schema   string    `json:"schema"`
	Source   string    `json:"source"`
	Revision string    `json:"revision,omitempty"` // commit, digest or run that the source resolved to
	Time     time.Time `json:"time"`
	Complete bool      `json:"complete"` // every file of the source that was wanted is here
	Files    []Entry   `json:"files"`
}

// An Entry is one file of a manifest.
type Entry struct {
	Path   string          `json:"path"` // below the folder, with slashes
	Size   int64           `json:"size"`
	SHA256 quintain.Digest `json:"sha256,omitzero"` // "" while the file is not here
	URL    string          `json:"url"`             // without credentials
	ETag   string          `json:"etag,omitempty"`
}

const maxManifest = 16 << 20

// DecodeManifest reads a manifest and checks that its names stay below a
// folder.
func DecodeManifest(b []byte) (*Manifest, error) {
	m := new(Manifest)
	if len(b) > maxManifest {
		return nil, errors.New("fetch manifest: too large")
	}
	if err := json.Unmarshal(b, m); err != nil {
		return nil, fmt.Errorf("fetch manifest: %w", err)
	}
	if m.Schema != SchemaName {
		return nil, fmt.Errorf("fetch manifest: schema %q, want %q", m.Schema, SchemaName)
	}
	files := make([]file, len(m.Files))
	for i, e := range m.Files {
		if err := e.SHA256.Validate(); err != nil {
			return nil, fmt.Errorf("fetch manifest: %q: %w", e.Path, err)
		}
		files[i].Path = e.Path
	}
	if err := checkNames(files); err != nil {
		return nil, fmt.Errorf("fetch manifest: %w", err)
	}
	return m, nil
}

// started reports whether anything of what m names is here.
func (m *Manifest) started() bool {
	return m.Complete || slices.ContainsFunc(m.Files, func(e Entry) bool { return e.SHA256 != "" })
}

// byPath returns the entries of m by their paths.
func (m *Manifest) byPath() map[string]Entry {
	out := make(map[string]Entry, len(m.Files))
	for _, e := range m.Files {
		out[e.Path] = e
	}
	return out
}

// plan returns the manifest of a fetch under way: what next has by now, what m
// had, and the names that are still to come. It makes a folder that was left
// in the middle of a fetch known as ours.
func (m *Manifest) plan(next *Manifest, l *listing) *Manifest {
	p := *next
	p.Files = nil
	have := make(map[string]bool)
	add := func(e Entry) {
		if !have[e.Path] {
			have[e.Path] = true
			p.Files = append(p.Files, e)
		}
	}
	for _, e := range next.Files {
		add(e)
	}
	known := m.byPath()
	for _, f := range l.files {
		if e, ok := known[f.Path]; ok {
			add(e)
			continue
		}
		add(Entry{Path: f.Path, Size: f.Size, URL: f.address()})
	}
	if len(m.Files) > 0 && next.Revision != m.Revision {
		p.Revision = "" // files of several
	}
	return &p
}

// left returns what m names, next does not, and d still holds.
func (m *Manifest) left(next *Manifest, d *folder) []string {
	now := next.byPath()
	var out []string
	for _, e := range m.Files {
		if _, ok := now[e.Path]; !ok && d.has(e.Path) {
			out = append(out, e.Path)
		}
	}
	return out
}
