package cli

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"time"

	"quintain/curriculum"
	"quintain/curriculum/challenge"
)

// TestInstead: the work that stands in for exercises names commands, checks
// and challenges that exist.
func TestInstead(t *testing.T) {
	env := &Env{Stdout: new(bytes.Buffer), Getenv: func(string) string { return "" }, Now: time.Now}
	root := rootCommand(env)
	cat := newCatalog()
	command := regexp.MustCompile(`quintain ([a-z]+)`)
	check := regexp.MustCompile(`(?:scan|attack|probe|threat)/[a-z/]+`)
	quoted := regexp.MustCompile(`"([a-z]+)"`)
	for _, e := range curriculum.Default().Exercises {
		for _, m := range command.FindAllStringSubmatch(e.Instead, -1) {
			if c, _, err := root.Find([]string{m[1]}); err != nil || c == root {
				t.Errorf("%s: no command %q", e.ID, m[1])
			}
		}
		for _, name := range check.FindAllString(e.Instead, -1) {
			found := false
			for _, c := range cat.checks() {
				found = found || c.Name == name
			}
			if !found {
				t.Errorf("%s: no check %q", e.ID, name)
			}
		}
		for _, m := range quoted.FindAllStringSubmatch(e.Instead, -1) {
			if challenge.Find(m[1]) == nil {
				t.Errorf("%s: no challenge %q", e.ID, m[1])
			}
		}
	}
}

// TestInterview answers everything right on something like a terminal, and
// breaks off in the middle.
func TestInterview(t *testing.T) {
	c := curriculum.Default()
	now := time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	var typed strings.Builder
	s := curriculum.NewState()
	for _, sk := range c.Skills {
		if sk.Family != curriculum.AI {
			typed.WriteString("1\n")
		}
	}
	s.Ratings = make(map[string]curriculum.Level)
	for _, sk := range c.Skills {
		if sk.Family != curriculum.AI {
			s.Ratings[sk.ID] = curriculum.Explains
		}
	}
	var asked []curriculum.Try
	for ch := c.NextChallenge(s, asked, now); ch != nil; ch = c.NextChallenge(s, asked, now) {
		in := ch.New(7)
		want := in.Grade(nil).Want
		for _, f := range in.Fields {
			typed.WriteString(want[f.ID] + "\n")
		}
		c.Answer(s, in, want, now)
		asked = append(asked, s.Tries[len(s.Tries)-1])
	}
	for _, cut := range []int{0, 5} {
		var out bytes.Buffer
		file := t.TempDir() + "/new/path.json"
		in := typed.String()[:typed.Len()-cut]
		l := &learner{env: &Env{Stdin: strings.NewReader(in), Stdout: &out, Now: func() time.Time { return now }}, facts: c, file: file}
		if err := l.interview(curriculum.NewState(), 7); err != nil {
			t.Fatal(err)
		}
		got, err := l.load()
		if err != nil {
			t.Fatal(err)
		}
		if want := len(asked) - min(cut, 1); len(got.Proofs) != want || len(got.Ratings) != 22 {
			t.Errorf("cut %d: got %d proofs and %d ratings, want %d and 22\n%s", cut, len(got.Proofs), len(got.Ratings), want, out.String())
		}
	}
}

// TestNarrow: nothing that path prints is wider than a terminal.
func TestNarrow(t *testing.T) {
	for _, line := range []string{"", " plan", " plan --hours 4", " show", " show ai-prompt-injection", " show br-agents", " role", " assess --seed 3"} {
		var out, errs bytes.Buffer
		env := &Env{
			Args: append([]string{"path"}, strings.Fields(line)...), Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs,
			Getenv: func(k string) string { return map[string]string{"XDG_DATA_HOME": t.TempDir()}[k] },
			Now:    func() time.Time { return time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC) },
		}
		if got := Main(t.Context(), env); got != 0 {
			t.Fatalf("path%s: status %d: %s", line, got, errs.String())
		}
		for l := range strings.Lines(out.String()) {
			if n := len([]rune(strings.TrimRight(l, "\n"))); n > 80 && !strings.Contains(l, "https://") {
				t.Errorf("path%s: a line of %d characters: %s", line, n, l)
			}
		}
	}
}
