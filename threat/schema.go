package threat

import (
	"encoding/json"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"time"

	"quintain/internal/strictyaml"
)

// Schema returns the JSON Schema (draft 2020-12) of a system file, for editors.
// It is made from the types that [Parse] decodes into. What no schema can say,
// such as that a flow names elements that exist, only Parse checks.
func Schema() []byte {
	s := schemaWriter{defs: make(map[string]any)}
	root := s.object(reflect.TypeFor[Model]())
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["title"] = "Quintain system model"
	root["$defs"] = s.defs
	b, err := json.MarshalIndent(root, "", "  ")
	if err != nil {
		panic(err) // maps, strings and numbers only
	}
	return append(b, '\n')
}

// patterns are what strings look like where a tag names one.
var patterns = map[string]*regexp.Regexp{
	"id":     regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`),
	"threat": regexp.MustCompile(`^T-[A-Z2-7]{8}$`),
	"digest": regexp.MustCompile(`^sha256:[0-9a-fA-F]{64}$`),
}

// demands are the keys that elements of a kind have to have.
var demands = map[Kind]string{KindModel: "task", KindHuman: "trust"}

// A schemaWriter collects the definitions that a schema refers to.
type schemaWriter struct{ defs map[string]any }

// object returns the schema of a mapping that is decoded into struct type t.
func (s *schemaWriter) object(t reflect.Type) map[string]any {
	properties := make(map[string]any)
	required := []string{}
	for _, f := range strictyaml.Fields(t) {
		p := s.of(t.Field(f.Index).Type)
		p["description"] = f.Tag.Get("doc")
		switch p["type"] {
		case "string":
			if re := patterns[f.Tag.Get("pattern")]; re != nil {
				p["pattern"] = re.String()
			} else if f.Needed {
				p["minLength"] = 1
			}
		case "array":
			if f.Needed {
				p["minItems"] = 1
			}
		}
		properties[f.Name] = p
		if f.Needed {
			required = append(required, f.Name)
		}
	}
	return map[string]any{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
}

// of returns the schema of type t.
func (s *schemaWriter) of(t reflect.Type) map[string]any {
	if legal := words(t); legal != nil {
		var one []any
		for _, w := range legal {
			one = append(one, map[string]any{"const": w.value, "description": w.doc})
		}
		return map[string]any{"oneOf": one}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return s.of(t.Elem())
	case reflect.Slice:
		return map[string]any{"type": "array", "items": s.of(t.Elem())}
	case reflect.Map:
		return map[string]any{
			"type":                 "object",
			"propertyNames":        map[string]any{"enum": slices.Sorted(maps.Keys(testKeys))},
			"additionalProperties": map[string]any{"type": []string{"string", "number"}},
		}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Struct:
		if t == reflect.TypeFor[time.Time]() {
			return map[string]any{"type": "string", "format": "date"}
		}
		if _, ok := s.defs[t.Name()]; !ok {
			s.defs[t.Name()] = nil // in case it refers to itself
			s.defs[t.Name()] = s.conditional(t)
		}
		return map[string]any{"$ref": "#/$defs/" + t.Name()}
	default:
		return map[string]any{"type": "string"}
	}
}

// conditional returns the schema of struct type t, with the keys that are
// required depending on its kind.
func (s *schemaWriter) conditional(t reflect.Type) map[string]any {
	o := s.object(t)
	when := func(kind string, then map[string]any) map[string]any {
		return map[string]any{"if": map[string]any{"properties": map[string]any{"kind": map[string]any{"const": kind}}}, "then": then}
	}
	var all []any
	switch t {
	case reflect.TypeFor[Element]():
		for _, k := range slices.Sorted(maps.Keys(demands)) {
			all = append(all, when(string(k), map[string]any{"required": []string{demands[k]}}))
		}
	case reflect.TypeFor[Test]():
		all = append(all, when("classifier", map[string]any{
			"required": []string{"with"}, "properties": map[string]any{"with": map[string]any{"required": []string{"data"}}},
		}))
	}
	if all != nil {
		o["allOf"] = all
	}
	return o
}
