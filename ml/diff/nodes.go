package diff

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"slices"

	"quintain/ml/graph"
)

// A Structure is how two graphs differ, apart from their numbers.
type Structure struct {
	Nodes     [2]int     `json:"nodes"` // before and after, without those that are constants
	Opset     [2]int     `json:"opset"`
	Operators []Operator `json:"operators"`         // sorted by name
	Changes   []Change   `json:"changes,omitempty"` // in the order of the graphs
}

// Same reports whether the graphs compute the same if their numbers are.
func (s *Structure) Same() bool { return len(s.Changes) == 0 && s.Opset[0] == s.Opset[1] }

// An Operator is how often both graphs use an operator.
type Operator struct {
	Name   string `json:"name"`
	Counts [2]int `json:"counts"` // before and after
}

// A Kind says what happened to a node or to the ends of a graph.
type Kind string

// The kinds of change.
const (
	Removed   Kind = "removed"
	Added     Kind = "added"
	Attribute Kind = "attribute" // the node computes with another setting
	Wiring    Kind = "wiring"    // the node reads other values, or other ones come out at the end
	Port      Kind = "port"      // the graph takes inputs of another shape
)

// A Change is one difference of structure. Nodes count from 0, without those
// that are constants; -1 is none.
type Change struct {
	Kind   Kind   `json:"kind"`
	Op     string `json:"op,omitempty"`
	Name   string `json:"name,omitempty"`
	Before int    `json:"before"`
	After  int    `json:"after"`
	What   string `json:"what,omitempty"` // such as "alpha" or "input 1"
}

// maxAlign bounds the work of aligning two lists of nodes.
const maxAlign = 1 << 22

// align pairs the nodes of two graphs, in order: the longest list of operators
// that both have. It returns the number of the other node, or -1, for every
// node of a. Where too much differs, what lies between the common beginning and
// the common end has no partners.
func align(a, b []graph.Node) []int {
	pair := make([]int, len(a))
	for i := range pair {
		pair[i] = -1
	}
	first := 0
	for first < min(len(a), len(b)) && a[first].Op == b[first].Op {
		pair[first] = first
		first++
	}
	last := 0
	for last < min(len(a), len(b))-first && a[len(a)-1-last].Op == b[len(b)-1-last].Op {
		last++
		pair[len(a)-last] = len(b) - last
	}
	x, y := a[first:len(a)-last], b[first:len(b)-last]
	if len(x) == 0 || len(y) == 0 || len(x) > maxAlign/len(y) {
		return pair
	}
	w := len(y) + 1
	longest := make([]int32, (len(x)+1)*w) // of x from i and y from j, at i*w+j
	for i, p := range slices.Backward(x) {
		for j, q := range slices.Backward(y) {
			longest[i*w+j] = max(longest[(i+1)*w+j], longest[i*w+j+1])
			if p.Op == q.Op {
				longest[i*w+j] = 1 + longest[(i+1)*w+j+1]
			}
		}
	}
	for i, j := 0, 0; i < len(x) && j < len(y); {
		switch {
		case x[i].Op == y[j].Op:
			pair[first+i] = first + j
			i, j = i+1, j+1
		case longest[(i+1)*w+j] >= longest[i*w+j+1]:
			i++
		default:
			j++
		}
	}
	return pair
}

// compareNodes lists what differs between two graphs whose nodes are paired and
// whose constants are matched.
func compareNodes(a, b *side, pair []int, match map[string]string) Structure {
	s := Structure{Nodes: [2]int{len(a.g.Nodes), len(b.g.Nodes)}, Opset: [2]int{a.g.Opset, b.g.Opset}, Operators: operators(a, b)}
	for i := range max(len(a.g.Inputs), len(b.g.Inputs)) {
		if i >= len(a.g.Inputs) || i >= len(b.g.Inputs) || !slices.Equal(a.g.Inputs[i].Shape, b.g.Inputs[i].Shape) {
			s.Changes = append(s.Changes, Change{Kind: Port, Before: -1, After: -1, What: fmt.Sprintf("input %d", i)})
		}
	}
	e := equals{a: a, b: b, pair: pair, match: match}
	next := 0 // of b
	added := func(to int) {
		for ; next < to; next++ {
			nd := &b.g.Nodes[next]
			s.Changes = append(s.Changes, Change{Kind: Added, Op: nd.Op, Name: nd.Name, Before: -1, After: next})
		}
	}
	for i := range a.g.Nodes {
		nd, j := &a.g.Nodes[i], pair[i]
		if j < 0 {
			s.Changes = append(s.Changes, Change{Kind: Removed, Op: nd.Op, Name: nd.Name, Before: i, After: -1})
			continue
		}
		added(j)
		next = j + 1
		at := Change{Op: nd.Op, Name: nd.Name, Before: i, After: j}
		s.Changes = append(s.Changes, e.attributes(at)...)
		s.Changes = append(s.Changes, e.inputs(at)...)
	}
	added(len(b.g.Nodes))
	for i := range max(len(a.g.Outputs), len(b.g.Outputs)) {
		if i >= len(a.g.Outputs) || i >= len(b.g.Outputs) || !e.value(a.g.Outputs[i], b.g.Outputs[i]) {
			s.Changes = append(s.Changes, Change{Kind: Wiring, Before: -1, After: -1, What: fmt.Sprintf("output %d", i)})
		}
	}
	return s
}

// operators counts the operators of both graphs.
func operators(a, b *side) []Operator {
	count := make(map[string][2]int)
	for k, s := range []*side{a, b} {
		for i := range s.g.Nodes {
			c := count[s.g.Nodes[i].Op]
			c[k]++
			count[s.g.Nodes[i].Op] = c
		}
	}
	var out []Operator
	for name, c := range count {
		out = append(out, Operator{Name: name, Counts: c})
	}
	slices.SortFunc(out, func(x, y Operator) int { return cmp.Compare(x.Name, y.Name) })
	return out
}

// An equals knows which parts of two graphs correspond.
type equals struct {
	a, b  *side
	pair  []int
	match map[string]string // constants
}

// value reports whether values of the two graphs are the same: matched
// constants, the same input, or the same output of paired nodes.
func (e equals) value(x, y string) bool {
	if e.a.g.Const[x] != nil || e.b.g.Const[y] != nil {
		return e.match[x] == y && y != ""
	}
	i, made := e.a.made[x]
	j, madeToo := e.b.made[y]
	if !made || !madeToo {
		named := func(g *graph.Graph, name string) int {
			return slices.IndexFunc(g.Inputs, func(p graph.Port) bool { return p.Name == name })
		}
		return made == madeToo && named(e.a.g, x) == named(e.b.g, y)
	}
	return e.pair[i] == j && slices.Index(e.a.g.Nodes[i].Outputs, x) == slices.Index(e.b.g.Nodes[j].Outputs, y)
}

// inputs lists the inputs of a pair of nodes that differ.
func (e equals) inputs(at Change) []Change {
	x, y := e.a.g.Nodes[at.Before].Inputs, e.b.g.Nodes[at.After].Inputs
	var out []Change
	for k := range max(len(x), len(y)) {
		if k >= len(x) || k >= len(y) || !e.value(x[k], y[k]) {
			at.Kind, at.What = Wiring, fmt.Sprintf("input %d", k)
			out = append(out, at)
		}
	}
	return out
}

// attributes lists the attributes of a pair of nodes that differ.
func (e equals) attributes(at Change) []Change {
	x, y := e.a.g.Nodes[at.Before].Attr, e.b.g.Nodes[at.After].Attr
	names := slices.AppendSeq(slices.Collect(maps.Keys(x)), maps.Keys(y))
	slices.Sort(names)
	var out []Change
	for _, name := range slices.Compact(names) {
		v, has := x[name]
		w, hasToo := y[name]
		if has != hasToo || digest(v) != digest(w) {
			at.Kind, at.What = Attribute, name
			out = append(out, at)
		}
	}
	return out
}

// digest names the value of an attribute.
func digest(a graph.Attr) string {
	h := sha256.New()
	fmt.Fprintf(h, "%d %x %q %v %x %q", a.Int, a.Float, a.Text, a.Ints, a.Floats, a.Texts)
	if a.Tensor != nil {
		writeTensor(h, a.Tensor)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func writeTensor(w io.Writer, t *graph.Tensor) {
	fmt.Fprintf(w, "%v %x %v", t.Shape, t.Float, t.Int)
}
