package floor_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strings"
)

// npy writes an array of one element with a header for its type.
func npy(descr string, data []byte) []byte {
	h := fmt.Sprintf("{'descr': %s, 'fortran_order': False, 'shape': (1,), }", descr)
	for (10+len(h)+1)%64 != 0 {
		h += " "
	}
	h += "\n"
	b := binary.LittleEndian.AppendUint16([]byte("\x93NUMPY\x01\x00"), uint16(len(h)))
	return append(append(b, h...), data...)
}

// joblibArray is a pickle as joblib writes one: the wrapper of an array, whose
// bytes follow in the middle of the opcodes.
func joblibArray(dtype string, data []byte, after func(p *program)) []byte {
	p := newProgram().op(']', '(')
	p.global("joblib.numpy_pickle", "NumpyArrayWrapper").op(')', 0x81).op('}', '(')
	p.str("subclass").global("numpy", "ndarray")
	p.str("shape").num(len(data) / 4).op(0x85)
	p.str("order").str("C").str("dtype").expr(`numpy:dtype("` + dtype + `", False, True)`)
	p.str("allow_mmap").op(0x89).str("numpy_array_alignment_bytes").num(16).op('u', 'b')
	if dtype[0] != 'O' { // objects follow as a pickle, not aligned
		pad := 16 - (len(p.b)+1)%16
		p.op(byte(pad)).op(bytes.Repeat([]byte{0xff}, pad)...)
	}
	p.op(data...)
	after(p)
	return p.op('e').end()
}

// A tensor is an entry of the header of a safetensors file.
type tensor struct {
	DType   string `json:"dtype"`
	Shape   []int  `json:"shape"`
	Offsets [2]int `json:"data_offsets"`
}

// safetensors writes a file whose header is what it is told.
func safetensors(header string, data []byte) []byte {
	for len(header)%8 != 0 {
		header += " "
	}
	return append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header...), data...)
}

// header writes a header of one tensor of n bytes with the facts of f.
func (f facts) header(n int) string {
	h := map[string]any{"w": tensor{"U8", []int{n}, [2]int{0, n}}}
	if f != (facts{}) {
		h["__metadata__"] = map[string]string{"format": "pt", "version": f.version, "producer": f.producer, "license": f.license, "comment": f.comment}
	}
	b, err := json.Marshal(h)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// arrays returns the files of numbers that hold something else.
func arrays() []*entry {
	out := make([]*entry, 0, 64)
	add := func(ids, format, name, what string, runs bool, build func(f facts) []byte) {
		out = append(out, &entry{ids: strings.Split(ids, ","), format: format, what: what, name: name, runs: runs, make: build})
	}
	add("CVE-2019-6446", "npy", "weights.npy", "is an array of objects, which are unpickled", true, func(facts) []byte { return npy("'|O'", evil()) })
	add("npy-in-folder", "npy", "weights.npy", "is an array whose type names objects in a field", true, func(facts) []byte {
		return npy("[('a', '<i4'), ('b', '|O')]", evil())
	})
	add("npy-pickle", "npy", "weights.npy", "is a plain pickle where a loader expects an array", true, func(facts) []byte { return evil() })
	add("npy-trailing", "npy", "weights.npy", "has a pickle behind its numbers", false, func(facts) []byte { return npy("'<i4'", append([]byte{1, 0, 0, 0}, evil()...)) })
	add("npy-expression", "npy", "weights.npy", "has a header that is more than a literal", true, func(facts) []byte {
		return npy("__import__('os').system('true')", nil)
	})
	add("npz-object,npz-crash", "npz", "weights.npz", "has an array of objects among others", true, func(f facts) []byte {
		return zipOf(f, member{name: "a.npy", data: npy("'<i4'", make([]byte, 4))}, member{name: "b.npy", data: npy("'|O'", evil())})
	})
	add("npz-pickle", "npz", "weights.npz", "has a pickle where an array is expected", true, func(f facts) []byte {
		return zipOf(f, member{name: "a.npy", data: evil()})
	})
	add("joblib-after-array", "joblib", "model.joblib", "runs after the bytes of an array in the middle of a pickle", true, func(facts) []byte {
		return joblibArray("f4", make([]byte, 64), func(p *program) { p.payload() })
	})
	add("joblib-in-array", "joblib", "model.joblib", "has a pickle as the bytes of an array, where a reader that is lost finds it", false, func(facts) []byte {
		b := evil()
		return joblibArray("f4", append(b, make([]byte, 64-len(b)%64)...), func(*program) {})
	})
	add("CVE-2024-34997", "joblib", "model.joblib", "has an array of objects in the middle of a pickle, which are unpickled", true, func(facts) []byte {
		return joblibArray("O8", evil(), func(*program) {})
	})
	add("joblib-trampoline", "joblib", "model.joblib", "loads another file when it is loaded", true, func(facts) []byte {
		return newProgram().expr(`joblib.numpy_pickle:load("canary.joblib")`).end()
	})
	add("CVE-2020-13092/joblib", "joblib", "model.joblib", "runs when a model of scikit-learn is loaded from a compressed file", true, func(f facts) []byte {
		return gzipOf(f, newProgram().expr(`[sklearn.linear_model._logistic:LogisticRegression(), os:system($SH)]`).end())
	})
	return append(out, safe()...)
}

// safe returns the safetensors files that are not what the specification says.
func safe() []*entry {
	out := make([]*entry, 0, 16)
	add := func(id, what string, runs bool, build func(f facts) []byte) {
		out = append(out, &entry{ids: []string{id}, format: "safetensors", what: what, name: "model.safetensors", runs: runs, make: build})
	}
	two := func(a, b string) string { return `{"a":` + a + `,"b":` + b + `}` }
	add("safetensors-trailing", "has a pickle behind the last tensor", false, func(f facts) []byte { return append(safetensors(f.header(8), make([]byte, 8)), evil()...) })
	add("safetensors-zip", "is an archive for another loader", true, func(f facts) []byte {
		return append(safetensors(f.header(8), make([]byte, 8)), checkpoint(f, evil())...)
	})
	add("safetensors-pickle", "is a plain pickle", true, func(facts) []byte { return evil() })
	add("safetensors-overlap", "has two tensors in the same bytes", false, func(facts) []byte {
		return safetensors(two(`{"dtype":"U8","shape":[8],"data_offsets":[0,8]}`, `{"dtype":"U8","shape":[8],"data_offsets":[4,12]}`), make([]byte, 12))
	})
	add("safetensors-gap", "has bytes that belong to no tensor", false, func(facts) []byte {
		return safetensors(two(`{"dtype":"U8","shape":[8],"data_offsets":[0,8]}`, `{"dtype":"U8","shape":[8],"data_offsets":[40,48]}`), make([]byte, 48))
	})
	add("safetensors-beyond", "has a tensor beyond the end of the file", false, func(facts) []byte {
		return safetensors(`{"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8000]}}`, make([]byte, 8))
	})
	add("safetensors-shape", "has a tensor whose shape is not its size", false, func(facts) []byte {
		return safetensors(`{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}}`, make([]byte, 8))
	})
	add("safetensors-duplicate", "has two tensors of one name", false, func(facts) []byte {
		return safetensors(`{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"a":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}`, make([]byte, 8))
	})
	add("safetensors-header-huge", "claims a header of more bytes than there are", false, func(facts) []byte {
		return append(binary.LittleEndian.AppendUint64(nil, 1<<40), `{"a":{}}`...)
	})
	add("safetensors-metadata", "has metadata that are no texts", false, func(facts) []byte {
		return safetensors(`{"__metadata__":{"x":{"y":1}},"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}`, make([]byte, 4))
	})
	return out
}
