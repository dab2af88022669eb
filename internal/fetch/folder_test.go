package fetch_test

import (
	"os"
	"path/filepath"
	"testing"

	"quintain/internal/fetch"
)

// TestInTheWay shows that a fetch goes through no link and over no file that
// is not its own.
func TestInTheWay(t *testing.T) {
	b := content(100)
	outside := t.TempDir()
	put(t, filepath.Join(outside, "victim"), []byte("precious"))
	link := func(t *testing.T, to, name string) {
		t.Helper()
		if err := os.Symlink(to, name); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name string
		with func(dir string)
		want string
	}{
		{"someone's file", func(d string) { put(t, filepath.Join(d, "sub", "m.bin"), []byte("mine")) }, "was not fetched"},
		{"link for a file", func(d string) {
			put(t, filepath.Join(d, "sub", "x"), nil)
			link(t, filepath.Join(outside, "victim"), filepath.Join(d, "sub", "m.bin"))
		}, "in the way"},
		{"link for a folder", func(d string) { link(t, outside, filepath.Join(d, "sub")) }, "in the way"},
		{"link inside", func(d string) {
			put(t, filepath.Join(d, "real", "x"), nil)
			link(t, "real", filepath.Join(d, "sub"))
		}, "in the way"},
		{"file for a folder", func(d string) { put(t, filepath.Join(d, "sub"), nil) }, "in the way"},
		{"folder for a file", func(d string) { put(t, filepath.Join(d, "sub", "m.bin", "x"), nil) }, "in the way"},
		{"another case", func(d string) { put(t, filepath.Join(d, "sub", "M.BIN"), nil) }, "same name"},
		{"a folder in another case", func(d string) { put(t, filepath.Join(d, "SUB", "x"), nil) }, "same name"},
		{"link for the parts", func(d string) { link(t, outside, filepath.Join(d, ".quintain.partial")) }, "in the way"},
		{"link for the manifest", func(d string) {
			link(t, filepath.Join(outside, "victim"), filepath.Join(d, "quintain.fetch.json"))
		}, "not a fetch manifest"},
		{"nonsense for the manifest", func(d string) { put(t, filepath.Join(d, "quintain.fetch.json"), []byte("{")) }, "fetch manifest"},
		{"another source", func(d string) {
			put(t, filepath.Join(d, "quintain.fetch.json"), []byte(`{"schema":"quintain.fetch/1","source":"hf:a/b","complete":true}`))
		}, "one folder is for one source"},
	} {
		dir := t.TempDir()
		tt.with(dir)
		h := newHub(t, map[string][]byte{"sub/m.bin": b})
		h.plain = true
		o, _ := options(dir)
		o.Endpoint = h.URL
		_, err := get(t, "hf:o/n", o)
		fails(t, tt.name, err, tt.want, dir)
		if got := tree(t, outside); len(got) != 1 || got["victim"] != "precious" {
			t.Errorf("%s: outside the folder there is %q now", tt.name, got)
		}
		if got := tree(t, dir)["sub/m.bin"]; got == string(b) {
			t.Errorf("%s: the file was written", tt.name)
		}
	}
}

// TestSameBytesAreNoConflict shows that a file that is there already, with the
// content of the source, is taken as it is.
func TestSameBytesAreNoConflict(t *testing.T) {
	b := content(100)
	dir := t.TempDir()
	put(t, filepath.Join(dir, "m.bin"), b)
	o, _ := options(dir)
	res := must(t, serve(t, file(`"v"`, b)).URL+"/m.bin", o)
	if res.Outcomes[0] != fetch.Verified || parts(t, dir) != 0 {
		t.Errorf("outcome %s, %d parts, want verified and none", res.Outcomes[0], parts(t, dir))
	}
}
