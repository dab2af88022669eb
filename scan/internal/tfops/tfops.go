// Package tfops says what the operators of TensorFlow do.
package tfops

import (
	"bytes"
	_ "embed"
	"strings"
	"sync"
)

//go:embed ops.txt
var text string

// A Class is a kind of operators. The zero Class is that of names which
// TensorFlow does not have.
type Class string

// The classes. All but the first four reach outside the graph.
const (
	Computes   Class = "computes"   // computes, keeps state in memory, or moves data between devices
	Checkpoint Class = "checkpoint" // reads and writes the variables and vocabularies of the model
	Print      Class = "print"      // writes to the terminal, or to a file if an attribute says so
	Program    Class = "program"    // runs a compiled program that the model holds
	Python     Class = "python"
	Native     Class = "native"
	Read       Class = "read"
	Write      Class = "write"
	Network    Class = "network"
	Process    Class = "process"
)

var does = map[Class]string{
	Python:  "runs a Python function of the program that loads the model",
	Native:  "calls a function of a library by its name",
	Read:    "reads files",
	Write:   "writes files",
	Network: "talks to other machines",
	Process: "can end the process",
}

// Does says in words how the operators of a class reach outside the graph. It
// is empty for those that do not, or do so only if their arguments say so.
func (c Class) Does() string { return does[c] }

// operators are the operators of TensorFlow by name.
var operators = sync.OnceValue(func() map[string]Class {
	out := make(map[string]Class)
	class := Class("")
	for line := range strings.SplitSeq(text, "\n") {
		if c, ok := strings.CutSuffix(line, ":"); ok {
			class = Class(c)
			continue
		}
		if strings.HasPrefix(line, "#") {
			continue
		}
		for w := range strings.FieldsSeq(line) {
			out[w] = class
		}
	}
	return out
})

// ClassOf returns the class of an operator.
func ClassOf(operator string) Class { return operators()[operator] }

// Reach looks for the names of operators in a serialized node of a graph, such
// as other formats carry, and returns the first in the order of their names
// that reaches outside the graph, or "". A name counts if its length stands
// before it, or a zero byte behind it.
func Reach(node []byte) string {
	found := ""
	for name, class := range operators() {
		if class.Does() != "" && (found == "" || name < found) && mentions(node, name) {
			found = name
		}
	}
	return found
}

// mentions reports whether the name of an operator is in b.
func mentions(b []byte, name string) bool {
	for from := 0; ; {
		i := bytes.Index(b[from:], []byte(name))
		if i < 0 {
			return false
		}
		i += from
		end := i + len(name)
		if i > 0 && int(b[i-1]) == len(name) || end < len(b) && b[end] == 0 && (i == 0 || !letter(b[i-1])) {
			return true
		}
		from = i + 1
	}
}

func letter(c byte) bool { return c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' }
