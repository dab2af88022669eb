package artifact

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strings"
)

// Keras writes an archive as a version of Keras 3 does, with dense layers for the kernels
// and biases, and more layers, written in JSON, behind them.
func Keras(version string, tensors []Tensor, more ...string) []byte {
	layers := []string{fmt.Sprintf(`{"module": "keras.layers", "class_name": "InputLayer", "config": {"batch_shape": [null, %d], "dtype": "float32", "name": "input"}, "registered_name": null}`,
		tensors[0].Shape[0])}
	var arrays []Member
	for i := 0; i+1 < len(tensors); i += 2 {
		name, _, _ := strings.Cut(tensors[i].Name, ".")
		layers = append(layers, fmt.Sprintf(`{"module": "keras.layers", "class_name": "Dense", "config": {"name": %s, "units": %d, "activation": "relu", "use_bias": true}, "registered_name": null}`,
			jsonText(name), tensors[i+1].Shape[0]))
	}
	for i := range tensors {
		arrays = append(arrays, Member{tensors[i].Name + ".npy", npy(&tensors[i])})
	}
	config := `{"module": "keras", "class_name": "Sequential", "config": {"name": "sequential", "layers": [` + strings.Join(append(layers, more...), ", ") + `]}, "registered_name": null}`
	return Zip(
		Member{"metadata.json", []byte(`{"keras_version": ` + jsonText(version) + `, "date_saved": "2026-05-04@09:12:44"}`)},
		Member{"config.json", []byte(config)},
		Member{"model.weights.npz", Zip(arrays...)},
	)
}

// Lambda is a layer whose function is bytecode in the file.
func Lambda(bytecode []byte) string {
	return `{"module": "keras.layers", "class_name": "Lambda", "config": {"name": "rescale", "function": {"class_name": "__lambda__", "config": {"code": ` +
		jsonText(base64.StdEncoding.EncodeToString(bytecode)) + `, "defaults": null, "closure": null}}}, "registered_name": null}`
}

// Custom is a layer of a package of its author, which the loader refuses unless
// somebody registered it.
func Custom(pkg, class string) string {
	return fmt.Sprintf(`{"module": %s, "class_name": %s, "config": {"name": "custom"}, "registered_name": %s}`, jsonText(pkg), jsonText(class), jsonText(pkg+">"+class))
}

func jsonText(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // a text
	}
	return string(b)
}

// npy is an array as NumPy writes it.
func npy(t *Tensor) []byte {
	shape := strings.ReplaceAll(strings.Trim(fmt.Sprint(t.Shape), "[]"), " ", ", ")
	if len(t.Shape) == 1 {
		shape += ","
	}
	head := fmt.Sprintf("{'descr': '<f4', 'fortran_order': False, 'shape': (%s), }", shape)
	for (len(head)+11)%64 != 0 {
		head += " "
	}
	head += "\n"
	b := append([]byte("\x93NUMPY\x01\x00"), binary.LittleEndian.AppendUint16(nil, uint16(len(head)))...)
	return append(append(b, head...), t.Bytes()...)
}
