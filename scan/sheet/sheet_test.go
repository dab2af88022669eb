package sheet_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"quintain/scan/sheet"
)

func read(t *testing.T, name string) *sheet.Sheet {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	s, err := sheet.Read(t.Context(), bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return s
}

// TestReal holds the sheets of files that PyTorch wrote to what PyTorch says of
// them; testdata/make.py made both.
func TestReal(t *testing.T) {
	b, err := os.ReadFile("testdata/want.json")
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]struct {
		Format     string
		Parameters int64
		Tensors    map[string]struct {
			Shape []int64
			Hex   string
		}
	}
	if err := json.Unmarshal(b, &want); err != nil {
		t.Fatal(err)
	}
	for name, w := range want {
		s := read(t, filepath.Join("testdata", name))
		if s.Format != w.Format || s.Parameters != w.Parameters || len(s.Tensors) != len(w.Tensors) {
			t.Errorf("%s: %s with %d parameters in %d tensors, want %s with %d in %d", name, s.Format, s.Parameters, len(s.Tensors), w.Format, w.Parameters, len(w.Tensors))
		}
		for i := range s.Tensors {
			x := &s.Tensors[i]
			data, err := x.Bytes()
			if err != nil {
				t.Fatalf("%s: %s: %v", name, x.Name, err)
			}
			y, ok := w.Tensors[x.Name]
			if got := hexOf(data); !ok || !slices.Equal(x.Shape, y.Shape) || got != y.Hex {
				t.Errorf("%s: tensor %s %v %s, want %v %s", name, x.Name, x.Shape, got, y.Shape, y.Hex)
			}
		}
	}
}

func hexOf(b []byte) string {
	const digits = "0123456789abcdef"
	var out strings.Builder
	for _, c := range b {
		out.WriteByte(digits[c>>4])
		out.WriteByte(digits[c&15])
	}
	return out.String()
}

// TestListing holds a listing to that of Python's pickletools.
func TestListing(t *testing.T) {
	want, err := os.ReadFile("testdata/listing.txt")
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	s := read(t, "testdata/weights.pt")
	for in, err := range s.Pickles[0].Listing() {
		if err != nil {
			t.Fatal(err)
		}
		got.WriteString(strings.TrimSpace(hexOf([]byte{byte(in.Offset >> 8), byte(in.Offset)})+" "+in.Name) + "\n")
	}
	if got.String() != string(want) {
		t.Errorf("listing:\n%s\nwant\n%s", got.String(), want)
	}
}

// TestConvert converts what PyTorch wrote, and reads it again.
func TestConvert(t *testing.T) {
	b, err := os.ReadFile("testdata/training.pt")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	_, _, err = sheet.Convert(t.Context(), bytes.NewReader(b), int64(len(b)), &out, false)
	if what, ok := errors.AsType[*sheet.NotTensors](err); !ok || len(what.What) != 1 || !strings.Contains(what.What[0], "epoch") || out.Len() > 0 {
		t.Fatalf("Convert = %v and %d bytes, want that the epoch is no tensor", err, out.Len())
	}
	tensors, dropped, err := sheet.Convert(t.Context(), bytes.NewReader(b), int64(len(b)), &out, true)
	if err != nil || len(dropped) != 1 {
		t.Fatalf("Convert = %q, %v, want one entry dropped", dropped, err)
	}
	again, err := sheet.Read(t.Context(), bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil || again.Format != "safetensors" || len(again.Tensors) != len(tensors) {
		t.Fatalf("read again: %+v, %v", again, err)
	}
	for i := range again.Tensors {
		x := &again.Tensors[i]
		j := slices.IndexFunc(tensors, func(y sheet.Tensor) bool { return y.Name == x.Name })
		got, _ := x.Bytes()
		want, err := tensors[j].Bytes()
		if err != nil || !bytes.Equal(got, want) || !slices.Equal(x.Shape, tensors[j].Shape) {
			t.Errorf("tensor %s has changed on the way", x.Name)
		}
	}
}

// TestResolve holds calls to the names that they come to.
func TestResolve(t *testing.T) {
	for _, c := range []struct{ pickle, callable, args string }{
		{"cos\nsystem\n(S'true'\ntR.", "os.system", `("true")`},
		{"(S'true'\nios\nsystem\n.", "os.system", `("true")`},
		{"(cos\nsystem\nS'true'\no.", "os.system", `("true")`},
		{"\x80\x02cbuiltins\ngetattr\ncimportlib\nimport_module\nU\x02os\x85RU\x06system\x86RU\x04true\x85R.", "os.system", `("true")`},
		{"\x80\x04\x8c\x06shutil\x8c\x09os.system\x93\x8c\x04true\x85R.", "shutil.os.system", `("true")`},
		{"\x80\x04\x8c\x02osq\x000\x8c\x06systemq\x010h\x00h\x01\x93\x8c\x04true\x85R.", "os.system", `("true")`},
		{"\x80\x02ccollections\nOrderedDict\n)R}U\x0c__setstate__cos\nsystem\nsbU\x04trueb.", "os.system", `("true")`},
		{"coperator\nattrgetter\n(S'system'\ntR(cimportlib\nimport_module\n(S'os'\ntRtR(S'true'\ntR.", "os.system", `("true")`},
	} {
		s, err := sheet.Read(t.Context(), strings.NewReader(c.pickle), int64(len(c.pickle)))
		if err != nil {
			t.Errorf("%q: %v", c.pickle, err)
			continue
		}
		calls := s.Pickles[0].Calls
		last := calls[len(calls)-1]
		if last.Callable != c.callable || last.Args != c.args || s.Pickles[0].Broken != "" {
			t.Errorf("%q calls %s%s (%s), want %s%s", c.pickle, last.Callable, last.Args, s.Pickles[0].Broken, c.callable, c.args)
		}
	}
}

// TestUnknown holds files without a sheet, and broken ones, to an error.
func TestUnknown(t *testing.T) {
	for _, text := range []string{"", "#!/bin/sh\n", "hello, world\n", "GGUF", "PK\x03\x04", "\xff\xff\xff\xff\xff\xff\xff\x7f{}", "GGUF\x03\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\x7f\xff\xff\xff\xff\xff\xff\xff\x7f"} {
		if s, err := sheet.Read(t.Context(), strings.NewReader(text), int64(len(text))); err == nil {
			t.Errorf("%q has the sheet %+v, want an error", text, s)
		}
	}
}

// TestShared follows a pickle of a few bytes whose value is 2^40 references
// long; without a bound nobody would see its end.
func TestShared(t *testing.T) {
	p := "\x80\x02}"
	for range 40 {
		p += "q\x00}(U\x01ah\x00U\x01bh\x00u"
	}
	p += "."
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, err := w.Create("archive/data.pkl")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte(p)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := sheet.Read(t.Context(), bytes.NewReader(b.Bytes()), int64(b.Len())); err == nil {
		t.Error("Read = nil, want that there are too many values")
	}
}

// TestBeyond refuses tensors that lie outside their storage.
func TestBeyond(t *testing.T) {
	b, err := os.ReadFile("testdata/weights.pt")
	if err != nil {
		t.Fatal(err)
	}
	// The shape (4, 3) of the first tensor becomes (4, 200).
	evil := bytes.Replace(b, []byte("K\x04K\x03\x86"), []byte("K\x04K\xc8\x86"), 1)
	if bytes.Equal(evil, b) {
		t.Fatal("the file has no shape to change")
	}
	var out bytes.Buffer
	if _, _, err := sheet.Convert(t.Context(), bytes.NewReader(evil), int64(len(evil)), &out, false); err == nil {
		t.Error("Convert = nil, want that the tensor lies outside its storage")
	}
}

func FuzzRead(f *testing.F) {
	for _, pattern := range []string{"testdata/*.pt", "../gguf/testdata/*le.gguf", "../onnx/testdata/real/*.onnx", "../pickle/testdata/real/*.pkl"} {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			f.Fatalf("glob %q: %d files, %v", pattern, len(names), err)
		}
		for _, name := range names[:min(len(names), 4)] {
			b, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := sheet.Read(t.Context(), bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return
		}
		if s.Parameters < 0 || !slices.Contains(sheet.Formats(), s.Format) {
			t.Errorf("format %q with %d parameters", s.Format, s.Parameters)
		}
		for i := range s.Tensors {
			if b, err := s.Tensors[i].Bytes(); err == nil && int64(len(b)) < s.Tensors[i].Elements()/8 {
				t.Errorf("%d bytes for %d elements", len(b), s.Tensors[i].Elements())
			}
		}
	})
}
