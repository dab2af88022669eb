package buildfile

import (
	"regexp"
	"strconv"
	"strings"

	"quintain"
)

var (
	// revision is the end of an address of git that names a commit.
	revision = regexp.MustCompile(`@[0-9a-f]{40}(#|$|\s)`)
	hashed   = regexp.MustCompile(`--hash=|#sha256=|#sha512=`)
	pinned   = regexp.MustCompile(`^[A-Za-z0-9][\w.-]*(\[[\w, .-]*\])?\s*===?\s*[\w.!+-]+(\s*;.*|\s+--hash.*|\s+#.*|\s*)$`)
	versions = regexp.MustCompile(`^[A-Za-z0-9][\w.-]*(\[[\w, .-]*\])?\s*([<>=!~,;].*|\s+#.*|\s+--hash.*|)$`)
)

// requirements inspects a list of packages for pip.
func (x *file) requirements() {
	loose := 0
	x.lines(`\`, true, func(line string) {
		if i := strings.Index(line, " #"); i >= 0 {
			line = strings.TrimSpace(line[:i])
		}
		word, rest, _ := strings.Cut(strings.ReplaceAll(line, "=", " "), " ")
		rest = strings.TrimSpace(rest)
		switch {
		case word == "-i" || word == "--index-url" || word == "--extra-index-url" || word == "-f" || word == "--find-links":
			x.index(word, rest)
		case word == "--trusted-host":
			x.report(quintain.Medium, "turns off a check of where code comes from: %q", clip(line))
		case word == "-e" || word == "--editable" || strings.Contains(line, "://") || strings.HasPrefix(line, "git+"):
			x.source(line)
		case strings.HasPrefix(line, "-"), pinned.MatchString(line):
		case versions.MatchString(line):
			loose++
		case strings.HasPrefix(line, ".") || strings.HasPrefix(line, "/") || strings.HasSuffix(line, ".whl") || strings.HasSuffix(line, ".tar.gz"):
			x.report(quintain.Medium, "installs a package from a file or folder, which runs its setup: %q", clip(line))
		default:
			x.f.Doubtf(x.off, "a line that is no requirement: %q", clip(line))
		}
	})
	if loose > 0 {
		x.f.Fact("packages without a fixed version", strconv.Itoa(loose))
	}
}

// index judges where packages come from beside the index of Python.
func (x *file) index(option, address string) {
	switch {
	case strings.HasPrefix(address, "http://"):
		x.report(quintain.Medium, "takes packages over a connection that anyone can change: %q", clip(address))
	case option == "--extra-index-url":
		x.report(quintain.Medium, "takes packages from a second index, where anyone may have the name of one of the first: %q", clip(address))
	case strings.Contains(address, "://pypi.org/") || strings.Contains(address, "://download.pytorch.org/"):
	default:
		x.report(quintain.Low, "takes packages from %q", clip(address))
	}
}

// source judges a package that is named by its address.
func (x *file) source(line string) {
	switch {
	case strings.Contains(line, "http://"):
		x.report(quintain.Medium, "installs a package over a connection that anyone can change: %q", clip(line))
	case hashed.MatchString(line), revision.MatchString(line):
	case strings.Contains(line, "--extra-index-url"):
		x.report(quintain.Medium, "takes packages from a second index: %q", clip(line))
	default:
		x.report(quintain.Medium, "installs a package from an address that does not say which: %q", clip(line))
	}
}
