package data_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"quintain/ml/data"
)

func TestTokens(t *testing.T) {
	for in, want := range map[string][]string{
		"":                          nil,
		"Verify your account, NOW!": {"verify", "your", "account", ",", "now", "!"},
		"don't  x2":                 {"don", "'", "t", "x2"},
		"Straße\u200bé":             {"straße", "\u200b", "é"},
		"a\xff":                     {"a", "\ufffd"},
	} {
		if got := data.Tokens(in); !slices.Equal(got, want) {
			t.Errorf("Tokens(%q) = %q, want %q", in, got, want)
		}
	}
}

// Words that two texts have are features after the columns of numbers.
func TestReadText(t *testing.T) {
	tab, err := data.Read(strings.NewReader("Text,label,who\n\"Pay now, now\",1,7\npay later,0,8\nNow or never,1,7\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(tab.Features, tab.X, tab.Y, tab.Words), "[who now pay] [7 2 1 8 0 1 7 1 0] [1 0 1] 2"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if want := []string{"Pay now, now", "pay later", "Now or never"}; !slices.Equal(tab.Text, want) {
		t.Errorf("texts %q, want %q", tab.Text, want)
	}
	for in, want := range map[string]string{
		"text,label\na,0\nb,1\n":             "no word is in two of the texts",
		"text,text,label\na,b,0\n":           "2 columns are called text",
		"a,text\n1,b\n":                      "the last one is text",
		"text,a,label,b\nx,1,0,2\ny,1,1,z\n": `line 3: column "b": "z" is no number`,
	} {
		if _, err := data.Read(strings.NewReader(in)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Read(%q) = %v, want %q", in, err, want)
		}
	}
}
