package scan_test

import (
	"bytes"
	"context"
	"io"
	"testing"

	"quintain"
	"quintain/scan"
	"quintain/scan/all"
	"quintain/scan/internal/benchfiles"
)

// passing counts findings and keeps those that are no pass.
type passing struct{ bad []quintain.Finding }

func (p *passing) Record(f quintain.Finding) error {
	if f.Outcome != quintain.Pass && f.Outcome != quintain.NotApplicable {
		p.bad = append(p.bad, f)
	}
	return nil
}

func (*passing) Describe(quintain.Component) error { return nil }

func (*passing) Attach(context.Context, string, io.Reader) (quintain.Digest, error) { return "", nil }

// TestBenchFiles proves that the files that the scanner is measured with are
// sound, so that all of each of them is looked at.
func TestBenchFiles(t *testing.T) {
	for name, write := range benchFiles(256 << 10) {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := write(&b); err != nil {
				t.Fatal(err)
			}
			inspectWhole(t, name, b.Bytes())
		})
	}
	t.Run("folder", func(t *testing.T) {
		dir := t.TempDir()
		if err := benchfiles.Folder(dir, 20); err != nil {
			t.Fatal(err)
		}
		runFolder(t, dir)
	})
}

func benchFiles(size int64) map[string]func(io.Writer) error {
	return map[string]func(io.Writer) error{
		"model.pkl":         func(w io.Writer) error { return benchfiles.Pickle(w, size) },
		"model.pt":          func(w io.Writer) error { return benchfiles.Torch(w, 16, size/16) },
		"model.safetensors": func(w io.Writer) error { return benchfiles.Safetensors(w, 16, size/16) },
		"tiny.pkl":          func(w io.Writer) error { _, err := w.Write(benchfiles.Tiny()); return err },
	}
}

func inspectWhole(t testing.TB, name string, data []byte) {
	t.Helper()
	findings, err := scan.Inspect(t.Context(), name, bytes.NewReader(data), int64(len(data)), all.Formats...)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range findings {
		if f.Outcome != quintain.Pass {
			t.Fatalf("%s: %s %s, want a pass", f.Check, f.Outcome, f.Summary)
		}
	}
}

func runFolder(t testing.TB, dir string) {
	t.Helper()
	e := scan.New(scan.Options{}, all.Formats...)
	var p passing
	if err := e.Run(t.Context(), quintain.Target{Kind: quintain.KindArtifact, Ref: dir}, e.Checks(), &p); err != nil {
		t.Fatal(err)
	}
	if len(p.bad) > 0 {
		t.Fatalf("%d findings, the first %s %s, want none", len(p.bad), p.bad[0].Outcome, p.bad[0].Summary)
	}
}

// BenchmarkScan measures the inputs of testdata/bench.sh at a size that fits
// into memory.
func BenchmarkScan(b *testing.B) {
	for name, write := range benchFiles(64 << 20) {
		b.Run(name, func(b *testing.B) {
			var data bytes.Buffer
			if err := write(&data); err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(data.Len()))
			for b.Loop() {
				inspectWhole(b, name, data.Bytes())
			}
		})
	}
	b.Run("folder", func(b *testing.B) {
		dir := b.TempDir()
		if err := benchfiles.Folder(dir, 2000); err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			runFolder(b, dir)
		}
	})
}
