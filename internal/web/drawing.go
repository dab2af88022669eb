package web

import (
	"encoding/xml"
	"errors"
	"fmt"
	"html/template"
	"io"
	"regexp"
	"slices"
	"strings"
)

// A picture of an exercise shows what a learner handed in, so it is read as
// XML and written anew with harmless elements and attributes only.

// The limits of a picture.
const (
	maxDrawing = 2 << 20 // bytes
	maxTokens  = 100000
)

var shapes = []string{
	"svg", "g", "defs", "marker", "symbol", "clipPath", "title", "desc", "rect", "circle", "ellipse", "line", "path",
	"polyline", "polygon", "text", "tspan",
}

var (
	plainAttr = regexp.MustCompile(`^(class|id|role|x|y|x1|y1|x2|y2|dx|dy|cx|cy|r|rx|ry|d|points|width|height|viewBox|transform|` +
		`text-anchor|dominant-baseline|preserveAspectRatio|marker-(start|mid|end)|clip-path|orient|refX|refY|markerWidth|markerHeight|` +
		`markerUnits|stroke-dasharray|stroke-width|fill-opacity|opacity|font-size|font-weight|tabindex|aria-[a-z]+|data-[a-z-]+)$`)
	plainValue = regexp.MustCompile(`^([^:()&<>]*|url\(#[a-zA-Z0-9_-]+\)|([a-z]+\([-+0-9.eE, ]*\) ?)+)$`)
)

// drawing returns the picture, made of allowed elements and attributes.
func drawing(src string) (template.HTML, error) {
	if len(src) > maxDrawing {
		return "", fmt.Errorf("the picture has more than %d bytes", maxDrawing)
	}
	dec := xml.NewDecoder(strings.NewReader(src))
	var b strings.Builder
	depth := 0
	for range maxTokens {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) && b.Len() > 0 {
			return template.HTML(b.String()), nil
		}
		if err != nil {
			return "", fmt.Errorf("the picture is no SVG: %w", err)
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			if (depth == 0) != (tok.Name.Local == "svg") || !slices.Contains(shapes, tok.Name.Local) {
				return "", fmt.Errorf("the picture has an element %q", tok.Name.Local)
			}
			depth++
			open(&b, tok)
		case xml.EndElement:
			depth--
			b.WriteString("</" + tok.Name.Local + ">")
		case xml.CharData:
			if depth > 0 {
				template.HTMLEscape(&b, tok)
			}
		case xml.Comment, xml.ProcInst, xml.Directive:
		}
	}
	return "", errors.New("the picture has too many elements")
}

// open writes the start of an element with the attributes that are allowed.
func open(b *strings.Builder, e xml.StartElement) {
	b.WriteString("<" + e.Name.Local)
	for _, a := range e.Attr {
		name := a.Name.Local
		words := strings.HasPrefix(name, "aria-") || strings.HasPrefix(name, "data-")
		if a.Name.Space != "" || !plainAttr.MatchString(name) || !words && !plainValue.MatchString(a.Value) {
			continue
		}
		b.WriteString(" " + name + `="` + template.HTMLEscapeString(a.Value) + `"`)
	}
	b.WriteString(">")
}
