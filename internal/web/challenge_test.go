package web_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"quintain/curriculum/challenge"
)

var hidden = regexp.MustCompile(`<input type="hidden" name="(challenge|seed|right|wrong)" value="([^"]*)"`)

// taskOn reads the task of a page, and the form that answers it.
func taskOn(t *testing.T, body string) (*challenge.Instance, url.Values) {
	t.Helper()
	form := make(url.Values)
	for _, m := range hidden.FindAllStringSubmatch(body, -1) {
		form.Add(m[1], m[2])
	}
	ch := challenge.Find(form.Get("challenge"))
	seed, err := strconv.ParseUint(form.Get("seed"), 10, 64)
	if ch == nil || err != nil {
		t.Fatalf("the page asks nothing: %v", form)
	}
	return ch.New(seed), form
}

// TestChallenges answers all tasks in one sitting, right and wrong in turns,
// by forms alone.
func TestChallenges(t *testing.T) {
	b := newBench(t, "127.0.0.1:7777", someExercises())
	c := newClient(t, b)
	address := "/path/challenges"
	var asked []string
	proofs := 0
	for len(asked) < 20 {
		body := c.get(address)
		if !strings.Contains(body, `name="challenge"`) {
			break
		}
		in, form := taskOn(t, body)
		if slices.Contains(asked, in.ID) {
			t.Fatalf("%s is asked twice, after %q", in.ID, asked)
		}
		if again, _ := taskOn(t, c.get(address)); again.ID != in.ID || again.Seed == in.Seed {
			t.Errorf("asked again: %s of seed %d, want %s of a fresh seed", again.ID, again.Seed, in.ID)
		}
		right := len(asked)%2 == 0
		asked = append(asked, in.ID)
		for _, f := range in.Fields {
			form.Set("answer:"+f.ID, hostile)
			if right {
				form.Set("answer:"+f.ID, in.Grade(nil).Want[f.ID])
			}
		}
		body = c.post(address, form.Encode())
		if strings.Contains(body, "<script>alert") || strings.Contains(body, "<img") || strings.ContainsAny(body, "\u202e\x1b") {
			t.Fatal("a hostile answer is more than text")
		}
		want := map[bool]string{true: "kept as a proof", false: "Not yet"}[right]
		if !strings.Contains(body, want) || !strings.Contains(html.UnescapeString(body), in.Grade(nil).Why) {
			t.Errorf("%s: the page has no %q, or no explanation", in.ID, want)
		}
		if right {
			proofs++
		}
		if len(b.state.Proofs) != proofs || len(b.state.Tries) != len(asked) {
			t.Errorf("%s: %d proofs of %d tries are kept, want %d of %d", in.ID, len(b.state.Proofs), len(b.state.Tries), proofs, len(asked))
		}
		if body = c.post(address, form.Encode()); right && !strings.Contains(body, "answered before") || len(b.state.Proofs) != proofs {
			t.Errorf("%s: the same answer proves something a second time", in.ID)
		}
		b.state.Tries = b.state.Tries[:len(asked)]
		m := regexp.MustCompile(`href="(/path/challenges\?[^"]*)"`).FindStringSubmatch(body)
		if m == nil {
			t.Fatal("the result leads to no next task")
		}
		address = html.UnescapeString(m[1])
	}
	if body := c.get(address); !strings.Contains(body, "Nothing more is worth asking") || len(asked) < 6 || len(asked) > 12 {
		t.Errorf("%d tasks were asked, %q, want at most twelve and then an end", len(asked), asked)
	}
}

// TestHostileAnswers sends what no form of ours holds.
func TestHostileAnswers(t *testing.T) {
	b := newBench(t, "127.0.0.1:7777", someExercises())
	c := newClient(t, b)
	for form, want := range map[string]int{
		"":                              http.StatusNotFound,
		"challenge=%3Cscript%3E&seed=1": http.StatusNotFound,
		"challenge=pickle":              http.StatusBadRequest,
		"challenge=pickle&seed=-1":      http.StatusBadRequest,
		"challenge=pickle&seed=18446744073709551616": http.StatusBadRequest,
		"challenge=pickle&seed=%zz":                  http.StatusBadRequest,
	} {
		if got := c.do(c.request("POST", "/path/challenges", form)).Code; got != want {
			t.Errorf("%q: status %d, want %d", form, got, want)
		}
	}
	if len(b.state.Tries) != 0 {
		t.Errorf("%d tries were kept of what is no answer", len(b.state.Tries))
	}
	long := url.Values{"challenge": {"pickle"}, "seed": {"7"}, "answer:x": {"1"}, "right": {"none", "pickle", "tokens", "tokens"}, "wrong": {"tokens", hostile}}
	for _, f := range challenge.Find("pickle").New(7).Fields {
		long.Set("answer:"+f.ID, strings.Repeat("7", 100_000))
	}
	body := c.post("/path/challenges", long.Encode())
	if len(body) > 40_000 || !strings.Contains(body, "Not yet") || !strings.Contains(body, `href="/path/challenges?right=tokens&amp;wrong=pickle"`) {
		t.Errorf("a long answer with an invented sitting: %d bytes of page", len(body))
	}
	if len(b.state.Proofs) != 0 {
		t.Errorf("proofs %+v, want none", b.state.Proofs)
	}
	c.get("/path/challenges?right=" + url.QueryEscape(hostile) + "&wrong=" + strings.Repeat("x", 5000))
}
