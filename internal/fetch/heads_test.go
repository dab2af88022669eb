package fetch_test

import (
	"encoding/binary"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"quintain/internal/fetch"
)

// safetensors returns a file with a header, padded by pad spaces, and n bytes
// of weights.
func safetensors(header string, pad, n int) []byte {
	header += strings.Repeat(" ", pad)
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), content(n)...)
}

const header = `{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"b":{"dtype":"BF16","shape":[],"data_offsets":[24,26]},"c":{"dtype":"F32","shape":[0,7],"data_offsets":[26,26]}}`

// TestHeads reads the headers of a repository's safetensors files: short and
// long, from servers that know ranges and that do not. Weights stay there.
func TestHeads(t *testing.T) {
	short, long := safetensors(header, 0, 5_000_000), safetensors(header, 200_000, 5_000_000)
	h := newHub(t, map[string][]byte{"a.safetensors": short, "b/long.safetensors": long, "c.bin": content(10)})
	for _, ranges := range []bool{true, false} {
		h.serve = func(w http.ResponseWriter, r *http.Request) {
			if !ranges {
				r.Header.Del("Range")
			}
			b := h.files[strings.TrimPrefix(r.URL.Path, "/o/n/resolve/"+commit1+"/")]
			file(`"v"`, b)(&counter{ResponseWriter: w, t: t, left: 1_000_000, fatal: ranges}, r)
		}
		dir := filepath.Join(t.TempDir(), "d")
		o, _ := options(dir)
		o.Endpoint = h.URL
		src, err := fetch.Parse("hf:o/n@main")
		if err != nil {
			t.Fatal(err)
		}
		got, err := src.Heads(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		head := func(p string, b []byte) fetch.Head {
			n := binary.LittleEndian.Uint64(b)
			return fetch.Head{
				Path: p, URL: h.URL + "/o/n/resolve/" + commit1 + "/" + p, Header: digest(b[8 : 8+n]),
				Tensors: 3, Parameters: 7, Types: map[string]int{"F32": 2, "BF16": 1}, Metadata: map[string]string{"format": "pt"},
			}
		}
		want := &fetch.Heads{Source: "hf:o/n@main", Revision: commit1, Files: []fetch.Head{head("a.safetensors", short), head("b/long.safetensors", long)}}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
		fails(t, "nothing is kept", fmt.Errorf("-"), "-", filepath.Dir(dir), "d")
	}
}

// A counter fails the test when too much is sent through it.
type counter struct {
	http.ResponseWriter
	t     *testing.T
	left  int
	fatal bool
}

func (c *counter) Write(b []byte) (int, error) {
	if c.left -= len(b); c.fatal && c.left < 0 {
		c.t.Error("more was asked for than headers")
	}
	return c.ResponseWriter.Write(b)
}

// TestHeadsLie shows that a header is bounded and that nonsense is said to be
// so.
func TestHeadsLie(t *testing.T) {
	huge := safetensors(header, 0, 100)
	binary.LittleEndian.PutUint64(huge, 1<<62)
	past := safetensors(header, 0, 0)
	binary.LittleEndian.PutUint64(past, 1<<20)
	for name, tt := range map[string]struct {
		b    []byte
		want string
	}{
		"empty":        {nil, "too short"},
		"huge":         {huge, "header of more than"},
		"past the end": {past, "ends within its header"},
		"no length":    {make([]byte, 100), "header of more than"},
		"not JSON":     {safetensors("hello", 0, 0), "not JSON"},
		"a list":       {safetensors("[]", 0, 0), "not JSON"},
		"metadata":     {safetensors(`{"__metadata__":{"a":1}}`, 0, 0), "not text"},
		"type":         {safetensors(`{"a":{"dtype":"<b>","shape":[]}}`, 0, 0), "is of type"},
		"overflow":     {safetensors(`{"a":{"dtype":"F32","shape":[4294967296,4294967296]}}`, 0, 0), "more elements"},
		"sum overflow": {safetensors(`{"a":{"dtype":"F32","shape":[9223372036854775807]},"b":{"dtype":"F32","shape":[1]}}`, 0, 0), "more elements"},
		"negative":     {safetensors(`{"a":{"dtype":"F32","shape":[-1]}}`, 0, 0), `tensor "a"`},
	} {
		s := serve(t, file(`"v"`, tt.b))
		o, _ := options("")
		src, err := fetch.Parse(s.URL + "/m.safetensors")
		if err != nil {
			t.Fatal(err)
		}
		_, err = src.Heads(t.Context(), o)
		fails(t, name, err, tt.want, t.TempDir())
	}
	src, err := fetch.Parse(serve(t, file(`"v"`, nil)).URL + "/m.bin")
	if err != nil {
		t.Fatal(err)
	}
	o, _ := options("")
	_, err = src.Heads(t.Context(), o)
	fails(t, "no such files", err, "no safetensors", t.TempDir())
}
