package torch

import (
	"context"
	"fmt"
	"io"
	"path"
	"strings"
	"unicode/utf8"

	"quintain"
	"quintain/scan"
)

// maxScript is the longest text of TorchScript that is looked at.
const maxScript = 16 << 20

// isScript reports whether a member is TorchScript: classes and functions that
// PyTorch compiles itself, in a language that only looks like Python.
func isScript(name string) bool {
	_, inner, ok := strings.Cut(name, "/")
	return ok && strings.HasPrefix(inner, "code/") && path.Ext(name) == ".py"
}

// script reads a member that is TorchScript to its words and reports those
// that have no business there. Nothing in it is executed.
func (a *archive) script(ctx context.Context, e *entry) error {
	if e.size > maxScript {
		a.f.Doubtf(e.data, "not analyzed: member %q is %d bytes of code", e.name, e.size)
		return nil
	}
	r, err := a.open(e)
	if err != nil {
		return scan.Errorf(e.data, "member %q: %w", e.name, err)
	}
	b := make([]byte, e.size)
	if n, err := r.ReadAt(b, 0); n < len(b) {
		if err == nil {
			err = io.ErrUnexpectedEOF
		}
		return scan.Errorf(e.data, "member %q: %w", e.name, err)
	}
	a.f.Account(scan.Parsed, e.packed)
	at := func(off int) int64 { // of a byte of the text, if it is there as it is
		if e.method == methodStore {
			return e.data + int64(off)
		}
		return e.data
	}
	if !utf8.Valid(b) {
		a.f.Doubtf(e.data, "not analyzed: member %q is no text", e.name)
		return nil
	}
	seen := make(map[string]bool)
	for _, w := range words(string(b)) {
		s, text := judge(w)
		if s == quintain.None && text == "" || seen[text] {
			continue
		}
		seen[text] = true
		if s == quintain.None {
			a.f.Doubtf(at(w.off), "the code in %q %s", e.name, text)
		} else {
			a.f.Reportf(s, at(w.off), "the code in %q %s", e.name, text)
		}
	}
	return ctx.Err()
}

// A word is a dotted name in code, outside strings and comments.
type word struct {
	off    int
	text   string
	first  bool // of its line, which is not indented
	member bool // an attribute of something that is no name
	called bool // a parenthesis follows
}

// words returns the dotted names of code.
func words(s string) []word {
	var out []word
	line := true // at the beginning of a line
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c == '\n':
			line = true
			i++
			continue
		case c == '#':
			i += lineEnd(s[i:])
		case c == '"' || c == '\'':
			i += stringEnd(s[i:])
		case c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
			n := nameEnd(s[i:])
			rest := strings.TrimLeft(s[i+n:], " ")
			out = append(out, word{
				off: i, text: s[i : i+n], first: line, member: i > 0 && s[i-1] == '.',
				called: strings.HasPrefix(rest, "("),
			})
			i += n
		case c >= '0' && c <= '9':
			i += max(1, nameEnd(s[i:])) // a letter in a number is no name
		default:
			i++
		}
		line = false
	}
	return out
}

func lineEnd(s string) int {
	if i := strings.IndexByte(s, '\n'); i >= 0 {
		return i
	}
	return len(s)
}

// nameEnd returns the length of the dotted name that s begins with.
func nameEnd(s string) int {
	i := strings.IndexFunc(s, func(r rune) bool {
		return r < utf8.RuneSelf && r != '_' && r != '.' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
	if i < 0 {
		return len(s)
	}
	return i
}

// stringEnd returns the length of the string literal that s begins with.
func stringEnd(s string) int {
	quote := s[:1]
	if triple := strings.Repeat(quote, 3); strings.HasPrefix(s, triple) {
		quote = triple
	}
	for i := len(quote); i < len(s); i++ {
		switch {
		case s[i] == '\\':
			i++
		case strings.HasPrefix(s[i:], quote):
			return i + len(quote)
		}
	}
	return len(s)
}

// judge says what is wrong with a word, if anything. Without a severity it
// cannot be decided.
func judge(w word) (quintain.Severity, string) {
	name := strings.TrimPrefix(w.text, "torch.")
	name = strings.TrimPrefix(name, "ops.aten.")
	op, isOp := strings.CutPrefix(w.text, "ops.")
	switch space, _, _ := strings.Cut(op, "."); {
	case w.member:
	case python[w.text] && (w.called || w.text == "import"):
		return quintain.High, fmt.Sprintf("uses %s: it is Python, not TorchScript", w.text)
	case files[name] && (name != w.text) && w.called:
		return quintain.High, fmt.Sprintf("reads or writes files: calls %s", w.text)
	case isOp && !spaces[space]:
		return quintain.Medium, fmt.Sprintf("calls operator %q, which is not PyTorch's own", w.text)
	case w.first && w.text != "class" && w.text != "def" && w.text != "op_version_set":
		return quintain.None, fmt.Sprintf("begins a line with %q, which is not TorchScript", w.text)
	}
	return quintain.None, ""
}

// python are words of Python that TorchScript does not have.
var python = map[string]bool{
	"import": true, "exec": true, "eval": true, "compile": true, "__import__": true, "open": true, "globals": true, "vars": true, "setattr": true,
}

// files are operators of PyTorch that read or write files.
var files = map[string]bool{"from_file": true, "save": true, "load": true, "classes.load_library": true, "ops.load_library": true}

// spaces are the namespaces of PyTorch's own operators.
var spaces = map[string]bool{
	"prim": true, "aten": true, "quantized": true, "prepacked": true, "mkldnn": true, "mkldnn_prepacked": true, "xnnpack": true, "sparse": true,
	"image": true, "torchvision": true, "torchaudio": true, "_caffe2": true, "profiler": true, "inductor": true, "static_runtime": true, "fb": true,
}
