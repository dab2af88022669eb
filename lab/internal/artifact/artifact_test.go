package artifact_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"quintain"
	"quintain/lab/internal/artifact"
	"quintain/scan"
	"quintain/scan/all"
	"quintain/scan/sheet"
)

func source(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 9)) }

// worst returns the worst outcome of a scan and the summaries of what did not
// pass.
func worst(t *testing.T, name string, b []byte) (bad bool, why []string) {
	t.Helper()
	found, err := scan.Inspect(t.Context(), name, bytes.NewReader(b), int64(len(b)), all.Formats...)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		if f.Outcome != quintain.Pass {
			why = append(why, f.Check+": "+f.Summary)
		}
		bad = bad || f.Outcome == quintain.Fail && f.Severity >= quintain.High
	}
	return bad, why
}

// TestGadgets holds every gadget to the scanner, which must call it malicious,
// and to the data sheet, which must have the call where the gadget says it is.
func TestGadgets(t *testing.T) {
	for seed := range uint64(12) {
		for _, shape := range artifact.Shapes() {
			rng := source(seed)
			tensors := artifact.Network(rng)
			g := artifact.NewGadget(rng, shape)
			b := g.Checkpoint(rng, tensors)
			if bad, why := worst(t, "model.pt", b); !bad {
				t.Errorf("%s, seed %d: not malicious: %q", shape, seed, why)
			}
			s, err := sheet.Read(t.Context(), bytes.NewReader(b), int64(len(b)))
			if err != nil {
				t.Fatalf("%s: %v", shape, err)
			}
			if got, want := s.Parameters, artifact.Parameters(tensors); got != want || len(s.Tensors) != len(tensors) {
				t.Errorf("%s: %d parameters in %d tensors, want %d in %d", shape, got, len(s.Tensors), want, len(tensors))
			}
			found := false
			for _, p := range s.Pickles {
				for _, c := range p.Calls {
					found = found || p.Member == g.Member && c.Offset == int64(g.Offset) && slices.Contains(g.Accept, c.Callable)
				}
				if p.Broken != "" {
					t.Errorf("%s: %s", shape, p.Broken)
				}
			}
			if !found {
				t.Errorf("%s: no call of %q at 0x%x of %s in %+v", shape, g.Accept, g.Offset, g.Member, s.Pickles)
			}
		}
	}
}

// TestHarmless holds the harmless files to the scanner and the data sheet.
func TestHarmless(t *testing.T) {
	tensors := artifact.Network(source(1))
	kernels := artifact.Kernels(tensors)
	for _, c := range []struct {
		format, name string
		b            []byte
	}{
		{"pytorch-zip", "model.pt", artifact.Checkpoint(artifact.NewProgram(2).StateDict(tensors, nil).End(), tensors)},
		{"pytorch-legacy", "model.pt", artifact.Legacy(tensors)},
		{"safetensors", "model.safetensors", artifact.Safetensors(tensors)},
		{"keras", "model.keras", artifact.Keras("3.6.0", kernels)},
		{"savedmodel", "saved_model.pb", artifact.SavedModel(tensors, "Placeholder", "MatMul")},
		{"gguf", "model.gguf", artifact.GGUF(3, tensors, "{% for m in messages %}{{ m.content }}{% endfor %}")},
		{"onnx", "model.onnx", artifact.ONNX(tensors)},
	} {
		if bad, why := worst(t, c.name, c.b); bad || len(why) > 0 {
			t.Errorf("%s: %q", c.format, why)
		}
		s, err := sheet.Read(t.Context(), bytes.NewReader(c.b), int64(len(c.b)))
		if err != nil {
			t.Fatalf("%s: %v", c.format, err)
		}
		if got, want := s.Parameters, artifact.Parameters(tensors); s.Format != c.format || got != want {
			t.Errorf("%s: sheet of %q with %d parameters, want %d", c.format, s.Format, got, want)
		}
	}
}

// TestHostile holds the hostile files that are no pickles to the scanner.
func TestHostile(t *testing.T) {
	tensors := artifact.Network(source(2))
	kernels := artifact.Kernels(tensors)
	for name, b := range map[string][]byte{
		"model.safetensors": artifact.OverlappingSafetensors(tensors),
		"model.keras":       artifact.Keras("3.6.0", kernels, artifact.Lambda([]byte("\xe3\x00\x00\x00\x00"))),
		"saved_model.pb":    artifact.SavedModel(tensors, "ReadFile", "WriteFile"),
		"model.gguf":        artifact.GGUF(3, tensors, "{{ cycler.__init__.__globals__.os.popen('touch x').read() }}"),
		"model.onnx":        artifact.OutsideONNX(tensors, "../../../etc/hostname"),
	} {
		if bad, why := worst(t, name, b); !bad {
			t.Errorf("%s is not malicious: %q", name, why)
		}
	}
}
