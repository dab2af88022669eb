package chattemplate

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"quintain"
	"quintain/scan"
	"quintain/scan/internal/jinja"
)

// maxNesting is how deep arrays and objects of a configuration may nest.
const maxNesting = 100

// A config is what a configuration says about templates.
type config struct {
	templates []*template
	problems  []problem
}

// A level is an array or object that is being read.
type level struct {
	keys map[string]bool // of an object, so far
	key  string          // the present one
	want bool            // the next token is a key
	name string          // the entry "name" of an object
	from int             // templates before the object
}

// A reader reads a configuration token by token.
type reader struct {
	data   []byte
	dec    *json.Decoder
	levels []*level
	out    config
}

// read returns what a configuration says about templates, as far as it can be
// read.
func read(data []byte) (config, error) {
	r := &reader{data: data, dec: json.NewDecoder(bytes.NewReader(data))}
	r.dec.UseNumber()
	for {
		before := r.dec.InputOffset()
		tok, err := r.dec.Token()
		if errors.Is(err, io.EOF) && len(r.levels) == 0 && before > 0 {
			return r.out, nil
		}
		if err != nil {
			off := r.dec.InputOffset()
			if syntax := (*json.SyntaxError)(nil); errors.As(err, &syntax) {
				off = syntax.Offset
			}
			return r.out, scan.Errorf(min(off, int64(len(data))), "JSON: %w", err)
		}
		if len(r.levels) == 0 && before > 0 {
			return r.out, scan.Errorf(before, "JSON: a second value follows")
		}
		if err := r.token(tok, before); err != nil {
			return r.out, err
		}
	}
}

// token handles one token; before is where the one before it ended.
func (r *reader) token(tok json.Token, before int64) error {
	var top *level
	if n := len(r.levels); n > 0 {
		top = r.levels[n-1]
	}
	if d, ok := tok.(json.Delim); ok {
		switch d {
		case '{', '[':
			if len(r.levels) == maxNesting {
				return scan.Errorf(before, "JSON: more than %d levels inside each other", maxNesting)
			}
			l := &level{from: len(r.out.templates)}
			if d == '{' {
				l.keys, l.want = make(map[string]bool), true
			}
			r.levels = append(r.levels, l)
		default:
			r.levels = r.levels[:len(r.levels)-1]
			r.close(top)
			if n := len(r.levels); n > 0 && r.levels[n-1].keys != nil {
				r.levels[n-1].want = true
			}
		}
		return nil
	}
	s, isString := tok.(string)
	switch {
	case top == nil:
	case top.want && isString:
		r.key(top, s, before)
	default:
		if isString {
			r.str(top, s, before)
		}
		top.want = top.keys != nil
	}
	return nil
}

// key handles the key of an entry.
func (r *reader) key(top *level, s string, before int64) {
	off := r.start(before)
	if top.keys[s] {
		severity := quintain.Medium
		if strings.Contains(s, "template") {
			severity = quintain.High
		}
		r.out.problems = append(r.out.problems, problemf(off, severity, "key %q is there twice, so programs differ on its value", clip(s)))
	}
	top.keys[s] = true
	top.key, top.want = s, false
	if len(r.levels) == 1 && s == "auto_map" {
		r.out.problems = append(r.out.problems, problemf(off, quintain.Medium, "auto_map names Python code in the repository of the model, which loaders run when they are told to trust it"))
	}
}

// str handles a string that is a value.
func (r *reader) str(top *level, s string, before int64) {
	root := r.levels[0].key
	if !strings.Contains(root, "template") {
		return
	}
	if len(r.levels) > 1 && top.key == "name" {
		top.name = s
		return
	}
	if !strings.HasPrefix(root, "chat_template") && !jinja.Is(s) {
		return
	}
	off := r.start(before) + 1
	t := &template{text: s, off: off, raw: r.data[off : r.dec.InputOffset()-1]}
	if len(r.levels) > 1 && top.keys != nil && top.key != "template" {
		t.name = top.key
	}
	r.out.templates = append(r.out.templates, t)
}

// close ends an array or object, and names the templates in it.
func (r *reader) close(l *level) {
	for _, t := range r.out.templates[l.from:] {
		if t.name == "" && l.name != "" {
			t.name = l.name
			for _, other := range r.out.templates[:l.from] {
				if other.name == t.name {
					r.out.problems = append(r.out.problems, problemf(t.off, quintain.High, "two templates are named %q, so programs differ on which they use", clip(t.name)))
					break
				}
			}
		}
	}
}

// start returns the offset of the string that follows the token that ends at
// before.
func (r *reader) start(before int64) int64 {
	return before + int64(bytes.IndexByte(r.data[before:], '"'))
}

func clip(s string) string {
	const most = 60
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}
