package web_test

import (
	"context"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"quintain/lab"
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
		t.Skip("NOT TESTED: there is no Chromium, so nobody looked at the pages: their policy, their width, their contrast and their script are unproved")
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 2*time.Minute) // the browser is closed after the test
	t.Cleanup(cancel)
	opts := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path), chromedp.Flag("no-sandbox", true), chromedp.Flag("disable-gpu", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("hide-scrollbars", true),
		chromedp.UserDataDir(t.TempDir()),
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

// serve starts a workbench that a browser can reach.
func serve(t *testing.T, exercises []*lab.Exercise) (*bench, string) {
	t.Helper()
	s := httptest.NewUnstartedServer(nil)
	b := newBench(t, s.Listener.Addr().String(), exercises)
	s.Config.Handler = b.Workbench
	s.Start()
	t.Cleanup(s.Close)
	return b, s.URL
}

func do(ctx context.Context, t *testing.T, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

func eval[T any](ctx context.Context, t *testing.T, js string) T {
	t.Helper()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](js))
	if err != nil {
		t.Fatalf("%.200s: %v", js, err)
	}
	return v
}

func setScheme(ctx context.Context, t *testing.T, name string) {
	t.Helper()
	do(ctx, t, chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}},
		})
		return err
	}))
}

// unfold opens everything, so that everything is laid out.
const unfold = `document.querySelectorAll("details").forEach(d => d.open = true)`

// overflow returns what is wider than the page.
const overflow = `(() => {
	const w = document.documentElement.clientWidth;
	if (document.documentElement.scrollWidth <= w) { return []; }
	return [...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > w + 1).slice(0, 5).map(e => e.localName + "." + e.getAttribute("class"));
})()`

// unlabeled returns what a screen reader could not name.
const unlabeled = `(() => {
	const out = [];
	for (const e of document.querySelectorAll("input:not([type=hidden]), textarea, select")) {
		if (!e.labels?.length && !e.getAttribute("aria-label")) { out.push(e.localName + " " + e.name); }
	}
	for (const e of document.querySelectorAll("a[href], button")) {
		if (!(e.getAttribute("aria-label") || e.textContent).trim()) { out.push("nameless " + e.outerHTML.slice(0, 80)); }
	}
	for (const e of document.querySelectorAll("svg[role=img], [role=region]")) {
		if (!e.getAttribute("aria-label")) { out.push(e.localName + " without a name"); }
	}
	for (const e of document.querySelectorAll("[aria-labelledby], [aria-describedby], label[for]")) {
		for (const a of ["aria-labelledby", "aria-describedby", "for"]) {
			const id = e.getAttribute(a);
			if (id && !document.getElementById(id)) { out.push(a + " to nothing: " + id); }
		}
	}
	const seen = new Set();
	for (const e of document.querySelectorAll("[id]")) {
		if (seen.has(e.id)) { out.push("two of id " + e.id); }
		seen.add(e.id);
	}
	for (const tag of ["main", "h1"]) {
		if (document.querySelectorAll(tag).length !== 1) { out.push(document.querySelectorAll(tag).length + " of " + tag); }
	}
	let level = 1;
	for (const h of document.querySelectorAll("main h1, main h2, main h3, main h4")) {
		if (+h.localName[1] > level + 1) { out.push("heading jumps to " + h.localName + " " + h.textContent); }
		level = +h.localName[1];
	}
	return out;
})()`

// faint returns texts with less contrast than WCAG 2.2 AA asks for.
const faint = `(() => {
	const parse = (s) => {
		const m = s.match(/[\d.]+/g).map(Number);
		if (s.startsWith("color(")) { return [m[0] * 255, m[1] * 255, m[2] * 255, m[3] ?? 1]; }
		return [m[0], m[1], m[2], m[3] ?? 1];
	};
	const lum = (c) => {
		const f = c.slice(0, 3).map(v => { v /= 255; return v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; });
		return .2126 * f[0] + .7152 * f[1] + .0722 * f[2];
	};
	const ground = (e) => {
		for (; e; e = e.parentElement) {
			const c = parse(getComputedStyle(e).backgroundColor);
			if (c[3] > .99) { return c; }
		}
		return parse(getComputedStyle(document.documentElement).backgroundColor)[3] ? parse(getComputedStyle(document.documentElement).backgroundColor) : [255, 255, 255, 1];
	};
	const out = new Set();
	const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (walk.nextNode()) {
		const e = walk.currentNode.parentElement;
		if (!walk.currentNode.data.trim() || e.closest("svg, .hide, .skip, script, option") || !e.getClientRects().length || e.disabled) { continue; }
		const style = getComputedStyle(e), fg = parse(style.color), bg = ground(e);
		const mixed = fg.slice(0, 3).map((v, i) => v * fg[3] + bg[i] * (1 - fg[3]));
		const [a, b] = [lum(mixed), lum(bg)].sort((x, y) => y - x);
		const size = parseFloat(style.fontSize), large = size >= 24 || size >= 18.66 && +style.fontWeight >= 700;
		const ratio = (a + .05) / (b + .05);
		if (ratio < (large ? 3 : 4.5)) { out.add(ratio.toFixed(2) + " " + e.localName + "." + e.className + " " + walk.currentNode.data.trim().slice(0, 30)); }
	}
	return [...out].slice(0, 8);
})()`

// pages are one of each kind.
var pages = []string{
	"/", "/exercises", "/exercises/F01", "/exercises/F03", "/exercises/S01", "/exercises/F01/lesson", "/exercises/F01/ledger", "/exercises/F01/solution",
	"/assessments", "/assessments/assess", "/assessments/hostile", "/checks", "/checks/scan/pickle", "/techniques", "/techniques/AML.T0051",
	"/techniques/LLM01:2026", "/settings", "/path", "/path/role", "/path/assessment", "/nowhere",
}

// TestBrowser looks at every page as people do: narrow and wide, by day and by
// night, with a screen reader, and with an ear for what the browser says.
func TestBrowser(t *testing.T) {
	var c complaints
	ctx := browser(t, &c)
	b, url := serve(t, someExercises())
	if _, err := b.r.Start(t.Context(), "F01"); err != nil {
		t.Fatal(err)
	}
	do(ctx, t, chromedp.Navigate(url+"/?token="+token))
	for i, mode := range []string{"light", "dark"} {
		setScheme(ctx, t, mode)
		for _, p := range pages {
			c.take()
			do(ctx, t, chromedp.Navigate(url+p))
			eval[*int](ctx, t, unfold+"; null")
			for _, width := range []int64{390, 768, 1280, 1920} {
				if i == 1 && width != 390 {
					continue // colors change no widths
				}
				do(ctx, t, chromedp.EmulateViewport(width, 900))
				if wide := eval[[]string](ctx, t, overflow); len(wide) > 0 {
					t.Errorf("%s at %d px scrolls sideways: %q", p, width, wide)
				}
			}
			if low := eval[[]string](ctx, t, faint); len(low) > 0 {
				t.Errorf("%s, %s: too little contrast: %q", p, mode, low)
			}
			if bad := eval[[]string](ctx, t, unlabeled); i == 0 && len(bad) > 0 {
				t.Errorf("%s: a screen reader has no name for %q", p, bad)
			}
			errs, requests := c.take()
			for _, e := range errs {
				if p != "/nowhere" || !strings.Contains(e, "404") {
					t.Errorf("%s: the browser complains: %s", p, e)
				}
			}
			for _, r := range requests {
				if !strings.HasPrefix(r, url+"/") {
					t.Errorf("%s asks for %s", p, r)
				}
			}
		}
	}
	// The ear hears: a script in the page is refused aloud.
	eval[*int](ctx, t, `document.body.append(Object.assign(document.createElement("script"), {textContent: "window.ran = 1"})); null`)
	if errs, _ := c.take(); len(errs) == 0 || eval[bool](ctx, t, `"ran" in window`) {
		t.Error("a script in the page was not refused aloud: the silence above proves nothing")
	}
}

// TestClicks goes from nothing to a passed exercise, and to a report, with the
// mouse and the keyboard only.
func TestClicks(t *testing.T) {
	var c complaints
	ctx := browser(t, &c)
	b, url := serve(t, someExercises())
	do(ctx, t, chromedp.EmulateViewport(1280, 900), chromedp.Navigate(url+"/?token="+token))
	do(ctx, t, chromedp.Click(".hero button.primary"), chromedp.WaitVisible("textarea"))
	number, err := os.ReadFile(filepath.Join(b.root, "F01", "number.txt"))
	if err != nil {
		t.Fatal(err)
	}
	const ruling = ".ruling:not([hidden]) b"
	text := func(sel string) string { return eval[string](ctx, t, `document.querySelector("`+sel+`").textContent`) }
	do(ctx, t, chromedp.SendKeys("textarea", "double: 1\n"), chromedp.Click("[data-live] .primary"), chromedp.WaitVisible(ruling))
	if got := text(ruling); got != "Not yet" {
		t.Errorf("ruling on a wrong answer: %q, want Not yet", got)
	}
	if n := eval[int](ctx, t, `document.querySelectorAll(".result .gauge").length`); n != 1 {
		t.Errorf("%d gauges after a wrong answer, want the one of the check that failed", n)
	}
	do(ctx, t, chromedp.SetValue("textarea", "double: "+double(t, string(number))+"\n"), chromedp.Click("[data-live] .primary:not([disabled])"), chromedp.WaitVisible(".ruling.t-resisted"))
	if got := text(ruling); got != "Passed" {
		t.Errorf("ruling on the right answer: %q, want Passed", got)
	}
	if got := text("#standing .state"); got != "passed" {
		t.Errorf("standing %q, want passed, without a reload", got)
	}
	if got := text("#say"); !strings.HasPrefix(got, "Passed") {
		t.Errorf("a screen reader hears %q, want the ruling", got)
	}
	if got := eval[string](ctx, t, `document.querySelector("#picture svg title").textContent`); got != "A & B" {
		t.Errorf("picture is titled %q, want A & B", got)
	}
	// Two stages hand in the same file: what one saves the other goes on with.
	do(ctx, t, chromedp.Navigate(url+"/exercises/F03"), chromedp.Click("#begin ~ form .primary"), chromedp.WaitVisible("#stage-b textarea"))
	do(ctx, t, chromedp.SendKeys("#stage-a textarea", "double: 1\n"), chromedp.Click("#stage-a .primary"), chromedp.WaitVisible("#stage-a "+ruling))
	do(ctx, t, chromedp.WaitVisible("#stage-a .primary:not([disabled])"), chromedp.Click("#stage-b .primary"), chromedp.WaitVisible("#stage-b "+ruling))
	if got := text("#stage-b " + ruling); got != "Not yet" {
		t.Errorf("stage b after stage a saved its file: %q, want Not yet", got)
	}
	do(ctx, t, chromedp.Navigate(url+"/assessments"), chromedp.SendKeys("#file", "missing.yaml"), chromedp.Click("form[data-live] .primary"), chromedp.WaitVisible(ruling))
	do(ctx, t, chromedp.SetValue("#file", "system.yaml"), chromedp.Click("form[data-live] .primary:not([disabled])"), chromedp.WaitVisible(".gate"))
	do(ctx, t, chromedp.Navigate(eval[string](ctx, t, `document.querySelector(".gate .primary").href`)))
	if got := eval[string](ctx, t, "location.pathname"); got != "/assessments/again/report" {
		t.Errorf("at %q, want the report", got)
	}
	if got := eval[string](ctx, t, "self.origin"); got != "null" {
		t.Errorf("the report has origin %q; it should be a stranger to the workbench", got)
	}
	if errs, _ := c.take(); len(errs) > 0 {
		t.Errorf("the browser complains: %q", errs)
	}
}
