package web_test

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestBadFolder keeps in a learner's folder what nobody should: a file of 5 GB,
// one with HTML for a name, a pipe, a link that leads out, and in the end
// nothing at all. Pages, files and grades go on; nothing is live and nothing is
// waited for.
func TestBadFolder(t *testing.T) {
	b := newBench(t, "127.0.0.1:7777", someExercises())
	c := newClient(t, b)
	c.post("/exercises/F01/start", "")
	dir := filepath.Join(b.root, "F01")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	huge, err := os.Create(filepath.Join(dir, "answer.yaml"))
	must(err)
	must(huge.Truncate(5 << 30))
	must(huge.Close())
	name := `<img src=x onerror=alert(1)>` + "\u202e" + `.txt`
	must(os.WriteFile(filepath.Join(dir, name), []byte("<script>alert(1)</script>"), 0o600))
	must(syscall.Mkfifo(filepath.Join(dir, "pipe.yaml"), 0o600))
	must(os.Symlink("/etc", filepath.Join(dir, "etc")))

	body := c.get("/exercises/F01")
	if strings.Contains(body, "<img src=x") || strings.ContainsRune(body, '\u202e') || !strings.Contains(body, "&lt;img src=x") {
		t.Error("the name of a file is more than text, or is not shown")
	}
	if strings.Contains(body, `name="file:answer.yaml"`) {
		t.Error("a file of 5 GB is to be edited in the page")
	}
	res := c.do(c.request("GET", "/exercises/F01/files/"+url.PathEscape(name), ""))
	if kind := res.Header().Get("Content-Type"); res.Code != http.StatusOK || !strings.HasPrefix(kind, "text/plain") {
		t.Errorf("the file with HTML in its name: status %d, type %q, want it as text", res.Code, kind)
	}
	for _, name := range []string{"answer.yaml", "pipe.yaml", "etc/passwd"} {
		if got := c.do(c.request("GET", "/exercises/F01/files/"+name, "")).Code; got != http.StatusNotFound {
			t.Errorf("%s: status %d, want 404", name, got)
		}
	}
	if body := c.post("/exercises/F01/check", "stage=a"); !strings.Contains(body, "5368709120 bytes, more than") || !strings.Contains(body, "Not yet") {
		t.Error("a check does not say that the file is too large")
	}
	if got := c.get("/exercises/F01/picture"); !strings.Contains(got, "No picture yet") {
		t.Errorf("the picture of a file that is too large is %s", got)
	}

	names, err := os.ReadDir(dir)
	must(err)
	for _, n := range names {
		must(os.RemoveAll(filepath.Join(dir, n.Name())))
	}
	c.get("/exercises/F01")
	if body := c.post("/exercises/F01/check", "stage=a"); !strings.Contains(body, "there is no such file") {
		t.Error("a check of an empty folder does not say what is missing")
	}
	if _, err := os.Stat(filepath.Join(dir, "number.txt")); err != nil {
		t.Errorf("the files of the exercise were not made again: %v", err)
	}
}
