package web_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"quintain"
	"quintain/assess"
	"quintain/curriculum"
	"quintain/internal/web"
	"quintain/lab"
	"quintain/ledger"
	probeall "quintain/probe/all"
	"quintain/report"
	htmlreport "quintain/report/all"
	scanall "quintain/scan/all"
)

const token = "a-token-for-tests-that-is-long"

// hostile is text that is dangerous wherever it is not text.
const hostile = `</script><script>alert(1)</script><img src=x onerror=alert(1)>"'` + "\u202e\x1b[31m"

// twice is an exercise that takes no time: hand in the number of the file,
// doubled.
func twice(id, name, titled string, stages ...lab.Mode) *lab.Exercise {
	number := func(s *lab.Source) float64 { return float64(s.Public("number")) }
	e := &lab.Exercise{
		ID: id, Name: name, Title: titled, Industry: "finance", Minutes: 45,
		Brief: "# " + titled + "\n\nA bank has a number, and nobody ever doubled it. You inherit it on **Monday**. <script>alert(1)</script>\n\n" +
			"## What to hand in\n\n- `answer.yaml`, with the number doubled\n\n```\nquintain lab check " + id + "\n```\n\n[a link](javascript:alert(1)) and ![a picture](http://example.com/x.png)\n\n| a | b |\n|--:|---|\n| 1 | 2 |\n",
		Lesson:   "# Why two\n\n" + strings.Repeat("Twice two is four, and that is the whole lesson. ", 30),
		Solution: "# How\n\nMultiply by two.", Skills: []string{"br-ml-metrics"},
		Techniques: []quintain.Technique{"AML.T0051.000"},
		Hints:      []string{"Look at the number.", "Think of doubling.", "Multiply it by two."},
		Setup: func(_ context.Context, w *lab.Setup) error {
			return w.Writef("number.txt", "%v\n", number(w.Source))
		},
		Picture: func(_ context.Context, a *lab.Attempt) ([]byte, error) {
			b, err := a.File("answer.yaml")
			return fmt.Appendf(nil, `<svg viewBox="0 0 100 20" onload="alert(1)"><title>A &amp; B</title><text class="label" x="1" y="10" style="fill:red">%d bytes</text></svg>`, len(b)), err
		},
		Acts: []lab.Act{{Name: "ask", Usage: "WORD...", Doc: "ask the world", Run: func(_ context.Context, a *lab.Attempt, args []string, out io.Writer) error {
			_, err := a.Ledger.Append(ledger.Event{Kind: ledger.KindMessage, Actor: "learner", Text: strings.Join(args, "|")})
			fmt.Fprintf(out, "%d words %s", len(args), hostile)
			return err
		}}},
	}
	for i, mode := range stages {
		e.Stages = append(e.Stages, lab.Stage{
			ID: string(rune('a' + i)), Mode: mode, Goal: "Double the number", HandIn: []string{"answer.yaml"}, Checks: []lab.Check{
				{ID: "ratio", Type: lab.Metric, What: "ratio of answer and number", Op: lab.AtLeast, Limit: 2, Show: "cat number.txt", Measure: func(_ context.Context, a *lab.Attempt) (lab.Reading, error) {
					var got struct {
						Double float64 `yaml:"double"`
					}
					err := a.YAML("answer.yaml", &got)
					v := got.Double / number(a.Source)
					return lab.Reading{Value: v, Low: v * .95, High: v * 1.05, Trials: 400, Method: "clopper-pearson", Saw: "a number"}, err
				}},
				{ID: "exact", Type: lab.Answer, What: "the number, doubled", Show: "cat number.txt", Measure: func(_ context.Context, a *lab.Attempt) (lab.Reading, error) {
					var got struct {
						Double float64 `yaml:"double"`
					}
					err := a.YAML("answer.yaml", &got)
					return lab.Verdict(got.Double == 2*number(a.Source), "%v", got.Double), err
				}},
			},
		})
	}
	return e
}

// A bench is a workbench with everything behind it.
type bench struct {
	*web.Workbench

	r     *lab.Range
	store lab.Store
	root  string
	state *curriculum.State
	mu    sync.Mutex
	runs  []web.Run
	docs  map[string]*report.Document
	clock time.Time
}

// hundred adds what a hundred learners would leave: an attempt each at every
// exercise, with a failure and a pass of each stage.
func (b *bench) hundred(tb testing.TB, exercises []*lab.Exercise) {
	tb.Helper()
	at := time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)
	for _, e := range exercises {
		for n := range 100 {
			_, err := b.store.Start(tb.Context(), lab.Record{Exercise: e.ID, Number: n + 1, Started: at})
			for i := range 2 * len(e.Stages) {
				g := lab.Grade{Exercise: e.ID, Stage: e.Stages[i/2].ID, Passed: i%2 == 1}
				for _, c := range e.Stages[i/2].Checks {
					g.Results = append(g.Results, lab.Result{
						Stage: g.Stage, Check: c.ID, Type: c.Type, What: c.What, Op: c.Op, Limit: c.Limit, Passed: true, Show: c.Show,
						Reading: lab.Reading{Value: .5, Low: .4, High: .6, Trials: 400, Method: "clopper-pearson", Saw: "a number"},
					})
				}
				g.Results[len(g.Results)-1].Passed = g.Passed
				data, failed := json.Marshal(g)
				if err = errors.Join(err, failed); err == nil {
					_, err = b.store.Append(tb.Context(), lab.Entry{Exercise: e.ID, Attempt: n + 1, At: at, Kind: lab.EntryGrade, Data: data}, -1)
				}
			}
			if err != nil {
				tb.Fatal(err)
			}
		}
	}
}

// someExercises are enough to fill a map.
func someExercises() []*lab.Exercise {
	return []*lab.Exercise{
		twice("F01", "lab/foundations/one", "The alarm that cried fraud", lab.Analyze),
		twice("F03", "lab/foundations/two", "Two readers, one message", lab.Attack, lab.Defend),
		twice("S01", "lab/supply/one", "A stranger's model "+hostile, lab.Attack, lab.Analyze, lab.Defend),
	}
}

func checks() []*quintain.Check {
	var list []*quintain.Check
	for _, f := range scanall.Formats {
		list = append(list, &f.Check)
	}
	for _, p := range probeall.Probes {
		list = append(list, &p.Check)
	}
	return list
}

// newBench returns a workbench that answers to host.
func newBench(tb testing.TB, host string, exercises []*lab.Exercise) *bench {
	tb.Helper()
	return newBenchAt(tb, host, lab.NewMemory(), exercises)
}

// newBenchOver returns a workbench over a store.
func newBenchOver(tb testing.TB, s lab.Store, exercises []*lab.Exercise) *bench {
	tb.Helper()
	return newBenchAt(tb, "127.0.0.1:7777", s, exercises)
}

func newBenchAt(tb testing.TB, host string, s lab.Store, exercises []*lab.Exercise) *bench {
	tb.Helper()
	b := &bench{root: filepath.Join(tb.TempDir(), "lab"), state: curriculum.NewState(), store: s, docs: make(map[string]*report.Document), clock: time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)}
	now := func() time.Time { return b.clock }
	var err error
	if b.r, err = lab.New(lab.Options{Exercises: exercises, Store: b.store, Root: b.root, Now: now}); err != nil {
		tb.Fatal(err)
	}
	for i, name := range []string{"hostile", "assess"} {
		f, err := os.Open(filepath.Join("..", "..", "report", "testdata", name+".json"))
		if err != nil {
			tb.Fatal(err)
		}
		if b.docs[name], err = report.Decode(f); err != nil {
			tb.Fatal(err)
		}
		if err := f.Close(); err != nil {
			tb.Fatal(err)
		}
		b.runs = append(b.runs, web.Run{Name: name, At: now().Add(-time.Duration(i) * time.Hour)})
	}
	b.Workbench, err = web.New(tb.Context(), web.Options{
		Tool: report.Tool{Name: "quintain", Version: "0.1.0-dev"}, Token: token, Hosts: []string{host}, Range: b.r, Now: now,
		Modules: map[string]web.Module{"foundations": {Title: "Foundations", About: "how models and tokens behave"}},
		Checks:  checks(), Curriculum: curriculum.Default(),
		Learner: func(context.Context) (*curriculum.State, error) { return b.state, nil },
		Change:  func(_ context.Context, change func(*curriculum.State) error) error { return change(b.state) },
		Assess: func(_ context.Context, a web.Assessment, progress func(assess.Progress)) (*report.Document, error) {
			if a.File != "system.yaml" {
				return nil, fmt.Errorf("open %s: no such file", a.File)
			}
			for i := range 3 {
				progress(assess.Progress{Done: i, Total: 3, Doing: "probe/injection on " + hostile})
			}
			b.mu.Lock()
			defer b.mu.Unlock()
			b.runs = append([]web.Run{{Name: "again", At: now()}}, b.runs...)
			b.docs["again"] = b.docs["assess"]
			return b.docs["assess"], nil
		},
		Runs: func() ([]web.Run, error) {
			b.mu.Lock()
			defer b.mu.Unlock()
			return b.runs, nil
		},
		Load: func(name string) (*report.Document, error) {
			b.mu.Lock()
			defer b.mu.Unlock()
			if d := b.docs[name]; d != nil {
				return d, nil
			}
			return nil, os.ErrNotExist
		},
		Report: func(w io.Writer, d *report.Document) error {
			for _, f := range htmlreport.Formats {
				if f.Name == "html" {
					return f.Write(w, d)
				}
			}
			return errors.New("no format html")
		},
		Endpoints: []web.Endpoint{{Name: "chat endpoints", KeyEnv: "QUINTAIN_API_KEY", Doc: hostile}},
		Folders:   []web.Folder{{Name: "Range", Path: b.root}},
	})
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// A client asks a workbench as a browser that was let in does.
type client struct {
	t    testing.TB
	h    http.Handler
	jar  []*http.Cookie
	host string
}

func newClient(tb testing.TB, h http.Handler) *client {
	tb.Helper()
	c := &client{t: tb, h: h, host: "127.0.0.1:7777"}
	res := c.do(c.request("GET", "/?token="+token, ""))
	k, err := http.ParseSetCookie(res.Header().Get("Set-Cookie"))
	if err != nil || res.Code != http.StatusSeeOther {
		tb.Fatalf("the token opens nothing: status %d, %v", res.Code, err)
	}
	c.jar = []*http.Cookie{k}
	return c
}

func (c *client) request(method, path, form string) *http.Request {
	r := httptest.NewRequestWithContext(c.t.Context(), method, path, strings.NewReader(form))
	r.Host = c.host
	if method == "POST" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", "http://"+c.host)
	}
	for _, k := range c.jar {
		r.AddCookie(k)
	}
	return r
}

func (c *client) do(r *http.Request) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	c.h.ServeHTTP(rec, r)
	return rec
}

// get returns the body of a page that must be there.
func (c *client) get(path string) string {
	c.t.Helper()
	return c.body(c.do(c.request("GET", path, "")), path, http.StatusOK)
}

// post sends a form and follows where it leads.
func (c *client) post(path, form string) string {
	c.t.Helper()
	res := c.do(c.request("POST", path, form))
	if to := res.Header().Get("Location"); res.Code == http.StatusSeeOther {
		to, _, _ = strings.Cut(to, "#")
		return c.get(to)
	}
	return c.body(res, path, http.StatusOK)
}

func (c *client) body(res *httptest.ResponseRecorder, path string, want int) string {
	c.t.Helper()
	if res.Code != want {
		c.t.Fatalf("%s: status %d, want %d\n%.2000s", path, res.Code, want, res.Body)
	}
	return res.Body.String()
}
