package scantest_test

import (
	"context"
	"strings"
	"testing"

	"quintain"
	"quintain/scan"
	"quintain/scan/scantest"
)

// TestProblems proves that every rule refuses a format that breaks it.
func TestProblems(t *testing.T) {
	sound := func() *scan.Format {
		return &scan.Format{
			Check: quintain.Check{
				Name: "scan/x", Doc: "a title\n\ntext", Techniques: []quintain.Technique{"AML.T0010"},
				Accepts: []quintain.Kind{quintain.KindArtifact},
			},
			Match: func(_ string, head []byte) bool { return len(head) > 0 && head[0] == 'x' },
			Inspect: func(_ context.Context, f *scan.File) error {
				f.Reportf(quintain.Low, 0, "is bad")
				return nil
			},
			Twin: func() (string, []byte) { return "twin", []byte("x") },
		}
	}
	for name, tc := range map[string]struct {
		dir    string
		change func(f *scan.Format)
		want   string // empty if all is well
	}{
		"sound":         {"/m/scan/x", func(*scan.Format) {}, ""},
		"folder":        {"/m/scan/y", func(*scan.Format) {}, "want its name to be its folder"},
		"check":         {"/m/scan/x", func(f *scan.Format) { f.Doc = "" }, "no manual page"},
		"no twin":       {"/m/scan/x", func(f *scan.Format) { f.Twin = nil }, "has no twin"},
		"another twin":  {"/m/scan/x", func(f *scan.Format) { f.Twin = func() (string, []byte) { return "twin", []byte("y") } }, "is not caught"},
		"harmless twin": {"/m/scan/x", func(f *scan.Format) { f.Inspect = func(context.Context, *scan.File) error { return nil } }, "is not caught"},
	} {
		t.Run(name, func(t *testing.T) {
			f := sound()
			tc.change(f)
			var got []string
			for _, err := range scantest.Problems(t.Context(), tc.dir, f) {
				got = append(got, err.Error())
			}
			all := strings.Join(got, "\n")
			if tc.want == "" && all != "" || !strings.Contains(all, tc.want) {
				t.Errorf("Problems = %q, want %q", all, tc.want)
			}
		})
	}
}
