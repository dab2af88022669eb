package threat

import (
	"reflect"

	"quintain/internal/regular"
	"quintain/internal/strictyaml"
)

// Limits of a system file. A system that is larger is several systems.
const (
	MaxFile     = strictyaml.MaxFile // bytes
	MaxElements = 500
	MaxFlows    = 2000
)

// Load reads the system file called name; see [Parse].
func Load(name string) (*Model, error) {
	data, err := regular.Read(name, MaxFile)
	if err != nil {
		return nil, err
	}
	return Parse(name, data)
}

// A document is a system file that is being read.
type document struct{ *strictyaml.File }

// Parse reads a system file. The name is used in errors and to resolve paths.
//
// Parsing is strict: unknown and duplicate keys, wrong types, unknown words,
// references to elements that do not exist, and dates that are none are
// errors. Each is one line, "file:line:col: what is wrong"; several are
// joined. YAML anchors, aliases and tags are refused.
func Parse(name string, data []byte) (*Model, error) {
	m := &Model{File: name}
	d := document{strictyaml.Decode(name, data, m, strictyaml.Options{Words: legal, Singular: singular})}
	m.complete()
	if d.Err() == nil {
		d.check(m)
	}
	if err := d.Err(); err != nil {
		return nil, err
	}
	return m, nil
}

// legal returns the legal values of type t, or nil if any string will do.
func legal(t reflect.Type) []string {
	var out []string
	for _, w := range words(t) {
		out = append(out, w.value)
	}
	return out
}

// singular names one entry of the list called what.
func singular(what string) string {
	switch what {
	case "data":
		return "class of data"
	case "can":
		return "ability"
	case "through":
		return "entry of through"
	case "accepted":
		return "acceptance"
	}
	return ""
}
