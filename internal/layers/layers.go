// Package layers is the architecture as a table and a rule.
//
// A tree is a folder at the root of the module with everything below it, or a
// folder below internal or cmd. Imports point down: a package may import
// packages of its own tree and of the rows below, never of its own row.
package layers

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// Rows lists the trees of the module from the bottom up. This table is the
// architecture; ARCHITECTURE.md explains it.
var Rows = [][]string{
	// vocabulary
	{".", "internal/hexfs", "internal/regular", "internal/strictyaml"},
	// figures
	{"stats"},
	// shared ground
	{"taxonomy", "ledger", "ml", "llm", "detect", "record"},
	// engines, and the documents made from what they find
	{"scan", "attack", "defend", "probe", "guard", "threat", "bom", "sign", "report"},
	// compositions
	{"assess", "lab", "curriculum"},
	// adapters
	{"internal/endpoint", "internal/fetch", "internal/store", "internal/jobs", "internal/web"},
	// wiring
	{"internal/cli"},
	{"cmd/quintain", "internal/layers", "internal/listgen"},
	// programs that made the examples, kept so that anyone can make them again
	{"examples"},
}

// A ban keeps packages with prefix Import out of the trees In, for a reason.
type ban struct {
	In     []string
	Import string
	Why    string
}

var bans = []ban{
	{[]string{"scan"}, "net", "the scanner reads files and nothing else"},
	{[]string{"scan"}, "os/exec", "the scanner never executes what it scans"},
	{[]string{"scan"}, "plugin", "the scanner never executes what it scans"},
	{[]string{"scan", "ml"}, "encoding/gob", "nothing scanned is deserialized"},
	{[]string{"threat", "taxonomy", "stats", "ledger", "report", "attack", "ml"}, "net/http", "it has no business on the network"},
	{[]string{"lab", "probe", "llm", "assess", "guard"}, "os/exec", "nothing a model said is executed"},
}

// homes says where a third-party module enters.
var homes = map[string]string{
	"github.com/spf13/cobra": "internal/cli",
	"charm.land/fang":        "internal/cli",
	"golang.org/x/term":      "internal/cli",

	"modernc.org/sqlite":           "internal/store",
	"github.com/jackc/pgx":         "internal/store",
	"github.com/pressly/goose":     "internal/store",
	"github.com/yuin/goldmark":     "internal/web",
	"github.com/parquet-go":        "ml",
	"github.com/ebitengine/purego": "ml",
	"github.com/bodgit":            "scan",
	"github.com/nwaples":           "scan",
	"github.com/klauspost":         "scan",
	"github.com/pierrec":           "scan",
	"github.com/ulikunitz":         "scan",
}

// Violations returns what is wrong with pkgs, which maps the path of each
// package below the module root ("." for the root itself) to its imports, with
// the module's own written the same way. It is sorted and empty if all is well.
func Violations(pkgs map[string][]string) []string {
	plugins := make(map[string]bool)
	for pkg, imps := range pkgs {
		if path.Base(pkg) == "all" {
			for _, imp := range imps {
				plugins[imp] = imp != path.Dir(pkg) // the engine itself is no plug-in
			}
		}
	}
	var out []string
	for _, pkg := range slices.Sorted(maps.Keys(pkgs)) {
		if row(tree(pkg)) < 0 {
			out = append(out, pkg+": its tree is in no row")
			continue
		}
		imps := slices.Clone(pkgs[pkg])
		slices.Sort(imps)
		for _, imp := range slices.Compact(imps) {
			if v := violation(pkg, imp, plugins); v != "" {
				out = append(out, v)
			}
		}
	}
	return out
}

// violation says what is wrong with pkg importing imp, if anything.
func violation(pkg, imp string, plugins map[string]bool) string {
	for _, b := range bans {
		if slices.Contains(b.In, tree(pkg)) && (imp == b.Import || strings.HasPrefix(imp, b.Import+"/")) {
			return fmt.Sprintf("%s imports %s, which is kept out: %s", pkg, imp, b.Why)
		}
	}
	for mod, home := range homes {
		if strings.HasPrefix(imp, mod) && tree(pkg) != home {
			return fmt.Sprintf("%s imports %s, which enters in %s only", pkg, imp, home)
		}
	}
	if row(tree(imp)) < 0 { // not of this module
		if pkg == "." && strings.Contains(strings.Split(imp, "/")[0], ".") {
			return fmt.Sprintf("%s imports %s; the vocabulary uses the standard library only", pkg, imp)
		}
		return ""
	}
	if tree(imp) != tree(pkg) && row(tree(imp)) >= row(tree(pkg)) {
		return fmt.Sprintf("%s imports %s, which is not below it", pkg, imp)
	}
	if plugins[imp] && path.Base(pkg) != "all" {
		return fmt.Sprintf("%s imports plug-in %s; take it from package all", pkg, imp)
	}
	return ""
}

// tree returns the tree that a package belongs to.
func tree(pkg string) string {
	parts := strings.Split(pkg, "/")
	if (parts[0] == "internal" || parts[0] == "cmd") && len(parts) > 1 {
		return parts[0] + "/" + parts[1]
	}
	return parts[0]
}

// row returns the row of a tree, counted from the bottom, or -1.
func row(tree string) int {
	return slices.IndexFunc(Rows, func(r []string) bool { return slices.Contains(r, tree) })
}
