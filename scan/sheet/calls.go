package sheet

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// object does the instructions that import, call and change objects.
func (m *machine) object(in *Instruction) error {
	switch in.code {
	case 'c':
		module, name, _ := strings.Cut(string(in.raw), "\n")
		return m.push(m.importing(module, name, in.Offset))
	case 0x93:
		v, err := m.take(2)
		if err != nil {
			return err
		}
		module, ok1 := v[0].(string)
		name, ok2 := v[1].(string)
		if !ok1 || !ok2 {
			module, name = "?", "?" // made by a call, so that only running it would tell
		}
		return m.push(m.importing(module, name, in.Offset))
	case 'R', 0x81:
		v, err := m.take(2)
		if err != nil {
			return err
		}
		return m.push(m.call(in, v[0], v[1]))
	case 0x92:
		v, err := m.take(3)
		if err != nil {
			return err
		}
		return m.push(m.call(in, v[0], v[1]))
	case 'i', 'o':
		return m.instance(in)
	case 'b':
		return m.build(in)
	case 'Q':
		id, err := m.pop()
		if err != nil {
			return err
		}
		return m.push(&persistent{id})
	case 'P':
		return m.push(&persistent{string(in.raw)})
	case 0x98:
		return nil
	}
	return fmt.Errorf("opcode %s is not followed", in.Name)
}

func (m *machine) instance(in *Instruction) error {
	v, err := m.marked()
	if err != nil {
		return err
	}
	if in.code == 'i' {
		module, name, _ := strings.Cut(string(in.raw), "\n")
		return m.push(m.call(in, m.importing(module, name, in.Offset), tuple(v)))
	}
	if len(v) == 0 {
		return errors.New("an object without a class")
	}
	return m.push(m.call(in, v[0], tuple(v[1:])))
}

// build gives an object its state. An object that was given a method for that
// has it called.
func (m *machine) build(in *Instruction) error {
	state, err := m.pop()
	if err != nil {
		return err
	}
	if len(m.stack) == 0 {
		return errStack
	}
	o, ok := m.stack[len(m.stack)-1].(*object)
	if !ok {
		return nil
	}
	if had, ok := o.state.(*dict); ok {
		if fn := had.get("__setstate__"); fn != nil {
			m.call(in, fn, tuple{state})
			return nil
		}
	}
	o.state = state
	return nil
}

// importing notes an import.
func (m *machine) importing(module, name string, at int64) *global {
	g := &global{module, name, at}
	for _, x := range m.imports {
		if x.module == module && x.name == name {
			return g
		}
	}
	if len(m.imports) < maxListed {
		m.imports = append(m.imports, g)
	}
	return g
}

// call notes a call and returns what stands for its result.
func (m *machine) call(in *Instruction, fn, args any) *object {
	t, _ := args.(tuple)
	if len(m.calls) < maxListed {
		m.calls = append(m.calls, Call{Callable: resolve(fn, 8), Args: shown(args, 3), Offset: in.Offset, Opcode: in.Name})
	}
	return &object{fn: fn, args: t}
}

// resolve names a callable. Functions that look names up are followed, so that
// getattr(import_module("os"), "system") is os.system.
func resolve(v any, depth int) string {
	if depth == 0 {
		return "?"
	}
	switch x := v.(type) {
	case *global:
		return x.String()
	case *object:
		return resolveResult(x, depth)
	case string:
		return x
	}
	return "?"
}

func resolveResult(o *object, depth int) string {
	by := resolve(o.fn, depth-1)
	text := func(i int) string {
		if i < len(o.args) {
			if s, ok := o.args[i].(string); ok {
				return s
			}
		}
		return "?"
	}
	switch by {
	case "importlib.import_module", "builtins.__import__", "__builtin__.__import__":
		return text(0)
	case "builtins.getattr", "__builtin__.getattr":
		if len(o.args) >= 2 {
			return resolve(o.args[0], depth-1) + "." + text(1)
		}
	case "operator.attrgetter":
		return "attrgetter " + text(0)
	}
	if attr, ok := strings.CutPrefix(by, "attrgetter "); ok && len(o.args) == 1 {
		return resolve(o.args[0], depth-1) + "." + attr
	}
	return by + "()"
}

// shown writes a value for people.
func shown(v any, depth int) string {
	switch x := v.(type) {
	case nil:
		return "None"
	case bool:
		return map[bool]string{true: "True", false: "False"}[x]
	case int64:
		return strconv.FormatInt(x, 10)
	case float64:
		return strconv.FormatFloat(x, 'g', -1, 64)
	case string:
		return quoted(x)
	case []byte:
		return "b" + quoted(string(x))
	case *global:
		return x.String()
	case *object:
		return resolve(x, 4)
	case tuple:
		return "(" + joined(x, depth) + ")"
	case *list:
		return "[" + joined(x.elems, depth) + "]"
	case *dict:
		return "{…}"
	case *persistent:
		return "storage"
	}
	return "?"
}

func joined(v []any, depth int) string {
	if depth == 0 || len(v) > 8 {
		return "…"
	}
	parts := make([]string, len(v))
	for i, x := range v {
		parts[i] = shown(x, depth-1)
	}
	return strings.Join(parts, ", ")
}
