// Package strictyaml reads YAML that people write by hand and strangers may
// have written: small, without anchors, tags and directives, and with nothing
// in it that the reader does not know. What is wrong is said with file, line
// and column, all of it at once.
package strictyaml

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/token"
)

// MaxFile is the size limit of a file in bytes.
const MaxFile = 1 << 20

const (
	maxDepth  = 32      // of nested brackets and sequences
	maxLine   = 4 << 10 // bytes
	maxErrors = 20
)

// Options say what the words of errors cannot be derived from.
type Options struct {
	// Name is what the whole file is called in errors; "file" if empty.
	Name string

	// Words returns the legal values of a string type, or nil if any will do.
	// It may be nil.
	Words func(reflect.Type) []string

	// Singular names one entry of a list: "entry of through". Where it
	// returns nothing, or is nil, the name of the list loses its s.
	Singular func(list string) string
}

// A File is a file that was decoded, and what is wrong with it.
type File struct {
	name string
	o    Options
	at   map[any]*token.Position // of the value that a pointer points to
	errs []*problem
}

// Decode fills the struct that v points to from data. The name is used in
// errors only. Fields are set from the keys that their yaml tags name; a field
// with a need tag has to be there. Strings, booleans, numbers, dates
// (time.Time, as 2027-01-31), structs, pointers, slices, and maps of strings
// are understood.
//
// Unknown and repeated keys, values of another type, and words that are none
// of a type's are errors. So are anchors, aliases, tags, directives, deep
// nesting, text that is not UTF-8 and characters that hide. See [File.Err].
func Decode(name string, data []byte, v any, o Options) *File {
	if o.Name == "" {
		o.Name = "file"
	}
	f := &File{name: name, o: o, at: make(map[any]*token.Position)}
	if body := f.tree(data); body != nil {
		f.value(body, reflect.ValueOf(v).Elem(), o.Name)
	}
	return f
}

// Err returns what is wrong with the file, one line for each thing, in the
// order of the lines, or nil.
func (f *File) Err() error {
	slices.SortStableFunc(f.errs, func(a, b *problem) int { return a.line - b.line })
	var all []error
	for _, e := range f.errs {
		all = append(all, e)
	}
	return errors.Join(all...)
}

// Errorf adds something that is wrong with the value that at points to, which
// Decode has filled. A nil at, or one that the file does not set, is the
// beginning of the file.
func (f *File) Errorf(at any, format string, args ...any) {
	f.errorf(f.at[at], format, args...)
}

// Set reports whether the file sets the value that at points to.
func (f *File) Set(at any) bool { return f.at[at] != nil }

// Pos returns the line and the column of the value that at points to, counted
// from 1; both are 1 if the file does not set it.
func (f *File) Pos(at any) (line, col int) {
	if pos := f.at[at]; pos != nil {
		return pos.Line, pos.Column
	}
	return 1, 1
}

func (f *File) errorf(pos *token.Position, format string, args ...any) {
	if pos == nil {
		pos = &token.Position{Line: 1, Column: 1}
	}
	if len(f.errs) < maxErrors {
		f.errs = append(f.errs, &problem{f.name, pos.Line, pos.Column, fmt.Sprintf(format, args...)})
	}
}

// A problem is something wrong at a place in a file.
type problem struct {
	file      string
	line, col int
	what      string
}

// Error returns one line, "file:line:col: what is wrong".
func (p *problem) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", p.file, p.line, p.col, strings.Join(strings.Fields(p.what), " "))
}

// A Field is a field of a struct that a file may set.
type Field struct {
	Name   string            // the key
	Needed bool              // it has to be there
	Index  int               // in the struct
	Tag    reflect.StructTag // for what the caller's own tags say
}

// Fields returns the fields of struct type t that a file may set.
func Fields(t reflect.Type) []Field {
	var out []Field
	for i := range t.NumField() {
		f := t.Field(i)
		if name := f.Tag.Get("yaml"); name != "" {
			out = append(out, Field{name, f.Tag.Get("need") != "", i, f.Tag})
		}
	}
	return out
}
