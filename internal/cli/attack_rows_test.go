package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"quintain/attack/evasion"
	"quintain/ml/data"
)

// TestAdvRows wants the rows that were turned as the attack left them, all
// others as they were, and the same numbers when the file is read again.
func TestAdvRows(t *testing.T) {
	name := filepath.Join(t.TempDir(), "rows.csv")
	if err := os.WriteFile(name, []byte("\"a,b\",label,c\n0.5,1,0.25\n1,0,0\n0,1,1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := readAdvRows(name)
	if err != nil {
		t.Fatal(err)
	}
	third := float32(1) / 3
	for _, s := range []evasion.Sample{
		{Row: 1, Success: true, Values: []float32{third, 0}},
		{Row: 1, Success: true, Values: []float32{9, 9}},  // by a later attack
		{Row: 2, Success: false, Values: []float32{9, 9}}, // it stood
		{Row: 4, Success: true, Values: []float32{9, 9}},  // of no row
		{Row: 3, Success: true, Values: []float32{9}},
	} {
		r.take(s)
	}
	got, err := data.Read(bytes.NewReader(r.csv()))
	if err != nil {
		t.Fatal(err)
	}
	if want := []float32{third, 0, 1, 0, 0, 1}; !slices.Equal(got.X, want) {
		t.Errorf("rows %v, want %v", got.X, want)
	}
	if want := []string{"a,b", "c"}; !slices.Equal(got.Features, want) {
		t.Errorf("features %q, want %q", got.Features, want)
	}
	if want := []int32{1, 0, 1}; !slices.Equal(got.Y, want) {
		t.Errorf("labels %v, want %v", got.Y, want)
	}
}
