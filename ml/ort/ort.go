// Package ort runs classifiers in ONNX Runtime, a library that is found when
// the program runs: it is an accelerator, and never the judge. Package graph
// reads and checks every model first. What the library is given is written here
// operator by operator, the forward run and the gradient with respect to the
// input, and nothing of the file but numbers gets there.
//
// The library is there only in programs that were built with the tag ort, on
// Linux and macOS. Answers differ from those of package graph in the last bits:
// [Model.SelfCheck] holds logits to 1e-5 of the largest, and gradients to a
// cosine of 0.9999.
package ort

import (
	"errors"
	"fmt"
	"runtime"

	"quintain/ml/graph"
)

// ErrAbsent says that there is no library to run models in.
var ErrAbsent = errors.New("ort: no ONNX Runtime")

// The providers, which are what computes.
const (
	CPU  = "cpu"
	CUDA = "cuda" // untested
)

// Options say which library to use and how.
type Options struct {
	Library  string // path of the shared library; it runs with all rights of the program
	Provider string // [CPU] if empty
	Workers  int    // batches that run at the same time; 0 is one per processor
}

// An Engine is a library that has been opened.
type Engine struct {
	lib     library
	workers int
}

// Open opens the library. An error wraps [ErrAbsent] if the program was built
// without the tag ort, if there is no such library, if it is older than version
// 1.13, or if it has no such provider.
func Open(o Options) (*Engine, error) {
	if o.Provider == "" {
		o.Provider = CPU
	}
	if o.Provider != CPU && o.Provider != CUDA {
		return nil, fmt.Errorf("%w: provider %q (have %s, %s)", ErrAbsent, o.Provider, CPU, CUDA)
	}
	lib, err := open(o.Library, o.Provider)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAbsent, err)
	}
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	return &Engine{lib, o.Workers}, nil
}

// Name returns version and provider, such as "onnxruntime 1.32.0 (cpu)".
func (e *Engine) Name() string { return e.lib.name() }

// Close gives back what the engine holds. Its models have been closed before.
func (e *Engine) Close() { e.lib.close() }

// A library runs graphs.
type library interface {
	name() string
	// open makes a graph ready to run.
	open(g *graph.Graph) (session, error)
	// wrap makes a value of x, which it keeps hold of.
	wrap(x []float32, shape []int) (value, error)
	close()
}

// A session is a graph that can be run by several goroutines at a time.
type session interface {
	// run takes the inputs of the graph and returns its outputs.
	run(in []value) ([]value, error)
	close()
}

// A value is an input or output of a graph. It is released once.
type value interface {
	// numbers returns what is in it, until it is released.
	numbers() ([]float32, error)
	release()
}
