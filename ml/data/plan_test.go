package data_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"quintain/ml"
	"quintain/ml/data"
)

var planFeatures = []string{"a", "b", "c"}

// TestPlan relabels a row, stamps one, and drops one.
func TestPlan(t *testing.T) {
	p, err := data.ReadPlan(strings.NewReader("c,row,label\n,3,drop\n0.5,1,\n,2,7\n"), planFeatures, 4)
	if err != nil {
		t.Fatal(err)
	}
	b := ml.Batch{X: []float32{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, Dim: 3, Y: []int32{0, 1, 2, 3}}
	before := b.Clone()
	got, kept := p.Apply(b)
	if want := []float32{1, 2, 0.5, 4, 5, 6, 10, 11, 12}; !slices.Equal(got.X, want) {
		t.Errorf("values %v, want %v", got.X, want)
	}
	if want := []int32{0, 7, 3}; !slices.Equal(got.Y, want) || !slices.Equal(kept, []int{0, 1, 3}) {
		t.Errorf("labels %v of rows %v, want %v of rows 0, 1 and 3", got.Y, kept, want)
	}
	if !slices.Equal(b.X, before.X) || !slices.Equal(b.Y, before.Y) {
		t.Error("Apply has changed its argument")
	}
	var out bytes.Buffer
	if err := p.Write(&out, planFeatures); err != nil {
		t.Fatal(err)
	}
	if want := "row,label,c\n3,drop,\n1,,0.5\n2,7,\n"; out.String() != want {
		t.Errorf("written %q, want %q", out.String(), want)
	}
}

// TestPlanRefused names what is wrong, and where.
func TestPlanRefused(t *testing.T) {
	for plan, want := range map[string]string{
		"":                         "begins with",
		"label\n1\n":               `no column "row"`,
		"row,label,d\n1,2,3\n":     `"d"`,
		"row,row\n1,1\n":           "two columns",
		"row,label\n0,1\n":         "line 2",
		"row,label\n5,1\n":         "1 to 4",
		"row,label\n1,1\n1,2\n":    "line 3: row 1 is there twice",
		"row,label\n1,-1\n":        `label "-1"`,
		"row,a\n1,NaN\n":           "no number",
		"row,label\n1\n":           "wrong number of fields",
		"row,label\n1,99999999999": "label",
	} {
		_, err := data.ReadPlan(strings.NewReader(plan), planFeatures, 4)
		if !errors.Is(err, data.ErrFormat) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one with %q", plan, err, want)
		}
	}
}

// FuzzPlan reads what it has written as it was.
func FuzzPlan(f *testing.F) {
	f.Add([]byte("row,label,a\n1,2,0.5\n2,drop,\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := data.ReadPlan(bytes.NewReader(b), planFeatures, 100)
		if err != nil {
			return
		}
		var first, second bytes.Buffer
		if err := p.Write(&first, planFeatures); err != nil {
			t.Fatal(err)
		}
		again, err := data.ReadPlan(bytes.NewReader(first.Bytes()), planFeatures, 100)
		if err != nil {
			t.Fatalf("%v in %q", err, first.String())
		}
		if err := again.Write(&second, planFeatures); err != nil || first.String() != second.String() {
			t.Errorf("written %q, then %q, %v", first.String(), second.String(), err)
		}
		p.Apply(ml.Batch{X: make([]float32, 300), Dim: 3, Y: make([]int32, 100)})
	})
}
