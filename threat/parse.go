package threat

import (
	"bytes"
	"errors"
	"reflect"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"quintain/internal/regular"
)

// Limits of a system file. A system that is larger is several systems.
const (
	MaxFile     = 1 << 20 // bytes
	MaxElements = 500
	MaxFlows    = 2000
)

const (
	maxDepth = 32      // of nested brackets and sequences
	maxLine  = 4 << 10 // bytes
)

// Load reads the system file called name; see [Parse].
func Load(name string) (*Model, error) {
	data, err := regular.Read(name, MaxFile)
	if err != nil {
		return nil, err
	}
	return Parse(name, data)
}

// Parse reads a system file. The name is used in errors and to resolve paths.
//
// Parsing is strict: unknown and duplicate keys, wrong types, unknown words,
// references to elements that do not exist, and dates that are none are
// errors. Each is one line, "file:line:col: what is wrong"; several are
// joined. YAML anchors, aliases and tags are refused.
func Parse(name string, data []byte) (*Model, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	d := &decoder{file: name, at: make(map[any]*token.Position)}
	body, err := d.tree(data)
	if err != nil {
		return nil, err
	}
	m := &Model{File: name}
	d.value(body, reflect.ValueOf(m).Elem(), "file")
	m.complete()
	if len(d.errs) == 0 {
		d.check(m)
	}
	if err := d.err(); err != nil {
		return nil, err
	}
	return m, nil
}

// turns reports whether a character changes the direction of the text around
// it, or hides in it. Names that hold one would lie in diagrams.
func turns(r rune) bool {
	return r == 0x200b || r == 0x200e || r == 0x200f || r == 0x2028 || r == 0x2029 || r == 0xfeff ||
		r >= 0x202a && r <= 0x202e || r >= 0x2060 && r <= 0x2069 || r >= 0xe0000 && r <= 0xe007f
}

// tree parses data as far as the document's body.
func (d *decoder) tree(data []byte) (ast.Node, error) {
	start := &token.Position{Line: 1, Column: 1}
	if len(data) > MaxFile {
		d.errorf(start, "the file is larger than %d bytes", MaxFile)
		return nil, d.err()
	}
	for i, line := range bytes.Split(data, []byte("\n")) {
		if len(line) > maxLine {
			d.errorf(&token.Position{Line: i + 1, Column: 1}, "the line is longer than %d bytes", maxLine)
		} else if at := invalid(line); at >= 0 {
			d.errorf(&token.Position{Line: i + 1, Column: at + 1}, "the byte %#02x is not text in UTF-8", line[at])
		} else if at := bytes.IndexFunc(line, turns); at > 0 || at == 0 && i > 0 { // a file may begin with a byte order mark
			d.errorf(&token.Position{Line: i + 1, Column: at + 1}, "a character that does not show and changes how the rest is read")
		}
	}
	if len(d.errs) > 0 {
		return nil, d.err()
	}
	tokens := lexer.Tokenize(string(data))
	if err := d.refuse(tokens); err != nil {
		return nil, err
	}
	f, err := parse(tokens)
	if err != nil {
		var syntax interface {
			GetMessage() string
			GetToken() *token.Token
		}
		if errors.As(err, &syntax) && syntax.GetToken() != nil {
			d.errorf(syntax.GetToken().Position, "%s", syntax.GetMessage())
		} else {
			d.errorf(start, "%v", err)
		}
		return nil, d.err()
	}
	var bodies []ast.Node
	for _, doc := range f.Docs {
		if doc.Body != nil {
			bodies = append(bodies, doc.Body)
		}
	}
	switch {
	case len(bodies) == 0:
		d.errorf(start, "the file is empty")
	case len(bodies) > 1:
		d.errorf(position(bodies[1]), "the file has more than one document")
	case bodies[0].Type() == ast.NullType:
		d.errorf(start, "the file is empty")
	}
	if len(d.errs) > 0 {
		return nil, d.err()
	}
	return bodies[0], nil
}

// invalid returns the index of the first byte of line that is not part of a
// UTF-8 character, or is a control character other than the tab, or -1.
func invalid(line []byte) int {
	for i := 0; i < len(line); {
		r, n := utf8.DecodeRune(line[i:])
		last := i+n == len(line)
		if r == utf8.RuneError && n == 1 || r < ' ' && r != '\t' && (r != '\r' || !last) || r == 0x7f {
			return i
		}
		i += n
	}
	return -1
}

// refuse rejects what a system file has no use for and a hostile one would
// use: anchors and aliases, tags, directives, and deep nesting.
func (d *decoder) refuse(tokens token.Tokens) error {
	depth, line, entries := 0, 0, 0
	for _, tk := range tokens {
		if tk.Position.Line != line {
			line, entries = tk.Position.Line, 0
		}
		switch tk.Type {
		case token.AnchorType, token.AliasType, token.MergeKeyType:
			d.errorf(tk.Position, "anchors and aliases are not supported: write it out")
		case token.TagType, token.DirectiveType:
			d.errorf(tk.Position, "tags and directives are not supported")
		case token.MappingStartType, token.SequenceStartType:
			depth++
		case token.MappingEndType, token.SequenceEndType:
			depth--
		case token.SequenceEntryType, token.MappingKeyType:
			entries++
		default:
		}
		if depth > maxDepth || entries > maxDepth {
			d.errorf(tk.Position, "nested deeper than %d levels", maxDepth)
			break
		}
	}
	return d.err()
}

// parse builds the tree. The parser is not ours, so a panic in it is an error
// in the file.
func parse(tokens token.Tokens) (f *ast.File, err error) {
	defer func() {
		if recover() != nil {
			f, err = nil, errors.New("the file cannot be parsed as YAML")
		}
	}()
	return parser.Parse(tokens, 0)
}
