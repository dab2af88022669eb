package onnx_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"quintain/ml"
	"quintain/ml/graph"
	"quintain/ml/onnx"
)

// message writes fields: a number as a varint, text or a message as bytes.
func message(fields ...any) []byte {
	var b []byte
	for i := 0; i < len(fields); i += 2 {
		num := protowire.Number(fields[i].(int))
		switch v := fields[i+1].(type) {
		case int:
			b = protowire.AppendVarint(protowire.AppendTag(b, num, protowire.VarintType), uint64(v))
		case string:
			b = protowire.AppendString(protowire.AppendTag(b, num, protowire.BytesType), v)
		case []byte:
			b = protowire.AppendBytes(protowire.AppendTag(b, num, protowire.BytesType), v)
		}
	}
	return b
}

func model(graph []byte) []byte { return message(8, message(2, 17), 7, graph) }

func input(name string, kind int, dims ...int) []byte {
	var shape []byte
	for _, d := range dims {
		shape = append(shape, message(1, message(1, d))...)
	}
	return message(1, name, 2, message(1, message(1, kind, 2, shape)))
}

func TestParse(t *testing.T) {
	weights := message(1, 2, 1, 3, 2, 10, 8, "w", 9, "\x00\x3c\x00\xc0\xff\x7b\x01\x00\x00\x7c\x00\x80") // float16
	b := model(message(
		1, message(1, "x", 1, "w", 2, "y", 3, "mul", 4, "MatMul"),
		5, weights, 11, input("x", 1, 0, 2), 11, input("w", 10, 2, 3), 12, message(1, "y")))
	g, err := onnx.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	if len(g.Inputs) != 1 || g.Inputs[0].Name != "x" || !slices.Equal(g.Inputs[0].Shape, []int{-1, 2}) {
		t.Errorf("inputs %v, want x of shape [-1 2]", g.Inputs)
	}
	w := g.Const["w"]
	if got := w.Float; len(got) != 6 || got[0] != 1 || got[1] != -2 || got[2] != 65504 || got[3] != 1.0/(1<<24) || got[4] <= 1e38 || got[5] != 0 {
		t.Errorf("weights %v, want [1 -2 65504 2^-24 +Inf -0]", got)
	}
	if nd := g.Nodes[0]; nd.Op != "MatMul" || nd.Name != "mul" || g.Opset != 17 {
		t.Errorf("node %+v at version %d, want MatMul called mul at 17", nd, g.Opset)
	}
}

func TestParseRefuses(t *testing.T) {
	for _, c := range []struct {
		name string
		in   []byte
		want error
		says string
	}{
		{"empty", nil, onnx.ErrFormat, "no graph"},
		{"text", []byte("hello"), onnx.ErrFormat, ""},
		{"cut", model(message(12, message(1, "y")))[:9], onnx.ErrFormat, ""},
		{"no operators", message(7, message(12, message(1, "y"))), onnx.ErrFormat, "set of operators"},
		{"weights elsewhere", model(message(5, message(1, 1, 2, 1, 8, "w", 14, 1))), graph.ErrUnsupported, `initializer "w"`},
		{"strings", model(message(5, message(1, 1, 2, 8, 8, "w", 6, "a"))), graph.ErrUnsupported, "type 8"},
		{"too few elements", model(message(5, message(1, 9, 2, 1, 8, "w", 9, "abcd"))), onnx.ErrFormat, "1 elements for shape [9]"},
		{"huge shape", model(message(5, message(1, 1<<30, 1, 1<<30, 2, 1, 8, "w"))), graph.ErrTooLarge, ""},
		{"integer input", model(message(11, input("x", 7, 1, 2))), graph.ErrUnsupported, `input "x" of type 7`},
		{"branches", model(message(1, message(3, "n", 4, "If", 5, message(1, "then_branch", 6, "")))), graph.ErrUnsupported, `"If" of node "n"`},
		{"new operators", message(8, message(2, 99), 7, message(12, message(1, "y"))), graph.ErrUnsupported, "version 99"},
	} {
		_, err := onnx.Parse(c.in)
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: Parse = %v, want %v saying %q", c.name, err, c.want, c.says)
		}
	}
}

// Whatever the bytes are, reading, compiling and running them ends, in bounded
// memory, without a panic.
func FuzzParse(f *testing.F) {
	for name := range models {
		b, err := os.ReadFile(filepath.Join("../testdata", name+".onnx"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	for _, name := range []string{"logistic", "forest2", "boost2", "perceptron2", "svm", "polynomial"} {
		b, err := os.ReadFile(filepath.Join("../testdata/sklearn", name+".onnx"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add(model(message(1, message(1, "x", 2, "y", 4, "Softmax"), 11, input("x", 1, 0, 3), 12, message(1, "y"))))
	f.Fuzz(func(t *testing.T, b []byte) {
		g, err := onnx.Parse(b)
		if err != nil {
			return
		}
		n, err := graph.Compile(g, graph.Options{Workers: 1, MaxValues: 1 << 18, MaxWork: 1 << 20})
		if err != nil {
			return
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		x := ml.Batch{X: make([]float32, n.Spec().Dim()), Dim: n.Spec().Dim()}
		if _, err := n.Predict(ctx, x); err != nil {
			t.Errorf("Predict = %v after Compile took the model", err)
		}
		err = n.VJP(ctx, x, func(_ int, _, dz []float32) { dz[0] = 1 }, make([]float32, len(x.X)))
		if err != nil && !errors.Is(err, ml.ErrNoGradient) {
			t.Errorf("VJP = %v after Compile took the model", err)
		}
	})
}
