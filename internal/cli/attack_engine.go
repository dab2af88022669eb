package cli

import (
	"errors"
	"strings"

	"quintain/attack/evasion"
	"quintain/ml/graph"
	"quintain/ml/ort"
)

const (
	ownEngine   = "own"
	ortVariable = "QUINTAIN_ORT" // path of the library
)

// accelerate has models run by the engine that a flag names, and returns what
// closes it. Evades tells that the attack is one of evasion; no other is run so.
func (w *wiring) accelerate(engine string, evades bool) (done func(), err error) {
	if engine == ownEngine {
		return func() {}, nil
	}
	name, provider, _ := strings.Cut(engine, "/")
	switch {
	case name != "ort" || provider != "" && provider != ort.CPU && provider != ort.CUDA:
		return nil, usagef("--engine is %q, want own, ort or ort/cuda", engine)
	case !evades:
		return nil, usagef("--engine %s runs the model in attacks of evasion only", name)
	}
	path := w.env.Getenv(ortVariable)
	if ort.Built && path == "" {
		return nil, hint(errors.New("--engine ort: "+ortVariable+" does not say where ONNX Runtime is"),
			"%s=/path/to/libonnxruntime.so quintain attack ...; pip download onnxruntime fetches a wheel with one in it", ortVariable)
	}
	e, err := ort.Open(ort.Options{Library: path, Provider: provider, Workers: w.evasion.Jobs})
	switch {
	case err != nil && !ort.Built:
		return nil, hint(err, "go build -tags ort ./cmd/quintain, then set %s to the path of the library; --engine own needs neither", ortVariable)
	case err != nil:
		return nil, hint(err, "%s is %q; --engine own needs no library", ortVariable, path)
	}
	w.evasion.Flags = []string{"--engine", engine}
	w.evasion.Engine = func(net *graph.Net) (evasion.Runner, error) {
		m, err := e.Load(net)
		if err != nil {
			return nil, err
		}
		return m, nil
	}
	return e.Close, nil
}
