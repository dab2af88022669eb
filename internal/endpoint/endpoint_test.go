package endpoint_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"quintain/internal/endpoint"
	"quintain/ml"
)

// A server scores rows of two features: class 1 has the probability that the
// first feature says.
type server struct {
	mu    sync.Mutex
	rows  int // it was asked about
	seen  int // requests
	busy  int // requests to turn away first
	fail  int // from this request on; 0 for none
	after string
	lie   func(row []float64, nth int) []float64
	write func(w http.ResponseWriter, scores [][]float64)
	read  func(body map[string]any) [][]float64
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen++
	if s.busy > 0 {
		s.busy--
		w.Header().Set("Retry-After", s.after)
		w.WriteHeader(http.StatusTooManyRequests)
		return
	}
	raw, err := io.ReadAll(r.Body)
	var body map[string]any
	if err != nil || json.Unmarshal(raw, &body) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if s.fail > 0 && s.seen >= s.fail {
		s.rows += len(s.read(body)) // it worked on them, and failed then
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	var scores [][]float64
	for _, row := range s.read(body) {
		s.rows++
		if s.lie != nil {
			scores = append(scores, s.lie(row, s.rows))
			continue
		}
		scores = append(scores, []float64{1 - row[0], row[0]})
	}
	s.write(w, scores)
}

// rows reads a list of lists.
func rows(v any) [][]float64 {
	var out [][]float64
	list, _ := v.([]any)
	for _, r := range list {
		var row []float64
		cells, _ := r.([]any)
		for _, c := range cells {
			f, _ := c.(float64)
			row = append(row, f)
		}
		out = append(out, row)
	}
	return out
}

func plain() *server {
	return &server{
		read: func(body map[string]any) [][]float64 { return rows(body["instances"]) },
		write: func(w http.ResponseWriter, scores [][]float64) {
			json.NewEncoder(w).Encode(map[string]any{"predictions": scores}) //nolint:errcheck // the client will notice
		},
	}
}

func open(t *testing.T, s *server, more string, o endpoint.Options) *endpoint.Endpoint {
	t.Helper()
	if o.Sleep == nil {
		o.Sleep = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
	}
	return serve(t, s, more, o)
}

// serve opens an endpoint that h answers for, or nobody if h is nil.
func serve(t *testing.T, h http.Handler, more string, o endpoint.Options) *endpoint.Endpoint {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	if h == nil {
		srv.Close()
	}
	c, err := endpoint.Parse("e.yaml", fmt.Appendf(nil, "url: %s/score?x=1\nfeatures: 2\nclasses: 2\n%s", srv.URL, more))
	if err != nil {
		t.Fatal(err)
	}
	e, err := endpoint.Open(c, o)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// batch returns n rows whose first features are different probabilities.
func batch(n int) ml.Batch {
	b := ml.Batch{Dim: 2}
	for i := range n {
		b.X = append(b.X, float32(i+1)/float32(n+1), 1e-7)
	}
	return b
}

func check(t *testing.T, z []float32, b ml.Batch) {
	t.Helper()
	for i := range b.Rows() {
		want := float64(b.Row(i)[0])
		got := 1 / (1 + math.Exp(float64(z[2*i]-z[2*i+1])))
		if math.Abs(got-want) > 1e-6 {
			t.Errorf("row %d: probability %v, want %v", i, got, want)
		}
	}
}

func TestProtocols(t *testing.T) {
	second := func(w http.ResponseWriter, scores [][]float64) {
		var p []float64
		for _, s := range scores {
			p = append(p, s[1])
		}
		json.NewEncoder(w).Encode(map[string]any{"data": map[string]any{"scores": p}}) //nolint:errcheck // the client will notice
	}
	for name, c := range map[string]struct {
		more string
		s    *server
	}{
		"tensorflow": {"protocol: tensorflow\n", plain()},
		"mlflow": {"protocol: mlflow\n", &server{
			read: func(body map[string]any) [][]float64 { return rows(body["inputs"]) }, write: plain().write,
		}},
		"mlflow table": {"protocol: mlflow\ncolumns: [a, b]\n", &server{
			read: func(body map[string]any) [][]float64 {
				table, _ := body["dataframe_split"].(map[string]any)
				if columns, _ := table["columns"].([]any); len(columns) != 2 || columns[1] != "b" {
					return nil
				}
				return rows(table["data"])
			}, write: plain().write,
		}},
		"kserve": {"protocol: kserve\ninput: x\n", &server{
			read: func(body map[string]any) [][]float64 {
				list, _ := body["inputs"].([]any)
				in, _ := list[0].(map[string]any)
				data, _ := in["data"].([]any)
				if in["name"] != "x" || in["datatype"] != "FP32" || fmt.Sprint(in["shape"]) != fmt.Sprintf("[%d 2]", len(data)/2) {
					return nil
				}
				var out [][]float64
				for i := 0; i < len(data); i += 2 {
					f, _ := data[i].(float64)
					out = append(out, []float64{f, 0})
				}
				return out
			},
			write: func(w http.ResponseWriter, scores [][]float64) {
				var data []float64
				for _, s := range scores {
					data = append(data, s...)
				}
				out := map[string]any{"name": "y", "shape": []int{len(scores), 2}, "datatype": "FP64", "data": data}
				json.NewEncoder(w).Encode(map[string]any{"outputs": []any{out}}) //nolint:errcheck // the client will notice
			},
		}},
		"json": {"protocol: json\nrequest: '{\"rows\": {{rows}}, \"v\": 2}'\nresponse: data.scores\n", &server{
			read: func(body map[string]any) [][]float64 { return rows(body["rows"]) }, write: second,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			e := open(t, c.s, c.more+"batch: 3\n", endpoint.Options{})
			b := batch(10)
			z, err := e.Predict(t.Context(), b)
			if err != nil {
				t.Fatal(err)
			}
			check(t, z, b)
			if got := e.Count(); got.Rows != c.s.rows || got.Requests != c.s.seen || got.Rows != 10 || got.Requests != 4 {
				t.Errorf("count %+v, the server's is %d rows in %d requests; want 10 in 4", got, c.s.rows, c.s.seen)
			}
		})
	}
}

func TestOutputs(t *testing.T) {
	for name, c := range map[string]struct {
		more string
		lie  func(row []float64, nth int) []float64
		want []float32
		err  string
	}{
		"labels":        {"output: label\n", func([]float64, int) []float64 { return []float64{1} }, []float32{0, 1}, ""},
		"logits":        {"output: logits\n", func([]float64, int) []float64 { return []float64{-3, 5} }, []float32{-3, 5}, ""},
		"strange label": {"output: label\n", func([]float64, int) []float64 { return []float64{2} }, nil, "label 2, want one from 0 to 1"},
		"half a label":  {"output: label\n", func([]float64, int) []float64 { return []float64{0.5} }, nil, "label 0.5"},
		"no number":     {"output: logits\n", func([]float64, int) []float64 { return []float64{1, 1e39} }, nil, "a score is 1e+39"},
		"no share":      {"", func([]float64, int) []float64 { return []float64{-0.5, 1.5} }, nil, "probability -0.5"},
		"too many":      {"", func([]float64, int) []float64 { return []float64{0.1, 0.2, 0.7} }, nil, "3 numbers for 1 rows and 2 classes"},
	} {
		s := plain()
		s.lie = c.lie
		z, err := open(t, s, "protocol: tensorflow\n"+c.more, endpoint.Options{}).Predict(t.Context(), batch(1))
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%s: %v, want an error saying %q", name, err, c.err)
			}
			continue
		}
		if err != nil || fmt.Sprint(z) != fmt.Sprint(c.want) {
			t.Errorf("%s: %v, %v; want %v", name, z, err, c.want)
		}
	}
}

// What is known is not asked about again, and of equal rows one is.
func TestCache(t *testing.T) {
	s := plain()
	e := open(t, s, "protocol: tensorflow\n", endpoint.Options{Recheck: -1})
	b := batch(4)
	b.X = append(b.X, b.Row(1)...)
	for range 3 {
		z, err := e.Predict(t.Context(), b)
		if err != nil {
			t.Fatal(err)
		}
		check(t, z, b)
	}
	if got := e.Count(); got.Rows != 4 || s.rows != 4 || got.Cached != 11 {
		t.Errorf("count %+v, the server's %d; want 4 rows asked about and 11 known", got, s.rows)
	}
}

// Beside new rows some old ones are asked about again, and an endpoint that
// answers one of them differently is found out. Rounding is no difference.
func TestFickle(t *testing.T) {
	for name, c := range map[string]struct {
		more string
		late []float64 // the answer of everything after the first request
		says string
	}{
		"the same":    {"", nil, ""},
		"rounding":    {"", []float64{0.66671, 0.33329}, ""},
		"scores move": {"", []float64{0.6, 0.4}, "class 0 with 0.6667, and later class 0 with 0.6000"},
		"classes":     {"output: label\n", []float64{1}, "a row was answered class 0, and later class 1"},
	} {
		s := plain()
		s.lie = func(row []float64, nth int) []float64 {
			switch {
			case c.late != nil && nth > 2 && row[0] < 0.4:
				return c.late
			case c.more != "":
				return []float64{math.Round(row[0])}
			}
			return []float64{1 - row[0], row[0]}
		}
		e := open(t, s, "protocol: tensorflow\n"+c.more, endpoint.Options{})
		_, err := e.Predict(t.Context(), batch(2))
		if err == nil {
			_, err = e.Predict(t.Context(), ml.Batch{X: []float32{0.9, 0}, Dim: 2})
		}
		if errors.Is(err, endpoint.ErrFickle) != (c.says != "") || err != nil && !strings.Contains(err.Error(), c.says) || !strings.Contains(e.Count().Fickle, c.says) {
			t.Errorf("%s: Predict = %v, count %+v; want %q", name, err, e.Count(), c.says)
		}
		if got := e.Count(); got.Rows != s.rows || got.Rows != 2+1+4 {
			t.Errorf("%s: count %+v, the server's %d; want 2 rows, one more, and 4 again", name, got, s.rows)
		}
	}
	s := plain()
	e := open(t, s, "protocol: tensorflow\n", endpoint.Options{Recheck: 10})
	for i := range 20 {
		b := ml.Batch{X: make([]float32, 0, 20), Dim: 2}
		for k := range 10 {
			b.X = append(b.X, float32(i*10+k)/200, 0)
		}
		if _, err := e.Predict(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	if again := s.rows - 200; again < 4+18 || again > 4+22 {
		t.Errorf("of 200 rows, one in 10, %d were asked about again; want 4 and about 20 more", again)
	}
}

func TestBudget(t *testing.T) {
	s := plain()
	e := open(t, s, "protocol: tensorflow\nprice: 2\n", endpoint.Options{Budget: 10})
	if _, err := e.Predict(t.Context(), batch(8)); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Predict(t.Context(), batch(7)); !errors.Is(err, endpoint.ErrBudget) {
		t.Errorf("Predict = %v, want %v", err, endpoint.ErrBudget)
	}
	if got := e.Count(); got.Rows != 8 || s.rows != 8 || got.Price != 0.016 || got.Left != 2 {
		t.Errorf("count %+v, the server's %d; want 8 rows for 0.016", got, s.rows)
	}
}

// An endpoint that asks to be left alone is, for as long as it says.
func TestBusy(t *testing.T) {
	var slept []time.Duration
	o := endpoint.Options{Sleep: func(_ context.Context, d time.Duration) error { slept = append(slept, d); return nil }}
	s := plain()
	s.busy, s.after = 2, "7"
	b := batch(3)
	z, err := open(t, s, "protocol: tensorflow\nrate: 4\n", o).Predict(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	check(t, z, b)
	const turn = 250 * time.Millisecond
	if want := []time.Duration{turn, 7 * time.Second, turn, 7 * time.Second, turn}; fmt.Sprint(slept) != fmt.Sprint(want) {
		t.Errorf("slept %v, want %v", slept, want)
	}
	for name, c := range map[string]struct {
		busy  int
		after string
		says  string
	}{
		"for too long": {1, "3600", "asks for a pause of 1h0m0s"},
		"too often":    {9, "", "busy (status 429), 5 times"},
	} {
		s := plain()
		s.busy, s.after = c.busy, c.after
		if _, err := open(t, s, "protocol: tensorflow\n", o).Predict(t.Context(), b); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want an error saying %q", name, err, c.says)
		}
	}
}

// A server that takes so many requests in a window is not stormed: after those
// that were in flight when it was full, one request a window is turned away.
func TestNoStorm(t *testing.T) {
	const window, flight = 10, 8
	s := plain()
	var mu sync.Mutex
	left, pauses, away := window, 0, 0
	front := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		full := left == 0
		if full {
			away++
		} else {
			left--
		}
		mu.Unlock()
		if full {
			w.Header().Set("Retry-After", "2")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		s.ServeHTTP(w, r)
	})
	o := endpoint.Options{Retries: 3, Sleep: func(_ context.Context, d time.Duration) error {
		mu.Lock()
		defer mu.Unlock()
		left, pauses = window, pauses+1
		if d != 2*time.Second {
			t.Errorf("paused for %v, want the 2s that were asked for", d)
		}
		return nil
	}}
	e := serve(t, front, fmt.Sprintf("protocol: tensorflow\nbatch: 1\nconcurrency: %d\n", flight), o)
	b := batch(300)
	z, err := e.Predict(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	check(t, z, b)
	if away > pauses+flight-1 || pauses < 300/window-1 || pauses > 300/window+1 {
		t.Errorf("%d requests were turned away in %d pauses, want one each and %d more, and %d pauses", away, pauses, flight-1, 300/window)
	}
	if got := e.Count(); got.Rows != s.rows || got.Rows != 300 || got.Busy != away || got.Requests != 300+away {
		t.Errorf("count %+v, the server's %d rows and %d turned away", got, s.rows, away)
	}
}

// The ledger is the server's own count whatever goes wrong: rows that were
// turned away or never sent do not count, and do not use up the budget.
func TestLedger(t *testing.T) {
	s := plain()
	s.fail = 3 // the third request and all after it
	e := open(t, s, "protocol: tensorflow\nbatch: 4\n", endpoint.Options{Budget: 100})
	if _, err := e.Predict(t.Context(), batch(40)); err == nil || !strings.Contains(err.Error(), "status 500") {
		t.Errorf("Predict = %v, want one that says status 500", err)
	}
	if got := e.Count(); got.Rows != s.rows || got.Rows != 12 || got.Left != 88 {
		t.Errorf("count %+v, the server's %d rows; want 12 in three requests", got, s.rows)
	}
	s.fail, s.busy = 0, 99
	if _, err := e.Predict(t.Context(), batch(40)); err == nil {
		t.Error("an endpoint that is always busy is no error")
	}
	if got := e.Count(); got.Rows != 12 || got.Left != 88 || got.Busy == 0 {
		t.Errorf("count %+v after being turned away, want 12 rows still", got)
	}
	gone := serve(t, nil, "protocol: tensorflow\n", endpoint.Options{})
	if _, err := gone.Predict(t.Context(), batch(1)); err == nil || gone.Count().Rows != 0 {
		t.Errorf("Predict = %v of a server that is not there, count %+v; want an error and no rows", err, gone.Count())
	}
}

func TestBadReplies(t *testing.T) {
	for name, reply := range map[string]string{
		"not JSON":     "<html>",
		"other key":    `{"scores": []}`,
		"text":         `{"predictions": ["many"]}`,
		"nothing":      `{"predictions": null}`,
		"no list":      `{"predictions": {"a": 1}}`,
		"fewer":        `{"predictions": []}`,
		"huge number":  `{"predictions": [[1e999, 0]]}`,
		"large":        `{"predictions": [` + strings.Repeat(" ", 17<<20) + `]}`,
		"not a number": `{"predictions": ["NaN", 0]}`,
		"NaN":          `{"predictions": [[NaN, 0.5]]}`,
		"null":         `{"predictions": [[null, 0.5]]}`,
	} {
		s := plain()
		s.write = func(w http.ResponseWriter, _ [][]float64) { io.WriteString(w, reply) } //nolint:errcheck // the client will notice
		_, err := open(t, s, "protocol: tensorflow\n", endpoint.Options{}).Predict(t.Context(), batch(1))
		if err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want an error of one line", name, err)
		}
		for what, says := range map[string]string{"not a number": "probability NaN", "NaN": "a score is NaN", "null": "null where a number belongs"} {
			if name == what && err != nil && !strings.Contains(err.Error(), says) {
				t.Errorf("%s: %v, want an error saying %q", name, err, says)
			}
		}
	}
	s := plain()
	s.write = func(w http.ResponseWriter, _ [][]float64) { w.WriteHeader(http.StatusTeapot) }
	_, err := open(t, s, "protocol: tensorflow\n", endpoint.Options{Key: "sesame"}).Predict(t.Context(), batch(1))
	if err == nil || !strings.Contains(err.Error(), "status 418") || strings.Contains(err.Error(), "sesame") || strings.Contains(err.Error(), "x=1") {
		t.Errorf("Predict = %v, want one that says status 418 and neither key nor query", err)
	}
}

func TestParseRefuses(t *testing.T) {
	const good = "url: http://127.0.0.1:1/x\nprotocol: tensorflow\nfeatures: 2\nclasses: 2\n"
	for in, says := range map[string]string{
		strings.Replace(good, "http:", "ftp:", 1):                            "url is no address",
		strings.Replace(good, "127", "me:secret@127", 1):                     "credentials do not belong into a url",
		strings.Replace(good, "tensorflow", "grpc", 1):                       `unknown protocol "grpc"`,
		strings.Replace(good, "classes: 2", "classes: 1", 1):                 "classes is 1, want a number from 2",
		good + "batch: 99999\n":                                              "batch is 99999",
		good + "columns: [a]\n":                                              "1 columns, want one for each of 2 features",
		good + "request: '{}'\n":                                             "protocol tensorflow knows its own request",
		good + "key-env: 'Bearer x'\n":                                       "not a key",
		strings.Replace(good, "tensorflow", "json", 1):                       "request has to hold {{rows}} once",
		strings.Replace(good, "tensorflow", "json\nrequest: '{{rows}'", 1):   "request has to hold {{rows}} once",
		strings.Replace(good, "tensorflow", "json\nrequest: 'x{{rows}}'", 1): "request is no JSON",
		strings.Replace(good, "tensorflow", "json\nrequest: '{{rows}}'", 1):  "response has to say",
		good + "rate: -1\n":                                                  "rate and price are not negative",
	} {
		if _, err := endpoint.Parse("e.yaml", []byte(in)); err == nil || !strings.Contains(err.Error(), says) || !strings.HasPrefix(err.Error(), "e.yaml:") {
			t.Errorf("%q: %v, want an error saying %q", in, err, says)
		}
	}
}

// Whatever is answered, there is an answer of the right length or an error.
func FuzzAnswer(f *testing.F) {
	for _, s := range []string{`{"predictions": [[0.2, 0.8]]}`, `{"predictions": [1, 0]}`, `{"predictions": {}}`} {
		f.Add(s, uint8(0))
		f.Add(s, uint8(2))
	}
	outputs := []string{"probabilities", "logits", "label"}
	f.Fuzz(func(t *testing.T, reply string, output uint8) {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, reply) //nolint:errcheck // the client will notice
		}))
		defer srv.Close()
		c, err := endpoint.Parse("e.yaml", fmt.Appendf(nil, "url: %s\nprotocol: tensorflow\nfeatures: 2\nclasses: 2\noutput: %s\n", srv.URL, outputs[output%3]))
		if err != nil {
			t.Fatal(err)
		}
		e, err := endpoint.Open(c, endpoint.Options{Retries: -1})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close() //nolint:errcheck // nothing depends on it
		if z, err := e.Predict(t.Context(), batch(1)); err == nil && len(z) != 2 {
			t.Errorf("%d logits, want 2 or an error", len(z))
		}
		g, err := endpoint.Guess(srv.URL+"/v1/models/x:predict", 2)
		if err != nil {
			t.Fatal(err)
		}
		d, err := endpoint.Open(g, endpoint.Options{Retries: -1})
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close() //nolint:errcheck // nothing depends on it
		if err := d.Discover(t.Context(), batch(1), 2); err == nil && d.Spec().Classes < 2 {
			t.Errorf("discovered %+v, want two classes or more", d.Spec())
		}
	})
}

// TestDouble keeps all digits of an answer, and says of a probability of 0 that
// it is less than any other.
func TestDouble(t *testing.T) {
	s := plain()
	s.lie = func([]float64, int) []float64 { return []float64{1.0 / 3, 2.0 / 3} }
	z, err := open(t, s, "protocol: tensorflow\n", endpoint.Options{}).Predict64(t.Context(), batch(1))
	if err != nil || math.Abs(z[0]-math.Log(1.0/3)) > 1e-15 || math.Abs(z[1]-math.Log(2.0/3)) > 1e-15 {
		t.Errorf("%v, %v; want the logarithms of one and two thirds", z, err)
	}
	s.lie = func([]float64, int) []float64 { return []float64{1, 0} }
	z, err = open(t, s, "protocol: tensorflow\n", endpoint.Options{}).Predict64(t.Context(), batch(1))
	if err != nil || z[0] != 0 || z[1] > math.Log(math.SmallestNonzeroFloat64) || math.IsInf(z[1], 0) {
		t.Errorf("%v, %v; want 0 and a number below all logarithms", z, err)
	}
}
