package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"quintain/internal/store"
	"quintain/internal/web"
	"quintain/lab"
)

func double(tb testing.TB, number string) string {
	tb.Helper()
	n, err := strconv.Atoi(strings.TrimSpace(number))
	if err != nil {
		tb.Fatal(err)
	}
	return strconv.Itoa(2 * n)
}

// TestHeaders asks for every kind of answer, good and bad.
func TestHeaders(t *testing.T) {
	c := newClient(t, newBench(t, "127.0.0.1:7777", someExercises()))
	stranger := &client{t: t, h: c.h, host: c.host}
	rebound := &client{t: t, h: c.h, host: "evil.example:7777", jar: c.jar}
	for _, path := range append([]string{"/static/style.css", "/static/none", "/runs/none/events", "/exercises/none", "/checks/none", "/assessments/none"}, pages...) {
		for _, c := range []*client{c, stranger, rebound} {
			for _, method := range []string{"GET", "HEAD", "POST"} {
				h := c.do(c.request(method, path, "")).Header()
				if got := h.Get("Content-Security-Policy"); got != web.Policy {
					t.Errorf("%s %s: policy %q", method, path, got)
				}
				for _, name := range []string{"X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy", "Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy"} {
					if h.Get(name) == "" {
						t.Errorf("%s %s: no %s", method, path, name)
					}
				}
			}
		}
	}
	if !strings.Contains(web.Policy, "default-src 'none'") || strings.Contains(web.Policy, "unsafe") {
		t.Errorf("the policy is weak: %s", web.Policy)
	}
}

func TestGuard(t *testing.T) {
	b := newBench(t, "127.0.0.1:7777", someExercises())
	c := newClient(t, b)
	if k := c.jar[0]; !k.HttpOnly || k.SameSite != http.SameSiteStrictMode || k.Name != "quintain_7777" || strings.Contains(k.Value, token) {
		t.Errorf("cookie %v: want HttpOnly, SameSite=Strict, a name with the port, a value that is not the token", k)
	}
	for _, tc := range []struct {
		name   string
		change func(*http.Request)
		want   int
	}{
		{"as it should be", func(*http.Request) {}, http.StatusSeeOther},
		{"no cookie", func(r *http.Request) { r.Header.Del("Cookie") }, http.StatusUnauthorized},
		{"another cookie", func(r *http.Request) { r.Header.Set("Cookie", "quintain_7777="+token) }, http.StatusUnauthorized},
		{"the cookie of another port", func(r *http.Request) {
			r.Header.Set("Cookie", strings.Replace(r.Header.Get("Cookie"), "7777", "7778", 1))
		}, http.StatusUnauthorized},
		{"a name that is rebound", func(r *http.Request) {
			r.Host = "evil.example:7777"
			r.Header.Set("Origin", "http://evil.example:7777")
		}, http.StatusMisdirectedRequest},
		{"another port", func(r *http.Request) { r.Host = "127.0.0.1:7778" }, http.StatusMisdirectedRequest},
		{"another site", func(r *http.Request) { r.Header.Set("Origin", "http://evil.example") }, http.StatusForbidden},
		{"a neighbor on another port", func(r *http.Request) { r.Header.Set("Origin", "http://127.0.0.1:8000") }, http.StatusForbidden},
		{"an origin that is hidden", func(r *http.Request) { r.Header.Set("Origin", "null") }, http.StatusForbidden},
		{"no origin", func(r *http.Request) { r.Header.Del("Origin") }, http.StatusForbidden},
		{"a page of the same site", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-site") }, http.StatusForbidden},
		{"a page elsewhere", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }, http.StatusForbidden},
	} {
		r := c.request("POST", "/exercises/F01/start", "")
		tc.change(r)
		if got := c.do(r).Code; got != tc.want {
			t.Errorf("%s: status %d, want %d", tc.name, got, tc.want)
		}
	}
	stranger := &client{t: t, h: b, host: c.host}
	for path, want := range map[string]int{"/": 401, "/exercises/F01": 401, "/?token=wrong": 401, "/static/style.css": 200, "/?token=" + token: 303} {
		if got := stranger.do(stranger.request("GET", path, "")).Code; got != want {
			t.Errorf("a stranger gets %d for %s, want %d", got, path, want)
		}
	}
	res := stranger.do(stranger.request("GET", "//evil.example/x?token="+token, ""))
	if to := res.Header().Get("Location"); !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.Contains(to, token) {
		t.Errorf("the token leads to %q, want a path here without it", to)
	}
	if got := stranger.do(stranger.request("POST", "/enter", "token="+token)); got.Code != 303 || got.Header().Get("Set-Cookie") == "" {
		t.Errorf("the form of the locked page: status %d", got.Code)
	}
	if got := stranger.do(stranger.request("POST", "/enter", "token=wrong")); got.Code != 401 || got.Header().Get("Set-Cookie") != "" {
		t.Errorf("a wrong token in the form: status %d", got.Code)
	}
}

func TestNewRefuses(t *testing.T) {
	for name, o := range map[string]web.Options{
		"no range":      {Token: token, Hosts: []string{"127.0.0.1:1"}, Now: time.Now},
		"a short token": {Token: "short", Hosts: []string{"127.0.0.1:1"}, Now: time.Now, Range: new(lab.Range)},
		"no host":       {Token: token, Now: time.Now, Range: new(lab.Range)},
	} {
		if _, err := web.New(t.Context(), o); err == nil {
			t.Errorf("%s: a workbench was made", name)
		}
	}
}

var (
	inline = regexp.MustCompile(`(?i)<script[^>]*>[^<]|<style|[\s"'/](style|on[a-z]+)=|javascript:`)
	href   = regexp.MustCompile(`(?:href|action|formaction|src)="([^"]*)"`)
	ids    = regexp.MustCompile(` id="([^"]*)"`)
	quoted = regexp.MustCompile(`"[^"]*"`)
)

// crawl follows every link from the first page and returns all pages.
func crawl(t *testing.T, c *client) map[string]string {
	t.Helper()
	seen := make(map[string]string)
	queue := []string{"/"}
	for len(queue) > 0 {
		path := queue[0]
		queue = queue[1:]
		if _, ok := seen[path]; ok {
			continue
		}
		body := c.get(path)
		seen[path] = body
		if strings.HasPrefix(path, "/static/") || strings.Contains(path, "/files/") || strings.HasSuffix(path, "/report") || strings.Contains(path, "/picture") {
			continue
		}
		for _, m := range href.FindAllStringSubmatch(body, -1) {
			to := strings.ReplaceAll(m[1], "&amp;", "&")
			u, err := url.Parse(to)
			switch {
			case err != nil:
				t.Errorf("%s links to %q: %v", path, to, err)
			case u.IsAbs():
				if u.Scheme != "https" {
					t.Errorf("%s links to %q", path, to)
				}
			case u.Path == "":
				if u.Fragment != "" && !slices.ContainsFunc(ids.FindAllStringSubmatch(body, -1), func(m []string) bool { return m[1] == u.Fragment }) {
					t.Errorf("%s links to #%s, which it does not have", path, u.Fragment)
				}
			case posts[strings.Trim(u.Path[strings.LastIndex(u.Path, "/"):], "/")]:
			default:
				u.Fragment = ""
				queue = append(queue, u.String())
			}
		}
	}
	return seen
}

// posts are the last words of the addresses that forms post to.
var posts = map[string]bool{"start": true, "reset": true, "hint": true, "act": true, "save": true, "check": true, "enter": true}

// TestLinks follows every link, and holds every page to what the policy and
// good manners ask.
func TestLinks(t *testing.T) {
	b := newBench(t, "127.0.0.1:7777", someExercises())
	c := newClient(t, b)
	for _, id := range []string{"F01", "S01"} {
		c.post("/exercises/"+id+"/start", "")
	}
	c.post("/exercises/S01/act", "name=ask&args="+url.QueryEscape(`one 'two three' `+hostile))
	all := crawl(t, c)
	if len(all) < 150 {
		t.Errorf("%d pages, want at least 150: those of the checks and techniques", len(all))
	}
	for path, body := range all {
		if strings.HasPrefix(path, "/static/") || strings.Contains(path, "/files/") || strings.HasSuffix(path, "/report") || strings.Contains(path, "/picture") {
			continue
		}
		if m := inline.FindString(tags(body)); m != "" {
			t.Errorf("%s has something inline: %q", path, m)
		}
		if strings.Contains(body, "<script>alert") || strings.Contains(body, "<img src=x") || strings.ContainsAny(body, "\u202e\x1b") {
			t.Errorf("%s: hostile text is more than text", path)
		}
		for _, want := range []string{"<main id=\"main\"", `href="#main"`, "<title>", `lang="en"`, "<h1"} {
			if !strings.Contains(body, want) {
				t.Errorf("%s has no %s", path, want)
			}
		}
		if strings.Contains(body, token) || strings.Contains(body, c.jar[0].Value) {
			t.Errorf("%s shows the token or the cookie", path)
		}
	}
}

// tags returns the tags of a page with the values of harmless attributes left
// out, because text may quote anything.
func tags(body string) string {
	var b strings.Builder
	for _, m := range regexp.MustCompile(`<[a-zA-Z/!][^>]*>`).FindAllString(body, -1) {
		b.WriteString(quoted.ReplaceAllStringFunc(m, func(v string) string {
			if strings.HasPrefix(strings.ToLower(v), `"javascript:`) {
				return v
			}
			return `""`
		}))
	}
	return b.String() + strings.Join(regexp.MustCompile(`(?s)<script[^>]*>[^<]`).FindAllString(body, -1), "")
}

// TestInlineIsFound proves what TestLinks relies on.
func TestInlineIsFound(t *testing.T) {
	for _, bad := range []string{`<p style="x">`, `<a onclick="x">`, `<style>`, `<script>x`, `<a href="javascript:x">`} {
		if !inline.MatchString(tags(bad)) {
			t.Errorf("%s is not found", bad)
		}
	}
	if m := inline.FindString(tags(`<p class="style=x"> style="x" <script src="x"></script>`)); m != "" {
		t.Errorf("%q is found where nothing is", m)
	}
}

// TestWithoutScript goes through an exercise by forms alone.
func TestWithoutScript(t *testing.T) {
	b := newBench(t, "127.0.0.1:7777", someExercises())
	c := newClient(t, b)
	if body := c.get("/"); !strings.Contains(body, "Start F01") {
		t.Fatal("home offers no start")
	}
	body := c.post("/exercises/f01/start", "")
	number, err := os.ReadFile(filepath.Join(b.root, "F01", "number.txt"))
	if err != nil {
		t.Fatal(err)
	}
	was := func(body string) string {
		return regexp.MustCompile(`name="was:answer.yaml" value="([^"]*)"`).FindStringSubmatch(body)[1]
	}
	send := func(text, was string) url.Values {
		return url.Values{"stage": {"a"}, "file:answer.yaml": {text}, "was:answer.yaml": {was}}
	}
	body = c.post("/exercises/F01/check", send("double: [", was(body)).Encode())
	for _, want := range []string{"Not yet", `class="fault"`, "answer.yaml"} {
		if !strings.Contains(body, want) {
			t.Errorf("after a broken answer the page has no %q", want)
		}
	}
	stale := send("double: 3", "")
	if res := c.do(c.request("POST", "/exercises/F01/check", stale.Encode())); res.Code != http.StatusConflict {
		t.Errorf("a form from before the file changed: status %d, want a conflict", res.Code)
	}
	body = c.post("/exercises/F01/hint", "")
	if !strings.Contains(body, "Look at the number.") || strings.Contains(body, "Think of doubling.") {
		t.Error("the first hint, and no other, should be shown")
	}
	body = c.post("/exercises/F01/check", send("double: "+double(t, string(number)), was(body)).Encode())
	for _, want := range []string{"Passed", "proven with hints", "at least 2", `aria-label="ratio of answer and number 2, 95% interval`} {
		if !strings.Contains(body, want) {
			t.Errorf("after the right answer the page has no %q", want)
		}
	}
	if s, err := b.r.Status(t.Context(), "F01"); err != nil || s.State != lab.StatePassed || s.Level != lab.LevelHinted {
		t.Errorf("status %+v, %v, want passed with hints", s, err)
	}
	if body = c.get("/exercises/F01/solution"); !strings.Contains(body, "Multiply by two.") {
		t.Error("who has passed may read the solution")
	}
	if err := os.RemoveAll(filepath.Join(b.root, "F01")); err != nil {
		t.Fatal(err)
	}
	if body = c.get("/exercises/F01"); !strings.Contains(body, "Make it again") {
		t.Error("a folder that is gone is not told")
	}
	c.post("/exercises/F03/start", "")
	if body = c.get("/exercises/F03/solution"); strings.Contains(body, "Multiply by two.") {
		t.Error("the solution was shown to somebody who only looked")
	}
	if body = c.post("/exercises/F03/solution", ""); !strings.Contains(body, "Multiply by two.") {
		t.Error("the solution was asked for and not shown")
	}
}

// TestFilesStayInside asks for and saves files elsewhere.
func TestFilesStayInside(t *testing.T) {
	b := newBench(t, "127.0.0.1:7777", someExercises())
	c := newClient(t, b)
	c.post("/exercises/F01/start", "")
	dir := filepath.Join(b.root, "F01")
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "link.txt")); err != nil {
		t.Fatal(err)
	}
	if got := c.get("/exercises/F01/files/number.txt"); strings.TrimSpace(got) == "" {
		t.Error("the learner's own file is empty")
	}
	for _, name := range []string{"link.txt", "..%2f..%2fsecret", "/etc/passwd", "none", "%2e%2e/x"} {
		if got := c.do(c.request("GET", "/exercises/F01/files/"+name, "")).Code; got == http.StatusOK {
			t.Errorf("%s was sent", name)
		}
	}
	form := url.Values{"stage": {"a"}, "file:../x.yaml": {"1"}, "file:number.txt": {"1"}, "file:answer.yaml": {strings.Repeat("x", 70000)}}
	if res := c.do(c.request("POST", "/exercises/F01/save", form.Encode())); res.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("a file that is too long: status %d", res.Code)
	}
	form.Set("file:answer.yaml", "double: 1\r\n")
	c.post("/exercises/F01/save", form.Encode())
	got, err := os.ReadFile(filepath.Join(dir, "answer.yaml"))
	if err != nil || string(got) != "double: 1\n" {
		t.Errorf("saved %q, %v", got, err)
	}
	if _, err := os.Stat(filepath.Join(b.root, "x.yaml")); err == nil {
		t.Error("a file was written outside the folder")
	}
	if n, _ := os.ReadFile(filepath.Join(dir, "number.txt")); strings.TrimSpace(string(n)) == "1" {
		t.Error("a file was written that is not to be handed in")
	}
	if err := os.Remove(filepath.Join(dir, "answer.yaml")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(b.root, "target"), filepath.Join(dir, "answer.yaml")); err != nil {
		t.Fatal(err)
	}
	c.do(c.request("POST", "/exercises/F01/save", form.Encode()))
	if _, err := os.Stat(filepath.Join(b.root, "target")); err == nil {
		t.Error("a link led a file out of the folder")
	}
}

// TestStream reads the live answer of a check.
func TestStream(t *testing.T) {
	c := newClient(t, newBench(t, "127.0.0.1:7777", someExercises()))
	c.post("/exercises/F01/start", "")
	r := c.request("POST", "/exercises/F01/check", url.Values{"stage": {"a"}, "file:answer.yaml": {"double: 1"}, "was:answer.yaml": {""}}.Encode())
	r.Header.Set("Accept", "text/event-stream")
	res := c.do(r)
	body := c.body(res, "check", http.StatusOK)
	if got := res.Header().Get("Content-Type"); !strings.HasPrefix(got, "text/event-stream") {
		t.Errorf("content type %q", got)
	}
	var events []string
	for line := range strings.Lines(body) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "event: "); ok {
			events = append(events, name)
		} else if line != "\n" && !strings.HasPrefix(line, "data: ") {
			t.Errorf("a line %q is neither an event nor data", line)
		}
	}
	if want := []string{"say", "add", "say", "swap", "say", "swap", "swap", "end"}; !slices.Equal(events, want) {
		t.Errorf("events %q, want %q", events, want)
	}
	if res := c.do(c.request("POST", "/exercises/F01/check", "stage=z")); res.Code != http.StatusNotFound {
		t.Errorf("a stage that does not exist: status %d", res.Code)
	}
}

func TestAssess(t *testing.T) {
	c := newClient(t, newBench(t, "127.0.0.1:7777", someExercises()))
	if res := c.do(c.request("POST", "/assessments", "file=")); res.Code != http.StatusBadRequest {
		t.Errorf("no file: status %d", res.Code)
	}
	if res := c.do(c.request("POST", "/assessments", "file=system.yaml&grant=everything")); res.Code != http.StatusBadRequest {
		t.Errorf("a need that does not exist: status %d", res.Code)
	}
	if body := c.post("/assessments", "file=missing.yaml"); !strings.Contains(body, "Not assessed") || !strings.Contains(body, "open missing.yaml: no such file") {
		t.Error("why an assessment came to nothing is not shown")
	}
	if body := c.post("/assessments", "file=system.yaml&grant=network&grant=spend"); !strings.Contains(body, "Open the report") {
		t.Error("the assessment does not lead to its run")
	}
	res := c.do(c.request("GET", "/assessments/again/report", ""))
	p := res.Header().Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "sandbox allow-scripts", "frame-ancestors 'none'", "script-src 'sha256-"} {
		if !strings.Contains(p, want) {
			t.Errorf("the policy of the report has no %q: %s", want, p)
		}
	}
	if strings.Contains(p, "allow-same-origin") || strings.Contains(p, "unsafe") {
		t.Errorf("the policy of the report is weak: %s", p)
	}
}

func TestRating(t *testing.T) {
	b := newBench(t, "127.0.0.1:7777", someExercises())
	c := newClient(t, b)
	c.post("/path/assessment", "skill:an-appsec=3&skill:unknown=4")
	if got := b.state.Ratings["an-appsec"]; got != 3 || len(b.state.Ratings) != 1 {
		t.Errorf("ratings %v, want an-appsec at 3 and nothing else", b.state.Ratings)
	}
	if res := c.do(c.request("POST", "/path/assessment", "skill:an-appsec=9")); res.Code != http.StatusBadRequest {
		t.Errorf("a level that does not exist: status %d", res.Code)
	}
}

// TestOneLook holds the colors and the type of the workbench to those of the
// report.
func TestOneLook(t *testing.T) {
	read := func(name string) string {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		head, _, _ := strings.Cut(string(b), "\n.")
		return head
	}
	if got, want := read("static/style.css"), read("../../report/html/style.css"); got != want {
		t.Errorf("the first lines of the style are\n%s\nwant those of the report\n%s", got, want)
	}
}

// BenchmarkPage makes pages over the data of a hundred learners in a database:
// an attempt each at forty exercises, every stage passed. The promise is 50 ms
// for 99 of 100.
func BenchmarkPage(b *testing.B) {
	var exercises []*lab.Exercise
	for i := range 40 {
		exercises = append(exercises, twice(fmt.Sprintf("F%02d", i+1), fmt.Sprintf("lab/foundations/e%d", i), "One of many", lab.Attack, lab.Defend))
	}
	s, err := store.Open(b.Context(), filepath.Join(b.TempDir(), "store.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close() //nolint:errcheck // a file of the benchmark
	w := newBenchOver(b, s, exercises)
	c := newClient(b, w)
	w.hundred(b, exercises)
	if _, err := w.r.List(b.Context()); err != nil { // as Serve does before the first page
		b.Fatal(err)
	}
	for _, path := range []string{"/", "/exercises", "/exercises/F07", "/techniques", "/checks", "/path"} {
		b.Run(strings.ReplaceAll(path, "/", "-"), func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				start := time.Now()
				c.get(path)
				took = append(took, time.Since(start))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*99/100])/1e6, "p99-ms")
		})
	}
}
