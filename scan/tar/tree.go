package tar

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

// A tree is what extracting the archive would make.
type tree struct {
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

func newTree(f *scan.File) *tree {
	return &tree{f: f, seen: make(map[key]bool), folded: make(map[key]key), symlinks: make(map[string]string)}
}

// clean returns the name under which a member ends up.
func clean(name string) string {
	return strings.TrimPrefix(path.Clean("/"+name), "/")
}

// add adds a member and reports what is wrong with its name.
func (t *tree) add(h *header) {
	t.checkName(h)
	name := clean(h.name)
	if at, ok := t.through(name); ok {
		t.f.Reportf(quintain.High, h.off, "member %q is written through the symbolic link %q", h.name, at)
	}
	k, folded := keyOf(name), keyOf(strings.ToLower(name))
	folder, twice := t.seen[k]
	other, similar := t.folded[folded]
	switch {
	case twice && (!folder || !h.isFolder()):
		t.f.Reportf(quintain.High, h.off, "member %q is there twice, so programs differ on which they read", h.name)
	case !twice && similar && other != k:
		t.f.Reportf(quintain.Medium, h.off, "member %q differs from another only in case", h.name)
	}
	if h.kind == kindHardLink || h.kind == kindSymlink {
		t.link(h, name)
	}
	t.seen[k], t.folded[folded] = h.isFolder(), k
}

// checkName reports names that programs write elsewhere.
func (t *tree) checkName(h *header) {
	slashed := strings.ReplaceAll(h.name, `\`, "/")
	switch {
	case strings.HasPrefix(slashed, "/") || len(slashed) > 1 && slashed[1] == ':' || slices.Contains(strings.Split(slashed, "/"), ".."):
		t.f.Reportf(quintain.High, h.off, "member %q is unpacked outside the folder it should be in", h.name)
	case strings.ContainsRune(h.name, 0):
		t.f.Reportf(quintain.High, h.off, "the name of member %q holds a zero byte, so programs differ on it", h.name)
	case slashed != h.name:
		t.f.Reportf(quintain.Medium, h.off, "the name of member %q holds a backslash, so programs differ on it", h.name)
	case h.name == "" && h.kind != kindLabel:
		t.f.Reportf(quintain.Medium, h.off, "a member has no name")
	}
}

// through returns the symbolic link among the folders of a name.
func (t *tree) through(name string) (string, bool) {
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
func (t *tree) link(h *header, name string) {
	if len(t.links) >= maxLinks {
		t.dropped++
		return
	}
	l := link{off: h.off, name: name, target: h.link, hard: h.kind == kindHardLink}
	if l.hard {
		_, l.known = t.seen[keyOf(clean(h.link))]
	} else {
		t.symlinks[name] = h.link
	}
	t.links = append(t.links, l)
}

// checkLinks reports links that lead out of the tree. It follows links through
// links, because two that stay inside can lead outside together.
func (t *tree) checkLinks() {
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
func (t *tree) escapes(dir, target string) bool {
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
