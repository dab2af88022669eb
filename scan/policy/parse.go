package policy

import (
	"path"
	"strings"

	"quintain"
	"quintain/internal/regular"
	"quintain/internal/strictyaml"
)

// MaxFile is the size limit of a policy in bytes.
const MaxFile = strictyaml.MaxFile

// Load reads the policy called name; see [Parse].
func Load(name string) (*Policy, error) {
	data, err := regular.Read(name, MaxFile)
	if err != nil {
		return nil, err
	}
	return Parse(name, data)
}

// Parse reads a policy. It is strict: unknown and repeated keys, values of
// another kind, and entries that say too little are errors. Each is one line,
// "file:line:col: what is wrong"; several are joined.
func Parse(name string, data []byte) (*Policy, error) {
	var file struct {
		Accept []Entry `yaml:"accept" need:"yes"`
	}
	f := strictyaml.Decode(name, data, &file, strictyaml.Options{
		Name:     "policy",
		Singular: func(list string) string { return map[string]string{"accept": "entry"}[list] },
	})
	if f.Err() == nil {
		for i := range file.Accept {
			file.Accept[i].complete(f)
		}
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	return &Policy{File: name, Entries: file.Accept}, nil
}

// complete checks what no type can express.
func (e *Entry) complete(f *strictyaml.File) {
	e.Line, e.Col = f.Pos(e)
	for key, text := range map[string]*string{"check": &e.Check, "why": &e.Why, "by": &e.By} {
		if *text = strings.TrimSpace(*text); *text == "" {
			f.Errorf(text, "%s is blank", key)
		}
	}
	e.Digest = quintain.Digest(strings.ToLower(string(e.Digest)))
	if e.Digest != "" {
		if err := e.Digest.Validate(); err != nil {
			f.Errorf(&e.Digest, "%v", err)
		}
	}
	if _, err := path.Match(e.Path, ""); err != nil {
		f.Errorf(&e.Path, "path %q is no pattern", e.Path)
	}
	if e.Digest == "" && e.Path == "" {
		f.Errorf(e, "the entry has neither a digest nor a path")
	}
}
