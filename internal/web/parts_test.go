package web

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"quintain/lab"
)

func TestDrawing(t *testing.T) {
	for _, tc := range []struct{ in, want string }{
		{`<?xml version="1.0"?><!-- c --><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><text x="1" class="a b">1 &lt; 2</text></svg>`, `<svg viewBox="0 0 1 1"><text x="1" class="a b">1 &lt; 2</text></svg>`},
		{`<svg onload="x" style="y"><g transform="translate(1 2) scale(2)" fill="red"/></svg>`, `<svg><g transform="translate(1 2) scale(2)"></g></svg>`},
		{`<svg><rect clip-path="url(#a)" marker-end="url(http://evil.example)"/></svg>`, `<svg><rect clip-path="url(#a)"></rect></svg>`},
		{`<svg aria-label="5 &gt; 4: &quot;so&quot;"/>`, `<svg aria-label="5 &gt; 4: &#34;so&#34;"></svg>`},
	} {
		if got, err := drawing(tc.in); err != nil || string(got) != tc.want {
			t.Errorf("drawing(%s)\n got %s, %v\nwant %s", tc.in, got, err, tc.want)
		}
	}
	for _, in := range []string{
		"", "text", "<svg>", "<g/>", "<svg><script/></svg>", "<svg><svg/></svg>", "<svg><image/></svg>", "<svg><a/></svg>", "<svg><style>x</style></svg>",
		"<svg><foreignObject/></svg>", "<svg><g></svg>", "<svg>" + strings.Repeat("<g/>", maxTokens) + "</svg>", strings.Repeat(" ", maxDrawing+1),
	} {
		if got, err := drawing(in); err == nil {
			t.Errorf("drawing(%.60s) = %.60s, want an error", in, got)
		}
	}
}

// FuzzDrawing reads what was let through again: it is XML of allowed elements
// with allowed attributes, and the same when it is let through once more.
func FuzzDrawing(f *testing.F) {
	f.Add(`<svg viewBox="0 0 1 1"><g class="a"><text onclick="x">&amp;</text></g></svg>`)
	f.Add("<svg><path d=\"M0 0\"/>\x00</svg>")
	f.Fuzz(func(t *testing.T, src string) {
		out, err := drawing(src)
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
				t.Fatalf("%q became %q, which is no XML: %v", src, out, err)
			}
			e, ok := tok.(xml.StartElement)
			if ok && !slices.Contains(shapes, e.Name.Local) {
				t.Errorf("%q let through an element %q", src, e.Name.Local)
			}
			for _, a := range e.Attr {
				if !plainAttr.MatchString(a.Name.Local) || a.Name.Space != "" {
					t.Errorf("%q let through an attribute %q", src, a.Name.Local)
				}
			}
		}
		if again, err := drawing(string(out)); err != nil || again != out {
			t.Errorf("%q became %q, and that %q, %v", src, out, again, err)
		}
	})
}

func TestWords(t *testing.T) {
	for in, want := range map[string][]string{
		"":                      nil,
		"  a  b\tc\n":           {"a", "b", "c"},
		`ask 'two words' x`:     {"ask", "two words", "x"},
		`"a 'b'" c"d e"f`:       {"a 'b'", "cd ef"},
		`''`:                    {""},
		`"not closed`:           {"not closed"},
		"ä ö":                   {"ä", "ö"},
		`to=x@y.example "a\nb"`: {"to=x@y.example", `a\nb`},
	} {
		if got := words(in); !slices.Equal(got, want) {
			t.Errorf("words(%q) = %q, want %q", in, got, want)
		}
	}
}

// FuzzWords splits a line: nothing is made up, and without quotes it is what
// strings.Fields makes of blanks.
func FuzzWords(f *testing.F) {
	f.Add(`a "b c" d`)
	f.Fuzz(func(t *testing.T, line string) {
		got := words(line)
		if n := len(strings.Join(got, "")); n > len(line)*3 {
			t.Errorf("words(%q) = %q, which is more than there was", line, got)
		}
		if !strings.ContainsAny(line, `"'`) {
			want := strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(" \t\n\r", r) })
			if strings.Join(got, " ") != strings.ToValidUTF8(strings.Join(want, " "), "\ufffd") && strings.ToValidUTF8(line, "") == line {
				t.Errorf("words(%q) = %q, want %q", line, got, want)
			}
		}
	})
}

// TestGauge holds drawings to their numbers.
func TestGauge(t *testing.T) {
	for _, tc := range []struct {
		name             string
		op               lab.Op
		limit            float64
		r                lab.Reading
		min, max, wanted string
		at, limitAt      float64
	}{
		{"in the middle", lab.AtLeast, .5, lab.Reading{Value: .25}, "0", "1", "at least 0.5", 74, 140},
		{"near one", lab.AtLeast, .95, lab.Reading{Value: .97, Low: .96, High: .98, Trials: 100}, "0.8", "1", "at least 0.95", 232.4, 206},
		{"near zero", lab.AtMost, .03, lab.Reading{Value: .015, Low: .01, High: .02, Trials: 100}, "0", "0.1", "at most 0.03", 47.6, 87.2},
		{"a count", lab.AtLeast, 5, lab.Reading{Value: 3}, "0", "10", "at least 5", 87.2, 140},
		{"below zero", lab.AtLeast, -1, lab.Reading{Value: -2}, "-2", "0", "at least -1", 8, 140},
		{"nothing", lab.AtMost, 0, lab.Reading{}, "0", "1", "at most 0", 8, 8},
	} {
		g := gaugeOf(lab.Result{What: "it", Op: tc.op, Limit: tc.limit, Reading: tc.r})
		if g.Min != tc.min || g.Max != tc.max || g.At != tc.at || g.Limit != tc.limitAt || g.Wanted() != tc.wanted {
			t.Errorf("%s: from %s to %s, value at %v, limit at %v, %s; want %s, %s, %v, %v, %s",
				tc.name, g.Min, g.Max, g.At, g.Limit, g.Wanted(), tc.min, tc.max, tc.at, tc.limitAt, tc.wanted)
		}
		if tc.r.Trials > 0 && (g.Low > g.At || g.Low+g.Span < g.At) {
			t.Errorf("%s: the value at %v is outside its band of %v from %v", tc.name, g.At, g.Span, g.Low)
		}
	}
}

// TestProse holds texts to what a page can bear.
func TestProse(t *testing.T) {
	var c proseCache
	got := string(c.render("# One\n\n<img src=x onerror=y>\n\n[a](javascript:x) [b](https://b.example) ![c](https://c.example/c.png)\n\n|n|\n|-:|\n|1|\n"))
	for _, want := range []string{"<h2>One</h2>", `<a href="https://b.example" rel="noreferrer noopener">b</a>`, " c</p>", `<td align="right">1</td>`} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
	for _, bad := range []string{"<img", "javascript:", "style=", "<h1"} {
		if strings.Contains(got, bad) {
			t.Errorf("%s in %s", bad, got)
		}
	}
}

// TestUnbroken: flags stay in one piece, and what is text stays text.
func TestUnbroken(t *testing.T) {
	var c proseCache
	got := string(c.render("a --flag in words\n\n```\nquintain model eval a-b.onnx --data x.csv -o <y>\n```\n"))
	want := `<pre><code>quintain model eval a-b.onnx <span class="flag">--data</span> x.csv <span class="flag">-o</span> &lt;y&gt;`
	if !strings.Contains(got, want) || strings.Contains(got, `a <span`) {
		t.Errorf("got %s, want %s, and words left alone", got, want)
	}
	s, err := fragment("command", `x --y '<script>'`)
	if want := `x <span class="flag">--y</span> &#39;&lt;script&gt;&#39;`; err != nil || !strings.Contains(s, want) {
		t.Errorf("command %s, %v, want %s", s, err, want)
	}
}

// TestPictureClasses: what exercises draw is styled by the page alone, because
// the policy forbids styles of their own. Each word that they use has a rule.
func TestPictureClasses(t *testing.T) {
	css, err := os.ReadFile("static/style.css")
	if err != nil {
		t.Fatal(err)
	}
	for _, class := range []string{"chart", "grid", "tick", "label", "line", "marker", "bar", "series-a", "series-b"} {
		if !regexp.MustCompile(`\.frame \.` + class + `[ ,]`).MatchString(string(css)) {
			t.Errorf("the style has no rule for the class %q of pictures", class)
		}
	}
	for _, closed := range []string{"grid", "line", "marker"} {
		_, rule, _ := strings.Cut(string(css), ".frame ."+closed+" {")
		if rule, _, _ = strings.Cut(rule, "}"); !strings.Contains(rule, "fill: none") {
			t.Errorf("what is drawn with the class %q is filled, and it is an outline", closed)
		}
	}
}
