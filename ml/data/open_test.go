package data_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"quintain/ml/data"
)

func TestOpenNumPy(t *testing.T) {
	for name, want := range map[string]string{
		"table-f8.npy":   "[x0 x1] [1 2 3 -4.5 5 6] [0 1 2] []",
		"table-f4be.npy": "[x0 x1] [1 2 3 -4.5 5 6] [0 1 2] []",
		"table-i2.npy":   "[x0 x1] [1 2 3 -4 5 6] [0 1 2] []",
		"images.npz":     "[x0 x1 x2 x3 x4 x5 x6 x7 x8 x9 x10 x11] [0 1 2 3 4 5 6 0 1 2 3 4 5 6 0 1 2 3 4 5 6 0 1 2] [1 0] [1 3 4]",
	} {
		got, err := data.Open("testdata/" + name)
		if err != nil {
			t.Errorf("%s: Open = %v", name, err)
			continue
		}
		if s := fmt.Sprint(got.Features, got.X, got.Y, got.Shape); s != want {
			t.Errorf("%s: Open = %s, want %s", name, s, want)
		}
	}
	for name, want := range map[string]string{
		"object.npy": "never unpickled", "fortran.npy": "Fortran", "nolabels.npz": "no array called y",
	} {
		_, err := data.Open("testdata/" + name)
		if !errors.Is(err, data.ErrFormat) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: Open = %v, want an error about %q", name, err, want)
		}
	}
	if _, err := data.Open("testdata/none"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Open of no file = %v, want %v", err, os.ErrNotExist)
	}
}

// idxFile writes bytes as an IDX file.
func idxFile(values []byte, shape ...uint32) []byte {
	b := []byte{0, 0, 8, byte(len(shape))}
	for _, d := range shape {
		b = binary.BigEndian.AppendUint32(b, d)
	}
	return append(b, values...)
}

func write(t *testing.T, dir, name string, b []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func zipped(t *testing.T, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestOpenIDX(t *testing.T) {
	dir := t.TempDir()
	pixels := idxFile([]byte{0, 255, 51, 102, 255, 0, 0, 0}, 2, 2, 2)
	path := write(t, dir, "t10k-images-idx3-ubyte.gz", zipped(t, pixels))
	if _, err := data.Open(path); !errors.Is(err, data.ErrFormat) || !strings.Contains(err.Error(), "labels-idx1") {
		t.Errorf("Open without labels = %v", err)
	}
	write(t, dir, "t10k-labels-idx1-ubyte", idxFile([]byte{7, 0}, 2))
	got, err := data.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if s, want := fmt.Sprint(got.X, got.Y, got.Shape), "[0 1 0.2 0.4 1 0 0 0] [7 0] [1 2 2]"; s != want {
		t.Errorf("Open = %s, want %s", s, want)
	}
	if low, high := got.Ranges(); fmt.Sprint(low, high) != "[0 0 0 0] [1 1 1 1]" {
		t.Errorf("Ranges() = %v, %v, want all pixels from 0 to 1", low, high)
	}
	for name, c := range map[string][2][]byte{
		"short":        {pixels[:18], idxFile([]byte{7, 0}, 2)},
		"other number": {pixels, idxFile([]byte{7}, 1)},
		"bomb":         {idxFile(nil, 1<<31, 1<<31, 1<<31), idxFile([]byte{7}, 1)},
		"no image":     {idxFile([]byte{1, 2}, 2), idxFile([]byte{7, 0}, 2)},
	} {
		if _, err := data.IDX(c[0], c[1]); !errors.Is(err, data.ErrFormat) {
			t.Errorf("%s: IDX = %v, want %v", name, err, data.ErrFormat)
		}
	}
}

func TestOpenImages(t *testing.T) {
	dir := t.TempDir()
	gray := image.NewGray(image.Rect(0, 0, 2, 1))
	gray.Pix = []byte{0, 51}
	red := image.NewNRGBA(image.Rect(0, 0, 2, 1))
	red.Set(0, 0, color.NRGBA{255, 0, 0, 255})
	red.Set(1, 0, color.NRGBA{0, 0, 255, 255})
	var a, b, c, big bytes.Buffer
	for _, err := range []error{
		png.Encode(&a, gray), png.Encode(&b, red), jpeg.Encode(&c, gray, nil),
		gif.Encode(&big, image.NewGray(image.Rect(0, 0, 3, 3)), nil),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	write(t, dir, "cat/1.png", a.Bytes())
	write(t, dir, "cat/.hidden", []byte("x"))
	write(t, dir, "dog/1.png", b.Bytes())
	got, err := data.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if s, want := fmt.Sprint(got.X, got.Y, got.Shape, got.Classes), "[0 0.2 0 0.2 0 0.2 1 0 0 0 0 1] [0 1] [3 1 2] [cat dog]"; s != want {
		t.Errorf("Open = %s, want %s", s, want)
	}
	if err := os.Remove(filepath.Join(dir, "dog/1.png")); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "dog/1.jpg", c.Bytes())
	if got, err = data.Open(dir); err != nil || fmt.Sprint(got.Shape) != "[1 1 2]" {
		t.Errorf("Open of gray images = %v, %v; want one channel", got, err)
	}
	write(t, dir, "dog/2.gif", big.Bytes())
	if _, err := data.Open(dir); !errors.Is(err, data.ErrFormat) || !strings.Contains(err.Error(), "one size") {
		t.Errorf("Open of two sizes = %v", err)
	}
	write(t, dir, "dog/2.gif", []byte("no image"))
	if _, err := data.Open(dir); !errors.Is(err, data.ErrFormat) || !strings.Contains(err.Error(), "2.gif") {
		t.Errorf("Open of no image = %v", err)
	}
	if _, err := data.Open(t.TempDir()); !errors.Is(err, data.ErrFormat) {
		t.Errorf("Open of an empty folder = %v", err)
	}
}

type record struct {
	Age   int32   `parquet:"age"`
	Label int64   `parquet:"label"`
	Score float64 `parquet:"score"`
	Sex   bool    `parquet:"sex"`
}

func parquetFile[R any](t testing.TB, rows []R) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := parquet.Write(&b, rows); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestOpenParquet(t *testing.T) {
	dir := t.TempDir()
	path := write(t, dir, "a", parquetFile(t, []record{{31, 1, 0.5, true}, {40, 0, -2, false}}))
	got, err := data.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if s, want := fmt.Sprint(got.Features, got.X, got.Y), "[age score sex] [31 0.5 1 40 -2 0] [1 0]"; s != want {
		t.Errorf("Open = %s, want %s", s, want)
	}
	type named struct {
		Name  string `parquet:"name"`
		Label int64  `parquet:"label"`
	}
	type open struct {
		Age   *int32 `parquet:"age,optional"`
		Label int64  `parquet:"label"`
	}
	for want, b := range map[string][]byte{
		`column "name" does not hold numbers`: parquetFile(t, []named{{"x", 1}}),
		`row 0 holds no number`:               parquetFile(t, []open{{nil, 1}}),
		"label -1":                            parquetFile(t, []record{{1, -1, 1, true}}),
		"parquet: ":                           []byte("PAR1 nothing else"),
	} {
		_, err := data.Open(write(t, dir, "b", b))
		if !errors.Is(err, data.ErrFormat) || !strings.Contains(err.Error(), want) {
			t.Errorf("Open = %v, want an error about %q", err, want)
		}
	}
}

func TestOpenCSV(t *testing.T) {
	dir := t.TempDir()
	for name, b := range map[string][]byte{"plain": []byte("a,b\n1,0\n"), "zipped": zipped(t, []byte("a,b\n1,0\n"))} {
		got, err := data.Open(write(t, dir, name, b))
		if err != nil || fmt.Sprint(got.Features, got.X, got.Y) != "[a] [1] [0]" {
			t.Errorf("%s: Open = %v, %v", name, got, err)
		}
	}
	whole := zipped(t, []byte("a,b\n1,0\n"))
	if _, err := data.Open(write(t, dir, "cut", whole[:len(whole)-4])); !errors.Is(err, data.ErrFormat) {
		t.Errorf("Open of a file cut short = %v, want %v", err, data.ErrFormat)
	}
}

func TestWarnings(t *testing.T) {
	for in, want := range map[string]string{
		"a,y\n1,1\n2,1\n":                               "one-class",
		"a,y\n" + strings.Repeat("1,0\n2,1\n", 10):      "",
		"a,y\n" + strings.Repeat("1,0\n2,2\n", 10):      "missing-class",
		"a,y\n" + strings.Repeat("1,0\n1,1\n", 10):      "constant-feature",
		"a,y\n1,1\n" + strings.Repeat("2,0\n", 10):      "few-rows",
		"a,b,y\n" + strings.Repeat("7,1,3\n7,2,3\n", 9): "one-class constant-feature",
	} {
		tab, err := data.Read(strings.NewReader(in))
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, w := range tab.Warnings() {
			names = append(names, w.Name)
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("warnings of %q are %q, want %q", in, got, want)
		}
	}
}

// FuzzOpen reads whatever bytes say they are.
func FuzzOpen(f *testing.F) {
	for _, name := range []string{"table-f4be.npy", "images.npz", "object.npy"} {
		b, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add(parquetFile(f, []record{{31, 1, 0.5, true}, {40, 0, -2, false}}))
	f.Add(idxFile([]byte{1, 2, 3, 4}, 1, 2, 2))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(dir, fmt.Sprintf("images-idx3-%d", os.Getpid()))
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		tab, err := data.Open(path)
		if err != nil {
			return
		}
		if len(tab.X) != tab.Rows()*len(tab.Features) || tab.Rows() == 0 {
			t.Errorf("%d numbers in %d rows of %d features", len(tab.X), tab.Rows(), len(tab.Features))
		}
		tab.Warnings()
	})
}

func FuzzIDX(f *testing.F) {
	f.Add(idxFile([]byte{1, 2, 3, 4}, 1, 2, 2), idxFile([]byte{3}, 1))
	f.Fuzz(func(t *testing.T, images, labels []byte) {
		if tab, err := data.IDX(images, labels); err == nil && len(tab.X) != tab.Rows()*len(tab.Features) {
			t.Errorf("%d numbers in %d rows of %d features", len(tab.X), tab.Rows(), len(tab.Features))
		}
	})
}
