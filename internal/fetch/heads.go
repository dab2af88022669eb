package fetch

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"math/bits"
	"net/http"
	"slices"
	"strings"

	"quintain"
)

// A Head is what the header of a safetensors file says about it.
type Head struct {
	Path       string            `json:"path"`
	URL        string            `json:"url"`
	Header     quintain.Digest   `json:"header"` // of the header's bytes, without its length
	Tensors    int               `json:"tensors"`
	Parameters int64             `json:"parameters"`
	Types      map[string]int    `json:"types"` // how many tensors are of which type
	Metadata   map[string]string `json:"metadata,omitempty"`
}

// Heads are what the headers of a source say.
type Heads struct {
	Source   string `json:"source"`
	Revision string `json:"revision,omitempty"`
	Files    []Head `json:"files"`
}

const (
	firstAsk = 64 << 10 // bytes; most headers are shorter
	maxHead  = 32 << 20 // bytes of a header that is read
)

// Heads asks for the headers of the safetensors files of s and for nothing
// else of them. Nothing is kept and o.Dir is not touched.
func (s Source) Heads(ctx context.Context, o Options) (*Heads, error) {
	o = o.withDefaults()
	limit := o.MaxBytes
	o.MaxBytes = math.MaxInt64 // of what is not fetched
	c, l, err := s.look(ctx, &o)
	if err != nil {
		return nil, c.scrub(err)
	}
	out := &Heads{Source: s.ref, Revision: l.revision}
	for _, f := range l.files {
		if !strings.HasSuffix(strings.ToLower(f.Path), ".safetensors") {
			continue
		}
		b, err := c.head(ctx, f, min(limit, maxHead))
		if err != nil {
			return nil, c.scrub(fmt.Errorf("%q: %w", f.Path, err))
		}
		limit -= int64(len(b))
		h, err := decodeHead(b)
		if err != nil {
			return nil, c.scrub(fmt.Errorf("%q: %w", f.Path, err))
		}
		h.Path, h.URL = f.Path, f.address()
		out.Files = append(out.Files, *h)
	}
	if len(out.Files) == 0 {
		return nil, errors.New("the source has no safetensors files")
	}
	if b, err := json.Marshal(out); err != nil || c.holds(string(b)) {
		return nil, errEchoed
	}
	return out, nil
}

// head returns the header of a file, without the length that comes before it.
func (c *client) head(ctx context.Context, f file, limit int64) ([]byte, error) {
	for ask := int64(firstAsk); ; {
		b, err := c.first(ctx, f, ask)
		if err != nil {
			return nil, err
		}
		if len(b) < 8 {
			return nil, errors.New("not a safetensors file: it is too short")
		}
		n := binary.LittleEndian.Uint64(b)
		if n < 2 || n > uint64(max(limit, 0)) {
			return nil, fmt.Errorf("not a safetensors file, or a header of more than %d bytes: it says %d", limit, n)
		}
		if end := 8 + int64(n); end <= int64(len(b)) {
			return b[8:end], nil
		} else if ask < end {
			ask = end
			continue
		}
		return nil, errors.New("not a safetensors file: it ends within its header")
	}
}

// first returns the first n bytes of a file, or all of a shorter one, whether
// or not the server knows ranges.
func (c *client) first(ctx context.Context, f file, n int64) ([]byte, error) {
	resp, err := c.get(ctx, f.URL, http.Header{"Range": {fmt.Sprintf("bytes=0-%d", n-1)}})
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close() //nolint:errcheck // only read
	if start, ok := rangeStart(resp.Header.Get("Content-Range")); resp.StatusCode != http.StatusOK && (resp.StatusCode != http.StatusPartialContent || !ok || start != 0) {
		return nil, &StatusError{resp.StatusCode, f.address()}
	}
	b, err := io.ReadAll(io.LimitReader(resp.Body, n))
	if err != nil {
		return nil, fmt.Errorf("get %s: %w", f.address(), err)
	}
	return b, nil
}

// decodeHead reads a safetensors header.
func decodeHead(b []byte) (*Head, error) {
	var w map[string]json.RawMessage
	if err := json.Unmarshal(b, &w); err != nil {
		return nil, fmt.Errorf("the header is not JSON: %w", err)
	}
	h := &Head{Header: quintain.DigestOf(b), Types: make(map[string]int)}
	for _, name := range slices.Sorted(maps.Keys(w)) {
		raw := w[name]
		if name == "__metadata__" {
			if err := json.Unmarshal(raw, &h.Metadata); err != nil {
				return nil, fmt.Errorf("the header's metadata are not text: %w", err)
			}
			continue
		}
		var t struct {
			Type  string   `json:"dtype"`
			Shape []uint64 `json:"shape"`
		}
		if err := json.Unmarshal(raw, &t); err != nil {
			return nil, fmt.Errorf("tensor %.100q: %w", name, err)
		}
		if !knownType(t.Type) {
			return nil, fmt.Errorf("tensor %.100q is of type %.20q", name, t.Type)
		}
		n, err := elements(t.Shape)
		if err != nil || n > math.MaxInt64-h.Parameters {
			return nil, fmt.Errorf("tensor %.100q has more elements than can be", name)
		}
		h.Tensors++
		h.Parameters += n
		h.Types[t.Type]++
	}
	return h, nil
}

// knownType reports whether s looks like the name of an element type, such as
// BF16 or F8_E4M3.
func knownType(s string) bool {
	return s != "" && len(s) <= 16 && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_'
	})
}

// elements multiplies the sizes of a shape.
func elements(shape []uint64) (int64, error) {
	n := uint64(1)
	for _, d := range shape {
		hi, lo := bits.Mul64(n, d)
		if hi != 0 || lo > math.MaxInt64 {
			return 0, errors.New("overflow")
		}
		n = lo
	}
	return int64(n), nil
}
