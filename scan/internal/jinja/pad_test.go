package jinja

import "testing"

// TestPad has answers of Python.
func TestPad(t *testing.T) {
	in := &interp{}
	for _, c := range []struct {
		s, name string
		args    []value
		want    string
	}{
		{"ab", "ljust", []value{integer(4)}, "ab  "},
		{"ab", "rjust", []value{integer(4), text("_")}, "__ab"},
		{"ab", "center", []value{integer(5)}, "  ab "},
		{"abc", "center", []value{integer(6)}, " abc  "},
		{"é", "center", []value{integer(3), text("ö")}, "öéö"},
		{"-7", "zfill", []value{integer(5)}, "-0007"},
		{"+", "zfill", []value{integer(3)}, "+00"},
		{"", "zfill", []value{integer(2)}, "00"},
		{"abc", "zfill", []value{integer(-1)}, "abc"},
		{"abc", "rjust", []value{integer(3)}, "abc"},
	} {
		got, ok := in.pad(c.s, c.name, &args{pos: c.args})
		if !ok || got.kind != isText || got.str != c.want {
			t.Errorf("%q.%s%v = %q, %v, want %q", c.s, c.name, c.args, got.str, ok, c.want)
		}
	}
	for name, a := range map[string]*args{
		"no width":    {},
		"unknown":     {pos: []value{unknown(aNumber)}},
		"huge":        {pos: []value{integer(maxText + 1)}},
		"two letters": {pos: []value{integer(9), text("ab")}},
		"fill":        {pos: []value{integer(9), unknown(aText)}},
		"spread":      {pos: []value{integer(9)}, spread: true},
	} {
		if got, ok := in.pad("x", "rjust", a); ok {
			t.Errorf("%s: pad = %q, want nothing", name, got.str)
		}
	}
}

// TestTranslate has answers of Python, and tables that cannot be known.
func TestTranslate(t *testing.T) {
	in := &interp{}
	known := dict([]value{integer('a'), text("xy"), integer('b'), {kind: isNone}, integer('c'), integer('z'), text("d"), text("no")})
	if got, ok := in.translate("abcd", known); !ok || got.str != "xyzd" {
		t.Errorf("translate = %q, %v, want %q", got.str, ok, "xyzd")
	}
	for name, table := range map[string]value{
		"no table":     unknown(fromData),
		"unknown key":  dict([]value{unknown(aNumber), text("x")}),
		"unknown text": dict([]value{integer('a'), unknown(aText)}),
		"huge key":     dict([]value{integer(1 << 40), text("x")}),
	} {
		if got, ok := in.translate("abcd", table); ok {
			t.Errorf("%s: translate = %q, want nothing", name, got.str)
		}
	}
	for name, pos := range map[string][]value{
		"lengths": {text("ab"), text("c")},
		"unknown": {text("ab"), unknown(aText)},
		"one":     {text("ab")},
	} {
		if _, ok := in.table(&args{pos: pos}); ok {
			t.Errorf("%s: a table is made, want none", name)
		}
	}
}
