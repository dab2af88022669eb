package cli

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"quintain/internal/fetch"
)

// fetchCLI runs the command line with a clock and an environment.
func fetchCLI(t *testing.T, vars map[string]string, args ...string) (status int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	status = Main(t.Context(), &Env{
		Args: append([]string{"fetch"}, args...), Stdin: strings.NewReader(""), Stdout: &o, Stderr: &e,
		Getenv: func(name string) string { return vars[name] },
		Now:    func() time.Time { return time.Date(2026, time.November, 24, 10, 0, 0, 0, time.UTC) },
	})
	return status, o.String(), e.String()
}

// TestFetchRefused shows that another machine is not connected to without the
// grant, whatever the source, and that loopback needs none.
func TestFetchRefused(t *testing.T) {
	for _, source := range []string{"https://models.example.com/m.bin", "hf:o/n@main", "s3://bucket/key", "oci://registry.example.com/r:t"} {
		dir := filepath.Join(t.TempDir(), "d")
		for _, args := range [][]string{{source, "--to", dir}, {source, "--head-only"}, {source, "--to", dir, "--grant", "spend"}} {
			status, out, errs := fetchCLI(t, nil, args...)
			if status != statusCannot || out != "" || !strings.Contains(errs, "needs network, which was not granted") || !strings.Contains(errs, "hint: --grant network") {
				t.Errorf("%q: status %d, said %q, want %d and what to grant", args, status, errs, statusCannot)
			}
		}
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("%s: the folder was made", source)
		}
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://models.example.com/m.bin", http.StatusFound)
	}))
	defer s.Close()
	status, _, errs := fetchCLI(t, nil, s.URL+"/m.bin", "--to", t.TempDir(), "--allow-host", "models.example.com")
	if status != statusCannot || !strings.Contains(errs, "not granted") {
		t.Errorf("a redirect to another machine: status %d, said %q", status, errs)
	}
	status, _, errs = fetchCLI(t, nil, s.URL+"/m.bin", "--to", t.TempDir(), "--grant", "network")
	if status != statusCannot || !strings.Contains(errs, "hint: --allow-host models.example.com") {
		t.Errorf("a redirect to another host: status %d, said %q", status, errs)
	}
}

// TestFetchUsage shows what is used wrongly: status 2, and a hint.
func TestFetchUsage(t *testing.T) {
	vars := map[string]string{"FULL": "x"}
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"model.bin", "--to", "d"}, "not a source"},
		{[]string{"https://user:key-canary@h/m", "--to", "d"}, "no password"},
		{[]string{"http://127.0.0.1:1/m"}, "hint: --to DIR"},
		{[]string{"http://127.0.0.1:1/m", "--to", "d", "--sha256", "12"}, "--sha256"},
		{[]string{"http://127.0.0.1:1/m", "--to", "d", "--token-env", "EMPTY"}, `"EMPTY"`},
		{[]string{"http://127.0.0.1:1/m", "--to", "d", "--user-env", "FULL"}, "--secret-env"},
		{[]string{"http://127.0.0.1:1/m", "--to", "d", "--grant", "all"}, "--grant"},
		{[]string{"http://127.0.0.1:1/m", "--to", "d", "--max-bytes", "0"}, "--max-bytes"},
		{[]string{}, "takes <source>"},
	} {
		status, out, errs := fetchCLI(t, vars, tt.args...)
		if status != statusUsage || out != "" || !strings.Contains(errs, tt.want) || strings.Contains(errs, "key-canary") {
			t.Errorf("%q: status %d, said %q, want %d and %q", tt.args, status, errs, statusUsage, tt.want)
		}
	}
}

// TestFetchWhole fetches with a token from the environment, for people and for
// programs. The token is nowhere.
func TestFetchWhole(t *testing.T) {
	const token = "token-canary-5d2e"
	weights := append([]byte("\x3a\x00\x00\x00\x00\x00\x00\x00"), `{"w":{"dtype":"F32","shape":[5,2],"data_offsets":[0,40]}}  `...)
	weights[0] = byte(len(weights) - 8)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+token {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(weights))
	}))
	defer s.Close()
	dir := t.TempDir()
	vars := map[string]string{"MY_TOKEN": token}
	url := s.URL + "/w.safetensors"

	status, _, errs := fetchCLI(t, vars, url, "--to", dir)
	if status != statusCannot || !strings.Contains(errs, "status 401") || !strings.Contains(errs, "hint: --token-env") {
		t.Errorf("without a token: status %d, said %q", status, errs)
	}
	status, out, errs := fetchCLI(t, vars, url, "--head-only", "--token-env", "MY_TOKEN")
	if status != statusOK || !strings.Contains(out, "w.safetensors: 1 tensors, 10 parameters (F32 ×1)") {
		t.Errorf("heads: status %d, wrote %q, said %q", status, out, errs)
	}
	status, out, errs = fetchCLI(t, vars, url, "--to", dir, "--token-env", "MY_TOKEN")
	if status != statusOK || !strings.Contains(out, "fetched") || !strings.Contains(out, "1 file,") || errs != "" {
		t.Errorf("text: status %d, wrote %q, said %q", status, out, errs)
	}
	all := out + errs
	status, out, errs = fetchCLI(t, vars, url, "--to", dir, "--token-env", "MY_TOKEN", "--json")
	var res fetch.Result
	if err := json.Unmarshal([]byte(out), &res); err != nil || status != statusOK || res.Manifest.Files[0].Path != "w.safetensors" || res.Manifest.Source != url {
		t.Errorf("JSON: status %d, %v, wrote %q, said %q", status, err, out, errs)
	}
	if res.Manifest.Time.Year() != 2026 {
		t.Errorf("time %v, want the clock's", res.Manifest.Time)
	}
	b, err := os.ReadFile(filepath.Join(dir, "quintain.fetch.json"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(all+out+errs+string(b), token) {
		t.Error("the token was written down")
	}
}
