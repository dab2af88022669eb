package policy

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"quintain"
)

// MaxFile is the size limit of a policy in bytes.
const MaxFile = 1 << 20

const (
	maxErrors = 20
	maxDepth  = 16 // of brackets, and of entries on one line
	maxLine   = 4 << 10
)

// Load reads the policy called name; see [Parse].
func Load(name string) (*Policy, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // only read
	data, err := io.ReadAll(io.LimitReader(f, MaxFile+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return Parse(name, data)
}

// Parse reads a policy. It is strict: unknown and repeated keys, values of
// another kind, and entries that say too little are errors. Each is one line,
// "file:line:col: what is wrong"; several are joined.
func Parse(name string, data []byte) (*Policy, error) {
	d := &decoder{file: name}
	p := &Policy{File: name}
	if body := d.tree(bytes.TrimPrefix(data, []byte("\ufeff"))); body != nil {
		p.Entries = d.policy(body)
	}
	if len(d.errs) > 0 {
		return nil, d.err()
	}
	return p, nil
}

// A decoder collects what is wrong with a file.
type decoder struct {
	file string
	errs []*positionError
}

// A positionError is something wrong at a place in a file.
type positionError struct {
	file      string
	line, col int
	what      string
}

// Error returns one line, "file:line:col: what is wrong".
func (e *positionError) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", e.file, e.line, e.col, strings.Join(strings.Fields(e.what), " "))
}

func (d *decoder) errorf(at *token.Position, format string, args ...any) {
	if at == nil {
		at = &token.Position{Line: 1, Column: 1}
	}
	if len(d.errs) < maxErrors {
		d.errs = append(d.errs, &positionError{d.file, at.Line, at.Column, fmt.Sprintf(format, args...)})
	}
}

func (d *decoder) err() error {
	slices.SortStableFunc(d.errs, func(a, b *positionError) int { return cmp.Compare(a.line, b.line) })
	var list []error
	for _, e := range d.errs {
		list = append(list, e)
	}
	return errors.Join(list...)
}

// tree parses data as far as the only document, or returns nil.
func (d *decoder) tree(data []byte) ast.Node {
	if len(data) > MaxFile {
		d.errorf(nil, "the file is larger than %d bytes", MaxFile)
		return nil
	}
	for i, line := range bytes.Split(data, []byte("\n")) {
		bad := bytes.ContainsFunc(bytes.TrimSuffix(line, []byte("\r")), func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f })
		if len(line) > maxLine || !utf8.Valid(line) || bad {
			d.errorf(&token.Position{Line: i + 1, Column: 1}, "the line is too long, or not text in UTF-8")
			return nil
		}
	}
	tokens := lexer.Tokenize(string(data))
	if !d.plain(tokens) {
		return nil
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
			d.errorf(nil, "%v", err)
		}
		return nil
	}
	docs := slices.DeleteFunc(slices.Clone(f.Docs), func(x *ast.DocumentNode) bool { return x.Body == nil })
	if len(docs) != 1 {
		d.errorf(nil, "the file has %d documents, want one", len(docs))
		return nil
	}
	return docs[0].Body
}

// plain refuses what a policy has no use for and a hostile one would use.
func (d *decoder) plain(tokens token.Tokens) bool {
	depth, line, entries := 0, 0, 0
	for _, tk := range tokens {
		if tk.Position.Line != line {
			line, entries = tk.Position.Line, 0
		}
		switch tk.Type {
		case token.AnchorType, token.AliasType, token.MergeKeyType, token.TagType, token.DirectiveType:
			d.errorf(tk.Position, "anchors, aliases, tags and directives are not supported: write it out")
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
	return len(d.errs) == 0
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

// position returns where n starts.
func position(n ast.Node) *token.Position {
	switch n := n.(type) {
	case *ast.MappingNode:
		if !n.IsFlowStyle && len(n.Values) > 0 {
			return position(n.Values[0].Key)
		}
	case *ast.MappingValueNode:
		return position(n.Key)
	}
	if tk := n.GetToken(); tk != nil {
		return tk.Position
	}
	return nil
}

// mapping calls yield for each entry of n, which what names in errors. It
// reports whether n is a mapping.
func (d *decoder) mapping(n ast.Node, what string, yield func(key string, at *token.Position, value ast.Node)) bool {
	m, ok := n.(ast.MapNode)
	if !ok {
		d.errorf(position(n), "%s is not keys and values", what)
		return false
	}
	seen := make(map[string]bool)
	for it := m.MapRange(); it.Next(); {
		key, at := it.Key().String(), position(it.Key())
		if seen[key] {
			d.errorf(at, "key %q twice in %s", key, what)
			continue
		}
		seen[key] = true
		yield(key, at, it.Value())
	}
	return true
}

func (d *decoder) policy(body ast.Node) []Entry {
	var out []Entry
	found := false
	d.mapping(body, "the policy", func(key string, at *token.Position, value ast.Node) {
		if key != "accept" {
			d.errorf(at, "unknown key %q in the policy (have accept)", key)
			return
		}
		found = true
		list, ok := value.(*ast.SequenceNode)
		if !ok {
			d.errorf(position(value), "accept is not a list")
			return
		}
		for _, item := range list.Values {
			out = append(out, d.entry(item))
		}
	})
	if !found && len(d.errs) == 0 {
		d.errorf(position(body), "the policy has no list called accept")
	}
	return out
}

func (d *decoder) entry(n ast.Node) Entry {
	var e Entry
	at := position(n)
	if at != nil {
		e.Line, e.Col = at.Line, at.Column
	}
	have := make(map[string]bool)
	whole := d.mapping(n, "the entry", func(key string, at *token.Position, value ast.Node) {
		have[key] = true
		s, ok := text(value)
		if !ok {
			d.errorf(position(value), "%s is not a text", key)
			return
		}
		if err := e.set(key, s); err != nil {
			if key != "digest" && key != "path" && key != "until" {
				d.errorf(at, "%v", err)
				return
			}
			d.errorf(position(value), "%v", err)
		}
	})
	if !whole {
		return e
	}
	for _, key := range []string{"check", "why", "by", "until"} {
		if !have[key] {
			d.errorf(at, "the entry has no %s", key)
		}
	}
	if !have["digest"] && !have["path"] {
		d.errorf(at, "the entry has neither a digest nor a path")
	}
	return e
}

// text returns the value of n if it is a text that is not empty.
func text(n ast.Node) (string, bool) {
	var s string
	switch n := n.(type) {
	case *ast.StringNode:
		s = n.Value
	case *ast.LiteralNode:
		s = n.Value.Value
	}
	s = strings.TrimSpace(s)
	return s, s != ""
}

// set sets one field of the entry.
func (e *Entry) set(key, s string) (err error) {
	switch key {
	case "check":
		e.Check = s
	case "digest":
		e.Digest = quintain.Digest(strings.ToLower(s))
		return e.Digest.Validate()
	case "path":
		e.Path = s
		if _, err := path.Match(s, ""); err != nil {
			return fmt.Errorf("path %q is no pattern", s)
		}
	case "location":
		e.Location = s
	case "why":
		e.Why = s
	case "by":
		e.By = s
	case "until":
		if e.Until, err = time.Parse(time.DateOnly, s); err != nil {
			return fmt.Errorf("until is %q, want a date such as 2027-01-31", s)
		}
	default:
		return fmt.Errorf("unknown key %q in the entry (have by, check, digest, location, path, until, why)", key)
	}
	return nil
}
