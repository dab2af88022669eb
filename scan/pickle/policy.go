package pickle

import (
	_ "embed"
	"errors"
	"fmt"
	"strings"
	"sync"

	"quintain"
)

//go:embed allow.txt
var allowText string

//go:embed allow_sklearn.txt
var sklearnText string

//go:embed deny.txt
var denyText string

// An act is what calling a global does that the interpreter follows.
type act uint8

const (
	actNone     act = iota
	actApply        // calls its first argument
	actArgs         // calls those of its arguments that can be called
	actLoads        // unpickles its first argument
	actResolve      // looks an object up by name
	actEncode       // turns text into bytes
	actRegister     // adds to the extension registry
	actAlloc        // makes an object as large as its numbers say
	actRange        // makes a range, which is large when it is listed
	actCode         // makes a code object
	actDtype        // makes a dtype of NumPy
	actArray        // makes a wrapper of joblib, behind which an array follows
)

// A rule is what is known about one global.
type rule struct {
	canonical string // the name in Python 3
	imports   bool   // a file may name it
	calls     bool   // a file may call it
	act       act
	effect    string // what calling it can do, if it is known to be dangerous
	severity  quintain.Severity
}

func (r *rule) callable() bool { return r.calls }

// policy is the two lists: what may be imported and called, which decides, and
// what is dangerous, which only explains.
type policy struct {
	allow, deny               map[string]rule
	allowPrefix, denyPrefixes map[string]rule // "subprocess." for "subprocess.*"
}

// thePolicy parses the embedded lists, which cannot fail after the test of
// this package has passed.
var thePolicy = sync.OnceValue(func() *policy {
	p, err := parsePolicy(allowText+"\n"+sklearnText, denyText)
	if err != nil {
		panic(err)
	}
	return p
})

// words are the words that begin a line of allow.txt.
var words = map[string]rule{
	"import":  {imports: true},
	"call":    {imports: true, calls: true},
	"apply":   {imports: true, calls: true, act: actApply},
	"args":    {imports: true, calls: true, act: actArgs},
	"loads":   {imports: true, calls: true, act: actLoads},
	"resolve": {imports: true, calls: true, act: actResolve},
	"encode":  {imports: true, calls: true, act: actEncode},
	"alloc":   {imports: true, calls: true, act: actAlloc},
	"range":   {imports: true, calls: true, act: actRange},
	"dtype":   {imports: true, calls: true, act: actDtype},
	"array":   {imports: true, calls: true, act: actArray},
}

// acts are what dangerous globals do that the interpreter follows.
var acts = map[string]act{
	"importlib.import_module": actResolve, "importlib.__import__": actResolve, "builtins.__import__": actResolve,
	"builtins.vars": actResolve, "operator.getitem": actResolve, "inspect.getattr_static": actResolve, "pkgutil.resolve_name": actResolve, "pydoc.locate": actResolve,
	"pickle.loads": actLoads, "dill.loads": actLoads, "cloudpickle.loads": actLoads, "marshal.loads": actCode, "types.CodeType": actCode, "dill._create_code": actCode,
	"cloudpickle._builtin_type": actResolve, "dill._load_type": actResolve,
	"copyreg.add_extension": actRegister,
}

func parsePolicy(allow, deny string) (*policy, error) {
	p := &policy{
		allow: make(map[string]rule), deny: make(map[string]rule),
		allowPrefix: make(map[string]rule), denyPrefixes: make(map[string]rule),
	}
	return p, errors.Join(p.parseAllow(allow), p.parseDeny(deny))
}

func (p *policy) parseAllow(text string) error {
	for i, line := range strings.Split(text, "\n") {
		line, _, _ = strings.Cut(line, "#")
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		r, ok := words[f[0]]
		if !ok || len(f) < 2 {
			return fmt.Errorf("allow.txt line %d: %q", i+1, line)
		}
		for _, name := range f[1:] {
			if _, dup := p.allow[name]; dup {
				return fmt.Errorf("allow.txt line %d: %q is listed twice", i+1, name)
			}
			r.canonical = name
			if prefix, ok := strings.CutSuffix(name, "*"); ok {
				p.allowPrefix[prefix] = r
			} else {
				p.allow[name] = r
			}
		}
	}
	return nil
}

func (p *policy) parseDeny(text string) error {
	for i, line := range strings.Split(text, "\n") {
		line, _, _ = strings.Cut(line, "#")
		effect, names, ok := strings.Cut(line, ":")
		if strings.TrimSpace(line) == "" {
			continue
		}
		word, effect, _ := strings.Cut(effect, " ")
		r := rule{effect: effect}
		if err := r.severity.UnmarshalText([]byte(word)); err != nil || !ok || effect == "" {
			return fmt.Errorf("deny.txt line %d: %q", i+1, line)
		}
		for name := range strings.FieldsSeq(names) {
			if _, both := p.allow[name]; both {
				return fmt.Errorf("deny.txt line %d: %q is allowed too", i+1, name)
			}
			r.canonical, r.act = name, acts[name]
			if prefix, ok := strings.CutSuffix(name, "*"); ok {
				p.denyPrefixes[prefix] = r
			} else {
				p.deny[name] = r
			}
		}
	}
	return nil
}

// renamed are the modules that CPython 3 renames when it reads protocols 0 to
// 2, and private twins of public modules.
var renamed = map[string]string{
	"__builtin__": "builtins", "copy_reg": "copyreg", "cPickle": "pickle", "_pickle": "pickle", "commands": "subprocess",
	"exceptions": "builtins", "posix": "os", "nt": "os", "_operator": "operator", "_functools": "functools", "_io": "io",
	"urllib2": "urllib.request", "_socket": "socket", "_ctypes": "ctypes", "_asyncio": "asyncio", "_posixsubprocess": "subprocess",
	"numpy._core.multiarray": "numpy.core.multiarray", "numpy._core.numeric": "numpy.core.numeric",
	"numpy._core._multiarray_umath": "numpy.core.multiarray", "numpy.core._multiarray_umath": "numpy.core.multiarray",
	"sklearn.externals.joblib.numpy_pickle": "joblib.numpy_pickle",
	"cloudpickle.cloudpickle":               "cloudpickle", "dill._dill": "dill", "_compat_pickle": "pickle",
}

// retyped are the names that CPython 3 renames when it reads protocols 0 to 2.
var retyped = map[string]string{
	"builtins.unicode": "builtins.str", "builtins.long": "builtins.int", "builtins.xrange": "builtins.range",
	"builtins.unichr": "builtins.chr", "builtins.StandardError": "builtins.Exception",
	"os.getcwdu": "os.getcwd", "itertools.izip": "builtins.zip", "UserDict.IterableUserDict": "collections.UserDict",
	"UserDict.UserDict": "collections.UserDict", "UserList.UserList": "collections.UserList", "UserString.UserString": "collections.UserString",
}

// lookup returns what is known about a global. What is not known may neither
// be imported nor called.
func lookup(module, name string) *rule {
	p := thePolicy()
	if m, ok := renamed[module]; ok {
		module = m
	}
	full := module + "." + name
	if to, ok := retyped[full]; ok {
		full = to
	}
	if r, ok := p.allow[full]; ok {
		return &r
	}
	top, _, _ := strings.Cut(module, ".")
	if r, ok := p.allowPrefix[top+"."]; ok {
		return &r
	}
	worst := &rule{canonical: full}
	if r, ok := p.denied(full); ok {
		worst = r
	}
	// A dotted name walks through what a module happens to have imported.
	for rest := name; ; {
		_, after, ok := strings.Cut(rest, ".")
		if !ok {
			return worst
		}
		if r, ok := p.denied(strings.TrimLeft(rest, "_")); ok && r.severity > worst.severity {
			worst = r
		}
		rest = after
	}
}

// denied returns the rule of a dangerous global: of its own, of a class it is
// a method of, or of a module it is in.
func (p *policy) denied(full string) (*rule, bool) {
	if r, ok := p.deny[full]; ok {
		return &r, true
	}
	for i := len(full) - 1; i > 0; i-- {
		if full[i] != '.' {
			continue
		}
		if r, ok := p.denyPrefixes[full[:i+1]]; ok {
			r.canonical = full
			r.act = acts[full]
			return &r, true
		}
		if r, ok := p.deny[full[:i]]; ok {
			r.act = actNone
			return &r, true
		}
	}
	return nil, false
}
