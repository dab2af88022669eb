//go:build unix

package train_test

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"quintain/ml"
	"quintain/ml/datasets"
	"quintain/ml/graph"
	"quintain/ml/train"
)

// What an epoch costs with one worker; testdata/bench_torch.py measures PyTorch
// on the same nets, numbers of rows and minibatches, and testdata/bench.sh runs
// the two in one sitting.
func BenchmarkEpoch(b *testing.B) {
	tr, _ := datasets.Split(datasets.Digits())
	big := datasets.Glyphs(512, 28, datasets.GlyphNoise, 1)
	for _, c := range []struct {
		name string
		g    *graph.Graph
		rows ml.Batch
		o    train.Options
	}{
		{"mlp/32", train.MLP([]int{64, 128, 64, 10}, 1), tr, train.Options{Batch: 32}},
		{"mlp/128", train.MLP([]int{64, 128, 64, 10}, 1), tr, train.Options{Batch: 128}},
		{"cnn8/32", train.CNN([3]int{1, 8, 8}, []int{16, 32}, 64, 10, 1), tr, train.Options{Batch: 32}},
		{"cnn28/128", train.CNN([3]int{1, 28, 28}, []int{16, 32}, 64, 10, 1), big, train.Options{Batch: 128}},
		{"pooled8/32", pooled(b, 8), tr, train.Options{Batch: 32}},
		{"pooled28/128", pooled(b, 28), big, train.Options{Batch: 128}},
		{"mlp/128/private", train.MLP([]int{64, 128, 64, 10}, 1), tr, train.Options{Batch: 128, Clip: 1, Noise: 1}},
		{"cnn8/128", train.CNN([3]int{1, 8, 8}, []int{16, 32}, 64, 10, 1), tr, train.Options{Batch: 128}},
		{"cnn8/128/private", train.CNN([3]int{1, 8, 8}, []int{16, 32}, 64, 10, 1), tr, train.Options{Batch: 128, Clip: 1, Noise: 1}},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			o := c.o
			o.Epochs, o.Workers = b.N, 1
			start := used(b)
			if _, err := train.Fit(b.Context(), c.g, c.rows, o); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64((used(b)-start).Microseconds())/1000/float64(b.N), "cpu-ms/op")
		})
	}
}

// What a step of an attack costs with one worker: the gradient with respect to
// 200 rows.
func BenchmarkStep(b *testing.B) {
	for _, c := range []struct {
		name string
		g    *graph.Graph
	}{{"mlp", train.MLP([]int{64, 128, 64, 10}, 1)}, {"pooled8", pooled(b, 8)}, {"pooled28", pooled(b, 28)}} {
		b.Run(c.name, func(b *testing.B) {
			start := used(b)
			steps(b, c.g, 1)
			b.ReportMetric(float64((used(b)-start).Microseconds())/1000/float64(b.N), "cpu-ms/op")
		})
	}
}

// steps asks for b.N gradients with respect to 200 rows.
func steps(b *testing.B, g *graph.Graph, workers int) {
	b.Helper()
	net, err := graph.Compile(g, graph.Options{Workers: workers})
	if err != nil {
		b.Fatal(err)
	}
	x := ml.Batch{Dim: net.Spec().Dim(), X: make([]float32, 200*net.Spec().Dim()), Y: make([]int32, 200)}
	for i := range x.X {
		x.X[i] = float32(i%17) / 17
	}
	dx := make([]float32, len(x.X))
	for range b.N {
		if _, _, err := ml.LossGrad(b.Context(), net, x, ml.CrossEntropy, dx); err != nil {
			b.Fatal(err)
		}
	}
}

// What a second worker brings; it says something on an idle machine only, and
// with -cpu 2.
func BenchmarkWorkers(b *testing.B) {
	tr, _ := datasets.Split(datasets.Digits())
	for _, workers := range []int{1, 2} {
		b.Run(fmt.Sprintf("step/pooled28/%d", workers), func(b *testing.B) { steps(b, pooled(b, 28), workers) })
		for _, c := range []struct {
			name string
			g    *graph.Graph
		}{{"mlp", train.MLP([]int{64, 128, 64, 10}, 1)}, {"cnn8", train.CNN([3]int{1, 8, 8}, []int{16, 32}, 64, 10, 1)}} {
			for _, batch := range []int{32, 128} {
				b.Run(fmt.Sprintf("epoch/%s/%d/%d", c.name, batch, workers), func(b *testing.B) {
					if _, err := train.Fit(b.Context(), c.g, tr, train.Options{Epochs: b.N, Batch: batch, Workers: workers}); err != nil {
						b.Fatal(err)
					}
				})
			}
		}
	}
}

// pooled returns a net of two convolutions, each followed by pooling.
func pooled(b *testing.B, side int) *graph.Graph {
	b.Helper()
	flat := 32 * (side / 4) * (side / 4)
	tensor := func(shape ...int) *graph.Tensor {
		n := 1
		for _, d := range shape {
			n *= d
		}
		return &graph.Tensor{Shape: shape, Float: make([]float32, n)}
	}
	conv := map[string]graph.Attr{"kernel_shape": {Ints: []int64{3, 3}}, "pads": {Ints: []int64{1, 1, 1, 1}}}
	pool := map[string]graph.Attr{"kernel_shape": {Ints: []int64{2, 2}}, "strides": {Ints: []int64{2, 2}}}
	turned := map[string]graph.Attr{"transB": {Int: 1}}
	g := &graph.Graph{
		Opset: 17, Inputs: []graph.Port{{Name: "x", Shape: []int{-1, 1, side, side}}}, Outputs: []string{"z"},
		Nodes: []graph.Node{
			{Op: "Conv", Inputs: []string{"x", "k1", "c1"}, Outputs: []string{"1"}, Attr: conv},
			{Op: "Relu", Inputs: []string{"1"}, Outputs: []string{"2"}},
			{Op: "MaxPool", Inputs: []string{"2"}, Outputs: []string{"3"}, Attr: pool},
			{Op: "Conv", Inputs: []string{"3", "k2", "c2"}, Outputs: []string{"4"}, Attr: conv},
			{Op: "Relu", Inputs: []string{"4"}, Outputs: []string{"5"}},
			{Op: "MaxPool", Inputs: []string{"5"}, Outputs: []string{"6"}, Attr: pool},
			{Op: "Flatten", Inputs: []string{"6"}, Outputs: []string{"7"}},
			{Op: "Gemm", Inputs: []string{"7", "w1", "b1"}, Outputs: []string{"8"}, Attr: turned},
			{Op: "Relu", Inputs: []string{"8"}, Outputs: []string{"9"}},
			{Op: "Gemm", Inputs: []string{"9", "w2", "b2"}, Outputs: []string{"z"}, Attr: turned},
		},
		Const: map[string]*graph.Tensor{
			"k1": tensor(16, 1, 3, 3), "c1": tensor(16), "k2": tensor(32, 16, 3, 3), "c2": tensor(32),
			"w1": tensor(64, flat), "b1": tensor(64), "w2": tensor(10, 64), "b2": tensor(10),
		},
	}
	g, err := train.Reinit(g, 1)
	if err != nil {
		b.Fatal(err)
	}
	return g
}

// used returns the processor time of the program, which other work on the
// machine changes less than the clock.
func used(b *testing.B) time.Duration {
	b.Helper()
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		b.Fatal(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// 64 shadow models of half the training rows of the digits.
func BenchmarkShadows(b *testing.B) {
	tr, _ := datasets.Split(datasets.Digits())
	rows := ml.Batch{X: tr.X[:898*tr.Dim], Dim: tr.Dim, Y: tr.Y[:898]}
	start := used(b)
	for range b.N {
		for seed := range uint64(64) {
			g := train.MLP([]int{64, 128, 64, 10}, seed)
			if _, err := train.Fit(b.Context(), g, rows, train.Options{Epochs: 30, Batch: 32, Seed: seed, Workers: 1}); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric((used(b)-start).Seconds()/float64(b.N), "cpu-s/op")
}
