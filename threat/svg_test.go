package threat_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"quintain/threat"
)

type rect struct {
	class, of  string
	x, y, w, h float64
}

func (r rect) overlaps(s rect) bool {
	const slack = 0.2 // coordinates are rounded
	return r.x+r.w > s.x+slack && s.x+s.w > r.x+slack && r.y+r.h > s.y+slack && s.y+s.h > r.y+slack
}

// read parses a drawing, refuses what could do something or point elsewhere,
// and returns its rectangles; those of elements know their id.
func read(t testing.TB, svg []byte) []rect {
	t.Helper()
	elements := []string{"svg", "title", "desc", "style", "defs", "marker", "g", "rect", "path", "text", "tspan"}
	var out []rect
	id := ""
	dec := xml.NewDecoder(bytes.NewReader(svg))
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatalf("the drawing is no XML: %v", err)
		}
		e, ok := tok.(xml.StartElement)
		if !ok {
			continue
		}
		if !slices.Contains(elements, e.Name.Local) {
			t.Errorf("element %s in a drawing", e.Name.Local)
		}
		r := rect{}
		for _, a := range e.Attr {
			name := a.Name.Local
			if strings.HasPrefix(name, "on") || name == "style" || name == "href" || strings.Contains(a.Value, "//") && name != "xmlns" && name != "data-id" {
				t.Errorf("attribute %s=%q in a drawing", name, a.Value)
			}
			x, _ := strconv.ParseFloat(a.Value, 64)
			switch name {
			case "class":
				r.class = a.Value
			case "data-id":
				id = a.Value
			case "x":
				r.x = x
			case "y":
				r.y = x
			case "width":
				r.w = x
			case "height":
				r.h = x
			}
		}
		switch e.Name.Local {
		case "svg":
			r.class = "all"
			out = append(out, r)
		case "rect":
			r.of = id
			out = append(out, r)
		}
	}
}

// Nothing covers anything: boxes and labels keep clear of one another and
// within the drawing.
func TestSVGNothingOverlaps(t *testing.T) {
	models := []*threat.Model{}
	clinic, err := threat.Load("testdata/clinic.yaml")
	if err != nil {
		t.Fatal(err)
	}
	models = append(models, clinic)
	for _, text := range cases(t) {
		models = append(models, parse(t, text))
	}
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 4))
		m := randomModel(r, 3+r.IntN(25), r.IntN(40))
		for i := range m.Flows {
			m.Flows[i].Label = strings.Repeat("some words ", r.IntN(4))
		}
		models = append(models, m)
	}
	labels := 0
	for n, m := range models {
		rects := read(t, m.SVG(threat.SVGOptions{}))
		var solid []rect
		for _, r := range rects {
			if r.class == "qd-box" || r.class == "qd-chip" {
				solid = append(solid, r)
			}
			if all := rects[0]; r.x < 0 || r.y < 0 || r.x+r.w > all.w || r.y+r.h > all.h {
				t.Errorf("drawing %d: %+v is outside of %v × %v", n, r, all.w, all.h)
			}
		}
		boxes := 0
		for i, a := range solid {
			if a.class == "qd-box" {
				boxes++
			} else {
				labels++
			}
			for _, b := range solid[:i] {
				if a.overlaps(b) {
					t.Errorf("drawing %d: %+v covers %+v", n, a, b)
				}
			}
		}
		if boxes != len(m.Elements) {
			t.Errorf("drawing %d: %d boxes of %d elements", n, boxes, len(m.Elements))
		}
	}
	if labels < 200 {
		t.Errorf("%d labels drawn, too few to say anything", labels)
	}
}

// Data flows to the right: the source of a system without circles stands left
// of what it leads to.
func TestSVGLeftToRight(t *testing.T) {
	m := parse(t, "name: x\nelements:\n  - {id: c, kind: store}\n  - {id: a, kind: store}\n  - {id: d, kind: store}\n  - {id: b, kind: store}\n"+
		"flows:\n  - {from: a, to: b}\n  - {from: b, to: c}\n  - {from: a, to: c}\n  - {from: c, to: d}\n")
	x := make(map[string]float64)
	for _, r := range read(t, m.SVG(threat.SVGOptions{})) {
		if r.class == "qd-box" {
			x[r.of] = r.x
		}
	}
	if !(x["a"] < x["b"] && x["b"] < x["c"] && x["c"] < x["d"]) {
		t.Errorf("a, b, c, d stand at %v, want them from left to right", x)
	}
}

func TestSVGDependsOnNothingElse(t *testing.T) {
	m, err := threat.Load("testdata/clinic.yaml")
	if err != nil {
		t.Fatal(err)
	}
	first := m.SVG(threat.SVGOptions{})
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 5))
		mixed := copyOf(m)
		shuffle(r, mixed.Elements)
		shuffle(r, mixed.Flows)
		if !bytes.Equal(mixed.SVG(threat.SVGOptions{}), first) || mixed.Mermaid() != m.Mermaid() {
			t.Fatalf("seed %d: another order, another drawing", seed)
		}
	}
	for _, want := range []string{`role="img"`, `<title id="qd-title">Linden Road Clinic</title>`, "<desc ", `viewBox="0 0 `, "prefers-color-scheme: dark", "qd-untrusted"} {
		if !bytes.Contains(first, []byte(want)) {
			t.Errorf("the drawing lacks %s", want)
		}
	}
}

func TestSVGClass(t *testing.T) {
	m := parse(t, "name: x\nelements:\n  - {id: a, kind: tool}\n  - {id: b, kind: tool}\n")
	svg := string(m.SVG(threat.SVGOptions{Title: "A & B", Class: func(id string) string {
		if id == "a" {
			return "el-failed"
		}
		return ""
	}}))
	for _, want := range []string{`<g class="qd-el qd-kind-tool el-failed" data-id="a">`, `<g class="qd-el qd-kind-tool" data-id="b">`, "✕", "A &amp; B"} {
		if !strings.Contains(svg, want) {
			t.Errorf("the drawing lacks %s", want)
		}
	}
}

// What a file says is text, however it is worded.
func TestDrawingsEscape(t *testing.T) {
	hostile := "\"><script>alert('1')</script>]]>&amp;\u202e\x01"
	m := &threat.Model{
		Name: hostile,
		Elements: []threat.Element{
			{ID: `"><x`, Kind: "tool", Name: hostile, Description: hostile, Trust: threat.Internal, Format: hostile},
			{ID: "b", Kind: threat.Kind(hostile), Name: strings.Repeat("long name ", 30), Trust: threat.Untrusted},
		},
		Flows: []threat.Flow{{From: "b", To: `"><x`, Label: hostile}},
	}
	svg := m.SVG(threat.SVGOptions{Class: func(string) string { return hostile }})
	read(t, svg)
	if bytes.Contains(svg, []byte("<script")) || bytes.Contains(svg, []byte("\x01")) {
		t.Error("the drawing holds what the file said as it was")
	}
	if !bytes.Contains(svg, []byte("…")) {
		t.Error("a long name was not shortened")
	}
	for i, line := range strings.Split(m.Mermaid(), "\n") {
		if strings.Count(line, `"`)%2 != 0 || strings.Contains(line, "<script") || strings.Contains(line, "]]>") {
			t.Errorf("line %d of the flowchart: %s", i+1, line)
		}
	}
}

func TestMermaid(t *testing.T) {
	m := parse(t, "name: x\nelements:\n  - {id: web, name: The \"web\", kind: external}\n  - {id: bot, kind: agent}\n  - {id: lid, kind: guard}\n"+
		"flows:\n  - {from: web, to: bot, label: pages, through: [lid], returns: true}\n")
	want := `flowchart LR
  n0["bot<br/>agent"]
  n1[/"lid<br/>guard"/]
  n2(["The #34;web#34;<br/>external"])
  n2 <-->|"pages"| n1
  n1 <--> n0
  classDef untrusted stroke:#b45309,stroke-dasharray:5 4
  class n2 untrusted
`
	if got := m.Mermaid(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// The largest system there may be is derived and drawn.
func TestLargest(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 6))
	m := randomModel(r, threat.MaxElements, threat.MaxFlows)
	if svg := m.SVG(threat.SVGOptions{}); len(svg) < 100_000 {
		t.Errorf("a drawing of %d bytes", len(svg))
	}
	chain := &threat.Model{Name: "chain"}
	for i := range threat.MaxElements {
		chain.Elements = append(chain.Elements, threat.Element{ID: fmt.Sprint("e", i), Kind: threat.KindAgent, Trust: threat.Internal})
		for j := max(0, i-4); j < i; j++ {
			chain.Flows = append(chain.Flows, threat.Flow{From: fmt.Sprint("e", j), To: fmt.Sprint("e", i)})
		}
	}
	read(t, chain.SVG(threat.SVGOptions{}))
}

func BenchmarkClinic(b *testing.B) {
	data, err := os.ReadFile("testdata/clinic.yaml")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		m, err := threat.Parse("clinic.yaml", data)
		if err != nil {
			b.Fatal(err)
		}
		m.SVG(threat.SVGOptions{})
	}
}
