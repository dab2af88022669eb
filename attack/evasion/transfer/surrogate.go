package transfer

import (
	"context"
	"fmt"
	"slices"

	"quintain/attack/evasion"
	"quintain/ml"
	"quintain/ml/graph"
	"quintain/ml/train"
)

const (
	alike  = 2       // surrogates of the model's own architecture, where it is known
	others = 3       // of other kinds where it is not
	epochs = 40      // of training
	effort = 1 << 36 // operations that training may take, about, for each surrogate
	passes = 3       // forward and backward, in units of forward
)

// A set is surrogates.
type set struct {
	models []ml.Model
	about  string
}

// surrogates trains models on the attacker's own rows: of the architecture of
// the model where that is known and can be trained within bounds, with fresh
// weights, and of others.
func surrogates(ctx context.Context, tr *evasion.Trial) (*set, error) {
	own := tr.Own
	if own.Rows() == 0 || slices.Max(own.Y) == slices.Min(own.Y) {
		return nil, fmt.Errorf("%w: a surrogate learns nothing from %d rows of one class", evasion.ErrUnfit, own.Rows())
	}
	s, same, why := &set{}, 0, ""
	if tr.Like != nil {
		for i := range uint64(alike) {
			m, err := again(ctx, tr, tr.Seed+i)
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			if err != nil {
				why = fmt.Sprintf(" (none has the model's architecture: %v)", err)
				break
			}
			s.models = append(s.models, m)
			same++
		}
	}
	classes := tr.Model.Spec().Classes
	for i, hidden := range [others][]int{{64}, {32, 32}, nil} {
		if len(s.models) >= max(others, same+1) {
			break
		}
		m, err := plain(ctx, tr, hidden, classes, tr.Seed+alike+uint64(i))
		if err != nil {
			return nil, err
		}
		s.models = append(s.models, m)
	}
	s.about = fmt.Sprintf("%d surrogates, %d of them with the model's architecture%s", len(s.models), same, why)
	return s, nil
}

// again trains the model's architecture anew.
func again(ctx context.Context, tr *evasion.Trial, seed uint64) (ml.Model, error) {
	g, err := train.Reinit(tr.Like, seed)
	if err != nil {
		return nil, err
	}
	rounds := int64(tr.Own.Rows()) * epochs * passes
	if _, err := graph.Compile(g, graph.Options{MaxWork: max(1, effort/rounds)}); err != nil {
		return nil, fmt.Errorf("it takes too long to train: %w", err)
	}
	m, err := fit(ctx, g, tr.Own, seed)
	if err != nil {
		return nil, err
	}
	if n := hits(ctx, m, tr.Own); n <= commonest(tr.Own.Y) {
		return nil, fmt.Errorf("trained on %d rows it is right about %d, no more than the commonest class", tr.Own.Rows(), n)
	}
	if tr.Model.Spec().Classes == 2 && m.Spec().Classes > 2 { // the goal is one class, called 1
		return evasion.Toward(m, 1), nil
	}
	return m, nil
}

// plain trains a network of fully connected layers on features in units of
// their range. The larger the rows, the fewer units and epochs it gets.
func plain(ctx context.Context, tr *evasion.Trial, hidden []int, classes int, seed uint64) (ml.Model, error) {
	widths := []int{tr.Own.Dim}
	for _, n := range hidden {
		room := effort / (int64(tr.Own.Rows()) * epochs * passes * int64(tr.Own.Dim))
		widths = append(widths, max(4, min(n, int(min(room, 1<<20)))))
	}
	g := train.MLP(append(widths, classes), seed)
	inUnits(g, tr.Ball.Low, tr.Ball.High)
	return fit(ctx, g, tr.Own, seed)
}

func fit(ctx context.Context, g *graph.Graph, own ml.Batch, seed uint64) (ml.Model, error) {
	g, err := train.Fit(ctx, g, own, train.Options{Epochs: epochs, Batch: 16, Rate: 2e-3, Seed: seed})
	if err != nil {
		return nil, err
	}
	return graph.Compile(g, graph.Options{})
}

// inUnits puts before g what brings features to units of their range.
func inUnits(g *graph.Graph, low, high []float32) {
	in, dim := g.Inputs[0].Name, len(low)
	width := make([]float32, dim)
	for i := range width {
		if width[i] = high[i] - low[i]; !(width[i] > 0) {
			width[i] = 1
		}
	}
	for i := range g.Nodes {
		for k, name := range g.Nodes[i].Inputs {
			if name == in {
				g.Nodes[i].Inputs[k] = "in units"
			}
		}
	}
	g.Const["least"] = &graph.Tensor{Shape: []int{dim}, Float: slices.Clone(low)}
	g.Const["width"] = &graph.Tensor{Shape: []int{dim}, Float: width}
	g.Nodes = append([]graph.Node{
		{Op: "Sub", Inputs: []string{in, "least"}, Outputs: []string{"from least"}},
		{Op: "Div", Inputs: []string{"from least", "width"}, Outputs: []string{"in units"}},
	}, g.Nodes...)
}

// hits counts the rows that m classifies as they are labeled.
func hits(ctx context.Context, m ml.Model, b ml.Batch) int {
	wrong, err := evasion.Fooled(ctx, m, b)
	n := 0
	for _, w := range wrong {
		if !w && err == nil {
			n++
		}
	}
	return n
}

// commonest counts the rows of the commonest class.
func commonest(y []int32) int {
	count, most := make(map[int32]int), 0
	for _, v := range y {
		count[v]++
		most = max(most, count[v])
	}
	return most
}
