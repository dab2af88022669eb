package artifact

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"
)

// Shapes are the ways in which a pickle can hide a call.
func Shapes() []string {
	return []string{"reduce", "build", "dotted", "memo", "second-stream", "zip-path", "stacked-protocols", "obfuscated-import"}
}

// A Gadget is a call that a hostile checkpoint makes when it is loaded.
type Gadget struct {
	Shape     string
	Module    string // of the callable
	Name      string
	Argument  string
	Indicator string // the host that the argument hides
	URL       string // the whole of what it hides

	Member  string   // that the call is in
	Offset  int      // of the opcode that makes the call, in the member
	Accept  []string // names of the callable, as imported and as it is
	Canary  string   // the file that a call would make
	Encoded string   // the indicator as the argument has it
}

// callables take one text: a command for the shell, or Python.
var callables = []struct {
	module, name string
	python       bool
	through      string // a module that has the module as an attribute
}{
	{"os", "system", false, "shutil"},
	{"os", "popen", false, "shutil"},
	{"subprocess", "getoutput", false, "webbrowser"},
	{"builtins", "exec", true, "inspect"},
	{"builtins", "eval", true, "inspect"},
}

// NewGadget draws a gadget of a shape: what it calls, and with what.
func NewGadget(rng *rand.Rand, shape string) *Gadget {
	c := callables[rng.IntN(len(callables))]
	g := &Gadget{Shape: shape, Module: c.module, Name: c.name, Canary: Canary + Word(rng, 6), Member: "archive/data.pkl"}
	g.Indicator = fmt.Sprintf("%s.%s.example", Word(rng, 7), Word(rng, 5))
	g.URL = "https://" + g.Indicator + "/" + Word(rng, 8)
	g.Encoded = encodings[rng.IntN(len(encodings))](g.URL)
	if c.python {
		g.Argument = fmt.Sprintf("__import__('pathlib').Path('%s').touch() # %s", g.Canary, g.Encoded)
	} else {
		g.Argument = fmt.Sprintf("touch %s # %s", g.Canary, g.Encoded)
	}
	g.Accept = []string{g.Module + "." + g.Name}
	if shape == "dotted" {
		g.Accept = append(g.Accept, c.through+"."+g.Module+"."+g.Name)
	}
	return g
}

// encodings hide a text from a search for "http".
var encodings = []func(string) string{
	func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
	func(s string) string { return hex.EncodeToString([]byte(s)) },
	func(s string) string {
		b := []byte(s)
		slices.Reverse(b)
		return string(b)
	},
}

// Checkpoint writes a checkpoint of tensors that makes the call when it is
// loaded, and notes where the call is.
func (g *Gadget) Checkpoint(rng *rand.Rand, tensors []Tensor) []byte {
	at := rng.IntN(len(tensors))
	protocol := byte(2)
	if g.Shape == "dotted" || g.Shape == "memo" {
		protocol = 4
	}
	p := NewProgram(protocol)
	between := func(p *Program, n int) {
		if n == at {
			g.inside(p)
		}
	}
	if g.Shape == "second-stream" || g.Shape == "zip-path" {
		between = nil
	}
	main := p.StateDict(tensors, between).End()
	g.Offset = p.CallAt()
	switch g.Shape {
	case "second-stream":
		second := NewProgram(4)
		b := g.reduce(second).End()
		g.Offset = len(main) + second.CallAt()
		return Checkpoint(append(main, b...), tensors)
	case "zip-path":
		g.Member = "archive/data/../../.cache/" + Word(rng, 5) + ".pkl"
		extra := NewProgram(4)
		b := g.reduce(extra).End()
		g.Offset = extra.CallAt()
		return Checkpoint(main, tensors, Member{g.Member, b})
	}
	return Checkpoint(main, tensors)
}

// inside appends the call and drops its result.
func (g *Gadget) inside(p *Program) {
	switch g.Shape {
	case "build":
		p.Global("collections", "OrderedDict").Op(')', 'R', '}').Text("__setstate__").Global(g.Module, g.Name).Op('s', 'b')
		p.Text(g.Argument).Call('b').Op('0')
	case "dotted":
		through := g.Accept[1][:len(g.Accept[1])-len(g.Accept[0])-1]
		p.Text(through).Text(g.Accept[0]).Op(0x93).Text(g.Argument).Op(0x85).Call('R').Op('0')
	case "memo":
		first := p.memo
		p.Text(g.Module).Put().Op('0').Text("collections").Put().Op('0').Text(g.Name).Put().Op('0')
		p.Text("version").Op('0')
		p.Op('h', byte(first), 'h', byte(first+2), 0x93).Text(g.Argument).Op(0x85).Call('R').Op('0')
	case "stacked-protocols":
		p.Op(0x80, 0, 0x80, 3, 0x80, 1, '(').Text(g.Argument).Call('i').Op([]byte(g.Module+"\n"+g.Name+"\n")...).Op('0', 0x80, 2)
	case "obfuscated-import":
		p.Global("builtins", "getattr").Global("importlib", "import_module").Text(g.Module).Op(0x85, 'R').Text(g.Name).Op(0x86, 'R')
		p.Text(g.Argument).Op(0x85).Call('R').Op('0')
	default:
		g.reduce(p).Op('0')
	}
}

func (g *Gadget) reduce(p *Program) *Program {
	return p.Global(g.Module, g.Name).Text(g.Argument).Op(0x85).Call('R')
}
