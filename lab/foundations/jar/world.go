package jar

import (
	"context"
	"math/rand/v2"
	"slices"

	"quintain/lab"
	"quintain/lab/internal/artifact"
)

// A jar is one file, and its data sheet.
type jar struct {
	name    string
	data    []byte
	format  string
	version string // "" if the format has none
	tensors []artifact.Tensor
	load    string
	globals []string // that pickles of the file import, sorted
}

// The answers to what the usual loader could set off.
const (
	loadNone     = "none"
	loadImport   = "import"
	loadGraph    = "graph-op"
	loadTemplate = "template"
)

// names are what procurement calls the files, without an ending.
var names = []string{"alder", "birch", "cedar", "hazel", "maple", "rowan"}

// shelf makes the six files of a source, sorted by name. Two of them have each
// other's ending.
func shelf(s *lab.Source) []jar {
	rng := s.Rand("shelf")
	six := []jar{zipped(rng), legacy(rng), safe(rng), keras(rng), saved(rng), chat(rng)}
	rng.Shuffle(len(six), func(i, j int) { six[i], six[j] = six[j], six[i] })
	i := rng.IntN(len(six))
	j := (i + 1 + rng.IntN(len(six)-1)) % len(six)
	six[i].name, six[j].name = six[j].name, six[i].name
	for k := range six {
		six[k].name = names[k] + six[k].name
	}
	return six
}

func zipped(rng *rand.Rand) jar {
	t, facts := artifact.Network(rng), some(rng)
	pickle := artifact.NewProgram(2).Training(t, facts...).End()
	return jar{name: ".pt", data: artifact.Checkpoint(pickle, t), format: "pytorch-zip", version: "3", tensors: t, load: loadImport, globals: imported(facts)}
}

func legacy(rng *rand.Rand) jar {
	t, facts := artifact.Network(rng), some(rng)
	return jar{name: ".pth", data: artifact.Legacy(t, facts...), format: "pytorch-legacy", version: "1001", tensors: t, load: loadImport, globals: imported(facts)}
}

func safe(rng *rand.Rand) jar {
	t := artifact.Network(rng)
	return jar{name: ".safetensors", data: artifact.Safetensors(t), format: "safetensors", tensors: t, load: loadNone}
}

func keras(rng *rand.Rand) jar {
	t := artifact.Kernels(artifact.Network(rng))
	versions := []string{"3.3.3", "3.4.1", "3.5.0", "3.6.0", "3.8.0", "3.9.2"}
	version := versions[rng.IntN(len(versions))]
	return jar{name: ".keras", data: artifact.Keras(version, t), format: "keras", version: version, tensors: t, load: loadImport}
}

func saved(rng *rand.Rand) jar {
	t := artifact.Kernels(artifact.Network(rng))
	return jar{name: ".pb", data: artifact.SavedModel(t, "Placeholder", "MatMul", "BiasAdd", "Relu", "Softmax"), format: "savedmodel", version: "1", tensors: t, load: loadGraph}
}

func chat(rng *rand.Rand) jar {
	t := artifact.Network(rng)
	version := byte(2 + rng.IntN(2))
	template := "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<|end|>{% endfor %}<|assistant|>"
	return jar{name: ".gguf", data: artifact.GGUF(version, t, template), format: "gguf", version: string('0' + rune(version)), tensors: t, load: loadTemplate}
}

// some draws two or three facts that a training script saved beside the
// weights.
func some(rng *rand.Rand) []artifact.Fact {
	all := artifact.Facts()
	rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all[:2+rng.IntN(2)]
}

// imported are the names that a pickle of tensors and facts imports.
func imported(facts []artifact.Fact) []string {
	out := []string{"collections.OrderedDict", "torch.FloatStorage", "torch._utils._rebuild_tensor_v2"}
	for i := range facts {
		out = append(out, facts[i].Global())
	}
	slices.Sort(out)
	return out
}

// setup hands the files over.
func setup(_ context.Context, w *lab.Setup) error {
	for _, j := range shelf(w.Source) {
		if err := w.Write(j.name, j.data); err != nil {
			return err
		}
	}
	return nil
}
