package fetch_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"quintain"
	"quintain/internal/fetch"
)

// A registry is a small OCI registry with the repository acme/model.
type registry struct {
	*recorder
	blobs     map[string][]byte // by digest
	manifests map[string][]byte // by tag and by digest
	auth      string            // "", "basic" or "bearer"
	realm     string            // where tokens are, if elsewhere
	elsewhere string            // where blobs are redirected to
}

const registryToken = "registry-token-canary"

func newRegistry(t *testing.T) *registry {
	t.Helper()
	g := &registry{blobs: make(map[string][]byte), manifests: make(map[string][]byte)}
	g.recorder = serve(t, g.answer)
	return g
}

func (g *registry) answer(w http.ResponseWriter, r *http.Request) {
	user, password, named := r.BasicAuth()
	named = named && user == "user" && password == "password-canary"
	if r.URL.Path == "/token" {
		if !named || r.URL.Query().Get("scope") != "repository:acme/model:pull" || r.URL.Query().Get("service") != "reg" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		write(w, []byte(`{"token":"`+registryToken+`"}`))
		return
	}
	realm := g.realm
	if realm == "" {
		realm = g.URL + "/token"
	}
	switch {
	case g.auth == "basic" && !named:
		w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
		w.WriteHeader(http.StatusUnauthorized)
		return
	case g.auth == "bearer" && r.Header.Get("Authorization") != "Bearer "+registryToken:
		w.Header().Set("WWW-Authenticate", `Bearer realm="`+realm+`",service="reg",scope="everything"`)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if ref, ok := strings.CutPrefix(r.URL.Path, "/v2/acme/model/manifests/"); ok && g.manifests[ref] != nil {
		if !strings.Contains(r.Header.Get("Accept"), "application/vnd.oci.image.manifest.v1+json") {
			w.WriteHeader(http.StatusNotAcceptable)
			return
		}
		w.Header().Set("Docker-Content-Digest", string(digest(g.manifests[ref])))
		write(w, g.manifests[ref])
		return
	}
	d, ok := strings.CutPrefix(r.URL.Path, "/v2/acme/model/blobs/")
	if b := g.blobs[d]; ok && b != nil {
		if g.elsewhere != "" {
			http.Redirect(w, r, g.elsewhere+"/"+d+"?signature=blob-canary-0123456789", http.StatusTemporaryRedirect)
			return
		}
		file(`"`+d+`"`, b)(w, r)
		return
	}
	w.WriteHeader(http.StatusNotFound)
}

type layer map[string]any

// blob adds a blob and describes it. Without a title it has none.
func (g *registry) blob(title string, b []byte) layer {
	g.blobs[string(digest(b))] = b
	l := layer{"mediaType": "application/octet-stream", "digest": digest(b), "size": len(b)}
	if title != "" {
		l["annotations"] = map[string]string{"org.opencontainers.image.title": title}
	}
	return l
}

// push adds a manifest under a tag and its digest.
func (g *registry) push(t *testing.T, tag string, m map[string]any) quintain.Digest {
	t.Helper()
	b, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	g.manifests[tag], g.manifests[string(digest(b))] = b, b
	return digest(b)
}

// host returns the registry as a source names it.
func (g *registry) host() string { return strings.TrimPrefix(g.URL, "http://") }

// TestArtifact pulls an artifact by tag, by digest and by both, through every
// way of logging in.
func TestArtifact(t *testing.T) {
	g := newRegistry(t)
	weights, config := content(50_000), []byte(`{"layers":2}`)
	d := g.push(t, "v1", map[string]any{
		"schemaVersion": 2, "config": g.blob("", config),
		"layers": []any{g.blob("weights/model.bin", weights), g.blob("", []byte("untitled")), g.blob("copy.bin", weights)},
	})
	want := map[string]string{
		"weights/model.bin": string(weights), "copy.bin": string(weights),
		strings.Replace(string(digest([]byte("untitled"))), ":", "-", 1): "untitled",
		strings.Replace(string(digest(config)), ":", "-", 1):             string(config),
	}
	for _, auth := range []string{"", "basic", "bearer", "token"} {
		for _, suffix := range []string{":v1", "@" + string(d), ":v1@" + string(d)} {
			o, _ := options(t.TempDir())
			g.auth = auth
			if auth != "" {
				o.Credentials = fetch.Credentials{User: "user", Secret: "password-canary"}
			}
			if auth == "token" {
				g.auth, o.Credentials = "bearer", fetch.Credentials{Token: registryToken}
			}
			ref := "oci://" + g.host() + "/acme/model" + suffix
			must(t, ref, o)
			if diff := cmp.Diff(want, tree(t, o.Dir)); diff != "" {
				t.Errorf("%s by %q: (-want +got):\n%s", ref, auth, diff)
			}
			if m := manifest(t, o.Dir); m.Revision != string(d) || m.Source != ref {
				t.Errorf("%s: manifest of %s at %s", ref, m.Source, m.Revision)
			}
			g.asked()
			must(t, ref, o)
			for _, r := range g.asked() {
				if strings.Contains(r.URL.Path, "/blobs/") {
					t.Errorf("%s: second time %s was asked for", ref, r.URL.Path)
				}
			}
		}
	}
	g.auth = "bearer"
	o, _ := options(t.TempDir())
	o.Credentials = fetch.Credentials{User: "user", Secret: "wrong"}
	_, err := get(t, "oci://"+g.host()+"/acme/model:v1", o)
	fails(t, "wrong password", err, "status 401", o.Dir)
	o.Credentials = fetch.Credentials{}
	g.auth = "basic"
	_, err = get(t, "oci://"+g.host()+"/acme/model:v1", o)
	fails(t, "no password", err, "status 401", o.Dir)
	g.auth = ""
	_, err = get(t, "oci://"+g.host()+"/acme/model:v2", o)
	fails(t, "no such tag", err, "status 404", o.Dir)
}

// TestArtifactElsewhere shows that blobs come from another host only if it is
// allowed, and that no credentials go there, be it for a blob or for a token.
func TestArtifactElsewhere(t *testing.T) {
	g := newRegistry(t)
	b := content(1000)
	g.push(t, "v1", map[string]any{"layers": []any{g.blob("m.bin", b)}})
	other := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/token" {
			write(w, []byte(`{"access_token":"`+registryToken+`"}`))
			return
		}
		write(w, b)
	})
	g.auth, g.realm, g.elsewhere = "bearer", other.URL+"/token", other.URL
	for _, allow := range [][]string{nil, {strings.TrimPrefix(other.URL, "http://")}} {
		o, _ := options(t.TempDir())
		o.AllowHosts = allow
		o.Credentials = fetch.Credentials{User: "user", Secret: "password-canary"}
		_, err := get(t, "oci://"+g.host()+"/acme/model:v1", o)
		asked := other.asked()
		if allow == nil {
			if _, ok := errors.AsType[*fetch.HostError](err); !ok || len(asked) != 0 {
				t.Errorf("error %v after %d requests, want a HostError after none", err, len(asked))
			}
			continue
		}
		if err != nil || tree(t, o.Dir)["m.bin"] != string(b) {
			t.Errorf("allowed: %v", err)
		}
		for _, r := range asked {
			if r.Header.Get("Authorization") != "" {
				t.Errorf("credentials were sent for %s", r.URL.Path)
			}
		}
	}
}

// TestArtifactLies shows that digests of manifests and blobs are proved.
func TestArtifactLies(t *testing.T) {
	d := string(digest([]byte("x")))
	for _, tt := range []struct {
		name string
		with func(g *registry) string // returns the tag or digest to ask for
		want string
	}{
		{"another manifest", func(g *registry) string { g.manifests[d] = []byte(`{"layers":[]}`); return "@" + d }, "the manifest is"},
		{"another blob", func(g *registry) string {
			l := g.blob("m.bin", content(100))
			g.blobs[string(l["digest"].(quintain.Digest))] = make([]byte, 100)
			g.push(t, "t", map[string]any{"layers": []any{l}})
			return ":t"
		}, "promised"},
		{"another size", func(g *registry) string {
			l := g.blob("m.bin", content(100))
			l["size"] = 99
			g.push(t, "t", map[string]any{"layers": []any{l}})
			return ":t"
		}, "promised"},
		{"another algorithm", func(g *registry) string {
			g.push(t, "t", map[string]any{"layers": []any{layer{"digest": "md5:12", "size": 3}}})
			return ":t"
		}, "without a SHA-256"},
		{"no digest", func(g *registry) string {
			g.push(t, "t", map[string]any{"layers": []any{layer{"size": 3}}})
			return ":t"
		}, "without a SHA-256"},
		{"traversal", func(g *registry) string {
			g.push(t, "t", map[string]any{"layers": []any{g.blob("../m.bin", content(3))}})
			return ":t"
		}, "leave the folder"},
		{"one title twice", func(g *registry) string {
			g.push(t, "t", map[string]any{"layers": []any{g.blob("m.bin", content(3)), g.blob("m.bin", content(4))}})
			return ":t"
		}, "cannot be in one folder"},
		{"an index of two", func(g *registry) string {
			g.push(t, "t", map[string]any{"manifests": []any{g.blob("", content(3)), g.blob("", content(4))}})
			return ":t"
		}, "index of 2"},
		{"an index of itself", func(g *registry) string {
			inner := g.push(t, "i", map[string]any{"manifests": []any{g.blob("", content(3))}})
			g.push(t, "t", map[string]any{"manifests": []any{layer{"digest": inner, "size": 1}}})
			return ":t"
		}, "index of an index"},
		{"nothing", func(g *registry) string { g.push(t, "t", map[string]any{}); return ":t" }, "no blobs"},
		{"negative", func(g *registry) string {
			g.push(t, "t", map[string]any{"layers": []any{layer{"digest": d, "size": -3}}})
			return ":t"
		}, "-3 bytes"},
		{"not JSON", func(g *registry) string { g.manifests["t"] = []byte("<html>"); return ":t" }, "not what the standard says"},
	} {
		g := newRegistry(t)
		o, _ := options(filepath.Join(t.TempDir(), "d"))
		_, err := get(t, "oci://"+g.host()+"/acme/model"+tt.with(g), o)
		fails(t, tt.name, err, tt.want, o.Dir, "m.bin", "../m.bin")
	}
}

// TestArtifactIndex follows an index of one.
func TestArtifactIndex(t *testing.T) {
	g := newRegistry(t)
	inner := g.push(t, "inner", map[string]any{"layers": []any{g.blob("m.bin", content(3))}})
	g.push(t, "latest", map[string]any{"manifests": []any{layer{"digest": inner, "size": 1}}})
	o, _ := options(t.TempDir())
	must(t, "oci://"+g.host()+"/acme/model", o)
	if m := manifest(t, o.Dir); m.Revision != string(inner) || len(m.Files) != 1 {
		t.Errorf("manifest at %s with %d files", m.Revision, len(m.Files))
	}
}
