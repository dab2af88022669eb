package scan_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"quintain"
	"quintain/scan"
)

// format makes a format that inspects every file so.
func format(inspect func(ctx context.Context, f *scan.File) error) *scan.Format {
	return &scan.Format{
		Check: quintain.Check{
			Name: "scan/x", Doc: "a title", Techniques: []quintain.Technique{"AML.T0010"}, Accepts: []quintain.Kind{quintain.KindArtifact},
		},
		Match:   func(string, []byte) bool { return true },
		Inspect: inspect,
	}
}

// inspect returns what a format says of data, one finding a line.
func inspect(t *testing.T, data string, f *scan.Format) string {
	t.Helper()
	fs, err := scan.Inspect(t.Context(), "file", strings.NewReader(data), int64(len(data)), f)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, f := range fs {
		if err := f.Validate(); err != nil {
			t.Error(err)
		}
		lines = append(lines, fmt.Sprintf("%s %s %s", f.Outcome, f.Evidence[0].Location, f.Summary))
	}
	return strings.Join(lines, "\n")
}

// TestAccounts proves that only a file whose every byte is explained once
// passes.
func TestAccounts(t *testing.T) {
	for name, tc := range map[string]struct {
		inspect func(f *scan.File) error
		want    string
	}{
		"all":      {func(f *scan.File) error { f.Account(scan.Parsed, 3); f.Account(scan.Tensor, 5); return nil }, "pass file nothing found in 1 file"},
		"less":     {func(f *scan.File) error { f.Account(scan.Parsed, 7); return nil }, "inconclusive file 1 of 8 bytes are not explained"},
		"more":     {func(f *scan.File) error { f.Account(scan.Padding, 1<<62); f.Account(scan.Parsed, 1<<62); return nil }, "inconclusive file 9223372036854775799 bytes are explained twice"},
		"negative": {func(f *scan.File) error { f.Account(scan.Parsed, -8); return nil }, "inconclusive file 8 of 8 bytes are not explained"},
		"error":    {func(f *scan.File) error { f.Account(scan.Parsed, 8); return scan.Errorf(5, "odd") }, "inconclusive file@0x5 not analyzed further: odd"},
		"plain":    {func(*scan.File) error { return io.ErrUnexpectedEOF }, "inconclusive file not analyzed further: unexpected EOF"},
		"panic":    {func(*scan.File) error { panic("oops") }, "inconclusive file not analyzed further: internal error in scan/x: oops"},
		"doubt":    {func(f *scan.File) error { f.Account(scan.Parsed, 8); f.Doubtf(2, "hm"); return nil }, "inconclusive file@0x2 hm"},
		"fault":    {func(f *scan.File) error { f.Account(scan.Parsed, 8); f.Reportf(quintain.Low, -1, "bad"); return nil }, "fail file bad"},
		"fact":     {func(f *scan.File) error { f.Account(scan.Parsed, 8); f.Fact("safe", "yes"); return nil }, "pass file nothing found in 1 file"},
	} {
		t.Run(name, func(t *testing.T) {
			got := inspect(t, "12345678", format(func(_ context.Context, f *scan.File) error { return tc.inspect(f) }))
			if got != tc.want {
				t.Errorf("findings %q, want %q", got, tc.want)
			}
		})
	}
}

// TestDepth proves that a file that holds itself ends.
func TestDepth(t *testing.T) {
	got := inspect(t, "x", format(func(ctx context.Context, f *scan.File) error {
		f.Account(scan.Delegated, 1)
		_, err := f.Descend(ctx, "x", f, 1)
		return err
	}))
	if !strings.Contains(got, "budget exhausted") || strings.Contains(got, "pass") {
		t.Errorf("findings %q, want that the budget is exhausted and no pass", got)
	}
}

// TestBudget proves that a file is not unpacked without end, whoever asks.
func TestBudget(t *testing.T) {
	n := 0
	got := inspect(t, "x", format(func(_ context.Context, f *scan.File) error {
		for ; n < 1<<20; n++ {
			if err := f.Spend(1 << 20); err != nil {
				return err
			}
		}
		return nil
	}))
	if !strings.Contains(got, "budget exhausted") || n > 1000 {
		t.Errorf("findings %q after %d MiB, want that the budget is exhausted", got, n)
	}
}

// TestManyProblems proves that the worst problem cannot be hidden behind many.
func TestManyProblems(t *testing.T) {
	got := inspect(t, "x", format(func(_ context.Context, f *scan.File) error {
		for i := range 5000 {
			f.Doubtf(0, "doubt %d", i)
			f.Reportf(quintain.Low, 0, "fault %d", i)
		}
		f.Reportf(quintain.Critical, 0, "the worst")
		return nil
	}))
	if n := strings.Count(got, "\n"); n > 200 {
		t.Errorf("%d findings, want a limit", n)
	}
	for _, want := range []string{"the worst", "more not listed"} {
		if !strings.Contains(got, want) {
			t.Errorf("findings do not say %q", want)
		}
	}
}

// TestExternals proves that what a member refers to reaches its container.
func TestExternals(t *testing.T) {
	var got []scan.External
	inspect(t, "x", format(func(ctx context.Context, f *scan.File) error {
		f.Account(scan.Parsed, 1)
		if f.Name() == "member" {
			f.Refer(scan.External{Key: "k", Bytes: 4})
			return nil
		}
		var err error
		got, err = f.Descend(ctx, "member", f, 1)
		return err
	}))
	if len(got) != 1 || got[0].Key != "k" {
		t.Errorf("Descend = %v, want the reference of the member", got)
	}
}

// TestWindow compares windows with the bytes behind them.
func TestWindow(t *testing.T) {
	data := make([]byte, 300_000)
	rng := rand.New(rand.NewPCG(7, 7))
	for i := range data {
		data[i] = byte(rng.Uint32())
	}
	w := scan.NewWindow(bytes.NewReader(data), int64(len(data)))
	for range 5000 {
		off, n := rng.IntN(len(data)+10), rng.IntN(scan.MaxBytes+1)
		if rng.IntN(2) == 0 {
			n = rng.IntN(40)
		}
		got, err := w.Bytes(int64(off), n)
		if off+n > len(data) {
			if !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Fatalf("Bytes(%d, %d) = %v, want that the file ends", off, n, err)
			}
			continue
		}
		if err != nil || !bytes.Equal(got, data[off:off+n]) {
			t.Fatalf("Bytes(%d, %d) differ, %v", off, n, err)
		}
	}
	for _, tc := range []struct {
		off int64
		n   int
	}{{-1, 1}, {0, -1}, {0, scan.MaxBytes + 1}} {
		if _, err := w.Bytes(tc.off, tc.n); err == nil {
			t.Errorf("Bytes(%d, %d) = nil, want an error", tc.off, tc.n)
		}
	}
}

// TestSearch proves that what a format finds hidden in data of another file is
// reported under its own check, at its place.
func TestSearch(t *testing.T) {
	finder := format(func(_ context.Context, f *scan.File) error { f.Account(scan.Parsed, f.Size()); return nil })
	finder.Name, finder.Match = "scan/finder", func(string, []byte) bool { return false }
	finder.Search = func(_ context.Context, r io.ReaderAt, size int64) ([]scan.Hidden, error) {
		b := make([]byte, size)
		if _, err := r.ReadAt(b, 0); err != nil {
			return nil, err
		}
		if i := strings.IndexByte(string(b), '!'); i >= 0 {
			return []scan.Hidden{{Offset: int64(i), Severity: quintain.High, Text: "bang"}}, nil
		}
		return nil, nil
	}
	for data, want := range map[string]string{
		"head no":  "pass head no",
		"head a!b": `fail file@0x6 part "x" hides a file: bang`,
		"head !":   `inconclusive file@0x5 part "x" is not searched for hidden files: EOF`,
	} {
		holder := format(func(ctx context.Context, f *scan.File) error {
			f.Account(scan.Parsed, f.Size())
			n := f.Size() - 5
			r := io.NewSectionReader(f, 5, n)
			if n == 1 {
				n = 9 // more than there is
			}
			return f.Search(ctx, `part "x"`, 5, r, n)
		})
		fs, err := scan.Inspect(t.Context(), "file", strings.NewReader(data), int64(len(data)), holder, finder)
		if err != nil {
			t.Fatal(err)
		}
		got := "pass " + data
		for _, f := range fs {
			if f.Check == finder.Name {
				got = fmt.Sprintf("%s %s %s", f.Outcome, f.Evidence[0].Location, f.Summary)
			} else if f.Outcome != quintain.Pass {
				t.Errorf("%q: the holder: %s %s, want a pass", data, f.Outcome, f.Summary)
			}
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", data, got, want)
		}
	}
}
