package tar

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"

	"quintain"
	"quintain/scan"
)

// An extension is what extension headers say about the next member, beside
// its own header.
type extension struct {
	any      bool
	pax      map[string]string // nil without a pax header
	longName *string
	longLink *string
}

// Records of a pax header that change what a member is.
const (
	paxPath   = "path"
	paxLink   = "linkpath"
	paxSize   = "size"
	paxSparse = "GNU.sparse."
)

var errRecord = errors.New("a pax record is malformed")

// add adds what an extension header says.
func (e *extension) add(f *scan.File, h header, data []byte) error {
	if h.kind == kindGlobal {
		records, err := parsePax(f, h, data)
		for key := range records {
			err = errors.Join(err, fmt.Errorf("a global header sets %q for all members", key))
		}
		if len(records) > 0 {
			f.Reportf(quintain.High, h.off, "a global header sets what belongs to one member, which some programs obey and others do not")
		}
		return err
	}
	e.any = true
	switch h.kind {
	case kindLongName:
		return setLong(f, h, &e.longName, data)
	case kindLongLink:
		return setLong(f, h, &e.longLink, data)
	}
	if e.pax != nil {
		f.Reportf(quintain.Medium, h.off, "a member has two pax headers, so programs differ on it")
	}
	var err error
	e.pax, err = parsePax(f, h, data)
	return err
}

// setLong keeps a name from a header of GNU.
func setLong(f *scan.File, h header, to **string, data []byte) error {
	if len(data) > maxName+1 {
		return fmt.Errorf("%w: a name of %d bytes", scan.ErrBudget, len(data))
	}
	if *to != nil {
		f.Reportf(quintain.Medium, h.off, "a member has two long names, so programs differ on it")
	}
	s := text(data)
	*to = &s
	return nil
}

// parsePax returns the records that change what a member is. A record is its
// own length in decimal, a blank, a key, an equals sign, a value and a newline.
func parsePax(f *scan.File, h header, data []byte) (map[string]string, error) {
	out := make(map[string]string)
	for len(data) > 0 {
		digits, _, ok := bytes.Cut(data[:min(len(data), 20)], []byte(" "))
		n, err := strconv.ParseUint(string(digits), 10, 31)
		if !ok || err != nil || n > uint64(len(data)) || n < uint64(len(digits)+len(" k=\n")) || data[n-1] != '\n' {
			return out, errRecord
		}
		key, value, ok := strings.Cut(string(data[len(digits)+1:n-1]), "=")
		if !ok || key == "" {
			return out, errRecord
		}
		data = data[n:]
		if key != paxPath && key != paxLink && key != paxSize && !strings.HasPrefix(key, paxSparse) {
			continue
		}
		if _, twice := out[key]; twice && !strings.HasPrefix(key, paxSparse) {
			f.Reportf(quintain.High, h.off, "a pax header sets %q twice, so programs differ on it", key)
		}
		if value == "" {
			f.Reportf(quintain.High, h.off, "a pax header sets %q to nothing, so programs differ on it", key)
		}
		out[key] = value
	}
	return out, nil
}

// apply changes a header to what its extensions say, as Python does, and
// reports where the two contradict each other. It returns whether the member
// is sparse.
func (e *extension) apply(f *scan.File, h *header) (sparse bool, err error) {
	if s, ok := e.pax[paxSize]; ok {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || n < 0 {
			return false, fmt.Errorf("the pax header has the size %q", s)
		}
		if n != h.size && (h.size != 0 || n < 1<<33) { // from there on, a header cannot say it
			f.Reportf(quintain.High, h.off,
				"member %q has %d bytes by its header and %d by its pax header, so programs differ on where the next one begins", h.name, h.size, n)
		}
		h.size = n
	}
	for key := range e.pax {
		sparse = sparse || strings.HasPrefix(key, paxSparse)
	}
	e.rename(f, h, "name", &h.name, e.longName, paxPath)
	e.rename(f, h, "link", &h.link, e.longLink, paxLink)
	if name, ok := e.pax[paxSparse+"name"]; ok {
		h.name = name
	}
	return sparse, nil
}

// rename sets a name to what the extensions say. Pax counts more than GNU.
func (e *extension) rename(f *scan.File, h *header, what string, name *string, long *string, key string) {
	pax, ok := e.pax[key]
	for _, x := range []struct {
		value string
		set   bool
	}{{pax, ok}, {deref(long), long != nil}} {
		if x.set && !shortens(*name, x.value) {
			f.Reportf(quintain.High, h.off, "the %s of a member is %q in its header and %q in an extension, so programs differ on it", what, *name, x.value)
			break
		}
	}
	switch {
	case ok && long != nil && pax != *long:
		f.Reportf(quintain.High, h.off, "the %s of a member is %q in one extension and %q in another", what, *long, pax)
		*name = pax
	case ok:
		*name = pax
	case long != nil:
		*name = *long
	}
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// shortens reports whether short is what a program writes into a header that
// has no room for long: its beginning, or that of its last element, without
// what is not ASCII.
func shortens(short, long string) bool {
	short, long = strings.TrimSuffix(short, "/"), strings.TrimSuffix(long, "/")
	if short == long {
		return true
	}
	if plain(long) == long && len(long) <= fieldName.to {
		return false // there is room
	}
	s, l := plain(short), plain(long)
	return strings.HasPrefix(l, s) || strings.HasPrefix(path.Base(l), path.Base(s))
}

// plain drops what is not ASCII, and what programs write in its place.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 0x80 || r == '?' || r == '_' {
			return -1
		}
		return r
	}, s)
}
