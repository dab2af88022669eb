package taxonomy

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// releases lists the releases of ATLAS whose names are known, oldest first:
// the version, and the calendar version by which the same content goes since
// 2026.05. Where a release predates that, it is the month it came out in.
var releases = [][2]string{
	{"2.0.0", "2021.05"},
	{"2.0.1", "2021.06"},
	{"2.1.0", "2021.08"},
	{"2.2.0", "2021.10"},
	{"2.2.1", "2021.12"},
	{"2.3.0", "2022.01"},
	{"2.4.0", "2022.03"},
	{"3.0.0", "2022.03"},
	{"3.1.0", "2022.05"},
	{"4.0.0", "2022.05"},
	{"4.0.1", "2022.07"},
	{"4.1.0", "2022.10"},
	{"4.2.0", "2023.01"},
	{"4.3.0", "2023.02"},
	{"4.4.0", "2023.04"},
	{"4.4.1", "2023.07"},
	{"4.4.2", "2023.10"},
	{"4.5.0", "2023.10"},
	{"4.5.1", "2024.01"},
	{"4.5.2", "2024.03"},
	{"4.6.0", "2024.07"},
	{"4.7.0", "2024.10"},
	{"4.8.0", "2025.03"},
	{"4.9.0", "2025.04"},
	{"4.9.1", "2025.08"},
	{"5.0.0", "2025.09"},
	{"5.0.1", "2025.10"},
	{"5.1.0", "2025.11"},
	{"5.1.1", "2025.11.2"},
	{"5.2.0", "2025.12"},
	{"5.3.0", "2026.01"},
	{"5.4.0", "2026.02"},
	{"5.5.0", "2026.03"},
	{"5.6.0", "2026.04"},
	{"5.6.1", "2026.04"},
	{"2026.07", "2026.07"},
}

var versionForm = regexp.MustCompile(`^(?:\d{1,2}|20\d\d)(?:\.\d{1,2}){1,2}$`)

// knownRelease reports whether the names of a release are known.
func knownRelease(version string) bool {
	return slices.ContainsFunc(releases, func(r [2]string) bool { return r[0] == version || r[1] == version })
}

// compareVersions orders releases. A semantic and a calendar version are
// compared by when they came out; two semantic ones of one month by number.
func compareVersions(a, b string) int {
	x, y := numbers(a), numbers(b)
	if c := slices.Compare(month(x), month(y)); c != 0 {
		return c
	}
	if calendar(x) || calendar(y) {
		return 0
	}
	return slices.Compare(x, y)
}

// numbers splits a version at its dots. Trailing zeros do not count, and what
// is no number is zero.
func numbers(version string) []int {
	var list []int
	for part := range strings.SplitSeq(version, ".") {
		n, _ := strconv.Atoi(part)
		list = append(list, n)
	}
	for len(list) > 1 && list[len(list)-1] == 0 {
		list = list[:len(list)-1]
	}
	return list
}

func calendar(version []int) bool { return version[0] >= 2000 }

// month returns the calendar version of a release, or that of the newest
// release before it that is known.
func month(version []int) []int {
	if calendar(version) {
		return version
	}
	i, found := slices.BinarySearchFunc(releases, version, func(r [2]string, v []int) int {
		return slices.Compare(numbers(r[0]), v)
	})
	if !found {
		i = cmp.Or(i, 1) - 1
	}
	return numbers(releases[i][1])
}
