package html

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"quintain"
	"quintain/report"
)

func TestDiagram(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"ours":        {`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><rect class="qd-box el-failed" x="1"/></svg>`, `<svg viewBox="0 0 9 9"><rect class="qd-box el-failed" x="1"></rect></svg>`},
		"text":        {`<svg><text>a &lt;b&gt; "c"</text></svg>`, `<svg><text>a &lt;b&gt; &#34;c&#34;</text></svg>`},
		"cdata":       {`<svg><text><![CDATA[<script>]]></text></svg>`, `<svg><text>&lt;script&gt;</text></svg>`},
		"own style":   {`<svg><style>rect{fill:red}</style><g></g></svg>`, `<svg><g></g></svg>`},
		"comment":     {`<?xml version="1.0"?><!-- x --><svg></svg>`, `<svg></svg>`},
		"marker":      {`<svg><defs><marker id="a" orient="auto"><path d="M0 0L9 9z"/></marker></defs><path d="M1,2" marker-end="url(#a)"/></svg>`, `<svg><defs><marker id="a" orient="auto"><path d="M0 0L9 9z"></path></marker></defs><path d="M1,2" marker-end="url(#a)"></path></svg>`},
		"script":      {`<svg><script>x</script></svg>`, ""},
		"handler":     {`<svg onload="x"></svg>`, ""},
		"style":       {`<svg style="x"></svg>`, ""},
		"link":        {`<svg><a href="javascript:x"><text>x</text></a></svg>`, ""},
		"use":         {`<svg><use href="#x"/></svg>`, ""},
		"xlink":       {`<svg><g xlink:href="x"/></svg>`, ""},
		"foreign":     {`<svg><foreignObject><p>x</p></foreignObject></svg>`, ""},
		"animation":   {`<svg><animate attributeName="href"/></svg>`, ""},
		"remote":      {`<svg><path marker-end="url(http://evil.example/#a)"/></svg>`, ""},
		"remote fill": {`<svg><path fill="url(//evil.example)"/></svg>`, ""},
		"prefix":      {`<svg><h:script xmlns:h="http://www.w3.org/1999/xhtml">x</h:script></svg>`, ""},
		"two roots":   {`<svg></svg><svg></svg>`, ""},
		"no svg":      {`<g></g>`, ""},
		"half":        {`<svg><g>`, ""},
		"overlap":     {`<svg><g></svg></g>`, ""},
		"style trick": {`<svg><style><script>x</script></style></svg>`, ""},
		"entity":      {`<!DOCTYPE svg [<!ENTITY x "y">]><svg><text>&x;</text></svg>`, ""},
		"empty":       {``, ""},
		"deep":        {"<svg>" + strings.Repeat("<g>", 40) + strings.Repeat("</g>", 40) + "</svg>", ""},
		"large":       {"<svg><text>" + strings.Repeat("x", maxDiagram) + "</text></svg>", ""},
	} {
		got, err := diagram(c.in)
		if string(got) != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s: got %q (%v), want %q", name, got, err, c.want)
		}
	}
}

// Whatever comes in, what comes out is well formed, allowed, and comes out of
// a second pass as it is.
func FuzzDiagram(f *testing.F) {
	f.Add(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><title>x</title><g class="el-open"><rect x="1"/></g></svg>`)
	f.Add(`<svg><style>a</style><text>&lt;</text></svg>`)
	f.Fuzz(func(t *testing.T, src string) {
		out, err := diagram(src)
		if err != nil {
			return
		}
		dec := xml.NewDecoder(strings.NewReader(string(out)))
		for {
			tok, err := dec.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%q gives %q: %v", src, out, err)
			}
			if e, ok := tok.(xml.StartElement); ok && !slices.Contains(elements, e.Name.Local) {
				t.Fatalf("%q lets %q through", src, e.Name.Local)
			}
		}
		if again, err := diagram(string(out)); err != nil || again != out {
			t.Errorf("%q changes in a second pass to %q (%v)", out, again, err)
		}
	})
}

func TestChart(t *testing.T) {
	for _, c := range []struct {
		m             quintain.Measure
		min, max      string
		low, span, at float64
	}{
		{quintain.Measure{Value: 0.5, Low: 0.25, High: 0.75}, "0", "1", 74, 132, 140},
		{quintain.Measure{Value: 0, Low: 0, High: 0}, "0", "1", 8, 2, 8}, // a band that shows
		{quintain.Measure{Value: 15, Low: 10, High: 20, Unit: "ms"}, "0", "20", 140, 132, 206},
		{quintain.Measure{Value: 0, Low: -1, High: 1, Unit: "nats"}, "-1", "1", 8, 264, 140},
		{quintain.Measure{Value: 0, Low: 0, High: 0, Unit: "ms"}, "0", "1", 8, 2, 8},
		{quintain.Measure{Value: 1.5, Low: 1.2, High: 1.7}, "0", "2", 166.4, 66, 206},
		{quintain.Measure{Value: 1, Low: 1, High: math.Inf(1), Unit: "x"}, "0", "+Inf", 8, 2, 8},
	} {
		got := chartOf(&c.m)
		if got.Min != c.min || got.Max != c.max || got.Low != c.low || got.Span != c.span || got.At != c.at {
			t.Errorf("%+v: got scale %s to %s, band %v+%v, value %v; want %+v", c.m, got.Min, got.Max, got.Low, got.Span, got.At, c)
		}
	}
	if chartOf(nil) != nil {
		t.Error("no measure has a chart")
	}
}

func TestConversation(t *testing.T) {
	got := transcriptOf(report.Blob{MediaType: "application/x-ndjson", Data: `{"seq":1,"kind":"tool.call","actor":"bot","name":"send","args":{"to":"x"}}` + "\n" + `{"seq":2,"kind":"canary","actor":"ledger","name":"k"}` + "\n"})
	want := &transcript{Label: "conversation, 2 events", Events: []event{
		{Seq: 1, Kind: "tool.call", Verb: "calls", Actor: "bot", Name: "send", Args: "{\n  \"to\": \"x\"\n}", Tone: "call"},
		{Seq: 2, Kind: "canary", Verb: "canary crossed:", Actor: "ledger", Name: "k", Tone: "alarm"},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, data := range []string{"", "plain text", `{"seq":1}`, `{"kind":"note"} trailing`, `[1]`} {
		if got := transcriptOf(report.Blob{MediaType: "text/plain", Data: data}); got.Events != nil || got.Text != data {
			t.Errorf("%q is taken for a conversation", data)
		}
	}
}

func TestTranscriptIsBounded(t *testing.T) {
	line := `{"kind":"note","text":"` + strings.Repeat("é", maxEvent) + `"}` + "\n"
	got := transcriptOf(report.Blob{Data: strings.Repeat(line, maxEvents+5)})
	if len(got.Events) != maxEvents || got.Cut != "5 more events are in the JSON of this run" || len(got.Events[0].Text) > maxEvent+100 {
		t.Errorf("%d events of %d bytes, %q", len(got.Events), len(got.Events[0].Text), got.Cut)
	}
	got = transcriptOf(report.Blob{Data: strings.Repeat("é", maxBlob)})
	if len(got.Text) != maxBlob || got.Cut != "65536 more bytes are in the JSON of this run" {
		t.Errorf("%d bytes, %q", len(got.Text), got.Cut)
	}
}

func TestBlocks(t *testing.T) {
	got := blocks("title\n\nOne `a*b` and **two**\nlines. 2*3*4, `open\n\n## Head\n- first\n  goes on\n* second\n\n```\n<b> **raw**\n```\nend\n")
	want := []block{
		{Kind: "text", Spans: []span{{"", "One "}, {"code", "a*b"}, {"", " and "}, {"strong", "two"}, {"", " lines. 2*"}, {"", "3*"}, {"", "4, `"}, {"", "open"}}},
		{Kind: "heading", Spans: []span{{"", "Head"}}},
		{Kind: "list", Items: [][]span{{{"", "first"}, {"", " goes on"}}, {{"", "second"}}}},
		{Kind: "code", Text: "<b> **raw**"},
		{Kind: "text", Spans: []span{{"", "end"}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// No text is lost or made up, however broken the Markdown is.
func FuzzSpans(f *testing.F) {
	f.Add("a `b` **c** *d* ``` ** `")
	f.Fuzz(func(t *testing.T, s string) {
		var b strings.Builder
		for _, sp := range spans(s) {
			mark := map[string]string{"code": "`", "strong": "**"}[sp.Kind]
			b.WriteString(mark + sp.Text + mark)
		}
		got := b.String()
		if strings.ReplaceAll(strings.ReplaceAll(got, "`", ""), "*", "") != strings.ReplaceAll(strings.ReplaceAll(s, "`", ""), "*", "") {
			t.Errorf("%q became %q", s, got)
		}
		blocks("title\n" + s)
	})
}

func TestAnchorsAreUnique(t *testing.T) {
	b := newBuilder(&report.Document{})
	got := []string{b.id("t-", "a", 1), b.id("t-", "a", 2), b.id("t-", "a b\"<", 3), b.id("t-", "", 3)}
	if want := []string{"t-a", "t-a-", "t-3", "t-3-"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
