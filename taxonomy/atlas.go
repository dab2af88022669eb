package taxonomy

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// ParseATLAS reads a release of ATLAS as MITRE publishes it: format 6, which
// keeps entries in mappings and their links in relationships, or the format
// before it (ATLAS.yaml of 4.0 to 5.6), which keeps everything in a matrix.
// Both give the same Release for the same content, but the older format has
// no platforms.
//
// It fails if r is larger than 4 MiB, is not YAML of one of these formats,
// nests or repeats itself like no release does, or contradicts itself. Where
// the cause has a place, the error names the line.
func ParseATLAS(r io.Reader) (*Release, error) {
	b, err := readAtMost(r, maxRelease)
	if err != nil {
		return nil, err
	}
	root, err := parseYAML(b)
	if err != nil {
		return nil, err
	}
	top := make(map[string]node)
	if err := root.fields(func(key string, value node) error {
		top[key] = value
		return nil
	}); err != nil {
		return nil, err
	}
	d := &draft{entries: make(map[string]*Entry), position: make(map[string]int)}
	switch {
	case top["format-version"].ast != nil:
		err = d.readFormat6(top)
	case top["matrices"].ast != nil:
		err = d.readFormat5(top)
	default:
		err = errors.New("neither a format-version nor matrices: not a file of ATLAS")
	}
	if err != nil {
		return nil, err
	}
	return d.release()
}

// A draft is a release that is being read.
type draft struct {
	version  string
	order    []string
	entries  map[string]*Entry
	position map[string]int // of tactics in the matrix, where it is stated
	dropped  int
}

// add adds an entry, which must have an identifier of the kind.
func (d *draft) add(at node, kind string, e *Entry) error {
	if kind == kindTechnique && atlasKind(e.ID) == kindSub {
		kind = kindSub
	}
	e.Kind = kind
	if d.entries[e.ID] != nil {
		return at.errorf("%s occurs twice", e.ID)
	}
	if err := checkEntry(e); err != nil {
		return at.errorf("%w", err)
	}
	d.order = append(d.order, e.ID)
	d.entries[e.ID] = e
	return nil
}

// mitigate notes that a mitigation helps against a technique.
func (d *draft) mitigate(mitigation, technique string) {
	e := d.entries[technique]
	if e == nil || e.Kind != kindTechnique && e.Kind != kindSub {
		d.dropped++
		return
	}
	e.Mitigations = append(e.Mitigations, mitigation)
}

func (d *draft) release() (*Release, error) {
	r := &Release{Version: d.version, dropped: d.dropped}
	slices.SortStableFunc(d.order, func(a, b string) int { return cmp.Compare(d.position[a], d.position[b]) })
	for _, id := range d.order {
		r.Entries = append(r.Entries, *d.entries[id])
	}
	if err := r.normalize(); err != nil {
		return nil, err
	}
	return r, nil
}

// readFormat6 reads collection, tactics, techniques, mitigations and
// relationships.
func (d *draft) readFormat6(top map[string]node) error {
	format, err := top["format-version"].text()
	if err != nil {
		return err
	}
	if major, _, _ := strings.Cut(format, "."); major != "6" {
		return top["format-version"].errorf("format %.20q is not one of 6.x", format)
	}
	if err := top["collection"].optional("version", &d.version); err != nil {
		return err
	}
	for _, section := range []struct{ key, kind string }{
		{"tactics", kindTactic}, {"techniques", kindTechnique}, {"mitigations", kindMitigation},
	} {
		if top[section.key].ast == nil {
			continue
		}
		err := top[section.key].fields(func(id string, value node) error {
			e, err := readEntry(value)
			if err != nil {
				return err
			}
			if e.ID != "" && e.ID != id {
				return value.errorf("%.40q is filed under %.40q", e.ID, id)
			}
			e.ID, e.Parent = id, parentOf(id)
			return d.add(value, section.kind, e)
		})
		if err != nil {
			return err
		}
	}
	if top["relationships"].ast == nil {
		return nil
	}
	return top["relationships"].fields(func(_ string, value node) error {
		return value.fields(func(kind string, list node) error {
			return list.items(func(item node) error { return d.relate(kind, item) })
		})
	})
}

// relate reads one relationship.
func (d *draft) relate(kind string, item node) error {
	var source, target, position string
	if err := item.scalars(map[string]*string{"source": &source, "target": &target, "position": &position}); err != nil {
		return err
	}
	from := d.entries[source]
	switch kind {
	case "sequences":
		n, err := strconv.Atoi(position)
		if err != nil {
			return item.errorf("tactic %.40q has no position", target)
		}
		d.position[target] = n - len(d.order) - 1 // before everything else
	case "achieves":
		if from == nil {
			d.dropped++
			return nil
		}
		from.Tactics = append(from.Tactics, target)
	case "specializes":
		if from != nil && target != from.Parent {
			return item.errorf("%s is said to belong to %.40q", source, target)
		}
	case "mitigates":
		d.mitigate(source, target)
	}
	return nil
}

// readFormat5 reads the lists of every matrix.
func (d *draft) readFormat5(top map[string]node) error {
	if top["version"].ast != nil {
		v, err := top["version"].text()
		if err != nil {
			return err
		}
		d.version = v
	}
	links := make(map[string][]string) // by mitigation
	err := top["matrices"].items(func(matrix node) error {
		return matrix.fields(func(key string, list node) error {
			kind, ok := map[string]string{
				"tactics": kindTactic, "techniques": kindTechnique, "mitigations": kindMitigation,
			}[key]
			if !ok {
				return nil
			}
			return list.items(func(item node) error {
				e, err := readEntry(item)
				if err != nil {
					return err
				}
				if kind == kindMitigation {
					links[e.ID], e.Mitigations = e.Mitigations, nil
				}
				return d.add(item, kind, e)
			})
		})
	})
	if err != nil {
		return err
	}
	for _, id := range slices.Clone(d.order) {
		for _, technique := range links[id] {
			d.mitigate(id, technique)
		}
	}
	return nil
}

// readEntry reads the fields of an entry in either format. The techniques of
// a mitigation are left in its Mitigations.
func readEntry(n node) (*Entry, error) {
	e := new(Entry)
	err := n.fields(func(key string, value node) (err error) {
		switch key {
		case "id":
			e.ID, err = value.text()
		case "name":
			e.Name, err = value.text()
		case "maturity":
			e.Maturity, err = value.text()
		case "platforms":
			e.Platforms, err = value.texts()
		case "tactics":
			e.Tactics, err = value.texts()
		case "subtechnique-of", "specializes":
			e.Parent, err = value.text()
		case "techniques":
			err = value.items(func(item node) error {
				var id string
				err := item.optional("id", &id)
				e.Mitigations = append(e.Mitigations, id)
				return err
			})
		}
		return err
	})
	return e, err
}

// scalars reads some fields of a mapping; those it does not have stay as
// they are.
func (n node) scalars(into map[string]*string) error {
	return n.fields(func(key string, value node) (err error) {
		if to, ok := into[key]; ok {
			*to, err = value.text()
		}
		return err
	})
}

// optional reads one field of a mapping if there is one.
func (n node) optional(key string, to *string) error {
	if n.ast == nil {
		return fmt.Errorf("nothing that has a %s", key)
	}
	return n.scalars(map[string]*string{key: to})
}
