package scan_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"quintain"
	"quintain/scan"
	"quintain/scan/identity"
	"quintain/scan/pickle"
	"quintain/scan/torch"
)

// archive packs files in order, given by name and content.
func archive(t *testing.T, files ...[2]string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range files {
		w, err := z.CreateHeader(&zip.FileHeader{Name: f[0]})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(f[1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// judgments returns the worst outcome of what is said of each member of an
// archive.
func judgments(t *testing.T, data string, formats ...*scan.Format) map[string]string {
	t.Helper()
	fs, err := scan.Inspect(t.Context(), "m.zip", bytes.NewReader([]byte(data)), int64(len(data)), formats...)
	if err != nil {
		t.Fatal(err)
	}
	worst := make(map[string]int)
	order := []string{"", quintain.Pass.String(), quintain.Inconclusive.String(), quintain.Fail.String()}
	for _, f := range fs {
		for _, e := range f.Evidence {
			at, _, _ := strings.Cut(e.Location, "@")
			_, member, _ := strings.Cut(at, "!")
			worst[member] = max(worst[member], slices.Index(order, f.Outcome.String()))
		}
	}
	out := make(map[string]string)
	for m, i := range worst {
		out[m] = order[i]
	}
	return out
}

// Every member has a verdict of its own, whatever the others have.
func TestMembers(t *testing.T) {
	inner := archive(t, [2]string{"deep.pkl", bad}, [2]string{"fine.pkl", good})
	data := archive(t, [2]string{"a.pkl", bad}, [2]string{"b.pkl", good}, [2]string{"c.pkl", "\x80\x02N\xff"}, [2]string{"in.zip", inner})
	want := map[string]string{
		"a.pkl": "fail", "b.pkl": "pass", "c.pkl": "inconclusive", "in.zip!deep.pkl": "fail", "in.zip!fine.pkl": "pass",
	}
	got := judgments(t, data, torch.Format, pickle.Format, identity.Format)
	delete(got, "in.zip") // what is said of it is said of its parts
	delete(got, "")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("judgments (-want +got):\n%s", diff)
	}
}

// The pass of one check is no verdict on a member that another, which was not
// asked for, should have looked at.
func TestMemberNotAsked(t *testing.T) {
	data := archive(t, [2]string{"a.pkl", good})
	got := judgments(t, data, torch.Format, identity.Format)
	if got["a.pkl"] == "pass" {
		t.Errorf("judgments %v, want nothing good said of a.pkl", got)
	}
}

// A thousand members have a thousand verdicts.
func TestManyMembers(t *testing.T) {
	var files [][2]string
	for i := range 1000 {
		files = append(files, [2]string{fmt.Sprintf("%04d.pkl", i), good})
	}
	files = append(files, [2]string{"x.pkl", bad})
	got := judgments(t, archive(t, files...), torch.Format, pickle.Format)
	clean := 0
	for _, j := range got {
		if j == "pass" {
			clean++
		}
	}
	if clean != 1000 || got["x.pkl"] != "fail" {
		t.Errorf("%d members pass and x.pkl is %q, want 1000 and fail", clean, got["x.pkl"])
	}
}
