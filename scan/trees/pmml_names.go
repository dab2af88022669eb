package trees

import (
	"cmp"
	_ "embed"
	"maps"
	"slices"
	"strings"
)

// sortedByPlace returns names by where they stand first.
func sortedByPlace(m map[string]int64) []string {
	return slices.SortedFunc(maps.Keys(m), func(a, b string) int { return cmp.Or(cmp.Compare(m[a], m[b]), strings.Compare(a, b)) })
}

//go:embed pmml.txt
var namesPMML string

// functions and elements are those of PMML 4.4.
var functions, elements = namesOf("functions:"), namesOf("elements:")

// namesOf returns the words below a heading.
func namesOf(heading string) map[string]bool {
	out := make(map[string]bool)
	here := false
	for line := range strings.SplitSeq(namesPMML, "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		if strings.HasSuffix(line, ":") {
			here = line == heading
			continue
		}
		for w := range strings.FieldsSeq(line) {
			if here {
				out[w] = true
			}
		}
	}
	return out
}
