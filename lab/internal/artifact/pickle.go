package artifact

import (
	"encoding/binary"
)

// A Program is a pickle under construction: one opcode after the other.
type Program struct {
	b    []byte
	memo int
	seen map[string]int // global to its place in the memo
	call int

	legacy bool // storages have a view, as before version 1.6
}

// NewProgram begins a pickle of a protocol.
func NewProgram(protocol byte) *Program {
	return &Program{b: []byte{0x80, protocol}, seen: make(map[string]int)}
}

// Op appends opcodes as they are.
func (p *Program) Op(b ...byte) *Program { p.b = append(p.b, b...); return p }

// Text pushes a text.
func (p *Program) Text(s string) *Program {
	p.Op('X')
	p.b = binary.LittleEndian.AppendUint32(p.b, uint32(len(s)))
	return p.Op([]byte(s)...)
}

// Bytes pushes bytes, which takes protocol 3 or later.
func (p *Program) Bytes(s []byte) *Program {
	p.Op('B')
	p.b = binary.LittleEndian.AppendUint32(p.b, uint32(len(s)))
	return p.Op(s...)
}

// Num pushes a number.
func (p *Program) Num(n int64) *Program {
	switch {
	case n >= 0 && n < 256:
		return p.Op('K', byte(n))
	case n >= 0 && n < 1<<16:
		return p.Op('M', byte(n), byte(n>>8))
	}
	p.Op('J')
	p.b = binary.LittleEndian.AppendUint32(p.b, uint32(n))
	return p
}

// Global imports a name as protocol 2 does, and takes it from the memo when it
// is imported again.
func (p *Program) Global(module, name string) *Program {
	key := module + " " + name
	if i, ok := p.seen[key]; ok {
		return p.Op('h', byte(i))
	}
	p.Op('c').Op([]byte(module + "\n" + name + "\n")...)
	if p.memo < 256 {
		p.seen[key] = p.memo
		p.Put()
	}
	return p
}

// Put keeps the last value in the next place of the memo.
func (p *Program) Put() *Program {
	p.Op('q', byte(p.memo))
	p.memo++
	return p
}

// Call notes that the next opcode is the call that matters, and appends it.
func (p *Program) Call(op byte) *Program {
	p.call = len(p.b)
	return p.Op(op)
}

// CallAt returns the offset of the call that matters.
func (p *Program) CallAt() int { return p.call }

// End ends the pickle and returns it.
func (p *Program) End() []byte { return p.Op('.').b }

// tensor pushes a tensor as PyTorch does: a call that makes it from a storage.
func (p *Program) tensor(t *Tensor, key string) {
	p.Global("torch._utils", "_rebuild_tensor_v2").Op('(')
	p.Op('(').Text("storage").Global("torch", "FloatStorage").Text(key).Text("cpu").Num(int64(len(t.Data)))
	if p.legacy {
		p.Op('N')
	}
	p.Op('t', 'Q')
	p.Num(0).numbers(t.Shape)
	stride, step := make([]int64, len(t.Shape)), int64(1)
	for i := len(t.Shape) - 1; i >= 0; i-- {
		stride[i] = step
		step *= t.Shape[i]
	}
	p.numbers(stride)
	p.Op(0x89).Global("collections", "OrderedDict").Op(')', 'R', 't', 'R')
}

func (p *Program) numbers(v []int64) {
	p.Op('(')
	for _, n := range v {
		p.Num(n)
	}
	p.Op('t')
}

// StateDict pushes an ordered dict of tensors, whose storages are called 0, 1
// and so on. What between appends before the n-th of them must leave the stack
// as it is.
func (p *Program) StateDict(tensors []Tensor, between func(p *Program, n int)) *Program {
	p.Global("collections", "OrderedDict").Op(')', 'R').Op('(')
	for i := range tensors {
		if between != nil {
			between(p, i)
		}
		p.Text(tensors[i].Name)
		p.tensor(&tensors[i], key(i))
	}
	return p.Op('u')
}

// A Fact is an entry that a training script saves beside the weights: an object
// that a harmless class makes of one argument.
type Fact struct {
	Key, Module, Class string

	Text string // the argument, or if it is empty the number
	Num  int64
}

// Global returns the dotted name of the class.
func (f *Fact) Global() string { return f.Module + "." + f.Class }

// Facts are those that this package knows.
func Facts() []Fact {
	return []Fact{
		{Key: "duration", Module: "datetime", Class: "timedelta", Num: 3},
		{Key: "rate", Module: "decimal", Class: "Decimal", Text: "0.0003"},
		{Key: "split", Module: "fractions", Class: "Fraction", Text: "4/5"},
		{Key: "device", Module: "torch", Class: "device", Text: "cpu"},
		{Key: "run", Module: "uuid", Class: "UUID", Text: "8b1f6a52-0c7d-4f3e-9a51-6d2e4c7b9f10"},
		{Key: "symbols", Module: "collections", Class: "Counter", Text: "abac"},
		{Key: "home", Module: "pathlib", Class: "PurePosixPath", Text: "runs/7"},
	}
}

// Training pushes an ordered dict of tensors, or with facts a dict that has it
// as state_dict and the facts beside it.
func (p *Program) Training(tensors []Tensor, facts ...Fact) *Program {
	if len(facts) == 0 {
		return p.StateDict(tensors, nil)
	}
	p.Op('}', '(').Text("state_dict").StateDict(tensors, nil)
	for _, f := range facts {
		p.Text(f.Key).Global(f.Module, f.Class)
		if f.Text != "" {
			p.Text(f.Text)
		} else {
			p.Num(f.Num)
		}
		p.Op(0x85, 'R')
	}
	return p.Op('u')
}
