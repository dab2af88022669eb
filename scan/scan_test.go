package scan_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"quintain"
	"quintain/record"
	"quintain/record/recordtest"
	"quintain/scan"
	"quintain/scan/identity"
	"quintain/scan/onnx"
	"quintain/scan/pickle"
	"quintain/scan/safetensors"
	"quintain/scan/torch"
	"quintain/taxonomy"
)

var formats = []*scan.Format{torch.Format, safetensors.Format, pickle.Format, onnx.Format, identity.Format}

// bad and good are the smallest pickles that fail and pass.
const (
	bad  = "\x80\x02cos\nsystem\nX\x04\x00\x00\x00true\x85R."
	good = "\x80\x02N."
)

func artifact(ref string) quintain.Target {
	return quintain.Target{Kind: quintain.KindArtifact, Ref: ref}
}

// folder writes files, given by name and content, and returns where they are.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// run scans ref and returns what is found, by check.
func run(t *testing.T, ref string, fs ...*scan.Format) map[string][]quintain.Finding {
	t.Helper()
	e := scan.New(scan.Options{}, fs...)
	out := make(map[string][]quintain.Finding)
	for _, f := range recordtest.Engine(t, e, artifact(ref), e.Checks()) {
		out[f.Check] = append(out[f.Check], f)
	}
	return out
}

// outcomes lists the outcomes of findings.
func outcomes(fs []quintain.Finding) string {
	var s []string
	for _, f := range fs {
		s = append(s, f.Outcome.String())
	}
	return strings.Join(s, " ")
}

func TestChecks(t *testing.T) {
	for _, c := range scan.New(scan.Options{}, formats...).Checks() {
		if err := c.Validate(); err != nil {
			t.Error(err)
		}
		for _, id := range c.Techniques {
			if _, ok := taxonomy.Lookup(string(id)); !ok {
				t.Errorf("%s: technique %q does not exist", c.Name, id)
			}
		}
	}
}

func TestPassNeedsControl(t *testing.T) {
	ref := filepath.Join(folder(t, map[string]string{"m.pkl": good}), "m.pkl")
	for name, tc := range map[string]struct {
		twin func() (string, []byte)
		want bool
	}{
		"caught":     {pickle.Format.Twin, true},
		"none":       {nil, false},
		"harmless":   {func() (string, []byte) { return "twin.pkl", []byte(good) }, false},
		"unreadable": {func() (string, []byte) { return "twin.pkl", []byte("\x80\x02N\xff") }, false},
		"other":      {func() (string, []byte) { return "twin", nil }, false},
	} {
		t.Run(name, func(t *testing.T) {
			format := *pickle.Format
			format.Twin = tc.twin
			fs := run(t, ref, &format)["scan/pickle"]
			if len(fs) != 1 || fs[0].Outcome != quintain.Pass {
				t.Fatalf("findings %v, want one pass", fs)
			}
			if got := fs[0].Resisted(); got != tc.want {
				t.Errorf("Resisted() = %v with control %v, want %v", got, fs[0].Control, tc.want)
			}
		})
	}
}

func TestOutcomes(t *testing.T) {
	for name, tc := range map[string]struct {
		files map[string]string
		want  map[string]string // outcomes by check
	}{
		"clean":        {map[string]string{"a.pkl": good}, map[string]string{"pickle": "pass", "identity": "pass", "torch": "not-applicable"}},
		"bad":          {map[string]string{"a.pkl": bad}, map[string]string{"pickle": "fail", "identity": "pass", "onnx": "not-applicable"}},
		"both":         {map[string]string{"a.pkl": good, "b.pkl": bad}, map[string]string{"pickle": "fail pass"}},
		"unrecognized": {map[string]string{"a": "hello"}, map[string]string{"pickle": "not-applicable", "identity": "inconclusive"}},
		"empty file":   {map[string]string{"a": ""}, map[string]string{"pickle": "not-applicable", "identity": "inconclusive"}},
		"no file":      {nil, map[string]string{"pickle": "not-applicable", "identity": "not-applicable"}},
		"broken":       {map[string]string{"a.pkl": "\x80\x02N\xff"}, map[string]string{"pickle": "inconclusive"}},
		"bad, broken":  {map[string]string{"a.pkl": bad[:len(bad)-1]}, map[string]string{"pickle": "fail inconclusive"}},
		"same names":   {map[string]string{"a/m": good, "b/m": bad}, map[string]string{"pickle": "fail pass"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := run(t, folder(t, tc.files), formats...)
			for check, want := range tc.want {
				fs := got["scan/"+check]
				list := strings.Fields(outcomes(fs))
				slices.Sort(list)
				if s := strings.Join(list, " "); s != want {
					t.Errorf("%s: outcomes %q, want %q", check, s, want)
				}
			}
		})
	}
}

// TestUnrecognized proves that a file nobody recognizes is inconclusive also
// where the check that answers for such files was not asked for.
func TestUnrecognized(t *testing.T) {
	dir := folder(t, map[string]string{"ok.pkl": good, "what": "hello"})
	got := run(t, dir, pickle.Format, onnx.Format)
	for check, want := range map[string]string{"scan/pickle": "inconclusive pass", "scan/onnx": "inconclusive"} {
		list := strings.Fields(outcomes(got[check]))
		slices.Sort(list)
		if s := strings.Join(list, " "); s != want {
			t.Errorf("%s: outcomes %q, want %q", check, s, want)
		}
	}
	for _, f := range got["scan/onnx"] {
		if !strings.Contains(f.Summary, "no format recognizes") {
			t.Errorf("summary %q, want it to say that no format recognizes the file", f.Summary)
		}
	}
}

// TestNotAsked proves that a container does not pass over members whose format
// was not asked for.
func TestNotAsked(t *testing.T) {
	e := scan.New(scan.Options{}, formats...)
	rec := record.NewMemory()
	ref := filepath.Join("torch", "testdata", "real", "canary.pt")
	if err := e.Run(t.Context(), artifact(ref), []*quintain.Check{&torch.Format.Check}, rec); err != nil {
		t.Fatal(err)
	}
	fs := rec.Findings()
	if len(fs) == 0 || slices.ContainsFunc(fs, func(f quintain.Finding) bool { return f.Outcome != quintain.Inconclusive }) {
		t.Errorf("findings %v, want inconclusive ones only", fs)
	}
}

// TestCanary scans a checkpoint that PyTorch wrote with a payload.
func TestCanary(t *testing.T) {
	got := run(t, filepath.Join("torch", "testdata", "real", "canary.pt"), formats...)["scan/pickle"]
	if len(got) != 1 || got[0].Severity != quintain.Critical {
		t.Fatalf("findings %v, want one that is critical", got)
	}
	f := got[0]
	if want := `would run code: calls posix.system("true # quintain canary")`; f.Summary != want {
		t.Errorf("summary %q, want %q", f.Summary, want)
	}
	e := f.Evidence[0]
	if !strings.HasPrefix(e.Location, "canary.pt!archive/data.pkl@0x") {
		t.Errorf("location %q, want an offset of data.pkl in canary.pt", e.Location)
	}
	if want := []string{"quintain", "scan", f.Target.Ref}; !slices.Equal(e.Repro, want) {
		t.Errorf("repro %q, want %q", e.Repro, want)
	}
	data, err := os.ReadFile(f.Target.Ref)
	if err != nil {
		t.Fatal(err)
	}
	if want := quintain.DigestOf(data); f.Target.Digest != want {
		t.Errorf("digest %s, want %s", f.Target.Digest, want)
	}
}

// TestSameBytes proves that jobs change nothing: the recorder is given the same
// in the same order.
func TestSameBytes(t *testing.T) {
	files := map[string]string{"z/deep/x.pkl": bad, "readme": "hi"}
	for i := range 40 {
		files[fmt.Sprintf("m%02d.pkl", i)] = []string{good, bad, "\x80\x02N\xff"}[i%3]
	}
	dir := folder(t, files)
	var first string
	for _, jobs := range []int{1, 2, 7, 100} {
		e := scan.New(scan.Options{Jobs: jobs}, formats...)
		var order orderRecorder
		if err := e.Run(t.Context(), artifact(dir), e.Checks(), &order); err != nil {
			t.Fatal(err)
		}
		if first == "" {
			first = order.String()
		}
		if diff := cmp.Diff(first, order.String()); diff != "" {
			t.Errorf("jobs %d record something else than 1 (-1 +%d):\n%s", jobs, jobs, diff)
		}
	}
	if n := strings.Count(first, "\n"); n < 80 {
		t.Errorf("%d findings, want two for each of 41 files", n)
	}
}

// orderRecorder writes down what it is given as it comes.
type orderRecorder struct{ strings.Builder }

func (r *orderRecorder) Record(f quintain.Finding) error {
	return errors.Join(json.NewEncoder(r).Encode(f), f.Validate())
}

func (r *orderRecorder) Describe(c quintain.Component) error {
	return json.NewEncoder(r).Encode(c)
}

func (r *orderRecorder) Attach(context.Context, string, io.Reader) (quintain.Digest, error) {
	return "", errors.New("nothing is attached")
}

func TestUnreadable(t *testing.T) {
	dir := folder(t, map[string]string{"ok.pkl": good, "sub/x.pkl": good})
	for link, to := range map[string]string{
		"loop": "loop", "self": ".", "dangling": "nowhere", "again.pkl": "ok.pkl", "sub/up": "..",
	} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	got := make(map[string]string)
	for _, f := range run(t, dir, formats...)["scan/identity"] {
		rel, err := filepath.Rel(dir, f.Target.Ref)
		if err != nil {
			t.Fatal(err)
		}
		got[rel] = f.Outcome.String()
	}
	want := map[string]string{
		"ok.pkl": "pass", "again.pkl": "pass", "sub/x.pkl": "pass",
		"loop": "inconclusive", "self": "inconclusive", "dangling": "inconclusive", "sub/up": "inconclusive",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("outcomes differ (-want +got):\n%s", diff)
	}
}

func TestRefuses(t *testing.T) {
	e := scan.New(scan.Options{}, formats...)
	for name, tc := range map[string]struct {
		target quintain.Target
		check  quintain.Check
	}{
		"missing":     {artifact(filepath.Join(t.TempDir(), "none")), pickle.Format.Check},
		"kind":        {quintain.Target{Kind: quintain.KindChat, Ref: "."}, pickle.Format.Check},
		"other check": {artifact("."), quintain.Check{Name: "probe/sysprompt"}},
	} {
		if err := e.Run(t.Context(), tc.target, []*quintain.Check{&tc.check}, record.NewMemory()); err == nil {
			t.Errorf("%s: Run = nil, want an error", name)
		}
	}
}

func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	e := scan.New(scan.Options{}, formats...)
	rec := record.NewMemory()
	if err := e.Run(ctx, artifact(folder(t, map[string]string{"a.pkl": good})), e.Checks(), rec); !errors.Is(err, context.Canceled) {
		t.Errorf("Run = %v, want that the context was canceled", err)
	}
	if n := len(rec.Findings()); n != 0 {
		t.Errorf("%d findings, want none: the run did not finish", n)
	}
}

// TestSparse scans files that are a terabyte of nothing, with a head of each
// format.
func TestSparse(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "huge")
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(file.Truncate(1<<40), file.Close()); err != nil {
		t.Fatal(err)
	}
	got := run(t, name, formats...)
	if s := outcomes(got["scan/identity"]); s != "inconclusive" {
		t.Errorf("outcomes %q, want inconclusive", s)
	}
	for head, format := range map[string]*scan.Format{
		"\x80\x02X\xff\xff\xff\x7f": pickle.Format, "PK\x03\x04": torch.Format, "\x00\xe1\xf5\x05\x00\x00\x00\x00{": safetensors.Format, "\x08\x08\x3a\xff\xff\xff\xff\x7f": onnx.Format,
	} {
		r := &sparse{head: head}
		fs, err := scan.Inspect(t.Context(), "huge", r, 1<<40, format)
		if err != nil {
			t.Fatal(err)
		}
		if s := outcomes(fs); strings.Contains(s, "pass") || s == "" {
			t.Errorf("%s: outcomes %q, want no pass", format.Name, s)
		}
		if r.read > 64<<20 {
			t.Errorf("%s: read %d bytes of a file that breaks off at once", format.Name, r.read)
		}
	}
}

// sparse is a head and then zeros without end.
type sparse struct {
	head string
	read int64
}

func (s *sparse) ReadAt(p []byte, off int64) (int, error) {
	clear(p)
	if off < int64(len(s.head)) {
		copy(p, s.head[off:])
	}
	s.read += int64(len(p))
	return len(p), nil
}

// TestTruncated cuts real files at every offset. What is left never passes
// unless all of it is a file of its own.
func TestTruncated(t *testing.T) {
	for _, file := range []string{
		"torch/testdata/real/state.pt", "pickle/testdata/real/numpy-proto4.pkl", "pickle/testdata/real/torch-legacy.pt",
		"safetensors/testdata/real/model.safetensors", "onnx/testdata/real/model.onnx",
	} {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		step := max(1, len(data)/400)
		for n := 0; n < len(data); n += step {
			fs, err := scan.Inspect(t.Context(), "cut"+filepath.Ext(file), bytes.NewReader(data[:n]), int64(n), formats...)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range fs {
				if f.Outcome == quintain.Pass && f.Check != "scan/identity" {
					t.Errorf("%s cut to %d of %d bytes: %s passes: %s", file, n, len(data), f.Check, f.Evidence[0].Summary)
				}
			}
		}
	}
}

// TestMetadata proves that nothing an author writes improves a verdict.
func TestMetadata(t *testing.T) {
	header := func(meta string) string {
		h := `{` + meta + `"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}`
		return string(binary.LittleEndian.AppendUint64(nil, uint64(len(h)))) + h + "abc"
	}
	for _, meta := range []string{"", `"__metadata__":{"license":"apache-2.0","scanned":"clean","format":"pt","version":"9.9"},`} {
		data := header(meta)
		fs, err := scan.Inspect(t.Context(), "model.safetensors", strings.NewReader(data), int64(len(data)), safetensors.Format)
		if err != nil || len(fs) != 1 || fs[0].Severity != quintain.High {
			t.Errorf("with metadata %q: findings %v, %v, want one of severity high", meta, fs, err)
		}
	}
	for _, name := range []string{"m.pkl", "model.safetensors", "safe.txt", "verified", ".hidden"} {
		fs, err := scan.Inspect(t.Context(), name, strings.NewReader(bad), int64(len(bad)), formats...)
		if err != nil || !slices.ContainsFunc(fs, func(f quintain.Finding) bool { return f.Severity == quintain.Critical }) {
			t.Errorf("under the name %q: findings %v, %v, want a critical one", name, fs, err)
		}
	}
}
