package keras

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"quintain"
	"quintain/scan"
	"quintain/scan/internal/strictjson"
)

// A config is the configuration of a model under inspection.
type config struct {
	f      *scan.File
	base   int64          // of the text in the file; negative if not known
	legacy bool           // from an HDF5 file, whose loader has no safe mode
	told   map[int64]bool // places of code that was reported
}

// read inspects a configuration.
func (c *config) read(text []byte) {
	v, twice, err := strictjson.Parse(text)
	if e := (*strictjson.Error)(nil); errors.As(err, &e) {
		c.f.Doubtf(c.at(e.Off), "not analyzed: the configuration is no JSON: %v", err)
		return
	}
	for _, m := range twice {
		c.reportf(quintain.High, m.Off, "the name %q is there twice, so programs differ on what it is", m.Name)
	}
	if version, ok := v.Get("keras_version").Str(); ok && len(version) < 32 {
		c.f.Fact("keras", strconv.Quote(version))
	}
	c.walk(v)
}

// at returns an offset of the configuration as one of the file.
func (c *config) at(off int64) int64 {
	if c.base < 0 {
		return -1
	}
	return c.base + off
}

func (c *config) reportf(s quintain.Severity, off int64, format string, args ...any) {
	c.f.Reportf(s, c.at(off), format, args...)
}

// walk judges every object in v, at any depth: layers in layers, and what is
// in their arguments.
func (c *config) walk(v *strictjson.Value) {
	switch v.Kind {
	case strictjson.String:
		if !c.told[v.Off] {
			c.hidden(c.at(v.Off), v.Text)
		}
	case strictjson.Array:
		for i := range v.Items {
			c.walk(&v.Items[i])
		}
	case strictjson.Object:
		for i := range v.Members {
			if m := &v.Members[i]; m.Name == "class_name" {
				c.object(v, &m.Value)
			}
		}
		c.paths(v)
		for i := range v.Members {
			c.walk(&v.Members[i].Value)
		}
	default:
	}
}

// paths reports arguments that Keras takes for the path of a file if they are
// text.
func (c *config) paths(v *strictjson.Value) {
	for i := range v.Members {
		m := &v.Members[i]
		if s, ok := m.Value.Str(); ok && (m.Name == "vocabulary" || m.Name == "idf_weights") {
			c.reportf(quintain.High, m.Value.Off, "reads the file or address %q as %s", s, m.Name)
		}
	}
}

// hidden reports text that holds code or a pickle in base64.
func (c *config) hidden(off int64, text string) {
	switch what, names := hiddenIn(text); what {
	case isCode:
		c.f.Reportf(quintain.Critical, off, "holds code of Python%s", list(names))
	case isPickled:
		c.f.Reportf(quintain.High, off, "holds a pickle")
	default:
	}
}

// code returns which names the code in v uses. It is reported by the caller.
func (c *config) code(v *strictjson.Value) []string {
	if v == nil {
		return nil
	}
	if what, names := hiddenIn(v.Text); v.Kind == strictjson.String && what == isCode {
		if c.told == nil {
			c.told = make(map[int64]bool)
		}
		c.told[v.Off] = true
		return names
	}
	var out []string
	for i := range v.Items {
		out = append(out, c.code(&v.Items[i])...)
	}
	for i := range v.Members {
		out = append(out, c.code(&v.Members[i].Value)...)
	}
	return out[:min(len(out), maxNames)]
}

// list says which names code uses.
func list(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return ", which names " + strings.Join(names, ", ")
}

// A claim is what an object of a configuration says it is.
type claim struct {
	v          *strictjson.Value // the object
	off        int64             // of the class name
	name       string
	module     string
	hasModule  bool
	registered string
	config     *strictjson.Value
}

// object judges an object that has a class name.
func (c *config) object(v, name *strictjson.Value) {
	x := claim{v: v, off: name.Off, config: v.Get("config")}
	var ok bool
	if x.name, ok = name.Str(); !ok {
		c.reportf(quintain.Medium, name.Off, "the name of a class is no text")
		return
	}
	for _, key := range []string{"module", "registered_name"} {
		if m := v.Get(key); m != nil && m.Kind != strictjson.String && m.Kind != strictjson.Null {
			c.reportf(quintain.Medium, m.Off, "the %s of %q is no text", key, x.name)
		}
	}
	x.module, x.hasModule = v.Get("module").Str()
	x.registered, _ = v.Get("registered_name").Str()
	switch {
	case x.name == "__lambda__":
		c.reportf(quintain.Critical, x.off, "would run code: a lambda%s%s", list(c.code(x.config)), c.unsafe())
	case x.name == "__typespec__":
		c.typeSpec(&x)
	case values[x.name] && !x.hasModule:
	case x.name == "function":
		c.function(&x)
	default:
		c.class(&x)
	}
}

// unsafe says what the old format lacks.
func (c *config) unsafe() string {
	if c.legacy {
		return ", which no safe mode stops in this format"
	}
	return ""
}

// values are class names that stand for plain values.
var values = map[string]bool{
	"__keras_tensor__": true, "__tensor__": true, "__numpy__": true, "__bytes__": true, "__ellipsis__": true,
	"__slice__": true, "__tuple__": true, "TensorShape": true,
}

// typeSpec judges the description of a tensor, whose class is imported.
func (c *config) typeSpec(x *claim) {
	name, _ := x.v.Get("spec_name").Str()
	spec := name == "TensorSpec" || name == "RaggedTensorSpec" || name == "SparseTensorSpec"
	if !spec || !strings.HasPrefix(x.module, "tensorflow.python.") {
		c.foreign(x, name)
	}
}

// function judges a function that is looked up by name.
func (c *config) function(x *claim) {
	name, ok := x.config.Str()
	if !ok {
		c.reportf(quintain.Medium, x.off, "a function without a name")
		return
	}
	// Which of its two names Keras takes depends on where it stands.
	names := []string{name}
	if x.registered != "" && x.registered != "function" && x.registered != name {
		names = append(names, x.registered)
	}
	for _, n := range names {
		switch {
		case dangerousBuiltins[n] && (!x.hasModule || x.module == "builtins"):
			c.reportf(quintain.Critical, x.off, "would run code: calls %q of Python, where Keras is older than 3.9", n)
		case !x.hasModule || x.module == "builtins":
			if !thePolicy().function("", n) {
				c.reportf(quintain.Medium, x.off, "looks up function %q, which is not one of Keras", n)
			}
		case !isKeras(x.module):
			c.foreign(x, n)
		case thePolicy().function(below(x.module), n):
		case n == x.registered && strings.Contains(n, ">"):
			c.custom(x)
		default:
			c.reportf(quintain.High, x.off, "calls %s, which is not known to only compute", quote(x.module, n))
		}
	}
}

// class judges an instance of a class.
func (c *config) class(x *claim) {
	if special, ok := specials[x.name]; ok && (!x.hasModule || isKeras(x.module)) {
		special(c, x)
		return
	}
	if x.registered != "" && x.registered != x.name {
		c.custom(x)
		return
	}
	p := thePolicy()
	switch {
	case !x.hasModule && p.class("", x.name):
	case !x.hasModule && p.class("optimizers", strings.TrimPrefix(x.name, "Custom>")):
		// TensorFlow 2.11 registers its own optimizers like this.
	case !x.hasModule:
		c.reportf(quintain.Medium, x.off, "looks up class %q, which is not one of Keras", x.name)
	case !isKeras(x.module):
		c.foreign(x, x.name)
	case p.class(below(x.module), x.name):
	case !p.known(below(x.module)):
		c.reportf(quintain.High, x.off, "makes %s, which is no part of a model", quote(x.module, x.name))
	default:
		c.reportf(quintain.Medium, x.off, "makes %s, which is not known to be harmless", quote(x.module, x.name))
	}
}

// custom reports an object that the loading program registered.
func (c *config) custom(x *claim) {
	c.reportf(quintain.Medium, x.off, "uses the custom object %q, whose code is not in the file", x.registered)
}

// foreign reports an object of a module outside Keras.
func (c *config) foreign(x *claim, name string) {
	if root, _, _ := strings.Cut(x.module, "."); dangerous[root] {
		c.reportf(quintain.Critical, x.off, "would run code: imports and calls %s", quote(x.module, name))
		return
	}
	c.reportf(quintain.High, x.off, "imports and calls %s, which is not of Keras", quote(x.module, name))
}

// dangerous are packages whose functions run code or touch the system. The
// list decides nothing: what is not of Keras is reported anyway.
var dangerous = map[string]bool{
	"os": true, "posix": true, "nt": true, "subprocess": true, "builtins": true, "__builtin__": true, "sys": true,
	"importlib": true, "runpy": true, "pickle": true, "marshal": true, "ctypes": true, "shutil": true, "socket": true,
	"pty": true, "code": true, "types": true, "operator": true, "functools": true, "timeit": true, "pdb": true,
}

// dangerousBuiltins are functions of Python that run code or lead to others.
// Old versions of Keras find them under the module that stands for its own.
var dangerousBuiltins = map[string]bool{
	"eval": true, "exec": true, "compile": true, "open": true, "__import__": true, "getattr": true, "setattr": true,
	"delattr": true, "input": true, "breakpoint": true, "globals": true, "locals": true, "vars": true, "map": true,
	"filter": true, "exit": true, "quit": true,
}

func quote(module, name string) string { return fmt.Sprintf("%q", module+"."+name) }
