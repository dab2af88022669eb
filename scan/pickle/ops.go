package pickle

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"strconv"
	"strings"
)

// An argKind says what follows an opcode.
type argKind uint8

const (
	argNone  argKind = iota
	argU1            // an unsigned byte
	argU2            // two, little endian
	argI4            // four, signed
	argU4            // four, unsigned
	argU8            // eight, unsigned
	argF8            // a float
	argLen1          // a length of one byte and that many bytes
	argLen4          // an unsigned length of four bytes and that many bytes
	argLen4s         // a signed one
	argLen8          // a length of eight bytes and that many bytes
	argLine          // a line
	argLines         // two lines
)

// An arg is the argument of an opcode.
type arg struct {
	n     int64 // the number, or the length of the bytes
	off   int64 // of the bytes
	line  []byte
	line2 []byte
	lost  bool // a line is too long to keep
}

// An op is an opcode.
type op struct {
	arg argKind
	do  func(m *machine, a *arg) error
}

// ops are the opcodes of protocols 0 to 5.
var ops = [256]op{
	'.': {argNone, func(*machine, *arg) error { return errStop }},
	'(': {argNone, func(m *machine, _ *arg) error { return m.pushMark() }},
	'0': {argNone, opPop},
	'1': {argNone, opPopMark},
	'2': {argNone, opDup},

	'N':  {argNone, constant(none)},
	0x88: {argNone, constant(boolean)},
	0x89: {argNone, constant(boolean)},
	'I':  {argLine, opInt},
	'J':  {argI4, opNumber},
	'K':  {argU1, opNumber},
	'M':  {argU2, opNumber},
	'L':  {argLine, opLong},
	0x8a: {argLen1, located(long)},
	0x8b: {argLen4s, located(long)},
	'F':  {argLine, opFloat},
	'G':  {argF8, constant(float)},

	'S':  {argLine, opString},
	'T':  {argLen4s, located(str)},
	'U':  {argLen1, located(str)},
	'V':  {argLine, opUnicode},
	0x8c: {argLen1, located(str)},
	'X':  {argLen4, located(str)},
	0x8d: {argLen8, located(str)},
	'C':  {argLen1, located(data)},
	'B':  {argLen4, located(data)},
	0x8e: {argLen8, located(data)},
	0x96: {argLen8, located(byteArray)},
	0x97: {argNone, constant(buffer)},
	0x98: {argNone, opTopOnly},

	']':  {argNone, constant(list)},
	'}':  {argNone, func(m *machine, _ *arg) error { return m.push(m.newDict()) }},
	')':  {argNone, constant(tuple)},
	0x8f: {argNone, constant(set)},
	'l':  {argNone, func(m *machine, _ *arg) error { return m.collect(value{code: list}) }},
	'd':  {argNone, opDict},
	't':  {argNone, opTuple},
	0x85: {argNone, func(m *machine, _ *arg) error { return m.tupleOf(1) }},
	0x86: {argNone, func(m *machine, _ *arg) error { return m.tupleOf(2) }},
	0x87: {argNone, func(m *machine, _ *arg) error { return m.tupleOf(3) }},
	0x91: {argNone, func(m *machine, _ *arg) error { return m.collect(value{code: frozenset}) }},
	'a':  {argNone, opAppend},
	'e':  {argNone, opAppends},
	's':  {argNone, opSetItem},
	'u':  {argNone, opSetItems},
	0x90: {argNone, opAddItems},

	'p':  {argLine, opPutLine},
	'q':  {argU1, func(m *machine, a *arg) error { return m.put(a.n) }},
	'r':  {argU4, func(m *machine, a *arg) error { return m.put(a.n) }},
	0x94: {argNone, func(m *machine, _ *arg) error { return m.put(m.memo.count) }},
	'g':  {argLine, opGetLine},
	'h':  {argU1, func(m *machine, a *arg) error { return m.get(a.n) }},
	'j':  {argU4, func(m *machine, a *arg) error { return m.get(a.n) }},

	'c':  {argLines, opGlobal},
	0x93: {argNone, opStackGlobal},
	0x82: {argU1, opExt},
	0x83: {argU2, opExt},
	0x84: {argI4, opExt},
	'P':  {argLine, opPersID},
	'Q':  {argNone, opBinPersID},
	'R':  {argNone, opReduce},
	'b':  {argNone, opBuild},
	'i':  {argLines, opInst},
	'o':  {argNone, opObj},
	0x81: {argNone, opNewObj},
	0x92: {argNone, opNewObjEx},

	0x80: {argU1, opProto},
	0x95: {argU8, opFrame},
}

// read reads the argument of an opcode.
func (m *machine) read(k argKind, a *arg) error {
	switch k {
	case argLine, argLines:
		return m.readLines(k, a)
	case argLen1, argLen4, argLen4s, argLen8:
		if err := m.readNumber(map4[k], a); err != nil {
			return err
		}
		a.off = m.src.offset()
		if k == argLen4s && a.n < 0 {
			return errors.New("a length is negative")
		}
		return m.src.skip(a.n)
	default:
		return m.readNumber(k, a)
	}
}

// map4 says how the length is written before counted bytes.
var map4 = [...]argKind{argLen1: argU1, argLen4: argU4, argLen4s: argI4, argLen8: argU8}

func (m *machine) readNumber(k argKind, a *arg) error {
	switch k {
	case argU1:
		b, err := m.src.next()
		if err != nil {
			return err
		}
		a.n = int64(b)
	case argU2:
		b, err := m.src.take(2)
		if err != nil {
			return err
		}
		a.n = int64(binary.LittleEndian.Uint16(b))
	case argI4, argU4:
		b, err := m.src.take(4)
		if err != nil {
			return err
		}
		u := binary.LittleEndian.Uint32(b)
		if a.n = int64(u); k == argI4 {
			a.n = int64(int32(u)) // two's complement is meant
		}
	case argU8, argF8:
		b, err := m.src.take(8)
		if err != nil {
			return err
		}
		u := binary.LittleEndian.Uint64(b)
		if k == argU8 && u > math.MaxInt64 {
			return errors.New("a length exceeds what any system can hold")
		}
		a.n = int64(u) // a float is not looked at
	default: // the other kinds have no number
	}
	return nil
}

// readLines reads one line or two. Both are copied if there are two, because
// reading the second may move the window. At the end of the file the unpickler
// in Python imports what is there.
func (m *machine) readLines(k argKind, a *arg) error {
	var err error
	a.line, a.off, a.n, err = m.src.line()
	a.lost = a.n > maxLine
	if k == argLine || err != nil && !errors.Is(err, errEOF) {
		return err
	}
	m.text = append(m.text[:0], a.line...)
	a.line = m.text
	var n int64
	if a.line2, _, n, err = m.src.line(); err != nil && !errors.Is(err, errEOF) {
		return err
	}
	a.lost = a.lost || n > maxLine
	return nil
}

func constant(c code) func(*machine, *arg) error {
	return func(m *machine, _ *arg) error { return m.push(value{code: c, off: -1}) }
}

// located pushes a constant whose bytes are in the file.
func located(c code) func(*machine, *arg) error {
	return func(m *machine, a *arg) error {
		m.constant(a.off, a.n)
		return m.push(value{code: c, off: a.off, n: uint32(min(a.n, math.MaxUint32))}) // bounded
	}
}

func opNumber(m *machine, a *arg) error { return m.push(value{code: integer, off: a.n}) }

// parseInt parses a literal as Python's int does, and reports whether the
// value is known.
func parseInt(line []byte, base int) (int64, bool) {
	s := strings.ReplaceAll(strings.TrimSpace(string(line)), "_", "")
	n, err := strconv.ParseInt(s, base, 64)
	return n, err == nil
}

func opInt(m *machine, a *arg) error {
	if bytes.Equal(a.line, []byte("00")) || bytes.Equal(a.line, []byte("01")) {
		return m.push(value{code: boolean})
	}
	n, ok := parseInt(a.line, 0)
	if !ok {
		return m.literal("INT", integer)
	}
	return m.push(value{code: integer, off: n})
}

func opLong(m *machine, a *arg) error {
	line := bytes.TrimSuffix(a.line, []byte("L"))
	n, ok := parseInt(line, 0)
	if !ok {
		if a.lost || digits(line) {
			return m.push(value{code: lost}) // too large to be of interest
		}
		return m.literal("LONG", integer)
	}
	return m.push(value{code: integer, off: n})
}

// digits reports whether b is a decimal number.
func digits(b []byte) bool {
	b = bytes.TrimLeft(bytes.TrimSpace(b), "+-")
	return len(b) > 0 && len(bytes.Trim(b, "0123456789")) == 0
}

func opFloat(m *machine, a *arg) error {
	if _, err := strconv.ParseFloat(strings.TrimSpace(string(a.line)), 64); err != nil && !errors.Is(err, strconv.ErrRange) {
		return m.literal("FLOAT", float)
	}
	return m.push(value{code: float})
}

// literal goes on behind a literal that Python may refuse: that it refuses it
// is no reason not to look at the rest.
func (m *machine) literal(name string, c code) error {
	m.flaw(doubt, "the argument of %s is not a number, so unpicklers may stop here", name)
	return m.push(value{code: c})
}

func opString(m *machine, a *arg) error {
	q := byte(0)
	if len(a.line) >= 2 {
		q = a.line[0]
	}
	if q != '"' && q != '\'' || a.line[len(a.line)-1] != q {
		if a.lost {
			return m.push(value{code: str, off: -1})
		}
		m.flaw(doubt, "the argument of STRING is not quoted, so unpicklers stop here")
		return m.push(value{code: str, off: -1})
	}
	m.constant(a.off+1, a.n-2)
	return m.push(value{code: strEscaped, off: a.off + 1, n: uint32(len(a.line) - 2)}) // at most maxLine
}

func opUnicode(m *machine, a *arg) error {
	m.constant(a.off, a.n)
	return m.push(value{code: strRaw, off: a.off, n: uint32(min(a.n, math.MaxUint32))}) // bounded
}

func opPutLine(m *machine, a *arg) error {
	n, err := m.index(a)
	if err != nil {
		return err
	}
	return m.put(n)
}

func opGetLine(m *machine, a *arg) error {
	n, err := m.index(a)
	if err != nil {
		return err
	}
	return m.get(n)
}

// index reads the argument of PUT and GET. The unpickler in C stops reading it
// at a zero byte.
func (m *machine) index(a *arg) (int64, error) {
	line, _, cut := bytes.Cut(a.line, []byte{0})
	if cut {
		m.flaw(high, "a memo index holds a zero byte: one unpickler of CPython stops here and the other goes on")
	}
	n, ok := parseInt(line, 10)
	if !ok {
		return 0, errors.New("a memo index is not a number")
	}
	return n, nil
}

func opProto(m *machine, a *arg) error {
	if a.n > 5 {
		return errors.New("protocol " + strconv.FormatInt(a.n, 10) + " is not known")
	}
	if m.protos++; m.protos == 2 {
		m.flaw(low, "the protocol is declared twice")
	}
	return nil
}

// opFrame follows the unpickler in C, for which a frame is only a hint, and
// notes where the one in Python does something else.
func opFrame(m *machine, a *arg) error {
	start := m.src.offset()
	if m.frameEnd > start {
		m.differ("a frame begins inside another: one unpickler of CPython stops here and the other goes on")
	}
	if a.n > m.src.size-start {
		m.differ("a frame is longer than the file: one unpickler of CPython stops here and the other goes on")
		m.frameEnd = 0
		return nil
	}
	m.frameEnd = start + a.n
	return nil
}
