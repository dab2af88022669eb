package fetch_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"quintain/internal/fetch"
)

func itoa(n int) string { return strconv.Itoa(n) }

// TestWeb fetches a file, proves the manifest, and fetches again: the second
// time nothing is sent, and a file that was changed here is replaced.
func TestWeb(t *testing.T) {
	b := content(200_000)
	s := serve(t, file(`"v1"`, b))
	dir := filepath.Join(t.TempDir(), "new", "folder")
	o, _ := options(dir)
	ref := s.URL + "/models/model.bin?token=a-key-that-is-long"
	res := must(t, ref, o)
	want := &fetch.Manifest{
		Schema: "quintain.fetch/1", Source: s.URL + "/models/model.bin", Time: now, Complete: true,
		Files: []fetch.Entry{{Path: "model.bin", Size: 200_000, SHA256: digest(b), URL: s.URL + "/models/model.bin", ETag: `"v1"`}},
	}
	if d := cmp.Diff(want, manifest(t, dir)); d != "" {
		t.Errorf("manifest (-want +got):\n%s", d)
	}
	if d := cmp.Diff(map[string]string{"model.bin": string(b)}, tree(t, dir)); d != "" {
		t.Errorf("folder (-want +got):\n%s", d)
	}
	if res.Outcomes[0] != fetch.Fetched {
		t.Errorf("outcome %s, want fetched", res.Outcomes[0])
	}
	s.asked()

	if res = must(t, ref, o); res.Outcomes[0] != fetch.Verified {
		t.Errorf("second time: outcome %s, want verified", res.Outcomes[0])
	}
	if r := s.asked(); len(r) != 1 || r[0].Header.Get("If-None-Match") != `"v1"` {
		t.Errorf("second time: %d requests, want one that asks for another version only", len(r))
	}
	put(t, filepath.Join(dir, "model.bin"), []byte("changed"))
	if res = must(t, ref, o); res.Outcomes[0] != fetch.Replaced || tree(t, dir)["model.bin"] != string(b) {
		t.Errorf("after a change: outcome %s, want replaced by what the source has", res.Outcomes[0])
	}
}

// TestDigest shows that a digest that was given decides: a file that has it is
// not asked for again, and one that has not is not kept.
func TestDigest(t *testing.T) {
	b := content(1000)
	s := serve(t, file(`"v1"`, b))
	dir := t.TempDir()
	o, _ := options(dir)
	o.Digest = digest([]byte("other"))
	_, err := get(t, s.URL+"/m.bin", o)
	fails(t, "wrong digest", err, "not what was promised", dir, "m.bin", ".quintain.partial")
	if m := manifest(t, dir); m.Complete || m.Files[0].SHA256 != "" {
		t.Errorf("the manifest claims what failed: %+v", m)
	}
	o.Digest = digest(b)
	must(t, s.URL+"/m.bin", o)
	s.asked()
	if res := must(t, s.URL+"/m.bin", o); res.Outcomes[0] != fetch.Verified || len(s.asked()) != 0 {
		t.Errorf("outcome %s, want verified without a request", res.Outcomes[0])
	}
}

// TestResume shows that a transfer that broke off goes on where it ended, in
// the same fetch and in the next one.
func TestResume(t *testing.T) {
	b := content(300_000)
	n := 0
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if n++; n <= 2 {
			have := 0
			if from, ok := strings.CutPrefix(r.Header.Get("Range"), "bytes="); ok {
				have, _ = strconv.Atoi(strings.TrimSuffix(from, "-"))
				w.Header().Set("Content-Range", "bytes "+itoa(have)+"-299999/300000")
				w.Header().Set("Content-Length", itoa(300_000-have))
				w.Header().Set("ETag", `"v1"`)
				w.WriteHeader(http.StatusPartialContent)
				write(w, b[have:have+100_000])
				_ = http.NewResponseController(w).Flush()
				panic(http.ErrAbortHandler)
			}
			cut(`"v1"`, b, 100_000)(w, r)
		}
		file(`"v1"`, b)(w, r)
	})
	for _, retries := range []int{2, -1} {
		n = 0
		dir := t.TempDir()
		o, waits := options(dir)
		o.Retries = retries
		if retries < 0 {
			for range 2 {
				_, err := get(t, s.URL+"/m.bin", o)
				fails(t, "broken", err, "the transfer broke off", dir, "m.bin")
				if parts(t, dir) != 1 {
					t.Error("what came was not kept")
				}
			}
		}
		must(t, s.URL+"/m.bin", o)
		if got := tree(t, dir)["m.bin"]; got != string(b) {
			t.Errorf("retries %d: %d bytes that are not the file", retries, len(got))
		}
		var asked []string
		for _, r := range s.asked() {
			asked = append(asked, r.Header.Get("Range")+" "+r.Header.Get("If-Range"))
		}
		if want := []string{" ", `bytes=100000- "v1"`, `bytes=200000- "v1"`}; !slices.Equal(asked, want) {
			t.Errorf("retries %d: asked for %q, want %q", retries, asked, want)
		}
		if want := []time.Duration{time.Second, 2 * time.Second}; retries == 2 && !slices.Equal(*waits, want) {
			t.Errorf("waited %v, want %v", *waits, want)
		}
		fails(t, "finished", errors.New("-"), "-", dir, ".quintain.partial")
	}
}

// TestResumeElsewise breaks off a first fetch and then meets servers that do
// not simply send the rest. The whole new file must come out, never a mix.
func TestResumeElsewise(t *testing.T) {
	first, second := content(10_000), []byte(strings.Repeat("another file ", 1000))
	partial := func(contentRange, etag string, b []byte) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Range") == "" {
				file(`"v2"`, second)(w, r)
				return
			}
			w.Header().Set("Content-Range", contentRange)
			w.Header().Set("ETag", etag)
			w.WriteHeader(http.StatusPartialContent)
			write(w, b)
		}
	}
	tests := map[string]http.HandlerFunc{
		"changed":              file(`"v2"`, second),
		"range ignored":        func(w http.ResponseWriter, _ *http.Request) { write(w, second) },
		"changed, but a range": partial("bytes 4000-12999/13000", `"v2"`, second[4000:]),
		"another range":        partial("bytes 0-12999/13000", `"v1"`, second),
		"a range of nonsense":  partial("lines 1-2", `"v1"`, second),
		"no such range": func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Range") != "" {
				w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
				return
			}
			write(w, second)
		},
	}
	for name, then := range tests {
		h := cut(`"v1"`, first, 4000)
		s := serve(t, func(w http.ResponseWriter, r *http.Request) { h(w, r) })
		dir := t.TempDir()
		o, _ := options(dir)
		_, err := get(t, s.URL+"/m.bin", o)
		fails(t, name, err, "broke off", dir, "m.bin")
		h = then
		o.Retries = 1
		must(t, s.URL+"/m.bin", o)
		if got := tree(t, dir)["m.bin"]; got != string(second) {
			t.Errorf("%s: %d bytes that are not the new file", name, len(got))
		}
	}
}

// TestWeakVersion shows that a part without a version that promises the same
// bytes is not continued.
func TestWeakVersion(t *testing.T) {
	b := content(10_000)
	for _, etag := range []string{"", `W/"v1"`} {
		h := cut(etag, b, 4000)
		s := serve(t, func(w http.ResponseWriter, r *http.Request) { h(w, r) })
		dir := t.TempDir()
		o, _ := options(dir)
		_, err := get(t, s.URL+"/m.bin", o)
		fails(t, etag, err, "broke off", dir, "m.bin")
		s.asked()
		h = file(etag, b)
		must(t, s.URL+"/m.bin", o)
		if r := s.asked(); len(r) != 1 || r[0].Header.Get("Range") != "" {
			t.Errorf("version %q: the rest was asked for", etag)
		}
	}
}

// TestStatus shows that errors of a server end the fetch, and that one that is
// busy is asked again when it says.
func TestStatus(t *testing.T) {
	for _, status := range []int{400, 403, 404, 410, 500, 204} {
		s := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
		dir := t.TempDir()
		o, waits := options(dir)
		o.Retries = 3
		_, err := get(t, s.URL+"/m.bin", o)
		fails(t, itoa(status), err, "status "+itoa(status), dir, "m.bin", ".quintain.partial")
		if e, ok := errors.AsType[*fetch.StatusError](err); !ok || e.Status != status || len(s.asked()) != 1 || len(*waits) != 0 {
			t.Errorf("status %d: error %v, want a StatusError after one request", status, err)
		}
	}
	b := content(100)
	for _, tt := range []struct {
		busy  int
		after string
		waits []time.Duration
		fails bool
	}{
		{2, "7", []time.Duration{7 * time.Second, 7 * time.Second}, false},
		{1, "Tue, 24 Nov 2026 10:00:09 GMT", []time.Duration{9 * time.Second}, false},
		{3, "", []time.Duration{time.Second, 2 * time.Second, 4 * time.Second}, false},
		{1, "soon", []time.Duration{time.Second}, false},
		{1, "-5", []time.Duration{time.Second}, false},
		{1, "999999999", []time.Duration{time.Minute}, false},
		{9, "1", []time.Duration{time.Second, time.Second, time.Second}, true},
	} {
		n := 0
		s := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if n++; n > tt.busy {
				file(`"v"`, b)(w, r)
				return
			}
			w.Header().Set("Date", "Tue, 24 Nov 2026 10:00:00 GMT")
			w.Header().Set("Retry-After", tt.after)
			w.WriteHeader(http.StatusTooManyRequests)
		})
		dir := t.TempDir()
		o, waits := options(dir)
		o.Retries = 3
		if _, err := get(t, s.URL+"/m.bin", o); (err != nil) != tt.fails {
			t.Errorf("busy %d times: error %v", tt.busy, err)
		}
		if !slices.Equal(*waits, tt.waits) {
			t.Errorf("Retry-After %q: waited %v, want %v", tt.after, *waits, tt.waits)
		}
	}
}

// TestTooMuch shows that no server fills the disk: neither one that says how
// much it sends nor one that has no end.
func TestTooMuch(t *testing.T) {
	var sent atomic.Int64
	for name, h := range map[string]http.HandlerFunc{
		"says so": file(`"v"`, content(5000)),
		"endless": func(w http.ResponseWriter, _ *http.Request) {
			for sent.Add(1000) < 100<<20 {
				if _, err := w.Write(make([]byte, 1000)); err != nil {
					return
				}
			}
		},
	} {
		s := serve(t, h)
		dir := t.TempDir()
		o, _ := options(dir)
		o.MaxBytes = 4999
		o.Retries = 2
		_, err := get(t, s.URL+"/m.bin", o)
		fails(t, name, err, "too large", dir, "m.bin", ".quintain.partial")
		if len(s.asked()) != 1 {
			t.Errorf("%s: asked again", name)
		}
	}
	if sent.Load() >= 100<<20 {
		t.Error("everything was read")
	}
	o, _ := options(t.TempDir())
	o.MaxBytes = 5000
	must(t, serve(t, file(`"v"`, content(5000))).URL+"/m.bin", o)
}

// TestSlow shows that a silent server is left alone after a while, before and
// within a reply, and at once when the caller has enough. What came is kept.
func TestSlow(t *testing.T) {
	b := content(1000)
	before := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	within := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"v1"`)
		w.Header().Set("Content-Length", "1000")
		write(w, b[:400])
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}
	for name, h := range map[string]http.HandlerFunc{"before": before, "within": within} {
		s := serve(t, h)
		dir := t.TempDir()
		o, _ := options(dir)
		o.Stall = 50 * time.Millisecond
		_, err := get(t, s.URL+"/m.bin", o)
		fails(t, name+", stalled", err, "sends nothing", dir, "m.bin")

		ctx, cancel := context.WithCancel(t.Context())
		o.Dir = t.TempDir()
		o.Stall = time.Hour
		o.Progress = func(p fetch.Progress) {
			if p.Done == 400 {
				cancel()
			}
		}
		if name == "before" {
			time.AfterFunc(20*time.Millisecond, cancel)
		}
		src, err := fetch.Parse(s.URL + "/m.bin")
		if err != nil {
			t.Fatal(err)
		}
		_, err = src.Fetch(ctx, o)
		fails(t, name+", canceled", err, "canceled", o.Dir, "m.bin")
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: error %v is not that of the context", name, err)
		}
		if name == "within" {
			if parts(t, o.Dir) != 1 {
				t.Error("what came before the interruption was not kept")
			}
			s.Config.Handler = file(`"v1"`, b)
			o.Progress = nil
			must(t, s.URL+"/m.bin", o)
			if tree(t, o.Dir)["m.bin"] != string(b) {
				t.Error("after the interruption: not the file")
			}
		}
	}
}

// TestCanceledVerification shows that the reading of what is here ends too when
// the caller has enough.
func TestCanceledVerification(t *testing.T) {
	b := content(100)
	dir := t.TempDir()
	put(t, filepath.Join(dir, "m.bin"), b)
	o, _ := options(dir)
	o.Digest = digest(b)
	src, err := fetch.Parse("http://127.0.0.1:1/m.bin")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := src.Fetch(ctx, o); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that of the context", err)
	}
	if _, err := src.Fetch(t.Context(), o); err != nil {
		t.Errorf("with patience: %v", err)
	}
}

// TestRedirect shows where a fetch goes and where it does not, and that the
// token stays at home.
func TestRedirect(t *testing.T) {
	b := content(1000)
	other := serve(t, file(`"v"`, b))
	otherHost := strings.TrimPrefix(other.URL, "http://")
	target := ""
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/moved/m.bin" {
			file(`"v"`, b)(w, r)
			return
		}
		http.Redirect(w, r, target, http.StatusFound)
	})
	for _, tt := range []struct {
		name, target string
		allow        []string
		want         string // "" goes well
	}{
		{"same host", "/moved/m.bin", nil, ""},
		{"another host", other.URL + "/m.bin", nil, "is not allowed"},
		{"another host, allowed", other.URL + "/m.bin", []string{otherHost}, ""},
		{"another host, another allowed", other.URL + "/m.bin", []string{"example.com", "*.0.0.1", "127.0.0.1:1"}, "is not allowed"},
		{"a wider name", "http://evil-example.com/m.bin", []string{"*.example.com"}, "is not allowed"},
		{"a file", "file:///etc/passwd", []string{"*"}, "not http"},
		{"a password", "http://u:p@" + otherHost + "/m.bin", []string{otherHost}, "password"},
		{"in circles", "/m.bin", nil, "too often"},
		{"nowhere", "http://[", nil, "no address"},
		{"unencrypted", "http://a.example.com/m.bin", []string{"*.example.com"}, "not encrypted"},
	} {
		target = tt.target
		dir := t.TempDir()
		o, _ := options(dir)
		o.AllowHosts = tt.allow
		o.Credentials.Token = "token-canary"
		_, err := get(t, s.URL+"/m.bin", o)
		if tt.want != "" {
			fails(t, tt.name, err, tt.want, dir, "m.bin")
		} else if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		} else if e := manifest(t, dir).Files[0]; e.URL != s.URL+"/m.bin" {
			t.Errorf("%s: recorded as %s", tt.name, e.URL)
		}
		for _, r := range other.asked() {
			if tt.want != "" {
				t.Errorf("%s: the other host was asked", tt.name)
			}
			if r.Header.Get("Authorization") != "" {
				t.Errorf("%s: the token was sent to another host", tt.name)
			}
		}
		if r := s.asked(); r[0].Header.Get("Authorization") != "Bearer token-canary" {
			t.Errorf("%s: the token was not sent to its host", tt.name)
		}
	}
}

// TestEncryption shows that certificates are checked, and that other machines
// are not talked to in the clear.
func TestEncryption(t *testing.T) {
	s := httptest.NewTLSServer(file(`"v"`, content(10)))
	s.Config.ErrorLog = nil
	defer s.Close()
	dir := t.TempDir()
	o, _ := options(dir)
	_, err := get(t, s.URL+"/m.bin", o)
	fails(t, "unknown certificate", err, "certificate", dir, "m.bin")
	_, err = get(t, "http://models.example.com/m.bin", o)
	fails(t, "unencrypted", err, "not encrypted", dir, "m.bin")
}

// TestPermit shows that nothing is connected to that was not permitted, not
// even by a redirect.
func TestPermit(t *testing.T) {
	other := serve(t, file(`"v"`, content(10)))
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+"/m.bin", http.StatusFound)
	})
	no := errors.New("not granted")
	for _, refused := range []*recorder{s, other} {
		dir := t.TempDir()
		o, _ := options(dir)
		o.AllowHosts = []string{"127.0.0.1"}
		o.Permit = func(address string) error {
			if strings.HasPrefix(address, refused.URL) {
				return no
			}
			return nil
		}
		_, err := get(t, s.URL+"/m.bin?key=secret", o)
		fails(t, "refused", err, "not granted", dir, "m.bin")
		if !errors.Is(err, no) || len(refused.asked()) != 0 {
			t.Errorf("error %v, or the refused host was asked", err)
		}
	}
}

// TestEncoded shows that a file in another form than its own is refused.
func TestEncoded(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept-Encoding") != "" {
			t.Errorf("asked for %q", r.Header.Get("Accept-Encoding"))
		}
		w.Header().Set("Content-Encoding", "gzip")
		write(w, content(100))
	})
	dir := t.TempDir()
	o, _ := options(dir)
	_, err := get(t, s.URL+"/m.bin", o)
	fails(t, "gzip", err, "another form", dir, "m.bin")
}

// TestProgress shows that progress ends at the size that the server says.
func TestProgress(t *testing.T) {
	s := serve(t, file(`"v"`, content(100_000)))
	o, _ := options(t.TempDir())
	var last fetch.Progress
	o.Progress = func(p fetch.Progress) {
		if p.Done <= last.Done {
			t.Errorf("after %d bytes came %d", last.Done, p.Done)
		}
		last = p
	}
	must(t, s.URL+"/m.bin", o)
	if want := (fetch.Progress{File: 1, Files: 1, Path: "m.bin", Done: 100_000, Size: 100_000}); last != want {
		t.Errorf("ended at %+v, want %+v", last, want)
	}
}
