// Package pictures is what the exercises on poisoned pictures share: rows of
// small pictures, the pipeline that trains on them, and plans that change them.
package pictures

import (
	"bytes"
	"context"
	"math"
	"strconv"

	"quintain/lab"
	"quintain/ml"
	"quintain/ml/data"
	"quintain/ml/datasets"
	"quintain/ml/graph"
	"quintain/ml/train"
)

// Classes is how many classes pictures have.
const Classes = 10

// Size is the height and width of a picture, Dim the number of its pixels.
const (
	Size = 12
	Dim  = Size * Size
)

// Draw returns rows pictures. Pixels have three digits, so that a table of them
// is neither longer nor more exact than it needs to be.
func Draw(rows int, seed uint64) ml.Batch {
	b := datasets.Glyphs(rows, Size, datasets.GlyphNoise, seed)
	for i, v := range b.X {
		b.X[i] = float32(math.Round(float64(v)*1000) / 1000)
	}
	return b
}

// Features are the names of the pixels, row by row: "p0" is the upper left.
func Features() []string {
	out := make([]string, Dim)
	for i := range out {
		out[i] = "p" + strconv.Itoa(i)
	}
	return out
}

// A Column is something else that is known about rows.
type Column struct {
	Name   string
	Values []int
}

// Table writes pictures as CSV, with other columns between pixels and label.
func Table(b ml.Batch, more ...Column) []byte {
	var out bytes.Buffer
	for _, f := range Features() {
		out.WriteString(f + ",")
	}
	for _, c := range more {
		out.WriteString(c.Name + ",")
	}
	out.WriteString("label\n")
	var line []byte
	for i := range b.Rows() {
		line = line[:0]
		for _, v := range b.Row(i) {
			line = append(strconv.AppendFloat(line, float64(v), 'g', -1, 32), ',')
		}
		for _, c := range more {
			line = append(strconv.AppendInt(line, int64(c.Values[i]), 10), ',')
		}
		line = strconv.AppendInt(line, int64(b.Y[i]), 10)
		out.Write(append(line, '\n'))
	}
	return out.Bytes()
}

// Train is the pipeline: a network of 32 hidden units.
func Train(ctx context.Context, b ml.Batch, seed uint64) (*graph.Graph, error) {
	return train.Fit(ctx, train.MLP([]int{Dim, 32, Classes}, seed), b, train.Options{Epochs: 12, Batch: 32, Rate: 0.003, Seed: seed})
}

// Hits are how many rows of each class there are, and how many of them a model
// takes for what they are.
type Hits struct{ Hit, All [Classes]int }

// Recall returns the share of a class that is found.
func (h *Hits) Recall(class int) float64 {
	return float64(h.Hit[class]) / float64(max(h.All[class], 1))
}

// Total returns the hits in all classes, and the rows.
func (h *Hits) Total() (hit, all int) {
	for k := range Classes {
		hit, all = hit+h.Hit[k], all+h.All[k]
	}
	return hit, all
}

// Accuracy returns the share of all rows that are found.
func (h *Hits) Accuracy() float64 {
	hit, all := h.Total()
	return float64(hit) / float64(max(all, 1))
}

// Add counts more.
func (h *Hits) Add(o Hits) {
	for k := range Classes {
		h.Hit[k], h.All[k] = h.Hit[k]+o.Hit[k], h.All[k]+o.All[k]
	}
}

// Measure has a model classify rows.
func Measure(ctx context.Context, g *graph.Graph, b ml.Batch) (Hits, error) {
	var h Hits
	says, err := Classify(ctx, g, b)
	for i, k := range says {
		h.All[b.Y[i]]++
		if k == int(b.Y[i]) {
			h.Hit[k]++
		}
	}
	return h, err
}

// Classify returns what a model takes rows for.
func Classify(ctx context.Context, g *graph.Graph, b ml.Batch) ([]int, error) {
	net, err := graph.Compile(g, graph.Options{})
	if err != nil {
		return nil, err
	}
	z, err := net.Predict(ctx, b)
	if err != nil {
		return nil, err
	}
	out := make([]int, b.Rows())
	for i := range out {
		out[i] = ml.Argmax(z[i*Classes : (i+1)*Classes])
	}
	return out, nil
}

// Trained trains on rows once for each seed, and measures all models together.
func Trained(ctx context.Context, rows, test ml.Batch, seeds []uint64) (Hits, error) {
	var h Hits
	for _, s := range seeds {
		g, err := Train(ctx, rows, s)
		if err != nil {
			return h, err
		}
		one, err := Measure(ctx, g, test)
		if err != nil {
			return h, err
		}
		h.Add(one)
	}
	return h, nil
}

// Plan reads a plan for rows pictures that was handed in. Labels are classes
// that there are, pixels are from 0 to 1.
func Plan(a *lab.Attempt, name string, rows int) (*data.Plan, error) {
	b, err := a.File(name)
	if err != nil {
		return nil, err
	}
	p, err := data.ReadPlan(bytes.NewReader(b), Features(), rows)
	if err != nil {
		f := lab.Faultf(name, "%v", err)
		f.Hint = "a plan has a line row,label and then a line for each row that changes, such as 17,3 or 17,drop"
		return nil, f
	}
	for _, e := range p.Edits {
		if e.Label >= Classes {
			return nil, lab.Faultf(name, "row %d gets label %d, and classes are 0 to %d", e.Row+1, e.Label, Classes-1)
		}
		for _, c := range e.Cells {
			if c.Value < 0 || c.Value > 1 {
				return nil, lab.Faultf(name, "row %d gets a pixel of %v, and pixels are from 0 to 1", e.Row+1, c.Value)
			}
		}
	}
	return p, nil
}

// Write writes a plan into a folder.
func Write(w *lab.Setup, name string, p *data.Plan) error {
	var out bytes.Buffer
	if err := p.Write(&out, Features()); err != nil {
		return err
	}
	return w.Write(name, out.Bytes())
}
