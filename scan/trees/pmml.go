package trees

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"

	"quintain"
	"quintain/scan"
)

// isPMML reports whether head begins a document in PMML.
func isPMML(head []byte) bool {
	s := bytes.TrimSpace(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")))
	if !bytes.HasPrefix(s, []byte("<")) {
		return false
	}
	return bytes.Contains(s, []byte("<PMML")) || bytes.Contains(s, []byte("dmg.org/PMML")) || bytes.Contains(s, []byte("<!DOCTYPE PMML"))
}

// A pmmlReader is a document under inspection.
type pmmlReader struct {
	f         *scan.File
	d         *xml.Decoder
	depth     int
	extension int // open elements from the extension on, or 0
	defined   map[string]bool
	called    map[string]int64
	elements  int64
	models    []string
}

// pmml inspects a document in PMML.
func pmml(ctx context.Context, f *scan.File, b []byte) error {
	x := &pmmlReader{f: f, d: xml.NewDecoder(bytes.NewReader(b)), defined: make(map[string]bool), called: make(map[string]int64)}
	for ctx.Err() == nil {
		at := x.d.InputOffset()
		t, err := x.d.RawToken()
		if errors.Is(err, io.EOF) {
			return x.ends()
		}
		if err != nil {
			return scan.Errorf(at, "XML: %w", err)
		}
		if err := x.token(t, at); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// token judges one token.
func (x *pmmlReader) token(t xml.Token, at int64) error {
	switch t := t.(type) {
	case xml.Directive:
		what := "declares a document type, from which parsers take entities"
		if bytes.Contains(t, []byte("ENTITY")) || bytes.Contains(t, []byte("SYSTEM")) || bytes.Contains(t, []byte("PUBLIC")) {
			what = "declares entities, with which parsers read files, reach the network or run out of memory"
		}
		x.f.Reportf(quintain.High, at, "%s", what)
	case xml.ProcInst:
		if t.Target != "xml" {
			x.f.Reportf(quintain.Medium, at, "asks the program that reads it for %q", clip(t.Target+" "+string(t.Inst)))
		}
	case xml.StartElement:
		if x.depth++; x.depth > maxDepth*4 {
			return scan.Errorf(at, "%w: elements inside each other", scan.ErrBudget)
		}
		x.elements++
		if x.depth == 1 && t.Name.Local != "PMML" {
			return scan.Errorf(at, "the document is a %q", clip(t.Name.Local))
		}
		x.element(&t, at)
	case xml.EndElement:
		if x.depth--; x.depth < 0 {
			return scan.Errorf(at, "an element that was not opened ends")
		}
		if x.depth < x.extension {
			x.extension = 0
		}
	case xml.CharData:
		if x.extension > 0 && script(string(t)) {
			x.f.Reportf(quintain.Medium, at, "an extension holds a script")
		}
	}
	return nil
}

// attribute returns an attribute of an element.
func attribute(e *xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// element judges an element.
func (x *pmmlReader) element(e *xml.StartElement, at int64) {
	for _, a := range e.Attr {
		space := a.Name.Space == "xmlns" || a.Name.Local == "xmlns" || strings.HasSuffix(a.Name.Local, "chemaLocation")
		if !space && strings.Contains(a.Value, "://") && x.extension == 0 && e.Name.Local != "Application" && e.Name.Local != "Header" && e.Name.Local != "Extension" {
			x.f.Reportf(quintain.Medium, at, "%s of %s names the address %q", a.Name.Local, e.Name.Local, clip(a.Value))
		}
	}
	switch name := e.Name.Local; {
	case name == "Extension":
		if x.extension == 0 {
			x.extension = x.depth
		}
		if v := attribute(e, "value"); script(v) {
			x.f.Reportf(quintain.Medium, at, "an extension holds a script: %q", clip(v))
		}
	case x.extension > 0 && (name == "script" || name == "Script" || name == "code"):
		x.f.Reportf(quintain.Medium, at, "an extension holds a script: element %q", name)
	case x.extension > 0:
	case name == "DefineFunction":
		x.defined[attribute(e, "name")] = true
	case name == "Apply":
		if f := attribute(e, "function"); len(x.called) < maxNodes {
			if _, ok := x.called[f]; !ok {
				x.called[f] = at
			}
		}
	case name == "TableLocator":
		x.f.Reportf(quintain.Medium, at, "takes a table from outside the file")
	case !elements[name]:
		if strings.HasSuffix(name, "Model") || name == "Scorecard" || name == "RuleSetModel" {
			x.models = append(x.models, name)
			return
		}
		x.f.Doubtf(at, "the element %q is not known", clip(name))
	}
}

// script reports whether a text looks like code.
func script(s string) bool {
	for _, mark := range []string{"java.lang.", "Runtime.get", "ProcessBuilder", "<script", "eval(", "exec(", "import os", "__import__", "System.", "ScriptEngine", "#!/"} {
		if strings.Contains(s, mark) {
			return true
		}
	}
	return false
}

// ends judges what was called.
func (x *pmmlReader) ends() error {
	if x.depth != 0 || x.elements == 0 {
		return scan.Errorf(x.d.InputOffset(), "XML: the document ends inside an element")
	}
	for _, name := range sortedByPlace(x.called) {
		at := x.called[name]
		switch {
		case functions[name] || x.defined[name]:
		case strings.Contains(name, "."):
			x.f.Reportf(quintain.High, at, "calls %q, which readers look up as a class of their own", clip(name))
		default:
			x.f.Reportf(quintain.Medium, at, "calls the function %q, which PMML does not have", clip(name))
		}
	}
	x.f.Fact("elements", strconv.FormatInt(x.elements, 10))
	if len(x.models) > 0 {
		x.f.Fact("model", x.models[0])
	}
	return nil
}
