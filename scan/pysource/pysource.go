// Package pysource finds code that runs commands, runs text, or hides what it
// does in the Python files beside a model.
package pysource

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"path"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"quintain"
	"quintain/scan"
)

//go:embed pysource.md
var doc string

// Format reports calls in Python sources that run programs, run text as code,
// load code or reach the network, and what building the package would run.
// What only computes is not reported.
var Format = &scan.Format{
	Check: quintain.Check{
		Name:       "scan/pysource",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0011.001", "AML.T0050", "LLM04:2026", "CWE-94"},
		Accepts:    []quintain.Kind{quintain.KindArtifact},
	},
	Extensions: []string{".py", ".pyw", ".pyi", "pyproject.toml"},
	Match:      match,
	Inspect:    inspect,
	Twin:       twin,
}

// maxSize bounds the sources that are read. The longest files of the common
// libraries have 1 MB.
const maxSize = 8 << 20

// match reports whether head is Python: text under a name that says so, a
// script that names its interpreter, or text all of whose statements could be
// Python and one of which brings in a module or defines something.
func match(file string, head []byte) bool {
	if !isText(head) {
		return false
	}
	switch base := strings.ToLower(path.Base(file)); path.Ext(base) {
	case ".py", ".pyw", ".pyi":
		return true
	case ".toml":
		return base == "pyproject.toml"
	}
	first, _, _ := bytes.Cut(head, []byte("\n"))
	if bytes.HasPrefix(first, []byte("#!")) {
		return bytes.Contains(first, []byte("python"))
	}
	return plausible(head)
}

// isText reports whether head is text, in UTF-8 or an encoding that it names.
func isText(head []byte) bool {
	if bytes.IndexByte(head, 0) >= 0 {
		return false
	}
	whole := head
	for n := 0; n < utf8.UTFMax && len(head) == scan.HeadSize && !utf8.Valid(whole); n++ {
		whole = whole[:len(whole)-1]
	}
	return utf8.Valid(whole) || encoding(head) != ""
}

// plausible reports whether head can be read as Python.
func plausible(head []byte) bool {
	r := &reader{b: head}
	l := lexer{b: head, fresh: true}
	imports := false
	for {
		t, err := l.next()
		if err != nil || t.kind == end {
			return imports && (err == nil || len(head) == scan.HeadSize)
		}
		if t.kind != line {
			r.toks = append(r.toks, t)
			continue
		}
		if int(t.off) >= scan.HeadSize {
			return imports // the statement goes on behind the head
		}
		ok, named := r.grammatical()
		if !ok {
			return false
		}
		imports = imports || named
		r.toks = r.toks[:0]
	}
}

// keywords may stand beside another word.
var keywords = set("and as assert async await break class continue def del elif else except finally for from global if import in is " +
	"lambda nonlocal not or pass raise return try while with yield match case type")

// grammatical reports whether no two operands stand side by side in a
// statement, and whether it brings in a name as only Python does.
func (r *reader) grammatical() (ok, names bool) {
	for i, t := range r.toks {
		if i == 0 || t.kind == op || r.toks[i-1].kind == op {
			continue
		}
		a, b := r.toks[i-1], t
		side := a.kind == name && keywords[r.word(a)] || b.kind == name && keywords[r.word(b)] || a.kind >= text && b.kind >= text
		if !side {
			return false, false
		}
	}
	if len(r.toks) < 2 || r.toks[0].kind != name || r.toks[1].kind == op && r.word(r.toks[0]) != "from" {
		return true, false
	}
	last := r.toks[len(r.toks)-1]
	switch r.word(r.toks[0]) {
	case "import":
		return true, len(r.toks) == 2 || r.word(r.toks[2]) == "as" || r.toks[2].kind == op
	case "from":
		for _, t := range r.toks {
			if r.word(t) == "import" {
				return true, true
			}
		}
	case "def", "class":
		return true, r.word(last) == ":"
	}
	return true, false
}

func twin() (file string, data []byte) {
	return "twin.py", []byte("import base64\nexec(base64.b64decode(DATA))\n")
}

func inspect(ctx context.Context, f *scan.File) error {
	if f.Size() > maxSize {
		return scan.Errorf(0, "a source of more than %d bytes", maxSize)
	}
	b := make([]byte, f.Size())
	if n, err := f.ReadAt(b, 0); n < len(b) {
		return scan.Errorf(0, "read: %w", err)
	}
	f.Account(scan.Parsed, f.Size())
	base := strings.ToLower(path.Base(f.Name()))
	if base == "pyproject.toml" {
		project(f, b)
		return nil
	}
	characters(f, b)
	budget := 1<<20 + 4*len(b)
	r := &reader{
		at: -1, b: b, budget: &budget, setup: base == "setup.py",
		out: func(s quintain.Severity, off int, format string, args ...any) {
			f.Reportf(s, int64(off), format, args...)
		},
	}
	if err := r.run(); err != nil {
		off := -1
		if e := (*sourceError)(nil); errors.As(err, &e) {
			off = e.off
		}
		return scan.Errorf(int64(off), "Python: %w", err)
	}
	f.Fact("lines", strconv.Itoa(bytes.Count(b, []byte("\n"))))
	return ctx.Err()
}

var coding = regexp.MustCompile(`^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)`)

// encoding returns the encoding that one of the first two lines names.
func encoding(b []byte) string {
	for range 2 {
		first, rest, _ := bytes.Cut(b, []byte("\n"))
		if m := coding.FindSubmatch(first); m != nil {
			return strings.ToLower(strings.ReplaceAll(string(m[1]), "_", "-"))
		}
		b = rest
	}
	return ""
}

// plainCodings leave the characters of ASCII what they are.
var plainCodings = set("utf-8 utf8 utf-8-unix utf-8-sig ascii us-ascii latin-1 latin1 iso-8859-1 iso-8859-15 iso-latin-1 cp1252 windows-1252")

// characters reports text that reads other than it looks.
func characters(f *scan.File, b []byte) {
	if e := encoding(b); e != "" && !plainCodings[e] {
		f.Reportf(quintain.Medium, 0, "declares the encoding %q, in which code can look like something else", e)
	} else if (e == "" || strings.HasPrefix(e, "utf")) && !utf8.Valid(b) {
		f.Doubtf(-1, "the text is not UTF-8, which Python would not read")
	}
	if off, r := disguised(b); off >= 0 {
		f.Reportf(quintain.Medium, int64(off), "a name has the letter %U, which Python takes for another one", r)
	}
	for _, r := range "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069" {
		if i := bytes.IndexRune(b, r); i >= 0 {
			f.Reportf(quintain.Medium, int64(i), "the character %U turns text around, so that code looks like something else", r)
			return
		}
	}
}

// backends are the programs that build packages by rules, not by code of the
// project.
var backends = set("setuptools.build_meta setuptools.build_meta:__legacy__ hatchling.build flit_core.buildapi flit.buildapi poetry.core.masonry.api " +
	"pdm.backend pdm.pep517.api maturin scikit_build_core.build mesonpy uv_build whey poetry_dynamic_versioning.backend")

var assignment = regexp.MustCompile(`^\s*"?([\w.-]+)"?\s*=\s*(.*?)\s*$`)

// project reports what building a package would run.
func project(f *scan.File, b []byte) {
	section, off := "", int64(0)
	for l := range bytes.SplitSeq(b, []byte("\n")) {
		s := strings.TrimSpace(string(l))
		at := off
		off += int64(len(l)) + 1
		if strings.HasPrefix(s, "[") {
			section, _, _ = strings.Cut(strings.Trim(s, "[ "), "]")
			section = strings.NewReplacer(" ", "", `"`, "").Replace(section)
			if strings.HasPrefix(section, "tool.hatch.build.") && strings.Contains(section, "hooks.custom") {
				f.Reportf(quintain.Medium, at, "building the package runs code of its own: %s", section)
			}
			continue
		}
		m := assignment.FindStringSubmatch(s)
		if m == nil {
			continue
		}
		switch strings.TrimPrefix(section+"."+m[1], ".") {
		case "build-system.build-backend":
			if name := strings.Trim(m[2], `"'`); !backends[name] {
				f.Reportf(quintain.Medium, at, "building the package runs a backend that is not a common one: %q", name)
			}
		case "build-system.backend-path":
			f.Reportf(quintain.Medium, at, "building the package runs code of its own: backend-path %s", m[2])
		case "tool.poetry.build", "tool.poetry.build.script", "tool.setuptools.cmdclass", "tool.pdm.build.run-setuptools":
			f.Reportf(quintain.Medium, at, "building the package runs code of its own: %s", m[1])
		}
		if section == "tool.setuptools.cmdclass" {
			f.Reportf(quintain.Medium, at, "installing the package runs code of its own: %s", m[2])
		}
	}
}
