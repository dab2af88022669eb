// Package buildfile finds what building an image or installing the packages
// beside a model would fetch and run that nobody has pinned.
package buildfile

import (
	"bytes"
	"context"
	_ "embed"
	"path"
	"regexp"
	"strconv"
	"strings"

	"quintain"
	"quintain/scan"
)

//go:embed buildfile.md
var doc string

// Format reports instructions of Dockerfiles and lines of lists of packages
// that fetch, run or reveal what a person should look at.
var Format = &scan.Format{
	Check: quintain.Check{
		Name:       "scan/buildfile",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0010.001", "AML.T0010", "LLM04:2026", "CWE-829"},
		Accepts:    []quintain.Kind{quintain.KindArtifact},
	},
	Extensions: []string{"dockerfile", "containerfile", ".dockerfile", "requirements.txt"},
	Match:      func(name string, head []byte) bool { return kindOf(name, head) != nil },
	Inspect:    inspect,
	Twin:       twin,
}

const maxSize = 4 << 20 // of a file

// requirements are the names of lists of packages.
var requirements = regexp.MustCompile(`(?i)^(requirements|constraints)([-_.][\w.-]*)?\.(txt|in)$`)

// from is the instruction that every Dockerfile has.
var from = regexp.MustCompile(`(?im)^[ \t]*FROM[ \t]+\S`)

// kindOf returns the inspection for a file of that name, or nil.
func kindOf(name string, head []byte) func(*file) {
	base := strings.ToLower(path.Base(name))
	stem, _, _ := strings.Cut(base, ".")
	switch {
	case requirements.MatchString(base):
		return (*file).requirements
	case (stem == "dockerfile" || stem == "containerfile" || path.Ext(base) == ".dockerfile") && (from.Match(head) || len(head) == scan.HeadSize):
		return (*file).docker
	}
	return nil
}

// twin is a Dockerfile that runs what it fetches.
func twin() (name string, data []byte) {
	return "Dockerfile", []byte("FROM scratch\nRUN curl http://example.com/x | sh\n")
}

// A file is one file under inspection.
type file struct {
	f    *scan.File
	text string
	off  int64 // of the line that is looked at
}

func inspect(ctx context.Context, f *scan.File) error {
	if f.Size() > maxSize {
		return scan.Errorf(0, "a text of more than %d bytes", maxSize)
	}
	b := make([]byte, f.Size())
	if n, err := f.ReadAt(b, 0); n < len(b) {
		return scan.Errorf(0, "read: %w", err)
	}
	kind := kindOf(f.Name(), b[:min(len(b), scan.HeadSize)])
	if kind == nil {
		return scan.Errorf(0, "no Dockerfile and no list of packages")
	}
	f.Account(scan.Parsed, f.Size())
	x := &file{f: f, text: string(b)}
	kind(x)
	f.Fact("lines", strconv.Itoa(bytes.Count(b, []byte("\n"))))
	return ctx.Err()
}

// report reports something about the line that is looked at.
func (x *file) report(s quintain.Severity, format string, args ...any) {
	x.f.Reportf(s, x.off, format, args...)
}

// lines calls on for every line, joined with those that continue it. Comments
// never go on; among lines that do, they are passed over, or end them.
func (x *file) lines(escape string, ends bool, on func(string)) {
	var joined strings.Builder
	begin, off := int64(0), int64(0)
	for l := range strings.Lines(x.text) {
		if joined.Len() == 0 {
			begin = off
		}
		off += int64(len(l))
		s := strings.TrimRight(l, " \t\r\n")
		comment := strings.HasPrefix(strings.TrimSpace(s), "#")
		if comment && joined.Len() == 0 || (comment || s == "") && joined.Len() > 0 && !ends && off < int64(len(x.text)) {
			continue
		}
		rest, more := strings.CutSuffix(s, escape)
		if comment {
			rest, more = "", false
		}
		joined.WriteString(rest)
		if more && off < int64(len(x.text)) {
			joined.WriteByte(' ')
			continue
		}
		x.off = begin
		if t := strings.TrimSpace(joined.String()); t != "" {
			on(t)
		}
		joined.Reset()
	}
}

// clip cuts a text for a message.
func clip(s string) string {
	if len(s) > 160 {
		return strings.ToValidUTF8(s[:160], "") + "…"
	}
	return s
}
