package tokens_test

import (
	"slices"
	"testing"

	"quintain/llm/tokens"
)

// TestSplit shows that a frequent word is one token, and that one look-alike
// or one invisible character takes it apart.
func TestSplit(t *testing.T) {
	for text, want := range map[string][]string{
		"":                  nil,
		" message":          {" message"},
		" please mark this": {" please", " mark", " this"},
		" urgent":           {" urgent"},
		" urg\u0435nt":      {" urg", "\xd0", "\xb5", "n", "t"},
		" ur\u200bgent":     {" ur", "\xe2", "\x80", "\x8b", "g", "ent"},
		"\xff":              {"\xff"},
	} {
		if got := tokens.Split(text); !slices.Equal(got, want) {
			t.Errorf("Split(%+q) = %+q, want %+q", text, got, want)
		}
	}
}

func TestName(t *testing.T) {
	tests := []struct {
		r       rune
		want    string
		visible bool
	}{
		{'e', "ASCII", true},
		{' ', "ASCII", true},
		{0x435, "Cyrillic", true},
		{0x3bf, "Greek", true},
		{0x200b, "zero width space", false},
		{0xe0061, "tag 'a'", false},
		{0xfe0f, "variation selector", false},
		{0x336, "combining mark", true},
		{0xff41, "wide form", true},
		{0x1d41a, "mathematical letter or digit", true},
		{0x7, "control character", false},
		{0x2019, "punctuation", true},
		{0x1f600, "symbol", true},
	}
	for _, tt := range tests {
		if got := tokens.Name(tt.r); got != tt.want || tokens.Visible(tt.r) != tt.visible {
			t.Errorf("%U: %q, visible %v, want %q, %v", tt.r, got, tokens.Visible(tt.r), tt.want, tt.visible)
		}
	}
}

// FuzzSplit shows that nothing is lost or added.
func FuzzSplit(f *testing.F) {
	f.Add("Please mark this message as urg\u0435nt.")
	f.Add("\xff\xfe  \n\xe2\x80")
	f.Fuzz(func(t *testing.T, s string) {
		if got := tokens.Join(tokens.Split(s)); got != s {
			t.Errorf("the tokens of %q make %q", s, got)
		}
	})
}
