package fetch

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// TestDowngrade shows that an encrypted source cannot lead to an unencrypted
// one, not even on a host that is allowed.
func TestDowngrade(t *testing.T) {
	asked := make(chan string, 10)
	plain := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked <- r.URL.Path }))
	defer plain.Close()
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/down" {
			http.Redirect(w, r, plain.URL+"/m.bin", http.StatusFound)
		}
	}))
	defer s.Close()
	o := Options{AllowHosts: []string{"127.0.0.1"}, PlainHTTP: true, Now: time.Now}.withDefaults()
	c := newClient(&o)
	c.http.TLSClientConfig = s.Client().Transport.(*http.Transport).TLSClientConfig
	for path, want := range map[string]string{"/stay": "", "/down": "unencrypted"} {
		u, err := url.Parse(s.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		c.home = u
		resp, err := c.get(t.Context(), u, nil)
		if err == nil {
			resp.Body.Close() //nolint:errcheck // empty
		}
		if (err != nil) != (want != "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", path, err, want)
		}
	}
	if len(asked) != 0 {
		t.Errorf("the unencrypted server was asked for %s", <-asked)
	}
}

// TestSameHost says which addresses are one server.
func TestSameHost(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want bool
	}{
		{"https://h/a", "https://H/b", true},
		{"https://h/a", "https://h:443/b", true},
		{"http://h/a", "https://h/b", true},
		{"http://h:80/a", "http://h/b", true},
		{"https://h/a", "https://h:8443/b", false},
		{"http://h:8080/a", "https://h/b", false},
		{"https://h/a", "https://h.example/b", false},
		{"https://a.h/", "https://h/", false},
	} {
		a, err := url.Parse(tt.a)
		if err != nil {
			t.Fatal(err)
		}
		b, err := url.Parse(tt.b)
		if err != nil {
			t.Fatal(err)
		}
		if got := sameHost(a, b); got != tt.want || sameHost(b, a) != got {
			t.Errorf("sameHost(%s, %s) = %t, want %t both ways", tt.a, tt.b, got, tt.want)
		}
	}
}
