package threat

import (
	"cmp"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

//go:embed svg.css
var style string

// SVGOptions say how to draw a model.
type SVGOptions struct {
	Title string // for readers that cannot see the drawing; the model's name if empty

	// Class returns a class to put on the group of an element, such as
	// "el-failed", or "". It may be nil.
	Class func(id string) string
}

// SVG draws the model from left to right: what comes in, what works on it,
// where it goes. The drawing depends on the model and o only. It refers to
// nothing outside; its classes start with "qd-" and its colors can be set by
// the CSS variables --qd-ink, --qd-soft, --qd-line, --qd-card, --qd-paper,
// --qd-outside and --qd-accent of the page around it.
func (m *Model) SVG(o SVGOptions) []byte {
	l := newLayout(newDrawing(m))
	w := &svgWriter{layout: l, class: o.Class}
	legend := w.legendHeight()
	fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" class="qd" viewBox="0 0 %s %s" width="%[1]s" height="%[2]s" role="img" aria-labelledby="qd-title qd-desc" font-family="system-ui, sans-serif">`,
		num(l.width), num(l.height+legend))
	fmt.Fprintf(w, "\n<title id=\"qd-title\">%s</title>\n<desc id=\"qd-desc\">%s</desc>\n<style>\n%s</style>\n", escape(cmp.Or(o.Title, m.Name)), escape(l.describe()), style)
	w.WriteString(`<defs><marker id="qd-arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path class="qd-head" d="M0 0.5L8 4L0 7.5z"/></marker></defs>` + "\n")
	w.zones()
	w.flows()
	for i := range l.elements {
		w.box(i)
	}
	w.legend()
	w.WriteString("</svg>\n")
	return []byte(w.String())
}

// describe says in words what is drawn.
func (d *drawing) describe() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d elements, %d flows.", len(d.elements), len(d.links))
	for i, l := range d.links {
		if i == 60 {
			b.WriteString(" And more.")
			break
		}
		to := "to"
		if l.both {
			to = "to and from"
		}
		fmt.Fprintf(&b, " %s %s %s", d.elements[l.from].Title(), to, d.elements[l.to].Title())
		if l.label != "" {
			b.WriteString(": " + l.label)
		}
		b.WriteString(".")
	}
	return b.String()
}

// An svgWriter writes the parts of a drawing.
type svgWriter struct {
	strings.Builder
	*layout
	class func(string) string
}

// zones tints the places where strangers decide.
func (w *svgWriter) zones() {
	byColumn := make(map[int][]int)
	columns := 0
	for i := range w.spots {
		at := w.spots[i].layer
		byColumn[at] = append(byColumn[at], i)
		columns = max(columns, at+1)
	}
	for at := range columns {
		col := byColumn[at]
		slices.SortStableFunc(col, func(a, b int) int { return cmp.Compare(w.spots[a].y, w.spots[b].y) })
		for n := 0; n < len(col); n++ {
			first := n
			for n < len(col) && w.spots[col[n]].element >= 0 && w.elements[w.spots[col[n]].element].Trust == Untrusted {
				n++
			}
			if n == first {
				continue
			}
			top, bottom := w.spots[col[first]].y-boxH/2-9, w.spots[col[n-1]].y+boxH/2+9
			fmt.Fprintf(w, `<rect class="qd-zone" x="%s" y="%s" width="%s" height="%s" rx="12"/>`+"\n", num(w.x[at]-9), num(top), num(boxW+18), num(bottom-top))
		}
	}
}

// box draws an element.
func (w *svgWriter) box(i int) {
	e := w.elements[i]
	x, y := w.x[w.spots[i].layer], w.spots[i].y-boxH/2
	class := "qd-el qd-kind-" + string(e.Kind)
	if e.Untrusted() {
		class += " qd-untrusted"
	}
	mark := ""
	if w.class != nil {
		if c := w.class(e.ID); c != "" {
			class += " " + c
			mark = marks[c]
		}
	}
	fmt.Fprintf(w, `<g class="%s" data-id="%s"><title>%s</title>`, escape(class), escape(e.ID), escape(e.describe()))
	dash := ""
	if e.Untrusted() {
		dash = ` stroke-dasharray="5 3"`
	}
	fmt.Fprintf(w, `<rect class="qd-box" x="%s" y="%s" width="%s" height="%s" rx="7" fill="#fff" stroke="#5d574b"%s/>`, num(x), num(y), num(boxW), num(boxH), dash)
	fmt.Fprintf(w, `<g transform="translate(%s %s)"><path class="qd-icon" d="%s" fill="none" stroke="#5d574b"/></g>`, num(x+10), num(y+9), icon(e.Kind))
	fmt.Fprintf(w, `<text class="qd-kind" x="%s" y="%s"><tspan font-size="10" letter-spacing="0.5" fill-opacity="0.75">%s</tspan></text>`, num(x+32), num(y+19), escape(strings.ToUpper(strings.ReplaceAll(string(e.Kind), "-", " "))))
	fmt.Fprintf(w, `<text class="qd-name" x="%s" y="%s"><tspan font-size="12.5" font-weight="600">%s</tspan></text>`, num(x+10), num(y+36), escape(fit(e.Title(), 12.5*1.18, boxW-18)))
	fmt.Fprintf(w, `<text class="qd-facts" x="%s" y="%s"><tspan font-size="10.5" fill-opacity="0.75">%s</tspan></text>`, num(x+10), num(y+50), escape(fit(e.facts(), 10.5, boxW-20)))
	if mark != "" {
		fmt.Fprintf(w, `<text class="qd-mark" x="%s" y="%s" text-anchor="end"><tspan font-size="13" font-weight="700">%s</tspan></text>`, num(x+boxW-9), num(y+19), mark)
	}
	w.WriteString("</g>\n")
}

// marks repeat what the color of a class says.
var marks = map[string]string{
	"el-failed": "✕", "el-stale": "↻", "el-open": "?", "el-accepted": "≈", "el-resisted": "✓", "el-unreachable": "–",
}

// facts says what matters about e in a few words.
func (e *Element) facts() string {
	var s []string
	switch {
	case e.Trust == Untrusted:
		s = append(s, "untrusted")
	case e.Foreign() && e.Fixed():
		s = append(s, string(e.Provenance.Origin)+", pinned")
	case e.Foreign():
		s = append(s, string(e.Provenance.Origin)+", not pinned")
	}
	for _, d := range sorted(e.Data) {
		s = append(s, string(d))
	}
	for _, a := range sorted(e.Can) {
		s = append(s, string(a))
	}
	if e.Task != "" {
		s = append(s, string(e.Task))
	}
	if e.Format != "" {
		s = append(s, e.Format)
	}
	if len(s) == 0 {
		s = append(s, string(e.Trust))
	}
	return strings.Join(s, " · ")
}

// describe says all of it.
func (e *Element) describe() string {
	s := e.Title() + " (" + string(e.Kind) + "): " + strings.TrimPrefix(e.facts(), string(e.Trust)+" · ")
	if !strings.Contains(s, string(e.Trust)) {
		s += " · " + string(e.Trust)
	}
	if e.Description != "" {
		s += ". " + strings.Join(strings.Fields(e.Description), " ")
	}
	return s
}

// escape makes s the text or attribute of an XML document.
func escape(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '&':
			b.WriteString("&amp;")
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '"':
			b.WriteString("&quot;")
		case r == '\'':
			b.WriteString("&#39;")
		case r == '\n' || r == '\t' || r == '\r':
			b.WriteByte(' ')
		case r < ' ' || r == 0x7f || r == 0xfffe || r == 0xffff || r == utf8.RuneError:
			b.WriteRune(utf8.RuneError)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
