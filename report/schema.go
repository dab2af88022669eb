package report

import (
	"bytes"
	"encoding"
	"fmt"
	"reflect"
	"strings"

	"quintain"
)

// Schema returns the JSON Schema (2020-12) of a document, made from the types
// that encode and decode it.
func Schema() []byte {
	e := emitter{defs: make(map[string]any)}
	root := e.ref(reflect.TypeFor[Document]())
	var b bytes.Buffer
	err := WriteJSON(&b, map[string]any{
		"$schema":     "https://json-schema.org/draft/2020-12/schema",
		"$id":         "urn:" + strings.NewReplacer(".", ":", "/", ":").Replace(SchemaName),
		"title":       SchemaName,
		"description": "Everything that one run of quintain produced.",
		"allOf":       []any{root},
		"$defs":       e.defs,
	})
	if err != nil {
		panic(err) // maps and strings always encode
	}
	return b.Bytes()
}

// An emitter turns types into schemas; each struct becomes a definition.
type emitter struct{ defs map[string]any }

// fixed are the schemas of the types that encode as words.
var fixed = map[reflect.Type]map[string]any{
	reflect.TypeFor[quintain.Severity](): {"enum": words(quintain.Critical)},
	reflect.TypeFor[quintain.Outcome]():  {"enum": words(quintain.NotApplicable)},
	reflect.TypeFor[Status]():            {"enum": Statuses},
	reflect.TypeFor[quintain.Digest]():   {"type": "string", "pattern": "^(sha256:[0-9a-fA-F]{64})?$"},
}

// words returns the words of a type whose values run from zero to last.
func words[T interface {
	~int
	fmt.Stringer
	encoding.TextMarshaler
}](last T) []string {
	var list []string
	for v := T(0); v <= last; v++ {
		list = append(list, v.String())
	}
	return list
}

// ref returns the schema of t, by reference if it is a struct.
func (e *emitter) ref(t reflect.Type) map[string]any {
	if s, ok := fixed[t]; ok {
		return s
	}
	switch t.Kind() {
	case reflect.Pointer:
		return e.ref(t.Elem())
	case reflect.Struct:
		if _, ok := e.defs[t.Name()]; !ok {
			e.defs[t.Name()] = nil // in the making
			e.defs[t.Name()] = e.object(t)
		}
		return map[string]any{"$ref": "#/$defs/" + t.Name()}
	case reflect.Slice:
		return map[string]any{"type": "array", "items": e.ref(t.Elem())}
	case reflect.Map:
		m := map[string]any{"type": "object", "additionalProperties": e.ref(t.Elem())}
		if key := e.ref(t.Key()); key["pattern"] != nil {
			m["propertyNames"] = map[string]any{"pattern": key["pattern"]}
		}
		return m
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int:
		return map[string]any{"type": "integer"}
	case reflect.Uint64:
		return map[string]any{"type": "integer", "minimum": 0}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	default:
		panic(fmt.Sprintf("no schema for %s", t))
	}
}

// object returns the schema of a struct.
func (e *emitter) object(t reflect.Type) map[string]any {
	props := make(map[string]any)
	required := []string{}
	for f := range t.Fields() {
		name, opts, _ := strings.Cut(f.Tag.Get("json"), ",")
		props[name] = e.ref(f.Type)
		if opts == "" {
			required = append(required, name)
		}
	}
	if t == reflect.TypeFor[Document]() {
		props["schema"] = map[string]any{"const": SchemaName}
	}
	return map[string]any{"type": "object", "properties": props, "required": required, "additionalProperties": false}
}
