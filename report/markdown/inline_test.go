package markdown

import "testing"

func TestInline(t *testing.T) {
	for in, want := range map[string]string{
		"a plain sentence (really), 0.5 - 0.7": "a plain sentence (really), 0.5 - 0.7",
		"- item":                               `\- item`,
		"12. item":                             `12\. item`,
		"# heading #1":                         `\#<!-- --> heading \#<!-- -->1`,
		"--- rule":                             `\--- rule`,
		"> quote":                              `\> quote`,
		"<b>&lt;":                              `&lt;b\>&amp;lt;`,
		"![x](http://e.example)":               `!\[x\](http:<!-- -->//e.example)`,
		"@team www.e.example":                  `@<!-- -->team www<!-- -->.e.example`,
		"a|b`c`*d*_e_~f~":                      "a\\|b\\`c\\`\\*d\\*\\_e\\_\\~f\\~",
		"two\nlines":                           `two\\nlines`,
	} {
		if got := inline(in); got != want {
			t.Errorf("inline(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestCode(t *testing.T) {
	if got, want := code("<a|`b`>@c"), "<code>&lt;a&#124;&#96;b&#96;&gt;@<!-- -->c</code>"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
