package fetch

import (
	"fmt"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What a folder keeps for itself.
const (
	manifestName = "quintain.fetch.json"
	partialName  = ".quintain.partial"
)

const (
	maxPath = 1024 // bytes
	maxName = 240  // bytes of one element; file systems allow 255
)

// checkNames refuses files whose names do not all stay below a folder, on any
// operating system, each in its own place.
func checkNames(files []file) error {
	seen := make(map[string]string) // folded path to path, of files and folders
	isFile := make(map[string]bool)
	for _, f := range files {
		if err := checkName(f.Path); err != nil {
			return err
		}
		for i := range len(f.Path) + 1 {
			if i < len(f.Path) && f.Path[i] != '/' {
				continue
			}
			p := f.Path[:i]
			other, ok := seen[fold(p)]
			if ok && (other != p || isFile[p] || i == len(f.Path)) {
				return fmt.Errorf("%q and %q cannot be in one folder everywhere", f.Path, other)
			}
			seen[fold(p)] = p
		}
		isFile[f.Path] = true
	}
	return nil
}

// checkName refuses a path that would not stay below a folder, or mean
// something else, on any operating system.
func checkName(p string) error {
	refuse := func(why string) error { return fmt.Errorf("the source has a file %.100q: %s", p, why) }
	switch {
	case p == "":
		return refuse("it has no name")
	case len(p) > maxPath:
		return refuse("the name is too long")
	case !utf8.ValidString(p):
		return refuse("the name is not UTF-8")
	case !filepath.IsLocal(filepath.FromSlash(p)):
		return refuse("it would leave the folder")
	}
	for name := range strings.SplitSeq(p, "/") {
		switch {
		case name == "" || name == "." || name == "..":
			return refuse("it would leave the folder")
		case len(name) > maxName:
			return refuse("the name is too long")
		case strings.ContainsAny(name, `\:*?"<>|`) || strings.ContainsFunc(name, unprintable):
			return refuse("the name has a character that some systems do not allow")
		case strings.HasSuffix(name, ".") || strings.HasSuffix(name, " "):
			return refuse("some systems cut off the end of the name")
		case reserved(name):
			return refuse("the name is that of a device on some systems")
		}
	}
	first, _, _ := strings.Cut(fold(p), "/")
	if first == fold(manifestName) || first == fold(partialName) {
		return refuse("the name is needed by quintain")
	}
	return nil
}

// unprintable reports whether r is a control character or reorders text.
func unprintable(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) }

// reserved reports whether Windows takes name for a device.
func reserved(name string) bool {
	stem, _, _ := strings.Cut(name, ".")
	stem = strings.ToUpper(strings.TrimRight(stem, " "))
	switch stem {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$":
		return true
	}
	rest, ok := strings.CutPrefix(stem, "COM")
	if !ok {
		rest, ok = strings.CutPrefix(stem, "LPT")
	}
	return ok && utf8.RuneCountInString(rest) == 1 && strings.ContainsAny(rest, "0123456789¹²³")
}

// fold maps names that differ only by case to one.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		least := r
		for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
			least = min(least, next)
		}
		return least
	}, s)
}
