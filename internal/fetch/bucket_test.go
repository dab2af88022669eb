package fetch_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"quintain/internal/fetch"
)

// A store is a small S3-compatible one with the bucket "models". It proves
// signatures from what arrives, and pages after two objects.
type store struct {
	*recorder
	objects    map[string][]byte
	id, secret string // demanded, unless empty
	hidden     bool   // the listing is forbidden
	page       func(w http.ResponseWriter, r *http.Request) bool
}

func newStore(t *testing.T, objects map[string][]byte) *store {
	t.Helper()
	s := &store{objects: objects}
	s.recorder = serve(t, s.answer)
	return s
}

// signed reports whether r is signed with the store's key, by the recipe of
// AWS applied to the request as it came over the wire.
func (s *store) signed(r *http.Request) bool {
	fields := make(map[string]string)
	rest, ok := strings.CutPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 ")
	for f := range strings.SplitSeq(rest, ", ") {
		k, v, _ := strings.Cut(f, "=")
		fields[k] = v
	}
	id, scope, _ := strings.Cut(fields["Credential"], "/")
	names := strings.Split(fields["SignedHeaders"], ";")
	if !ok || id != s.id || !slices.Contains(names, "host") || !slices.Contains(names, "x-amz-date") || !slices.Contains(names, "x-amz-content-sha256") {
		return false
	}
	path, query, _ := strings.Cut(r.RequestURI, "?")
	params := strings.Split(query, "&")
	slices.Sort(params)
	var headers strings.Builder
	for _, n := range names {
		v := r.Header.Get(n)
		if n == "host" {
			v = r.Host
		}
		headers.WriteString(n + ":" + v + "\n")
	}
	canonical := strings.Join([]string{r.Method, path, strings.Join(params, "&"), headers.String(), fields["SignedHeaders"], r.Header.Get("X-Amz-Content-Sha256")}, "\n")
	sum := sha256.Sum256([]byte(canonical))
	key := []byte("AWS4" + s.secret)
	for _, part := range append(strings.Split(scope, "/"), "AWS4-HMAC-SHA256\n"+r.Header.Get("X-Amz-Date")+"\n"+scope+"\n"+hex.EncodeToString(sum[:])) {
		h := hmac.New(sha256.New, key)
		h.Write([]byte(part))
		key = h.Sum(nil)
	}
	return strings.HasPrefix(r.Header.Get("X-Amz-Date"), "20261124T100000Z") && hex.EncodeToString(key) == fields["Signature"]
}

func (s *store) answer(w http.ResponseWriter, r *http.Request) {
	key, inside := strings.CutPrefix(r.URL.Path, "/models/")
	switch {
	case s.id != "" && !s.signed(r), s.hidden && r.URL.Path == "/models":
		w.WriteHeader(http.StatusForbidden)
	case inside:
		b, ok := s.objects[key]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		file(etagOf(b), b)(w, r)
	case r.URL.Path == "/models":
		if s.page == nil || !s.page(w, r) {
			s.list(w, r)
		}
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func etagOf(b []byte) string { return `"` + digest(b).Short() + `"` }

func (s *store) list(w http.ResponseWriter, r *http.Request) {
	type contents struct {
		Key, ETag string
		Size      int
	}
	var page struct {
		XMLName               xml.Name `xml:"ListBucketResult"`
		Contents              []contents
		IsTruncated           bool
		NextContinuationToken string `xml:",omitempty"`
	}
	q := r.URL.Query()
	for _, k := range slices.Sorted(maps.Keys(s.objects)) {
		if !strings.HasPrefix(k, q.Get("prefix")) || k <= q.Get("continuation-token") {
			continue
		}
		if len(page.Contents) == 2 {
			page.IsTruncated, page.NextContinuationToken = true, page.Contents[1].Key
			break
		}
		page.Contents = append(page.Contents, contents{k, etagOf(s.objects[k]), len(s.objects[k])})
	}
	_ = xml.NewEncoder(w).Encode(page)
}

// TestBucket fetches objects and what is below prefixes, signed and not.
func TestBucket(t *testing.T) {
	s := newStore(t, map[string][]byte{
		"top.bin": content(500), "m/": nil, "m/a b+c&d.bin": content(100), "m/ä/x.txt": []byte("x"), "m/sub/y": []byte("y"), "m/z": []byte("z"), "model": []byte("no"), "m2/q": []byte("q"),
	})
	for _, signed := range []bool{false, true} {
		for ref, want := range map[string][]string{
			"s3://models/top.bin": {"top.bin"},
			"s3://models/m/sub/y": {"y"},
			"s3://models/m":       {"a b+c&d.bin", "sub/y", "z", "ä/x.txt"},
			"s3://models/m/":      {"a b+c&d.bin", "sub/y", "z", "ä/x.txt"},
			"s3://models":         {"m/a b+c&d.bin", "m/sub/y", "m/z", "m/ä/x.txt", "m2/q", "model", "top.bin"},
		} {
			o, _ := options(t.TempDir())
			o.Endpoint = s.URL
			if signed {
				s.id, s.secret = "ID", "secret-canary/+="
				o.Credentials = fetch.Credentials{User: s.id, Secret: s.secret, Token: "session"}
			}
			must(t, ref, o)
			if d := cmp.Diff(want, slices.Sorted(maps.Keys(tree(t, o.Dir)))); d != "" {
				t.Errorf("%s: (-want +got):\n%s", ref, d)
			}
			s.asked()
			res := must(t, ref, o)
			for _, r := range s.asked() {
				if r.URL.Path != "/models" {
					t.Errorf("%s: second time %s was asked for", ref, r.URL.Path)
				}
			}
			if slices.Contains(res.Outcomes, fetch.Fetched) {
				t.Errorf("%s: second time %v", ref, res.Outcomes)
			}
		}
	}
	for _, k := range []fetch.Credentials{{}, {User: "ID", Secret: "wrong"}, {User: "other", Secret: s.secret}} {
		o, _ := options(t.TempDir())
		o.Endpoint, o.Credentials = s.URL, k
		_, err := get(t, "s3://models/m/", o)
		fails(t, "wrong key", err, "status 403", o.Dir)
	}
}

// TestBucketHidden reads an object of a bucket that may not be listed.
func TestBucketHidden(t *testing.T) {
	s := newStore(t, map[string][]byte{"m/x": []byte("x")})
	s.hidden = true
	o, _ := options(t.TempDir())
	o.Endpoint = s.URL
	must(t, "s3://models/m/x", o)
	if got := tree(t, o.Dir)["x"]; got != "x" {
		t.Errorf("got %q, want x", got)
	}
	_, err := get(t, "s3://models/m/", o)
	fails(t, "a prefix", err, "status 403", o.Dir)
}

// TestBucketLies shows what a store may not say.
func TestBucketLies(t *testing.T) {
	for name, tt := range map[string]struct{ page, want string }{
		"not XML":       {`{}`, "not what its API says"},
		"another thing": {`<Error><Code>x</Code></Error>`, "not what its API says"},
		"nothing":       {`<ListBucketResult/>`, "has nothing"},
		"no token":      {`<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>`, "breaks off"},
		"no end":        {`<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken><Contents><Key>m/a</Key></Contents></ListBucketResult>`, "has no end"},
		"empty pages":   {`<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>%d</NextContinuationToken></ListBucketResult>`, "has no end"},
		"endless pages": {`<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>%d</NextContinuationToken>` + strings.Repeat(`<Contents><Key>n/a</Key></Contents>`, 100) + `</ListBucketResult>`, "has no end"},
		"negative":      {`<ListBucketResult><Contents><Key>m/a</Key><Size>-1</Size></Contents></ListBucketResult>`, "-1 bytes"},
		"traversal":     {`<ListBucketResult><Contents><Key>m/../../x</Key></Contents></ListBucketResult>`, "leave the folder"},
	} {
		n := 0
		s := newStore(t, nil)
		s.page = func(w http.ResponseWriter, _ *http.Request) bool {
			n++
			write(w, []byte(strings.ReplaceAll(tt.page, "%d", fmt.Sprint(n))))
			return true
		}
		o, _ := options(t.TempDir())
		o.Endpoint, o.MaxFiles = s.URL, 50
		_, err := get(t, "s3://models/m/", o)
		fails(t, name, err, tt.want, o.Dir)
		if n > 10 {
			t.Errorf("%s: asked %d times", name, n)
		}
	}
}
