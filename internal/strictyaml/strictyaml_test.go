package strictyaml_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"quintain/internal/strictyaml"
)

type color string

type part struct {
	Name  string   `yaml:"name" need:"yes"`
	Color color    `yaml:"color"`
	Tags  []string `yaml:"tags"`
}

type whole struct {
	Title string            `yaml:"title"`
	Count int               `yaml:"count"`
	Small int8              `yaml:"small"`
	Share float64           `yaml:"share"`
	On    bool              `yaml:"on"`
	Day   time.Time         `yaml:"day"`
	Parts []part            `yaml:"parts"`
	Best  *part             `yaml:"best"`
	With  map[string]string `yaml:"with"`
	Other string            // no key of the file
}

var options = strictyaml.Options{Words: func(t reflect.Type) []string {
	if t == reflect.TypeFor[color]() {
		return []string{"red", "green"}
	}
	return nil
}}

func TestDecode(t *testing.T) {
	const file = `title: a
count: -3
small: 7
share: 0.25
on: true
day: 2027-01-31
parts:
  - name: x
    color: green
  - {name: y, tags: [p, q]}
best: {name: z}
with: {eps: 0.1, data: rows.csv}
`
	var got whole
	f := strictyaml.Decode("f.yaml", []byte(file), &got, options)
	if err := f.Err(); err != nil {
		t.Fatal(err)
	}
	want := whole{
		Title: "a", Count: -3, Small: 7, Share: 0.25, On: true, Day: time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC),
		Parts: []part{{Name: "x", Color: "green"}, {Name: "y", Tags: []string{"p", "q"}}}, Best: &part{Name: "z"},
		With: map[string]string{"eps": "0.1", "data": "rows.csv"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if line, col := f.Pos(&got.Parts[1].Tags); line != 10 || col != 21 {
		t.Errorf("tags stand at %d:%d, want 10:21", line, col)
	}
	if !f.Set(&got.Share) || f.Set(&got.Parts[0].Tags) || f.Set(&got.Other) {
		t.Errorf("set: share %v, tags %v, other %v; want the first only", f.Set(&got.Share), f.Set(&got.Parts[0].Tags), f.Set(&got.Other))
	}
	f.Errorf(&got.Parts[0].Color, "not this %s", "one")
	f.Errorf(&got.Title, "nor this")
	f.Errorf(&got.Other, "nor what is not there")
	if got, want := f.Err().Error(), "f.yaml:1:8: nor this\nf.yaml:1:1: nor what is not there\nf.yaml:9:12: not this one"; got != want {
		t.Errorf("Err = %q, want %q", got, want)
	}
}

func TestRefuses(t *testing.T) {
	for in, want := range map[string]string{
		"":                                    "f:1:1: the file is empty",
		"~":                                   "f:1:1: the file is empty",
		"title: a\ntitle: b\n":                "f:2:1: ",
		"tilte: a\n":                          `f:1:1: unknown key "tilte" in the file; did you mean "title"?`,
		"count: 1.5\n":                        "f:1:8: count is the number 1.5, want a whole number",
		"count: many\n":                       `f:1:8: count is "many", want a whole number`,
		"small: 200\n":                        "f:1:8: small is the number 200, want a whole number",
		"share: .nan\n":                       "f:1:8: share is the number .nan, want a number",
		"share: .inf\n":                       "f:1:8: share is the number .inf, want a number",
		"on: 1\n":                             "f:1:5: on is the number 1, want true or false",
		"day: 2027-02-30\n":                   `f:1:6: day is "2027-02-30", want a date such as 2027-01-31`,
		"parts: x\n":                          `f:1:8: parts is "x", want a list: [x]`,
		"parts:\n- color: red\n":              "f:2:3: a part has no name",
		"parts:\n- {name: a, color: gren}\n":  `f:2:20: unknown color "gren"; did you mean "green"?`,
		"parts:\n-\n":                         "f:2:3: parts has an empty entry",
		"best: 3\n":                           "f:1:7: best is the number 3, want keys and values",
		"with: {a: [b]}\n":                    "f:1:11: a is a list, want a string or a number",
		"title: &x a\n":                       "f:1:8: anchors and aliases are not supported: write it out",
		"title: !!str a\n":                    "f:1:8: tags and directives are not supported",
		"title: a\n---\ntitle: b\n":           "f:3:1: the file has more than one document",
		"title: \"\u202ea\"\n":                "f:1:9: a character that does not show and changes how the rest is read",
		"title: \xff\n":                       "f:1:8: the byte 0xff is not text in UTF-8",
		"title: " + strings.Repeat("a", 5000): "f:1:1: the line is longer than 4096 bytes",
		strings.Repeat("#\n", 1<<20):          "f:1:1: the file is larger than 1048576 bytes",
		"parts: " + strings.Repeat("[", 40):   "f:1:40: nested deeper than 32 levels",
	} {
		var v whole
		err := strictyaml.Decode("f", []byte(in), &v, options).Err()
		if err == nil {
			t.Errorf("%.40q: decoded as %+v", in, v)
			continue
		}
		got := err.Error()
		if strings.HasSuffix(want, ": ") { // the rest is the parser's
			got = got[:min(len(got), len(want))]
		}
		if got != want {
			t.Errorf("%.40q: got %q, want %q", in, got, want)
		}
	}
}

// A byte order mark is no hidden character where files begin with one.
func TestByteOrderMark(t *testing.T) {
	var v whole
	if err := strictyaml.Decode("f", []byte("\ufefftitle: a\n"), &v, options).Err(); err != nil || v.Title != "a" {
		t.Errorf("title %q, %v; want a", v.Title, err)
	}
}

// Whatever the bytes, every error names the file and a place in it.
func FuzzDecode(f *testing.F) {
	f.Add([]byte("parts:\n- {name: a, color: red}\nwith: {a: 1}\n"))
	f.Add([]byte("title: |\n  a\nshare: 1e3\nbest: {name: ''}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var v whole
		err := strictyaml.Decode("f.yaml", data, &v, options).Err()
		if err == nil {
			return
		}
		for line := range strings.SplitSeq(err.Error(), "\n") {
			if !strings.HasPrefix(line, "f.yaml:") {
				t.Errorf("error %q does not begin with the file", line)
			}
		}
	})
}
