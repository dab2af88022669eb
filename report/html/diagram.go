package html

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

// A run may come from anywhere, so its diagram is not trusted: it is read as
// XML, held to what our own drawings consist of, and written anew.

const (
	maxDiagram  = 1 << 20 // bytes
	maxElements = 20000
	maxDepth    = 32
)

// elements are the elements of a drawing.
var elements = []string{
	"svg", "g", "defs", "marker", "symbol", "title", "desc", "rect", "circle", "ellipse",
	"line", "path", "polyline", "polygon", "text", "tspan",
}

// dropped are elements that are left out with everything in them: the page
// has its own style.
var dropped = []string{"style", "metadata"}

var (
	number  = regexp.MustCompile(`^[-+0-9.eE, %]+$`)
	geom    = regexp.MustCompile(`^[-+0-9.eE, \n\tMmLlHhVvCcSsQqTtAaZz]+$`)
	turn    = regexp.MustCompile(`^[a-zA-Z0-9 ,.()+-]+$`)
	keyword = regexp.MustCompile(`^[a-zA-Z0-9 #,._-]*$`)
	local   = regexp.MustCompile(`^url\(#[a-zA-Z0-9_-]+\)$`)
	anyText = regexp.MustCompile(`(?s)^.*$`)
)

// allowed returns what the value of an attribute must look like, nil if the
// attribute is not allowed.
func allowed(name string) *regexp.Regexp {
	switch name {
	case "x", "y", "x1", "y1", "x2", "y2", "dx", "dy", "cx", "cy", "r", "rx", "ry", "width", "height", "viewBox", "points",
		"stroke-width", "stroke-dasharray", "font-size", "font-weight", "opacity", "fill-opacity", "markerWidth", "markerHeight",
		"refX", "refY", "tabindex", "textLength", "letter-spacing":
		return number
	case "d":
		return geom
	case "transform":
		return turn
	case "class", "id", "role", "fill", "stroke", "text-anchor", "dominant-baseline", "font-family", "orient", "markerUnits",
		"preserveAspectRatio", "stroke-linecap", "stroke-linejoin", "aria-hidden", "aria-labelledby", "aria-describedby", "focusable",
		"paint-order", "version", "lengthAdjust", "fill-rule":
		return keyword
	case "marker-start", "marker-end", "marker-mid":
		return local
	case "aria-label", "aria-roledescription":
		return anyText
	}
	if strings.HasPrefix(name, "data-") {
		return anyText
	}
	return nil
}

var errDiagram = errors.New("the diagram in this run is not one that this program draws")

// diagram returns the drawing, made of allowed elements and attributes only.
func diagram(src string) (template.HTML, error) {
	if len(src) > maxDiagram {
		return "", fmt.Errorf("%w: it has more than %d bytes", errDiagram, maxDiagram)
	}
	dec := xml.NewDecoder(strings.NewReader(src))
	var b strings.Builder
	var open []string
	for n := 0; ; n++ {
		tok, err := dec.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil || n > maxElements*2 {
			return "", fmt.Errorf("%w: it is no XML or has too many elements", errDiagram)
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			name := tok.Name.Local
			if slices.Contains(dropped, name) && tok.Name.Space == "" && len(open) > 0 {
				if err := skip(dec, name); err != nil {
					return "", err
				}
				continue
			}
			if err := start(&b, tok, len(open)); err != nil {
				return "", err
			}
			open = append(open, name)
		case xml.EndElement:
			if len(open) == 0 || open[len(open)-1] != tok.Name.Local {
				return "", fmt.Errorf("%w: elements overlap", errDiagram)
			}
			open = open[:len(open)-1]
			b.WriteString("</" + tok.Name.Local + ">")
		case xml.CharData:
			if len(open) > 0 {
				template.HTMLEscape(&b, tok)
			}
		case xml.ProcInst, xml.Comment, xml.Directive:
		}
	}
	if len(open) > 0 || b.Len() == 0 {
		return "", fmt.Errorf("%w: it ends in the middle", errDiagram)
	}
	return template.HTML(b.String()), nil
}

// start writes the start of an element.
func start(b *strings.Builder, e xml.StartElement, depth int) error {
	name := e.Name.Local
	if e.Name.Space != "" || !slices.Contains(elements, name) || (depth == 0) != (name == "svg" && b.Len() == 0) || depth > maxDepth {
		return fmt.Errorf("%w: it has an element %q", errDiagram, name)
	}
	b.WriteString("<" + name)
	for _, a := range e.Attr {
		if a.Name.Local == "xmlns" || a.Name.Space == "xmlns" {
			continue
		}
		re := allowed(a.Name.Local)
		if a.Name.Space != "" || re == nil || !re.MatchString(a.Value) {
			return fmt.Errorf("%w: it has an attribute %q of value %.40q", errDiagram, a.Name.Local, a.Value)
		}
		b.WriteString(" " + a.Name.Local + `="` + template.HTMLEscapeString(a.Value) + `"`)
	}
	b.WriteString(">")
	return nil
}

// skip reads to the end of an element that has no elements in it.
func skip(dec *xml.Decoder, name string) error {
	for {
		tok, err := dec.RawToken()
		if err != nil {
			return fmt.Errorf("%w: element %q has no end", errDiagram, name)
		}
		switch tok := tok.(type) {
		case xml.EndElement:
			if tok.Name.Local == name {
				return nil
			}
			return fmt.Errorf("%w: elements overlap", errDiagram)
		case xml.StartElement:
			return fmt.Errorf("%w: element %q has elements in it", errDiagram, name)
		}
	}
}
