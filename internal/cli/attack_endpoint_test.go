package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"quintain"
	"quintain/record"
)

// A service answers as TensorFlow Serving does about two features: class 1 where
// the first is larger. It counts the rows that it answers about.
type service struct {
	mu     sync.Mutex
	rows   int
	labels bool
	window int // requests that it takes until somebody pauses; 0 for any number
	left   int
	away   int // requests turned away
	fickle bool
	broken bool
	after  func(rows int) // called with the rows asked about so far
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var in struct {
		Rows [][]float64 `json:"instances"`
	}
	switch {
	case s.broken:
		w.WriteHeader(http.StatusInternalServerError)
		return
	case s.window > 0 && s.left == 0:
		s.away++
		w.Header().Set("Retry-After", "3")
		w.WriteHeader(http.StatusTooManyRequests)
		return
	case json.NewDecoder(r.Body).Decode(&in) != nil:
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	s.left--
	if s.after != nil {
		defer func() { s.after(s.rows) }()
	}
	var out []any
	for _, x := range in.Rows {
		s.rows++
		p := 1 / (1 + 1/(1e-9+max(0, 1+4*(x[0]-x[1]))))
		if s.fickle && s.rows > 300 {
			p = 1 - p
		}
		switch {
		case !s.labels:
			out = append(out, []float64{1 - p, p})
		case p > 0.5:
			out = append(out, 1)
		default:
			out = append(out, 0)
		}
	}
	json.NewEncoder(w).Encode(map[string]any{"predictions": out}) //nolint:errcheck,errchkjson // the client will notice
}

// pause ends a window.
func (s *service) pause(ctx context.Context, _ time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left = s.window
	return ctx.Err()
}

// host serves s and writes rows to attack it on.
func host(t *testing.T, s *service) (address, data string) {
	t.Helper()
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	rng := rand.New(rand.NewPCG(5, 5))
	var rows strings.Builder
	rows.WriteString("a,b,label\n")
	for range 120 {
		x, y := rng.Float64(), rng.Float64()
		label := 0
		if x > y {
			label = 1
		}
		fmt.Fprintf(&rows, "%.5f,%.5f,%d\n", x, y, label)
	}
	data = filepath.Join(t.TempDir(), "rows.csv")
	if err := os.WriteFile(data, []byte(rows.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return srv.URL + "/v1/models/x:predict", data
}

// invoke is run with what goes to standard error.
func invoke(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	status = Main(t.Context(), &Env{
		Args: args, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Getenv: func(string) string { return "" },
		Now: func() time.Time { return time.Unix(0, 0) },
	})
	return status, out.String(), errs.String()
}

// ledgerLine finds what the evidence says that was asked.
var ledgerLine = regexp.MustCompile(`the ledger: (\d+) rows asked about in (\d+) requests, \d+ answers from memory, (\d+) requests turned away`)

func numbers(t *testing.T, text string) (rows, requests, away int) {
	t.Helper()
	all := ledgerLine.FindAllStringSubmatch(text, -1)
	if all == nil {
		t.Fatalf("no ledger in %s", text)
	}
	m := all[len(all)-1]
	for i, p := range []*int{&rows, &requests, &away} {
		var err error
		if *p, err = strconv.Atoi(m[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	return rows, requests, away
}

// TestAttackAddress attacks an address: by scores where it gives them, by labels
// where it gives no more. The plan comes first, and the ledger is the server's
// own count.
func TestAttackAddress(t *testing.T) {
	for _, labels := range []bool{false, true} {
		s := &service{labels: labels}
		address, data := host(t, s)
		status, out, errs := invoke(t, "attack", address, "--data", data, "--eps", "0.2", "--queries", "60", "--price", "2", "--per-second", "100000", "--json")
		d := decode(t, out)
		if f := d.Findings[0]; status != 1 || f.Outcome != quintain.Fail || f.Control == nil {
			t.Errorf("labels %v: status %d, %v %q; want 1 and fail with a control", labels, status, f.Outcome, f.Summary)
		}
		used := "attack/evasion/square"
		if labels {
			used = "attack/evasion/hopskipjump"
		}
		if !strings.Contains(out, used) {
			t.Errorf("labels %v: %s is not used: %s", labels, used, out)
		}
		if rows, _, _ := numbers(t, out); rows != s.rows || rows == 0 {
			t.Errorf("labels %v: the ledger says %d rows, the server %d", labels, rows, s.rows)
		}
		for _, want := range []string{"plan: attack/evasion/standard: at most 100 rows, each at most 60 questions", "at 2 for 1,000", "hours at 100000 a second"} {
			if !strings.Contains(errs, want) {
				t.Errorf("labels %v: said %q before, want %q", labels, errs, want)
			}
		}
	}
}

// TestAttackLimits holds an attack to what it may cost, at an endpoint that
// takes few requests at a time: nothing is exceeded, the ledger is the server's
// own count, and no more than one request is turned away for each pause.
func TestAttackLimits(t *testing.T) {
	s := &service{window: 7, left: 7}
	address, data := host(t, s)
	described := filepath.Join(t.TempDir(), "endpoint.yaml")
	yaml := fmt.Sprintf("url: %s\nprotocol: tensorflow\nfeatures: 2\nclasses: 2\nconcurrency: 4\nbatch: 8\nprice: 4\n", address)
	if err := os.WriteFile(described, []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	pauses := 0
	w := wiring{
		env: &Env{Getenv: func(string) string { return "" }}, cat: newCatalog(), seed: 1,
		sleep: func(ctx context.Context, d time.Duration) error { pauses++; return s.pause(ctx, d) },
	}
	e := w.attacker()
	var checks []*quintain.Check
	for _, c := range e.Checks() {
		if c.Name == headline {
			checks = append(checks, c)
		}
	}
	tg := quintain.Target{Kind: quintain.KindClassifier, Ref: described, With: map[string]string{"data": data, "eps": "0.05", "max-cost": "12"}}
	rec := record.NewMemory()
	if err := e.Run(t.Context(), tg, checks, rec); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(rec.Findings())
	if err != nil {
		t.Fatal(err)
	}
	rows, requests, away := numbers(t, string(b))
	if rows != s.rows || away != s.away || rows > 3000 || rows < 500 {
		t.Errorf("the ledger says %d rows and %d turned away, the server %d and %d; want the same, and no more than 3000 rows", rows, away, s.rows, s.away)
	}
	if away > pauses+3 || away == 0 {
		t.Errorf("%d of %d requests were turned away in %d pauses, want one each and 3 more", away, requests, pauses)
	}
	if f := rec.Findings()[0]; len(f.Evidence) == 0 || f.Evidence[0].Measure == nil || !strings.Contains(string(b), "; the price is ") {
		t.Errorf("%v %q without an interval or a price: %s", f.Outcome, f.Summary, b)
	}
}

// TestAttackTroubled is about endpoints that answer nothing of use: no verdict,
// status 3, and why.
func TestAttackTroubled(t *testing.T) {
	for name, c := range map[string]struct {
		s    *service
		more []string
		says string
	}{
		"errors only":       {&service{broken: true}, nil, "status 500"},
		"changes its mind":  {&service{fickle: true}, []string{"--queries", "200"}, "changes its mind: a row was answered class"},
		"too little money":  {&service{}, []string{"--price", "10", "--max-cost", "0.001"}, "does not pay for one answer"},
		"no price":          {&service{}, []string{"--max-cost", "1"}, "--price"},
		"nothing to try it": {&service{}, []string{"--price", "10", "--max-cost", "0.1"}, "does not cover"},
	} {
		address, data := host(t, c.s)
		args := append([]string{"attack", address, "--data", data}, c.more...)
		status, out, errs := invoke(t, args...)
		want := 3
		if strings.Contains(c.says, "price") || strings.Contains(c.says, "pay") {
			want = 2
		}
		if status != want || !strings.Contains(out+errs, c.says) {
			t.Errorf("%s: status %d, %s%s; want %d and %q", name, status, out, errs, want, c.says)
		}
	}
	_, data := host(t, &service{})
	for address, says := range map[string]string{
		"http://127.0.0.1:1/score":                       "does not say how to ask",
		"http://me:secret@127.0.0.1/v1/models/x:predict": "user name or a password",
		"https://models.example.com/v1/models/x:predict": "--grant network,spend",
		"http://127.0.0.1:1/v1/models/x:predict":         "refused",
		filepath.Join(t.TempDir(), "nothing there.yaml"): "no such file",
	} {
		status, out, errs := invoke(t, "attack", address, "--data", data)
		if status == 0 || status == 1 || out != "" || !strings.Contains(errs, says) || strings.Contains(errs, "secret") {
			t.Errorf("%s: status %d, %q, %q; want an error saying %q", address, status, out, errs, says)
		}
	}
}

// TestAssessEndpoint hands a remote classifier over from an assessment.
func TestAssessEndpoint(t *testing.T) {
	s := &service{}
	address, data := host(t, s)
	dir := t.TempDir()
	system := filepath.Join(dir, "system.yaml")
	yaml := fmt.Sprintf(`name: Scoring
elements:
  - {id: customers, kind: human, trust: untrusted}
  - id: scorer
    kind: model
    task: classify
    test: {kind: classifier, ref: %q, with: {data: %q, eps: "0.2", price: "1", max-cost: "6"}}
flows:
  - {from: customers, to: scorer, label: applications, returns: true}
`, address, data)
	if err := os.WriteFile(system, []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	if status, out, _ := invoke(t, "assess", system, "--plan"); status != 0 || s.rows > 0 || !strings.Contains(out, "attack/evasion/standard: at most 29 rows, each at most 50 questions") || !strings.Contains(out, "at most 1.5 at 1 for 1,000") || !strings.Contains(out, "attack/evasion/transfer: at most 29 rows, each at most 1 questions") {
		t.Errorf("the plan, status %d after %d questions, does not say what the endpoint is asked:\n%s", status, s.rows, out)
	}
	_, out, errs := invoke(t, "assess", system, "--json", "--out", filepath.Join(dir, "out"))
	d := decode(t, out)
	found := false
	for _, f := range d.Findings {
		if f.Check == headline {
			found = true
			if f.Outcome != quintain.Fail {
				t.Errorf("%v %q, want fail", f.Outcome, f.Summary)
			}
		}
	}
	if !found || s.rows == 0 {
		t.Errorf("the model was asked about %d rows and nothing found by %s: %s", s.rows, headline, errs)
	}
}
