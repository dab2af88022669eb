package cli

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// start runs the workbench and returns its address, and a function that ends
// it and returns the status.
func startServe(t *testing.T, home string, args ...string) (addr string, stop func() int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r, w := io.Pipe()
	status := make(chan int, 1)
	go func() {
		status <- Main(ctx, &Env{
			Args: append([]string{"serve", "--home", home}, args...), Stdin: strings.NewReader(""), Stdout: w, Stderr: io.Discard,
			Getenv: func(name string) string {
				return map[string]string{"HOME": home, "QUINTAIN_API_KEY": "canary-key-7"}[name]
			},
			Now: func() time.Time { return time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC) },
		})
		w.Close() //nolint:errcheck // a pipe closes
	}()
	line, err := bufio.NewReader(r).ReadString('\n')
	addr, ok := strings.CutPrefix(strings.TrimSpace(line), "Quintain workbench: ")
	if err != nil || !ok {
		cancel()
		t.Fatalf("the workbench printed %q, %v, status %d", line, err, <-status)
	}
	return addr, func() int {
		cancel()
		return <-status
	}
}

func get(t *testing.T, c *http.Client, addr string) (int, string) {
	t.Helper()
	res, err := c.Get(addr)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // only read
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

// TestServe opens the workbench that users get, with everything wired.
func TestServe(t *testing.T) {
	home := t.TempDir()
	t.Chdir(home)
	addr, stop := startServe(t, home, "--addr", "127.0.0.1:0")
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &http.Client{Jar: jar}
	u, err := url.Parse(addr)
	if err != nil {
		t.Fatal(err)
	}
	root := "http://" + u.Host
	if code, _ := get(t, http.DefaultClient, root); code != http.StatusUnauthorized {
		t.Errorf("status %d without the token, want 401", code)
	}
	if code, body := get(t, c, addr); code != http.StatusOK || !strings.Contains(body, "Next step") {
		t.Errorf("home: status %d, want 200 and the next step", code)
	}
	for path, want := range map[string]string{
		"/settings": "QUINTAIN_API_KEY", "/path": "Skill map", "/checks/scan/pickle": "quintain explain scan/pickle", "/assessments": "None yet",
	} {
		code, body := get(t, c, root+path)
		if code != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("%s: status %d, want 200 and %q", path, code, want)
		}
		if strings.Contains(body, "canary-key-7") || strings.Contains(body, u.Query().Get("token")) {
			t.Errorf("%s shows a key or the token", path)
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, root+"/exercises/F01/start", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Origin", root)
	res, err := c.Do(req)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("start F01: %v, %v", res, err)
	}
	if err := res.Body.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(home, "lab", "F01", "brief.md")); err != nil {
		t.Errorf("the page started nothing that the command would go on with: %v", err)
	}
	if info, err := os.Stat(filepath.Join(home, "workbench.token")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the token is kept as %v, %v, want its owner's alone", info, err)
	}
	if got := stop(); got != statusOK {
		t.Errorf("status %d after it was stopped, want 0", got)
	}
	again, stop := startServe(t, home, "--addr", "localhost:0")
	defer stop()
	if v, err := url.Parse(again); err != nil || v.Query().Get("token") != u.Query().Get("token") {
		t.Errorf("the second start prints %s, want the token of the first", again)
	}
}

func TestServeRefuses(t *testing.T) {
	for addr, want := range map[string]string{
		"0.0.0.0:7811": "hint: --addr 127.0.0.1:7811", "192.0.2.1:80": "ssh -L", ":7811": "TLS and accounts", "example.org:80": "TLS and accounts", "7811": "is no address",
		"[::]:80": "TLS and accounts",
	} {
		var out strings.Builder
		got := Main(t.Context(), &Env{
			Args: []string{"serve", "--addr", addr, "--home", t.TempDir()}, Stdout: io.Discard, Stderr: &out,
			Getenv: func(string) string { return "" }, Now: time.Now,
		})
		if got != statusUsage || !strings.Contains(out.String(), want) {
			t.Errorf("--addr %s: status %d, %q, want 2 and %q", addr, got, out.String(), want)
		}
	}
}
