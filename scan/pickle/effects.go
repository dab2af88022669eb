package pickle

import "errors"

// This file has the opcodes that move values and change containers.

func (m *machine) pushMark() error {
	if len(m.marks) >= maxStack {
		return errors.New("too many marks")
	}
	m.mark()
	return nil
}

func opPop(m *machine, _ *arg) error {
	if n := len(m.marks); n > 0 && m.marks[n-1] == len(m.stack) {
		_, err := m.popMark()
		return err
	}
	_, err := m.pop()
	return err
}

func opPopMark(m *machine, _ *arg) error {
	i, err := m.popMark()
	if err == nil {
		m.stack = m.stack[:i]
	}
	return err
}

func opDup(m *machine, _ *arg) error {
	v, err := m.top()
	if err != nil {
		return err
	}
	return m.push(*v)
}

func opTopOnly(m *machine, _ *arg) error {
	_, err := m.top()
	return err
}

func opTuple(m *machine, _ *arg) error {
	i, err := m.popMark()
	if err != nil {
		return err
	}
	m.keep(m.stack[i:])
	v := m.ring.add(m.stack[i:])
	m.stack = append(m.stack[:i], v)
	return nil
}

func (m *machine) tupleOf(n int) error {
	i := len(m.stack) - n
	if i < m.fence {
		return errUnderflow
	}
	m.keep(m.stack[i:])
	v := m.ring.add(m.stack[i:])
	m.stack = append(m.stack[:i], v)
	return nil
}

var errOdd = errors.New("a key has no value")

func opDict(m *machine, _ *arg) error {
	i, err := m.popMark()
	if err != nil {
		return err
	}
	if (len(m.stack)-i)%2 != 0 {
		return errOdd
	}
	d := m.newDict()
	m.remember(d, m.stack[i:])
	m.keepItems(m.stack[i:])
	m.stack = append(m.stack[:i], d)
	return nil
}

func opAppend(m *machine, _ *arg) error {
	v, err := m.pop()
	if err != nil {
		return err
	}
	m.keep([]value{v})
	return m.change("APPEND", list)
}

func opAppends(m *machine, _ *arg) error {
	if _, err := m.popItems(); err != nil {
		return err
	}
	return m.change("APPENDS", list)
}

func opAddItems(m *machine, _ *arg) error {
	if _, err := m.popItems(); err != nil {
		return err
	}
	return m.change("ADDITEMS", set)
}

func opSetItem(m *machine, _ *arg) error {
	var item [2]value
	for i := range item {
		v, err := m.pop()
		if err != nil {
			return err
		}
		item[1-i] = v
	}
	if v, err := m.top(); err == nil {
		m.remember(*v, item[:])
	}
	m.keepItems(item[:])
	return m.change("SETITEM", dict)
}

func opSetItems(m *machine, _ *arg) error {
	n, err := m.popItems()
	if err != nil {
		return err
	}
	if n%2 != 0 {
		return errOdd
	}
	if v, err := m.top(); err == nil {
		m.remember(*v, m.stack[len(m.stack):len(m.stack)+n])
	}
	m.keepItems(m.stack[len(m.stack) : len(m.stack)+n])
	return m.change("SETITEMS", dict)
}

// popItems removes everything above the last mark and returns how much it was.
func (m *machine) popItems() (int, error) {
	i, err := m.popMark()
	if err != nil {
		return 0, err
	}
	n := len(m.stack) - i
	m.keep(m.stack[i:])
	m.stack = m.stack[:i]
	return n, nil
}

// change judges an opcode that changes the last value, which should be a
// container of kind want. What a pickle built itself it may change; what it
// imported belongs to the process that loads it.
func (m *machine) change(opcode string, want code) error {
	v, err := m.top()
	if err != nil {
		return err
	}
	switch {
	case v.code == want, v.code == list && want == dict:
	case v.isNode():
		m.fill(opcode, *v, want)
	case v.code == lost:
		m.flaw(doubt, "%s changes an object that cannot be determined", opcode)
	default:
		m.flaw(doubt, "%s changes an object that is no container, so unpicklers stop here", opcode)
	}
	return nil
}

// changeNode judges a change of something imported or made by a call. What an
// allowed call returned is the pickle's own.
func (m *machine) changeNode(opcode string, v value) {
	n := m.node(v)
	if n.kind == nodeCall || n.kind == nodePartial {
		return
	}
	m.flaw(high, "changes %s of the process that loads it (%s)", m.describe(v), opcode)
}

// fill judges an opcode that puts something into what should be a container of
// kind want.
func (m *machine) fill(opcode string, v value, want code) {
	m.changeNode(opcode, v)
	n := m.node(v)
	if n.kind == nodePartial || n.kind == nodeCall && !m.fills(n, want) {
		m.flaw(high, "%s changes %s, which is no %s", opcode, m.describe(v), kindWords[want])
	}
}

var kindWords = map[code]string{list: "list", dict: "dict", set: "set"}

func opBuild(m *machine, _ *arg) error {
	state, err := m.pop()
	if err != nil {
		return err
	}
	v, err := m.top()
	if err != nil {
		return err
	}
	m.keep([]value{state})
	switch {
	case m.isMade(*v, actDtype):
		*v = m.stateOf(*v, state)
	case m.isMade(*v, actArray) && m.outer == nil:
		return m.opArray(v, state)
	case v.isNode():
		m.changeNode("BUILD", *v)
		if m.node(*v).kind == nodePartial {
			if elems, ok := m.ring.elems(state); ok && len(elems) > 0 {
				*v = m.derive(node{kind: nodePartial, fn: elems[0]})
				return nil
			}
			*v = m.derive(node{kind: nodePartial, fn: value{code: lost}})
		}
	case v.code == lost:
		m.flaw(doubt, "BUILD changes an object that cannot be determined")
	default:
		m.flaw(doubt, "BUILD changes an object that has no state, so unpicklers stop here")
	}
	return nil
}
