package report_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"unicode/utf8"

	"quintain/report"
)

func TestVisible(t *testing.T) {
	for in, want := range map[string]string{
		"plain text, é 漢字 👩‍👧":  "plain text, é 漢字 👩‍👧",
		"two\nlines\tand a tab": "two\nlines\tand a tab",
		"\x1b[31mred\x1b[0m":    `\x1b[31mred\x1b[0m`,
		"\r\x00\x7f\u009b":      `\r\x00\x7f\u009b`,
		"a\u202eb\u2066c":       `a\u202eb\u2066c`,
		"\U000e0041":            `\U000e0041`, // an invisible "A"
		"x\U000e0101":           `x\U000e0101`,
		"zero\u200bwidth\ufeff": `zero\u200bwidth\ufeff`,
		"\u2028":                `\u2028`,
		"bad \xff utf-8":        `bad \xff utf-8`,
	} {
		if got := report.Visible(in); got != want {
			t.Errorf("Visible(%q) = %q, want %q", in, got, want)
		}
	}
	if got, want := report.Line("a\n\tb"), `a\n\tb`; got != want {
		t.Errorf("Line = %q, want %q", got, want)
	}
}

func TestShell(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"quintain", "scan", "models/a-b_c.pt"}, "quintain scan models/a-b_c.pt"},
		{[]string{"a b", ""}, "'a b' ''"},
		{[]string{"it's", "$(id)", "`id`", "a;b"}, `'it'\''s' '$(id)' '` + "`id`" + `' 'a;b'`},
		{[]string{"a\nb'\x1b\\"}, `$'a\nb\'\x1b\\'`},
		{[]string{"~", "*.pt", "#x"}, `'~' '*.pt' '#x'`},
	} {
		if got := report.Shell(c.args); got != c.want {
			t.Errorf("Shell(%q) = %s, want %s", c.args, got, c.want)
		}
	}
}

func TestClip(t *testing.T) {
	for _, c := range []struct {
		in   string
		n    int
		want string
	}{{"short", 5, "short"}, {"longer", 5, "long…"}, {"éééé", 2, "é…"}, {"a b c", 3, "a…"}} {
		if got := report.Clip(c.in, c.n); got != c.want {
			t.Errorf("Clip(%q, %d) = %q, want %q", c.in, c.n, got, c.want)
		}
	}
}

// Nothing is hidden in what WriteJSON writes, and nothing is lost.
func FuzzWriteJSON(f *testing.F) {
	f.Add("\x1b[0m \u202e \U000e0041 \x7f \u2028 \ufeff 👩‍👧")
	f.Fuzz(func(t *testing.T, s string) {
		var b bytes.Buffer
		if err := report.WriteJSON(&b, s); err != nil {
			t.Fatal(err)
		}
		if got := b.String(); report.Visible(got) != got {
			t.Errorf("%q hides something", got)
		}
		var back string
		if err := json.Unmarshal(b.Bytes(), &back); err != nil || (utf8.ValidString(s) && back != s) {
			t.Errorf("%q came back as %q (%v)", s, back, err)
		}
	})
}
