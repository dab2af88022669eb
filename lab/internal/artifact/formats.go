package artifact

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
)

// Safetensors writes tensors in the order in which they are given.
func Safetensors(tensors []Tensor) []byte {
	var head strings.Builder
	var data []byte
	head.WriteString(`{"__metadata__":{"format":"pt"}`)
	for i := range tensors {
		t := &tensors[i]
		shape, err := json.Marshal(t.Shape)
		if err != nil {
			panic(err) // numbers
		}
		from := len(data)
		data = append(data, t.Bytes()...)
		fmt.Fprintf(&head, `,%q:{"dtype":"F32","shape":%s,"data_offsets":[%d,%d]}`, t.Name, shape, from, len(data))
	}
	return safetensors(head.String()+"}", data)
}

func safetensors(head string, data []byte) []byte {
	for len(head)%8 != 0 {
		head += " "
	}
	return append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(head))), head...), data...)
}

// OverlappingSafetensors writes a file whose last tensor lies over the first:
// readers differ on what it holds.
func OverlappingSafetensors(tensors []Tensor) []byte {
	var head strings.Builder
	var data []byte
	head.WriteString(`{`)
	for i := range tensors {
		t := &tensors[i]
		from := len(data)
		if i == len(tensors)-1 {
			from = 0
		} else {
			data = append(data, t.Bytes()...)
		}
		if i > 0 {
			head.WriteString(",")
		}
		n := strings.ReplaceAll(fmt.Sprint(t.Shape), " ", ",")
		fmt.Fprintf(&head, `%q:{"dtype":"F32","shape":%s,"data_offsets":[%d,%d]}`, t.Name, n, from, from+4*len(t.Data))
	}
	return safetensors(head.String()+"}", data)
}

// ggufText is a text with its length.
func ggufText(b []byte, s string) []byte {
	return append(binary.LittleEndian.AppendUint64(b, uint64(len(s))), s...)
}

// GGUF writes tensors with a chat template, in version 2 or 3 of the format.
func GGUF(version byte, tensors []Tensor, template string) []byte {
	le := binary.LittleEndian
	b := append([]byte("GGUF"), version, 0, 0, 0)
	b = le.AppendUint64(b, uint64(len(tensors)))
	pairs := [][2]string{{"general.architecture", "llama"}, {"general.name", "assistant"}, {"tokenizer.ggml.model", "gpt2"}, {"tokenizer.chat_template", template}}
	b = le.AppendUint64(b, uint64(len(pairs)))
	for _, kv := range pairs {
		b = ggufText(le.AppendUint32(ggufText(b, kv[0]), 8), kv[1])
	}
	off := uint64(0)
	for i := range tensors {
		t := &tensors[i]
		b = le.AppendUint32(ggufText(b, t.Name), uint32(len(t.Shape)))
		for _, d := range slices.Backward(t.Shape) {
			b = le.AppendUint64(b, uint64(d))
		}
		b = le.AppendUint64(le.AppendUint32(b, 0), off)
		off = (off + uint64(len(t.Data))*4 + 31) &^ 31
	}
	for i := range tensors {
		for len(b)%32 != 0 {
			b = append(b, 0)
		}
		b = append(b, tensors[i].Bytes()...)
	}
	for len(b)%32 != 0 {
		b = append(b, 0)
	}
	return b
}

// A message is a message of protocol buffers under construction.
type message []byte

func (m message) num(field protowire.Number, n uint64) message {
	return protowire.AppendVarint(protowire.AppendTag(m, field, protowire.VarintType), n)
}

func (m message) text(field protowire.Number, s string) message {
	return protowire.AppendString(protowire.AppendTag(m, field, protowire.BytesType), s)
}

func (m message) sub(field protowire.Number, s message) message { return m.text(field, string(s)) }

// SavedModel writes a graph of TensorFlow with one variable for each tensor and
// more nodes beside them, by their operators: what such operators do happens
// when the model is loaded or served.
func SavedModel(tensors []Tensor, operators ...string) []byte {
	var graph message
	for i := range tensors {
		t := &tensors[i]
		var shape message
		for _, d := range t.Shape {
			shape = shape.sub(2, message(nil).num(1, uint64(d)))
		}
		node := message(nil).text(1, t.Name).text(2, "VarHandleOp").
			sub(5, message(nil).text(1, "shape").sub(2, message(nil).sub(7, shape))).
			sub(5, message(nil).text(1, "dtype").sub(2, message(nil).num(6, 1)))
		graph = graph.sub(1, node)
	}
	for i, op := range operators {
		graph = graph.sub(1, message(nil).text(1, fmt.Sprintf("node_%d", i)).text(2, op))
	}
	info := message(nil).text(4, "serve").text(5, "2.15.0").text(6, "v2.15.0")
	return message(nil).num(1, 1).sub(2, message(nil).sub(1, info).sub(2, graph))
}

// ONNX writes a graph of fully connected layers: weights and biases in turns.
func ONNX(tensors []Tensor) []byte { return onnx(tensors, "") }

// OutsideONNX writes the same graph, the last tensor of which says that its
// numbers lie in another file.
func OutsideONNX(tensors []Tensor, location string) []byte { return onnx(tensors, location) }

func onnx(tensors []Tensor, location string) []byte {
	var graph message
	in := "x"
	for i := 0; i+1 < len(tensors); i += 2 {
		out := fmt.Sprintf("h%d", i/2)
		gemm := message(nil).text(1, in).text(1, tensors[i].Name).text(1, tensors[i+1].Name).text(2, out).text(3, out).text(4, "Gemm").
			sub(5, message(nil).text(1, "transB").num(3, 1).num(20, 2))
		graph, in = graph.sub(1, gemm), out
	}
	graph = graph.text(2, "network")
	for i := range tensors {
		t := &tensors[i]
		var m message
		for _, d := range t.Shape {
			m = m.num(1, uint64(d))
		}
		m = m.num(2, 1).text(8, t.Name)
		if location != "" && i == len(tensors)-1 {
			m = m.sub(13, message(nil).text(1, "location").text(2, location)).num(14, 1)
		} else {
			m = m.text(9, string(t.Bytes()))
		}
		graph = graph.sub(5, m)
	}
	graph = graph.sub(11, valueInfo("x", 1, tensors[0].Shape[len(tensors[0].Shape)-1])).
		sub(12, valueInfo(in, 1, tensors[len(tensors)-1].Shape[0]))
	return message(nil).num(1, 8).text(2, "trainer").sub(7, graph).sub(8, message(nil).text(1, "").num(2, 17))
}

func valueInfo(name string, shape ...int64) message {
	var dims message
	for _, d := range shape {
		dims = dims.sub(1, message(nil).num(1, uint64(d)))
	}
	return message(nil).text(1, name).sub(2, message(nil).sub(1, message(nil).num(1, 1).sub(2, dims)))
}
