//go:build ort && (darwin || linux)

package ort

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"unsafe"

	"github.com/ebitengine/purego"

	"quintain/ml/graph"
	"quintain/ml/onnx"
)

// Built reports whether the program was built with the tag ort.
const Built = true

// The functions of the library that are used, by their places in its table,
// which is only ever added to. All of them are in version 13.
const (
	apiVersion = 13

	getErrorMessage        = 2
	createEnv              = 3
	createSessionFromArray = 8
	runSession             = 9
	createSessionOptions   = 10
	setOptimization        = 23
	setThreads             = 24
	createTensorWithData   = 49
	getTensorMutableData   = 51
	getElementCount        = 64
	getTypeAndShape        = 65
	createCPUMemoryInfo    = 69
	releaseEnv             = 92
	releaseStatus          = 93
	releaseMemoryInfo      = 94
	releaseSession         = 95
	releaseValue           = 96
	releaseShape           = 99
	releaseSessionOptions  = 100
	appendCUDA             = 204
	createCUDAOptions      = 205
	releaseCUDAOptions     = 208
)

const (
	logFatal    = 4  // what is wrong comes back as an error
	optimizeAll = 99 // levels of optimization of the graph
)

// A dynamic is a library that was loaded. It stays loaded.
type dynamic struct {
	table    uintptr // of functions
	title    string
	env, cpu uintptr // the environment, and the kind of memory of Go slices
	options  uintptr // of sessions
}

// open loads the library at path.
func open(path, provider string) (library, error) {
	if path == "" {
		return nil, errors.New("nobody said where the library is")
	}
	h, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return nil, fmt.Errorf("load %q: %w", path, err)
	}
	base, err := purego.Dlsym(h, "OrtGetApiBase")
	if err != nil {
		return nil, fmt.Errorf("%q is another library: %w", path, err)
	}
	entry, _, _ := purego.SyscallN(base)
	if entry == 0 {
		return nil, fmt.Errorf("%q gives no functions", path)
	}
	version, _, _ := purego.SyscallN(word(entry, 1))
	l := &dynamic{title: fmt.Sprintf("onnxruntime %s (%s)", text(version), provider)}
	if l.table, _, _ = purego.SyscallN(word(entry, 0), apiVersion); l.table == 0 {
		return nil, fmt.Errorf("%q is version %s, want 1.%d or newer", path, text(version), apiVersion)
	}
	if err := l.start(provider); err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

// start makes what all sessions need.
func (l *dynamic) start(provider string) error {
	title := cString("quintain")
	err := errors.Join(
		l.call(createEnv, logFatal, uintptr(unsafe.Pointer(title)), uintptr(unsafe.Pointer(&l.env))),
		l.call(createCPUMemoryInfo, 0, 0, uintptr(unsafe.Pointer(&l.cpu))),
		l.call(createSessionOptions, uintptr(unsafe.Pointer(&l.options))))
	if err != nil {
		return err
	}
	if provider == CUDA {
		if err := l.cuda(); err != nil {
			return fmt.Errorf("provider %s: %w", provider, err)
		}
	}
	return errors.Join(l.call(setOptimization, l.options, optimizeAll), l.call(setThreads, l.options, 1))
}

// cuda makes sessions compute on the first NVIDIA device.
func (l *dynamic) cuda() error {
	var o uintptr
	if err := l.call(createCUDAOptions, uintptr(unsafe.Pointer(&o))); err != nil {
		return err
	}
	defer l.void(releaseCUDAOptions, o)
	return l.call(appendCUDA, l.options, o)
}

// call calls function i of the table, which returns a status. What an argument
// points to, written as a conversion in the call itself, stays where it is
// until the function returns.
//
//go:uintptrescapes
func (l *dynamic) call(i int, args ...uintptr) error {
	status, _, _ := purego.SyscallN(word(l.table, i), args...)
	if status == 0 {
		return nil
	}
	defer l.void(releaseStatus, status)
	message, _, _ := purego.SyscallN(word(l.table, getErrorMessage), status)
	return fmt.Errorf("onnxruntime: %q", strings.TrimSpace(text(message)))
}

// void calls function i of the table, which returns nothing.
func (l *dynamic) void(i int, p uintptr) { purego.SyscallN(word(l.table, i), p) }

func (l *dynamic) name() string { return l.title }

func (l *dynamic) close() {
	l.void(releaseSessionOptions, l.options)
	l.void(releaseMemoryInfo, l.cpu)
	l.void(releaseEnv, l.env)
}

// A tensor is a value of the library.
type tensor struct {
	l      *dynamic
	h      uintptr
	pinned *runtime.Pinner // for Go memory; may be nil
}

func (l *dynamic) wrap(x []float32, shape []int) (value, error) {
	dims := make([]int64, len(shape))
	for i, d := range shape {
		dims[i] = int64(d)
	}
	t := &tensor{l: l, pinned: new(runtime.Pinner)}
	t.pinned.Pin(&x[0])
	err := l.call(createTensorWithData, l.cpu, uintptr(unsafe.Pointer(&x[0])), uintptr(4*len(x)), uintptr(unsafe.Pointer(&dims[0])), uintptr(len(dims)), typeFloat, uintptr(unsafe.Pointer(&t.h)))
	if err != nil {
		t.pinned.Unpin()
		return nil, err
	}
	return t, nil
}

func (t *tensor) numbers() ([]float32, error) {
	var shape, n, at uintptr
	if err := t.l.call(getTypeAndShape, t.h, uintptr(unsafe.Pointer(&shape))); err != nil {
		return nil, err
	}
	defer t.l.void(releaseShape, shape)
	if err := errors.Join(t.l.call(getElementCount, shape, uintptr(unsafe.Pointer(&n))), t.l.call(getTensorMutableData, t.h, uintptr(unsafe.Pointer(&at)))); err != nil {
		return nil, err
	}
	return unsafe.Slice((*float32)(pointer(at)), n), nil
}

func (t *tensor) release() {
	t.l.void(releaseValue, t.h)
	if t.pinned != nil {
		t.pinned.Unpin()
	}
}

// A compiled is a session of the library.
type compiled struct {
	l       *dynamic
	h       uintptr
	in, out []*byte // names, which end in zero
}

func (l *dynamic) open(g *graph.Graph) (session, error) {
	model, err := onnx.Marshal(g)
	if err != nil {
		return nil, err
	}
	c := &compiled{l: l}
	for _, p := range g.Inputs {
		c.in = append(c.in, cString(p.Name))
	}
	for _, name := range g.Outputs {
		c.out = append(c.out, cString(name))
	}
	return c, l.call(createSessionFromArray, l.env, uintptr(unsafe.Pointer(&model[0])), uintptr(len(model)), l.options, uintptr(unsafe.Pointer(&c.h)))
}

func (c *compiled) run(in []value) ([]value, error) {
	given, made := make([]uintptr, len(in)), make([]uintptr, len(c.out))
	for i, v := range in {
		given[i] = v.(*tensor).h //nolint:forcetypeassert // the values of a library are its own
	}
	var pin runtime.Pinner
	defer pin.Unpin()
	for _, name := range slices.Concat(c.in, c.out) {
		pin.Pin(name)
	}
	err := c.l.call(runSession, c.h, 0, uintptr(unsafe.Pointer(&c.in[0])), uintptr(unsafe.Pointer(&given[0])), uintptr(len(in)), uintptr(unsafe.Pointer(&c.out[0])), uintptr(len(made)), uintptr(unsafe.Pointer(&made[0])))
	if err != nil {
		return nil, err
	}
	out := make([]value, len(made))
	for i, h := range made {
		out[i] = &tensor{l: c.l, h: h}
	}
	return out, nil
}

func (c *compiled) close() { c.l.void(releaseSession, c.h) }

// cString returns the first byte of s with a zero behind it.
func cString(s string) *byte { return unsafe.SliceData(append([]byte(s), 0)) }

// pointer makes an address in the memory of the library a pointer.
func pointer(at uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&at)) }

// word returns word i of the memory at an address.
func word(at uintptr, i int) uintptr {
	return *(*uintptr)(unsafe.Add(pointer(at), i*int(unsafe.Sizeof(at))))
}

// text returns the text at an address, which ends in zero.
func text(at uintptr) string {
	p := (*byte)(pointer(at))
	n := 0
	for *(*byte)(unsafe.Add(unsafe.Pointer(p), n)) != 0 {
		n++
	}
	return strings.Clone(unsafe.String(p, n))
}
