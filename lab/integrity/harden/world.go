package harden

import (
	"bytes"
	"context"
	"math"
	"strconv"

	"quintain/lab"
	"quintain/ml"
	"quintain/ml/datasets"
	"quintain/ml/graph"
	"quintain/ml/onnx"
	"quintain/ml/train"
)

const (
	side   = 14
	hidden = 96
	taught = 2000 // images to train on
	tested = 200  // images to test on
	limit  = 0.10 // the most that a pixel may move
)

// setup hands over the reader, the vendor's patch of it, and images.
func setup(ctx context.Context, w *lab.Setup) error {
	g, err := learn(ctx, w.Source, "reader")
	if err != nil {
		return err
	}
	for name, m := range map[string]*graph.Graph{"reader.onnx": g, "vendor.onnx": saturated(g)} {
		b, err := onnx.Marshal(m)
		if err != nil {
			return err
		}
		if err := w.Write(name, b); err != nil {
			return err
		}
	}
	if err := w.Write("train.csv", table(drawn(taught, w.Seed("reader images")))); err != nil {
		return err
	}
	return w.Write("test.csv", table(drawn(tested, w.Seed("test"))))
}

// learn trains a reader on clean images.
func learn(ctx context.Context, s *lab.Source, name string) (*graph.Graph, error) {
	b := drawn(taught, s.Seed(name+" images"))
	return train.Fit(ctx, train.MLP([]int{b.Dim, hidden, 10}, s.Seed(name)), b, train.Options{
		Epochs: 6, Rate: 0.005, Seed: s.Seed(name + " order"),
	})
}

// saturated is the vendor's patch: the answers of g, driven so far apart that
// probabilities become 1 and 0 and have no slope any more. What it reads is what
// g reads.
func saturated(g *graph.Graph) *graph.Graph {
	v := g.Clone()
	number := func(name string, x float32) string {
		v.Const[name] = &graph.Tensor{Shape: []int{1}, Float: []float32{x}}
		return name
	}
	v.Nodes = append(
		v.Nodes,
		graph.Node{Op: "Mul", Name: "sharpen", Inputs: []string{v.Outputs[0], number("gain", 60)}, Outputs: []string{"sharp"}},
		graph.Node{Op: "Softmax", Name: "decide", Inputs: []string{"sharp"}, Outputs: []string{"sure"}, Attr: map[string]graph.Attr{"axis": {Int: -1}}},
		graph.Node{Op: "Mul", Name: "score", Inputs: []string{"sure", number("full", 12)}, Outputs: []string{"scores"}},
	)
	v.Outputs = []string{"scores"}
	return v
}

// rounded rounds the input of g to four levels of gray, by three steep steps.
func rounded(g *graph.Graph) *graph.Graph {
	v := g.Clone()
	number := func(name string, x float32) string {
		v.Const[name] = &graph.Tensor{Shape: []int{1}, Float: []float32{x}}
		return name
	}
	in, sum := v.Inputs[0].Name, ""
	var nodes []graph.Node
	add := func(op, to string, inputs ...string) string {
		nodes = append(nodes, graph.Node{Op: op, Name: to, Inputs: inputs, Outputs: []string{to}})
		return to
	}
	for i, at := range []float32{1. / 6, 3. / 6, 5. / 6} {
		id := strconv.Itoa(i)
		d := add("Sub", "above"+id, in, number("step"+id, at))
		d = add("Sigmoid", "on"+id, add("Mul", "steep"+id, d, number("slope"+id, 3000)))
		if sum != "" {
			d = add("Add", "sum"+id, sum, d)
		}
		sum = d
	}
	gray := add("Mul", "gray", sum, number("third", 1./3))
	for i := range v.Nodes {
		for k, name := range v.Nodes[i].Inputs {
			if name == in {
				v.Nodes[i].Inputs[k] = gray
			}
		}
	}
	v.Nodes = append(nodes, v.Nodes...)
	return v
}

// reader returns a model of the exercise, made again from the seed: what lies in
// the learner's folder may have been changed.
func reader(ctx context.Context, a *lab.Attempt, name string) (*graph.Net, error) {
	return lab.Once(a, name, func() (*graph.Net, error) {
		g, err := learn(ctx, a.Source, name)
		if err != nil {
			return nil, err
		}
		return graph.Compile(g, graph.Options{})
	})
}

func vendor(ctx context.Context, a *lab.Attempt) (*graph.Net, error) {
	return lab.Once(a, "vendor", func() (*graph.Net, error) {
		g, err := learn(ctx, a.Source, "reader")
		if err != nil {
			return nil, err
		}
		return graph.Compile(saturated(g), graph.Options{})
	})
}

// drawn draws images, rounded as the files have them.
func drawn(rows int, seed uint64) ml.Batch {
	b := datasets.Glyphs(rows, side, datasets.GlyphNoise, seed)
	for i, v := range b.X {
		b.X[i] = float32(math.Round(1000*float64(v)) / 1000)
	}
	return b
}

// table writes images as CSV.
func table(b ml.Batch) []byte {
	var out bytes.Buffer
	for p := range b.Dim {
		out.WriteString("p" + strconv.Itoa(p) + ",")
	}
	out.WriteString("label\n")
	var cell []byte
	for i := range b.Rows() {
		for _, v := range b.Row(i) {
			cell = strconv.AppendFloat(cell[:0], float64(v), 'g', -1, 32)
			out.Write(append(cell, ','))
		}
		out.WriteString(strconv.Itoa(int(b.Y[i])) + "\n")
	}
	return out.Bytes()
}
