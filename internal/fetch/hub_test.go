package fetch_test

import (
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"quintain/internal/fetch"
)

// A hub is a small model hub with one repository, o/n, whose branch main is at
// a commit. Files ending in .bin are large ones, kept by digest.
type hub struct {
	*recorder
	commit string
	files  map[string][]byte
	plain  bool                      // says nothing of contents
	token  string                    // demanded
	edit   func(info map[string]any) // changes what it says
	serve  http.HandlerFunc          // instead of a file
}

const commit1, commit2 = "1111111111111111111111111111111111111111", "2222222222222222222222222222222222222222"

func newHub(t *testing.T, files map[string][]byte) *hub {
	t.Helper()
	h := &hub{commit: commit1, files: files}
	h.recorder = serve(t, h.answer)
	return h
}

func (h *hub) answer(w http.ResponseWriter, r *http.Request) {
	if h.token != "" && r.Header.Get("Authorization") != "Bearer "+h.token {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if rev, ok := strings.CutPrefix(r.URL.EscapedPath(), "/api/models/o/n/revision/"); ok {
		if rev != "main" && rev != h.commit && rev != "refs%2Fpr%2F1" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		info := map[string]any{"id": "o/n", "sha": h.commit, "siblings": h.siblings()}
		if h.edit != nil {
			h.edit(info)
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(info)
		return
	}
	p, ok := strings.CutPrefix(r.URL.Path, "/o/n/resolve/"+h.commit+"/")
	b, known := h.files[p]
	switch {
	case !ok || !known:
		w.WriteHeader(http.StatusNotFound)
	case h.serve != nil:
		h.serve(w, r)
	default:
		file(`"`+p[:1]+`"`, b)(w, r)
	}
}

func (h *hub) siblings() []map[string]any {
	list := []map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(h.files)) {
		b := h.files[name]
		s := map[string]any{"rfilename": name}
		if !h.plain {
			s["size"] = len(b)
			git := sha1.Sum(fmt.Appendf(nil, "blob %d\x00%s", len(b), b))
			s["blobId"] = hex.EncodeToString(git[:])
			if strings.HasSuffix(name, ".bin") {
				s["blobId"] = strings.Repeat("0", 40) // of the pointer
				s["lfs"] = map[string]any{"sha256": strings.TrimPrefix(string(digest(b)), "sha256:"), "size": len(b), "pointerSize": 130}
			}
		}
		list = append(list, s)
	}
	return list
}

// TestHub fetches a repository by its branch: the commit is resolved once,
// recorded, and used for every file.
func TestHub(t *testing.T) {
	h := newHub(t, map[string][]byte{"config.json": []byte(`{"a":1}`), "model.bin": content(100_000), "sub folder/a%20b+ä.txt": []byte("x"), "empty": {}})
	h.token = "hub-token-canary"
	dir := t.TempDir()
	o, _ := options(dir)
	o.Endpoint, o.Credentials.Token = h.URL, h.token
	for _, ref := range []string{"hf:o/n", "hf:o/n@main", "hf:o/n@refs/pr/1", "hf:o/n@" + commit1} {
		o.Dir = filepath.Join(dir, strings.NewReplacer("/", "-", ":", "-").Replace(ref))
		res := must(t, ref, o)
		want := make(map[string]string)
		for name, b := range h.files {
			want[name] = string(b)
		}
		if d := cmp.Diff(want, tree(t, o.Dir)); d != "" {
			t.Errorf("%s: folder (-want +got):\n%s", ref, d)
		}
		m := manifest(t, o.Dir)
		if m.Source != ref || m.Revision != commit1 || len(m.Files) != 4 {
			t.Errorf("%s: manifest of %q at %q with %d files", ref, m.Source, m.Revision, len(m.Files))
		}
		if e := m.Files[0]; e.URL != h.URL+"/o/n/resolve/"+commit1+"/config.json" || e.SHA256 != digest(h.files["config.json"]) {
			t.Errorf("%s: entry %+v", ref, e)
		}
		if slices.Contains(res.Outcomes, fetch.Verified) {
			t.Errorf("%s: outcomes %v, want all fetched", ref, res.Outcomes)
		}
	}
	h.asked()
	for _, plain := range []bool{false, true} { // by what the hub says, by the commit alone
		h.plain = plain
		res := must(t, "hf:o/n@"+commit1, o)
		if len(h.asked()) != 1 || slices.Contains(res.Outcomes, fetch.Fetched) {
			t.Errorf("second time: outcomes %v or files were asked for", res.Outcomes)
		}
	}
}

// TestHubMoves follows a branch to its next commit: what changed is replaced,
// what is gone is named.
func TestHubMoves(t *testing.T) {
	h := newHub(t, map[string][]byte{"a": []byte("a"), "b": []byte("b"), "c": []byte("c")})
	dir := t.TempDir()
	o, _ := options(dir)
	o.Endpoint = h.URL
	must(t, "hf:o/n", o)
	h.commit, h.files = commit2, map[string][]byte{"a": []byte("a"), "b": []byte("B")}
	res := must(t, "hf:o/n", o)
	if want := []fetch.Outcome{fetch.Verified, fetch.Replaced}; !slices.Equal(res.Outcomes, want) || !slices.Equal(res.Left, []string{"c"}) {
		t.Errorf("outcomes %v, left %q, want %v and c", res.Outcomes, res.Left, want)
	}
	if m := manifest(t, dir); m.Revision != commit2 || len(m.Files) != 2 {
		t.Errorf("manifest at %s with %d files", m.Revision, len(m.Files))
	}
}

// TestHubInterrupted leaves a folder in the middle of a fetch and goes on.
func TestHubInterrupted(t *testing.T) {
	h := newHub(t, map[string][]byte{"a": []byte("a"), "b": content(1000), "c": []byte("c")})
	h.plain = true
	h.serve = func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/b") {
			cut(`"b"`, h.files["b"], 500)(w, r)
		}
		write(w, []byte("a"))
	}
	dir := t.TempDir()
	o, _ := options(dir)
	o.Endpoint = h.URL
	_, err := get(t, "hf:o/n", o)
	fails(t, "interrupted", err, "broke off", dir, "b", "c")
	m := manifest(t, dir)
	if m.Complete || len(m.Files) != 3 || m.Files[0].SHA256 == "" || m.Files[1].SHA256 != "" || m.Revision != commit1 {
		t.Errorf("manifest %+v, want a with its digest, b and c without", m)
	}
	h.serve = nil
	h.asked()
	res := must(t, "hf:o/n", o)
	if want := []fetch.Outcome{fetch.Verified, fetch.Fetched, fetch.Fetched}; !slices.Equal(res.Outcomes, want) {
		t.Errorf("outcomes %v, want %v", res.Outcomes, want)
	}
	if r := h.asked(); len(r) != 3 || r[1].Header.Get("Range") != "bytes=500-" {
		t.Errorf("%d requests, want the listing, the rest of b, and c", len(r))
	}
}

// TestHubLies shows that what a hub promises is held against it, and that
// names from it do not leave the folder.
func TestHubLies(t *testing.T) {
	good := func() map[string][]byte {
		return map[string][]byte{"config.json": []byte("{}"), "m.bin": content(1000)}
	}
	for _, tt := range []struct {
		name  string
		edit  func(info map[string]any)
		serve http.HandlerFunc
		want  string
	}{
		{"other bytes", nil, func(w http.ResponseWriter, _ *http.Request) { write(w, make([]byte, 1000)) }, "promised"},
		{"other bytes, small", nil, func(w http.ResponseWriter, _ *http.Request) { write(w, []byte("[]")) }, "promised"},
		{"says more", nil, func(w http.ResponseWriter, _ *http.Request) { write(w, make([]byte, 1500)) }, "promised"},
		{"longer, without saying", nil, func(w http.ResponseWriter, _ *http.Request) {
			_ = http.NewResponseController(w).Flush()
			write(w, make([]byte, 1500))
		}, "promised"},
		{"shorter, without saying", nil, func(w http.ResponseWriter, _ *http.Request) {
			_ = http.NewResponseController(w).Flush()
			write(w, []byte("{"))
		}, "broke off"},
		{"another commit", func(i map[string]any) { i["sha"] = commit2 }, nil, "answers with commit"},
		{"no commit", func(i map[string]any) { delete(i, "sha") }, nil, "which commit"},
		{"commit is a path", func(i map[string]any) { i["sha"] = "../../etc" }, nil, "which commit"},
		{"a digest that is none", func(i map[string]any) {
			i["siblings"] = []any{map[string]any{"rfilename": "m.bin", "lfs": map[string]any{"sha256": "12", "size": 3}}}
		}, nil, "64 hexadecimal"},
		{"negative size", func(i map[string]any) { i["siblings"] = []any{map[string]any{"rfilename": "m", "size": -5}} }, nil, "-5 bytes"},
		{"no files", func(i map[string]any) { i["siblings"] = []any{} }, nil, "none of the 0 files"},
		{"not the API", func(i map[string]any) { i["siblings"] = "x" }, nil, "not what its API says"},
		{"too large in all", func(i map[string]any) {
			i["siblings"] = []any{map[string]any{"rfilename": "a", "size": int64(40 << 30)}, map[string]any{"rfilename": "b", "size": int64(40 << 30)}}
		}, nil, "too large"},
		{"too many", func(i map[string]any) {
			list := make([]any, 51)
			for j := range list {
				list[j] = map[string]any{"rfilename": fmt.Sprint("f", j)}
			}
			i["siblings"] = list
		}, nil, "more than 50 files"},
	} {
		h := newHub(t, good())
		h.edit, h.serve = tt.edit, tt.serve
		dir := t.TempDir()
		o, _ := options(dir)
		o.Endpoint, o.MaxFiles = h.URL, 50
		if strings.HasSuffix(tt.name, "small") || strings.HasPrefix(tt.name, "shorter") {
			o.Include = []string{"*.json"}
		} else if tt.edit == nil {
			o.Include = []string{"*.bin"}
		}
		_, err := get(t, "hf:o/n@"+commit1, o)
		fails(t, tt.name, err, tt.want, dir, "config.json", "m.bin", "m", "a")
	}
	for _, names := range [][]string{
		{"../x"},
		{"/etc/x"},
		{"a/../../x"},
		{"a//x"},
		{"./x"},
		{`..\x`},
		{`C:\x`},
		{"C:x"},
		{""},
		{"a/"},
		{"x\x00"},
		{"a\nb"},
		{"a\u202eb"},
		{"CON"},
		{"sub/nul.txt"},
		{"com1.bin"},
		{"LPT².x"},
		{"con .txt"},
		{"x."},
		{"x "},
		{"sub./x"},
		{"a?b"},
		{"a|b"},
		{strings.Repeat("n", 241)},
		{strings.Repeat("n/", 600) + "n"},
		{"Model.bin", "model.bin"},
		{"a", "a/b"},
		{"a/b", "a"},
		{"A/x", "a/y"},
		{"x", "x"},
		{"K", "k"},
		{"ſ", "S"},
		{"quintain.fetch.json"},
		{"QUINTAIN.fetch.json"},
		{".quintain.partial/x"},
	} {
		h := newHub(t, nil)
		h.edit = func(i map[string]any) {
			var list []any
			for _, n := range names {
				list = append(list, map[string]any{"rfilename": n})
			}
			i["siblings"] = list
		}
		parent := t.TempDir()
		o, _ := options(filepath.Join(parent, "d"))
		o.Endpoint = h.URL
		if _, err := get(t, "hf:o/n", o); err == nil || len(h.asked()) != 1 {
			t.Errorf("names %.40q: error %v, want one before any file is asked for", names, err)
		}
		if got := tree(t, parent); len(got) != 0 {
			t.Errorf("names %.40q: wrote %q", names, got)
		}
	}
}

// TestInclude shows which files patterns choose.
func TestInclude(t *testing.T) {
	h := newHub(t, map[string][]byte{"a.json": nil, "sub/b.json": nil, "sub/c.bin": nil, "d.bin": nil})
	for _, tt := range []struct{ include, want []string }{
		{nil, []string{"a.json", "d.bin", "sub/b.json", "sub/c.bin"}},
		{[]string{"*.json"}, []string{"a.json", "sub/b.json"}},
		{[]string{"sub/*"}, []string{"sub/b.json", "sub/c.bin"}},
		{[]string{"a.*", "d.bin"}, []string{"a.json", "d.bin"}},
	} {
		o, _ := options(t.TempDir())
		o.Endpoint, o.Include = h.URL, tt.include
		must(t, "hf:o/n", o)
		if got := slices.Sorted(maps.Keys(tree(t, o.Dir))); !slices.Equal(got, tt.want) {
			t.Errorf("include %q: %q, want %q", tt.include, got, tt.want)
		}
	}
	for include, want := range map[string]string{"*.pt": "none of the 4 files", "[": "pattern"} {
		o, _ := options(t.TempDir())
		o.Endpoint, o.Include = h.URL, []string{include}
		_, err := get(t, "hf:o/n", o)
		fails(t, include, err, want, o.Dir)
	}
	o, _ := options(t.TempDir())
	o.Endpoint, o.Digest = h.URL, digest(nil)
	_, err := get(t, "hf:o/n", o)
	fails(t, "one digest", err, "for 4 files", o.Dir)
}
