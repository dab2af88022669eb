// Package html writes a run as one self-contained page.
//
// The page loads nothing, says so in a content security policy, works without
// its script, and prints. Everything a run quotes is text in it.
package html

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"io"
	"strings"
	"sync"

	"quintain/report"
)

// Format writes the page.
var Format = &report.Format{
	Name:  "html",
	Doc:   "one page for people: verdict, threats, evidence, diagram",
	Write: write,
}

var (
	//go:embed page.tmpl
	source string
	//go:embed parts.tmpl
	parts string
	//go:embed style.css
	style string
	//go:embed script.js
	script string
	//go:embed mark.svg
	mark string
)

// page is parsed when the first page is written: most runs write none. A test
// writes one, so that the panic cannot be reached in a binary that passed it.
var page = sync.OnceValue(func() *template.Template {
	return template.Must(template.Must(template.New("page").Parse(source)).Parse(parts))
})

// A frame is what every page has around its content.
type frame struct {
	Policy string
	Style  template.CSS
	Script template.JS
	Mark   template.HTML
	Icon   template.URL
	*view
}

func write(w io.Writer, d *report.Document) error {
	f := frame{
		Policy: policy(),
		Style:  template.CSS(style),
		Script: template.JS(script),
		Mark:   template.HTML(mark),
		Icon:   template.URL("data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString([]byte(mark))),
		view:   newView(d),
	}
	var b bytes.Buffer
	if err := page().Execute(&b, f); err != nil {
		return err
	}
	// The templates have made everything text; this makes all of it show.
	_, err := io.WriteString(w, report.Visible(b.String()))
	return err
}

// policy allows the page its own style, its own script and its own icon, by
// their bytes, and nothing else.
func policy() string {
	return strings.Join([]string{
		"default-src 'none'", "style-src " + hash(style), "script-src " + hash(script),
		"img-src data:", "base-uri 'none'", "form-action 'none'",
	}, "; ")
}

func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
