package threat

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

const labelSize = 11.0

// A label is the text of a link, in the gap right of a column.
type label struct {
	lines   []string
	x, y    float64 // of the center
	outside bool
}

// flows draws the links and then their labels, so that no line runs through a
// text.
func (w *svgWriter) flows() {
	ports := w.ports()
	labels := make(map[int][]label) // by column
	for n := range w.routes {
		r := &w.routes[n]
		outside := w.elements[r.link.from].Untrusted() || r.link.both && w.elements[r.link.to].Untrusted()
		class := "qd-flow"
		if outside {
			class += " qd-outside"
		}
		ends := ` marker-end="url(#qd-arrow)"`
		switch {
		case r.link.both:
			ends += ` marker-start="url(#qd-arrow)"`
		case r.back:
			ends = ` marker-start="url(#qd-arrow)"`
		}
		fmt.Fprintf(w, `<path class="%s" d="%s" fill="none" stroke="#5d574b"%s/>`+"\n", class, w.curve(n, ports), ends)
		if r.link.label == "" {
			continue
		}
		at := w.spots[r.spots[0]].layer
		y := (w.meets(n, 0, ports) + w.meets(n, 1, ports)) / 2
		labels[at] = append(labels[at], label{wrap(r.link.label, labelSize, gapLabel-32), w.x[at] + boxW + gapLabel/2, y, outside})
	}
	for at := range w.x {
		w.labels(labels[at])
	}
}

// labels writes the labels in one gap, moved apart where they would overlap.
func (w *svgWriter) labels(list []label) {
	slices.SortStableFunc(list, func(a, b label) int { return cmp.Compare(a.y, b.y) })
	items := make([]item, len(list))
	for i, l := range list {
		items[i] = item{l.y, float64(len(l.lines))*13 + 6, 1}
	}
	for i, y := range arrange(items) {
		l := list[i]
		width := 0.0
		for _, line := range l.lines {
			width = max(width, textWidth(line, labelSize))
		}
		height := float64(len(l.lines))*13 + 3
		class := "qd-label"
		if l.outside {
			class += " qd-outside"
		}
		fmt.Fprintf(w, `<g class="%s"><rect class="qd-chip" x="%s" y="%s" width="%s" height="%s" rx="4" fill="#fff" stroke="none"/>`, class,
			num(l.x-width/2-4), num(y-height/2), num(width+8), num(height))
		for k, line := range l.lines {
			fmt.Fprintf(w, `<text x="%s" y="%s" text-anchor="middle"><tspan font-size="11">%s</tspan></text>`,
				num(l.x), num(y-height/2+11.5+float64(k)*13), escape(line))
		}
		w.WriteString("</g>\n")
	}
}

// A port is where a route meets a spot, on one side of it.
type port struct{ route, n int }

// ports spreads the routes that meet the same side of an element over its
// height, in the order of where they come from or go to.
func (w *svgWriter) ports() map[port]float64 {
	type side struct {
		spot  int
		right bool
	}
	meet := make(map[side][]port)
	var sides []side
	for n := range w.routes {
		spots := w.routes[n].spots
		last := len(spots) - 1
		for _, s := range []struct {
			side
			port
		}{{side{spots[0], true}, port{n, 0}}, {side{spots[last], false}, port{n, last}}} {
			if meet[s.side] == nil {
				sides = append(sides, s.side)
			}
			meet[s.side] = append(meet[s.side], s.port)
		}
	}
	out := make(map[port]float64)
	for _, s := range sides {
		list := meet[s]
		slices.SortStableFunc(list, func(a, b port) int { return cmp.Compare(w.beyond(a), w.beyond(b)) })
		step := min(14, (boxH-16)/float64(len(list)))
		for i, p := range list {
			out[p] = w.spots[s.spot].y + (float64(i)-float64(len(list)-1)/2)*step
		}
	}
	return out
}

// beyond returns the height of the spot next to p on its route.
func (w *svgWriter) beyond(p port) float64 {
	spots := w.routes[p.route].spots
	if p.n == 0 {
		return w.spots[spots[1]].y
	}
	return w.spots[spots[p.n-1]].y
}

// meets returns the height at which route n meets its k-th spot.
func (w *svgWriter) meets(n, k int, ports map[port]float64) float64 {
	if y, ok := ports[port{n, k}]; ok {
		return y
	}
	return w.spots[w.routes[n].spots[k]].y
}

// curve returns the path of a route: a smooth line through the gaps, level
// where it passes a column.
func (w *svgWriter) curve(route int, ports map[port]float64) string {
	r := &w.routes[route]
	var b strings.Builder
	x := w.x[w.spots[r.spots[0]].layer] + boxW
	y := w.meets(route, 0, ports)
	fmt.Fprintf(&b, "M%s %s", num(x+2), num(y))
	for n := 1; n < len(r.spots); n++ {
		s := r.spots[n]
		tx, ty := w.x[w.spots[s].layer], w.meets(route, n, ports)
		if n == len(r.spots)-1 {
			tx -= 2
		}
		bend := (tx - x) / 2
		fmt.Fprintf(&b, "C%s %s %s %s %s %s", num(x+bend), num(y), num(tx-bend), num(ty), num(tx), num(ty))
		x, y = tx+boxW, ty
		if n < len(r.spots)-1 {
			fmt.Fprintf(&b, "H%s", num(x))
		}
	}
	return b.String()
}
