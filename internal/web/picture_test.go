package web_test

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"quintain/internal/web"
	"quintain/lab"
)

// A painter draws when it is let, and counts.
type painter struct {
	begun chan struct{}
	let   chan string // the word to draw, or "" to go wrong
	ended chan error  // of those that were given up
	n     int
}

func (p *painter) paint(ctx context.Context, _ *lab.Attempt) ([]byte, error) {
	p.n++
	p.begun <- struct{}{}
	select {
	case word := <-p.let:
		if word == "" {
			return nil, lab.Faultf("answer.yaml", "there is <b>nothing</b> to draw")
		}
		return fmt.Appendf(nil, `<svg viewBox="0 0 9 9"><title>%s</title><text class="label">1 &lt; 2</text></svg>`, word), nil
	case <-ctx.Done():
		p.ended <- ctx.Err()
		return nil, ctx.Err()
	}
}

// TestPicture: no page waits for a picture, a picture is drawn once for what it
// depends on, and one that nobody will see is given up.
func TestPicture(t *testing.T) {
	p := &painter{begun: make(chan struct{}, 9), let: make(chan string), ended: make(chan error, 9)}
	e := twice("F01", "lab/foundations/one", "The alarm that cried fraud", lab.Analyze)
	e.Picture = p.paint
	b := newBench(t, "127.0.0.1:7777", []*lab.Exercise{e})
	c := newClient(t, b)
	answer := filepath.Join(b.root, "F01", "answer.yaml")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(answer, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ask := func(path, etag string) chan *httptest.ResponseRecorder {
		r := c.request("GET", path, "")
		r.Header.Set("If-None-Match", etag)
		out := make(chan *httptest.ResponseRecorder, 1)
		go func() { out <- c.do(r) }()
		return out
	}
	src := regexp.MustCompile(`<img class="drawing" src="(/exercises/F01/picture\?v=[0-9a-f]+)" alt="[^"]+">`)
	page := c.post("/exercises/F01/start", "")
	m := src.FindStringSubmatch(page)
	if m == nil || p.n != 0 {
		t.Fatalf("the page names no image, or has begun to draw (%d times)", p.n)
	}
	image := ask(m[1], "")
	part := ask("/exercises/F01/picture/part", "")
	<-p.begun
	if m := src.FindStringSubmatch(c.get("/exercises/F01")); m == nil { // while it is drawn
		t.Error("the page names no image while there is one on its way")
	}
	p.let <- "first"
	one := (<-image).Result()
	body, err := io.ReadAll(one.Body)
	if err != nil || one.StatusCode != http.StatusOK || one.Header.Get("Content-Type") != "image/svg+xml" || !strings.Contains(string(body), "<title>first</title>") {
		t.Errorf("image: %v, %s, %v", one, body, err)
	}
	if err := xml.Unmarshal(body, new(struct {
		XMLName xml.Name `xml:"http://www.w3.org/2000/svg svg"`
	})); err != nil {
		t.Errorf("the image is no SVG file: %v", err)
	}
	if policy := one.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
		t.Errorf("the image has the policy %q", policy)
	}
	if got := (<-part).Body.String(); !strings.Contains(got, `<div id="picture"`) || !strings.Contains(got, "<title>first</title>") {
		t.Errorf("the part of the page is %s", got)
	}
	if page := c.get("/exercises/F01"); !strings.Contains(page, "<title>first</title>") || src.MatchString(page) {
		t.Error("the page does not have the picture that is drawn")
	}
	if got := <-ask(m[1], one.Header.Get("ETag")); got.Code != http.StatusNotModified || got.Body.Len() > 0 {
		t.Errorf("asked for again with its ETag: status %d, %d bytes, want 304 and none", got.Code, got.Body.Len())
	}
	if p.n != 1 {
		t.Errorf("drawn %d times, want once", p.n)
	}

	write("double: 1\n")
	page = c.get("/exercises/F01")
	if strings.Contains(page, "<title>first</title>") || src.FindStringSubmatch(page)[1] == m[1] {
		t.Error("the file changed, and the page has the old picture or its address")
	}
	image = ask("/exercises/F01/picture", one.Header.Get("ETag"))
	<-p.begun
	write("double: 2\n") // while it is drawn
	late := ask("/exercises/F01/picture", "")
	<-p.begun
	if err := <-p.ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the picture of an old file ended with %v, want that it was given up", err)
	}
	p.let <- ""
	for _, res := range []*httptest.ResponseRecorder{<-image, <-late} {
		if got := res.Body.String(); res.Code != http.StatusOK || !strings.Contains(got, "No picture yet: there is &lt;b&gt;nothing") {
			t.Errorf("status %d, %s, want an image that says why there is none", res.Code, got)
		}
	}
	if page := c.get("/exercises/F01"); !strings.Contains(page, "No picture yet: there is &lt;b&gt;nothing") || src.MatchString(page) {
		t.Error("the page does not say why there is no picture")
	}
	drawn := p.n
	c.post("/exercises/F01/act", "name=ask&args=x")
	if !src.MatchString(c.get("/exercises/F01")) {
		t.Error("something happened in its world, and the page has the old picture")
	}
	c.post("/exercises/F01/reset", "")
	if !src.MatchString(c.get("/exercises/F01")) || p.n != drawn {
		t.Errorf("after a fresh attempt the page has the old picture, or pages draw (%d times)", p.n-drawn)
	}
	if res := <-ask("/exercises/F09/picture", ""); res.Code != http.StatusNotFound {
		t.Errorf("a picture of nothing: status %d", res.Code)
	}
}

// TestPictureOfMovingFolder writes to the folder while its picture is drawn,
// and restores it: what was drawn then is not taken for it.
func TestPictureOfMovingFolder(t *testing.T) {
	p := &painter{begun: make(chan struct{}, 9), let: make(chan string), ended: make(chan error, 9)}
	e := twice("F01", "lab/foundations/one", "The alarm that cried fraud", lab.Analyze)
	e.Picture = p.paint
	b := newBench(t, "127.0.0.1:7777", []*lab.Exercise{e})
	c := newClient(t, b)
	c.post("/exercises/F01/start", "")
	extra := filepath.Join(b.root, "F01", "extra.txt")
	out := make(chan string, 1)
	go func() { out <- c.do(c.request("GET", "/exercises/F01/picture", "")).Body.String() }()
	<-p.begun
	if err := os.WriteFile(extra, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.let <- "of-another-folder"
	<-p.begun
	p.let <- "of-this-folder"
	if got := <-out; !strings.Contains(got, "of-this-folder") {
		t.Errorf("got %s, want the picture of the folder as it is", got)
	}
	if err := os.Remove(extra); err != nil {
		t.Fatal(err)
	}
	if page := c.get("/exercises/F01"); strings.Contains(page, "<title>of-") {
		t.Error("the folder is as it was at first, and the page has a picture that was drawn of it when it was not")
	}
}

// TestAlone: a picture as a file has colors, and nothing that pages refuse.
func TestAlone(t *testing.T) {
	got, err := web.Alone([]byte(`<svg viewBox="0 0 1 1" onload="x"><rect class="bar series-a" style="y"/></svg>`))
	if err != nil || !strings.HasPrefix(string(got), `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><style>`) || !strings.Contains(string(got), ".bar.series-a {") ||
		!strings.Contains(string(got), "--accent: ") || strings.Contains(string(got), "onload") || strings.Contains(string(got), ".frame") {
		t.Errorf("Alone = %s, %v", got, err)
	}
	if _, err := web.Alone([]byte("<svg><script/></svg>")); err == nil {
		t.Error("a script was let through")
	}
}
