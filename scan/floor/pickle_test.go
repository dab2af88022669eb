package floor_test

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
)

// command is what every payload would run: nothing, with a mark to look for.
const command = "true # quintain-canary"

// A program is a pickle under construction, one opcode after the other.
type program struct{ b []byte }

// newProgram begins a pickle of protocol 4.
func newProgram() *program { return (&program{}).op(0x80, 4) }

// op appends opcodes as they are.
func (p *program) op(b ...byte) *program {
	p.b = append(p.b, b...)
	return p
}

// raw appends text opcodes and their arguments.
func (p *program) raw(s string) *program { return p.op([]byte(s)...) }

// str pushes text.
func (p *program) str(s string) *program {
	if len(s) < 256 {
		return p.op(0x8c, byte(len(s))).raw(s)
	}
	return p.op('X').op(binary.LittleEndian.AppendUint32(nil, uint32(len(s)))...).raw(s)
}

// bytes pushes bytes.
func (p *program) bytes(b []byte) *program {
	return p.op('B').op(binary.LittleEndian.AppendUint32(nil, uint32(len(b)))...).op(b...)
}

// num pushes an integer.
func (p *program) num(n int) *program {
	return p.op('J').op(binary.LittleEndian.AppendUint32(nil, uint32(n))...)
}

// global imports a name, dotted or not.
func (p *program) global(module, name string) *program { return p.str(module).str(name).op(0x93) }

// payload calls os.system, which leaves its result.
func (p *program) payload() *program { return p.expr(`os:system($SH)`) }

// end ends the pickle and returns it.
func (p *program) end() []byte { return p.op('.').b }

// expr pushes what an expression makes. It panics on a mistake in the text.
//
//	module:name(arg, ...)(arg, ...)   a global, and calls
//	"text"  b"bytes"  12  None        constants; True, False
//	[a, b]  (a, b)  {k: v}            containers
//	$SH  $PY  $PICKLE                 a command, a program, a pickle of one
func (p *program) expr(s string) *program {
	e := &expression{rest: s, p: p}
	e.value()
	if e.skip(); e.rest != "" {
		panic("floor: what is " + strconv.Quote(e.rest))
	}
	return p
}

// An expression is the rest of one being compiled.
type expression struct {
	rest string
	p    *program
}

func (e *expression) skip() { e.rest = strings.TrimLeft(e.rest, " \t\n") }

// eat consumes a token if it is next.
func (e *expression) eat(tok string) bool {
	e.skip()
	rest, ok := strings.CutPrefix(e.rest, tok)
	if ok {
		e.rest = rest
	}
	return ok
}

// quoted consumes a literal in double quotes.
func (e *expression) quoted() string {
	q, err := strconv.QuotedPrefix(e.rest)
	if err != nil {
		panic(fmt.Sprintf("floor: %q: %v", e.rest, err))
	}
	e.rest = e.rest[len(q):]
	s, err := strconv.Unquote(q)
	if err != nil {
		panic(err)
	}
	return s
}

// word consumes what names consist of.
func (e *expression) word() string {
	n := 0
	for n < len(e.rest) && (e.rest[n] == '_' || e.rest[n] == '.' || e.rest[n] == '-' ||
		e.rest[n]|0x20 >= 'a' && e.rest[n]|0x20 <= 'z' || e.rest[n] >= '0' && e.rest[n] <= '9') {
		n++
	}
	w := e.rest[:n]
	e.rest = e.rest[n:]
	return w
}

// list pushes values up to a closing bracket, after a mark.
func (e *expression) list(end string, sep ...string) {
	e.p.op('(')
	for !e.eat(end) {
		e.value()
		for _, s := range sep {
			if e.eat(s) {
				e.value()
			}
		}
		e.eat(",")
	}
}

// value compiles one value with its calls.
func (e *expression) value() {
	e.atom()
	for e.eat("(") {
		e.list(")")
		e.p.op('t', 'R')
	}
}

func (e *expression) atom() {
	switch {
	case e.eat("$SH"):
		e.p.str(command)
	case e.eat("$PY"):
		e.p.str(`__import__("os").system("` + command + `")`)
	case e.eat("$PICKLE"):
		e.p.bytes(newProgram().payload().end())
	case e.eat("["):
		e.p.op(']')
		e.list("]")
		e.p.op('e')
	case e.eat("("):
		e.list(")")
		e.p.op('t')
	case e.eat("{"):
		e.p.op('}')
		e.list("}", ":")
		e.p.op('u')
	case e.eat(`b"`):
		e.rest = `"` + e.rest
		e.p.bytes([]byte(e.quoted()))
	default:
		e.leaf()
	}
}

// leaf compiles a text, a constant or a global.
func (e *expression) leaf() {
	if e.skip(); strings.HasPrefix(e.rest, `"`) {
		e.p.str(e.quoted())
		return
	}
	w := e.word()
	if e.eat(":") {
		e.p.global(w, e.word())
		return
	}
	switch w {
	case "None":
		e.p.op('N')
	case "True":
		e.p.op(0x88)
	case "False":
		e.p.op(0x89)
	default:
		n, err := strconv.Atoi(w)
		if err != nil {
			panic(fmt.Sprintf("floor: no value %q before %q", w, e.rest))
		}
		e.p.num(n)
	}
}
