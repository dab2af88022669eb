package fetch_test

import (
	"encoding/base64"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"quintain/internal/fetch"
)

const canary = "canary-7f3a/9c+1e=="

// leaks returns where a canary is in text, in any form it is sent in.
func leaks(text string) bool {
	for _, s := range []string{canary, url.QueryEscape(canary), url.PathEscape(canary), base64.StdEncoding.EncodeToString([]byte("user:" + canary)), "canary-7f3a"} {
		if strings.Contains(strings.ToLower(text), strings.ToLower(s)) {
			return true
		}
	}
	return false
}

// TestCanary sends credentials to servers that send them back in every way
// they can. They are in no error, no manifest, and no other file or name.
func TestCanary(t *testing.T) {
	echo := func(r *http.Request) string {
		if _, p, ok := r.BasicAuth(); ok {
			return p
		}
		if a, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
			return a
		}
		if s := r.Header.Get("X-Amz-Security-Token"); s != "" {
			return s
		}
		return r.URL.Query().Get("sig")
	}
	behaviors := map[string]http.HandlerFunc{
		"in the status": func(w http.ResponseWriter, r *http.Request) { http.Error(w, echo(r), http.StatusInternalServerError) },
		"in the version": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("ETag", `"`+echo(r)+`"`)
			write(w, content(10))
		},
		"in the version, cut": func(w http.ResponseWriter, r *http.Request) { cut(`"`+echo(r)+`"`, content(1000), 500)(w, r) },
		"in the host": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://"+url.PathEscape(echo(r))+"/", http.StatusFound)
		},
		"in the path": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/x/"+url.PathEscape(echo(r))+"?"+url.QueryEscape(echo(r)), http.StatusFound)
		},
		"in the scheme": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "canary-7f3a:x")
			w.WriteHeader(http.StatusFound)
		},
		"in the encoding": func(w http.ResponseWriter, r *http.Request) { w.Header().Set("Content-Encoding", echo(r)) },
		"in a name": func(w http.ResponseWriter, r *http.Request) {
			switch {
			case strings.Contains(r.URL.Path, "/api/models/"):
				fmt.Fprintf(w, `{"sha":%q,"siblings":[{"rfilename":%q},{"rfilename":"../x%s"}]}`, commit1, echo(r), echo(r))
			case strings.Contains(r.URL.Path, "/manifests/"):
				fmt.Fprintf(w, `{"layers":[{"digest":%q,"size":1,"annotations":{"org.opencontainers.image.title":%q}}]}`, digest(nil), echo(r))
			default:
				fmt.Fprintf(w, `<ListBucketResult><Contents><Key>m/%s</Key><ETag>%s</ETag></Contents></ListBucketResult>`, echo(r), echo(r))
			}
		},
		"in a good name": func(w http.ResponseWriter, r *http.Request) {
			switch {
			case strings.Contains(r.URL.Path, "/api/models/"):
				fmt.Fprintf(w, `{"sha":%q,"siblings":[{"rfilename":%q,"size":0}]}`, commit1, echo(r))
			case r.URL.Path == "/models":
				fmt.Fprintf(w, `<ListBucketResult><Contents><Key>m/%s</Key></Contents></ListBucketResult>`, echo(r))
			}
		},
		"in a digest": func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, `{"sha":%q,"layers":[{"digest":%q}],"siblings":[{"rfilename":"a","lfs":{"sha256":%q}}],"files":%q}`, commit1, echo(r), echo(r), echo(r))
		},
		"in a challenge": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("WWW-Authenticate", `Bearer realm="http://canary-7f3a.example/`+url.PathEscape(echo(r))+`"`)
			w.WriteHeader(http.StatusUnauthorized)
		},
		"hangs up": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	}
	credentials := []fetch.Credentials{{User: "user", Secret: canary}, {Token: canary}, {User: "user", Secret: canary, Token: canary}}
	for name, h := range behaviors {
		s := serve(t, h)
		host := strings.TrimPrefix(s.URL, "http://")
		for _, ref := range []string{s.URL + "/m.bin?sig=" + url.QueryEscape(canary), "hf:o/n", "s3://models/m", "oci://" + host + "/acme/model:t", "mlflow:m/1"} {
			for _, k := range credentials {
				o, _ := options(t.TempDir())
				o.Credentials, o.Endpoint = k, s.URL
				_, err := get(t, ref, o)
				if err != nil && leaks(err.Error()) {
					if !strings.Contains(err.Error(), "canary-7f3a.example") && !strings.Contains(err.Error(), `"canary-7f3a"`) { // those are the server's own words
						t.Errorf("%s, %s: the error says %q", name, ref, err)
					}
				}
				noLeak(t, name+", "+ref, o.Dir)
				if src, err := fetch.Parse(ref); err != nil || leaks(src.String()) {
					t.Errorf("%s: source %q, %v", ref, src, err)
				} else if _, err := src.Heads(t.Context(), o); err != nil && strings.Contains(err.Error(), canary) {
					t.Errorf("%s, %s: the error of the heads says %q", name, ref, err)
				}
			}
		}
	}
}

// noLeak looks for canaries in everything below dir.
func noLeak(t *testing.T, what, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if leaks(strings.TrimPrefix(p, dir)) {
			t.Errorf("%s: it is in the name %s", what, p)
		}
		if d.Type().IsRegular() && d.Name() != "m.bin" { // that is what the server has, whatever it is
			b, err := os.ReadFile(p)
			if leaks(string(b)) {
				t.Errorf("%s: it is in %s", what, p)
			}
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
