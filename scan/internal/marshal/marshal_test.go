package marshal

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var golden = map[string]string{
	"py27": "2.7", "py36": "3.0 to 3.7", "py37": "3.0 to 3.7", "py38": "3.8 to 3.10", "py39": "3.8 to 3.10",
	"py310": "3.8 to 3.10", "py311": "3.11 to 3.14", "py312": "3.11 to 3.14", "py313": "3.11 to 3.14",
	"py314": "3.11 to 3.14",
}

func read(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestParse compares what Parse says with what each Python says about the code
// object that it compiled.
func TestParse(t *testing.T) {
	for tag, layout := range golden {
		t.Run(tag, func(t *testing.T) {
			c, err := Parse(read(t, tag+".bin"))
			if err != nil {
				t.Fatal(err)
			}
			var got strings.Builder
			var texts []string
			c.walk(func(c *Code) {
				got.WriteString(strings.Join(append([]string{c.Name}, c.Names...), " ") + "\n")
				texts = append(texts, c.Strings...)
				if c.Layout != layout || c.File != "model.py" {
					t.Errorf("code %q: layout %q of %q, want %q of model.py", c.Name, c.Layout, c.File, layout)
				}
			})
			if want := string(read(t, tag+".txt")); got.String() != want {
				t.Errorf("names:\n%s\nwant:\n%s", got.String(), want)
			}
			for _, want := range []string{"snow ☃", "raw\xff", "deep", "echo"} {
				if !slices.Contains(texts, want) {
					t.Errorf("constants %q, want %q among them", texts, want)
				}
			}
			if all := c.All(); !slices.Contains(all, "system") || slices.Index(all, "os.path") > slices.Index(all, "system") {
				t.Errorf("all names %q, want os.path before system", all)
			}
		})
	}
}

// TestCut proves that no beginning of a code object is taken for one.
func TestCut(t *testing.T) {
	for tag := range golden {
		data := read(t, tag+".bin")
		for i := range data {
			if c, err := Parse(data[:i]); err == nil {
				t.Fatalf("%s: the first %d of %d bytes are code %q", tag, i, len(data), c.Name)
			}
		}
		if _, err := Parse(append(slices.Clip(data), 'N')); err == nil {
			t.Errorf("%s: a byte behind the code is not noticed", tag)
		}
	}
}

func TestRefuses(t *testing.T) {
	deep := bytes.Repeat([]byte(")\x01"), maxDepth+2)
	for name, tc := range map[string]struct{ data, want string }{
		"empty":      {"", "ends"},
		"type":       {"!", "no type"},
		"long text":  {"u\xff\xff\xff\xff", "ends"},
		"long tuple": {"(\xff\xff\xff\xff", "ends"},
		"long int":   {"l\x00\x00\x00\x80", "ends"},
		"reference":  {"r\x00\x00\x00\x00", "does not exist"},
		"string ref": {"R\x00\x00\x00\x00", "does not exist"},
		"deep":       {string(deep), "nest"},
		"many":       {"(\xff\xff\xff\x7f" + strings.Repeat("N", maxObjects+1), "objects"},
		"hole":       {")\x010", "missing"},
		"no code":    {")\x01N", ErrNoCode.Error()},
		"dict":       {"{N", "ends"},
	} {
		_, err := Parse([]byte(tc.data))
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: Parse = %v, want an error with %q", name, err, tc.want)
		}
	}
}

// TestShared proves that references, which can make a small file stand for an
// object of any size, are followed once.
func TestShared(t *testing.T) {
	var b bytes.Buffer
	n := 60
	b.Write([]byte{'(', byte(n), 0, 0, 0})
	b.WriteString("\xa9\x01\xfa\x01x") // refs 0 and 1
	for i := 1; i < n; i++ {
		at := byte(0)
		if i > 1 {
			at = byte(i)
		}
		b.Write([]byte{0xa9, 2, 'r', at, 0, 0, 0, 'r', at, 0, 0, 0})
	}
	if _, err := Parse(b.Bytes()); !errors.Is(err, ErrNoCode) {
		t.Fatalf("Parse = %v, want %v", err, ErrNoCode)
	}
	r := &reader{b: b.Bytes(), layout: layouts[0]}
	o, err := r.object(0)
	if err != nil {
		t.Fatal(err)
	}
	var c Code
	if c.constants(o, make(map[*object]bool)); len(c.Strings) != 1 {
		t.Errorf("%d constants, want the one that is shared", len(c.Strings))
	}
}

func FuzzParse(f *testing.F) {
	for tag := range golden {
		f.Add(read(f, tag+".bin"))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Parse(data)
		if (c == nil) == (err == nil) {
			t.Fatalf("Parse = %v, %v, want one of them", c, err)
		}
		if err != nil {
			return
		}
		if n := len(strings.Join(c.All(), "")); n > 16*len(data) {
			t.Errorf("%d bytes of names from %d bytes", n, len(data))
		}
	})
}
