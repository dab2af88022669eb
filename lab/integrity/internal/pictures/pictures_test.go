package pictures_test

import (
	"bytes"
	"slices"
	"testing"

	"quintain/lab/integrity/internal/pictures"
	"quintain/ml"
	"quintain/ml/data"
)

// TestTable reads back what it has written, to the last bit.
func TestTable(t *testing.T) {
	b := pictures.Draw(30, 7)
	got, err := data.Read(bytes.NewReader(pictures.Table(b, pictures.Column{Name: "day", Values: make([]int, 30)})))
	if err != nil {
		t.Fatal(err)
	}
	want := append(pictures.Features(), "day")
	if !slices.Equal(got.Features, want) || !slices.Equal(got.Y, b.Y) {
		t.Errorf("columns %v and labels %v, want %v and %v", got.Features, got.Y, want, b.Y)
	}
	for i := range b.Rows() {
		if !slices.Equal(got.Row(i)[:pictures.Dim], b.Row(i)) {
			t.Fatalf("row %d differs", i)
		}
	}
}

// TestTrained learns what there is to learn, and nothing from noise.
func TestTrained(t *testing.T) {
	rows, test := pictures.Draw(2000, 1), pictures.Draw(1000, 2)
	h, err := pictures.Trained(t.Context(), rows, test, []uint64{3, 4})
	if err != nil {
		t.Fatal(err)
	}
	if _, all := h.Total(); all != 2000 || h.Accuracy() < 0.88 {
		t.Errorf("accuracy %v on %d rows, want 0.88 or more on 2000", h.Accuracy(), all)
	}
	same := ml.Batch{Dim: rows.Dim, X: rows.X, Y: make([]int32, rows.Rows())}
	h, err = pictures.Trained(t.Context(), same, test, []uint64{3})
	if err != nil || h.Recall(0) != 1 || h.Recall(1) != 0 {
		t.Errorf("trained on one label: recall %v and %v, %v, want 1 and 0", h.Recall(0), h.Recall(1), err)
	}
}
