package threat

import (
	"cmp"
	"slices"
)

// backward returns which links are drawn against their direction, so that the
// others form no circle.
func (d *drawing) backward() []bool {
	out := make([][]int, len(d.elements)) // links
	indegree := make([]int, len(d.elements))
	for i, l := range d.links {
		out[l.from] = append(out[l.from], i)
		indegree[l.to]++
	}
	starts := make([]int, len(d.elements))
	for i := range starts {
		starts[i] = i
	}
	slices.SortStableFunc(starts, func(a, b int) int {
		return cmp.Or(cmp.Compare(min(indegree[a], 1), min(indegree[b], 1)), cmp.Compare(side(d.elements[a]), side(d.elements[b])))
	})
	back := make([]bool, len(d.links))
	state := make([]int, len(d.elements)) // 1 while its links are followed, 2 after
	var visit func(i int)
	visit = func(i int) {
		state[i] = 1
		for _, k := range out[i] {
			switch to := d.links[k].to; state[to] {
			case 0:
				visit(to)
			case 1:
				back[k] = true
			}
		}
		state[i] = 2
	}
	for _, i := range starts {
		if state[i] == 0 {
			visit(i)
		}
	}
	return back
}

// side says how far to the left an element likes to stand.
func side(e *Element) int {
	switch e.Kind {
	case KindHuman, KindExternal:
		return 0
	case KindDataset, KindArtifact, KindRegistry, KindSecret:
		return 1
	case KindTool, KindTelemetry, KindMCPServer:
		return 3
	default:
		return 2
	}
}

// layers returns the column of every element: right of everything that leads
// to it, and sources next to what they lead to.
func (d *drawing) layers(back []bool) []int {
	n := len(d.elements)
	next, before := make([][]int, n), make([][]int, n)
	waiting := make([]int, n)
	for i, l := range d.links {
		from, to := l.from, l.to
		if back[i] {
			from, to = to, from
		}
		next[from] = append(next[from], to)
		before[to] = append(before[to], from)
		waiting[to]++
	}
	layer := make([]int, n)
	var ready []int
	for i := range n {
		if waiting[i] == 0 {
			ready = append(ready, i)
		}
	}
	for len(ready) > 0 {
		i := ready[0]
		ready = ready[1:]
		for _, to := range next[i] {
			layer[to] = max(layer[to], layer[i]+1)
			if waiting[to]--; waiting[to] == 0 {
				ready = append(ready, to)
			}
		}
	}
	for i := range n {
		if len(before[i]) > 0 || len(next[i]) == 0 {
			continue
		}
		nearest := layer[next[i][0]]
		for _, to := range next[i] {
			nearest = min(nearest, layer[to])
		}
		layer[i] = nearest - 1
	}
	return layer
}

// parts returns for every element the first element it is connected with.
func (d *drawing) parts() []int {
	part := make([]int, len(d.elements))
	for i := range part {
		part[i] = i
	}
	var find func(i int) int
	find = func(i int) int {
		if part[i] != i {
			part[i] = find(part[i])
		}
		return part[i]
	}
	for _, l := range d.links {
		a, b := find(l.from), find(l.to)
		part[max(a, b)] = min(a, b)
	}
	for i := range part {
		find(i)
	}
	return part
}
