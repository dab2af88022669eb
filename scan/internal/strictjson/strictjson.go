// Package strictjson reads JSON that nobody vouches for as a tree that knows
// where in the file everything is.
//
// It follows RFC 8259 and takes one thing beside it: NaN and Infinity, which
// Python writes and reads. Where parsers differ it says so: names that are in
// one object twice are listed, text that is no UTF-8 is an error.
package strictjson

// Limits of a document. A model of a thousand layers has 1 MB and 100,000
// values.
const (
	MaxSize  = 16 << 20 // bytes
	maxDepth = 200
	maxCount = 1 << 19 // values
)

// A Kind is the kind of a value.
type Kind uint8

// The kinds.
const (
	Null Kind = iota
	Bool
	Number
	String
	Array
	Object
)

// A Value is one value and all in it.
type Value struct {
	Kind    Kind
	Off     int64  // of its first byte
	Text    string // of a string, unescaped; of a number or Boolean, as written
	Items   []Value
	Members []Member
}

// A Member is a name with a value in an object.
type Member struct {
	Off   int64 // of the name
	Name  string
	Value Value
}

// Get returns the value under a name: the last one, which is what Python
// takes. It returns nil if there is none.
func (v *Value) Get(name string) *Value {
	if v == nil {
		return nil
	}
	for i := len(v.Members) - 1; i >= 0; i-- {
		if v.Members[i].Name == name {
			return &v.Members[i].Value
		}
	}
	return nil
}

// Str returns the text of a string, and whether v is one.
func (v *Value) Str() (string, bool) {
	if v == nil || v.Kind != String {
		return "", false
	}
	return v.Text, true
}

// An Error says where a document breaks the rules.
type Error struct {
	Off  int64
	What string
}

// Error implements error.
func (e *Error) Error() string { return e.What }
