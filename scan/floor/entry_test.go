package floor_test

import (
	"fmt"
	"slices"
	"strings"
)

// Facts are what the author of a file writes about it, which must never talk a
// verdict down. The zero facts are those of the files that floor.txt judges.
type facts struct {
	version, producer, license, comment string

	clock uint16 // time of day as zip archives write it
	days  uint16 // since 1980-01-01, roughly, as they write the day
}

// day returns the day as zip archives write it.
func (f facts) day() uint16 { return 0x21 + f.days%0x1000<<3 }

// or returns the version, or what a program would have written.
func (f facts) or(version string) string {
	if f.version == "" {
		return version
	}
	return f.version
}

// An entry is one file that fooled, or would fool, a scanner or a loader.
type entry struct {
	ids    []string // advisories or, where there are none, a name
	format string
	what   string // it does when it is loaded
	name   string // of the file

	// Runs says that a loader in use would run code of the author's choice;
	// otherwise it reads, writes, fetches or breaks something.
	runs bool

	// Named says that loaders find the file by its name, so that a file of
	// another name is another thing.
	named bool

	make func(f facts) []byte
}

// key is the entry's name in errors.
func (e *entry) key() string { return e.ids[0] }

// entries returns the whole floor: all ids are different.
func entries() []*entry {
	all := slices.Concat(gadgets(), structures(), archives(), arrays(), configs(), binaries(), templates(), others(), containers())
	seen := make(map[string]bool)
	for _, e := range all {
		for _, id := range e.ids {
			if seen[id] || strings.ContainsAny(id, " \t") {
				panic(fmt.Sprintf("floor: id %q is there twice or has a space", id))
			}
			seen[id] = true
		}
	}
	return all
}
