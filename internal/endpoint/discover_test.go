package endpoint_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"quintain/internal/endpoint"
	"quintain/ml"
)

// TestGuess reads what an address gives away.
func TestGuess(t *testing.T) {
	for address, want := range map[string]endpoint.Protocol{
		"https://h.example/v1/models/x:predict":            endpoint.TF,
		"https://h.example/v1/models/x/versions/3:predict": endpoint.TF,
		"http://h.example/v2/models/x/infer":               endpoint.KServe,
		"http://h.example:5000/invocations":                endpoint.MLflow,
		"http://h.example/score":                           "",
		"ftp://h.example/invocations":                      "",
		"http://me:secret@h.example/invocations":           "",
		"http://h.example/invocations?api_key=secret":      "",
	} {
		c, err := endpoint.Guess(address, 3)
		if (err == nil) != (want != "") || err == nil && (c.Protocol != want || c.Features != 3) {
			t.Errorf("Guess(%q) = %+v, %v; want protocol %q", address, c, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("Guess(%q) tells the secret: %v", address, err)
		}
		if strings.HasSuffix(address, "/score") && !errors.Is(err, endpoint.ErrUnknown) {
			t.Errorf("Guess(%q) = %v, want %v", address, err, endpoint.ErrUnknown)
		}
	}
}

// TestDiscover learns from one request what answers mean, and asks about those
// rows no more.
func TestDiscover(t *testing.T) {
	for name, c := range map[string]struct {
		reply   string
		output  endpoint.Output
		classes int
		says    string
	}{
		"probabilities":  {"[[0.2, 0.7, 0.1], [0, 1, 0]]", endpoint.Probabilities, 3, ""},
		"logits":         {"[[0.2, 0.7], [0.5, 1]]", endpoint.Logits, 2, ""},
		"of the second":  {"[0.25, 1]", endpoint.Probabilities, 2, ""},
		"labels":         {"[1, 0]", endpoint.Label, 4, ""},
		"a larger label": {"[6, 0]", endpoint.Label, 7, ""},
		"neither":        {"[-1.5, 0]", "", 0, "neither a class nor a probability"},
		"too few":        {"[0.5]", "", 0, "1 numbers for 2 rows"},
		"not a number":   {"[[NaN, 1], [0, 1]]", "", 0, "a score is NaN"},
	} {
		asked := 0
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var in struct {
				Rows [][]float64 `json:"instances"`
			}
			if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
				t.Error(err)
			}
			asked += len(in.Rows)
			io.WriteString(w, `{"predictions": `+c.reply+`}`) //nolint:errcheck // the client will notice
		}))
		defer srv.Close()
		d, err := endpoint.Guess(srv.URL+"/v1/models/x:predict", 2)
		if err != nil {
			t.Fatal(err)
		}
		e, err := endpoint.Open(d, endpoint.Options{})
		if err != nil {
			t.Fatal(err)
		}
		rows := ml.Batch{X: []float32{1, 2, 3, 4}, Dim: 2}
		err = e.Discover(t.Context(), rows, 4)
		if c.says != "" {
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s: %v, want an error saying %q", name, err, c.says)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if s := e.Spec(); s.Output != string(c.output) || s.Classes != c.classes {
			t.Errorf("%s: %+v, want %s of %d classes", name, s, c.output, c.classes)
		}
		if _, err := e.Predict(t.Context(), rows); err != nil || asked != 2 || e.Count().Rows != 2 {
			t.Errorf("%s: Predict = %v after %d rows and %+v, want no more questions", name, err, asked, e.Count())
		}
	}
}

// An endpoint of the Open Inference Protocol says what it calls its input.
func TestDiscoverInput(t *testing.T) {
	got := ""
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && r.URL.Path == "/v2/models/x" {
			io.WriteString(w, `{"inputs": [{"name": "float_input", "datatype": "FP32"}]}`) //nolint:errcheck // the client will notice
			return
		}
		var in struct {
			Inputs []struct {
				Name string `json:"name"`
			} `json:"inputs"`
		}
		if err := json.NewDecoder(r.Body).Decode(&in); err == nil && len(in.Inputs) == 1 {
			got = in.Inputs[0].Name
		}
		io.WriteString(w, `{"outputs": [{"data": [0, 1]}]}`) //nolint:errcheck // the client will notice
	}))
	defer srv.Close()
	c, err := endpoint.Guess(srv.URL+"/v2/models/x/infer", 2)
	if err != nil {
		t.Fatal(err)
	}
	e, err := endpoint.Open(c, endpoint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Discover(t.Context(), ml.Batch{X: []float32{1, 2, 3, 4}, Dim: 2}, 2); err != nil || got != "float_input" {
		t.Errorf("Discover = %v and names the input %q, want float_input", err, got)
	}
}
