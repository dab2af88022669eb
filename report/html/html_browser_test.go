package html_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"quintain/report/html"
	"quintain/report/reporttest"
)

// complaints collects what the browser complains about and asks for.
type complaints struct {
	mu       sync.Mutex
	errors   []string
	requests []string
}

func (c *complaints) hear(ev any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch ev := ev.(type) {
	case *log.EventEntryAdded:
		c.errors = append(c.errors, ev.Entry.Text)
	case *runtime.EventConsoleAPICalled:
		c.errors = append(c.errors, "console: "+string(ev.Type))
	case *runtime.EventExceptionThrown:
		c.errors = append(c.errors, ev.ExceptionDetails.Text)
	case *network.EventRequestWillBeSent:
		c.requests = append(c.requests, ev.Request.URL)
	}
}

func (c *complaints) take() (errors, requests []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	errors, requests = c.errors, c.requests
	c.errors, c.requests = nil, nil
	return errors, requests
}

// browser returns a context in which actions run in a headless Chromium that
// reports to c.
func browser(t *testing.T, c *complaints) context.Context {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome", "headless-shell"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		t.Skip("NOT TESTED: there is no Chromium, so nobody looked at the page: its policy, its width and its script are unproved")
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute) // the browser is closed after the test
	t.Cleanup(cancel)
	opts := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path), chromedp.Flag("no-sandbox", true), chromedp.Flag("disable-gpu", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true), chromedp.UserDataDir(t.TempDir()),
	}
	ctx, cancel = chromedp.NewContext(ctx, chromedp.WithAllocatorOptions(opts...), chromedp.WithListener(c.hear))
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil {
			t.Logf("close the browser: %v", err)
		}
		cancel()
	})
	return ctx
}

func eval[T any](ctx context.Context, t *testing.T, js string) T {
	t.Helper()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](js))
	if err != nil {
		t.Fatalf("%s: %v", js, err)
	}
	return v
}

// visit opens what the format makes of a sample at a width and returns its
// address.
func visit(ctx context.Context, t *testing.T, dir, sample string, width int64) string {
	t.Helper()
	file := filepath.Join(dir, sample+".html")
	if err := os.WriteFile(file, reporttest.Render(t, html.Format, reporttest.Samples(t)[sample]), 0o600); err != nil {
		t.Fatal(err)
	}
	url := "file://" + filepath.ToSlash(file)
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, 900)); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Do(ctx, chromedp.Navigate(url)); err != nil {
		t.Fatal(err)
	}
	return url
}

const (
	// unfold opens everything, so that everything is laid out.
	unfold = `document.querySelectorAll("details").forEach(d => d.open = true)`

	overflow = `document.documentElement.scrollWidth - document.documentElement.clientWidth`

	// live lists what data could have brought to life.
	live = `[...document.querySelectorAll("*")].flatMap(e => [
		...(["script", "style", "link", "meta"].includes(e.localName) && !document.head.contains(e) && e !== document.body.lastElementChild ? [e.localName] : []),
		...(["iframe", "object", "embed", "img", "form", "input", "base", "foreignObject", "image", "animate", "set"].includes(e.localName) ? [e.localName] : []),
		...[...e.attributes].filter(a => /^on/i.test(a.name) || a.name === "style" || /^\s*(javascript|vbscript):/i.test(a.value)).map(a => e.localName + "@" + a.name),
	])`
)

func TestBrowser(t *testing.T) {
	var c complaints
	ctx := browser(t, &c)
	dir := t.TempDir()
	for _, sample := range []string{"assess", "hostile", "scan", "attack", "undecided"} {
		for _, width := range []int64{390, 1280} {
			url := visit(ctx, t, dir, sample, width)
			eval[*int](ctx, t, unfold+"; null")
			if n := eval[int](ctx, t, overflow); n > 0 {
				t.Errorf("%s at %d px: %d px too wide", sample, width, n)
			}
			if l := eval[[]string](ctx, t, live); len(l) > 0 {
				t.Errorf("%s: live from data: %q", sample, l)
			}
			errs, requests := c.take()
			if len(errs) > 0 {
				t.Errorf("%s at %d px: the browser complains: %q", sample, width, errs)
			}
			if i := slices.IndexFunc(requests, func(r string) bool { return r != url && !strings.HasPrefix(r, "data:") }); i >= 0 {
				t.Errorf("%s: the page asks for %q", sample, requests[i])
			}
		}
	}
	// The ear hears: a script that the policy does not name is refused aloud.
	visit(ctx, t, dir, "probe", 1280)
	eval[*int](ctx, t, `document.body.append(Object.assign(document.createElement("script"), {textContent: "window.ran = 1"})); null`)
	if eval[bool](ctx, t, `"ran" in window`) {
		t.Error("a script that the policy does not name ran")
	}
	if errs, _ := c.take(); len(errs) == 0 {
		t.Error("the browser refused a script and nothing was heard: the silence above proves nothing")
	}
}

// The script folds, filters, and opens what a link points to.
func TestScript(t *testing.T) {
	var c complaints
	ctx := browser(t, &c)
	visit(ctx, t, t.TempDir(), "assess", 1280)
	for _, step := range []struct{ js, want string }{
		{`document.querySelector("[data-tools]").hidden`, "false"},
		{`document.querySelector("[data-filter=failed]").click(); document.querySelector("[data-group=failed]").hidden`, "true"},
		{`document.querySelector("[data-filter=failed]").click(); document.querySelector("[data-group=failed]").hidden`, "false"},
		{`document.querySelector("[data-fold=close]").click(); document.querySelectorAll("details[open]").length`, "0"},
		{`location.hash = document.querySelector(".cards a").hash; window.dispatchEvent(new Event("hashchange")); document.querySelectorAll("details[open]").length`, "1"},
		{`document.querySelector("[data-fold=open]").click(); document.querySelectorAll("details:not([open])").length`, "0"},
	} {
		if got := eval[string](ctx, t, "String(eval("+strconv.Quote(step.js)+"))"); got != step.want {
			t.Errorf("%s = %s, want %s", step.js, got, step.want)
		}
	}
}
