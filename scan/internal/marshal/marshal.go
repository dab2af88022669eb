// Package marshal reads code objects of Python as its module marshal writes
// them, and tells what they look up by name. It executes nothing and builds no
// object but text. It knows the layouts of Python 2.7 and 3.0 to 3.14.
package marshal

import (
	"errors"
	"fmt"
	"slices"
)

// What Parse is willing to read.
const (
	maxDepth   = 200     // objects inside each other
	maxObjects = 1 << 20 // in one file
	maxStrings = 1 << 16 // of the constants of one code object
)

// A Code is a code object: the body of a function, a class or a module.
type Code struct {
	Layout  string   // the versions of Python whose layout it has, such as "3.8 to 3.10"
	Name    string   // of the function, "<lambda>" or "<module>"
	File    string   // that it says it was compiled from
	Names   []string // what it looks up by name: modules it imports, globals, attributes
	Strings []string // its text and bytes constants, also those in tuples and sets
	Nested  []*Code  // the code objects among its constants
}

// All returns the names that the code and everything nested in it look up,
// each once, in order of appearance.
func (c *Code) All() []string {
	seen := make(map[string]bool)
	var out []string
	c.walk(func(c *Code) {
		for _, n := range c.Names {
			if !seen[n] {
				seen[n] = true
				out = append(out, n)
			}
		}
	})
	return out
}

// walk visits c and what is nested in it, each code object once.
func (c *Code) walk(visit func(*Code)) {
	seen := make(map[*Code]bool)
	var down func(*Code)
	down = func(c *Code) {
		if seen[c] {
			return
		}
		seen[c] = true
		visit(c)
		for _, n := range c.Nested {
			down(n)
		}
	}
	down(c)
}

// A layout is how some versions of Python write a code object.
type layout struct {
	name   string
	ints   int  // numbers before the bytecode
	modern bool // with qualified name and table of exceptions
}

var layouts = []layout{
	{"3.11 to 3.14", 5, true},
	{"3.8 to 3.10", 6, false},
	{"3.0 to 3.7", 5, false},
	{"2.7", 4, false},
}

// ErrNoCode is returned for data that is marshaled but holds no code object.
var ErrNoCode = errors.New("marshal: no code object")

// Parse reads one marshaled object, which is a code object or holds some in
// tuples, lists, sets and dicts, and returns the first. It fails if data is
// cut off, is in no known layout, or has bytes behind the object.
func Parse(data []byte) (*Code, error) {
	var first error
	for _, l := range layouts {
		r := &reader{b: data, layout: l}
		o, err := r.object(0)
		if err == nil && len(r.b) > r.pos {
			err = fmt.Errorf("%d bytes follow the object", len(r.b)-r.pos)
		}
		if err != nil {
			if first == nil {
				first = err
			}
			continue
		}
		if c := r.found(o); c != nil {
			return c, nil
		}
		return nil, ErrNoCode
	}
	return nil, fmt.Errorf("marshal: %w", first)
}

// found returns the first code object that was read, the outermost if o is
// one.
func (r *reader) found(o *object) *Code {
	if o.code != nil {
		return o.code
	}
	if len(r.codes) == 0 {
		return nil
	}
	return r.codes[0]
}

// code reads a code object behind its type byte.
func (r *reader) code(depth int) (*Code, error) {
	c := &Code{Layout: r.layout.name}
	r.codes = append(r.codes, c)
	for range r.layout.ints {
		if _, err := r.uint32(); err != nil {
			return nil, err
		}
	}
	// bytecode, constants, names, then variables, which are one tuple and their
	// kinds since 3.11 and three tuples before
	fields := []string{"s", "(", "(", "(", "(", "(", "t", "t"}
	if r.layout.modern {
		fields = []string{"s", "(", "(", "(", "s", "t", "t", "t"}
	}
	objects := make([]*object, len(fields))
	for i, want := range fields {
		o, err := r.object(depth)
		if err != nil {
			return nil, err
		}
		if !o.is(want, r.layout) {
			return nil, fmt.Errorf("field %d of a code object is of another type", i)
		}
		objects[i] = o
	}
	file, name := objects[6], objects[7]
	if r.layout.modern {
		file, name = objects[5], objects[6]
	}
	c.File, c.Name = file.text, name.text
	for _, o := range objects[2].list {
		if !o.is("t", r.layout) {
			return nil, errors.New("a name of a code object is no text")
		}
		c.Names = append(c.Names, o.text)
	}
	c.constants(objects[1], make(map[*object]bool))
	if _, err := r.uint32(); err != nil { // the first line
		return nil, err
	}
	tables := 1
	if r.layout.modern {
		tables = 2
	}
	for range tables {
		if o, err := r.object(depth); err != nil || !o.is("s", r.layout) {
			return nil, cmpError(err, "a table of a code object is no bytes")
		}
	}
	return c, nil
}

// constants collects the text and the code among constants.
func (c *Code) constants(o *object, seen map[*object]bool) {
	if seen[o] || len(c.Strings) >= maxStrings {
		return
	}
	seen[o] = true
	switch {
	case o.code != nil:
		if o.code != c && !slices.Contains(c.Nested, o.code) {
			c.Nested = append(c.Nested, o.code)
		}
	case o.kind == 's' || o.kind == 't':
		c.Strings = append(c.Strings, o.text)
	}
	for _, x := range o.list {
		c.constants(x, seen)
	}
}

func cmpError(err error, text string) error {
	if err != nil {
		return err
	}
	return errors.New(text)
}
