package threat

import (
	"cmp"
	"slices"
)

// The measures of a drawing, in pixels.
const (
	boxW, boxH = 182.0, 58.0
	gapMin     = 46.0 // between columns
	gapLabel   = 112.0
	rowGap     = 28.0
	bandGap    = 34.0 // between parts that are not connected
	margin     = 18.0
)

// A spot is a place in a column: an element, or where a link passes.
type spot struct {
	element int // index, or -1 for a passing link
	layer   int
	y       float64 // of the center
	w       float64 // how much it holds its place
	in, out []int   // spots in the columns before and after
}

// A route is a link with the spots it passes, from left to right.
type route struct {
	link  link
	back  bool // the link points to the left
	spots []int
}

// A layout places a drawing on the plane.
type layout struct {
	*drawing
	spots  []spot
	routes []route
	x      []float64
	width  float64
	height float64
}

// maxSpots bounds the detail of a drawing: beyond it long links are drawn
// straight.
const maxSpots = 4000

// newLayout places d in columns, from the sources on the left to the sinks on
// the right, so that links are short and cross little. Parts that are not
// connected stand one below the other.
func newLayout(d *drawing) *layout {
	l := &layout{drawing: d}
	back := d.backward()
	layers := d.layers(back)
	part := d.parts()
	for i := range d.elements {
		l.spots = append(l.spots, spot{element: i, layer: layers[i], w: 1})
	}
	for i, k := range d.links {
		r := route{link: k, back: back[i]}
		from, to := k.from, k.to
		if r.back {
			from, to = to, from
		}
		r.spots = []int{from}
		for layer := layers[from] + 1; layer < layers[to] && len(l.spots) < maxSpots; layer++ {
			r.spots = append(r.spots, len(l.spots))
			l.spots = append(l.spots, spot{element: -1, layer: layer, w: 3})
			part = append(part, part[from])
		}
		r.spots = append(r.spots, to)
		for n := range len(r.spots) - 1 {
			a, b := r.spots[n], r.spots[n+1]
			l.spots[a].out = append(l.spots[a].out, b)
			l.spots[b].in = append(l.spots[b].in, a)
		}
		l.routes = append(l.routes, r)
	}
	l.columns()
	l.stack(part)
	return l
}

// columns sets where the columns stand: further apart where there are labels.
func (l *layout) columns() {
	n := 0
	for i := range l.spots {
		n = max(n, l.spots[i].layer+1)
	}
	gap := make([]float64, n)
	for _, r := range l.routes {
		at := l.spots[r.spots[0]].layer
		gap[at] = max(gap[at], gapMin)
		if r.link.label != "" {
			gap[at] = gapLabel
		}
	}
	at := margin
	for i := range n {
		l.x = append(l.x, at)
		at += boxW + max(gap[i], gapMin)
	}
	l.width = 2*margin + boxW
	if n > 0 {
		l.width = l.x[n-1] + boxW + margin
	}
}

// stack places the parts one below the other, the largest first, and elements
// without links in rows at the end.
func (l *layout) stack(part []int) {
	spots := make(map[int][]int)
	for i, p := range part {
		spots[p] = append(spots[p], i)
	}
	var parts []int
	var alone []int
	for i := range l.elements {
		switch {
		case part[i] != i:
		case len(spots[i]) == 1:
			alone = append(alone, i)
		default:
			parts = append(parts, i)
		}
	}
	slices.SortStableFunc(parts, func(a, b int) int { return cmp.Compare(len(spots[b]), len(spots[a])) })
	y := margin
	for _, p := range parts {
		y = l.place(spots[p], y) + bandGap
	}
	fit := max(4, len(l.x))
	for n, i := range alone {
		col, row := n%fit, n/fit
		for len(l.x) <= col {
			l.x = append(l.x, l.x[len(l.x)-1]+boxW+gapMin)
			l.width = l.x[len(l.x)-1] + boxW + margin
		}
		l.spots[i].layer = col
		l.spots[i].y = y + boxH/2 + float64(row)*(boxH+rowGap)
	}
	if rows := (len(alone) + fit - 1) / fit; rows > 0 {
		y += float64(rows)*(boxH+rowGap) - rowGap + bandGap
	}
	l.height = y - bandGap + margin
}

// place orders and places the spots of one part below top and returns how far
// down it reaches.
func (l *layout) place(part []int, top float64) float64 {
	cols := make([][]int, len(l.x))
	for _, i := range part {
		at := l.spots[i].layer
		cols[at] = append(cols[at], i)
	}
	l.order(cols)
	for _, col := range cols {
		l.settle(col, func(i int) float64 { return l.spots[i].y })
	}
	for round := range 12 {
		for k := range cols {
			col := cols[k]
			if round%2 == 1 {
				col = cols[len(cols)-1-k]
			}
			l.settle(col, l.middle)
		}
	}
	first, last := 1e18, -1e18
	for _, i := range part {
		first, last = min(first, l.spots[i].y-l.half(i)), max(last, l.spots[i].y+l.half(i))
	}
	for _, i := range part {
		l.spots[i].y += top - first
	}
	return top + last - first
}

// half is half of the height of a spot.
func (l *layout) half(i int) float64 {
	if l.spots[i].element < 0 {
		return 5
	}
	return boxH / 2
}

// order arranges every column so that few links cross: each spot goes to the
// average position of its neighbors, sweeping back and forth, and the best
// arrangement seen is kept.
func (l *layout) order(cols [][]int) {
	at := make([]float64, len(l.spots))
	number := func() {
		for _, col := range cols {
			for n, i := range col {
				at[i] = float64(n)
			}
		}
	}
	number()
	best, least := clone(cols), l.crossings(cols, at)
	for sweep := range 10 {
		for k := range cols {
			col := cols[k]
			near := func(i int) []int { return l.spots[i].in }
			if sweep%2 == 1 {
				col = cols[len(cols)-1-k]
				near = func(i int) []int { return l.spots[i].out }
			}
			weight := make(map[int]float64)
			for _, i := range col {
				weight[i] = average(near(i), at[i], func(j int) float64 { return at[j] })
			}
			slices.SortStableFunc(col, func(a, b int) int { return cmp.Compare(weight[a], weight[b]) })
			for n, i := range col {
				at[i] = float64(n)
			}
		}
		if n := l.crossings(cols, at); n < least {
			best, least = clone(cols), n
		}
	}
	copy(cols, best)
	for _, col := range cols {
		for n, i := range col {
			l.spots[i].y = float64(n) * (boxH + rowGap)
		}
	}
}

// crossings counts pairs of links that cross between neighboring columns.
func (l *layout) crossings(cols [][]int, at []float64) int {
	n := 0
	for _, col := range cols {
		var ends []float64 // of links in the order of their starts
		for _, i := range col {
			from := len(ends)
			for _, j := range l.spots[i].out {
				ends = append(ends, at[j])
			}
			slices.Sort(ends[from:])
		}
		for i := range ends {
			for j := max(0, i-200); j < i; j++ { // enough to compare arrangements
				if ends[j] > ends[i] {
					n++
				}
			}
		}
	}
	return n
}

// middle returns where spot i would like to be: between its neighbors.
func (l *layout) middle(i int) float64 {
	s := &l.spots[i]
	y := func(j int) float64 { return l.spots[j].y }
	switch {
	case len(s.in) == 0:
		return average(s.out, s.y, y)
	case len(s.out) == 0:
		return average(s.in, s.y, y)
	}
	return (average(s.in, s.y, y) + average(s.out, s.y, y)) / 2
}

// settle moves the spots of a column as near as possible to where they would
// like to be, keeping their order and distance.
func (l *layout) settle(col []int, want func(int) float64) {
	items := make([]item, len(col))
	for n, i := range col {
		items[n] = item{want: want(i), size: 2*l.half(i) + rowGap, weight: l.spots[i].w}
	}
	for n, y := range arrange(items) {
		l.spots[col[n]].y = y
	}
}

// An item wants its center at a place and needs room around it.
type item struct{ want, size, weight float64 }

// arrange returns centers for items, in their order and without overlap, with
// the least weighted sum of squared distances from where they want to be.
func arrange(items []item) []float64 {
	type block struct {
		sum, weight float64 // of wanted places of the first item
		n           int
	}
	var blocks []block
	offset := make([]float64, len(items)) // of each center from the first
	for i, it := range items {
		if i > 0 {
			offset[i] = offset[i-1] + (items[i-1].size+it.size)/2
		}
		blocks = append(blocks, block{(it.want - offset[i]) * it.weight, it.weight, 1})
		for k := len(blocks) - 1; k > 0 && blocks[k-1].sum/blocks[k-1].weight > blocks[k].sum/blocks[k].weight; k-- {
			blocks[k-1] = block{blocks[k-1].sum + blocks[k].sum, blocks[k-1].weight + blocks[k].weight, blocks[k-1].n + blocks[k].n}
			blocks = blocks[:k]
		}
	}
	var out []float64
	for _, b := range blocks {
		for range b.n {
			out = append(out, b.sum/b.weight+offset[len(out)])
		}
	}
	return out
}

// average returns the mean of f over list, or otherwise if that is empty.
func average(list []int, otherwise float64, f func(int) float64) float64 {
	if len(list) == 0 {
		return otherwise
	}
	sum := 0.0
	for _, i := range list {
		sum += f(i)
	}
	return sum / float64(len(list))
}

func clone(cols [][]int) [][]int {
	out := make([][]int, len(cols))
	for i := range cols {
		out[i] = slices.Clone(cols[i])
	}
	return out
}
