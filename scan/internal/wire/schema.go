package wire

import (
	"strconv"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
)

// A Kind says what a field holds.
type Kind uint8

// The kinds.
const (
	Number  Kind = iota // a varint, or a packed sequence of them
	Fixed32             // 4 bytes, or a packed sequence
	Fixed64             // 8 bytes, or a packed sequence
	Opaque              // text or bytes
	Message
)

var kinds = map[string]Kind{"number": Number, "fixed32": Fixed32, "fixed64": Fixed64, "text": Opaque, "bytes": Opaque, "message": Message}

// An Entry describes one field of a message.
type Entry struct {
	Name string
	Kind Kind
	Sub  string // of a message: which
}

// Fits reports whether the field can be written as w.
func (e Entry) Fits(w protowire.Type) bool {
	switch e.Kind {
	case Number:
		return w == protowire.VarintType || w == protowire.BytesType
	case Fixed32:
		return w == protowire.Fixed32Type || w == protowire.BytesType
	case Fixed64:
		return w == protowire.Fixed64Type || w == protowire.BytesType
	case Opaque, Message:
	}
	return w == protowire.BytesType
}

// A Schema has the fields of messages by the name of the message and the
// number of the field.
type Schema map[string]map[protowire.Number]Entry

// ParseSchema reads a schema from its text. The name of a message with a colon
// stands before the lines of its fields: the number, the name, the kind, and of
// a message which. Lines that begin with # are comments; others that make no
// sense are passed over.
func ParseSchema(text string) Schema {
	out := make(Schema)
	current := ""
	for line := range strings.SplitSeq(text, "\n") {
		if name, ok := strings.CutSuffix(line, ":"); ok {
			current = name
			out[current] = make(map[protowire.Number]Entry)
			continue
		}
		words := strings.Fields(line)
		if len(words) < 3 || words[0] == "#" {
			continue
		}
		n, err := strconv.Atoi(words[0])
		if err != nil || out[current] == nil {
			continue
		}
		e := Entry{Name: words[1], Kind: kinds[words[2]]}
		if len(words) > 3 {
			e.Sub = words[3]
		}
		out[current][protowire.Number(n)] = e
	}
	return out
}
