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
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
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

// What is known is not asked about again, except for one row in Recheck, and
// an endpoint that answers that one differently is found out.
func TestCache(t *testing.T) {
	s := plain()
	e := open(t, s, "protocol: tensorflow\n", endpoint.Options{Recheck: 8})
	b := batch(4)
	for range 4 {
		z, err := e.Predict(t.Context(), b)
		if err != nil {
			t.Fatal(err)
		}
		check(t, z, b)
	}
	if got := e.Count(); got.Rows != 5 || s.rows != 5 || got.Cached != 12 {
		t.Errorf("count %+v, the server's %d; want 5 rows asked about and 12 known", got, s.rows)
	}
	s.lie = func(_ []float64, nth int) []float64 { return []float64{0, float64(nth % 2)} }
	var err error
	for range 4 {
		if _, err = e.Predict(t.Context(), b); err != nil {
			break
		}
	}
	if !errors.Is(err, endpoint.ErrFickle) {
		t.Errorf("Predict = %v, want %v", err, endpoint.ErrFickle)
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
	if got := e.Count(); got.Rows != 8 || s.rows != 8 || got.Price != 0.016 {
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
	} {
		s := plain()
		s.write = func(w http.ResponseWriter, _ [][]float64) { io.WriteString(w, reply) } //nolint:errcheck // the client will notice
		if _, err := open(t, s, "protocol: tensorflow\n", endpoint.Options{}).Predict(t.Context(), batch(1)); err == nil {
			t.Errorf("%s: no error", name)
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
		if z, err := e.Predict(t.Context(), batch(1)); err == nil && len(z) != 2 {
			t.Errorf("%d logits, want 2 or an error", len(z))
		}
	})
}
