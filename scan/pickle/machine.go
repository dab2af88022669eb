package pickle

import (
	"errors"
	"fmt"
	"io"

	"quintain/scan"
)

const (
	maxStack  = 1 << 22 // values
	maxFlaws  = 200
	maxNested = 1000
)

// A machine interprets pickles without doing what they ask for. It follows
// CPython: what either of its unpicklers, the one in C and the one in Python,
// would import or call, the machine notes. Where the two disagree it notes
// that and goes on as far as either would.
type machine struct {
	src   *source
	stack []value
	marks []int
	fence int // the stack above the last mark
	memo  memo
	ring  ring

	names  []string
	nameID map[string]code
	nodes  []node
	nodeID map[string]code
	ext    map[int64]code // what the stream itself put into the extension registry
	key    []byte         // scratch
	text   []byte         // scratch

	opAt     int64 // offset of the opcode at work
	frameEnd int64
	protos   int

	ops       int64
	flaws     []flaw
	nested    []stretch
	externals []scan.External
	starts    []int64 // of pickles
	differs   bool    // the unpicklers of CPython disagree about the file

	hazards bool // something is there that should only be called

	wraps  bool      // a wrapper of joblib was named
	forks  int       // arrays that were read as opcodes
	outer  *outer    // the pickle around an array of objects, or nil
	dicts  int64     // that were numbered
	fields fields    // of the dict that was filled last
	arrays []stretch // in line
	inline int64     // bytes of them
	filler int64     // bytes before them

	interrupted func() error   // asked now and then; nil is never
	limit       int64          // opcodes; 0 is any number
	unwrap      *unwrapper     // looks into constants, or nil
	polyglot    func(*machine) // asks what else an array in line can be, or nil
	seed        bool           // the stack begins with a mark
}

// A flaw is something to report that is not about one global.
type flaw struct {
	off   int64
	level level
	text  string
}

// A level says how bad a flaw is.
type level int

const (
	doubt level = iota // cannot be decided
	low
	medium
	high
)

// A stretch is a part of the file.
type stretch struct {
	off  int64
	n    int64
	code code // what the bytes are; none in line
}

func newMachine(r io.ReaderAt, size int64) *machine {
	return &machine{src: newSource(r, size), nameID: make(map[string]code), nodeID: make(map[string]code), polyglot: polyglot}
}

// errStop is how an opcode says that the stream is complete.
var errStop = errors.New("stop")

// start notes that a pickle begins.
func (m *machine) start() {
	if len(m.starts) < maxNested {
		m.starts = append(m.starts, m.src.offset())
	}
}

// errLimit ends a run that is not meant to go on forever.
var errLimit = errors.New("too many opcodes")

// run interprets one stream, up to and including its STOP, and returns the
// value that it makes. An error says why it cannot go on.
func (m *machine) run() (value, error) {
	m.stack, m.marks, m.fence = m.stack[:0], m.marks[:0], 0
	m.memo.reset()
	m.frameEnd, m.protos, m.outer = 0, 0, nil
	m.start()
	if m.seed {
		m.mark()
	}
	return m.resume()
}

// resume goes on with a stream.
func (m *machine) resume() (value, error) {
	var a arg
	for {
		if m.ops&0xffff == 0 && m.interrupted != nil {
			if err := m.interrupted(); err != nil {
				return value{}, err
			}
		}
		if m.ops++; m.ops == m.limit {
			return value{}, errLimit
		}
		m.opAt = m.src.offset()
		b, err := m.src.next()
		if err != nil {
			return value{}, err
		}
		op := &ops[b]
		if op.do == nil {
			return value{}, fmt.Errorf("byte 0x%02x is no opcode", b)
		}
		if op.arg != argNone {
			if err := m.read(op.arg, &a); err != nil {
				if m.frameEnd > 0 && (errors.Is(err, errEOF) || m.src.offset() > m.frameEnd) {
					m.differ(crosses)
				}
				return value{}, err
			}
		}
		if m.frameEnd > 0 {
			m.leaveFrame()
		}
		if err := op.do(m, &a); err != nil {
			if err == errStop { //nolint:errorlint // never wrapped
				v, err := m.pop()
				if err != nil || m.outer == nil {
					return v, err
				}
				m.leave()
				continue
			}
			return value{}, err
		}
	}
}

const crosses = "an argument crosses the end of its frame, so unpicklers read different bytes"

// leaveFrame notes an argument that crosses the end of its frame: unpicklers
// differ on where its bytes are.
func (m *machine) leaveFrame() {
	if end := m.src.offset(); end >= m.frameEnd {
		if end > m.frameEnd && m.opAt < m.frameEnd {
			m.differ(crosses)
		}
		m.frameEnd = 0
	}
}

func (m *machine) flaw(l level, format string, args ...any) {
	if len(m.flaws) >= maxFlaws {
		return
	}
	text := fmt.Sprintf(format, args...)
	for _, f := range m.flaws {
		if f.text == text {
			return
		}
	}
	m.flaws = append(m.flaws, flaw{off: m.opAt, level: l, text: text})
}

func (m *machine) differ(text string) {
	m.differs = true
	m.flaw(high, "%s", text)
}

func (m *machine) push(v value) error {
	if len(m.stack) >= maxStack {
		return fmt.Errorf("more than %d values on the stack", maxStack)
	}
	m.stack = append(m.stack, v)
	return nil
}

var errUnderflow = errors.New("the stack is empty")

func (m *machine) pop() (value, error) {
	if len(m.stack) <= m.fence {
		return value{}, errUnderflow
	}
	v := m.stack[len(m.stack)-1]
	m.stack = m.stack[:len(m.stack)-1]
	return v, nil
}

// top returns the place of the last value.
func (m *machine) top() (*value, error) {
	if len(m.stack) <= m.fence {
		return nil, errUnderflow
	}
	return &m.stack[len(m.stack)-1], nil
}

func (m *machine) mark() {
	m.marks = append(m.marks, len(m.stack))
	m.fence = len(m.stack)
}

// popMark removes the last mark and returns where it was.
func (m *machine) popMark() (int, error) {
	n := len(m.marks)
	if n == 0 {
		return 0, errors.New("there is no mark")
	}
	i := m.marks[n-1]
	m.marks, m.fence = m.marks[:n-1], 0
	if n > 1 {
		m.fence = m.marks[n-2]
	}
	return i, nil
}

// collect replaces everything above the last mark by v.
func (m *machine) collect(v value) error {
	i, err := m.popMark()
	if err != nil {
		return err
	}
	m.keep(m.stack[i:])
	m.stack = append(m.stack[:i], v)
	return nil
}

// put stores the last value in the memo.
func (m *machine) put(i int64) error {
	v, err := m.top()
	if err != nil {
		return err
	}
	if i < 0 || i > 1<<32-1 {
		return fmt.Errorf("memo index %d is out of range", i)
	}
	p := m.memo.at(uint32(i)) // checked above
	if p == nil {
		return errors.New("the memo is too large")
	}
	if *p == unset {
		m.memo.count++
		m.memoAt(uint32(i)) // as above
	}
	if v.isText() && !v.isName() && len(m.names) < maxNames-reserveNames {
		m.intern(v)
	}
	*p = v.code
	return nil
}

// get pushes a value from the memo.
func (m *machine) get(i int64) error {
	c := unset
	if i >= 0 && i <= 1<<32-1 {
		c = m.memo.peek(uint32(i)) // checked
	}
	if c == unset {
		return fmt.Errorf("memo entry %d was never set", i)
	}
	v := value{code: c, off: -1}
	if c == tuple {
		v.n = forgotten
	}
	return m.push(v)
}

// intern makes a text a name in the table, so that the memo can keep it.
func (m *machine) intern(v *value) {
	if v.n > maxNameLen {
		return
	}
	text, ok := m.appendText(m.text[:0], *v)
	m.text = text[:0]
	if !ok {
		return
	}
	c, ok := m.nameID[string(text)]
	switch {
	case ok:
	case len(m.names) < maxNames:
		c = m.name(string(text))
	default:
		return
	}
	if v.code != str { // its bytes in the file are not those of the text
		v.off, v.n = -1, 0
	}
	v.code = c
}

// name puts a text into the table, which has room.
func (m *machine) name(s string) code {
	c := nameBase + code(len(m.names)) // at most maxNames
	m.names = append(m.names, s)
	m.nameID[s] = c
	return c
}

// appendText appends the text of a string to dst and reports whether it is
// known.
func (m *machine) appendText(dst []byte, v value) ([]byte, bool) {
	switch {
	case v.isName():
		return append(dst, m.names[v.code-nameBase]...), true
	case !v.isText() || v.off < 0 || v.n > maxLine:
		return dst, false
	}
	b, err := m.src.at(v.off, int(v.n))
	if err != nil {
		return dst, false
	}
	switch v.code {
	case strEscaped:
		return unescape(dst, b), true
	case strRaw:
		return unescapeRaw(dst, b), true
	default:
		return append(dst, b...), true
	}
}

// textOf returns the text of a string, if it is known.
func (m *machine) textOf(v value) (string, bool) {
	b, ok := m.appendText(nil, v)
	return string(b), ok
}
