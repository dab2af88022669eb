package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// inside are words of Go and its libraries that mean nothing to an operator.
var inside = []string{"strconv", "arg(s)", "Go value", "Go struct", "pflag", "invalid argument", "ParseInt", "ParseFloat", "goroutine"}

// Mistakes are told in one line of our own words, with a hint.
func TestWording(t *testing.T) {
	for line, want := range map[string]string{
		"scan":                          "quintain scan takes <path>..., and got nothing",
		"scan --jobs many x":            `--jobs is "many", want a whole number`,
		"report a b":                    `quintain report takes <run.json>, and got 2: ["a" "b"]`,
		"checks a b":                    "quintain checks takes [pattern], and got 2",
		"explain":                       "quintain explain takes <check or technique>, and got nothing",
		"threat schema x":               "quintain threat schema takes no argument, and got 1",
		"taxonomy show":                 "quintain taxonomy show takes <id>, and got nothing",
		"ledger verify":                 "takes <ledger.jsonl>, and got nothing",
		"scan --allow-not-analyzed=x a": `--allow-not-analyzed is "x", want true or false`,
		"scan --nothing x":              "unknown flag: --nothing",
		"scan x --policy":               "flag needs an argument: --policy",
		"nothing":                       `unknown command "nothing"`,
	} {
		var out, errs bytes.Buffer
		env := &Env{Args: strings.Fields(line), Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Getenv: func(string) string { return "" }}
		status := Main(context.Background(), env)
		got := errs.String()
		if status != statusUsage || !strings.Contains(got, want) || !strings.Contains(got, "\nhint: ") || strings.Count(got, "\n") != 2 {
			t.Errorf("%s: status %d, %q, want %d, a line with %q and a hint", line, status, got, statusUsage, want)
		}
		for _, w := range inside {
			if strings.Contains(got, w) {
				t.Errorf("%s: %q has the word %q", line, got, w)
			}
		}
	}
}

// What Go says of itself is put into words about the input.
func TestPlainly(t *testing.T) {
	var v struct {
		Run struct {
			Seed int `json:"seed"`
		} `json:"run"`
	}
	_, number := strconv.Atoi("a\"b")
	_, large := strconv.ParseInt("999999999999999999999", 10, 64)
	for _, tc := range []struct {
		err  error
		want string
	}{
		{fmt.Errorf("seed: %w", number), `seed: "a\"b" is no number`},
		{large, `"999999999999999999999" is out of range`},
		{json.Unmarshal([]byte(`{"run":{"seed":"x"}}`), &v), "run.seed is a string, want another kind of value"},
		{json.Unmarshal([]byte(`[]`), &v), "array is there, want another kind of value"},
	} {
		if got := plainly(tc.err.Error()); got != tc.want {
			t.Errorf("plainly(%q) = %q, want %q", tc.err, got, tc.want)
		}
	}
}

// Every command that does something shows how it is used.
func TestExamples(t *testing.T) {
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		if c.HasParent() && !c.HasSubCommands() && c.Name() != "help" && !strings.Contains(c.Example+" ", " "+c.Name()) {
			t.Errorf("%s has no example of itself: %q", c.CommandPath(), c.Example)
		}
		for _, x := range c.Commands() {
			walk(x)
		}
	}
	walk(rootCommand(&Env{}))
}
