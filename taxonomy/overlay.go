package taxonomy

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
)

// A Release is one release of ATLAS: identifiers, names and links.
type Release struct {
	Version string  `json:"version"` // such as "2026.07" or "5.6.1"
	Entries []Entry `json:"entries"` // tactics in the order of the matrix, techniques and mitigations by id

	dropped int // links to entries that the release does not have
}

// overlaySchema names the format of an overlay, which is that of the
// embedded release.
const overlaySchema = "quintain-atlas/1"

// maxRelease is the size limit in bytes of a release, published or overlay.
// That of 2026.09 has 0.4 MiB.
const maxRelease = 4 << 20

// Summary says in one line what the release holds.
func (r *Release) Summary() string {
	count := make(map[string]int)
	for _, e := range r.Entries {
		count[e.Kind]++
	}
	s := fmt.Sprintf("ATLAS %s: %d tactics, %d techniques, %d sub-techniques, %d mitigations",
		r.Version, count[kindTactic], count[kindTechnique], count[kindSub], count[kindMitigation])
	if r.dropped > 0 {
		s += fmt.Sprintf("; %d links lead nowhere and were left out", r.dropped)
	}
	return s
}

// WriteOverlay writes the release as JSON, for [WithOverlay] to read. The
// same release always gives the same bytes.
func (r *Release) WriteOverlay(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	return enc.Encode(struct {
		Schema string `json:"schema"`
		*Release
	}{overlaySchema, r})
}

// WithOverlay returns the embedded data with the release of ATLAS that
// [Release.WriteOverlay] wrote in the place of the embedded one. What the
// release adds, renames and leaves out continues the name history; entries it
// leaves out are retired. It fails if r is larger than 4 MiB or contradicts
// itself.
func WithOverlay(r io.Reader) (*Set, error) {
	b, err := readAtMost(r, maxRelease)
	if err != nil {
		return nil, err
	}
	var file struct {
		Schema string `json:"schema"`
		Release
	}
	if err := json.Unmarshal(b, &file); err != nil {
		return nil, fmt.Errorf("overlay: %w", err)
	}
	if file.Schema != overlaySchema {
		return nil, fmt.Errorf("overlay has schema %q, want %q", file.Schema, overlaySchema)
	}
	if err := file.normalize(); err != nil {
		return nil, fmt.Errorf("overlay: %w", err)
	}
	d, err := embedded()
	if err != nil {
		return nil, err
	}
	return newSet(d, &file.Release), nil
}

// readAtMost reads all of r, and fails if that is more than n bytes.
func readAtMost(r io.Reader, n int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, n+1))
	if err != nil {
		return nil, err
	}
	if int64(len(b)) > n {
		return nil, fmt.Errorf("larger than %d bytes", n)
	}
	return b, nil
}

// normalize brings the release into the one form that a content has, whatever
// format it came in, and refuses what contradicts itself. Links to entries
// that do not exist are left out and counted.
func (r *Release) normalize() error {
	if !versionForm.MatchString(r.Version) {
		return fmt.Errorf("%q is not a version of ATLAS", r.Version)
	}
	index := make(map[string]*Entry, len(r.Entries))
	for i := range r.Entries {
		e := &r.Entries[i]
		if err := checkEntry(e); err != nil {
			return err
		}
		if index[e.ID] != nil {
			return fmt.Errorf("%s occurs twice", e.ID)
		}
		index[e.ID] = e
	}
	techniques := 0
	for i := range r.Entries {
		e := &r.Entries[i]
		if e.Parent != "" && index[e.Parent] == nil {
			return fmt.Errorf("%s has no parent %s", e.ID, e.Parent)
		}
		if e.Kind == kindTechnique {
			techniques++
		}
		r.link(index, &e.Tactics, kindTactic)
		r.link(index, &e.Mitigations, kindMitigation)
	}
	if techniques == 0 {
		return errors.New("no techniques")
	}
	for i := range r.Entries {
		if e := &r.Entries[i]; e.Kind == kindSub && e.Tactics == nil {
			e.Tactics = slices.Clone(index[e.Parent].Tactics) // formats before 6 state them for the parent only
		}
	}
	slices.SortStableFunc(r.Entries, func(a, b Entry) int {
		if c := cmp.Compare(rank(a.Kind), rank(b.Kind)); c != 0 || a.Kind == kindTactic {
			return c
		}
		return cmp.Compare(a.ID, b.ID)
	})
	return nil
}

// link sorts the identifiers in list, once each, and leaves out those of no
// entry of the kind.
func (r *Release) link(index map[string]*Entry, list *[]string, kind string) {
	slices.Sort(*list)
	*list = slices.Compact(*list)
	*list = slices.DeleteFunc(*list, func(id string) bool {
		missing := index[id] == nil || index[id].Kind != kind
		if missing {
			r.dropped++
		}
		return missing
	})
	if len(*list) == 0 {
		*list = nil
	}
}

// rank orders the kinds of entries in a release.
func rank(kind string) int {
	return map[string]int{kindTechnique: 1, kindSub: 1, kindMitigation: 2}[kind]
}

// maxName is the length limit in bytes of a name. The longest published one
// has 67.
const maxName = 200

// checkEntry reports an entry that is not what its identifier says, or whose
// name cannot be shown, and puts what it says into the form of this package.
func checkEntry(e *Entry) error {
	kind := atlasKind(e.ID)
	switch {
	case kind == "":
		return fmt.Errorf("%.40q is not an identifier of ATLAS", e.ID)
	case e.Kind != kind:
		return fmt.Errorf("%s is said to be a %.40q", e.ID, e.Kind)
	case e.Parent != parentOf(e.ID):
		return fmt.Errorf("%s is said to belong to %.40q", e.ID, e.Parent)
	case strings.TrimSpace(e.Name) == "" || len(e.Name) > maxName || strings.ContainsFunc(e.Name, notPrintable):
		return fmt.Errorf("%s has no usable name: %.40q", e.ID, e.Name)
	}
	e.Maturity = slug(e.Maturity)
	for i := range e.Platforms {
		e.Platforms[i] = slug(e.Platforms[i])
	}
	slices.SortFunc(e.Platforms, func(a, b string) int {
		return cmp.Or(cmp.Compare(slices.Index(platforms, a), slices.Index(platforms, b)), cmp.Compare(a, b))
	})
	e.Platforms = slices.Compact(e.Platforms)
	if len(e.Platforms) == 0 {
		e.Platforms = nil
	}
	e.Retired, e.Successor = false, ""
	return nil
}

// platforms lists the platforms of format 6 in its order.
var platforms = []string{"predictive-ai", "generative-ai", "agentic-ai", "enterprise"}

func notPrintable(r rune) bool { return !unicode.IsPrint(r) }

// slug turns "Generative AI" into "generative-ai".
func slug(s string) string {
	return strings.Join(strings.Fields(strings.ToLower(s)), "-")
}
