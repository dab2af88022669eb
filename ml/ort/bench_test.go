//go:build ort && (darwin || linux)

package ort

import (
	"fmt"
	"math"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"quintain/ml"
	"quintain/ml/graph"
	"quintain/ml/train"
)

// BenchmarkRatio runs our own engine and the library in turn, one thread each,
// and says how much processor time each takes at best for a forward run of 192
// rows and for a step of an attack on them, and how many times as much ours
// takes.
func BenchmarkRatio(b *testing.B) {
	e := engine(b, 1)
	for _, c := range []struct {
		name string
		g    *graph.Graph
	}{
		{"mlp64-128-64-10", train.MLP([]int{64, 128, 64, 10}, 1)},
		{"cnn28", pictures([]int{1, 28, 28}, false)},
		{"resnet32", pictures([]int{3, 32, 32}, true)},
	} {
		net, err := graph.Compile(c.g, graph.Options{Workers: 1})
		if err != nil {
			b.Fatal(err)
		}
		m := load(b, e, net)
		x := ml.Batch{X: make([]float32, 192*net.Spec().Dim()), Dim: net.Spec().Dim(), Y: make([]int32, 192)}
		rng := rand.New(rand.NewPCG(1, 1))
		for i := range x.X {
			x.X[i] = rng.Float32()
		}
		dx := make([]float32, len(x.X))
		for how, run := range map[string]func(m ml.Model) error{
			"forward": func(m ml.Model) error { _, err := m.Predict(b.Context(), x); return err },
			"step":    func(m ml.Model) error { _, _, err := ml.LossGrad(b.Context(), m, x, ml.CrossEntropy, dx); return err },
		} {
			b.Run(c.name+"/"+how, func(b *testing.B) {
				own, lib := time.Duration(math.MaxInt64), time.Duration(math.MaxInt64)
				for range b.N {
					own = min(own, spent(b, func() error { return run(net) }))
					lib = min(lib, spent(b, func() error { return run(m) }))
				}
				b.ReportMetric(float64(own.Microseconds()), "own-µs/op")
				b.ReportMetric(float64(lib.Microseconds()), "ort-µs/op")
				b.ReportMetric(float64(own)/float64(lib), "ratio")
			})
		}
	}
}

// spent returns the processor time that f takes.
func spent(b *testing.B, f func() error) time.Duration {
	b.Helper()
	before := used(b)
	if err := f(); err != nil {
		b.Fatal(err)
	}
	return used(b) - before
}

func used(b *testing.B) time.Duration {
	b.Helper()
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		b.Fatal(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// pictures returns a network for images with random weights: two convolutions
// with pooling, or three residual blocks.
func pictures(shape []int, residual bool) *graph.Graph {
	n := &builder{rng: rand.New(rand.NewPCG(1, 2)), g: &graph.Graph{
		Opset: 17, Inputs: []graph.Port{{Name: "x", Shape: append([]int{-1}, shape...)}}, Const: make(map[string]*graph.Tensor),
	}}
	y, ch := "x", shape[0]
	if residual {
		y = n.add("Relu", nil, n.conv(y, ch, 16, 3, 1))
		ch = 16
		for _, next := range []int{16, 32, 64} {
			stride := next / ch
			side := n.conv(n.add("Relu", nil, n.conv(y, ch, next, 3, stride)), next, next, 3, 1)
			if next != ch {
				y = n.conv(y, ch, next, 1, stride)
			}
			y, ch = n.add("Relu", nil, n.add("Add", nil, side, y)), next
		}
		y = n.dense(n.add("Flatten", nil, n.add("GlobalAveragePool", nil, y)), ch, 10)
	} else {
		for _, next := range []int{16, 32} {
			pool := attrs{"kernel_shape": integers(2, 2), "strides": integers(2, 2)}
			y, ch = n.add("MaxPool", pool, n.add("Relu", nil, n.conv(y, ch, next, 3, 1))), next
		}
		y = n.dense(n.add("Relu", nil, n.dense(n.add("Flatten", nil, y), 32*7*7, 64)), 64, 10)
	}
	n.g.Outputs = []string{y}
	return n.g
}

type builder struct {
	g   *graph.Graph
	rng *rand.Rand
}

func (n *builder) add(op string, a attrs, in ...string) string {
	out := fmt.Sprintf("y%d", len(n.g.Nodes))
	n.g.Nodes = append(n.g.Nodes, graph.Node{Op: op, Inputs: in, Outputs: []string{out}, Attr: a})
	return out
}

func (n *builder) weights(fan int, shape ...int) string {
	name := fmt.Sprintf("w%d", len(n.g.Const))
	t := &graph.Tensor{Shape: shape, Float: make([]float32, size(shape))}
	for i := range t.Float {
		t.Float[i] = (n.rng.Float32() - 0.5) * float32(4) / float32(fan)
	}
	n.g.Const[name] = t
	return name
}

func (n *builder) conv(x string, from, to, k, stride int) string {
	p := k / 2
	a := attrs{"strides": integers(stride, stride), "pads": integers(p, p, p, p)}
	return n.add("Conv", a, x, n.weights(from*k, to, from, k, k), n.weights(100, to))
}

func (n *builder) dense(x string, from, to int) string {
	return n.add("Gemm", attrs{"transB": integer(1)}, x, n.weights(from/8+1, to, from), n.weights(100, to))
}
