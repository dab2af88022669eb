package diff

import (
	"fmt"
	"math"
	"slices"

	"quintain/ml/graph"
)

// A Tensor is a constant of one or both models: weights, but also tables and
// shapes. Numbers that are not finite in one of the two are left out of norms.
type Tensor struct {
	Before    string  `json:"before,omitempty"` // its name; empty if there is none
	After     string  `json:"after,omitempty"`
	Shape     []int   `json:"shape"`
	Values    int     `json:"values"`
	Changed   int     `json:"changed"`             // how many of them differ
	Norm      float64 `json:"norm"`                // Euclidean, before
	Change    float64 `json:"change"`              // Euclidean norm of the difference
	Largest   float64 `json:"largest"`             // of all differences, with its sign
	At        []int   `json:"at,omitempty"`        // where that is
	NotFinite int     `json:"notFinite,omitempty"` // values that are not finite before or after
}

// Both reports whether both models have it.
func (t *Tensor) Both() bool { return t.Before != "" && t.After != "" }

// unused lists the constants that no node reads, sorted.
func unused(g *graph.Graph, seen map[string]bool) []string {
	var out []string
	for name := range g.Const {
		if !seen[name] {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// compareTensors compares the constants of two models: first those of one name
// and shape, then the others that have one shape, in the order in which they
// are used. It returns which constants of b are those of a.
func compareTensors(a, b *side) ([]Tensor, map[string]string) {
	match, taken := make(map[string]string), make(map[string]bool)
	for _, name := range a.order {
		if u := b.g.Const[name]; u != nil && key(a.g.Const[name]) == key(u) {
			match[name], taken[name] = name, true
		}
	}
	free := make(map[string][]string) // of b, by shape
	for _, name := range b.order {
		if !taken[name] {
			k := key(b.g.Const[name])
			free[k] = append(free[k], name)
		}
	}
	var out []Tensor
	for _, name := range a.order {
		t := a.g.Const[name]
		k := key(t)
		if match[name] == "" && len(free[k]) > 0 {
			match[name], free[k] = free[k][0], free[k][1:]
			taken[match[name]] = true
		}
		d := Tensor{Before: name, After: match[name], Shape: t.Shape, Values: max(len(t.Float), len(t.Int))}
		if d.After == "" {
			d.count(t, t)
		} else {
			d.count(t, b.g.Const[d.After])
		}
		out = append(out, d)
	}
	for _, name := range b.order {
		if !taken[name] {
			t := b.g.Const[name]
			out = append(out, Tensor{After: name, Shape: t.Shape, Values: max(len(t.Float), len(t.Int))})
		}
	}
	return out, match
}

// key is equal for tensors that can be compared value by value.
func key(t *graph.Tensor) string {
	return fmt.Sprint(t.Shape, len(t.Float), len(t.Int), t.Int != nil)
}

// count compares the values of v and w, which have one [key].
func (t *Tensor) count(v, w *graph.Tensor) {
	at := -1
	var norm, change float64
	add := func(i int, x, y float64) {
		norm += x * x
		change += (y - x) * (y - x)
		if math.Abs(y-x) > math.Abs(t.Largest) {
			t.Largest, at = y-x, i
		}
	}
	for i, x := range v.Float {
		y := w.Float[i]
		if math.Float32bits(x) != math.Float32bits(y) && x != y { // 0 and -0 are one number
			t.Changed++
		}
		if !finite(x) || !finite(y) {
			t.NotFinite++
			continue
		}
		add(i, float64(x), float64(y))
	}
	for i, x := range v.Int {
		if x != w.Int[i] {
			t.Changed++
		}
		add(i, float64(x), float64(w.Int[i]))
	}
	t.Norm, t.Change = math.Sqrt(norm), math.Sqrt(change)
	if at >= 0 {
		t.At = place(at, t.Shape)
	}
}

func finite(x float32) bool { return x-x == 0 }

// place returns the indices of value i of a tensor.
func place(i int, shape []int) []int {
	out := make([]int, len(shape))
	for k := len(shape) - 1; k >= 0; k-- {
		if d := shape[k]; d > 0 {
			out[k] = i % d
			i /= d
		}
	}
	return out
}
