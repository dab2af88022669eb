package sheet

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// The values of a pickle on paper. Beside these there are nil, bool, int64,
// float64, string, []byte and other.
type (
	// A global is an imported name.
	global struct {
		module, name string
		at           int64
	}
	// An object is what a call would return, with the state and the items that
	// the pickle then gives it.
	object struct {
		fn    any
		args  []any
		state any
		items *dict
	}
	list       struct{ elems []any }
	tuple      []any
	dict       struct{ keys, values []any }
	long       []byte // too long for an int64, little-endian
	persistent struct{ id any }
	other      struct{} // a buffer, an extension, a set
	markValue  struct{}
)

func (g *global) String() string { return g.module + "." + g.name }

// A machine follows one pickle without doing what it says.
type machine struct {
	b        []byte
	ctx      context.Context //nolint:containedctx // of the one run that the machine is made for
	stack    []any
	memo     map[int64]any
	protocol int
	imports  []*global
	calls    []Call
}

const (
	maxOps   = 1 << 24
	maxStack = 1 << 22
)

var errStack = errors.New("the stack is empty")

// run follows the pickle at an offset and returns what it makes and where it
// ends.
func (m *machine) run(at int64) (v any, end int64, err error) {
	m.memo = make(map[int64]any)
	ops := 0
	for in, err := range Instructions(m.b, at) {
		if err == nil {
			err = m.step(&in)
		}
		if ops++; ops > maxOps || len(m.stack) > maxStack {
			err = errors.New("more opcodes or values than are followed")
		}
		if ops&0xfff == 0 && m.ctx.Err() != nil {
			err = m.ctx.Err()
		}
		if err != nil {
			return nil, 0, fmt.Errorf("%w (at 0x%x)", err, in.Offset)
		}
		end = in.next
	}
	v, err = m.pop()
	return v, end, err
}

func (m *machine) push(v any) error { m.stack = append(m.stack, v); return nil }

func (m *machine) pop() (any, error) {
	n := len(m.stack)
	if n == 0 {
		return nil, errStack
	}
	if _, ok := m.stack[n-1].(markValue); ok {
		return nil, errStack
	}
	v := m.stack[n-1]
	m.stack = m.stack[:n-1]
	return v, nil
}

// take pops n values, in the order in which they were pushed.
func (m *machine) take(n int) ([]any, error) {
	at := len(m.stack) - n
	if at < 0 {
		return nil, errStack
	}
	out := append([]any(nil), m.stack[at:]...)
	for _, v := range out {
		if _, ok := v.(markValue); ok {
			return nil, errStack
		}
	}
	m.stack = m.stack[:at]
	return out, nil
}

// marked pops everything above the last mark, and the mark.
func (m *machine) marked() ([]any, error) {
	for i, v := range slices.Backward(m.stack) {
		if _, ok := v.(markValue); ok {
			out := append([]any(nil), m.stack[i+1:]...)
			m.stack = m.stack[:i]
			return out, nil
		}
	}
	return nil, errors.New("there is no mark")
}

// step does one instruction on paper.
func (m *machine) step(in *Instruction) error {
	switch in.code {
	case 0x80:
		m.protocol = max(m.protocol, int(in.n))
		return nil
	case 0x95, '.':
		return nil
	case '(':
		return m.push(markValue{})
	case '0':
		if n := len(m.stack); n > 0 {
			m.stack = m.stack[:n-1]
			return nil
		}
		return errStack
	case '1':
		_, err := m.marked()
		return err
	case '2':
		if len(m.stack) == 0 {
			return errStack
		}
		return m.push(m.stack[len(m.stack)-1])
	}
	if v, ok := constant(in); ok {
		return m.push(v)
	}
	if done, err := m.remember(in); done {
		return err
	}
	if done, err := m.collect(in); done {
		return err
	}
	return m.object(in)
}

// constant returns the value of an instruction that pushes one.
func constant(in *Instruction) (any, bool) {
	switch in.code {
	case 'N':
		return nil, true
	case 0x88, 0x89:
		return in.code == 0x88, true
	case 'J', 'K', 'M':
		return in.n, true
	case 'I', 'L':
		n, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(string(in.raw)), "L"), 0, 64)
		if err != nil {
			return other{}, true
		}
		return n, true
	case 'F':
		f, err := strconv.ParseFloat(strings.TrimSpace(string(in.raw)), 64)
		return f, err == nil
	case 'G':
		var bits uint64
		for _, c := range in.raw {
			bits = bits<<8 | uint64(c)
		}
		return math.Float64frombits(bits), true
	case 0x8a, 0x8b:
		if v, ok := littleEndian(in.raw); ok {
			return v, true
		}
		return long(in.raw), true
	case 'S':
		return unquote(string(in.raw)), true
	case 'V', 'X', 0x8c, 0x8d, 'T', 'U':
		return string(in.raw), true
	case 'B', 'C', 0x8e, 0x96:
		return in.raw, true
	case 0x97, 0x82, 0x83, 0x84:
		return other{}, true
	}
	return nil, false
}

// unquote takes the quotes of Python off, and leaves escapes as they are
// written.
func unquote(s string) string {
	s = strings.TrimSpace(s)
	if n := len(s); n >= 2 && s[0] == s[n-1] && (s[0] == '\'' || s[0] == '"') {
		return s[1 : n-1]
	}
	return s
}

// remember does the instructions of the memo.
func (m *machine) remember(in *Instruction) (bool, error) {
	n := in.n
	switch in.code {
	case 'p', 'g':
		v, err := strconv.ParseInt(strings.ReplaceAll(strings.TrimSpace(string(in.raw)), "_", ""), 10, 64)
		if err != nil {
			return true, fmt.Errorf("the memo has no place %q", in.raw)
		}
		n = v
	case 'q', 'r', 'h', 'j':
	case 0x94:
		n = int64(len(m.memo))
	default:
		return false, nil
	}
	if in.code == 'g' || in.code == 'h' || in.code == 'j' {
		v, ok := m.memo[n]
		if !ok {
			return true, fmt.Errorf("place %d of the memo was never set", n)
		}
		return true, m.push(v)
	}
	if len(m.stack) == 0 {
		return true, errStack
	}
	m.memo[n] = m.stack[len(m.stack)-1]
	return true, nil
}

// collect does the instructions that make containers and fill them.
func (m *machine) collect(in *Instruction) (bool, error) {
	switch in.code {
	case ')':
		return true, m.push(tuple(nil))
	case ']':
		return true, m.push(&list{})
	case '}':
		return true, m.push(&dict{})
	case 0x8f:
		return true, m.push(&list{})
	case 0x85, 0x86, 0x87:
		v, err := m.take(int(in.code - 0x84))
		if err != nil {
			return true, err
		}
		return true, m.push(tuple(v))
	case 't', 'l', 0x91:
		v, err := m.marked()
		if err != nil {
			return true, err
		}
		if in.code == 't' {
			return true, m.push(tuple(v))
		}
		return true, m.push(&list{v})
	case 'd':
		v, err := m.marked()
		if err != nil {
			return true, err
		}
		d := &dict{}
		d.add(v)
		return true, m.push(d)
	case 'a', 'e', 0x90, 's', 'u':
		return true, m.fill(in.code)
	}
	return false, nil
}

func (m *machine) fill(code byte) error {
	var v []any
	var err error
	switch code {
	case 'a':
		v, err = m.take(1)
	case 's':
		v, err = m.take(2)
	default:
		v, err = m.marked()
	}
	if err != nil {
		return err
	}
	if len(m.stack) == 0 {
		return errStack
	}
	switch c := m.stack[len(m.stack)-1].(type) {
	case *list:
		c.elems = append(c.elems, v...)
	case *dict:
		c.add(v)
	case *object:
		if c.items == nil {
			c.items = &dict{}
		}
		if code == 's' || code == 'u' {
			c.items.add(v)
		}
	}
	return nil
}

// add adds keys and values that alternate.
func (d *dict) add(v []any) {
	for i := 0; i+1 < len(v); i += 2 {
		d.keys, d.values = append(d.keys, v[i]), append(d.values, v[i+1])
	}
}

// get returns the value that was set last for a text.
func (d *dict) get(key string) any {
	for i, k := range slices.Backward(d.keys) {
		if k == any(key) {
			return d.values[i]
		}
	}
	return nil
}
