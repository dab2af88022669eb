package tree_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"

	"quintain"
	"quintain/scan"
	"quintain/scan/internal/tree"
)

// report returns what a tree of members reports.
func report(t *testing.T, members ...tree.Member) []string {
	t.Helper()
	format := &scan.Format{
		Check: quintain.Check{Name: "scan/x", Doc: "a title\n\ntext", Techniques: []quintain.Technique{"AML.T0010"}, Accepts: []quintain.Kind{quintain.KindArtifact}},
		Match: func(string, []byte) bool { return true },
		Inspect: func(_ context.Context, f *scan.File) error {
			tr := tree.New(f)
			for _, m := range members {
				tr.Add(m)
			}
			tr.CheckLinks()
			f.Account(scan.Parsed, f.Size())
			return nil
		},
	}
	found, err := scan.Inspect(t.Context(), "a", bytes.NewReader([]byte("x")), 1, format)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range found {
		if f.Outcome != quintain.Pass {
			out = append(out, f.Summary)
		}
	}
	return out
}

// Test holds every rule to a tree that breaks it and one that does not.
func Test(t *testing.T) {
	file := func(name string) tree.Member { return tree.Member{Name: name} }
	folder := func(name string) tree.Member { return tree.Member{Name: name, Kind: tree.Folder} }
	soft := func(name, to string) tree.Member { return tree.Member{Name: name, Target: to, Kind: tree.Symlink} }
	hard := func(name, to string) tree.Member { return tree.Member{Name: name, Target: to, Kind: tree.HardLink} }
	for _, test := range []struct {
		members []tree.Member
		want    string // empty if all is well
	}{
		{[]tree.Member{folder("a"), file("a/b"), folder("a/"), soft("a/c", "b"), hard("d", "a/b"), {Kind: tree.Label}}, ""},
		{[]tree.Member{file("../a")}, "outside the folder"},
		{[]tree.Member{file("/a")}, "outside the folder"},
		{[]tree.Member{file(`c:\a`)}, "outside the folder"},
		{[]tree.Member{file(`a\b`)}, "backslash"},
		{[]tree.Member{file("a\x00b")}, "zero byte"},
		{[]tree.Member{file("")}, "no name"},
		{[]tree.Member{file("a"), file("./a")}, "twice"},
		{[]tree.Member{file("a"), file("A")}, "only in case"},
		{[]tree.Member{soft("a", "../b")}, "leads outside"},
		{[]tree.Member{soft("a", "."), soft("b", "a/..")}, "leads outside"},
		{[]tree.Member{soft("a", "b"), soft("b", "a")}, "leads outside"},
		{[]tree.Member{soft("a", "b"), file("a/c")}, "through the symbolic link"},
		{[]tree.Member{hard("a", "b"), file("b")}, "no member before it"},
	} {
		got := report(t, test.members...)
		if test.want == "" && got != nil || test.want != "" && !slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, test.want) }) {
			t.Errorf("%v: got %q, want %q", test.members, got, test.want)
		}
	}
}
