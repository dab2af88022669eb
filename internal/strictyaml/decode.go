package strictyaml

import (
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// value decodes n, which what names in errors, into v.
func (f *File) value(n ast.Node, v reflect.Value, what string) {
	pos := position(n)
	f.at[v.Addr().Interface()] = pos
	if n.Type() == ast.NullType {
		return // as if the key were not there
	}
	switch {
	case v.Type() == reflect.TypeFor[time.Time]():
		f.date(n, v, what)
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.value(n, v.Elem(), what)
	case v.Kind() == reflect.Struct:
		f.structure(n, v, what)
	case v.Kind() == reflect.Slice:
		f.list(n, v, what)
	case v.Kind() == reflect.Map:
		f.mapping(n, v, what)
	case v.Kind() == reflect.Bool:
		if b, ok := n.(*ast.BoolNode); ok {
			v.SetBool(b.Value)
			return
		}
		f.errorf(pos, "%s is %s, want true or false", what, describe(n))
	case v.CanInt():
		f.integer(n, v, what)
	case v.CanFloat():
		f.number(n, v, what)
	default:
		f.text(n, v, what)
	}
}

func (f *File) integer(n ast.Node, v reflect.Value, what string) {
	if _, ok := n.(*ast.IntegerNode); ok {
		i, err := strconv.ParseInt(n.GetToken().Value, 10, 64)
		if err == nil && !v.OverflowInt(i) {
			v.SetInt(i)
			return
		}
	}
	f.errorf(position(n), "%s is %s, want a whole number", what, describe(n))
}

func (f *File) number(n ast.Node, v reflect.Value, what string) {
	switch n.(type) {
	case *ast.IntegerNode, *ast.FloatNode:
		x, err := strconv.ParseFloat(n.GetToken().Value, 64)
		if err == nil && !v.OverflowFloat(x) {
			v.SetFloat(x)
			return
		}
	}
	f.errorf(position(n), "%s is %s, want a number", what, describe(n))
}

func (f *File) words(t reflect.Type) []string {
	if f.o.Words == nil {
		return nil
	}
	return f.o.Words(t)
}

// text decodes a string, which must be one of the words of its type if that
// has any.
func (f *File) text(n ast.Node, v reflect.Value, what string) {
	s, ok := stringOf(n)
	if !ok {
		f.errorf(position(n), "%s is %s, want a string", what, describe(n))
		return
	}
	if legal := f.words(v.Type()); legal != nil && !slices.Contains(legal, s) {
		f.errorf(position(n), "unknown %s %q%s", what, s, DidYouMean(s, legal))
		return
	}
	v.SetString(s)
}

func (f *File) date(n ast.Node, v reflect.Value, what string) {
	s, _ := stringOf(n)
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		f.errorf(position(n), "%s is %s, want a date such as 2027-01-31", what, describe(n))
		return
	}
	v.Set(reflect.ValueOf(t))
}

func (f *File) list(n ast.Node, v reflect.Value, what string) {
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		f.errorf(position(n), "%s is %s, want a list%s", what, describe(n), bracketed(n))
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(seq.Values), len(seq.Values)))
	for i, item := range seq.Values {
		if item.Type() == ast.NullType {
			f.errorf(position(item), "%s has an empty entry", what)
			continue
		}
		f.value(item, v.Index(i), f.singular(what))
	}
}

// mapping decodes a map of strings to scalars.
func (f *File) mapping(n ast.Node, v reflect.Value, what string) {
	pairs, ok := f.pairs(n, what)
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
			f.errorf(position(p.value), "%s is %s, want a string or a number", p.key, describe(p.value))
			continue
		}
		v.SetMapIndex(reflect.ValueOf(p.key), reflect.ValueOf(s))
	}
}

func (f *File) structure(n ast.Node, v reflect.Value, what string) {
	pairs, ok := f.pairs(n, what)
	if !ok {
		return
	}
	set := make(map[string]bool)
	all := Fields(v.Type())
	for _, p := range pairs {
		i := slices.IndexFunc(all, func(k Field) bool { return k.Name == p.key })
		if i < 0 {
			var names []string
			for _, k := range all {
				names = append(names, k.Name)
			}
			f.errorf(p.pos, "unknown key %q in %s%s", p.key, f.article(what), DidYouMean(p.key, names))
			continue
		}
		set[p.key] = p.value.Type() != ast.NullType
		f.value(p.value, v.Field(all[i].Index), p.key)
	}
	for _, k := range all {
		if k.Needed && !set[k.Name] {
			f.errorf(position(n), "%s has no %s", f.article(what), k.Name)
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
func (f *File) pairs(n ast.Node, what string) ([]pair, bool) {
	m, ok := n.(ast.MapNode)
	if !ok {
		f.errorf(position(n), "%s is %s, want keys and values", what, describe(n))
		return nil, false
	}
	var out []pair
	seen := make(map[string]bool)
	for it := m.MapRange(); it.Next(); {
		key, ok := stringOf(it.Key())
		pos := position(it.Key())
		switch {
		case !ok:
			f.errorf(pos, "a key in %s is %s, want a string", f.article(what), describe(it.Key()))
		case seen[key]:
			f.errorf(pos, "key %q twice in %s", key, f.article(what))
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
