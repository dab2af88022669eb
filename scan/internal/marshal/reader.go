package marshal

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// An object is what the reader keeps of an object of Python.
type object struct {
	kind byte // 's' bytes, 't' text, '(' a sequence, 'c' code, and '0' the end of a dict; 'N' is anything else
	text string
	list []*object
	code *Code
}

// is reports whether o has a kind. In Python 2 text is bytes.
func (o *object) is(kind string, l layout) bool {
	return o.kind == kind[0] || l.ints == 4 && kind == "t" && o.kind == 's'
}

type reader struct {
	b        []byte
	pos      int
	layout   layout
	objects  int
	refs     []*object // of version 3 and later
	interned []*object // of Python 2
	codes    []*Code
}

var (
	errEnd  = errors.New("the data ends inside an object")
	nothing = &object{kind: 'N'}
)

// bytes returns the next n bytes.
func (r *reader) bytes(n uint32) ([]byte, error) {
	if uint64(n) > uint64(len(r.b)-r.pos) { // not negative
		return nil, errEnd
	}
	b := r.b[r.pos : r.pos+int(n)]
	r.pos += int(n)
	return b, nil
}

func (r *reader) byte() (byte, error) {
	b, err := r.bytes(1)
	if err != nil {
		return 0, err
	}
	return b[0], nil
}

func (r *reader) uint32() (uint32, error) {
	b, err := r.bytes(4)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint32(b), nil
}

// length reads a length of one byte or of four.
func (r *reader) length(short bool) (uint32, error) {
	if short {
		b, err := r.byte()
		return uint32(b), err
	}
	return r.uint32()
}

// flagRef marks an object that later ones refer to.
const flagRef = 0x80

// object reads one object.
func (r *reader) object(depth int) (*object, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("objects nest more than %d deep", maxDepth)
	}
	if r.objects++; r.objects > maxObjects {
		return nil, fmt.Errorf("more than %d objects", maxObjects)
	}
	b, err := r.byte()
	if err != nil {
		return nil, err
	}
	kind := b &^ flagRef
	at := -1
	if b&flagRef != 0 {
		at = len(r.refs)
		r.refs = append(r.refs, nothing)
	}
	o, err := r.body(kind, at, depth)
	if err == nil && at >= 0 && r.refs[at] == nothing {
		r.refs[at] = o
	}
	return o, err
}

// fixed are the sizes of objects that hold no others and are not looked at.
var fixed = map[byte]uint32{'N': 0, 'F': 0, 'T': 0, 'S': 0, '.': 0, 'i': 4, 'I': 8, 'g': 8, 'y': 16}

// body reads an object behind its type byte. Its number among the refs is at,
// or negative.
func (r *reader) body(kind byte, at, depth int) (*object, error) {
	if n, ok := fixed[kind]; ok {
		_, err := r.bytes(n)
		return nothing, err
	}
	switch kind {
	case '0':
		return &object{kind: '0'}, nil
	case 's', 't', 'u', 'a', 'A', 'z', 'Z':
		return r.str(kind)
	case 'r', 'R':
		return r.ref(kind)
	case 'l':
		n, err := r.uint32()
		if err != nil {
			return nil, err
		}
		digits := uint64(max(int64(int32(n)), -int64(int32(n)))) // the sign of the number is that of its length
		if digits*2 > uint64(len(r.b)) {
			return nil, errEnd
		}
		_, err = r.bytes(uint32(digits) * 2) // it fits
		return nothing, err
	case 'f', 'x':
		for range map[byte]int{'f': 1, 'x': 2}[kind] {
			n, err := r.byte()
			if err != nil {
				return nil, err
			}
			if _, err := r.bytes(uint32(n)); err != nil {
				return nil, err
			}
		}
		return nothing, nil
	case '(', ')', '[', '<', '>', '{', ':':
		return r.sequence(kind, at, depth)
	case 'c':
		o := &object{kind: 'c'}
		c, err := r.code(depth + 1)
		o.code = c
		return o, err
	}
	return nil, fmt.Errorf("byte 0x%02x is no type", kind)
}

// str reads bytes or text.
func (r *reader) str(kind byte) (*object, error) {
	n, err := r.length(kind == 'z' || kind == 'Z')
	if err != nil {
		return nil, err
	}
	b, err := r.bytes(n)
	if err != nil {
		return nil, err
	}
	o := &object{kind: 't', text: string(b)}
	switch {
	case kind == 's':
		o.kind = 's'
	case kind == 't' && r.layout.ints == 4:
		o.kind = 's'
		r.interned = append(r.interned, o)
	}
	return o, nil
}

// ref reads a reference to an object before.
func (r *reader) ref(kind byte) (*object, error) {
	i, err := r.uint32()
	if err != nil {
		return nil, err
	}
	from := r.refs
	if kind == 'R' {
		from = r.interned
	}
	if uint64(i) >= uint64(len(from)) {
		return nil, fmt.Errorf("reference %d to an object that does not exist", i)
	}
	return from[i], nil
}

// sequence reads a container. A slice is one of three.
func (r *reader) sequence(kind byte, at, depth int) (*object, error) {
	o := &object{kind: '('}
	if kind != '(' && kind != ')' {
		o.kind = 'N'
	}
	if at >= 0 {
		r.refs[at] = o
	}
	n := uint32(3)
	switch kind {
	case '{':
		n = maxObjects
	case ':':
	default:
		var err error
		if n, err = r.length(kind == ')'); err != nil {
			return nil, err
		}
	}
	for range n {
		x, err := r.object(depth + 1)
		if err != nil {
			return nil, err
		}
		if x.kind == '0' {
			if kind == '{' {
				return o, nil
			}
			return nil, errors.New("an element is missing")
		}
		o.list = append(o.list, x)
	}
	return o, nil
}
