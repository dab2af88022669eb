package pickle

import (
	"errors"
	"fmt"
	"strings"
)

// This file has the opcodes that import and call, and what calls come to.

func opGlobal(m *machine, a *arg) error {
	if a.lost {
		return errors.New("the name of an import is too long to keep")
	}
	return m.push(m.global(a.line, a.line2, ""))
}

func opStackGlobal(m *machine, _ *arg) error {
	name, err := m.pop()
	if err != nil {
		return err
	}
	module, err := m.pop()
	if err != nil {
		return err
	}
	if name.code != lost && !name.isText() || module.code != lost && !module.isText() {
		return errors.New("the name of an import is no string")
	}
	b, ok := m.appendText(m.text[:0], module)
	cut := len(b)
	b, ok2 := m.appendText(b, name)
	m.text = b[:0]
	if !ok || !ok2 {
		m.flaw(high, "imports an object whose name cannot be determined")
		return m.push(value{code: lost})
	}
	return m.push(m.global(b[:cut], b[cut:], ""))
}

// opExt imports what the extension registry has under a number: what the
// stream itself registered, or else something that only the process that loads
// it knows.
func opExt(m *machine, a *arg) error {
	if a.n <= 0 {
		return errors.New("an extension code is not positive")
	}
	if c, ok := m.ext[a.n]; ok {
		return m.push(value{code: c})
	}
	return m.push(m.global([]byte("extension registry"), fmt.Appendf(nil, "%d", a.n), ""))
}

func opPersID(m *machine, a *arg) error {
	return m.persist(value{code: strRaw, off: a.off, n: uint32(min(a.n, maxLine+1))}) // bounded
}

func opBinPersID(m *machine, _ *arg) error {
	id, err := m.pop()
	if err != nil {
		return err
	}
	return m.persist(id)
}

func (m *machine) persist(id value) error {
	m.keep([]value{id})
	m.storageType(id)
	if class, ok := m.moduleOf(id); ok {
		return m.push(class)
	}
	if len(m.externals) < maxExternals {
		m.externals = append(m.externals, m.external(id))
	} else {
		m.flaw(doubt, "refers to more than %d objects outside the pickle", maxExternals)
	}
	return m.push(value{code: persistent})
}

const maxExternals = 1 << 18

func opReduce(m *machine, _ *arg) error {
	args, err := m.pop()
	if err != nil {
		return err
	}
	fn, err := m.pop()
	if err != nil {
		return err
	}
	return m.push(m.call(fn, args, 0))
}

func opInst(m *machine, a *arg) error {
	if a.lost {
		return errors.New("the name of an import is too long to keep")
	}
	fn := m.global(a.line, a.line2, "")
	i, err := m.popMark()
	if err != nil {
		return err
	}
	m.keep(m.stack[i:])
	args := m.ring.add(m.stack[i:])
	m.stack = m.stack[:i]
	return m.push(m.call(fn, args, 0))
}

func opObj(m *machine, _ *arg) error {
	i, err := m.popMark()
	if err != nil {
		return err
	}
	if len(m.stack)-i < 1 {
		return errUnderflow
	}
	m.keep(m.stack[i+1:])
	fn, args := m.stack[i], m.ring.add(m.stack[i+1:])
	m.stack = m.stack[:i]
	return m.push(m.call(fn, args, 0))
}

func opNewObj(m *machine, a *arg) error { return opReduce(m, a) }

func opNewObjEx(m *machine, a *arg) error {
	kwargs, err := m.pop()
	if err != nil {
		return err
	}
	m.keep([]value{kwargs})
	return opReduce(m, a)
}

const maxCallDepth = 16

// call judges a call and returns what it makes. Depth counts calls that calls
// make.
func (m *machine) call(fn, args value, depth int) value {
	if args.code != tuple && args.code != lost {
		m.flaw(doubt, "passes arguments that are no tuple, so unpicklers stop here")
	}
	switch {
	case depth > maxCallDepth:
		m.flaw(doubt, "calls nest more than %d deep", maxCallDepth)
		return value{code: lost}
	case fn.code == lost:
		m.flaw(high, "calls an object that cannot be determined")
		return value{code: lost}
	case fn.code == persistent || fn.code == buffer:
		m.flaw(high, "calls %s", m.describe(fn))
		return value{code: lost}
	case !fn.isNode():
		m.flaw(doubt, "calls %s, so unpicklers stop here", m.describe(fn))
		return value{code: lost}
	}
	n := m.node(fn)
	first := value{code: lost}
	elems, known := m.ring.elems(args)
	if known && len(elems) > 0 {
		first = elems[0]
	}
	switch n.kind {
	case nodeGlobal:
		if n.calls++; n.calls == 1 {
			n.callAt, n.call = m.opAt, ""
			if !n.rule.callable() {
				n.call = m.render(quoteName(n.full()), args)
			}
		}
		return m.callGlobal(fn, first, args, depth)
	case nodePartial:
		return m.call(n.fn, value{code: tuple, n: forgotten}, depth+1)
	case nodeAttrGetter:
		return m.attr(first, n.name, "operator.attrgetter")
	case nodeMethodCaller:
		return m.call(m.attr(first, n.name, "operator.methodcaller"), value{code: tuple, n: forgotten}, depth+1)
	default:
		m.flaw(high, "calls %s, which is not known to be harmless", m.describe(fn))
		return m.called(fn)
	}
}

// callGlobal follows the calls of globals that find, make or call something.
func (m *machine) callGlobal(fn, first, args value, depth int) value {
	n := m.node(fn)
	if v, other := m.alloc(fn, args); other {
		return v
	}
	switch n.rule.act {
	case actNone, actAlloc, actRange, actArray:
	case actArgs:
		m.callArgs(args, depth)
	case actResolve:
		return m.resolve(n.rule.canonical, fn, first, args)
	case actApply:
		m.callBase(n.rule.canonical, args, depth)
		return m.call(first, value{code: tuple, n: forgotten}, depth+1) // an object of the class, in most cases
	case actDtype:
		return m.newDtype(fn, first)
	case actLoads:
		m.loads(first)
	case actEncode:
		if elems, ok := m.ring.elems(args); ok && len(elems) == 2 && (first.code == str || first.code == strRaw || first.isName() && first.n > 0) && first.off >= 0 {
			if enc, ok := m.textOf(elems[1]); ok && (enc == "latin1" || enc == "latin-1") {
				c := dataLatin
				if first.code == strRaw {
					c = dataRaw
				}
				return value{code: c, off: first.off, n: first.n}
			}
		}
		return value{code: data, off: -1}
	case actCode:
		if n.rule.canonical == "marshal.loads" {
			m.marshaled(first)
		} else {
			m.built(args)
		}
	case actRegister:
		m.register(args)
	}
	return m.called(fn)
}

// loads notes that a constant will itself be unpickled.
func (m *machine) loads(v value) {
	switch {
	case v.code != data && v.code != dataLatin && v.code != dataRaw && v.code != byteArray || v.off < 0:
		m.flaw(high, "unpickles bytes that cannot be determined")
		return
	case len(m.nested) >= maxNested:
		m.flaw(doubt, "unpickles bytes more than %d times", maxNested)
		return
	}
	m.nested = append(m.nested, stretch{off: v.off, n: int64(v.n), code: v.code})
}

// register follows copyreg.add_extension(module, name, code).
func (m *machine) register(args value) {
	elems, ok := m.ring.elems(args)
	if !ok || len(elems) != 3 || elems[2].code != integer || len(m.ext) >= maxNested {
		return
	}
	module, ok1 := m.textOf(elems[0])
	name, ok2 := m.textOf(elems[1])
	if !ok1 || !ok2 {
		return
	}
	if m.ext == nil {
		m.ext = make(map[int64]code)
	}
	m.ext[elems[2].off] = m.global([]byte(module), []byte(name), "copyreg.add_extension").code
}

// resolve follows the functions that look objects up by name.
func (m *machine) resolve(by string, fn, first, args value) value {
	elems, _ := m.ring.elems(args)
	text := func(i int) (string, bool) {
		if i >= len(elems) {
			return "", false
		}
		return m.textOf(elems[i])
	}
	name, named := text(0)
	switch by {
	case "builtins.getattr", "inspect.getattr_static", "operator.getitem":
		if attr, ok := text(1); ok {
			return m.attr(first, attr, by)
		}
		return value{code: lost}
	case "numpy.core._ufunc_reconstruct", "numpy._core._ufunc_reconstruct":
		if attr, ok := text(1); ok && named {
			return m.global([]byte(name), []byte(attr), by)
		}
		return value{code: lost}
	case "cloudpickle._builtin_type", "dill._load_type":
		if named {
			return m.global([]byte("types"), []byte(name), by)
		}
		return value{code: lost}
	case "builtins.vars":
		return first // its items are the attributes of what it is given
	case "importlib.import_module", "builtins.__import__", "importlib.__import__":
		if named {
			return m.derive(node{kind: nodeModule, name: name})
		}
		return value{code: lost}
	case "operator.attrgetter", "operator.methodcaller":
		if !named {
			return value{code: lost}
		}
		kind := nodeAttrGetter
		if by == "operator.methodcaller" {
			kind = nodeMethodCaller
		}
		return m.derive(node{kind: kind, name: name})
	case "functools.partial":
		return m.derive(node{kind: nodePartial, fn: first})
	case "pkgutil.resolve_name", "pydoc.locate":
		if module, attr, ok := cutName(name); named && ok {
			return m.global([]byte(module), []byte(attr), by)
		}
		return value{code: lost}
	}
	return m.called(fn)
}

// cutName splits "os:system" or "os.system" into module and name.
func cutName(s string) (module, name string, ok bool) {
	if module, name, ok = strings.Cut(s, ":"); ok {
		return module, name, true
	}
	i := strings.LastIndexByte(s, '.')
	if i < 0 {
		return "", "", false
	}
	return s[:i], s[i+1:], true
}

// attr looks an attribute up.
func (m *machine) attr(of value, name, by string) value {
	if !of.isNode() {
		return m.derive(node{kind: nodeAttr, base: of.code, name: name})
	}
	switch n := m.node(of); n.kind {
	case nodeModule:
		return m.global([]byte(n.name), []byte(name), by)
	case nodeGlobal:
		return m.global([]byte(n.module), []byte(n.name+"."+name), by)
	default:
		return m.derive(node{kind: nodeAttr, base: of.code, name: name})
	}
}
