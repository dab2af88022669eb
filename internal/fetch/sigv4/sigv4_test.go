package sigv4_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"quintain/internal/fetch/sigv4"
)

// TestPublished signs the requests of AWS's test suite for Signature Version 4
// and of the S3 manual, and wants the signatures printed there.
func TestPublished(t *testing.T) {
	suite := sigv4.Key{ID: "AKIDEXAMPLE", Secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}
	suiteTime := time.Date(2015, time.August, 30, 12, 36, 0, 0, time.UTC)
	manual := sigv4.Key{ID: "AKIAIOSFODNN7EXAMPLE", Secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}
	manualTime := time.Date(2013, time.May, 24, 0, 0, 0, 0, time.UTC)
	tests := []struct {
		name   string
		key    sigv4.Key
		scope  sigv4.Scope
		at     time.Time
		url    string
		header map[string]string
		signed string
		want   string
	}{
		{
			"get-vanilla", suite,
			sigv4.Scope{Region: "us-east-1", Service: "service"},
			suiteTime, "https://example.amazonaws.com/", nil,
			"host;x-amz-date", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
		},
		{
			"get-vanilla-query-order-key-case", suite,
			sigv4.Scope{Region: "us-east-1", Service: "service"},
			suiteTime, "https://example.amazonaws.com/?Param2=value2&Param1=value1", nil,
			"host;x-amz-date", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
		},
		{
			"get-utf8", suite,
			sigv4.Scope{Region: "us-east-1", Service: "service"},
			suiteTime, "https://example.amazonaws.com/\u1234", nil,
			"host;x-amz-date", "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85",
		},
		{
			"get-unreserved", suite,
			sigv4.Scope{Region: "us-east-1", Service: "service"},
			suiteTime,
			"https://example.amazonaws.com/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", nil,
			"host;x-amz-date", "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f",
		},
		{
			"S3 object, a range", manual,
			sigv4.Scope{Region: "us-east-1", Service: "s3"},
			manualTime, "https://examplebucket.s3.amazonaws.com/test.txt",
			map[string]string{"Range": "bytes=0-9"},
			"host;range;x-amz-content-sha256;x-amz-date", "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
		},
		{
			"S3 bucket, its lifecycle", manual,
			sigv4.Scope{Region: "us-east-1", Service: "s3"},
			manualTime, "https://examplebucket.s3.amazonaws.com/?lifecycle", nil,
			"host;x-amz-content-sha256;x-amz-date", "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
		},
		{
			"S3 bucket, a listing", manual,
			sigv4.Scope{Region: "us-east-1", Service: "s3"},
			manualTime, "https://examplebucket.s3.amazonaws.com/?max-keys=2&prefix=J", nil,
			"host;x-amz-content-sha256;x-amz-date", "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
		},
	}
	for _, tt := range tests {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, tt.url, nil)
		if err != nil {
			t.Fatal(err)
		}
		for k, v := range tt.header {
			r.Header.Set(k, v)
		}
		sigv4.Sign(r, tt.key, tt.scope, tt.at)
		got := r.Header.Get("Authorization")
		want := "AWS4-HMAC-SHA256 Credential=" + tt.key.ID + "/" + tt.at.Format("20060102") + "/us-east-1/" + tt.scope.Service +
			"/aws4_request, SignedHeaders=" + tt.signed + ", Signature=" + tt.want
		if got != want {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, got, want)
		}
	}
}

// TestSession shows that the session's token is sent and covered, and that the
// secret is in no header.
func TestSession(t *testing.T) {
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://b.example/k", nil)
	if err != nil {
		t.Fatal(err)
	}
	sigv4.Sign(r, sigv4.Key{ID: "id", Secret: "secret-canary", Session: "session"}, sigv4.Scope{Region: "r", Service: "s3"}, time.Unix(0, 0))
	if got := r.Header.Get("X-Amz-Security-Token"); got != "session" {
		t.Errorf("session token %q, want session", got)
	}
	if got := r.Header.Get("Authorization"); !strings.Contains(got, "x-amz-security-token") {
		t.Errorf("the session token is not signed: %s", got)
	}
	for name, vs := range r.Header {
		if strings.Contains(strings.Join(vs, " "), "secret-canary") {
			t.Errorf("the secret is in header %s", name)
		}
	}
}

// FuzzEscape shows that escaped paths are read back as they were, by the
// standard library, and hold nothing that has a meaning in a URL.
func FuzzEscape(f *testing.F) {
	for _, s := range []string{"", "/", "a b+c", "ä/\x00%2F", "?#&="} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e := sigv4.Escape(s)
		if got, err := url.PathUnescape(e); err != nil || got != s {
			t.Errorf("Escape(%q) = %q, read back as %q, %v", s, e, got, err)
		}
		if strings.ContainsAny(e, "?#&=+ \x00") {
			t.Errorf("Escape(%q) = %q", s, e)
		}
	})
}
