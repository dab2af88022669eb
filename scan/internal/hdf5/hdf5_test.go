package hdf5

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// golden is what h5py says about a file.
type golden struct {
	Attributes map[string][]string
	Objects    int
	Datasets   int
	Elements   int64
}

func read(t testing.TB, b []byte) *Contents {
	t.Helper()
	c, err := Read(t.Context(), bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func load(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// What is read of real files is what h5py reads, and every byte is explained.
func TestRead(t *testing.T) {
	var want map[string]golden
	if err := json.Unmarshal(load(t, "golden.json"), &want); err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		t.Run(name, func(t *testing.T) {
			b := load(t, name)
			c := read(t, b)
			for _, x := range c.Issues {
				t.Errorf("issue at 0x%x: %s", x.Off, x.Text)
			}
			if sum := c.Parsed + c.Data + c.Padding; sum != int64(len(b)) {
				t.Errorf("%d of %d bytes are explained", sum, len(b))
			}
			got := golden{make(map[string][]string), c.Objects, c.Datasets, c.Elements}
			for _, a := range c.Attributes {
				for _, x := range a.Text {
					got.Attributes[a.Name] = append(got.Attributes[a.Name], string(x))
				}
				if at := b[a.Off:]; !bytes.HasPrefix(at, a.Text[0]) {
					t.Errorf("attribute %q is not at 0x%x", a.Name, a.Off)
				}
			}
			for _, x := range got.Attributes {
				slices.Sort(x)
			}
			if d := cmp.Diff(want[name], got); d != "" {
				t.Errorf("h5py and the reader differ (-h5py +reader):\n%s", d)
			}
		})
	}
}

// patch returns b with what stands at the first place of old replaced.
func patch(t *testing.T, b []byte, old, with string) []byte {
	t.Helper()
	i := bytes.Index(b, []byte(old))
	if i < 0 || len(old) != len(with) {
		t.Fatalf("no %q to replace by %q", old, with)
	}
	return slices.Concat(b[:i], []byte(with), b[i+len(old):])
}

func TestIssues(t *testing.T) {
	old, now := load(t, "texts_earliest.h5"), load(t, "links_latest.h5")
	for _, c := range []struct {
		name string
		b    []byte
		kind Kind
		want string
	}{
		{"no superblock", []byte("not a file in this format"), Unknown, "no superblock"},
		{"cut", old[:len(old)-1], Unknown, "says that it ends"},
		{"appended", append(slices.Clone(old), "x"...), Odd, "1 bytes follow the end"},
		{"before", func() []byte {
			b := load(t, "block_latest.h5")
			copy(b, "PK\x03\x04")
			return b
		}(), Odd, "stand before the superblock"},
		{"version", patch(t, old, Magic+"\x00", Magic+"\x09"), Unknown, "version 9 of a superblock"},
		{"tree", patch(t, old, "TREE", "TREX"), Unknown, `"TREX" where "TREE"`},
		{"heap", patch(t, old, "HEAP\x00", "HEAP\x07"), Unknown, "version 7 of a local heap"},
		{"collection", patch(t, old, "GCOL", "XCOL"), Unknown, `where "GCOL"`},
		{"dense", patch(t, now, "FRHP", "XXXX"), Unknown, `where "FRHP"`},
		{"leaf", patch(t, now, "BTLF", "XXXX"), Unknown, `where "BTLF"`},
		{"leaf kind", patch(t, now, "BTLF\x00\x05", "BTLF\x00\x06"), Unknown, "a node of kind 6 in a tree of kind 5"},
		{"direct", patch(t, now, "FHDB", "XXXX"), Unknown, `where "FHDB"`},
		{"indirect", patch(t, now, "FHIB", "XXXX"), Unknown, `where "FHIB"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := read(t, c.b)
			for _, x := range got.Issues {
				if x.Kind == c.kind && strings.Contains(x.Text, c.want) {
					return
				}
			}
			t.Errorf("issues %+v, want %q", got.Issues, c.want)
		})
	}
}

// Whatever byte is flipped, the reader ends well, and if it has no issue with
// the file it explains every byte of it. Most flips are issues.
func TestFlips(t *testing.T) {
	for _, name := range []string{"order_latest.h5", "order_earliest.h5"} {
		b := load(t, name)
		issues, flips := 0, 0
		for i := 0; i < len(b); i += 5 {
			flips++
			b[i] ^= 0xff
			c := read(t, b)
			b[i] ^= 0xff
			if len(c.Issues) > 0 {
				issues++
				continue
			}
			if sum := c.Parsed + c.Data + c.Padding; sum != int64(len(b)) {
				t.Fatalf("%s: byte 0x%x flipped: %d bytes of %d explained, and no issue", name, i, sum, len(b))
			}
		}
		if issues < flips/10 {
			t.Errorf("%s: %d flips of %d are issues, want more than a tenth", name, issues, flips)
		}
	}
}

func FuzzRead(f *testing.F) {
	files, err := filepath.Glob("testdata/*.h5")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		f.Add(load(f, filepath.Base(name)))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		c := read(t, data)
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > 64<<20+64*uint64(len(data)) {
			t.Errorf("a file of %d bytes made the reader allocate %d", len(data), n)
		}
		if sum := c.Parsed + c.Data + c.Padding; len(c.Issues) == 0 && sum != int64(len(data)) {
			t.Errorf("no issue, and %d of %d bytes explained", sum, len(data))
		}
	})
}
