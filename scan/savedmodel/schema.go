package savedmodel

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"

	"google.golang.org/protobuf/encoding/protowire"
)

//go:embed schema.txt
var schemaText string

// A kind says what a field holds.
type kind uint8

const (
	number kind = iota // a varint, or a packed sequence of them
	fixed32
	fixed64
	opaque // text or bytes
	message
)

var kinds = map[string]kind{"number": number, "fixed32": fixed32, "fixed64": fixed64, "text": opaque, "bytes": opaque, "message": message}

// A field is one field of a message.
type field struct {
	name string
	kind kind
	sub  string // of a message: which
}

// kerasText are the messages of the configuration that Keras 2 keeps beside a
// saved model.
const kerasText = `
keras.SavedMetadata:
  1 nodes message keras.SavedObject
keras.SavedObject:
  1 version message tensorflow.VersionDef
  2 node_id number
  3 node_path text
  4 identifier text
  5 metadata text
`

// schema are the fields of all messages by their names.
var schema = sync.OnceValue(func() map[string]map[protowire.Number]field {
	out := make(map[string]map[protowire.Number]field)
	current := ""
	for line := range strings.SplitSeq(schemaText+kerasText, "\n") {
		if name, ok := strings.CutSuffix(line, ":"); ok {
			current = name
			out[current] = make(map[protowire.Number]field)
			continue
		}
		words := strings.Fields(line)
		if len(words) < 3 || words[0] == "#" {
			continue
		}
		n, err := strconv.Atoi(words[0])
		if err != nil {
			continue
		}
		f := field{name: words[1], kind: kinds[words[2]]}
		if len(words) > 3 {
			f.sub = words[3]
		}
		out[current][protowire.Number(n)] = f
	}
	return out
})
