//go:build ort && (darwin || linux)

package ort

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"quintain/ml"
	"quintain/ml/graph"
	"quintain/ml/onnx"
)

// engine opens the library that QUINTAIN_ORT names.
func engine(t testing.TB, workers int) *Engine {
	t.Helper()
	path := os.Getenv("QUINTAIN_ORT")
	if path == "" {
		t.Skip("QUINTAIN_ORT names no library to test with; make ort fetches one")
	}
	e, err := Open(Options{Library: path, Workers: workers})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

// load makes a net run in the library.
func load(t testing.TB, e *Engine, net *graph.Net) *Model {
	t.Helper()
	m, err := e.Load(net)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return m
}

// Logits and input gradients are those of PyTorch, and the self-check passes.
func TestGolden(t *testing.T) {
	e := engine(t, 1)
	for _, name := range models {
		var want struct {
			Rows, Classes int
			X, Z, R, DX   []float32
		}
		b, err := os.ReadFile(filepath.Join("../testdata", name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(b, &want); err != nil {
			t.Fatal(err)
		}
		m := load(t, e, netOf(t, name))
		x := ml.Batch{X: want.X, Dim: len(want.X) / want.Rows}
		z, dx := answers(t, m, x, want.R)
		if d := distance(z, want.Z); d > 5e-7 {
			t.Errorf("%s: logits differ from PyTorch's by %.2g", name, d)
		}
		if d := distance(dx, want.DX); d > 5e-7 {
			t.Errorf("%s: input gradients differ from PyTorch's by %.2g", name, d)
		}
		for seed := range uint64(3) {
			if err := m.SelfCheck(t.Context(), x, slices.Repeat([]float32{1}, x.Dim), seed); err != nil {
				t.Errorf("%s: SelfCheck = %v", name, err)
			}
		}
		t.Log(name, m.About())
	}
}

// answers returns logits, and the gradient of their products with weights.
func answers(t *testing.T, m ml.Model, x ml.Batch, weights []float32) (z, dx []float32) {
	t.Helper()
	z, err := m.Predict(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	k := m.Spec().Classes
	dx = make([]float32, len(x.X))
	if err := m.VJP(t.Context(), x, func(row int, _, dz []float32) { copy(dz, weights[row*k:(row+1)*k]) }, dx); err != nil {
		t.Fatal(err)
	}
	return z, dx
}

// Every operator gives what our own engine gives, where numbers tie too.
func TestOperators(t *testing.T) {
	e := engine(t, 1)
	for _, c := range opCases() {
		net := c.net(t)
		m, err := e.Load(net)
		if err != nil {
			t.Errorf("%v: Load = %v", c, err)
			continue
		}
		for _, coarse := range []bool{false, true} {
			x := grid(net, 5, coarse)
			weights := weightsOf(5 * net.Spec().Classes)
			z, dx := answers(t, m, x, weights)
			wantZ, wantDX := answers(t, net, x, weights)
			if d := distance(z, wantZ); !(d <= 2e-6) {
				t.Errorf("%v (ties %v): logits are off by %.2g", c, coarse, d)
			}
			if d := distance(dx, wantDX); !(d <= 2e-6) {
				t.Errorf("%v (ties %v): gradients are off by %.2g", c, coarse, d)
			}
		}
		m.Close()
	}
}

// Answers are the same to the last bit however many goroutines ask, whatever
// rows are beside a row, and on another day.
func TestBits(t *testing.T) {
	one, three := engine(t, 1), engine(t, 3)
	for _, name := range models {
		net := netOf(t, name)
		x := grid(net, 101, false) // more than are run together, and not a multiple
		weights := weightsOf(101 * net.Spec().Classes)
		z, dx := answers(t, load(t, one, net), x, weights)
		z3, dx3 := answers(t, load(t, three, net), x, weights)
		if !slices.Equal(z, z3) || !slices.Equal(dx, dx3) {
			t.Errorf("%s: three goroutines answer otherwise than one", name)
		}
		k := net.Spec().Classes
		for _, i := range []int{0, 50, 100} {
			zi, dxi := answers(t, load(t, one, net), x.Pick([]int{i}), weights[i*k:(i+1)*k])
			if !slices.Equal(zi, z[i*k:(i+1)*k]) || !slices.Equal(dxi, dx[i*x.Dim:(i+1)*x.Dim]) {
				t.Errorf("%s: row %d alone has other answers than among others", name, i)
			}
		}
	}
}

// A single output is the log odds of class 1.
func TestOneLogit(t *testing.T) {
	g := graph.Linear([][]float32{{1, -2}}, []float32{0.5})
	net, err := graph.Compile(g, graph.Options{})
	if err != nil {
		t.Fatal(err)
	}
	z, dx := answers(t, load(t, engine(t, 1), net), ml.Batch{X: []float32{3, 1, 0, 0}, Dim: 2}, []float32{5, 1, 5, 2})
	if want := []float32{0, 1.5, 0, 0.5}; !slices.Equal(z, want) {
		t.Errorf("logits %v, want %v", z, want)
	}
	if want := []float32{1, -2, 2, -4}; !slices.Equal(dx, want) {
		t.Errorf("gradients %v, want %v", dx, want)
	}
}

// A library whose answers are other than ours does not pass.
func TestSelfCheckFails(t *testing.T) {
	e := engine(t, 1)
	for name, spoil := range map[string]func(m, other *Model){
		"logits":    func(m, other *Model) { m.forward = other.forward },
		"gradients": func(m, other *Model) { m.back, m.ahead = other.back, other.ahead },
	} {
		net := netOf(t, "mlp")
		m, other := load(t, e, net), load(t, e, bent(t))
		own := *m
		spoil(&own, other)
		x := grid(net, 9, false)
		err := own.SelfCheck(t.Context(), x, slices.Repeat([]float32{1}, x.Dim), 1)
		if !errors.Is(err, ml.ErrSelfCheck) || !strings.Contains(err.Error(), name) {
			t.Errorf("SelfCheck of a library with wrong %s = %v", name, err)
		}
	}
}

// bent returns a net like the golden one with one weight changed.
func bent(t *testing.T) *graph.Net {
	t.Helper()
	b, err := os.ReadFile("../testdata/mlp.onnx")
	if err != nil {
		t.Fatal(err)
	}
	g, err := onnx.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range g.Const {
		for i := range c.Float[:min(3, len(c.Float))] {
			c.Float[i] += 0.1
		}
	}
	net, err := graph.Compile(g, graph.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return net
}

// A provider that the library does not have is an error that says so.
func TestNoProvider(t *testing.T) {
	engine(t, 1)
	e, err := Open(Options{Library: os.Getenv("QUINTAIN_ORT"), Provider: CUDA})
	if err == nil {
		e.Close()
		t.Skip("the library has CUDA")
	}
	if !errors.Is(err, ErrAbsent) || !strings.Contains(err.Error(), "cuda") {
		t.Errorf("Open = %v, want %v about cuda", err, ErrAbsent)
	}
}

// Another library is refused.
func TestStranger(t *testing.T) {
	engine(t, 1)
	path := filepath.Join(filepath.Dir(os.Getenv("QUINTAIN_ORT")), "libonnxruntime_providers_shared.so")
	if _, err := os.Stat(path); err != nil {
		t.Skip("there is no other library beside the one to test")
	}
	if _, err := Open(Options{Library: path}); !errors.Is(err, ErrAbsent) || !strings.Contains(err.Error(), "another library") {
		t.Errorf("Open = %v, want %v", err, ErrAbsent)
	}
}

// Attributes, weights and inputs that mean nothing do no harm.
func TestStrange(t *testing.T) {
	e, rng, ran := engine(t, 1), rand.New(rand.NewPCG(1, 1)), 0
	for range 3 {
		for _, c := range opCases() {
			c.attr, c.consts = maps.Clone(c.attr), maps.Clone(c.consts)
			for name, a := range c.attr {
				a.Ints = slices.Clone(a.Ints)
				if len(a.Ints) > 0 {
					a.Ints[rng.IntN(len(a.Ints))] += int64(rng.IntN(7) - 3)
				}
				a.Int += int64(rng.IntN(3) - 1)
				a.Float = float32(math.Exp(rng.NormFloat64() * 50))
				c.attr[name] = a
			}
			for name, w := range c.consts {
				strange := *w
				strange.Float, strange.Int = slices.Clone(w.Float), slices.Clone(w.Int)
				for i := range strange.Float {
					strange.Float[i] = []float32{0, -1e38, 1e38, float32(math.NaN()), float32(math.Inf(1)), 1e-42}[rng.IntN(6)]
				}
				for i := range strange.Int {
					strange.Int[i] += int64(rng.IntN(5) - 2)
				}
				c.consts[name] = &strange
			}
			c.inputs = append(slices.Clone(c.inputs), []string{"", "x", "y"}[:rng.IntN(2)]...)
			net, err := c.compile()
			if err != nil {
				continue
			}
			m, err := e.Load(net)
			if err != nil {
				continue
			}
			ran++
			x := grid(net, 2, false)
			x.X[0] = float32(math.NaN())
			m.Predict(t.Context(), x)                                                      //nolint:errcheck // an error will do
			m.VJP(t.Context(), x, func(_ int, _, dz []float32) { dz[0] = 1 }, x.Clone().X) //nolint:errcheck // the same
			m.Close()
		}
	}
	if ran < 300 {
		t.Errorf("only %d strange nets ran", ran)
	}
}

// Whatever a model file says, the library runs it, or there is an error.
func FuzzLoad(f *testing.F) {
	for _, name := range models {
		b, err := os.ReadFile(filepath.Join("../testdata", name+".onnx"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	e := engine(f, 1)
	f.Fuzz(func(t *testing.T, b []byte) {
		g, err := onnx.Parse(b)
		if err != nil {
			return
		}
		net, err := graph.Compile(g, graph.Options{Workers: 1, MaxValues: 1 << 18, MaxWork: 1 << 20})
		if err != nil {
			return
		}
		m, err := e.Load(net)
		if err != nil {
			return
		}
		defer m.Close()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		x := grid(net, 1, false)
		m.Predict(ctx, x)                                                      //nolint:errcheck // an error will do
		m.VJP(ctx, x, func(_ int, _, dz []float32) { dz[0] = 1 }, x.Clone().X) //nolint:errcheck // the same
	})
}
