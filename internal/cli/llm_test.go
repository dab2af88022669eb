package cli

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

// The command names what the eye does not see, and takes a word with it apart.
func TestTokens(t *testing.T) {
	run := func(stdin string, a ...string) string {
		var out, errs bytes.Buffer
		env := &Env{Args: append([]string{"llm", "tokens"}, a...), Stdin: strings.NewReader(stdin), Stdout: &out, Stderr: &errs, Getenv: func(string) string { return "" }}
		if status := Main(context.Background(), env); status != statusOK {
			t.Fatalf("%q: status %d, %s", a, status, errs.String())
		}
		return out.String()
	}
	plain := run("", "mark this as urgent")
	for _, want := range []string{"bytes: 19   characters: 19   tokens: ", `" urgent"`, "20 75 72 67 65 6e 74", "Every character is ASCII"} {
		if !strings.Contains(plain, want) {
			t.Errorf("plain text: %s\nwant %q in it", plain, want)
		}
	}
	odd := run("mark this as ur\u200bg\u0435nt\x1b\u202e", "@-")
	for _, want := range []string{"U+200B   -  zero width space", "U+0435   \u0435  Cyrillic", "control character", "right-to-left override"} {
		if !strings.Contains(odd, want) {
			t.Errorf("odd text: %s\nwant %q in it", odd, want)
		}
	}
	if strings.ContainsAny(odd, "\x1b\u202e\u200b") {
		t.Error("what hides is printed as it is")
	}
}
