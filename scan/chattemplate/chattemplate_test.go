package chattemplate

import (
	"testing"

	"quintain/scan/scantest"
)

func Test(t *testing.T)        { scantest.Run(t, Format) }
func FuzzInspect(f *testing.F) { scantest.Fuzz(f, Format) }

// TestOffsets finds each character of a decoded text in the literal again.
func TestOffsets(t *testing.T) {
	data := []byte(`{"a": 1, "chat_template": "x\n\u00e9\ud83d\ude00\"\\é😀\ud800z"}`)
	c, err := read(data)
	if err != nil || len(c.templates) != 1 {
		t.Fatalf("read = %v, %v, want one template", c, err)
	}
	tpl := c.templates[0]
	want := []string{"x", `\n`, `\u00e9`, `\ud83d\ude00`, `\"`, `\\`, "é", "😀", `\ud800`, "z"}
	n := 0
	for i := range tpl.text {
		off := tpl.at(i)
		if got := string(data[off : off+int64(len(want[n]))]); got != want[n] {
			t.Errorf("byte %d is at %d, %q, want %q", i, off, got, want[n])
		}
		n++
	}
	if n != len(want) {
		t.Errorf("the text has %d characters, want %d", n, len(want))
	}
}

// TestMatch has names and contents that do not hold templates.
func TestMatch(t *testing.T) {
	for _, c := range []struct {
		name, head string
		want       bool
	}{
		{"chat_template.jinja", "{{ bos_token }}", true},
		{"additional_chat_templates/tools.jinja", "{# a #}", true},
		{"x.jinja", "plain text", false},
		{"readme.md", "{{ x }}", false},
		{"page.html", "<b>{% x %}</b>", false},
		{"tokenizer_config.json", `{"bos_token": "<s>"}`, true},
		{"tokenizer_config.json", `["a"]`, false},
		{"config.json", `{"hidden_size": 1}`, false},
		{"other.json", ` { "chat_template": "a"}`, true},
	} {
		if got := match(c.name, []byte(c.head)); got != c.want {
			t.Errorf("match(%q, %q) = %v, want %v", c.name, c.head, got, c.want)
		}
	}
}
