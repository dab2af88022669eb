package hydra

import (
	"errors"
	"strings"

	"quintain"
	"quintain/scan"
	"quintain/scan/internal/strictjson"
)

// jsonError places an error of the parser.
func jsonError(err error) error {
	off := int64(-1)
	if e := (*strictjson.Error)(nil); errors.As(err, &e) {
		off = e.Off
	}
	return scan.Errorf(off, "JSON: %w", err)
}

// json inspects a configuration in JSON.
func (x *file) json(v *strictjson.Value, twice []strictjson.Member) {
	for _, m := range twice {
		x.f.Reportf(quintain.High, m.Off, "the name %q is there twice, so programs differ on what it is", m.Name)
	}
	x.walk(v)
}

// walk judges everything in v.
func (x *file) walk(v *strictjson.Value) {
	for i := range v.Items {
		x.walk(&v.Items[i])
	}
	for i := range v.Members {
		m := &v.Members[i]
		switch {
		case isTarget(m.Name):
			if s, ok := m.Value.Str(); ok {
				x.target(m.Value.Off, m.Name, s)
			} else {
				x.f.Reportf(quintain.Medium, m.Value.Off, "%s is no text", m.Name)
			}
		case m.Name == "target" && x.pairs:
			if s, ok := m.Value.Str(); ok {
				x.image(m.Value.Off, s)
			}
		case m.Name == "auto_map", m.Name == "custom_pipelines":
			x.autoMap(m.Name, &m.Value)
		case m.Name == "trust_remote_code" && (m.Value.Kind != strictjson.Bool || m.Value.Text != "false"):
			x.trust(m.Value.Off)
		case m.Value.Kind == strictjson.String:
			x.resolver(m.Value.Off, m.Value.Text)
		}
		x.walk(&m.Value)
	}
}

// autoMap judges the table of the classes in the repository, or in another
// one, that stand for those of the library.
func (x *file) autoMap(table string, v *strictjson.Value) {
	switch v.Kind {
	case strictjson.String:
		x.remote(v.Off, table, v.Text)
	case strictjson.Array:
		for i := range v.Items {
			x.autoMap(table, &v.Items[i])
		}
	case strictjson.Object:
		for i := range v.Members {
			x.autoMap(table, &v.Members[i].Value)
		}
	default:
	}
}

// remote reports a class that is not of an installed package.
func (x *file) remote(off int64, table, class string) {
	if repo, class, ok := strings.Cut(class, "--"); ok {
		x.f.Reportf(quintain.High, off, "%s takes %q from another repository, %q", table, class, repo)
		return
	}
	x.f.Reportf(quintain.Medium, off, "%s takes %q from code in the repository", table, class)
}

// trust reports a file that decides for its reader.
func (x *file) trust(off int64) {
	x.f.Reportf(quintain.High, off, "asks the loader to run the code of a repository: trust_remote_code")
}

// modules judges the list of the classes of a model of Sentence Transformers.
func (x *file) modules(v *strictjson.Value) {
	for i := range v.Items {
		class := v.Items[i].Get("type")
		if name, ok := class.Str(); ok {
			x.target(class.Off, "type", name)
		} else if class != nil {
			x.f.Reportf(quintain.Medium, class.Off, "type is no text")
		}
	}
}
