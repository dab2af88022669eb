package standin

import (
	"slices"
	"sync"
)

// A memo remembers the directives in texts, which a conversation presents
// again with every request. It is bounded and forgets everything at once.
type memo struct {
	mu   sync.Mutex
	seen map[string][]directive
}

// maxSeen is how many texts a memo remembers.
const maxSeen = 512

// of returns a copy of what read says about the text that key names.
func (m *memo) of(key string, read func() []directive) []directive {
	m.mu.Lock()
	ds, ok := m.seen[key]
	m.mu.Unlock()
	if ok {
		return slices.Clone(ds)
	}
	ds = read()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.seen == nil || len(m.seen) >= maxSeen {
		m.seen = make(map[string][]directive)
	}
	m.seen[key] = ds
	return slices.Clone(ds)
}
