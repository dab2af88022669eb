package coreml

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"google.golang.org/protobuf/encoding/protowire"

	"quintain"
	"quintain/scan"
	"quintain/scan/internal/wire"
)

//go:embed schema.txt
var schemaText string

//go:embed ops.txt
var opsText string

const (
	maxNest   = 64   // messages inside each other
	maxString = 1024 // of a text that is looked at
	maxNames  = 4096 // distinct operations, or fields that are not known
)

var (
	schema = sync.OnceValue(func() wire.Schema { return wire.ParseSchema(schemaText) })

	// operations are those that the language of programs has.
	operations = sync.OnceValue(func() map[string]bool {
		out := make(map[string]bool)
		for line := range strings.SplitSeq(opsText, "\n") {
			if !strings.HasPrefix(line, "#") {
				out[line] = true
			}
		}
		return out
	})
)

// A walker walks through a model, message by message, and never holds more of
// it than a window.
type walker struct {
	ctx context.Context //nolint:containedctx // one walker serves one call of Inspect
	f   *scan.File
	w   *scan.Window

	unknown map[string]bool // fields that were doubted
	told    map[string]bool // findings that were reported
	kind    string          // of the outermost model
	layers  int64
	numbers int64 // bytes of weights
}

func newWalker(ctx context.Context, f *scan.File) *walker {
	return &walker{ctx: ctx, f: f, w: scan.NewWindow(f, f.Size()), unknown: make(map[string]bool), told: make(map[string]bool)}
}

// model inspects the file as a model.
func (x *walker) model() error {
	if err := x.walk("Model", wire.Field{N: x.f.Size()}, 0); err != nil {
		return err
	}
	if x.kind == "" {
		return scan.Errorf(-1, "a model of no kind")
	}
	x.f.Account(scan.Tensor, x.numbers)
	x.f.Account(scan.Parsed, x.f.Size()-x.numbers)
	x.f.Fact("model", x.kind)
	x.f.Fact("layers", strconv.FormatInt(x.layers, 10))
	return nil
}

// walk walks through a message.
func (x *walker) walk(kind string, m wire.Field, depth int) error {
	if depth > maxNest {
		return scan.Errorf(m.At, "%w: more than %d messages inside each other", scan.ErrBudget, maxNest)
	}
	if err := x.ctx.Err(); err != nil {
		return err
	}
	return wire.Fields(x.w, kind, m.Off, m.Off+m.N, func(f wire.Field) error {
		e, ok := schema()[kind][f.Num]
		if !ok || !e.Fits(f.Wire) {
			x.doubt(f.At, kind, f.Num)
			return nil
		}
		if err := x.see(kind, e, f); err != nil {
			return err
		}
		if e.Kind == wire.Message {
			return x.walk(e.Sub, f, depth+1)
		}
		return nil
	})
}

// doubt says once that a field is not known.
func (x *walker) doubt(at int64, kind string, num protowire.Number) {
	key := fmt.Sprintf("%s %d", kind, num)
	if !x.unknown[key] && len(x.unknown) < maxNames {
		x.unknown[key] = true
		x.f.Doubtf(at, "a %s has a field %d that the format does not know in this form", kind, num)
	}
}

// report reports the same only once.
func (x *walker) report(s quintain.Severity, at int64, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if !x.told[text] && len(x.told) < maxNames {
		x.told[text] = true
		x.f.Reportf(s, at, "%s", text)
	}
}

// see notes what matters of a field.
func (x *walker) see(kind string, e wire.Entry, f wire.Field) error {
	switch kind + "." + e.Name {
	case "CustomModel.className":
		return x.class(f, "the model is")
	case "CustomLayerParams.className":
		return x.class(f, "a layer is")
	case "LinkedModelFile.linkedModelFileName", "LinkedModelFile.linkedModelSearchPath":
		return x.linked(f)
	case "SerializedModel.model":
		x.f.Doubtf(f.At, "holds a model in a form of its own, %s, which is not analyzed", scan.Count(f.N, "byte"))
	case "MILSpec.Operation.type":
		return x.operation(f)
	case "MILSpec.Value.BlobFileValue.fileName":
		return x.blob(f)
	case "NeuralNetworkLayer.name":
		x.layers++
	}
	switch {
	case kind == "Model" && f.Num >= fieldKinds && x.kind == "":
		x.kind = e.Name
	case isWeight(kind, e.Name):
		x.numbers += f.N
	}
	return nil
}

// isWeight reports whether a field holds numbers that the model learned.
func isWeight(kind, name string) bool {
	return kind == "WeightParams" && strings.HasSuffix(name, "Value") || kind == "MILSpec.TensorValue.RepeatedBytes" || name == "modelParameterData"
}

// str returns the text of a field, cut to maxString.
func (x *walker) str(f wire.Field) (string, error) {
	b, err := x.w.Bytes(f.Off, int(min(f.N, maxString)))
	if err != nil {
		return "", scan.Errorf(f.At, "%w", err)
	}
	return string(b), nil
}

// class reports code of the program that loads the model.
func (x *walker) class(f wire.Field, what string) error {
	s, err := x.str(f)
	if err == nil {
		x.report(quintain.Medium, f.At, "%s code that the model does not bring with it: class %q of the program that loads it", what, s)
	}
	return err
}

// linked reports a model that is loaded from elsewhere.
func (x *walker) linked(m wire.Field) error {
	return wire.Fields(x.w, "StringParameter", m.Off, m.Off+m.N, func(f wire.Field) error {
		if f.Num != 1 || f.Wire != protowire.BytesType {
			return nil // told by walk
		}
		s, err := x.str(f)
		if err != nil || s == "" {
			return err
		}
		if slices.ContainsFunc(strings.Split(s, ":"), escapes) || strings.Contains(s, "://") {
			x.report(quintain.High, f.At, "loads another model from outside its folder: %q", s)
		} else {
			x.report(quintain.Medium, f.At, "loads another model: %q", s)
		}
		return nil
	})
}

// operation judges the name of an operation of a program.
func (x *walker) operation(f wire.Field) error {
	s, err := x.str(f)
	x.layers++
	switch {
	case err != nil:
		return err
	case s == "custom_layer":
		x.report(quintain.Medium, f.At, "an operation is code that the model does not bring with it: %q", s)
	case !operations()[s]:
		x.report(quintain.Medium, f.At, "the operation %q is none that Core ML is known to have", s)
	}
	return nil
}

// root is how a model names the folder that it is in.
const root = "@model_path/"

// blob judges the name of a file with weights.
func (x *walker) blob(f wire.Field) error {
	s, err := x.str(f)
	rest, inside := strings.CutPrefix(s, root)
	if err == nil && (!inside || escapes(rest)) {
		x.report(quintain.High, f.At, "takes weights from outside its folder: %q", s)
	}
	return err
}

// escapes reports whether a path leads out of the folder it is below.
func escapes(s string) bool {
	slashed := strings.ReplaceAll(s, `\`, "/")
	return strings.HasPrefix(slashed, "/") || strings.HasPrefix(slashed, "~") || strings.ContainsRune(s, 0) ||
		len(slashed) > 1 && slashed[1] == ':' || slices.Contains(strings.Split(slashed, "/"), "..")
}
