package data_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/iotest"

	"quintain/ml/data"
)

func TestRead(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"a,b,class\n1,2,0\n3,-4.5,1\n", "[a b] [1 2 3 -4.5] [0 1]"},
		{"a,label,b\n1,1,2\n", "[a b] [1 2] [1]"},
		{"\ufeffa, LABEL\n 1, 2\n\n7,0\n", "[a] [1 7] [2 0]"},
		{"\"a,1\",y\r\n\"1e3\",1.0\r\n", "[a,1] [1000] [1]"},
		{"0,1,label\n5,6,0\n", "[0 1] [5 6] [0]"}, // pixels are often called by number
	} {
		got, err := data.Read(strings.NewReader(c.in))
		if err != nil {
			t.Errorf("Read(%q) = %v", c.in, err)
			continue
		}
		if s := fmt.Sprint(got.Features, got.X, got.Y); s != c.want {
			t.Errorf("Read(%q) = %s, want %s", c.in, s, c.want)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", "no rows"},
		{"a,b\n", "no rows"},
		{"a\n1\n", "line 1: one column"},
		{"1,2,0\n3,4,1\n", "line 1: it does not name the columns"},
		{"label,a,label\n1,2,3\n", "line 1: 2 columns are called label"},
		{"a,b\n1,0\n\nx,1\n", `line 4: column "a": "x" is no number`},
		{"label,b\n1,0\n1,y\n", `line 3: column "b": "y" is no number`},
		{"a,b\nNaN,0\n", `"NaN" is no number`},
		{"a,b\n1e39,0\n", `"1e39" is no number`},
		{"a,b\n1,home\n", `line 2: label "home" is no class number`},
		{"a,b\n1,-1\n", `label "-1" is no class number`},
		{"a,b\n1,0.5\n", `label "0.5" is no class number`},
		{"a,b\n1,2,3\n", "line 2: wrong number of fields"},
		{"a,b\n\"1,2\n", "line 2: extraneous or missing"},
	} {
		_, err := data.Read(strings.NewReader(c.in))
		if !errors.Is(err, data.ErrFormat) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Read(%q) = %v, want %q", c.in, err, c.want)
		}
	}
	broken := errors.New("broken disk")
	if _, err := data.Read(iotest.ErrReader(broken)); !errors.Is(err, broken) || errors.Is(err, data.ErrFormat) {
		t.Errorf("Read of a broken reader = %v, want %v", err, broken)
	}
}

func TestRanges(t *testing.T) {
	tab, err := data.Read(strings.NewReader("a,b,y\n1,5,0\n-2,5,0\n3,5,1\n"))
	if err != nil {
		t.Fatal(err)
	}
	low, high := tab.Ranges()
	if got, want := fmt.Sprint(low, high), "[-2 5] [3 5]"; got != want {
		t.Errorf("Ranges() = %s, want %s", got, want)
	}
	if err := tab.Bound(&data.Bounds{Low: -2, High: 4}); err == nil || !strings.Contains(err.Error(), "row 1: b is 5") {
		t.Errorf("Bound below what occurs = %v, want the row and the feature", err)
	}
	b, err := data.ParseBounds("-2, 8")
	if err != nil {
		t.Fatal(err)
	}
	if err := tab.Bound(b); err != nil {
		t.Fatal(err)
	}
	low, high = tab.Ranges()
	if got, want := fmt.Sprint(low, high), "[-2 -2] [8 8]"; got != want {
		t.Errorf("Ranges() within bounds = %s, want %s", got, want)
	}
}

func FuzzRead(f *testing.F) {
	f.Add("a,b,label\n1,2,0\n")
	f.Add("label,\"a\nb\"\n1,2e3\n")
	f.Add("text,label,x\nto be,0,1\nor not to be,1,2\n")
	f.Fuzz(func(t *testing.T, s string) {
		tab, err := data.Read(strings.NewReader(s))
		if err != nil {
			return
		}
		if len(tab.X) != tab.Rows()*len(tab.Features) || tab.Rows() == 0 {
			t.Errorf("%d numbers in %d rows of %d features", len(tab.X), tab.Rows(), len(tab.Features))
		}
		if tab.Text != nil && len(tab.Text) != tab.Rows() || tab.Words > len(tab.Features) {
			t.Errorf("%d texts and %d words in %d rows of %d features", len(tab.Text), tab.Words, tab.Rows(), len(tab.Features))
		}
		tab.Ranges()
	})
}
