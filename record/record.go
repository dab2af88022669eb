// Package record keeps what a run produces: findings, components, and the
// bytes behind the evidence.
package record

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"sync"

	"quintain"
)

// MaxBlob is the size limit in bytes of one attachment.
const MaxBlob = 16 << 20

// Memory is a [quintain.Recorder] that keeps everything in memory and refuses
// findings that are not valid. The zero Memory is ready to use; its methods
// may be called concurrently.
type Memory struct {
	mu         sync.Mutex
	findings   []quintain.Finding
	components []quintain.Component
	blobs      map[quintain.Digest]Blob
}

// A Blob is an attachment with its media type.
type Blob struct {
	MediaType string `json:"mediaType"`
	Data      []byte `json:"data"`
}

// NewMemory returns an empty Memory.
func NewMemory() *Memory { return &Memory{} }

// Record implements [quintain.Recorder].
func (m *Memory) Record(f quintain.Finding) error {
	if err := f.Validate(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.findings = append(m.findings, f)
	return nil
}

// Describe implements [quintain.Recorder].
func (m *Memory) Describe(c quintain.Component) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.components = append(m.components, c)
	return nil
}

// Attach implements [quintain.Recorder]. An attachment of more than [MaxBlob]
// bytes is refused.
func (m *Memory) Attach(ctx context.Context, mediaType string, r io.Reader) (quintain.Digest, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	b, err := io.ReadAll(io.LimitReader(r, MaxBlob+1))
	if err != nil {
		return "", fmt.Errorf("read attachment: %w", err)
	}
	if len(b) > MaxBlob {
		return "", fmt.Errorf("attachment of more than %d bytes", MaxBlob)
	}
	d := quintain.DigestOf(b)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.blobs == nil {
		m.blobs = make(map[quintain.Digest]Blob)
	}
	m.blobs[d] = Blob{mediaType, b}
	return d, nil
}

// Findings returns the findings in an order that does not depend on the order
// in which they came: by check, target, and content.
func (m *Memory) Findings() []quintain.Finding {
	m.mu.Lock()
	defer m.mu.Unlock()
	return sorted(m.findings, func(f quintain.Finding) string {
		return f.Check + "\x00" + f.Target.String()
	})
}

// Components returns the components, sorted, each once.
func (m *Memory) Components() []quintain.Component {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := sorted(m.components, func(c quintain.Component) string { return string(c.Kind) + "\x00" + c.Name })
	return slices.CompactFunc(s, func(a, b quintain.Component) bool { return bytes.Equal(content(a), content(b)) })
}

// Blob returns the attachment with digest d.
func (m *Memory) Blob(d quintain.Digest) (Blob, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b, ok := m.blobs[d]
	return b, ok
}

func sorted[T any](in []T, key func(T) string) []T {
	type keyed struct {
		key     string
		content []byte
		val     T
	}
	ks := make([]keyed, len(in))
	for i, v := range in {
		ks[i] = keyed{key(v), content(v), v}
	}
	slices.SortStableFunc(ks, func(a, b keyed) int {
		return cmp.Or(cmp.Compare(a.key, b.key), bytes.Compare(a.content, b.content))
	})
	out := make([]T, len(ks))
	for i, k := range ks {
		out[i] = k.val
	}
	return out
}

func content(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		return []byte(err.Error())
	}
	return b
}

// Tee returns a Recorder that passes everything to each of recs in turn and
// stops at the first error.
func Tee(recs ...quintain.Recorder) quintain.Recorder { return tee(recs) }

type tee []quintain.Recorder

func (t tee) Record(f quintain.Finding) error {
	for _, r := range t {
		if err := r.Record(f); err != nil {
			return err
		}
	}
	return nil
}

func (t tee) Describe(c quintain.Component) error {
	for _, r := range t {
		if err := r.Describe(c); err != nil {
			return err
		}
	}
	return nil
}

func (t tee) Attach(ctx context.Context, mediaType string, r io.Reader) (quintain.Digest, error) {
	b, err := io.ReadAll(io.LimitReader(r, MaxBlob+1))
	if err != nil {
		return "", fmt.Errorf("read attachment: %w", err)
	}
	var d quintain.Digest
	for _, rec := range t {
		if d, err = rec.Attach(ctx, mediaType, bytes.NewReader(b)); err != nil {
			return "", err
		}
	}
	return d, nil
}
