package pysource

import (
	"quintain"
)

// A guard is an argument that keeps a function from running code or from
// trusting whoever answers.
type guard struct {
	arg      string
	on       bool // the value that protects
	severity quintain.Severity
	text     string // what the call does without
	missing  string // what it does if the argument is not there; "" if that is well
}

const (
	safeMode = "lets a model file bring its own code: safe_mode is off"
	objects  = "unpickles arrays of objects: allow_pickle is on"
	noCheck  = "does not look at who answers: verify is off"
)

// guards are the guards by the function that has them.
var guards = map[string]guard{
	"torch.load": {
		"weights_only", true, quintain.Medium, "unpickles without limits: weights_only is off",
		"unpickles without limits in versions before 2.6: weights_only is not said",
	},
	"keras.models.load_model":            {"safe_mode", true, quintain.Medium, safeMode, ""},
	"keras.saving.load_model":            {"safe_mode", true, quintain.Medium, safeMode, ""},
	"tensorflow.keras.models.load_model": {"safe_mode", true, quintain.Medium, safeMode, ""},
	"numpy.load":                         {"allow_pickle", false, quintain.Low, objects, ""},
	"requests.get":                       {"verify", true, quintain.Medium, noCheck, ""},
	"requests.post":                      {"verify", true, quintain.Medium, noCheck, ""},
	"requests.request":                   {"verify", true, quintain.Medium, noCheck, ""},
	"httpx.get":                          {"verify", true, quintain.Medium, noCheck, ""},
	"httpx.post":                         {"verify", true, quintain.Medium, noCheck, ""},
}

// guarded judges a call of a function with a guard. A value that is no constant
// is the caller's choice, and passes.
func (r *reader) guarded(f value, args []arg, off int) {
	if f.path == "keras.config.enable_unsafe_deserialization" {
		r.reportf(quintain.Medium, off, "lets model files bring their own code: enable_unsafe_deserialization")
	}
	g, ok := guards[f.path]
	if !ok {
		return
	}
	against := "builtins.False"
	if !g.on {
		against = "builtins.True"
	}
	for _, a := range args {
		switch {
		case a.key == g.arg && a.path == against:
			r.reportf(g.severity, off, "calls %s, which %s", shown(f.path), g.text)
			return
		case a.key == g.arg:
			return
		}
	}
	if g.missing != "" {
		r.reportf(quintain.Low, off, "calls %s, which %s", shown(f.path), g.missing)
	}
}
