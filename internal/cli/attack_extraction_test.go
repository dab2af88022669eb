package cli

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// scorer answers as TensorFlow Serving does, about two features with a linear
// model.
func scorer(t *testing.T) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			Rows [][]float64 `json:"instances"`
		}
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		out := make([][]float64, 0, len(in.Rows))
		for _, x := range in.Rows {
			p := 1 / (1 + math.Exp(3*x[0]-2*x[1]-0.4))
			out = append(out, []float64{1 - p, p})
		}
		if err := json.NewEncoder(w).Encode(map[string]any{"predictions": out}); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

// TestAttackEndpoint copies a model that answers over HTTP, by its weights.
func TestAttackEndpoint(t *testing.T) {
	dir := t.TempDir()
	rng := rand.New(rand.NewPCG(1, 1))
	var rows strings.Builder
	rows.WriteString("a,b,label\n")
	for range 200 {
		fmt.Fprintf(&rows, "%.4f,%.4f,%d\n", rng.Float64(), rng.Float64(), rng.IntN(2))
	}
	data, described := filepath.Join(dir, "rows.csv"), filepath.Join(dir, "endpoint.yaml")
	yaml := fmt.Sprintf("url: %s\nprotocol: tensorflow\nfeatures: 2\nclasses: 2\n", scorer(t).URL)
	for name, text := range map[string]string{data: rows.String(), described: yaml} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	copied := filepath.Join(dir, "copy.onnx")
	status, out := run(t.Context(), nil, "attack", described, "--check", "attack/extraction/equation", "--data", data, "--queries", "20", "--copy-out", copied)
	if !strings.Contains(out, "agrees with the model on 100.0% of 200 rows") {
		t.Errorf("the model behind %s is not copied, status %d: %s", described, status, out)
	}
	if _, err := os.Stat(copied); err != nil {
		t.Error(err)
	}
	_, out = run(t.Context(), nil, "attack", described, "--check", "attack/extraction/equation", "--data", data, "--queries", "20", "--format", "json")
	var miss float64
	said := decode(t, out).Findings[0].Evidence[0].Excerpt
	at := strings.Index(said, "predict them up to ")
	if at < 0 || !strings.Contains(said, "answers in double precision") {
		t.Fatalf("%q, want how well the equations hold in double precision", said)
	}
	if _, err := fmt.Sscanf(said[at:], "predict them up to %g", &miss); err != nil || miss > 1e-9 {
		t.Errorf("%q, want 1e-9 and less (%v)", said, err)
	}
	far := strings.Replace(yaml, "127.0.0.1", "models.example", 1)
	if err := os.WriteFile(described, []byte(far), 0o600); err != nil {
		t.Fatal(err)
	}
	if status, out := run(t.Context(), nil, "attack", described, "--check", "attack/extraction", "--data", data); status == 0 || out != "" {
		t.Errorf("an endpoint elsewhere is asked without a grant: status %d, %s", status, out)
	}
}
