package taxonomy

import (
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// The limits of a YAML document. The parser recurses into what is nested, and
// takes the square of the time for twice the siblings. Published releases nest
// 5 deep and have 330 siblings and 100,000 tokens.
const (
	maxTokens   = 400_000
	maxNesting  = 64   // of flow collections, and of block collections that begin on one line
	maxColumn   = 256  // where a line may begin
	maxSiblings = 2000 // lines of one block collection, or commas of one flow collection
	maxEmpty    = 1000 // entries without a value

	maxMarks  = 10_000  // anchors, tags and explicit keys
	maxVisits = 500_000 // nodes looked at, following aliases
)

// A document is a parsed YAML file and what may still be read of it.
type document struct {
	anchors map[string]ast.Node
	visits  int
}

// A node is a place in a document.
type node struct {
	doc *document
	ast ast.Node
}

// parseYAML parses one document. It refuses what would make the parser
// recurse without limit.
func parseYAML(b []byte) (root node, err error) {
	defer func() {
		if p := recover(); p != nil { // a defect of the parser must not end the program
			err = fmt.Errorf("not YAML that can be parsed: %v", p)
		}
	}()
	tokens := lexer.Tokenize(string(b))
	if err := checkShape(tokens); err != nil {
		return node{}, err
	}
	file, err := parser.Parse(tokens, 0)
	if err != nil {
		return node{}, yamlError(err)
	}
	if len(file.Docs) == 0 || file.Docs[0].Body == nil {
		return node{}, errors.New("empty")
	}
	if len(file.Docs) > 1 {
		return node{}, fmt.Errorf("%d YAML documents, want one", len(file.Docs))
	}
	doc := &document{anchors: make(map[string]ast.Node)}
	ast.Walk(doc, file.Docs[0].Body)
	return node{doc, file.Docs[0].Body}, nil
}

// Visit remembers anchors; it makes a document an [ast.Visitor].
func (d *document) Visit(n ast.Node) ast.Visitor {
	if a, ok := n.(*ast.AnchorNode); ok && a.Name != nil {
		d.anchors[a.Name.GetToken().Value] = a.Value
	}
	return d
}

// yamlError shortens an error of the parser, which may quote the source, to
// its place and cause.
func yamlError(err error) error {
	var e interface {
		GetToken() *token.Token
		GetMessage() string
	}
	if errors.As(err, &e) && e.GetToken() != nil && e.GetToken().Position != nil {
		return fmt.Errorf("line %d: %.200s", e.GetToken().Position.Line, e.GetMessage())
	}
	first, _, _ := strings.Cut(err.Error(), "\n")
	return fmt.Errorf("not YAML: %.200s", first)
}

// checkShape refuses what is nested deeper, or has more siblings, than any
// release.
func checkShape(tokens token.Tokens) error {
	flow, commas, marks, empty, line, opened := 0, 0, 0, 0, -1, 0
	var siblings [maxColumn + 1]int
	if len(tokens) > maxTokens {
		return fmt.Errorf("%d YAML tokens, more than %d", len(tokens), maxTokens)
	}
	for _, t := range tokens {
		if t.Position == nil {
			continue
		}
		if t.Position.Line != line {
			line, opened = t.Position.Line, 0
			column := t.Position.Column
			if column < 0 || column > maxColumn {
				return fmt.Errorf("line %d: begins in column %d", line, column)
			}
			clear(siblings[column+1:])
			if siblings[column]++; siblings[column] > maxSiblings {
				return fmt.Errorf("line %d: more than %d siblings", line, maxSiblings)
			}
		}
		switch t.Type {
		case token.SequenceStartType, token.MappingStartType:
			if flow++; flow == 1 {
				commas = 0
			}
		case token.CollectEntryType:
			commas++
		case token.SequenceEndType, token.MappingEndType:
			flow--
		case token.AnchorType, token.TagType, token.MappingKeyType:
			marks++
			opened++
		case token.SequenceEntryType, token.MappingValueType:
			if flow <= 0 {
				opened++
			}
			if isEmpty(t) {
				empty++
			}
		default:
		}
		switch {
		case flow > maxNesting || opened > maxNesting:
			return fmt.Errorf("line %d: nested more than %d deep", line, maxNesting)
		case commas > maxSiblings:
			return fmt.Errorf("line %d: more than %d siblings", line, maxSiblings)
		case empty > maxEmpty:
			return fmt.Errorf("line %d: more than %d entries without a value", line, maxEmpty)
		case marks > maxMarks:
			return fmt.Errorf("line %d: more than %d anchors, tags and explicit keys", line, maxMarks)
		}
	}
	return nil
}

// isEmpty reports whether a dash or a colon has nothing after it that belongs
// to it, or may have.
func isEmpty(t *token.Token) bool {
	next := t.Next
	switch {
	case next == nil || next.Position == nil:
		return true
	case next.Type == token.CollectEntryType, next.Type == token.MappingEndType, next.Type == token.SequenceEndType:
		return true
	case next.Position.Line == t.Position.Line:
		return false
	case t.Type == token.MappingValueType && next.Type == token.SequenceEntryType:
		return false // a sequence may stand below the m of its mapping
	}
	first := t
	for first.Prev != nil && first.Prev.Position != nil && first.Prev.Position.Line == t.Position.Line {
		first = first.Prev
	}
	return next.Position.Column <= first.Position.Column
}

// errorf makes an error that names the line of n.
func (n node) errorf(format string, args ...any) error {
	if n.ast == nil || n.ast.GetToken() == nil || n.ast.GetToken().Position == nil {
		return fmt.Errorf(format, args...)
	}
	return fmt.Errorf("line %d: "+format, append([]any{n.ast.GetToken().Position.Line}, args...)...)
}

// resolve follows anchors, tags and aliases to what they stand for.
func (n node) resolve() (node, error) {
	for {
		if n.doc.visits++; n.doc.visits > maxVisits {
			return n, n.errorf("more than %d nodes, counting those that aliases repeat", maxVisits)
		}
		switch a := n.ast.(type) {
		case *ast.AnchorNode:
			n.ast = a.Value
		case *ast.TagNode:
			n.ast = a.Value
		case *ast.AliasNode:
			to, ok := n.doc.anchors[a.Value.GetToken().Value]
			if !ok {
				return n, n.errorf("alias %.40q of nothing", a.Value.GetToken().Value)
			}
			n.ast = to
		case nil:
			return n, errors.New("nothing where a value should be")
		default:
			return n, nil
		}
	}
}

// fields calls f for every key of a mapping in the order of the file. An
// empty value has none.
func (n node) fields(f func(key string, value node) error) error {
	n, err := n.resolve()
	if err != nil {
		return err
	}
	if n.ast.Type() == ast.NullType {
		return nil
	}
	m, ok := n.ast.(ast.MapNode)
	if !ok {
		return n.errorf("a %s where a mapping should be", n.ast.Type())
	}
	for it := m.MapRange(); it.Next(); {
		key, err := node{n.doc, it.Key()}.text()
		if err != nil {
			return err
		}
		if err := f(key, node{n.doc, it.Value()}); err != nil {
			return err
		}
	}
	return nil
}

// items calls f for every item of a sequence. An empty value has none.
func (n node) items(f func(node) error) error {
	n, err := n.resolve()
	if err != nil {
		return err
	}
	if n.ast.Type() == ast.NullType {
		return nil
	}
	s, ok := n.ast.(*ast.SequenceNode)
	if !ok {
		return n.errorf("a %s where a sequence should be", n.ast.Type())
	}
	for _, item := range s.Values {
		if err := f(node{n.doc, item}); err != nil {
			return err
		}
	}
	return nil
}

// text returns a scalar as it is written: 2026.10 keeps its zero.
func (n node) text() (string, error) {
	n, err := n.resolve()
	if err != nil {
		return "", err
	}
	switch a := n.ast.(type) {
	case *ast.StringNode:
		return a.Value, nil
	case *ast.LiteralNode:
		return a.Value.Value, nil
	case *ast.NullNode:
		return "", nil
	case ast.ScalarNode:
		return a.GetToken().Value, nil
	}
	return "", n.errorf("a %s where text should be", n.ast.Type())
}

// texts returns a sequence of scalars.
func (n node) texts() ([]string, error) {
	var list []string
	err := n.items(func(item node) error {
		s, err := item.text()
		list = append(list, s)
		return err
	})
	return list, err
}
