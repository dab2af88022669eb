package fetch

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
)

// inside fails unless every name that passes the check stays below a folder.
func inside(t *testing.T, files []file) {
	t.Helper()
	if checkNames(files) != nil {
		return
	}
	seen := make(map[string]bool)
	for _, f := range files {
		p := filepath.Join("/top", filepath.FromSlash(f.Path))
		if !strings.HasPrefix(p, "/top/") || p != "/top/"+f.Path || seen[strings.ToLower(p)] {
			t.Errorf("name %q was taken for a good one", f.Path)
		}
		seen[strings.ToLower(p)] = true
	}
}

// FuzzNames shows that two names that pass are two files below the folder.
func FuzzNames(f *testing.F) {
	for _, s := range [][2]string{{"a", "b/c"}, {"../a", "A"}, {"a/b", "a"}, {"a\\b", "c:"}, {"\xff", "CON.x"}, {"K", "k"}} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, a, b string) { inside(t, []file{{Path: a}, {Path: b}}) })
}

// FuzzManifest shows that a manifest that is read can be written and read
// again, and names nothing outside its folder.
func FuzzManifest(f *testing.F) {
	f.Add([]byte(`{"schema":"quintain.fetch/1","source":"hf:o/n","time":"2026-11-24T10:00:00Z","files":[{"path":"a/b","size":3,"sha256":"","url":"http://h/a"}]}`))
	f.Add([]byte(`{"schema":"quintain.fetch/1","files":[{"path":"../x"}]}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := DecodeManifest(b)
		if err != nil {
			return
		}
		for _, e := range m.Files {
			inside(t, []file{{Path: e.Path}})
		}
		out, err := json.Marshal(m)
		if err != nil {
			return // a year that JSON cannot write
		}
		if _, err := DecodeManifest(out); err != nil {
			t.Errorf("%q is not read back: %v", out, err)
		}
	})
}

// FuzzReplies shows that no reply of an API makes a decoder panic, and that
// what the decoders let through is in the form the rest relies on.
func FuzzReplies(f *testing.F) {
	for _, s := range []string{
		`{"sha":"1111111111111111111111111111111111111111","siblings":[{"rfilename":"a","size":3,"blobId":"x","lfs":{"sha256":"","size":1}}]}`,
		`{"config":{"digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},"layers":[{"digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","size":-1}]}`,
		`<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken><Contents><Key>k</Key><Size>1</Size></Contents></ListBucketResult>`,
		`{"files":[{"path":"p","is_dir":false,"file_size":"12"},{"file_size":null}],"next_page_token":"n"}`,
		`{"model_version":{"run_id":"r"},"artifact_uri":"runs:/r/m","token":"t"}`,
		`{"a":{"dtype":"F32","shape":[1,2]},"__metadata__":{}}`,
		`Bearer realm="http://h/token",service="s", scope=x`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if l, err := decodeHub(b); err == nil {
			for _, f := range l.files {
				if f.Size < -1 || f.Digest.Validate() != nil || f.Blob != "" && (f.Size < 0 || len(f.Blob) != 40) {
					t.Errorf("hub: %+v", f)
				}
			}
		}
		if m, err := decodeArtifact(b); err == nil {
			for _, d := range append(m.Layers, m.Manifests...) {
				if d.Size < 0 || d.Digest == "" || d.Digest.Validate() != nil {
					t.Errorf("artifact: %+v", d)
				}
			}
		}
		if page, _, err := decodeObjects(b); err == nil {
			for _, o := range page {
				if o.Size < 0 || len(o.ETag) > 256 {
					t.Errorf("bucket: %+v", o)
				}
			}
		}
		if files, _, err := decodeArtifacts(b); err == nil {
			for _, f := range files {
				if f.Size < -1 {
					t.Errorf("model: %+v", f)
				}
			}
		}
		if h, err := decodeHead(b); err == nil && (h.Parameters < 0 || h.Tensors < 0) {
			t.Errorf("head: %+v", h)
		}
		if token, err := decodeToken(b); err == nil && strings.ContainsAny(token, "\r\n ") {
			t.Errorf("token %q", token)
		}
		if u, err := decodeURI(b); err == nil && strings.HasPrefix(insideRun(u), "/") {
			t.Errorf("uri %s leads to %q", u, insideRun(u))
		}
		if _, err := decodeVersion(b); err != nil {
			_ = err.Error()
		}
		if scheme, _ := challenge(string(b)); scheme != strings.ToLower(scheme) {
			t.Errorf("challenge %q", scheme)
		}
		if n, ok := rangeStart(string(b)); ok && n < 0 {
			t.Errorf("range %q starts at %d", b, n)
		}
	})
}
