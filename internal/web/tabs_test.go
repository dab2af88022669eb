package web_test

import (
	"html"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"quintain/lab"
)

var wasField = regexp.MustCompile(`name="was:answer.yaml" value="([^"]*)"`)

// TestTwoTabs writes the same file in two tabs. The slower one is told, keeps
// what was typed in it, sees what the file holds, and can send again.
func TestTwoTabs(t *testing.T) {
	for _, way := range []string{"save", "check"} {
		b := newBench(t, "127.0.0.1:7777", someExercises())
		one, two := newClient(t, b), newClient(t, b)
		one.post("/exercises/F01/start", "")
		was := func(body string) string { return wasField.FindStringSubmatch(body)[1] }
		form := func(text, was string) string {
			return url.Values{"stage": {"a"}, "file:answer.yaml": {text}, "was:answer.yaml": {was}}.Encode()
		}
		first, second := was(one.get("/exercises/F01")), was(two.get("/exercises/F01"))
		one.post("/exercises/F01/save", form("double: 1\n", first))
		typed := "double: 2 # typed in the second tab " + hostile
		res := two.do(two.request("POST", "/exercises/F01/"+way, form(typed, second)))
		body := two.body(res, way, http.StatusConflict)
		read := html.UnescapeString(body)
		for _, want := range []string{"double: 2 # typed in the second tab", "Not saved", "What the file holds now", ">double: 1"} {
			if !strings.Contains(read, want) {
				t.Errorf("%s: the second tab does not show %q", way, want)
			}
		}
		if strings.Contains(body, "<img src=x") || strings.ContainsAny(body, "\u202e\x1b") {
			t.Errorf("%s: what was typed is more than text", way)
		}
		file := filepath.Join(b.root, "F01", "answer.yaml")
		if got, err := os.ReadFile(file); err != nil || string(got) != "double: 1\n" {
			t.Errorf("%s: the file holds %q, %v, want what the first tab wrote", way, got, err)
		}
		if s, err := b.r.Status(t.Context(), "F01"); err != nil || s.Tries != 0 {
			t.Errorf("%s: %d tries, %v, want none", way, s.Tries, err)
		}
		two.post("/exercises/F01/save", form("double: 2", was(body)))
		if got, err := os.ReadFile(file); err != nil || string(got) != "double: 2" {
			t.Errorf("%s: sent again the file holds %q, %v", way, got, err)
		}
		r := one.request("POST", "/exercises/F01/check", form("double: 3", first))
		r.Header.Set("Accept", "text/event-stream")
		if res := one.do(r); res.Code != http.StatusConflict || !strings.Contains(res.Body.String(), "changed by something else") {
			t.Errorf("a script gets status %d, want a conflict with the error alone", res.Code)
		}
	}
}

// TestClockSetBack goes on after the clock was set back by a day: what was
// done last stays last, and nothing is lost.
func TestClockSetBack(t *testing.T) {
	b := newBench(t, "127.0.0.1:7777", someExercises())
	c := newClient(t, b)
	body := c.post("/exercises/F01/start", "")
	number, err := os.ReadFile(filepath.Join(b.root, "F01", "number.txt"))
	if err != nil {
		t.Fatal(err)
	}
	check := func(text string) string {
		return c.post("/exercises/F01/check", url.Values{
			"stage": {"a"}, "file:answer.yaml": {text}, "was:answer.yaml": wasField.FindStringSubmatch(body)[1:],
		}.Encode())
	}
	if body = check("double: 1"); !strings.Contains(body, "Not yet") {
		t.Fatal("the wrong answer is not told")
	}
	b.clock = b.clock.Add(-24 * time.Hour)
	if body = check("double: " + double(t, string(number))); !strings.Contains(body, "Passed") || !strings.Contains(body, "since the last try") {
		t.Error("after the clock was set back the page does not show the last grade, or not what moved")
	}
	entries, err := b.store.Entries(t.Context(), "F01", 1)
	if err != nil || len(entries) != 2 || entries[1].At.Before(entries[0].At) {
		t.Errorf("entries %+v, %v, want two in order", entries, err)
	}
	s, err := b.r.Status(t.Context(), "F01")
	if err != nil || s.State != lab.StatePassed || s.Stale {
		t.Errorf("status %+v, %v, want passed and not due", s, err)
	}
	for _, path := range []string{"/", "/path", "/exercises/F01"} {
		c.get(path)
	}
}
