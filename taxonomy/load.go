package taxonomy

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"
)

//go:embed data/*.json
var files embed.FS

const (
	kindTactic     = "tactic"
	kindTechnique  = "technique"
	kindSub        = "subtechnique"
	kindMitigation = "mitigation"
)

// data is everything that a [Set] is made from.
type data struct {
	release *Release        // of ATLAS
	history map[string]past // of its entries
	others  []Entry         // of all other frameworks
	sources []Source
	edges   edgeFile
}

// embedded reads the files of this package once.
var embedded = sync.OnceValues(func() (*data, error) { return read(files) })

// defaultSet panics if an embedded file is broken, which no input can bring
// about: TestEmbedded reads every one of them.
var defaultSet = sync.OnceValue(func() *Set {
	d, err := embedded()
	if err != nil {
		panic(err)
	}
	return newSet(d, d.release)
})

// read decodes the files below fsys.
func read(fsys fs.FS) (*data, error) {
	d := &data{release: new(Release)}
	var history []struct {
		ID              string
		Names           [][2]string
		Gone, Successor string
	}
	for name, to := range map[string]any{
		"atlas": d.release, "atlas_history": &history, "sources": &d.sources, "edges": &d.edges,
	} {
		if err := decode(fsys, name, to); err != nil {
			return nil, err
		}
	}
	if err := d.release.normalize(); err != nil {
		return nil, fmt.Errorf("taxonomy: atlas: %w", err)
	}
	d.history = make(map[string]past, len(history))
	for _, h := range history {
		p := past{gone: h.Gone, successor: h.Successor}
		for _, n := range h.Names {
			p.names = append(p.names, Name{Name: n[0], Since: n[1]})
		}
		d.history[h.ID] = p
	}
	for _, name := range []string{"owasp", "nist", "cwe", "aidefend", "cosai"} {
		entries, err := readLists(fsys, name)
		if err != nil {
			return nil, err
		}
		d.others = append(d.others, entries...)
	}
	return d, d.edges.check()
}

func decode(fsys fs.FS, name string, to any) error {
	b, err := fs.ReadFile(fsys, "data/"+name+".json")
	if err != nil {
		return fmt.Errorf("taxonomy: %w", err)
	}
	if err := json.Unmarshal(b, to); err != nil {
		return fmt.Errorf("taxonomy: %s: %w", name, err)
	}
	return nil
}

// readLists reads a file of lists of entries: id, name, and parent if any.
func readLists(fsys fs.FS, name string) ([]Entry, error) {
	var lists []struct {
		Framework, Edition, Kind string
		Entries                  [][]string
	}
	if err := decode(fsys, name, &lists); err != nil {
		return nil, err
	}
	var all []Entry
	for _, l := range lists {
		for _, row := range l.Entries {
			if len(row) != 2 && len(row) != 3 {
				return nil, fmt.Errorf("taxonomy: %s: %q is not id, name and parent", name, row)
			}
			e := Entry{ID: row[0], Name: row[1], Framework: l.Framework, Edition: l.Edition, Kind: l.Kind}
			if len(row) > 2 {
				e.Parent = row[2]
			}
			all = append(all, e)
		}
	}
	return all, nil
}

// newSet makes a Set of d with one release of ATLAS in the place of its own.
func newSet(d *data, release *Release) *Set {
	s := &Set{
		entries: make(map[string]Entry, len(release.Entries)+len(d.others)),
		history: revise(d.history, release),
		atlas:   release.Version,
		sources: slices.Clone(d.sources),
	}
	for i := range s.sources {
		if s.sources[i].Framework == ATLAS {
			s.sources[i].Version = release.Version
		}
	}
	for _, e := range release.Entries {
		e.Framework, e.Edition = ATLAS, release.Version
		s.add(e)
	}
	for _, id := range slices.Sorted(maps.Keys(s.history)) {
		if _, ok := s.entries[id]; ok {
			continue
		}
		p := s.history[id]
		s.add(Entry{
			ID: id, Name: p.names[len(p.names)-1].Name, Kind: atlasKind(id), Framework: ATLAS, Edition: release.Version,
			Parent: parentOf(id), Retired: true, Successor: p.successor,
		})
	}
	for _, e := range d.others {
		s.add(e)
	}
	s.edges = sync.OnceValue(func() *edgeIndex { return newEdgeIndex(s, &d.edges) })
	s.names = sync.OnceValue(func() *nameIndex { return newNameIndex(s) })
	return s
}

func (s *Set) add(e Entry) {
	if _, dup := s.entries[e.ID]; !dup {
		s.order = append(s.order, e.ID)
	}
	e.URL = s.url(e)
	s.entries[e.ID] = e
}

// url returns the page that describes e, or that of its framework.
func (s *Set) url(e Entry) string {
	switch e.Framework {
	case ATLAS:
		folder := map[string]string{kindTactic: "tactics", kindMitigation: "mitigations"}[e.Kind]
		if folder == "" {
			folder = "techniques"
		}
		return "https://atlas.mitre.org/" + folder + "/" + e.ID
	case CWE:
		return "https://cwe.mitre.org/data/definitions/" + strings.TrimPrefix(e.ID, "CWE-") + ".html"
	}
	for _, src := range s.sources {
		if src.Framework == e.Framework {
			return src.URL
		}
	}
	return ""
}

// atlasKind tells the kind of an ATLAS entry from its identifier, "" when it
// is not one.
func atlasKind(id string) string {
	rest, ok := strings.CutPrefix(id, "AML.")
	if !ok {
		return ""
	}
	for _, k := range []struct{ prefix, kind string }{
		{"TA", kindTactic}, {"T", kindTechnique}, {"M", kindMitigation},
	} {
		digits, ok := strings.CutPrefix(rest, k.prefix)
		if !ok {
			continue
		}
		main, sub, isSub := strings.Cut(digits, ".")
		switch {
		case !isDigits(main, 4):
			return ""
		case !isSub:
			return k.kind
		case k.kind == kindTechnique && isDigits(sub, 3):
			return kindSub
		}
		return ""
	}
	return ""
}

// parentOf returns the technique that a sub-technique belongs to, "" for all
// other identifiers.
func parentOf(id string) string {
	if atlasKind(id) != kindSub {
		return ""
	}
	return id[:strings.LastIndexByte(id, '.')]
}

func isDigits(s string, n int) bool {
	return len(s) == n && strings.Trim(s, "0123456789") == ""
}
