package floor_test

import (
	"archive/tar"
	"encoding/binary"
	"math"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
)

// A ggufFile is a GGUF file under construction.
type ggufFile struct {
	kv, infos    []byte
	nkv, tensors uint64
}

func ggufText(b []byte, s string) []byte {
	return append(binary.LittleEndian.AppendUint64(b, uint64(len(s))), s...)
}

// gguf begins a file with the facts of f as its general keys.
func gguf(f facts) *ggufFile {
	g := (&ggufFile{}).str("general.architecture", "llama")
	for _, kv := range [][2]string{{"general.version", f.version}, {"general.author", f.producer}, {"general.license", f.license}, {"general.description", f.comment}} {
		if kv[1] != "" {
			g.str(kv[0], kv[1])
		}
	}
	return g
}

// value adds an entry of metadata: its type and its bytes.
func (g *ggufFile) value(key string, kind uint32, b []byte) *ggufFile {
	g.nkv++
	g.kv = append(binary.LittleEndian.AppendUint32(ggufText(g.kv, key), kind), b...)
	return g
}

func (g *ggufFile) str(key, s string) *ggufFile { return g.value(key, 8, ggufText(nil, s)) }

func (g *ggufFile) u32(key string, n uint32) *ggufFile {
	return g.value(key, 4, binary.LittleEndian.AppendUint32(nil, n))
}

// tensor describes a tensor.
func (g *ggufFile) tensor(name string, kind uint32, off uint64, dims ...uint64) *ggufFile {
	g.tensors++
	g.infos = binary.LittleEndian.AppendUint32(ggufText(g.infos, name), uint32(len(dims)))
	for _, d := range dims {
		g.infos = binary.LittleEndian.AppendUint64(g.infos, d)
	}
	g.infos = binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint32(g.infos, kind), off)
	return g
}

// end returns the file with the data of its tensors.
func (g *ggufFile) end(data []byte) []byte {
	b := binary.LittleEndian.AppendUint32([]byte("GGUF"), 3)
	b = binary.LittleEndian.AppendUint64(b, g.tensors)
	b = binary.LittleEndian.AppendUint64(b, g.nkv)
	b = append(append(b, g.kv...), g.infos...)
	for len(data) > 0 && len(b)%32 != 0 {
		b = append(b, 0)
	}
	return append(b, data...)
}

// binaries returns the files of GGUF and ONNX that break their readers or make
// them read something else.
func binaries() []*entry {
	out := make([]*entry, 0, 64)
	add := func(ids, what string, runs bool, build func(g *ggufFile) []byte) {
		out = append(out, &entry{
			ids: strings.Split(ids, ","), format: "gguf", what: what, name: "model.gguf", runs: runs,
			make: func(f facts) []byte { return build(gguf(f)) },
		})
	}
	add("CVE-2024-21802", "has a tensor of more dimensions than a reader has room for", true, func(g *ggufFile) []byte {
		return g.tensor("w", 0, 0, make([]uint64, 64)...).end(make([]byte, 32))
	})
	add("CVE-2024-23605", "claims so many entries of metadata that their size overflows", true, func(g *ggufFile) []byte {
		g.nkv = math.MaxUint64 / 16
		return g.end(nil)
	})
	add("CVE-2024-23605/tensors", "claims so many tensors that their size overflows", true, func(g *ggufFile) []byte {
		g.tensors = math.MaxUint64 / 16
		return g.end(nil)
	})
	add("CVE-2024-23605/text", "claims a text so long that its size overflows", true, func(g *ggufFile) []byte {
		return g.value("x", 8, binary.LittleEndian.AppendUint64(nil, math.MaxUint64)).end(nil)
	})
	add("CVE-2024-23605/array", "claims an array so long that its size overflows", true, func(g *ggufFile) []byte {
		return g.value("x", 9, binary.LittleEndian.AppendUint64([]byte{6, 0, 0, 0}, math.MaxUint64/2)).end(nil)
	})
	add("CVE-2026-33298", "has a tensor whose size in bytes overflows", true, func(g *ggufFile) []byte {
		return g.tensor("w", 0, 0, 1<<32, 1<<30, 1).end(make([]byte, 32))
	})
	add("gguf-quantized-overflow", "has a quantized tensor whose size in bytes overflows", true, func(g *ggufFile) []byte {
		return g.tensor("w", 2, 0, 1<<62, 8).end(make([]byte, 32))
	})
	add("gguf-alignment", "aligns its tensors to two gigabytes", false, func(g *ggufFile) []byte {
		return g.u32("general.alignment", 1<<31).tensor("w", 0, 0, 8).end(make([]byte, 32))
	})
	add("gguf-alignment-zero", "aligns its tensors to nothing, by which readers divide", false, func(g *ggufFile) []byte {
		return g.u32("general.alignment", 0).tensor("w", 0, 0, 8).end(make([]byte, 32))
	})
	add("gguf-dimension-zero", "has a tensor with a dimension of nothing, by which readers divide", false, func(g *ggufFile) []byte {
		return g.tensor("w", 0, 0, 0, 8).end(make([]byte, 32))
	})
	add("gguf-array-type", "has numbers where its reader takes an array of texts", true, func(g *ggufFile) []byte {
		b := binary.LittleEndian.AppendUint64([]byte{4, 0, 0, 0}, 2)
		return g.str("tokenizer.ggml.model", "llama").value("tokenizer.ggml.tokens", 9, append(b, 1, 2, 3, 4, 5, 6, 7, 8)).end(nil)
	})
	add("gguf-array-nested", "has arrays inside each other without an end", false, func(g *ggufFile) []byte {
		return g.value("x", 9, []byte(strings.Repeat("\x09\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00", 1000))).end(nil)
	})
	add("gguf-outside", "has a tensor beyond the end of the file", true, func(g *ggufFile) []byte {
		return g.tensor("w", 0, 1<<40, 8).end(make([]byte, 32))
	})
	add("gguf-overlap", "has two tensors in the same bytes", false, func(g *ggufFile) []byte {
		return g.tensor("v", 0, 0, 8).tensor("w", 0, 0, 8).end(make([]byte, 32))
	})
	add("gguf-duplicate-key", "has two values of one key, of which readers take different ones", false, func(g *ggufFile) []byte {
		return g.str("tokenizer.chat_template", "{{ messages }}").str("tokenizer.chat_template", "{{ bos_token }}").end(nil)
	})
	add("gguf-trailing", "has a pickle behind its tensors", false, func(g *ggufFile) []byte {
		return append(g.tensor("w", 0, 0, 8).end(make([]byte, 32)), evil()...)
	})
	return append(out, onnxes()...)
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

// onnx is a model around a graph with the facts of f.
func onnx(f facts, graph message, more ...message) []byte {
	m := message(nil).num(1, 8)
	if f.producer != "" {
		m = m.text(2, f.producer)
	}
	if f.version != "" {
		m = m.text(3, f.version)
	}
	if f.comment != "" {
		m = m.text(6, f.comment)
	}
	m = m.sub(7, graph).sub(8, message(nil).text(1, "").num(2, 17))
	if f.license != "" {
		m = m.sub(14, message(nil).text(1, "license").text(2, f.license))
	}
	for _, x := range more {
		m = append(m, x...)
	}
	return m
}

// outside is a tensor whose data are at a place outside the model.
func outside(location string) message {
	return message(nil).num(1, 2).num(2, 1).text(8, "w").sub(13, message(nil).text(1, "location").text(2, location)).num(14, 1)
}

// onnxes returns the models of ONNX.
func onnxes() []*entry {
	out := make([]*entry, 0, 32)
	add := func(ids, what string, runs bool, build func(f facts) []byte) {
		out = append(out, &entry{ids: strings.Split(ids, ","), format: "onnx", what: what, name: "model.onnx", runs: runs, make: build})
	}
	graph := func() message { return message(nil).text(2, "g") }
	for _, x := range []struct{ id, what, location string }{
		{"CVE-2022-25882", "has data above its folder", "../../../etc/hostname"},
		{"CVE-2024-27318", "has data above its folder by a path that a check of its beginning lets through", "sub/../../../etc/hostname"},
		{"CVE-2024-27318/parent", "has data in a folder whose name begins like its own", "../model-secret/weights"},
		{"CVE-2025-51480", "writes its data above its folder when it is saved again", "../../quintain-canary"},
		{"onnx-absolute", "has data at a place of its own", "/etc/hostname"},
		{"onnx-empty-folder", "has data at a place that a check joins with an empty folder", "//etc/hostname"},
		{"onnx-backslash", "has data above its folder on another system", `..\..\quintain-canary`},
		{"onnx-drive", "has data on a drive of another system", `C:\quintain-canary`},
		{"onnx-address", "has data at an address", "http://canary.invalid/w"},
	} {
		add(x.id, x.what, false, func(f facts) []byte { return onnx(f, graph().sub(5, outside(x.location))) })
	}
	add("onnx-subgraph", "has data above its folder in the branch of a condition", false, func(f facts) []byte {
		branch := message(nil).text(2, "b").sub(5, outside("../../etc/hostname"))
		node := message(nil).text(1, "c").text(2, "y").text(4, "If").sub(5, message(nil).text(1, "then_branch").sub(6, branch).num(20, 5))
		return onnx(f, graph().sub(1, node))
	})
	add("onnx-attribute", "has data above its folder in a constant", false, func(f facts) []byte {
		node := message(nil).text(2, "y").text(4, "Constant").sub(5, message(nil).text(1, "value").sub(5, outside("../../etc/hostname")).num(20, 4))
		return onnx(f, graph().sub(1, node))
	})
	add("onnx-function", "has data above its folder in a function of its own", false, func(f facts) []byte {
		node := message(nil).text(2, "y").text(4, "Constant").sub(5, message(nil).text(1, "value").sub(5, outside("../../etc/hostname")).num(20, 4))
		fn := message(nil).text(1, "F").text(5, "y").sub(7, node).sub(9, message(nil).text(1, "").num(2, 17)).text(10, "local")
		return onnx(f, graph(), message(nil).sub(25, fn))
	})
	add("onnx-domain", "has an operator that a library must bring", true, func(f facts) []byte {
		return onnx(f, graph().sub(1, message(nil).text(2, "y").text(4, "Run").text(7, "quintain.canary")), message(nil).sub(8, message(nil).text(1, "quintain.canary").num(2, 1)))
	})
	add("onnx-python", "has an operator that is written in Python", true, func(f facts) []byte {
		return onnx(f, graph().sub(1, message(nil).text(2, "y").text(4, "PyOp").text(7, "ai.onnx.contrib")), message(nil).sub(8, message(nil).text(1, "ai.onnx.contrib").num(2, 1)))
	})
	add("onnx-size", "has a tensor of more elements than a number can count", false, func(f facts) []byte {
		return onnx(f, graph().sub(5, message(nil).num(1, 1<<40).num(1, 1<<40).num(2, 1).text(8, "w").text(9, "abcd")))
	})
	for _, x := range []struct {
		id, what string
		kind     byte
	}{
		{"CVE-2026-27489", "has data in a link that is unpacked beside it", tar.TypeSymlink},
		{"CVE-2026-34447", "has data in a link to a link", tar.TypeSymlink},
		{"CVE-2026-34446", "has data in a second name of a file outside", tar.TypeLink},
	} {
		to := "/etc/hostname"
		if x.id == "CVE-2026-34447" {
			to = "other"
		}
		out = append(out, &entry{ids: []string{x.id}, format: "onnx", name: "model.tar", what: x.what, make: func(f facts) []byte {
			return tarOf(f, file("model.onnx", onnx(f, graph().sub(5, outside("weights")))),
				item{tar.Header{Typeflag: tar.TypeSymlink, Name: "other", Linkname: "/etc/hostname"}, nil},
				item{tar.Header{Typeflag: x.kind, Name: "weights", Linkname: to}, nil})
		}})
	}
	return out
}
