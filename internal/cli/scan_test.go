package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"quintain"
	"quintain/record"
	doc "quintain/report"
)

const (
	harmless = "\x80\x02}X\x01\x00\x00\x00aK\x01s."
	calls    = "\x80\x02cposix\nsystem\nX\x04\x00\x00\x00true\x85R."
	imports  = "\x80\x02clib.models\nNet\n."
)

// folder writes files below a new folder and returns it.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// run runs the command line and returns what it said.
func run(ctx context.Context, stdin io.Reader, args ...string) (status int, stdout string) {
	var out, errs bytes.Buffer
	status = Main(ctx, &Env{
		Args: args, Stdin: stdin, Stdout: &out, Stderr: &errs, Getenv: func(string) string { return "" },
		Now: func() time.Time { return time.Date(2026, time.December, 1, 12, 0, 0, 0, time.UTC) },
	})
	return status, out.String()
}

// decode reads a report back, which also checks it.
func decode(t *testing.T, s string) *doc.Document {
	t.Helper()
	d, err := doc.Decode(strings.NewReader(s))
	if err != nil {
		t.Fatalf("%v\n%s", err, s)
	}
	return d
}

// However many files are scanned at once, every format has the same bytes.
func TestScanJobs(t *testing.T) {
	files := make(map[string]string)
	for i := range 50 {
		name := fmt.Sprintf("d%d/%02d", i%7, i)
		switch i % 5 {
		case 0:
			files[name+".pkl"] = strings.Repeat("\x80\x02", 1) + strings.Repeat("(", i*100) + strings.Repeat("t", i*100) + "." // of different lengths
		case 1:
			files[name+".pkl"] = calls
		case 2:
			files[name+".pkl"] = imports
		case 3:
			files[name+".md"] = "# nothing\n"
		case 4:
			files[name+".pkl"] = harmless
		}
	}
	dir := folder(t, files)
	for _, format := range []string{"json", "text", "sarif", "markdown", "junit", "html"} {
		status, want := run(t.Context(), nil, "scan", dir, "--format", format, "--jobs", "1")
		if status != statusFailed || want == "" {
			t.Fatalf("%s: status %d", format, status)
		}
		for _, jobs := range []string{"2", "7", "64"} {
			if _, got := run(t.Context(), nil, "scan", dir, "--format", format, "--jobs", jobs); got != want {
				t.Errorf("%s differs with %s jobs", format, jobs)
			}
		}
	}
}

// Files that are plainly no models are one line and one reason, and fail the
// gate like any other; on the command line they speak for themselves.
func TestScanFolder(t *testing.T) {
	dir := folder(t, map[string]string{
		"a.pkl": harmless, "LICENSE": "free", "README.md": "# a", "data.csv": "1,2\n", "train.log": "x", "sub/empty.txt": "",
		"odd.dat": "neither this nor that", "weights.pt": "neither this nor that",
	})
	status, out := run(t.Context(), nil, "scan", dir, "--json")
	if status != statusFailed {
		t.Errorf("status %d, want 1", status)
	}
	d := decode(t, out)
	var aside []string
	for _, a := range d.Artifacts {
		if a.Aside {
			aside = append(aside, filepath.Base(a.Ref))
		}
	}
	if want := []string{"LICENSE", "README.md", "data.csv", "empty.txt", "train.log"}; !slices.Equal(aside, want) {
		t.Errorf("told aside: %q, want %q", aside, want)
	}
	if len(d.Gate.Reasons) != 3 {
		t.Errorf("reasons %q, want one for each of two odd files and one for the plain ones", d.Gate.Reasons)
	}
	if status, _ := run(t.Context(), nil, "scan", dir, "--allow-not-analyzed"); status != statusOK {
		t.Errorf("status %d with --allow-not-analyzed, want 0", status)
	}
	status, out = run(t.Context(), nil, "scan", filepath.Join(dir, "README.md"), "--json")
	if d := decode(t, out); status != statusCannot || d.Artifacts[0].Aside {
		t.Errorf("a single README: status %d, told aside %v; want 3, false", status, d.Artifacts[0].Aside)
	}
	// Nothing decided at all is no pass, whatever is allowed.
	plain := folder(t, map[string]string{"README.md": "# a", "LICENSE": "free"})
	if status, _ := run(t.Context(), nil, "scan", plain, "--allow-not-analyzed"); status != statusCannot {
		t.Errorf("a folder without models: status %d, want 3", status)
	}
}

// A file that cannot be read is never told aside.
func TestScanUnreadable(t *testing.T) {
	dir := folder(t, map[string]string{"a.pkl": harmless})
	if err := os.Symlink(filepath.Join(dir, "missing"), filepath.Join(dir, "README.md")); err != nil {
		t.Fatal(err)
	}
	_, out := run(t.Context(), nil, "scan", dir, "--json")
	d := decode(t, out)
	if a := d.Artifacts[0]; !strings.HasSuffix(a.Ref, "README.md") || a.Judgment != doc.NotAnalyzed || a.Aside {
		t.Errorf("got %+v", a)
	}
}

func TestScanStdin(t *testing.T) {
	for in, want := range map[string]int{harmless: statusOK, calls: statusFailed, "neither": statusCannot, "": statusCannot} {
		status, out := run(t.Context(), strings.NewReader(in), "scan", "-", "--json")
		d := decode(t, out)
		if status != want || d.Artifacts[0].Ref != "-" || d.Artifacts[0].Digest != quintain.DigestOf([]byte(in)) {
			t.Errorf("%q: status %d, artifacts %+v; want status %d", in, status, d.Artifacts, want)
		}
	}
}

func TestSpoolLimit(t *testing.T) {
	for n, want := range map[int]bool{0: true, 9: true, 10: true, 11: false, 1000: false} {
		got, sum, err := spool(t.Context(), io.Discard, strings.NewReader(strings.Repeat("x", n)), 10)
		if (err == nil) != want || want && (got != int64(n) || sum != quintain.DigestOf([]byte(strings.Repeat("x", n)))) {
			t.Errorf("%d bytes of at most 10: %d, %v", n, got, err)
		}
	}
}

// A blocked is a reader that ends ctx and then never returns.
type blocked struct{ cancel func() }

func (b blocked) Read([]byte) (int, error) { b.cancel(); select {} }

// An interrupted scan leaves a report that is valid, says that it is not
// complete, and holds what was found until then.
func TestScanInterrupted(t *testing.T) {
	dir := folder(t, map[string]string{"a.pkl": calls})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	status, out := run(ctx, blocked{cancel}, "scan", dir, "-", "--json")
	d := decode(t, out)
	if status != statusCannot || d.Complete || d.Gate.Passed || len(d.Artifacts) != 1 || d.Artifacts[0].Judgment != doc.Malicious {
		t.Errorf("status %d, complete %v, artifacts %+v; want 3, false, one that is malicious", status, d.Complete, d.Artifacts)
	}
}

// The pre-commit hook passes over what can hold no model, and over nothing that
// a format reads: a new format needs no change to it.
func TestHookFiles(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("..", "..", ".pre-commit-hooks.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var hooks []struct {
		Exclude string `yaml:"exclude"`
	}
	if err := yaml.Unmarshal(b, &hooks); err != nil || len(hooks) != 1 {
		t.Fatalf("%d hooks, %v", len(hooks), err)
	}
	exclude, err := regexp.Compile(hooks[0].Exclude)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"README.md", "a/LICENSE", "a.png", "docs/a.css", ".gitignore", "main.go", "table.csv"} {
		if !exclude.MatchString(name) {
			t.Errorf("the hook looks at %s", name)
		}
	}
	for _, name := range []string{
		"model.pt", "a/model.pt", "model.unheard-of", "a.b/model.bin", "README.md.pkl", "model", "config.json", "a.yaml", "a.yml", "model.txt",
		"a.py", "a.ipynb", "a.toml", "model.xml", "Dockerfile", "requirements.txt",
	} {
		if exclude.MatchString(name) {
			t.Errorf("the hook does not look at %s", name)
		}
	}
	for _, f := range newCatalog().formats {
		for _, x := range f.Extensions {
			if exclude.MatchString("model" + x) {
				t.Errorf("%s: the hook does not look at %s", f.Name, x)
			}
		}
	}
}

// On a terminal, one line says how many files and bytes are done.
func TestScanProgress(t *testing.T) {
	dir := folder(t, map[string]string{"a.pkl": harmless, "b.pkl": strings.Repeat("x", 2000)})
	var errs bytes.Buffer
	env := &Env{Stdin: strings.NewReader(""), Stderr: &errs, Getenv: func(string) string { return "" }}
	cat := newCatalog()
	target := quintain.Target{Kind: quintain.KindArtifact, Ref: dir}
	e, err := (&scanFlags{}).engine(env, cat, &progress{env: env, tty: true}, []quintain.Target{target})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Run(t.Context(), target, e.Checks(), record.NewMemory()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"[0/2] 0 bytes of 2.0 KiB, ", "[1/2] 13 bytes of 2.0 KiB, ", "[2/2] 2.0 KiB of 2.0 KiB, "} {
		if !strings.Contains(errs.String(), want) {
			t.Errorf("%q lacks %q", errs.String(), want)
		}
	}
}
