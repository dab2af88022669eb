// Package tree finds what extracting an archive would write elsewhere, or
// differently on different systems, from the names and links of its members.
package tree

import (
	"crypto/sha256"
	"path"
	"slices"
	"strconv"
	"strings"

	"quintain"
	"quintain/scan"
)

const (
	maxLinks = 1 << 14
	maxHops  = 40 // of symbolic links, as in Linux
)

// A Kind is what extracting a member makes.
type Kind uint8

// The kinds.
const (
	File     Kind = iota
	Folder        // there may be several of one name
	Symlink       // to Target, seen from its own folder
	HardLink      // to Target, seen from the top
	Label         // nothing; it may be without a name
)

// A Member is one entry of an archive.
type Member struct {
	Off    int64 // of its header, for what is reported
	Name   string
	Target string // of a link
	Kind   Kind
}

// A Tree is what extracting the archive would make. Members are given in the
// order in which they are extracted.
type Tree struct {
	f        *scan.File
	seen     map[key]bool // by name; whether it is a folder
	folded   map[key]key  // by name without case
	symlinks map[string]string
	links    []link
	dropped  int // links beyond the limit
}

// A key stands for a name, so that long ones cost no memory.
type key [16]byte

func keyOf(s string) key {
	sum := sha256.Sum256([]byte(s))
	return key(sum[:16])
}

// A link is a symbolic or hard link.
type link struct {
	off          int64
	name, target string
	hard, known  bool // known: the target of a hard link came before
}

// New returns an empty tree that reports to f.
func New(f *scan.File) *Tree {
	return &Tree{f: f, seen: make(map[key]bool), folded: make(map[key]key), symlinks: make(map[string]string)}
}

// clean returns the name under which a member ends up.
func clean(name string) string {
	return strings.TrimPrefix(path.Clean("/"+name), "/")
}

// Add adds a member and reports what is wrong with its name.
func (t *Tree) Add(m Member) {
	t.checkName(m)
	name := clean(m.Name)
	if at, ok := t.through(name); ok {
		t.f.Reportf(quintain.High, m.Off, "member %q is written through the symbolic link %q", m.Name, at)
	}
	k, folded := keyOf(name), keyOf(strings.ToLower(name))
	folder, twice := t.seen[k]
	other, similar := t.folded[folded]
	switch {
	case twice && (!folder || m.Kind != Folder):
		t.f.Reportf(quintain.High, m.Off, "member %q is there twice, so programs differ on which they read", m.Name)
	case !twice && similar && other != k:
		t.f.Reportf(quintain.Medium, m.Off, "member %q differs from another only in case", m.Name)
	}
	if m.Kind == HardLink || m.Kind == Symlink {
		t.link(m, name)
	}
	t.seen[k], t.folded[folded] = m.Kind == Folder, k
}

// checkName reports names that programs write elsewhere.
func (t *Tree) checkName(m Member) {
	slashed := strings.ReplaceAll(m.Name, `\`, "/")
	switch {
	case strings.HasPrefix(slashed, "/") || len(slashed) > 1 && slashed[1] == ':' || slices.Contains(strings.Split(slashed, "/"), ".."):
		t.f.Reportf(quintain.High, m.Off, "member %q is unpacked outside the folder it should be in", m.Name)
	case strings.ContainsRune(m.Name, 0):
		t.f.Reportf(quintain.High, m.Off, "the name of member %q holds a zero byte, so programs differ on it", m.Name)
	case slashed != m.Name:
		t.f.Reportf(quintain.Medium, m.Off, "the name of member %q holds a backslash, so programs differ on it", m.Name)
	case m.Name == "" && m.Kind != Label:
		t.f.Reportf(quintain.Medium, m.Off, "a member has no name")
	}
}

// through returns the symbolic link among the folders of a name.
func (t *Tree) through(name string) (string, bool) {
	if len(t.symlinks) == 0 {
		return "", false
	}
	for i := range len(name) {
		if name[i] != '/' {
			continue
		}
		if _, ok := t.symlinks[name[:i]]; ok {
			return name[:i], true
		}
	}
	return "", false
}

// link keeps a link until the whole tree is known.
func (t *Tree) link(m Member, name string) {
	if len(t.links) >= maxLinks {
		t.dropped++
		return
	}
	l := link{off: m.Off, name: name, target: m.Target, hard: m.Kind == HardLink}
	if l.hard {
		_, l.known = t.seen[keyOf(clean(m.Target))]
	} else {
		t.symlinks[name] = m.Target
	}
	t.links = append(t.links, l)
}

// CheckLinks reports links that lead out of the tree. It follows links through
// links, because two that stay inside can lead outside together. It is called once, after
// the last member.
func (t *Tree) CheckLinks() {
	for _, l := range t.links {
		kind, dir := "symbolic link", path.Dir(l.name)
		if l.hard {
			kind, dir = "hard link", "."
		}
		switch {
		case t.escapes(dir, l.target):
			t.f.Reportf(quintain.High, l.off, "%s %q leads outside the folder it should be in, to %q", kind, l.name, l.target)
		case l.hard && !l.known:
			t.f.Reportf(quintain.Medium, l.off, "hard link %q leads to %q, which is no member before it but may be a file of whoever unpacks it", l.name, l.target)
		}
	}
	if t.dropped > 0 {
		t.f.Doubtf(-1, "%d links beyond the first %d are not followed", t.dropped, maxLinks)
	}
	if n := len(t.links); n > 0 {
		t.f.Fact("links", strconv.Itoa(n))
	}
}

// escapes reports whether a target, seen from a folder, lies outside the tree,
// or in a circle.
func (t *Tree) escapes(dir, target string) bool {
	target = strings.ReplaceAll(target, `\`, "/")
	if outside(target) {
		return true
	}
	at := []byte(strings.TrimPrefix(clean(dir), "."))
	todo := strings.Split(target, "/")
	for hops := 0; len(todo) > 0; {
		elem := todo[0]
		todo = todo[1:]
		switch elem {
		case "", ".":
			continue
		case "..":
			if len(at) == 0 {
				return true
			}
			at = at[:max(0, strings.LastIndexByte(string(at), '/'))]
			continue
		}
		before := len(at)
		if before > 0 {
			at = append(at, '/')
		}
		at = append(at, elem...)
		next, ok := t.symlinks[string(at)]
		if !ok {
			continue
		}
		if hops++; hops > maxHops || outside(next) {
			return true
		}
		at = at[:before]
		todo = append(strings.Split(next, "/"), todo...)
	}
	return false
}

// outside reports whether a path begins at the root of a file system.
func outside(p string) bool { return strings.HasPrefix(p, "/") || len(p) > 1 && p[1] == ':' }
