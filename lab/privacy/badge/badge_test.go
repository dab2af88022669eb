package badge_test

import (
	"bytes"
	"image"
	"image/png"
	"io"
	"testing"

	"quintain/lab"
	"quintain/lab/labtest"
	"quintain/lab/privacy/badge"
)

// seeds are few, because every day at the doors trains five of them;
// calibration.md has ten.
const seeds = 1

func Test(t *testing.T) { labtest.RunOn(t, badge.Exercise, seeds) }

// attempt returns an attempt with one file in its folder.
func attempt(t *testing.T, file string, b []byte) *lab.Setup {
	t.Helper()
	f, err := lab.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	a, err := lab.NewAttempt(badge.Exercise, lab.NewSource(lab.Key{1}), f, "")
	if err != nil {
		t.Fatal(err)
	}
	w := &lab.Setup{Attempt: a}
	if err := w.Write(file, b); err != nil {
		t.Fatal(err)
	}
	return w
}

func square(t testing.TB, width, height int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, width, height))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestAsk holds that one image is one question in the ledger, and that what is
// no square image is none.
func TestAsk(t *testing.T) {
	for _, c := range []struct {
		file []byte
		want int
	}{
		{square(t, 14, 14), 1},
		{square(t, 500, 500), 1},
		{square(t, 14, 15), 0},
		{square(t, 5000, 5000), 0},
		{[]byte("no image"), 0},
	} {
		w := attempt(t, "x.png", c.file)
		err := w.Exercise.Act("ask").Run(t.Context(), w.Attempt, []string{"x.png"}, io.Discard)
		if got := len(w.Ledger.Events()); got != c.want || (err == nil) != (c.want == 1) {
			t.Errorf("%d bytes: %d questions, error %v, want %d", len(c.file), got, err, c.want)
		}
	}
}

// FuzzCode holds that no code that is handed in breaks the grader.
func FuzzCode(f *testing.F) {
	f.Add([]byte("014 69a\n"))
	f.Add([]byte("\xff\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		w := attempt(t, "code-a.txt", b)
		if _, err := lab.GradeStage(t.Context(), w.Attempt, "a", nil); err != nil {
			t.Error(err)
		}
	})
}
