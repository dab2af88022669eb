package strictjson

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	v, twice, err := Parse([]byte(` {"a": [1, -2.5e+3, true, null], "b\u0063": "x\ud83d\ude00\n", "a": NaN}`))
	if err != nil {
		t.Fatal(err)
	}
	if len(twice) != 1 || twice[0].Name != "a" || twice[0].Off != 63 {
		t.Errorf("twice = %+v, want a at 63", twice)
	}
	if got := v.Get("a"); got.Kind != Number || got.Text != "NaN" {
		t.Errorf("a = %+v, want the last one", got)
	}
	if got, ok := v.Get("bc").Str(); !ok || got != "x😀\n" {
		t.Errorf("bc = %q, %v", got, ok)
	}
	if got := v.Members[0].Value.Items; len(got) != 4 || got[1].Text != "-2.5e+3" || got[1].Off != 11 || got[3].Kind != Null {
		t.Errorf("items = %+v", got)
	}
}

// The places of errors are of the byte that breaks a rule.
func TestParseErrors(t *testing.T) {
	for in, off := range map[string]int64{
		"":                         0,
		"{":                        1,
		`{"a" 1}`:                  5,
		`{"a":1,}`:                 7,
		"[1 2]":                    3,
		"[01]":                     2,
		"[+1]":                     1,
		"[1.]":                     3,
		"\"\x01\"":                 1,
		"\"\xff\"":                 1,
		`"\x"`:                     1,
		`"a`:                       2,
		"1 2":                      2,
		"'a'":                      0,
		strings.Repeat("[", 10000): 201,
	} {
		_, _, err := Parse([]byte(in))
		var e *Error
		if !errors.As(err, &e) || e.Off != off {
			t.Errorf("Parse(%.20q) = %v, want an error at %d", in, err, off)
		}
	}
}

func TestMentions(t *testing.T) {
	for in, want := range map[string]bool{
		`{"auto_map": 1}`:            true,
		`{"\u0061uto_map": 1}`:       true,
		`{"\u0061uto_mop": 1}`:       false,
		`{"\u00e9\u4e00auto_map":1}`: true,
		`\u00`:                       false,
	} {
		if got := Mentions([]byte(in), `auto_map"`); got != want {
			t.Errorf("Mentions(%q) = %v, want %v", in, got, want)
		}
	}
}

// What the standard library refuses is refused, but for the numbers of Python.
func FuzzParse(f *testing.F) {
	for _, s := range []string{`{"a":[1,2,{"b":null}]}`, `"\ud83d\ude00"`, `[1e5,-0.1,"é"]`, `{"a":1,"a":2}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		v, _, err := Parse(data)
		if err == nil && !json.Valid(data) && !Mentions(data, "NaN", "Infinity") {
			t.Errorf("Parse(%q) = %+v, want an error", data, v)
		}
		Mentions(data, "x")
	})
}
