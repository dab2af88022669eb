package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"quintain/internal/store"
	"quintain/internal/web"
	"quintain/lab"
	laball "quintain/lab/all"
)

// hundredLearners keeps what a hundred learners would leave: an attempt each
// at every exercise, with a failure and a pass of each stage.
func hundredLearners(b *testing.B, name string) {
	b.Helper()
	s, err := store.Open(b.Context(), name)
	if err != nil {
		b.Fatal(err)
	}
	at := time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)
	for _, e := range laball.Exercises {
		for n := range 100 {
			_, err := s.Start(b.Context(), lab.Record{Exercise: e.ID, Number: n + 1, Started: at})
			for i := range 2 * len(e.Stages) {
				st := &e.Stages[i/2]
				g := lab.Grade{Exercise: e.ID, Stage: st.ID, Passed: i%2 == 1}
				for _, c := range st.Checks {
					g.Results = append(g.Results, lab.Result{
						Stage: st.ID, Check: c.ID, Type: c.Type, What: c.What, Op: c.Op, Limit: c.Limit, Passed: true, Show: c.Show,
						Reading: lab.Reading{Value: .5, Low: .4, High: .6, Trials: 400, Method: "clopper-pearson", Saw: "a number"},
					})
				}
				g.Results[len(g.Results)-1].Passed = g.Passed
				data, failed := json.Marshal(g)
				if err = errors.Join(err, failed); err == nil {
					_, err = s.Append(b.Context(), lab.Entry{Exercise: e.ID, Attempt: n + 1, At: at, Kind: lab.EntryGrade, Data: data}, -1)
				}
			}
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkServe makes every kind of page of the workbench that users get, with
// all exercises, over the data of a hundred learners. The promise is 50 ms for
// 99 of 100; the time of the processor says what a busy machine makes of it.
func BenchmarkServe(b *testing.B) {
	home := b.TempDir()
	b.Chdir(home)
	hundredLearners(b, filepath.Join(home, storeFile))
	env := &Env{Getenv: func(name string) string { return map[string]string{"HOME": home}[name] }, Now: time.Now}
	o := serveFlags{lab: labFlags{home: home}, keys: keyFlag{defaultKeyEnv}}
	r, done, err := o.lab.open(b.Context(), env)
	if err != nil {
		b.Fatal(err)
	}
	defer done() //nolint:errcheck // a file of the benchmark
	token := strings.Repeat("t", 26)
	w, err := web.New(b.Context(), o.options(env, newCatalog(), r, home, token, "127.0.0.1:7811"))
	if err != nil {
		b.Fatal(err)
	}
	if _, err := r.List(b.Context()); err != nil { // as Serve does before the first page
		b.Fatal(err)
	}
	ask := func(path string, cookies ...*http.Cookie) *httptest.ResponseRecorder {
		req := httptest.NewRequestWithContext(b.Context(), http.MethodGet, path, http.NoBody)
		req.Host = "127.0.0.1:7811"
		for _, c := range cookies {
			req.AddCookie(c)
		}
		res := httptest.NewRecorder()
		w.ServeHTTP(res, req)
		return res
	}
	key, err := http.ParseSetCookie(ask("/?token=" + token).Header().Get("Set-Cookie"))
	if err != nil {
		b.Fatal(err)
	}
	pages := []string{
		"/", "/exercises", "/assessments", "/checks", "/checks/scan/pickle", "/techniques", "/techniques/AML.T0051", "/settings",
		"/path", "/path/role", "/path/assessment", "/path/challenges",
	}
	for _, e := range laball.Exercises {
		if _, err := r.Start(b.Context(), e.ID); err != nil {
			b.Fatal(err)
		}
		pages = append(pages, "/exercises/"+e.ID)
	}
	pages = append(pages, "/exercises/F01/lesson", "/exercises/F01/ledger", "/exercises/F01/solution")
	used := processorTime(env)
	for _, path := range pages {
		b.Run(strings.ReplaceAll(path[1:], "/", "-"), func(b *testing.B) {
			var took []time.Duration
			before := used()
			for b.Loop() {
				start := time.Now()
				if res := ask(path, key); res.Code != http.StatusOK {
					b.Fatalf("%s: status %d\n%.2000s", path, res.Code, res.Body)
				}
				took = append(took, time.Since(start))
			}
			busy := used() - before
			slices.Sort(took)
			for _, p := range []int{50, 99} {
				b.ReportMetric(float64(took[len(took)*p/100])/1e6, fmt.Sprintf("p%d-ms", p))
			}
			b.ReportMetric(float64(busy)/float64(len(took))/1e6, "cpu-ms")
		})
	}
	if _, err := os.Stat(filepath.Join(home, "lab", "F01")); err != nil {
		b.Error("the exercises were not started:", err)
	}
}
