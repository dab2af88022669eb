package floor_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"quintain/scan"
	"quintain/scan/all"
)

// mutations is how many versions of each file are tried.
const mutations = 200

// claims are what an author may write to look harmless, or to break a reader.
var claims = []string{
	"", "3.12.1", "0.0.0", "99.9.9", "latest", "safe", "weights_only", "scanned: clean", "Meta", "pytorch", "apache-2.0", "MIT", "\x00",
	"é", "模型", "\U0001f600", `"`, `\`, "{{ x }}", "<b>", "../../x", "true", "null", "-1", "1e999", "torch.save", "PK", strings.Repeat("a", 300),
}

// endings are those of names of files.
var endings = []string{
	"", ".pkl", ".pt", ".pth", ".bin", ".ckpt", ".joblib", ".npy", ".npz", ".h5", ".keras", ".onnx", ".gguf", ".safetensors", ".tar", ".zip",
	".txt", ".md", ".json", ".png", ".PT", ".weights", ".gz", ".7z", ".log", ".csv", ".pkl.txt", ".mar", ".nemo", ".skops", ".yaml", ".jinja",
}

// draw makes facts and a name for a file.
func draw(r *rand.Rand, e *entry) (f facts, name string) {
	claim := func() string {
		s := claims[r.IntN(len(claims))]
		if r.IntN(3) == 0 {
			s += claims[r.IntN(len(claims))]
		}
		return s
	}
	f = facts{version: claim(), producer: claim(), license: claim(), comment: claim(), clock: uint16(r.Uint32()), days: uint16(r.Uint32())}
	folder := []string{"", "models/", "a b/", "README/", "docs/v1.0/", "tests/"}[r.IntN(6)]
	if e.named {
		return f, folder + e.name
	}
	return f, folder + []string{"model", "weights", "README", "LICENSE", "config", "x", "data", "pytorch_model"}[r.IntN(8)] + endings[r.IntN(len(endings))]
}

// sample returns about n entries of each format, evenly spread.
func sample(n int) []*entry {
	total, seen := make(map[string]int), make(map[string]int)
	for _, e := range entries() {
		total[e.format]++
	}
	var out []*entry
	for _, e := range entries() {
		if seen[e.format]%max(1, total[e.format]/n) == 0 {
			out = append(out, e)
		}
		seen[e.format]++
	}
	return out
}

// talkedDown returns the first version of each file on which formats say less
// than on the file itself.
func talkedDown(t *testing.T, files []*entry, formats []*scan.Format) []string {
	t.Helper()
	judge := func(name string, data []byte) verdict {
		found, err := scan.Inspect(t.Context(), name, bytes.NewReader(data), int64(len(data)), formats...)
		if err != nil {
			t.Fatal(err)
		}
		return verdictOf(found)
	}
	var out []string
	for i, e := range files {
		want := judge(e.name, e.make(facts{}))
		r := rand.New(rand.NewPCG(uint64(i), 4))
		for n := range mutations {
			f, name := draw(r, e)
			if got := judge(name, e.make(f)); got < want {
				out = append(out, fmt.Sprintf("%s, version %d named %q with %+v: %s, want at least %s", e.key(), n, name, f, got, want))
				break
			}
		}
	}
	return out
}

// TestClaims proves that nothing an author says about a file talks its verdict
// down: not its name, its version, its producer, its license, a comment or a
// time.
func TestClaims(t *testing.T) {
	files := sample(3)
	for _, s := range talkedDown(t, files, all.Formats) {
		t.Error(s)
	}
	t.Logf("%d versions of %d files", mutations*len(files), len(files))
}

// TestClaimsBelieved proves that a scanner that believes a claim is caught:
// one that goes by names, and one that trusts a word.
func TestClaimsBelieved(t *testing.T) {
	i := slices.IndexFunc(all.Formats, func(f *scan.Format) bool { return f.Name == "scan/pickle" })
	files := gadgets()[:3]
	for name, believes := range map[string]func(name string, head []byte) bool{
		"names":  func(name string, _ []byte) bool { return !strings.HasSuffix(name, ".pkl") },
		"a word": func(_ string, head []byte) bool { return bytes.Contains(head, []byte("apache-2.0")) },
	} {
		gullible := *all.Formats[i]
		gullible.Match = func(name string, head []byte) bool { return !believes(name, head) && all.Formats[i].Match(name, head) }
		if got := talkedDown(t, files, []*scan.Format{&gullible}); len(got) != len(files) {
			t.Errorf("%d of %d files talk down a scanner that believes %s: %q", len(got), len(files), name, got)
		}
	}
}
