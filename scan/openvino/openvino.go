// Package openvino finds models for OpenVINO that need libraries of their own,
// lie about their weights, or attack the reader of their XML.
package openvino

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"quintain"
	"quintain/scan"
)

//go:embed openvino.md
var doc string

//go:embed ops.txt
var opsText string

// Format reports operations of extensions, names of files and libraries,
// entities, and weights that do not have the size of their shape or do not lie
// in the file of weights.
var Format = &scan.Format{
	Check: quintain.Check{
		Name:       "scan/openvino",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0011.000", "AML.T0018.001", "LLM04:2026", "CWE-829"},
		Accepts:    []quintain.Kind{quintain.KindArtifact},
	},
	Extensions: []string{".xml"},
	Match:      match,
	Inspect:    inspect,
	Twin:       twin,
}

const (
	maxSize  = 64 << 20 // of a description in XML
	maxDepth = 512      // elements inside each other
)

var (
	// operations are those of the sets that OpenVINO comes with.
	operations = sync.OnceValue(func() map[string]bool {
		out := make(map[string]bool)
		for line := range strings.SplitSeq(opsText, "\n") {
			if !strings.HasPrefix(line, "#") {
				out[line] = true
			}
		}
		return out
	})

	opset = regexp.MustCompile(`^opset[1-9]\d?$`)
	net   = regexp.MustCompile(`<net\s`)
)

// match looks for the element that a description begins with, behind what may
// stand before it.
func match(_ string, head []byte) bool {
	s := bytes.TrimSpace(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")))
	return bytes.HasPrefix(s, []byte("<")) && net.Match(s) && (bytes.Contains(s, []byte("<layers")) || bytes.Contains(s, []byte("<!")))
}

// twin is a model with an operation of an extension.
func twin() (name string, data []byte) {
	return "twin.xml", []byte(`<net name="twin" version="11"><layers><layer id="0" name="x" type="Twin" version="extension"/></layers></net>`)
}

// A reader reads the description of a model.
type reader struct {
	f *scan.File
	d *xml.Decoder

	depth, meta int // open elements; those up to the one for people, or 0
	layers      int64
	layer       layer
	end         int64 // of the furthest weights
}

// A layer is the operation that is open.
type layer struct{ name, kind, version string }

func inspect(ctx context.Context, f *scan.File) error {
	if f.Size() > maxSize {
		return scan.Errorf(0, "a description of more than %d bytes", maxSize)
	}
	x := &reader{f: f, d: xml.NewDecoder(io.NewSectionReader(f, 0, f.Size()))}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		at := x.d.InputOffset()
		t, err := x.d.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return scan.Errorf(at, "XML: %w", err)
		}
		if err := x.token(t, at); err != nil {
			return err
		}
	}
	if x.depth != 0 || x.layers == 0 {
		return scan.Errorf(-1, "XML that ends inside an element, or a model without layers")
	}
	f.Account(scan.Parsed, f.Size())
	f.Fact("layers", strconv.FormatInt(x.layers, 10))
	x.weights()
	return nil
}

// token judges one token.
func (x *reader) token(t xml.Token, at int64) error {
	switch t := t.(type) {
	case xml.Directive:
		x.f.Reportf(quintain.High, at, "declares a document type, with whose entities parsers read files, reach the network or run out of memory")
	case xml.ProcInst:
		if t.Target != "xml" {
			x.f.Reportf(quintain.Medium, at, "asks the program that reads it for %q", clip(t.Target))
		}
	case xml.StartElement:
		if x.depth++; x.depth > maxDepth {
			return scan.Errorf(at, "%w: elements inside each other", scan.ErrBudget)
		}
		if x.depth == 1 && t.Name.Local != "net" {
			return scan.Errorf(at, "the document is a %q", clip(t.Name.Local))
		}
		x.element(&t, at)
	case xml.EndElement:
		if x.depth--; x.depth < 0 {
			return scan.Errorf(at, "an element that was not opened ends")
		}
		if x.depth < x.meta {
			x.meta = 0
		}
	}
	return nil
}

// element judges an element.
func (x *reader) element(e *xml.StartElement, at int64) {
	switch name := e.Name.Local; {
	case x.meta > 0:
		return
	case name == "rt_info" || name == "meta_data" || name == "quantization_parameters":
		x.meta = x.depth
		return
	case name == "layer":
		x.layers++
		x.layer = layer{attribute(e, "name"), attribute(e, "type"), attribute(e, "version")}
		x.operation(at)
		return
	case name == "data":
		x.data(e, at)
	}
	for _, a := range e.Attr {
		if !strings.HasPrefix(a.Name.Local, "name") && reaches(a.Value) {
			x.f.Reportf(quintain.High, at, "%s of %q names something outside the model: %q", a.Name.Local, clip(x.layer.name), clip(a.Value))
		}
	}
}

// operation judges the operation of the layer that begins.
func (x *reader) operation(at int64) {
	l := x.layer
	switch {
	case l.version != "" && !opset.MatchString(l.version):
		x.f.Reportf(quintain.Medium, at, "operation %q is one of the extension %q, a library that the program has to load", clip(l.kind), clip(l.version))
	case !operations()[l.kind]:
		x.f.Reportf(quintain.Medium, at, "operation %q is none of OpenVINO, so a library has to bring it", clip(l.kind))
	}
}

// data compares weights with their shape.
func (x *reader) data(e *xml.StartElement, at int64) {
	if x.layer.kind != "Const" {
		return
	}
	size, serr := strconv.ParseInt(attribute(e, "size"), 10, 64)
	off, oerr := strconv.ParseInt(attribute(e, "offset"), 10, 64)
	if serr != nil || oerr != nil || size < 0 || off < 0 || off > 1<<62-size {
		x.f.Reportf(quintain.High, at, "the weights %q lie at %q and have %q bytes", clip(x.layer.name), clip(attribute(e, "offset")), clip(attribute(e, "size")))
		return
	}
	x.end = max(x.end, off+size)
	kind := attribute(e, "element_type")
	bits, known := widths[kind]
	if !known {
		if kind != "string" {
			x.f.Doubtf(at, "the weights %q are of the type %q, which is not known", clip(x.layer.name), clip(kind))
		}
		return
	}
	elements, ok := product(attribute(e, "shape"))
	if want := (elements*bits + 7) / 8; !ok || elements > 1<<50 || want != uint64(size) {
		x.f.Reportf(quintain.High, at, "the weights %q have %d bytes, which their shape %q of %s does not call for", clip(x.layer.name), size, clip(attribute(e, "shape")), kind)
	}
}

// widths are the sizes of the element types in bits.
var widths = map[string]uint64{
	"f64": 64, "f32": 32, "f16": 16, "bf16": 16, "f8e4m3": 8, "f8e5m2": 8, "f8e8m0": 8, "f4e2m1": 4, "i64": 64, "i32": 32, "i16": 16, "i8": 8, "i4": 4,
	"u64": 64, "u32": 32, "u16": 16, "u8": 8, "u6": 6, "u4": 4, "u3": 3, "u2": 2, "u1": 1, "boolean": 8, "nf4": 4,
}

// product returns the number of elements of a shape such as "4, 3".
func product(shape string) (uint64, bool) {
	n := uint64(1)
	if strings.TrimSpace(shape) == "" {
		return n, true
	}
	for d := range strings.SplitSeq(shape, ",") {
		v, err := strconv.ParseUint(strings.TrimSpace(d), 10, 64)
		if err != nil || v > 1<<50 || v > 0 && n > 1<<50/v {
			return 0, false
		}
		n *= v
	}
	return n, true
}

// weights compares where weights lie with the file that they lie in, if it is
// there to see.
func (x *reader) weights() {
	name := strings.TrimSuffix(path.Base(x.f.Name()), path.Ext(x.f.Name())) + ".bin"
	if size, ok := x.f.Beside(name); ok && x.end > size {
		x.f.Reportf(quintain.High, -1, "takes weights up to byte %d of %q, which has %d", x.end, name, size)
	}
	x.f.Fact("weights", strconv.FormatInt(x.end, 10))
}

// library is the ending of the name of a library.
var library = regexp.MustCompile(`(?i)\.(so(\.\d+)*|dll|dylib|exe)$`)

// reaches reports whether a value names a file elsewhere, an address or a
// library.
func reaches(s string) bool {
	return strings.Contains(s, "://") || strings.Contains(s, "../") || strings.Contains(s, `..\`) || strings.HasPrefix(s, "/") && len(s) > 1 || library.MatchString(s)
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

// clip cuts a text for a message.
func clip(s string) string {
	if len(s) > 120 {
		return strings.ToValidUTF8(s[:120], "") + "…"
	}
	return s
}
