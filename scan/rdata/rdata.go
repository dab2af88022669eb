// Package rdata finds objects of R that run code when they are read or touched.
package rdata

import (
	"bytes"
	"context"
	_ "embed"
	"maps"
	"slices"
	"strconv"
	"strings"

	"quintain"
	"quintain/scan"
)

//go:embed rdata.md
var doc string

// Format reports promises, active bindings, hooks and calls of dangerous
// functions in objects that R saved with saveRDS or save.
var Format = &scan.Format{
	Check: quintain.Check{
		Name:       "scan/rdata",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0011.000", "AML.T0018.002", "LLM04:2026", "CWE-502"},
		Accepts:    []quintain.Kind{quintain.KindArtifact},
	},
	Extensions: []string{".rds", ".rdata", ".rda"},
	Match:      func(_ string, head []byte) bool { _, _, ok := begin(head); return ok },
	Inspect:    inspect,
	Twin:       twin,
}

// The encodings of a stream.
const (
	encodingXDR    = 'X'
	encodingASCII  = 'A'
	encodingBinary = 'B'
)

// begin reads what a stream begins with: its encoding, and how many bytes stand
// before the version.
func begin(head []byte) (encoding byte, n int, ok bool) {
	rest := head
	saved := false // by save, which writes a table of names
	if len(rest) > 5 && rest[0] == 'R' && rest[1] == 'D' && (rest[3] == '2' || rest[3] == '3') && rest[4] == '\n' {
		rest, saved = rest[5:], true
	}
	if len(rest) < 6 || rest[1] != '\n' {
		return 0, 0, false
	}
	n = len(head) - len(rest) + 2
	switch encoding = rest[0]; encoding {
	case encodingXDR:
		ok = rest[2] == 0 && rest[3] == 0 && rest[4] == 0 && (rest[5] == 2 || rest[5] == 3)
	case encodingBinary:
		ok = (rest[2] == 2 || rest[2] == 3) && rest[3] == 0 && rest[4] == 0 && rest[5] == 0
	case encodingASCII:
		ok = (rest[2] == '2' || rest[2] == '3') && rest[3] == '\n'
	}
	return encoding, n, ok || saved && ok
}

// twin is a promise of a call of system.
func twin() (name string, data []byte) {
	var b bytes.Buffer
	b.WriteString("X\n\x00\x00\x00\x02\x00\x04\x02\x02\x00\x02\x03\x00")
	b.WriteString("\x00\x00\x00\x05\x00\x00\x00\xfc") // a promise without a value
	b.WriteString("\x00\x00\x00\x06\x00\x00\x00\x01\x00\x04\x00\x09\x00\x00\x00\x06system\x00\x00\x00\xfe")
	return "twin.rds", b.Bytes()
}

func inspect(ctx context.Context, f *scan.File) error {
	head := make([]byte, min(scan.HeadSize, f.Size()))
	if n, err := f.ReadAt(head, 0); n < len(head) {
		return scan.Errorf(0, "read: %w", err)
	}
	encoding, n, ok := begin(head)
	if !ok {
		return scan.Errorf(0, "no stream of R")
	}
	x := &reader{
		ctx: ctx, f: f, w: scan.NewWindow(f, f.Size()), encoding: encoding, off: int64(n),
		names: make(map[string]int64), facts: make(map[string]int), told: make(map[string]bool),
	}
	if err := x.stream(); err != nil {
		return err
	}
	if x.off < f.Size() {
		f.Doubtf(x.off, "%s behind the object", scan.Count(f.Size()-x.off, "byte"))
	}
	f.Account(scan.Tensor, x.numbers)
	f.Account(scan.Parsed, f.Size()-x.numbers)
	for _, k := range slices.Sorted(maps.Keys(x.facts)) {
		f.Fact(k, strconv.Itoa(x.facts[k]))
	}
	return nil
}

// runs are the functions of R that start programs, run text or files, load
// libraries, or reach the network or delete files.
var runs = set("system system2 shell shell.exec pipe source sys.source dyn.load library.dynam download.file url socketConnection curl curl_download " +
	"install.packages unlink file.remove run process Rscript callr processx reticulate py_run_string py_run_file evalCpp sourceCpp " +
	"writeBin Sys.setenv setwd .External2 socketSelect serverSocket browseURL savehistory readRDS unserialize")

// hooks are the names under which R runs a function by itself.
var hooks = set(".First .Last .First.sys .Last.sys .onLoad .onAttach .Rprofile")

func set(words string) map[string]bool {
	out := make(map[string]bool)
	for w := range strings.FieldsSeq(words) {
		out[w] = true
	}
	return out
}
