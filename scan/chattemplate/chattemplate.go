// Package chattemplate finds hostile chat templates in the files that models
// keep them in: .jinja files and configurations of tokenizers.
package chattemplate

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"quintain"
	"quintain/scan"
	"quintain/scan/internal/jinja"
)

//go:embed chattemplate.md
var doc string

// Format reports what a chat template would do beside writing a prompt.
var Format = &scan.Format{
	Check: quintain.Check{
		Name:       "scan/chattemplate",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0011.000", "AML.T0018.003", "AML.T0051.002", "LLM04:2026", "CWE-1336"},
		Accepts:    []quintain.Kind{quintain.KindArtifact},
	},
	Extensions: append([]string{".jinja", ".jinja2"}, configs...),
	Match:      match,
	Shared:     true,
	Inspect:    inspect,
	Twin:       twin,
}

// configs are the names of files in which runtimes look for a template.
var configs = []string{"tokenizer_config.json", "chat_template.json", "processor_config.json"}

// maxFile is the size of the largest file that is analyzed.
const maxFile = 64 << 20

// twin is a template that would run a command that does nothing.
func twin() (name string, data []byte) {
	return "chat_template.jinja", []byte("{{ cycler.__init__.__globals__.os.popen('true').read() }}")
}

// match recognizes templates by name and tags, and configurations by what they
// begin with and by name or key.
func match(name string, head []byte) bool {
	base := strings.ToLower(path.Base(name))
	if ext := path.Ext(base); ext == ".jinja" || ext == ".jinja2" {
		return bytes.Contains(head, []byte("{%")) || bytes.Contains(head, []byte("{{")) || bytes.Contains(head, []byte("{#"))
	}
	return isObject(head) && (slices.Contains(configs, base) || bytes.Contains(head, []byte(`"chat_template`)))
}

// isObject reports whether a text begins like an object of JSON.
func isObject(b []byte) bool {
	const space = " \t\r\n"
	rest, ok := bytes.CutPrefix(bytes.TrimLeft(b, space), []byte("{"))
	rest = bytes.TrimLeft(rest, space)
	return ok && len(rest) > 0 && (rest[0] == '"' || rest[0] == '}')
}

func inspect(ctx context.Context, f *scan.File) error {
	if f.Size() > maxFile {
		return scan.Errorf(-1, "%w: a text of %d bytes", scan.ErrBudget, f.Size())
	}
	data := make([]byte, f.Size())
	if n, err := f.ReadAt(data, 0); n < len(data) && !errors.Is(err, io.EOF) {
		return scan.Errorf(int64(n), "read: %w", err)
	}
	if i := invalid(data); i >= 0 {
		return scan.Errorf(int64(i), "text is not UTF-8")
	}
	f.Account(scan.Parsed, f.Size())
	if !isObject(data) {
		f.Fact("templates", "1")
		return jinja.Report(ctx, f, "", string(data), func(i int) int64 { return int64(i) })
	}
	c, err := read(data)
	for _, p := range c.problems {
		if p.severity == quintain.None {
			f.Doubtf(p.off, "%s", p.text)
		} else {
			f.Reportf(p.severity, p.off, "%s", p.text)
		}
	}
	f.Fact("templates", strconv.Itoa(len(c.templates)))
	for _, t := range c.templates {
		if err := jinja.Report(ctx, f, t.name, t.text, t.at); err != nil {
			return err
		}
	}
	return err
}

// invalid returns the offset of the first byte that is not UTF-8, or -1.
func invalid(b []byte) int {
	if utf8.Valid(b) {
		return -1
	}
	for i := 0; ; {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n <= 1 {
			return i
		}
		i += n
	}
}

// A template is one template of a configuration.
type template struct {
	name string
	text string
	raw  []byte // the literal in the file, without the quotes
	off  int64  // of raw
}

// at returns the offset in the file of a byte of the text.
func (t *template) at(i int) int64 {
	pos := 0
	for done := 0; done < i && pos < len(t.raw); {
		n, size := literalRune(t.raw[pos:])
		done += n
		pos += size
	}
	return t.off + int64(pos)
}

// literalRune returns how many bytes the first character of a string literal
// has, decoded and as it is written.
func literalRune(raw []byte) (decoded, written int) {
	if raw[0] != '\\' || len(raw) < 2 {
		_, n := utf8.DecodeRune(raw)
		return n, n
	}
	if raw[1] != 'u' || len(raw) < 6 {
		return 1, 2
	}
	r, written := codeUnit(raw), 6
	if r >= 0xd800 && r < 0xdc00 && len(raw) >= 12 && raw[6] == '\\' && raw[7] == 'u' {
		if low := codeUnit(raw[6:]); low >= 0xdc00 && low < 0xe000 {
			return 4, 12
		}
	}
	if n := utf8.RuneLen(r); n > 0 {
		return n, written
	}
	return utf8.RuneLen(utf8.RuneError), written // half of a pair
}

// codeUnit returns the number after \u.
func codeUnit(raw []byte) rune {
	n, err := strconv.ParseUint(string(raw[2:6]), 16, 32)
	if err != nil {
		return 0
	}
	return rune(n)
}

// problem is something to report about a configuration itself.
type problem struct {
	off      int64
	severity quintain.Severity // None for a doubt
	text     string
}

func problemf(off int64, s quintain.Severity, format string, args ...any) problem {
	return problem{off, s, fmt.Sprintf(format, args...)}
}
