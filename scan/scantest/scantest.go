// Package scantest holds formats of package scan to their contract.
package scantest

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"quintain"
	"quintain/internal/hexfs"
	"quintain/record/recordtest"
	"quintain/scan"
)

var update = flag.Bool("update", false, "rewrite what the cases in testdata want")

// Run scans every case in testdata and compares what the check of format
// finds with what the case wants. Others are formats that recognize what the
// cases hold beside format.
//
// A case is a txtar file. Its files are the target: those whose names end in
// .hex hold bytes as text for package hexfs, those that end in .file hold the
// path of a file in testdata, and all others stand for themselves. The file
// called want lists the findings, one a line: the outcome, the severity of a
// failure, the location, and the summary, which is left out for a pass.
//
// Run also fails if format breaks a rule: its check is invalid, its name is
// not its folder, it has no failing or no passing case, or its twin is not
// caught.
func Run(t *testing.T, format *scan.Format, others ...*scan.Format) {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range Problems(t.Context(), dir, format, others...) {
		t.Error(err)
	}
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[quintain.Outcome]int)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			for _, f := range runCase(t, file, format, others) {
				seen[f.Outcome]++
			}
		})
	}
	if seen[quintain.Fail] == 0 || seen[quintain.Pass] == 0 && format.Match != nil {
		t.Errorf("the cases in testdata have %d failures and %d passes, want at least one of each", seen[quintain.Fail], seen[quintain.Pass])
	}
}

// Problems returns what is wrong with a format whose package is in folder dir,
// as far as no case is needed to see it.
func Problems(ctx context.Context, dir string, format *scan.Format, others ...*scan.Format) []error {
	var errs []error
	if err := format.Validate(); err != nil {
		errs = append(errs, err)
	}
	if !strings.HasSuffix(filepath.ToSlash(dir), "/"+format.Name) {
		errs = append(errs, fmt.Errorf("check %q is in folder %q, want its name to be its folder", format.Name, dir))
	}
	if format.Twin == nil {
		return append(errs, fmt.Errorf("%s has no twin, so its passes prove nothing", format.Name))
	}
	name, data := format.Twin()
	got, err := scan.Inspect(ctx, name, bytes.NewReader(data), int64(len(data)), append([]*scan.Format{format}, others...)...)
	if err != nil {
		return append(errs, err)
	}
	if !slices.ContainsFunc(got, func(f quintain.Finding) bool { return f.Check == format.Name && f.Outcome == quintain.Fail }) {
		errs = append(errs, fmt.Errorf("the twin %q of %s is not caught: %s", name, format.Name, Lines(got, format)))
	}
	return errs
}

// runCase runs one case and returns the findings of format.
func runCase(t *testing.T, file string, format *scan.Format, others []*scan.Format) []quintain.Finding {
	t.Helper()
	ar, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	files, want := Files(t, ar)
	var got []quintain.Finding
	for _, f := range Scan(t, files, format, others...) {
		if f.Check != format.Name {
			continue
		}
		if f.Outcome == quintain.Pass && !f.Resisted() {
			t.Errorf("%s passes without a positive control", f.Evidence[0].Location)
		}
		got = append(got, f)
	}
	text := Lines(got, format)
	if text == want {
		return got
	}
	if !*update {
		t.Errorf("findings of %s:\n%s\nwant:\n%s", format.Name, text, want)
		return got
	}
	for i := range ar.Files {
		if ar.Files[i].Name == "want" {
			ar.Files[i].Data = []byte(text)
		}
	}
	if err := os.WriteFile(file, txtar.Format(ar), 0o644); err != nil {
		t.Fatal(err)
	}
	return got
}

// Files returns the files of a case and what it wants.
func Files(t testing.TB, ar *txtar.Archive) (files map[string][]byte, want string) {
	t.Helper()
	files = make(map[string][]byte)
	for _, f := range ar.Files {
		name, isHex := strings.CutSuffix(f.Name, hexfs.Ext)
		other, isFile := strings.CutSuffix(f.Name, ".file")
		var err error
		switch {
		case f.Name == "want":
			want = string(f.Data)
		case isHex:
			files[name], err = hexfs.Decode(f.Data)
		case isFile:
			files[other], err = os.ReadFile(filepath.Join("testdata", strings.TrimSpace(string(f.Data))))
		default:
			files[f.Name] = f.Data
		}
		if err != nil {
			t.Fatalf("file %s: %v", f.Name, err)
		}
	}
	return files, want
}

// Scan writes files to a folder, scans it in format and others, and returns
// the findings of all, each of them valid.
func Scan(t *testing.T, files map[string][]byte, format *scan.Format, others ...*scan.Format) []quintain.Finding {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		p := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	e := scan.New(scan.Options{}, append([]*scan.Format{format}, others...)...)
	return recordtest.Engine(t, e, quintain.Target{Kind: quintain.KindArtifact, Ref: dir}, e.Checks())
}

// Lines renders the findings of format as a case wants them. What passes in a
// file of which something else does not is left out.
func Lines(findings []quintain.Finding, format *scan.Format) string {
	var out bytes.Buffer
	broken := make(map[string]bool)
	for _, f := range findings {
		if f.Check == format.Name && (f.Outcome == quintain.Fail || f.Outcome == quintain.Inconclusive) {
			broken[f.Target.Ref] = true
		}
	}
	for _, f := range findings {
		switch {
		case f.Check != format.Name || f.Outcome == quintain.Pass && broken[f.Target.Ref]:
		case f.Outcome == quintain.NotApplicable:
			fmt.Fprintln(&out, f.Outcome)
		case f.Outcome == quintain.Pass:
			for _, e := range f.Evidence {
				fmt.Fprintln(&out, f.Outcome, e.Location)
			}
		case f.Outcome == quintain.Fail:
			fmt.Fprintln(&out, f.Outcome, f.Severity, f.Evidence[0].Location, f.Summary)
		default:
			fmt.Fprintln(&out, f.Outcome, f.Evidence[0].Location, f.Summary)
		}
	}
	return out.String()
}

// maxAlloc is what the inspection of a fuzzed file may allocate beside a
// multiple of its size.
const maxAlloc = 64 << 20

// Fuzz holds the format to its promise: whatever the bytes, Inspect does not
// panic, does not use memory out of proportion, and says the same twice. A
// pass explains every byte. The seeds are the cases in testdata.
func Fuzz(f *testing.F, format *scan.Format, others ...*scan.Format) {
	f.Helper()
	cases, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range cases {
		ar, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		files, _ := Files(f, ar)
		for _, data := range files {
			f.Add(data)
		}
	}
	_, twin := format.Twin()
	f.Add(twin)
	all := append([]*scan.Format{format}, others...)
	f.Fuzz(func(t *testing.T, data []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		first := Bytes(t, data, all...)
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > maxAlloc+64*uint64(len(data)) {
			t.Errorf("a file of %d bytes made the scanner allocate %d", len(data), n)
		}
		for _, f := range first {
			if strings.Contains(f.Summary, "internal error") {
				t.Errorf("finding %q", f.Summary)
			}
			if err := f.Validate(); err != nil {
				t.Error(err)
			}
		}
		if second := Bytes(t, data, all...); Lines(first, format) != Lines(second, format) {
			t.Errorf("two scans differ:\n%s\n%s", Lines(first, format), Lines(second, format))
		}
	})
}

// Bytes inspects one file in memory, in the given formats and whether they
// recognize it or not.
func Bytes(t testing.TB, data []byte, formats ...*scan.Format) []quintain.Finding {
	t.Helper()
	forced := *formats[0]
	forced.Match = func(string, []byte) bool { return true }
	findings, err := scan.Inspect(t.Context(), "file", bytes.NewReader(data), int64(len(data)), append([]*scan.Format{&forced}, formats[1:]...)...)
	if err != nil {
		t.Fatal(err)
	}
	return findings
}
