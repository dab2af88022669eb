package threat

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// A decoder fills Go values from a YAML tree, strictly, and remembers where
// each came from.
type decoder struct {
	file string
	at   map[any]*token.Position // of the value that a pointer points to
	errs []error
}

const maxErrors = 20

// errorf records what is wrong at pos.
func (d *decoder) errorf(pos *token.Position, format string, args ...any) {
	if len(d.errs) < maxErrors {
		d.errs = append(d.errs, &positionError{d.file, pos.Line, pos.Column, fmt.Sprintf(format, args...)})
	}
}

func (d *decoder) err() error {
	slices.SortStableFunc(d.errs, func(a, b error) int {
		var x, y *positionError
		if !errors.As(a, &x) || !errors.As(b, &y) {
			return 0
		}
		return x.line - y.line
	})
	return errors.Join(d.errs...)
}

// A positionError is something wrong at a place in a file.
type positionError struct {
	file      string
	line, col int
	what      string
}

// Error returns one line, "file:line:col: what is wrong".
func (e *positionError) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", e.file, e.line, e.col, strings.Join(strings.Fields(e.what), " "))
}

// A field is a field of a struct that the file may set. The decoder and the
// schema both go by it.
type field struct {
	name, doc string
	pattern   string // name of a pattern that the value matches, or ""
	needed    bool
	index     int
}

// fields returns the fields of struct type t that the file may set.
func fields(t reflect.Type) []field {
	var out []field
	for i := range t.NumField() {
		f := t.Field(i)
		if name := f.Tag.Get("yaml"); name != "" {
			out = append(out, field{name, f.Tag.Get("doc"), f.Tag.Get("pattern"), f.Tag.Get("need") != "", i})
		}
	}
	return out
}

// value decodes n, which what names in errors, into v.
func (d *decoder) value(n ast.Node, v reflect.Value, what string) {
	pos := position(n)
	d.at[v.Addr().Interface()] = pos
	if n.Type() == ast.NullType {
		return // as if the key were not there
	}
	switch {
	case v.Type() == reflect.TypeFor[time.Time]():
		d.date(n, v, what)
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.value(n, v.Elem(), what)
	case v.Kind() == reflect.Struct:
		d.structure(n, v, what)
	case v.Kind() == reflect.Slice:
		d.list(n, v, what)
	case v.Kind() == reflect.Map:
		d.mapping(n, v, what)
	case v.Kind() == reflect.Bool:
		if b, ok := n.(*ast.BoolNode); ok {
			v.SetBool(b.Value)
			return
		}
		d.errorf(pos, "%s is %s, want true or false", what, describe(n))
	default:
		d.text(n, v, what)
	}
}

// text decodes a string, which must be one of the words of its type if that
// has any.
func (d *decoder) text(n ast.Node, v reflect.Value, what string) {
	s, ok := stringOf(n)
	if !ok {
		d.errorf(position(n), "%s is %s, want a string", what, describe(n))
		return
	}
	if legal := words(v.Type()); legal != nil && !slices.ContainsFunc(legal, func(w word) bool { return w.value == s }) {
		var names []string
		for _, w := range legal {
			names = append(names, w.value)
		}
		d.errorf(position(n), "unknown %s %q%s", what, s, didYouMean(s, names))
		return
	}
	v.SetString(s)
}

func (d *decoder) date(n ast.Node, v reflect.Value, what string) {
	s, _ := stringOf(n)
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		d.errorf(position(n), "%s is %s, want a date such as 2027-01-31", what, describe(n))
		return
	}
	v.Set(reflect.ValueOf(t))
}

func (d *decoder) list(n ast.Node, v reflect.Value, what string) {
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		d.errorf(position(n), "%s is %s, want a list%s", what, describe(n), bracketed(n))
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(seq.Values), len(seq.Values)))
	for i, item := range seq.Values {
		if item.Type() == ast.NullType {
			d.errorf(position(item), "%s has an empty entry", what)
			continue
		}
		d.value(item, v.Index(i), singular(what))
	}
}

// mapping decodes a map of strings to scalars.
func (d *decoder) mapping(n ast.Node, v reflect.Value, what string) {
	pairs, ok := d.pairs(n, what)
	if !ok {
		return
	}
	v.Set(reflect.MakeMapWithSize(v.Type(), len(pairs)))
	for _, p := range pairs {
		s, ok := stringOf(p.value)
		if scalar, is := p.value.(ast.ScalarNode); is && !ok {
			s, ok = scalar.GetToken().Value, true
		}
		if !ok {
			d.errorf(position(p.value), "%s is %s, want a string or a number", p.key, describe(p.value))
			continue
		}
		v.SetMapIndex(reflect.ValueOf(p.key), reflect.ValueOf(s))
	}
}

func (d *decoder) structure(n ast.Node, v reflect.Value, what string) {
	pairs, ok := d.pairs(n, what)
	if !ok {
		return
	}
	set := make(map[string]bool)
	all := fields(v.Type())
	for _, p := range pairs {
		i := slices.IndexFunc(all, func(f field) bool { return f.name == p.key })
		if i < 0 {
			var names []string
			for _, f := range all {
				names = append(names, f.name)
			}
			d.errorf(p.pos, "unknown key %q in %s%s", p.key, article(what), didYouMean(p.key, names))
			continue
		}
		set[p.key] = p.value.Type() != ast.NullType
		d.value(p.value, v.Field(all[i].index), p.key)
	}
	for _, f := range all {
		if f.needed && !set[f.name] {
			d.errorf(position(n), "%s has no %s", article(what), f.name)
		}
	}
}

// A pair is one entry of a mapping.
type pair struct {
	key   string
	pos   *token.Position
	value ast.Node
}

// pairs returns the entries of mapping n.
func (d *decoder) pairs(n ast.Node, what string) ([]pair, bool) {
	m, ok := n.(ast.MapNode)
	if !ok {
		d.errorf(position(n), "%s is %s, want keys and values", what, describe(n))
		return nil, false
	}
	var out []pair
	seen := make(map[string]bool)
	for it := m.MapRange(); it.Next(); {
		key, ok := stringOf(it.Key())
		pos := position(it.Key())
		switch {
		case !ok:
			d.errorf(pos, "a key in %s is %s, want a string", article(what), describe(it.Key()))
		case seen[key]:
			d.errorf(pos, "key %q twice in %s", key, article(what))
		default:
			seen[key] = true
			out = append(out, pair{key, pos, it.Value()})
		}
	}
	return out, true
}

// position returns where n starts.
func position(n ast.Node) *token.Position {
	switch n := n.(type) {
	case *ast.MappingNode:
		if !n.IsFlowStyle && len(n.Values) > 0 {
			return position(n.Values[0].Key)
		}
	case *ast.MappingValueNode:
		return position(n.Key)
	}
	if tk := n.GetToken(); tk != nil && tk.Position != nil {
		return tk.Position
	}
	return &token.Position{Line: 1, Column: 1}
}

// stringOf returns the value of n if it is a string.
func stringOf(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	}
	return "", false
}
