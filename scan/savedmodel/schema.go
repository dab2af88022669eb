package savedmodel

import (
	_ "embed"
	"sync"

	"google.golang.org/protobuf/encoding/protowire"

	"quintain/scan/internal/wire"
)

//go:embed schema.txt
var schemaText string

// kind says what a field holds.
type kind = wire.Kind

// message is a field that holds a message.
const message = wire.Message

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
	for name, entries := range wire.ParseSchema(schemaText + kerasText) {
		out[name] = make(map[protowire.Number]field)
		for n, e := range entries {
			out[name][n] = field{e.Name, e.Kind, e.Sub}
		}
	}
	return out
})
