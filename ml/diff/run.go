package diff

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"quintain"
	"quintain/ml"
	"quintain/ml/graph"
	"quintain/stats"
)

// A Behavior is what two models do with the same rows.
type Behavior struct {
	Rows     int              `json:"rows"`
	Disagree quintain.Measure `json:"disagree"` // share of the rows that they take for different classes
	Right    [2]int           `json:"right"`    // rows taken for what they are labeled, before and after
	Classes  []Class          `json:"classes"`
}

// A Class is what two models do with the rows of one label, and how often they
// answer with it. Counts are before and after.
type Class struct {
	Label    int    `json:"label"`
	Rows     int    `json:"rows"`
	Disagree int    `json:"disagree"`
	Right    [2]int `json:"right"`
	Answers  [2]int `json:"answers"` // rows of any label that are taken for it
}

// An Activity is what a unit makes of rows, before and after. The units of a
// convolution count with the mean over all places.
type Activity struct {
	Mean  [2]float64 `json:"mean"`
	Fires [2]float64 `json:"fires"` // share of the rows for which it is above 0
}

// maxActive is how many layers are watched while they run.
const maxActive = 16

// maxHeld is how many activations are held at a time.
const maxHeld = 1 << 24

// Run has both models classify the labeled rows b, and adds to the layers of r,
// the first 16 whose weights changed, what their units make of them. An error
// says that a model cannot run or takes no such rows.
func (r *Report) Run(ctx context.Context, before, after *graph.Graph, b ml.Batch) (*Behavior, error) {
	var says [2][]int
	classes := 0
	for k, g := range []*graph.Graph{before, after} {
		net, err := graph.Compile(g, graph.Options{})
		if err != nil {
			return nil, fmt.Errorf("the model %s: %w", when[k], err)
		}
		if err := b.Check(net.Spec()); err != nil {
			return nil, fmt.Errorf("the model %s: %w", when[k], err)
		}
		if says[k], err = answers(ctx, net, b); err != nil {
			return nil, fmt.Errorf("the model %s: %w", when[k], err)
		}
		classes = max(classes, net.Spec().Classes)
	}
	if b.Rows() == 0 || len(b.Y) != b.Rows() {
		return nil, errors.New("there are no labeled rows to compare the models on")
	}
	watched := 0
	for i := range r.Layers {
		if l := &r.Layers[i]; !l.Last && l.changed() && watched < maxActive {
			watched++
			if err := l.watch(ctx, before, after, b); err != nil {
				return nil, err
			}
		}
	}
	return behave(says, b.Y, classes), nil
}

// when names the two models in errors.
var when = [2]string{"before", "after"}

// answers returns the class that a model takes every row for, -1 for none.
func answers(ctx context.Context, m ml.Oracle, b ml.Batch) ([]int, error) {
	z, err := m.Predict(ctx, b)
	if err != nil {
		return nil, err
	}
	classes := m.Spec().Classes
	out := make([]int, b.Rows())
	for i := range out {
		out[i] = ml.Argmax(z[i*classes : (i+1)*classes])
	}
	return out, nil
}

// behave counts what two models say of rows.
func behave(says [2][]int, labels []int32, classes int) *Behavior {
	out := &Behavior{Rows: len(labels), Classes: make([]Class, classes)}
	differ := 0
	for i, y := range labels {
		c := &out.Classes[y]
		c.Rows++
		if says[0][i] != says[1][i] {
			c.Disagree++
			differ++
		}
		for k := range says {
			if s := says[k][i]; s >= 0 {
				out.Classes[s].Answers[k]++
				if s == int(y) {
					c.Right[k]++
					out.Right[k]++
				}
			}
		}
	}
	for y := range out.Classes {
		out.Classes[y].Label = y
	}
	out.Disagree = stats.Proportion("share of rows on which the models disagree", differ, len(labels), 0)
	return out
}

// changed reports whether any unit of l did.
func (l *Layer) changed() bool {
	return slices.ContainsFunc(l.Units, func(u Unit) bool { return u.Change() > 0 })
}

// watch runs both models up to l, and fills in what its units do. Nothing is
// filled in where that cannot be told: for a single unit, and where the two
// models or their graphs do not give one value for each unit.
func (l *Layer) watch(ctx context.Context, before, after *graph.Graph, b ml.Batch) error {
	n := len(l.Units)
	if n < 2 {
		return nil
	}
	activity := make([]Activity, n)
	for k, g := range []*graph.Graph{before, after} {
		net, err := graph.Compile(until(g, l.value[k]), graph.Options{})
		if err != nil || net.Spec().Classes%n != 0 {
			return nil //nolint:nilerr // a value that cannot be looked at alone
		}
		if err := tally(ctx, net, b, k, activity); err != nil {
			return err
		}
	}
	for u := range l.Units {
		l.Units[u].Activity = &activity[u]
	}
	return nil
}

// tally adds up what the units of a layer make of rows.
func tally(ctx context.Context, net *graph.Net, b ml.Batch, k int, to []Activity) error {
	width := net.Spec().Classes
	places := width / len(to)
	chunk := max(1, maxHeld/width)
	for first := 0; first < b.Rows(); first += chunk {
		last := min(first+chunk, b.Rows())
		z, err := net.Predict(ctx, ml.Batch{X: b.X[first*b.Dim : last*b.Dim], Dim: b.Dim})
		if err != nil {
			return err
		}
		for i := range z {
			if i%places != 0 {
				continue
			}
			sum := 0.0
			for _, v := range z[i : i+places] {
				sum += finiteOr0(v)
			}
			a := &to[i%width/places]
			a.Mean[k] += sum / float64(places*b.Rows())
			if sum > 0 {
				a.Fires[k] += 1 / float64(b.Rows())
			}
		}
	}
	return nil
}

// until returns the graph up to a value.
func until(g *graph.Graph, value string) *graph.Graph {
	out := &graph.Graph{Opset: g.Opset, Inputs: g.Inputs, Outputs: []string{value}, Const: maps.Clone(g.Const)}
	for _, nd := range g.Nodes {
		out.Nodes = append(out.Nodes, nd)
		if slices.Contains(nd.Outputs, value) {
			break
		}
	}
	return out
}
