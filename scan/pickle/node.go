package pickle

import (
	"fmt"
	"strconv"
	"strings"
)

// A nodeKind says how an object came from the process that loads the pickle.
type nodeKind uint8

const (
	nodeGlobal       nodeKind = iota // imported: module and name
	nodeModule                       // a module, from import_module
	nodeCall                         // what calling base returned
	nodeAttr                         // an attribute of base that was looked up
	nodeAttrGetter                   // operator.attrgetter(name)
	nodeMethodCaller                 // operator.methodcaller(name)
	nodePartial                      // functools.partial(fn)
)

// A node is an object that is not the pickle's own, or was made by one.
type node struct {
	kind   nodeKind
	module string
	name   string
	base   code
	fn     value

	rule     *rule  // of a global
	at       int64  // offset of the first import
	calls    int    // made of a global
	callAt   int64  // offset of the first
	call     string // and what it looks like
	variants uint8  // of a dtype
	through  string // the resolver that found it, if none of the import opcodes did
	hazard   level  // of passing it on
	kept     bool   // and that it was
}

func (m *machine) node(v value) *node { return &m.nodes[v.code-nodeBase] }

// full returns the dotted name of a global.
func (n *node) full() string { return n.module + "." + n.name }

// global returns the node of a name in a module and notes that it is
// imported.
func (m *machine) global(module, name []byte, through string) value {
	m.key = append(append(append(append(m.key[:0], 'g'), module...), '\n'), name...)
	if c, ok := m.nodeID[string(m.key)]; ok {
		return value{code: c}
	}
	n := node{kind: nodeGlobal, module: string(module), name: string(name), at: m.opAt, through: through}
	n.rule = lookup(n.module, n.name)
	m.wraps = m.wraps || n.rule.act == actArray
	if len(m.nodes) >= maxNodes {
		m.flaw(high, "imports more than %d different objects, %q among them", maxNodes, n.full())
		return value{code: lost}
	}
	return m.add(n)
}

// derive returns the node that stands for an object made from another.
func (m *machine) derive(n node) value {
	m.key = fmt.Appendf(m.key[:0], "%d %d %d %d %q %q", n.kind, n.base, n.fn.code, n.fn.off, n.module, n.name)
	if c, ok := m.nodeID[string(m.key)]; ok {
		return value{code: c}
	}
	if len(m.nodes) >= maxNodes {
		m.flaw(doubt, "makes more than %d different objects", maxNodes)
		return value{code: lost}
	}
	return m.add(n)
}

// add adds a node under m.key.
func (m *machine) add(n node) value {
	c := nodeBase + code(len(m.nodes)) // at most maxNodes
	n.hazard = m.hazardOf(&n)
	m.hazards = m.hazards || n.hazard > doubt
	m.nodes = append(m.nodes, n)
	m.nodeID[string(m.key)] = c
	return value{code: c}
}

// called returns the node of what calling v returns. It is the fast path of
// every allowed call, so it makes no text.
func (m *machine) called(v value) value {
	m.key = append(m.key[:0], 'c', byte(v.code>>8), byte(v.code))
	if c, ok := m.nodeID[string(m.key)]; ok {
		return value{code: c}
	}
	if len(m.nodes) >= maxNodes {
		m.flaw(doubt, "makes more than %d different objects", maxNodes)
		return value{code: lost}
	}
	return m.add(node{kind: nodeCall, base: v.code})
}

// describe names an object for a person.
func (m *machine) describe(v value) string { return m.describeDeep(v, 4) }

func (m *machine) describeDeep(v value, depth int) string {
	if !v.isNode() {
		return kindNames[min(v.code, buffer+1)]
	}
	n := m.node(v)
	if depth == 0 {
		return "an object"
	}
	switch n.kind {
	case nodeGlobal:
		return quoteName(n.full())
	case nodeModule:
		return "module " + quoteName(n.name)
	case nodeAttr:
		return fmt.Sprintf("%s of %s", quoteName(n.name), m.describeDeep(value{code: n.base}, depth-1))
	case nodePartial:
		return "a partial of " + m.describeDeep(n.fn, depth-1)
	case nodeAttrGetter, nodeMethodCaller:
		return fmt.Sprintf("the attribute %s", quoteName(n.name))
	default:
		return "what " + m.describeDeep(value{code: n.base}, depth-1) + " returned"
	}
}

var kindNames = [...]string{
	unset: "nothing", lost: "an object that cannot be determined", none: "None", boolean: "a truth value",
	integer: "a number", long: "a number", float: "a number", str: "a string", strEscaped: "a string", strRaw: "a string",
	data: "bytes", dataLatin: "bytes", dataRaw: "bytes", byteArray: "a bytearray", list: "a list", dict: "a dict", set: "a set",
	frozenset: "a frozenset", tuple: "a tuple", persistent: "an object that the loader supplies",
	buffer: "a buffer that the loader supplies", buffer + 1: "a string",
}

// quoteName returns a dotted name as it is, and quotes anything else.
func quoteName(s string) string {
	if len(s) <= 200 && s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r != '.' && r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	}) {
		return s
	}
	if len(s) > 200 {
		s = s[:200]
	}
	return fmt.Sprintf("%q", s)
}

// render shows a call of fn with its arguments.
func (m *machine) render(fn string, args value) string {
	elems, ok := m.ring.elems(args)
	if !ok {
		return fn + "(?)"
	}
	var parts []string
	for _, v := range elems {
		parts = append(parts, m.literalOf(v))
	}
	if int64(args.n) > int64(len(elems)) {
		parts = append(parts, "…")
	}
	return fn + "(" + strings.Join(parts, ", ") + ")"
}

// literalOf shows a value as an argument.
func (m *machine) literalOf(v value) string {
	if s, ok := m.textOf(v); ok {
		if len(s) > 80 {
			s = s[:80] + "…"
		}
		return fmt.Sprintf("%q", s)
	}
	if n, ok := m.number(v); ok {
		return strconv.FormatInt(n, 10)
	}
	switch {
	case v.code == none:
		return "None"
	case v.code == tuple:
		return "(…)"
	case v.code == list:
		return "[…]"
	case v.code == dict:
		return "{…}"
	case v.isNode() && m.node(v).kind == nodeGlobal:
		return quoteName(m.node(v).full())
	}
	return "?"
}
