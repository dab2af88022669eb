package torch_test

import (
	"testing"

	"golang.org/x/tools/txtar"

	"quintain"
	"quintain/scan/identity"
	"quintain/scan/pickle"
	"quintain/scan/pysource"
	"quintain/scan/scantest"
	"quintain/scan/torch"
)

func Test(t *testing.T) {
	scantest.Run(t, torch.Format, pickle.Format, pysource.Format, identity.Format)
}
func FuzzInspect(f *testing.F) { scantest.Fuzz(f, torch.Format, pickle.Format, identity.Format) }

// TestHidden proves that a pickle among the numbers of a storage is reported by
// the check of pickles: the archive itself is sound.
func TestHidden(t *testing.T) {
	for file, want := range map[string]string{
		"hidden":        `fail high model.pt@0xd9 storage "m/data/0" hides a file: would run code: calls os.system("true")`,
		"hidden_packed": `fail high model.pt storage "m/data/0" hides a file: would run code: calls os.system("true")`,
	} {
		ar, err := txtar.ParseFile("testdata/" + file + ".txtar")
		if err != nil {
			t.Fatal(err)
		}
		files, _ := scantest.Files(t, ar)
		var got []quintain.Finding
		got = append(got, scantest.Scan(t, files, pickle.Format, torch.Format)...)
		if s := scantest.Lines(got, pickle.Format); s != want+"\n" {
			t.Errorf("%s: findings of scan/pickle:\n%swant:\n%s", file, s, want)
		}
	}
}
