package assess_test

import (
	"os"
	"path/filepath"
	"testing"

	"quintain"
	"quintain/assess"
)

// TestBind changes everything that a result depends on, one thing at a time,
// and wants another digest each time.
func TestBind(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "model.bin")
	data := filepath.Join(dir, "data.csv")
	sub := filepath.Join(dir, "folder")
	if err := os.MkdirAll(filepath.Join(sub, "deep"), 0o755); err != nil {
		t.Fatal(err)
	}
	bind := func(target quintain.Target) quintain.Digest {
		t.Helper()
		d, err := assess.Bind(t.Context(), target)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	write(t, file, "weights")
	write(t, data, "1,2")
	write(t, filepath.Join(sub, "deep", "a"), "a")

	plain := quintain.Target{Kind: quintain.KindArtifact, Ref: file}
	if got, want := bind(plain), quintain.DigestOf([]byte("weights")); got != want {
		t.Errorf("digest of a file is %s, want that of its bytes, %s", got, want)
	}
	withData := quintain.Target{Kind: quintain.KindClassifier, Ref: file, With: map[string]string{"data": data, "eps": "0.1"}}
	other := quintain.Target{Kind: quintain.KindClassifier, Ref: file, With: map[string]string{"data": data, "eps": "0.2"}}
	folder := quintain.Target{Kind: quintain.KindArtifact, Ref: sub}
	seen := map[quintain.Digest]string{}
	distinct := func(what string, d quintain.Digest) {
		t.Helper()
		if before, dup := seen[d]; dup {
			t.Errorf("%s has the digest of %s", what, before)
		}
		seen[d] = what
	}
	distinct("model and data", bind(withData))
	distinct("another parameter", bind(other))
	distinct("a folder", bind(folder))
	distinct("an address", bind(quintain.Target{Kind: quintain.KindAgent, Ref: "http://127.0.0.1/v1"}))
	distinct("another address", bind(quintain.Target{Kind: quintain.KindAgent, Ref: "http://127.0.0.2/v1"}))
	write(t, data, "1,3")
	distinct("changed data", bind(withData))
	write(t, file, "weightz")
	distinct("a changed model", bind(withData))
	write(t, filepath.Join(sub, "deep", "a"), "b")
	distinct("a changed folder", bind(folder))
	if err := os.Rename(filepath.Join(sub, "deep", "a"), filepath.Join(sub, "deep", "c")); err != nil {
		t.Fatal(err)
	}
	distinct("a renamed file", bind(folder))
}
