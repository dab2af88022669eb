package torch

import (
	"path"
	"regexp"
	"strconv"
	"strings"

	"quintain"
	"quintain/scan"
)

// A package of PyTorch (torch.package) is an archive with one folder: pickles,
// the Python modules that they need, and a folder of its own for the rest.
const packageMark = ".data/extern_modules"

const maxModules = 1 << 20 // bytes of the list of modules

// findPackage finds out whether the archive is a package, and says that it
// brings code.
func (a *archive) findPackage() {
	for i := range a.entries {
		if root, ok := strings.CutSuffix(a.entries[i].name, packageMark); ok && strings.Count(root, "/") == 1 {
			a.pack = root
			a.f.Fact("package", strings.TrimSuffix(root, "/"))
			break
		}
	}
	if a.pack == "" {
		return
	}
	modules, first := 0, -1
	for i := range a.entries {
		if e := &a.entries[i]; strings.HasPrefix(e.name, a.pack) && path.Ext(e.name) == ".py" {
			if modules++; first < 0 {
				first = i
			}
		}
	}
	if modules > 0 {
		a.f.Reportf(quintain.Medium, a.entries[first].at,
			"the archive is a package of PyTorch with Python of its own (%s), which runs when a pickle in it is loaded", scan.Count(modules, "module"))
	}
}

// storage returns the name of the member that holds a storage to which a
// pickle refers.
func (a *archive) storage(e *entry, key string) string {
	if a.pack != "" && strings.HasPrefix(e.name, a.pack) {
		return a.pack + ".data/" + key + ".storage"
	}
	return strings.TrimSuffix(e.name, ".pkl") + "/" + key
}

var (
	moduleName    = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$`)
	pythonVersion = regexp.MustCompile(`^[0-9]+\.[0-9]+\.[0-9]+[0-9a-z+.]*\n?$`)
)

// packaged reports whether a member is one of those that only packages have,
// and holds what it should.
func (a *archive) packaged(e *entry) (bool, error) {
	inner, ok := strings.CutPrefix(e.name, a.pack+".data/")
	if a.pack == "" || !ok {
		return false, nil
	}
	switch {
	case inner == "extern_modules" && e.size <= maxModules:
		b, err := a.content(e)
		if err != nil {
			return false, err
		}
		n := 0
		for line := range strings.Lines(string(b)) {
			if !moduleName.MatchString(strings.TrimSuffix(line, "\n")) {
				a.f.Doubtf(e.data, "a line of the modules that the package imports from outside is no name: %q", line)
			}
			n++
		}
		a.f.Fact("modules from outside", strconv.Itoa(n))
		return true, nil
	case inner == "python_version" && e.size <= maxText:
		b, err := a.content(e)
		return err == nil && pythonVersion.Match(b), err
	}
	return false, nil
}
