package trees

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"

	"quintain/scan"
)

// A sort is what a node is.
type sort uint8

const (
	other sort = iota // null or a Boolean
	number
	text
	list
	object
)

// A node is a value of a document in JSON or UBJSON. A list of numbers has
// them in nums.
type node struct {
	sort    sort
	off     int64
	text    string
	nums    []float64
	items   []node
	members []member
}

type member struct {
	name string
	off  int64
	node node
}

// get returns a member of an object, or nil.
func (n *node) get(name string) *node {
	if n == nil {
		return nil
	}
	for i := len(n.members) - 1; i >= 0; i-- {
		if n.members[i].name == name {
			return &n.members[i].node
		}
	}
	return nil
}

// integer returns a whole number, which XGBoost often writes as a text.
func (n *node) integer() (int64, bool) {
	if n == nil {
		return 0, false
	}
	switch n.sort {
	case text:
		v, err := strconv.ParseInt(n.text, 10, 64)
		return v, err == nil
	case number:
		return int64(n.nums[0]), n.nums[0] == math.Trunc(n.nums[0]) && math.Abs(n.nums[0]) < 1<<53
	default:
		return 0, false
	}
}

// size returns the length of a list.
func (n *node) size() int { return max(len(n.nums), len(n.items)) }

// A jsonReader reads JSON into nodes, with lists of numbers packed.
type jsonReader struct {
	d     *json.Decoder
	nodes int
}

// fromJSON reads a document.
func fromJSON(b []byte) (node, error) {
	r := jsonReader{d: json.NewDecoder(bytes.NewReader(b))}
	if !utf8.Valid(b) {
		return node{}, scan.Errorf(-1, "JSON that is not UTF-8")
	}
	n, err := r.value(0)
	if err != nil {
		return node{}, scan.Errorf(r.d.InputOffset(), "JSON: %w", err)
	}
	if rest := b[r.d.InputOffset():]; !blank(rest) {
		return node{}, scan.Errorf(r.d.InputOffset(), "JSON: text behind the document")
	}
	return n, nil
}

// value reads a value.
func (r *jsonReader) value(depth int) (node, error) {
	t, err := r.d.Token()
	if err != nil {
		return node{}, err
	}
	return r.from(t, depth)
}

// from reads a value whose first token was read.
func (r *jsonReader) from(t json.Token, depth int) (node, error) {
	n := node{off: r.d.InputOffset() - 1}
	if r.nodes++; r.nodes > maxNodes || depth > maxDepth {
		return n, fmt.Errorf("%w: too many values, or too many inside each other", scan.ErrBudget)
	}
	switch t := t.(type) {
	case string:
		n.sort, n.text = text, t
	case float64:
		n.sort, n.nums = number, []float64{t}
	case json.Delim:
		if t == '[' {
			return r.list(n, depth)
		}
		return r.object(n, depth)
	}
	return n, nil
}

func (r *jsonReader) list(n node, depth int) (node, error) {
	n.sort = list
	for r.d.More() {
		t, err := r.d.Token()
		if err != nil {
			return n, err
		}
		if v, ok := t.(float64); ok && n.items == nil {
			n.nums = append(n.nums, v)
			continue
		}
		for _, v := range n.nums { // not only numbers
			n.items = append(n.items, node{sort: number, off: n.off, nums: []float64{v}})
			r.nodes++
		}
		n.nums = nil
		v, err := r.from(t, depth+1)
		if err != nil {
			return n, err
		}
		n.items = append(n.items, v)
	}
	_, err := r.d.Token()
	return n, err
}

func (r *jsonReader) object(n node, depth int) (node, error) {
	n.sort = object
	for r.d.More() {
		t, err := r.d.Token()
		if err != nil {
			return n, err
		}
		name, ok := t.(string)
		if !ok {
			return n, errors.New("a name is missing")
		}
		off := r.d.InputOffset() - int64(len(name)) - 2
		v, err := r.value(depth + 1)
		if err != nil {
			return n, err
		}
		n.members = append(n.members, member{name, off, v})
	}
	_, err := r.d.Token()
	return n, err
}

// isUBJSON reports whether head begins an object in UBJSON whose first name is
// one of a model.
func isUBJSON(head []byte) bool {
	p := ubj{b: head, i: 1}
	if len(head) < 4 || head[0] != '{' {
		return false
	}
	name, err := p.name()
	return err == nil && (name == "learner" || name == "Model" || name == "Config" || name == "version" && len(head) > p.i && head[p.i] == '[')
}

// A ubj reads UBJSON (draft 12) as XGBoost writes it.
type ubj struct {
	b     []byte
	i     int
	nodes int
}

const (
	maxNodes = 1 << 18
	maxDepth = 64
)

func (p *ubj) errorf(format string, args ...any) error {
	return scan.Errorf(int64(p.i), format, args...)
}

// take returns the next n bytes.
func (p *ubj) take(n int64) ([]byte, error) {
	if n < 0 || n > int64(len(p.b)-p.i) {
		return nil, p.errorf("a length of %d where %d bytes are left", n, len(p.b)-p.i)
	}
	b := p.b[p.i : p.i+int(n)]
	p.i += int(n)
	return b, nil
}

// widths are the sizes of numbers.
var widths = map[byte]int64{'i': 1, 'U': 1, 'I': 2, 'l': 4, 'L': 8, 'd': 4, 'D': 8}

// decode returns the number of a type.
func decode(t byte, b []byte) float64 {
	be := binary.BigEndian
	switch t {
	case 'i':
		return float64(int8(b[0]))
	case 'U':
		return float64(b[0])
	case 'I':
		return float64(int16(be.Uint16(b)))
	case 'l':
		return float64(int32(be.Uint32(b)))
	case 'L':
		return float64(int64(be.Uint64(b)))
	case 'd':
		return float64(math.Float32frombits(be.Uint32(b)))
	default:
		return math.Float64frombits(be.Uint64(b))
	}
}

// marker returns the next byte.
func (p *ubj) marker() (byte, error) {
	b, err := p.take(1)
	if err != nil {
		return 0, err
	}
	return b[0], nil
}

// length reads a length.
func (p *ubj) length() (int64, error) {
	t, err := p.marker()
	if err != nil {
		return 0, err
	}
	if widths[t] == 0 || t == 'd' || t == 'D' {
		p.i--
		return 0, p.errorf("a length that is no whole number")
	}
	b, err := p.take(widths[t])
	if err != nil {
		return 0, err
	}
	v := decode(t, b)
	if v < 0 || v > maxSize {
		return 0, p.errorf("a length of %.0f", v)
	}
	return int64(v), nil
}

func (p *ubj) name() (string, error) {
	n, err := p.length()
	if err != nil {
		return "", err
	}
	b, err := p.take(n)
	return string(b), err
}

// value reads a value.
func (p *ubj) value(depth int) (node, error) {
	t, err := p.marker()
	if err != nil {
		return node{}, err
	}
	return p.typed(t, depth)
}

// typed reads a value whose marker was passed.
func (p *ubj) typed(t byte, depth int) (node, error) {
	n := node{off: int64(p.i - 1)}
	if p.nodes++; p.nodes > maxNodes || depth > maxDepth {
		return n, p.errorf("%w: too many values, or too many inside each other", scan.ErrBudget)
	}
	var err error
	switch {
	case widths[t] > 0:
		var b []byte
		if b, err = p.take(widths[t]); err == nil {
			n.sort, n.nums = number, []float64{decode(t, b)}
		}
	case t == 'S':
		n.sort = text
		n.text, err = p.name()
	case t == 'C':
		n.sort = text
		var b []byte
		b, err = p.take(1)
		n.text = string(b)
	case t == 'Z' || t == 'T' || t == 'F':
	case t == '[':
		n.sort = list
		err = p.list(&n, depth)
	case t == '{':
		n.sort = object
		err = p.object(&n, depth)
	default:
		p.i--
		err = p.errorf("a value of the type %q", t)
	}
	return n, err
}

// list reads a list, of one type and with its length in front or not.
func (p *ubj) list(n *node, depth int) error {
	var of byte
	count := int64(-1)
	var err error
	if p.i+1 < len(p.b) && p.b[p.i] == '$' {
		of = p.b[p.i+1]
		p.i += 2
		if p.i >= len(p.b) || p.b[p.i] != '#' {
			return p.errorf("a type without a count")
		}
	}
	if p.i < len(p.b) && p.b[p.i] == '#' {
		p.i++
		if count, err = p.length(); err != nil {
			return err
		}
	}
	if of != 0 && widths[of] > 0 {
		b, err := p.take(count * widths[of])
		if err != nil {
			return err
		}
		n.nums = make([]float64, count)
		for i := range n.nums {
			n.nums[i] = decode(of, b[int64(i)*widths[of]:])
		}
		return nil
	}
	for i := int64(0); i != count; i++ {
		t := of
		if t == 0 {
			if t, err = p.marker(); err != nil {
				return err
			}
		}
		if t == ']' && count < 0 {
			return nil
		}
		v, err := p.typed(t, depth+1)
		if err != nil {
			return err
		}
		n.items = append(n.items, v)
	}
	return nil
}

// object reads an object up to its end.
func (p *ubj) object(n *node, depth int) error {
	for {
		if p.i < len(p.b) && p.b[p.i] == '}' {
			p.i++
			return nil
		}
		off := int64(p.i)
		name, err := p.name()
		if err != nil {
			return err
		}
		v, err := p.value(depth + 1)
		if err != nil {
			return err
		}
		n.members = append(n.members, member{name, off, v})
	}
}
