// Package sigv4 signs requests without a body by AWS Signature Version 4, as
// S3 and the stores that speak its language want them signed.
package sigv4

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// A Key is what a request is signed with. Session is empty for long-lived keys.
type Key struct {
	ID, Secret, Session string
}

// A Scope is where and for what a signature holds.
type Scope struct {
	Region  string // such as "eu-central-1"
	Service string // such as "s3"
}

// EmptyPayload is the digest of no body, in hexadecimal.
const EmptyPayload = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

const (
	algorithm = "AWS4-HMAC-SHA256"
	stamp     = "20060102T150405Z"
)

// Sign adds the date, for S3 the digest of the body, the session where there
// is one, and the Authorization header to r. It covers the host and every
// header that r has by then, so those must not change afterwards. r must not
// have a body.
func Sign(r *http.Request, k Key, s Scope, now time.Time) {
	date := now.UTC().Format(stamp)
	r.Header.Set("X-Amz-Date", date)
	if s.Service == "s3" {
		r.Header.Set("X-Amz-Content-Sha256", EmptyPayload)
	}
	if k.Session != "" {
		r.Header.Set("X-Amz-Security-Token", k.Session)
	}
	r.Header.Del("Authorization")
	names, headers := canonicalHeaders(r)
	request := strings.Join([]string{
		r.Method, canonicalPath(r.URL), canonicalQuery(r.URL.Query()), headers, names, EmptyPayload,
	}, "\n")
	scope := strings.Join([]string{date[:8], s.Region, s.Service, "aws4_request"}, "/")
	sum := sha256.Sum256([]byte(request))
	text := strings.Join([]string{algorithm, date, scope, hex.EncodeToString(sum[:])}, "\n")

	key := []byte("AWS4" + k.Secret)
	for part := range strings.SplitSeq(scope, "/") {
		key = mac(key, part)
	}
	r.Header.Set("Authorization", fmt.Sprintf("%s Credential=%s/%s, SignedHeaders=%s, Signature=%s",
		algorithm, k.ID, scope, names, hex.EncodeToString(mac(key, text))))
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// canonicalHeaders returns the names of the headers that are signed, and the
// headers, one on each line.
func canonicalHeaders(r *http.Request) (names, headers string) {
	host := r.Host
	if host == "" {
		host = r.URL.Host
	}
	values := map[string]string{"host": host}
	for name, vs := range r.Header {
		words := make([]string, len(vs))
		for i, v := range vs {
			words[i] = strings.Join(strings.Fields(v), " ")
		}
		values[strings.ToLower(name)] = strings.Join(words, ",")
	}
	sorted := slices.Sorted(maps.Keys(values))
	var b strings.Builder
	for _, name := range sorted {
		b.WriteString(name + ":" + values[name] + "\n")
	}
	return strings.Join(sorted, ";"), b.String()
}

func canonicalPath(u *url.URL) string {
	if u.Path == "" {
		return "/"
	}
	return Escape(u.Path)
}

func canonicalQuery(q url.Values) string {
	var pairs []string
	for name, vs := range q {
		for _, v := range vs {
			pairs = append(pairs, escape(name, "")+"="+escape(v, ""))
		}
	}
	slices.Sort(pairs)
	return strings.Join(pairs, "&")
}

// Escape returns path the way it is signed: everything is percent-encoded but
// slashes and the unreserved characters of RFC 3986. A request for such a path
// should send it that way.
func Escape(path string) string { return escape(path, "/") }

func escape(s, keep string) string {
	const unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; strings.IndexByte(unreserved, c) >= 0 || strings.IndexByte(keep, c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
