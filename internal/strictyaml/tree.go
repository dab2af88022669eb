package strictyaml

import (
	"bytes"
	"errors"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// turns reports whether a character changes the direction of the text around
// it, or hides in it. Names that hold one would lie in diagrams.
func turns(r rune) bool {
	return r == 0x200b || r == 0x200e || r == 0x200f || r == 0x2028 || r == 0x2029 || r == 0xfeff ||
		r >= 0x202a && r <= 0x202e || r >= 0x2060 && r <= 0x2069 || r >= 0xe0000 && r <= 0xe007f
}

// tree parses data as far as the document's body, or returns nil.
func (f *File) tree(data []byte) ast.Node {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if len(data) > MaxFile {
		f.errorf(nil, "the file is larger than %d bytes", MaxFile)
		return nil
	}
	for i, line := range bytes.Split(data, []byte("\n")) {
		if len(line) > maxLine {
			f.errorf(&token.Position{Line: i + 1, Column: 1}, "the line is longer than %d bytes", maxLine)
		} else if at := invalid(line); at >= 0 {
			f.errorf(&token.Position{Line: i + 1, Column: at + 1}, "the byte %#02x is not text in UTF-8", line[at])
		} else if at := bytes.IndexFunc(line, turns); at > 0 || at == 0 && i > 0 { // a file may begin with a byte order mark
			f.errorf(&token.Position{Line: i + 1, Column: at + 1}, "a character that does not show and changes how the rest is read")
		}
	}
	if len(f.errs) > 0 {
		return nil
	}
	tokens := lexer.Tokenize(string(data))
	if !f.refuse(tokens) {
		return nil
	}
	parsed, err := parse(tokens)
	if err != nil {
		var syntax interface {
			GetMessage() string
			GetToken() *token.Token
		}
		if errors.As(err, &syntax) && syntax.GetToken() != nil {
			f.errorf(syntax.GetToken().Position, "%s", syntax.GetMessage())
		} else {
			f.errorf(nil, "%v", err)
		}
		return nil
	}
	var bodies []ast.Node
	for _, doc := range parsed.Docs {
		if doc.Body != nil {
			bodies = append(bodies, doc.Body)
		}
	}
	switch {
	case len(bodies) == 0:
		f.errorf(nil, "the file is empty")
	case len(bodies) > 1:
		f.errorf(position(bodies[1]), "the file has more than one document")
	case bodies[0].Type() == ast.NullType:
		f.errorf(nil, "the file is empty")
	}
	if len(f.errs) > 0 {
		return nil
	}
	return bodies[0]
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

// refuse rejects what a file has no use for and a hostile one would
// use: anchors and aliases, tags, directives, and deep nesting.
func (f *File) refuse(tokens token.Tokens) bool {
	depth, line, entries := 0, 0, 0
	for _, tk := range tokens {
		if tk.Position.Line != line {
			line, entries = tk.Position.Line, 0
		}
		switch tk.Type {
		case token.AnchorType, token.AliasType, token.MergeKeyType:
			f.errorf(tk.Position, "anchors and aliases are not supported: write it out")
		case token.TagType, token.DirectiveType:
			f.errorf(tk.Position, "tags and directives are not supported")
		case token.MappingStartType, token.SequenceStartType:
			depth++
		case token.MappingEndType, token.SequenceEndType:
			depth--
		case token.SequenceEntryType, token.MappingKeyType:
			entries++
		default:
		}
		if depth > maxDepth || entries > maxDepth {
			f.errorf(tk.Position, "nested deeper than %d levels", maxDepth)
			break
		}
	}
	return len(f.errs) == 0
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
