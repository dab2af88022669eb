package pickle

import "strings"

// This file judges what a pickle keeps or passes on instead of calling it:
// what gets it may call it, now or later, with arguments that nobody sees.

// hazardOf says how bad it is to pass an object on, doubt if it is harmless.
func (m *machine) hazardOf(n *node) level {
	switch n.kind {
	case nodeGlobal:
		if a := n.rule.act; n.rule.imports && (a == actLoads || a == actApply || a == actResolve) {
			return high
		}
	case nodePartial:
		if n.fn.isNode() {
			return m.node(n.fn).hazard
		}
	case nodeAttr, nodeMethodCaller:
		return medium
	case nodeAttrGetter:
		if strings.Contains(n.name, "__") {
			return medium
		}
	default: // a module or an object is not called
	}
	return doubt
}

// keep judges values that are put into a container, into arguments or into a
// state.
func (m *machine) keep(values []value) {
	if !m.hazards {
		return
	}
	for _, v := range values {
		if !v.isNode() {
			continue
		}
		if n := m.node(v); n.hazard > doubt && !n.kept {
			n.kept = true
			m.flaw(n.hazard, "passes on %s, which may be called with anything", m.describe(v))
		}
	}
}

// keepItems judges keys and values in turn, which may become the attributes
// of an object.
func (m *machine) keepItems(items []value) {
	m.keep(items)
	for i := 1; i < len(items); i += 2 {
		if v := items[i]; v.isNode() && !m.harmless(m.node(v)) {
			if key, ok := m.textOf(items[i-1]); ok && methods[key] {
				m.flaw(high, "gives an object %s as its method %s", m.describe(v), key)
			}
		}
	}
}

// callArgs judges a call of what calls its arguments.
func (m *machine) callArgs(args value, depth int) {
	elems, _ := m.ring.elems(args)
	for _, v := range elems {
		if v.isNode() && m.node(v).kind != nodeCall {
			m.call(v, value{code: tuple, n: forgotten}, depth+1)
		}
	}
}

// callBase judges the second argument of copyreg._reconstructor, a class whose
// constructor is called too.
func (m *machine) callBase(by string, args value, depth int) {
	if elems, _ := m.ring.elems(args); by == "copyreg._reconstructor" && len(elems) > 1 && elems[1].isNode() {
		m.call(elems[1], value{code: tuple, n: forgotten}, depth+1)
	}
}

// harmless reports whether an object of the process that loads the pickle may
// be called, or cannot be.
func (m *machine) harmless(n *node) bool {
	switch n.kind {
	case nodeGlobal:
		return n.rule.imports && n.hazard == doubt
	case nodePartial:
		return n.fn.isNode() && m.harmless(m.node(n.fn))
	case nodeCall, nodeModule:
		return true
	default:
		return false
	}
}

// methods are what unpicklers, and the constructors of containers, call of an
// object that they are given, and find in its attributes.
var methods = map[string]bool{
	"__setstate__": true, "append": true, "extend": true, "add": true, "__setitem__": true, "keys": true,
	"__reduce__": true, "__reduce_ex__": true, "__call__": true, "__new__": true, "__init__": true, "__array__": true,
	"detach": true,
}

// containers are what allowed calls make and the opcodes may fill.
var containers = map[string]code{
	"collections.OrderedDict": dict, "collections.defaultdict": dict, "collections.Counter": dict, "builtins.dict": dict,
	"sklearn.utils._bunch.Bunch": dict, "collections.ChainMap": dict, "collections.UserDict": dict,
	"builtins.list": list, "collections.deque": list, "collections.UserList": list, "builtins.set": set,
}

// fills reports whether an opcode for containers of kind want may change what
// a call returned. What a class does that is not known is not known either.
func (m *machine) fills(n *node, want code) bool {
	if n.base < nodeBase {
		return true
	}
	made := &m.nodes[n.base-nodeBase]
	return made.kind != nodeGlobal || !made.rule.calls || strings.HasSuffix(made.rule.canonical, "*") || containers[made.rule.canonical] == want
}
