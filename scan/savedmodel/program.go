package savedmodel

import (
	"bytes"
	"fmt"
	"regexp"

	"quintain"
	"quintain/scan"
)

// bytecode is what a module begins with.
const bytecode = "ML\xefR"

// dialect names the dialect of a module and its version.
var dialect = regexp.MustCompile(`(?:StableHLO|MLIR|VHLO)[ _]?v?\d[\w.]*`)

// callbacks are the targets by which a program of JAX leaves the graph.
var callbacks = []struct {
	name     string
	severity quintain.Severity
	does     string
}{
	{"python_cpu_callback", quintain.High, "calls a function of Python in the process that loads it, by an address that the file holds"},
	{"python_gpu_callback", quintain.High, "calls a function of Python in the process that loads it, by an address that the file holds"},
	{"io_callback", quintain.Medium, "calls a function of Python in the process that loads it"},
	{"pure_callback", quintain.Medium, "calls a function of Python in the process that loads it"},
	{"tf.call_tf_function", quintain.Medium, "calls a function of the graph that its list names"},
	{"__gpu$xla.gpu.triton", quintain.Medium, "runs a kernel of its own on the processor for graphics"},
	{"tpu_custom_call", quintain.Medium, "runs a kernel of its own on the processor for tensors"},
}

// program says what is known of a compiled program, and that the rest is not
// analyzed.
func (x *walker) program(n *node) {
	if n.program.n == 0 {
		x.f.Doubtf(n.at, "operator %q runs a compiled program, which is not analyzed", n.op)
		return
	}
	version, err := x.module(n)
	if err != nil {
		x.f.Doubtf(n.at, "operator %q runs a compiled program that cannot be read: %v", n.op, err)
		return
	}
	x.f.Doubtf(n.at, "operator %q runs a compiled program, %s of %s, whose instructions are not analyzed", n.op, scan.Count(n.program.n, "byte"), version)
}

// module looks through a module for the names of what it calls, and returns its
// version.
func (x *walker) module(n *node) (string, error) {
	const most = scan.MaxBytes
	version := "an unknown version"
	told := make(map[string]bool)
	for off := int64(0); off < n.program.n; off += most / 2 {
		if err := x.ctx.Err(); err != nil {
			return "", err
		}
		b, err := x.w.Bytes(n.program.off+off, int(min(most, n.program.n-off)))
		if err != nil {
			return "", fmt.Errorf("read: %w", err)
		}
		if off == 0 {
			if !bytes.HasPrefix(b, []byte(bytecode)) {
				version = "text or another form than bytecode"
			} else if v := dialect.Find(b); v != nil {
				version = fmt.Sprintf("%q", v)
			}
		}
		for _, c := range callbacks {
			if i := bytes.Index(b, []byte(c.name)); i >= 0 && !told[c.name] {
				told[c.name] = true
				x.f.Reportf(c.severity, n.program.off+off+int64(i), "the compiled program of operator %q %s: %q", n.op, c.does, c.name)
			}
		}
	}
	return version, nil
}
