package curriculum

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync"
)

//go:embed data/*.json
var files embed.FS

// Default returns the embedded facts. It panics if an embedded file is broken,
// which no input can bring about: TestData reads every one of them.
func Default() *Curriculum { return embedded() }

var embedded = sync.OnceValue(func() *Curriculum {
	c, err := read(files)
	if err != nil {
		panic(err)
	}
	return c
})

// read decodes the files below fsys.
func read(fsys fs.FS) (*Curriculum, error) {
	c := new(Curriculum)
	var errs []error
	for name, to := range map[string]any{
		"skills": &c.Skills, "transfer": &c.Transfer, "profiles": &c.Profiles, "modules": &c.Modules,
		"exercises": &c.Exercises, "sources": &c.Sources, "frameworks": &c.Frameworks, "role": &c.Role, "roadmap": &c.roadmap,
	} {
		b, err := fs.ReadFile(fsys, "data/"+name+".json")
		if err == nil {
			err = strict(b, to)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("data/%s.json: %w", name, err))
		}
	}
	return c, errors.Join(errs...)
}

// strict decodes one JSON value without unknown fields and with nothing after it.
func strict(b []byte, to any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(to); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the value")
	}
	return nil
}
