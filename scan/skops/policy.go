package skops

import (
	"slices"
	"strings"

	"quintain"
	"quintain/scan/internal/strictjson"
)

// A claim is what an object says it is.
type claim struct {
	off                   int64
	module, class, loader string
}

func (c *claim) String() string { return c.module + "." + c.class }

// fixed are loaders that make one kind of object, and the modules and classes
// which that has.
var fixed = map[string][]string{
	"DictNode": {"builtins.dict", "collections.OrderedDict"}, "DefaultDictNode": {"collections.defaultdict"}, "ListNode": {"builtins.list"},
	"TupleNode": {"builtins.tuple"}, "SetNode": {"builtins.set", "builtins.frozenset"}, "SliceNode": {"builtins.slice"},
	"BytesNode": {"builtins.bytes"}, "BytearrayNode": {"builtins.bytearray"}, "PartialNode": {"functools.partial"},
	"JsonNode":        {"builtins.str", "builtins.int", "builtins.float", "builtins.bool", "builtins.NoneType"},
	"RandomStateNode": {"numpy.random.mtrand.RandomState", "numpy.random.RandomState"},
	"RandomGeneratorNode": {
		"numpy.random._generator.Generator", "numpy.random.Generator",
	},
	"MaskedArrayNode": {"numpy.ma.MaskedArray", "numpy.ma.core.MaskedArray"}, "DTypeNode": {"numpy.dtype", "builtins.dtype"},
}

// classes are loaders that make objects of the class that is named.
var classes = []string{"ObjectNode", "TypeNode", "TreeNode", "LossNode", "QuantileForestNode", "ConstructorFromReduceNode", "NdArrayNode", "SparseMatrixNode", "ReduceNode"}

// types are classes of Python and NumPy that only hold values.
var types = strings.Fields("builtins.str builtins.int builtins.float builtins.bool builtins.complex builtins.dict builtins.list builtins.tuple " +
	"builtins.set builtins.frozenset builtins.bytes builtins.bytearray builtins.slice builtins.range builtins.object builtins.NoneType " +
	"collections.OrderedDict collections.defaultdict collections.Counter numpy.ndarray numpy.matrix numpy.dtype numpy.bool_ numpy.bool " +
	"numpy.int8 numpy.int16 numpy.int32 numpy.int64 numpy.uint8 numpy.uint16 numpy.uint32 numpy.uint64 numpy.float16 numpy.float32 " +
	"numpy.float64 numpy.longdouble numpy.complex64 numpy.complex128 numpy.str_ numpy.bytes_ numpy.object_ numpy.void numpy.datetime64 numpy.timedelta64")

// ufuncs are the functions of NumPy that compute element by element.
var ufuncs = strings.Fields("abs absolute add arccos arccosh arcsin arcsinh arctan arctan2 arctanh cbrt ceil clip conj conjugate copysign cos " +
	"cosh deg2rad degrees divide divmod equal exp exp2 expm1 fabs float_power floor floor_divide fmax fmin fmod frexp gcd greater " +
	"greater_equal heaviside hypot invert isfinite isinf isnan lcm ldexp left_shift less less_equal log log10 log1p log2 logaddexp " +
	"logaddexp2 logical_and logical_not logical_or logical_xor matmul maximum minimum mod modf multiply negative nextafter not_equal " +
	"positive power rad2deg radians reciprocal remainder right_shift rint sign signbit sin sinh spacing sqrt square subtract tan tanh " +
	"true_divide trunc mean median sum std var")

// dangerous are packages whose functions run code or touch the system. The
// list decides nothing: what is not known is reported anyway.
var dangerous = strings.Fields("os posix nt subprocess sys builtins importlib runpy pickle marshal ctypes shutil socket pty code types " +
	"timeit pdb commands tempfile pathlib io codecs webbrowser urllib http multiprocessing threading signal joblib cloudpickle dill")

// node judges one object.
func (s *schema) node(v *strictjson.Value) {
	c := &claim{off: v.Off}
	var ok [3]bool
	c.module, ok[0] = v.Get("__module__").Str()
	c.class, ok[1] = v.Get("__class__").Str()
	c.loader, ok[2] = v.Get("__loader__").Str()
	if c.loader == "CachedNode" {
		return // it stands for an object that was made before
	}
	switch {
	case ok != [3]bool{true, true, true}:
		s.f.Reportf(quintain.Medium, c.off, "an object whose module, class or loader is missing or no text")
	case !identifiers(c.module, true) || !identifiers(c.class, false):
		s.f.Reportf(quintain.High, c.off, "the name %q leads through more than modules", c.String())
	case c.loader == "FunctionNode":
		s.function(c)
	case c.loader == "OperatorFuncNode":
		s.operator(c, v)
	case c.loader == "MethodNode":
		s.method(c, v)
	case fixed[c.loader] != nil && slices.Contains(fixed[c.loader], c.String()):
	case fixed[c.loader] != nil || slices.Contains(classes, c.loader):
		s.class(c)
	default:
		s.f.Doubtf(c.off, "the loader %q is not known", c.loader)
	}
}

// identifiers reports whether a name is one or, for a module, several, none of
// them a special one of Python.
func identifiers(s string, dots bool) bool {
	parts := []string{s}
	if dots {
		parts = strings.Split(s, ".")
	}
	for _, p := range parts {
		if p == "" || strings.HasPrefix(p, "__") || strings.ContainsFunc(p, func(r rune) bool {
			return r != '_' && (r < '0' || r > '9') && (r|0x20 < 'a' || r|0x20 > 'z')
		}) {
			return false
		}
	}
	return true
}

// library reports whether a module is of a library for models whose classes
// only compute.
func library(module string) bool {
	for _, m := range []string{"sklearn", "scipy.sparse", "xgboost", "lightgbm", "imblearn", "quantile_forest", "catboost"} {
		if module == m || strings.HasPrefix(module, m+".") {
			return true
		}
	}
	return false
}

// foreign reports an object that is not known to be harmless.
func (s *schema) foreign(c *claim, does string) {
	root, _, _ := strings.Cut(c.module, ".")
	switch {
	case slices.Contains(dangerous, root):
		s.f.Reportf(quintain.Critical, c.off, "would run code: %s %q", does, c.String())
	default:
		s.f.Reportf(quintain.Medium, c.off, "%s %q, which is not known to be harmless", does, c.String())
	}
}

// class judges an object of a class.
func (s *schema) class(c *claim) {
	first := strings.TrimLeft(c.class, "_")
	isClass := first != "" && (first[0] >= 'A' && first[0] <= 'Z' || strings.HasPrefix(c.module, "scipy.sparse"))
	switch {
	case slices.Contains(types, c.String()):
	case library(c.module) && isClass:
	default:
		s.foreign(c, "makes an object of")
	}
}

// function judges a function.
func (s *schema) function(c *claim) {
	switch {
	case c.module == "numpy" && slices.Contains(ufuncs, c.class):
	case c.module == "scipy.special" || c.module == "scipy.special._ufuncs":
	case strings.HasPrefix(c.module, "sklearn.metrics") || strings.HasPrefix(c.module, "sklearn.feature_selection") || strings.HasPrefix(c.module, "sklearn.gaussian_process"):
	case c.module == "numpy" || strings.HasPrefix(c.module, "numpy."):
		s.f.Reportf(quintain.High, c.off, "calls %q, which is not known to only compute", c.String())
	default:
		s.foreign(c, "calls")
	}
}

// operator judges a function that skops takes from the module operator,
// whatever module is named in versions before it looked.
func (s *schema) operator(c *claim, v *strictjson.Value) {
	if c.module != "operator" {
		s.f.Reportf(quintain.Critical, c.off, "would run code: names %q and takes %q of operator", c.String(), c.class)
		return
	}
	if args := v.Get("attrs").Get("content"); args != nil && len(args.Items) > 0 {
		if name, ok := args.Items[0].Get("content").Str(); ok {
			s.f.Reportf(quintain.Medium, c.off, "calls or reads %s by its name, with operator.%s", name, c.class)
			return
		}
	}
	s.f.Reportf(quintain.Medium, c.off, "calls operator.%s", c.class)
}

// method judges a method of an object, whose class has to be the one named.
func (s *schema) method(c *claim, v *strictjson.Value) {
	obj := v.Get("content").Get("obj")
	module, _ := obj.Get("__module__").Str()
	class, _ := obj.Get("__class__").Str()
	name, _ := v.Get("content").Get("func").Str()
	if module != c.module || class != c.class {
		s.f.Reportf(quintain.Critical, c.off, "would run code: names %q and takes method %q of %q", c.String(), name, module+"."+class)
		return
	}
	if strings.HasPrefix(name, "__") || !library(c.module) && !strings.HasPrefix(c.module, "numpy.random") {
		s.f.Reportf(quintain.High, c.off, "takes method %q of %q", name, c.String())
		return
	}
	s.f.Reportf(quintain.Medium, c.off, "takes method %q of %q", name, c.String())
}
