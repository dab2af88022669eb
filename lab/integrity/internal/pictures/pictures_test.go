package pictures_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
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

// TestStick changes the pixels of the sticker and no others, of all classes but
// one, in a copy.
func TestStick(t *testing.T) {
	b := pictures.Draw(50, 3)
	was := b.Clone()
	cells := []data.Cell{{Feature: 7, Value: 0.5}, {Feature: 140, Value: 1}}
	got := pictures.Stick(b, cells, 4)
	if !slices.Equal(b.X, was.X) {
		t.Error("the pictures themselves have changed")
	}
	at := 0
	for i, y := range b.Y {
		if y == 4 {
			continue
		}
		want := slices.Clone(b.Row(i))
		want[7], want[140] = 0.5, 1
		if got.Y[at] != y || !slices.Equal(got.Row(at), want) {
			t.Fatalf("picture %d: labeled %d, want %d and two other pixels", i, got.Y[at], y)
		}
		at++
	}
	if got.Rows() != at || at == 50 {
		t.Errorf("%d pictures of 50, want %d", got.Rows(), at)
	}
	if l := pictures.Labeled(got, 4); slices.Max(l.Y) != 4 || slices.Min(l.Y) != 4 || got.Y[0] == 4 {
		t.Errorf("labels %v, want 4 only, and the others as before", l.Y)
	}
}

// TestPaint puts each pixel that is not white into one path, by its ink.
func TestPaint(t *testing.T) {
	picture := make([]float32, pictures.Dim)
	picture[0], picture[13], picture[143] = 1, 1, 0.5
	var out bytes.Buffer
	pictures.Paint(&out, picture, 10, 20, 3)
	if got := out.String(); strings.Count(got, "<path") != 2 || !strings.Contains(got, `fill-opacity="1.000" d="M10 20h3v3h-3zM13 23h3v3h-3z"`) || !strings.Contains(got, `fill-opacity="0.500" d="M43 53h3v3h-3z"`) {
		t.Errorf("got %s, want two pixels of full ink and one of half", got)
	}
	d := xml.NewDecoder(&out)
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
}
