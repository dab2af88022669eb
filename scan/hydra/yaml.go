package hydra

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/token"

	"quintain"
	"quintain/scan"
)

// maxYAML is the largest configuration in YAML that is looked at. The lexer
// makes 300 times as much of it.
const maxYAML = 512 << 10

// A reading is a configuration in YAML as a list of tokens. Nothing is
// constructed from it, and what refers to what does not matter: a key that
// names code is found wherever it stands.
type reading struct {
	*file
	text   []byte
	lines  []int // where lines begin
	tokens token.Tokens
	seen   map[string]int // how often a word was found in a place that counts
	last   place
}

// A place is a line and column, both from 1, and the offset of that in the
// file.
type place struct{ line, column, off int }

// yaml inspects a configuration in YAML.
func (x *file) yaml(ctx context.Context, text []byte) error {
	switch {
	case len(text) > maxYAML:
		return scan.Errorf(0, "YAML of more than %d bytes", maxYAML)
	case !utf8.Valid(text):
		return scan.Errorf(0, "YAML that is not UTF-8")
	}
	tokens, err := tokenize(text)
	if err != nil {
		return scan.Errorf(0, "YAML: %w", err)
	}
	r := &reading{file: x, text: text, tokens: tokens, lines: []int{0}, seen: make(map[string]int)}
	for i, c := range text {
		if c == '\n' {
			r.lines = append(r.lines, i+1)
		}
	}
	for i := range tokens {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := r.token(i); err != nil {
			return err
		}
	}
	r.missed()
	return nil
}

// tokenize splits YAML into tokens. A panic is a mistake of the lexer.
func tokenize(text []byte) (tokens token.Tokens, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the lexer fails: %v", p)
		}
	}()
	tokens = lexer.Tokenize(string(text))
	if len(tokens) == 0 {
		return nil, errors.New("no tokens")
	}
	return tokens, nil
}

// off returns where in the file a token begins. It goes on from the token
// before, so that a long line is not read once for each of its tokens.
func (r *reading) off(t *token.Token) int64 {
	if t.Position == nil || t.Position.Line < 1 || t.Position.Line > len(r.lines) {
		return -1
	}
	line, column := t.Position.Line, t.Position.Column
	if line != r.last.line || column < r.last.column {
		r.last = place{line, 1, r.lines[line-1]}
	}
	for ; r.last.column < column; r.last.column++ {
		_, n := utf8.DecodeRune(r.text[r.last.off:])
		r.last.off += n
	}
	return int64(r.last.off)
}

// token acts on one token.
func (r *reading) token(i int) error {
	t := r.tokens[i]
	switch t.Type {
	case token.InvalidType:
		return scan.Errorf(r.off(t), "YAML: %s", t.Error)
	case token.CommentType:
		r.count(t.Value)
	case token.TagType:
		r.count(t.Value)
		r.tag(t)
	case token.DirectiveType:
		if i+1 < len(r.tokens) && r.tokens[i+1].Value == "TAG" {
			r.f.Reportf(quintain.High, r.off(t), "gives tags other names with a %%TAG directive, which hides what they make")
		}
	case token.StringType, token.SingleQuoteType, token.DoubleQuoteType:
		if i+1 < len(r.tokens) && r.tokens[i+1].Type == token.MappingValueType {
			r.key(t, r.tokens[i+2:])
		} else {
			r.resolver(r.off(t), t.Value)
		}
	default:
	}
	return nil
}

// key judges a key, which rest follows after the colon.
func (r *reading) key(t *token.Token, rest token.Tokens) {
	r.count(t.Origin)
	if t.Value == "target" && r.pairs {
		switch v := value(rest); {
		case v == nil:
		case v.Type == token.AliasType:
			r.f.Reportf(quintain.High, r.off(v), "%s is an alias, which hides what it calls", t.Value)
		default:
			r.image(r.off(v), strings.TrimSpace(v.Value))
		}
		return
	}
	if !isTarget(t.Value) && t.Value != "trust_remote_code" && t.Value != "auto_map" && t.Value != "custom_pipelines" {
		return
	}
	v := value(rest)
	switch {
	case t.Value == "auto_map", t.Value == "custom_pipelines":
		r.f.Reportf(quintain.Medium, r.off(t), "%s takes classes from code in a repository", t.Value)
	case t.Value == "trust_remote_code":
		if v == nil || !slices.Contains([]string{"false", "False", "FALSE", "no", "off"}, v.Value) {
			r.trust(r.off(t))
		}
	case v == nil || v.Type == token.ImplicitNullType || v.Type == token.NullType || v.Type == token.InvalidType:
	case v.Type == token.StringType, v.Type == token.SingleQuoteType, v.Type == token.DoubleQuoteType:
		r.target(r.off(v), t.Value, strings.TrimSpace(v.Value))
	case v.Type == token.AliasType:
		r.f.Reportf(quintain.High, r.off(v), "%s is an alias, which hides what it calls", t.Value)
	default:
		r.f.Reportf(quintain.Medium, r.off(v), "%s is no text", t.Value)
	}
}

// value returns the token of the value that begins rest, behind what may stand
// before it.
func value(rest token.Tokens) *token.Token {
	for i := 0; i < len(rest); i++ {
		switch rest[i].Type {
		case token.AnchorType:
			i++ // its name
		case token.TagType, token.CommentType, token.LiteralType, token.FoldedType:
		default:
			return rest[i]
		}
	}
	return nil
}

// plainTags are the tags of YAML itself, and those of Python's library for
// plain values.
var plainTags = []string{
	"str", "int", "float", "bool", "null", "map", "seq", "binary", "timestamp", "set", "omap", "pairs", "merge",
	"python/none", "python/bool", "python/bytes", "python/str", "python/unicode", "python/int", "python/long",
	"python/float", "python/complex", "python/list", "python/tuple", "python/dict",
}

// tag judges a tag.
func (r *reading) tag(t *token.Token) {
	name, standard := strings.CutPrefix(t.Value, "!!")
	if !standard {
		name, standard = strings.CutPrefix(strings.TrimSuffix(t.Value, ">"), "!<tag:yaml.org,2002:")
	}
	name = strings.ReplaceAll(name, "%2F", "/")
	switch {
	case t.Value == "!" || standard && slices.Contains(plainTags, name):
	case strings.Contains(name, "python/"):
		r.f.Reportf(quintain.Critical, r.off(t), "would run code: the tag %q makes an object of Python", t.Value)
	case standard:
		r.f.Reportf(quintain.High, r.off(t), "the tag %q makes an object of a class that it names", t.Value)
	default:
		r.f.Reportf(quintain.Medium, r.off(t), "the tag %q makes whatever the loading program has it make", t.Value)
	}
}

// words are what may not go unnoticed.
var words = []string{"_target_", "class_path", "python/", "trust_remote_code", "auto_map"}

// count notes the words in a token that was looked at.
func (r *reading) count(text string) {
	for _, w := range words {
		r.seen[w] += strings.Count(text, w)
	}
}

// missed doubts a file that has more of the words than were looked at: in a
// value, behind an alias, or where the lexer here and that of the loader may
// differ.
func (r *reading) missed() {
	for _, w := range words {
		if n := bytes.Count(r.text, []byte(w)) - r.seen[w]; n > 0 {
			r.f.Doubtf(int64(bytes.Index(r.text, []byte(w))), "%q stands where it is neither a key nor a tag, %d of %d times", w, n, n+r.seen[w])
		}
	}
}
