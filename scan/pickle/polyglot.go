package pickle

import (
	"maps"
	"slices"
)

// This file asks what else an array in line can be: an unpickler that knows
// nothing of joblib reads its bytes as opcodes, with the stack and the memo as
// they are.

const (
	maxWalk     = 4096    // opcodes that the first look reads
	maxPolyglot = 1 << 20 // opcodes that are interpreted
	maxForks    = 1000    // arrays that are
)

// polyglot reports what such an unpickler would do with the array at the
// position of m. The bytes of an honest one can be opcodes by chance, and are if it
// holds objects, so that only calls of what is dangerous count.
func polyglot(m *machine) {
	at := m.src.offset()
	if !m.leadsToCall(at) {
		return
	}
	if m.forks++; m.forks > maxForks {
		m.flaw(doubt, "more than %d arrays read as opcodes", maxForks)
		return
	}
	g := m.clone(at)
	_, _ = g.resume() // that it breaks off undoes nothing
	for i := range g.nodes {
		n := &g.nodes[i]
		if n.kind != nodeGlobal || i < len(m.nodes) && n.calls == m.nodes[i].calls || !identifier(n.module) || !identifier(n.name) {
			continue
		}
		if x, bad := judge(n); bad && n.rule.effect != "" && n.calls > 0 {
			m.flaw(high, "an unpickler that knows nothing of joblib runs the bytes of an array: %s", x.text)
		}
	}
}

// leadsToCall reports whether the opcodes from at on lead to one that imports
// or calls, whatever the stack holds.
func (m *machine) leadsToCall(at int64) bool {
	w := &machine{src: newSource(m.src.r, m.src.size)}
	w.src.base = at
	if b, err := m.src.at(at, 1); err != nil || ops[b[0]].do == nil {
		return false
	}
	var a arg
	for range maxWalk {
		b, err := w.src.next()
		if err != nil || ops[b].do == nil {
			return false
		}
		switch b {
		case 'R', 'c', 'i', 'o', 0x81, 0x92, 0x93, 0x82, 0x83, 0x84:
			return true
		case '.':
			return false
		}
		if err := w.read(ops[b].arg, &a); ops[b].arg != argNone && err != nil {
			return false
		}
	}
	return true
}

// clone returns a machine in the state of m that goes on at an offset.
func (m *machine) clone(at int64) *machine {
	g := *m
	g.src = newSource(m.src.r, m.src.size)
	g.src.base = at
	g.stack, g.marks, g.flaws = slices.Clone(m.stack), slices.Clone(m.marks), slices.Clone(m.flaws)
	g.names, g.nameID = slices.Clone(m.names), maps.Clone(m.nameID)
	g.nodes, g.nodeID = slices.Clone(m.nodes), maps.Clone(m.nodeID)
	g.ext, g.ring.slots = maps.Clone(m.ext), slices.Clone(m.ring.slots)
	g.memo = memo{count: m.memo.count, pages: make(map[uint32]*[pageSize]code, len(m.memo.pages))}
	for i, p := range m.memo.pages {
		page := *p
		g.memo.pages[i] = &page
	}
	g.key, g.text, g.externals, g.nested, g.arrays, g.starts = nil, nil, nil, nil, nil, nil
	g.limit, g.unwrap, g.polyglot = m.ops+maxPolyglot, nil, nil
	g.wraps = false
	return &g
}
