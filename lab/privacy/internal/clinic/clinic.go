// Package clinic is the world of two exercises: trials of 150 patients each, and
// models of their outcome.
package clinic

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"

	"quintain/ml"
	"quintain/ml/datasets"
	"quintain/ml/graph"
	"quintain/ml/train"
)

// The sizes of a trial.
const (
	Members  = 150 // who took part
	Features = 60  // measured of each
	Others   = 450 // from the same clinics, of whom it is known that they did not
)

// A Trial is one redraw: other patients, and another truth behind the outcome.
type Trial struct {
	People ml.Batch // members and as many strangers, in random order
	In     []bool   // who of them is a member
	Others ml.Batch // no members
	Fresh  ml.Batch // no members either, to measure accuracy on; may be empty
	Seed   uint64
}

// New returns the trial of a seed, with so many fresh patients.
func New(seed uint64, fresh int) *Trial {
	b := datasets.Trial(2*Members+Others+fresh, Features, seed)
	for i, v := range b.X {
		b.X[i] = float32(math.Round(1000*float64(v)) / 1000) // as a file shows it
	}
	order := rand.New(rand.NewPCG(seed, 1)).Perm(2 * Members)
	t := &Trial{People: b.Pick(order), Others: part(b, 2*Members, 2*Members+Others), Fresh: part(b, 2*Members+Others, b.Rows()), Seed: seed}
	for _, i := range order {
		t.In = append(t.In, i < Members)
	}
	return t
}

// part returns rows of b.
func part(b ml.Batch, from, to int) ml.Batch {
	return ml.Batch{X: b.X[from*b.Dim : to*b.Dim], Y: b.Y[from:to], Dim: b.Dim}
}

// Patients returns those who took part.
func (t *Trial) Patients() ml.Batch {
	var rows []int
	for i, in := range t.In {
		if in {
			rows = append(rows, i)
		}
	}
	return t.People.Pick(rows)
}

// Sides returns the scores of members and those of strangers.
func (t *Trial) Sides(scores []float64) (members, strangers []float64) {
	for i, s := range scores {
		if t.In[i] {
			members = append(members, s)
		} else {
			strangers = append(strangers, s)
		}
	}
	return members, strangers
}

// A Recipe says how a model of the outcome is trained.
type Recipe struct {
	Hidden      int // units
	Epochs      int
	Batch       int
	Rate        float64 // of Adam
	WeightDecay float64
	Clip, Noise float64 // of DP-SGD
}

// Sponsor is how the sponsor trains.
var Sponsor = Recipe{Hidden: 32, Epochs: 30, Batch: 32, Rate: 0.005}

// Options returns r as package train has it.
func (r Recipe) Options(seed uint64) train.Options {
	return train.Options{Epochs: r.Epochs, Batch: r.Batch, Rate: r.Rate, WeightDecay: r.WeightDecay, Clip: r.Clip, Noise: r.Noise, Seed: seed, Workers: 1}
}

// Fit trains a model on b.
func (r Recipe) Fit(ctx context.Context, b ml.Batch, seed uint64) (*graph.Graph, error) {
	return train.Fit(ctx, train.MLP([]int{Features, r.Hidden, 2}, seed), b, r.Options(seed))
}

// CSV writes rows as a file.
func CSV(b ml.Batch) []byte {
	var out bytes.Buffer
	for _, f := range datasets.AboutTrial(b.Dim).Features {
		out.WriteString(f.Name + ",")
	}
	out.WriteString("label\n")
	var cell []byte
	for i := range b.Rows() {
		for _, x := range b.Row(i) {
			cell = strconv.AppendFloat(cell[:0], float64(x), 'f', 3, 32)
			out.Write(append(cell, ','))
		}
		fmt.Fprintf(&out, "%d\n", b.Y[i])
	}
	return out.Bytes()
}
