package keras

import (
	_ "embed"
	"fmt"
	"strings"
	"sync"
)

//go:embed allow.txt
var allowText string

// A policy is what a configuration may name: by module below keras, the names
// of its classes and functions. Under the empty module are all of them.
type policy struct {
	classes, functions map[string]map[string]bool
}

// thePolicy parses the embedded list, which cannot fail after the tests of
// this package have passed.
var thePolicy = sync.OnceValue(func() *policy {
	p, err := parsePolicy(allowText)
	if err != nil {
		panic(err)
	}
	return p
})

func parsePolicy(text string) (*policy, error) {
	p := &policy{make(map[string]map[string]bool), make(map[string]map[string]bool)}
	for i, line := range strings.Split(text, "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		head, names, _ := strings.Cut(line, ":")
		kind, module, _ := strings.Cut(head, " ")
		set := map[string]map[string]map[string]bool{"class": p.classes, "function": p.functions}[kind]
		if set == nil || module == "" || names == "" {
			return nil, fmt.Errorf("allow.txt line %d: %q", i+1, line)
		}
		for _, m := range []string{"", module} {
			if set[m] == nil {
				set[m] = make(map[string]bool)
			}
			for name := range strings.FieldsSeq(names) {
				if set[m][name] && m != "" {
					return nil, fmt.Errorf("allow.txt line %d: %q is listed twice", i+1, name)
				}
				set[m][name] = true
			}
		}
	}
	return p, nil
}

func (p *policy) class(module, name string) bool    { return p.classes[module][name] }
func (p *policy) function(module, name string) bool { return p.functions[module][name] }

// known reports whether a module has classes that are parts of models.
func (p *policy) known(module string) bool { return p.classes[module] != nil }

// homes are the packages that Keras lives in.
var homes = []string{"keras.src", "keras", "tf_keras.src", "tf_keras", "tensorflow.keras", "tensorflow.python.keras"}

// isKeras reports whether a module is of Keras.
func isKeras(module string) bool {
	for _, h := range homes {
		if module == h || strings.HasPrefix(module, h+".") {
			return true
		}
	}
	return false
}

// parts are the modules below keras by where older versions, and private
// modules, have what they hold. Longer ones come first.
var parts = []struct{ prefix, part string }{
	{"optimizers.schedules", "optimizers.schedules"},
	{"optimizers.learning_rate_schedule", "optimizers.schedules"},
	{"optimizer_v2.learning_rate_schedule", "optimizers.schedules"},
	{"optimizer_v2", "optimizers"},
	{"optimizer_experimental", "optimizers"},
	{"backend.torch.optimizers", "optimizers"},
	{"engine.input_layer", "layers"},
	{"engine.base_layer", "layers"},
	{"engine", "models"},
	{"mixed_precision", "mixed_precision"},
	{"ops.core", "ops.core"},
	{"ops.einops", "ops.einops"},
	{"ops.image", "ops.image"},
	{"ops.linalg", "ops.linalg"},
	{"ops.math", "ops.math"},
	{"ops.nn", "ops.nn"},
	{"ops.numpy", "ops.numpy"},
}

// below returns the module of the list that holds what is in a module of
// Keras: "layers" for keras.src.layers.core.dense.
func below(module string) string {
	for _, h := range homes {
		rest, ok := strings.CutPrefix(module, h)
		if !ok || rest != "" && rest[0] != '.' {
			continue
		}
		rest = strings.TrimPrefix(rest, ".")
		if rest == "" {
			return "."
		}
		for _, p := range parts {
			if rest == p.prefix || strings.HasPrefix(rest, p.prefix+".") {
				return p.part
			}
		}
		rest, _, _ = strings.Cut(rest, ".")
		return rest
	}
	return ""
}
