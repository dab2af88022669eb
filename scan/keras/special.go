package keras

import (
	"strings"

	"quintain"
	"quintain/scan/internal/strictjson"
)

// specials are classes of Keras that do more than compute.
var specials = map[string]func(*config, *claim){
	"Lambda":             lambda,
	"TorchModuleWrapper": always(quintain.Critical, "would run code: unpickles the PyTorch module in it"),
	"TFSMLayer":          always(quintain.High, "loads and runs another model by its path"),
	"JaxLayer":           always(quintain.High, "calls functions that are not part of Keras"),
	"FlaxLayer":          always(quintain.High, "calls functions that are not part of Keras"),
	"TensorFlowOpLayer":  always(quintain.High, "runs an operation of TensorFlow, of which some read and write files"),
	"TFOpLambda":         operation,
	"SlicingOpLambda":    operation,
}

// always makes the judge of a class that is reported whatever its arguments.
func always(s quintain.Severity, what string) func(*config, *claim) {
	return func(c *config, x *claim) { c.reportf(s, x.off, "%s %s", x.name, what) }
}

// lambda judges a layer that calls what it is given.
func lambda(c *config, x *claim) {
	for _, key := range []string{"function", "output_shape", "mask"} {
		v := x.config.Get(key)
		if v == nil || v.Kind == strictjson.Null {
			continue
		}
		if v.Kind == strictjson.Array && len(v.Items) > 0 && v.Items[0].Kind == strictjson.String {
			c.reportf(quintain.Critical, v.Off, "would run code: the %s of a Lambda layer%s%s", key, list(c.code(v)), c.unsafe())
			return
		}
	}
	function := x.config.Get("function")
	if class, _ := function.Get("class_name").Str(); class == "__lambda__" {
		return // reported where it is
	}
	name, ok := function.Str()
	if !ok {
		name, _ = function.Get("config").Str()
	}
	if module, _ := x.config.Get("module").Str(); name != "" && module != "" && !isKeras(module) {
		c.foreign(&claim{off: x.off, module: module}, name)
		return
	}
	c.reportf(quintain.High, x.off, "a Lambda layer calls a function by its name %q%s", name, c.unsafe())
}

// harmlessOps are the modules of TensorFlow whose functions only compute.
var harmlessOps = []string{"math.", "nn.", "linalg.", "__operators__.", "signal.", "bitwise."}

// harmlessOp are such functions outside those modules.
var harmlessOp = map[string]bool{
	"cast": true, "concat": true, "expand_dims": true, "identity": true, "image.resize": true, "ones_like": true,
	"pad": true, "reshape": true, "shape": true, "slice": true, "split": true, "squeeze": true, "stack": true,
	"strided_slice": true, "tile": true, "transpose": true, "unstack": true, "where": true, "zeros_like": true,
	"broadcast_to": true, "clip_by_value": true, "compat.v1.transpose": true, "compat.v1.shape": true, "range": true,
	"gather": true, "one_hot": true, "reverse": true, "convert_to_tensor": true, "compat.v1.nn.conv2d": true,
}

// operation judges a layer that calls a function of TensorFlow.
func operation(c *config, x *claim) {
	name, _ := x.config.Get("function").Str()
	if harmlessOp[name] {
		return
	}
	for _, m := range harmlessOps {
		if rest, ok := strings.CutPrefix(name, m); ok && !strings.Contains(rest, ".") {
			return
		}
	}
	c.reportf(quintain.High, x.off, "calls the function %q of TensorFlow, which is not known to only compute", name)
}
