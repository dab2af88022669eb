package gguf

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"math/bits"
	"slices"
	"strings"
	"unicode/utf8"

	"quintain"
	"quintain/scan"
	"quintain/scan/internal/jinja"
)

const (
	maxEntries   = 1 << 16 // entries of metadata
	maxKey       = 1<<16 - 1
	maxShort     = 256 // bytes of a text that is kept
	maxArrays    = 4   // arrays inside each other
	maxTemplates = 64
)

// A metadata is what is kept of the metadata.
type metadata struct {
	seen      map[string]bool   // keys
	texts     map[string]string // short texts
	numbers   map[string]uint64 // integers that are not negative
	lengths   map[string]uint64 // of arrays
	alignment uint64
}

func (m *metadata) init() {
	*m = metadata{
		seen: make(map[string]bool), texts: make(map[string]string), numbers: make(map[string]uint64),
		lengths: make(map[string]uint64), alignment: 32,
	}
}

// templateNames is the key of the names of the templates beside the default.
const templateNames = "tokenizer.chat_templates"

// kept are the keys whose values matter.
var kept = []string{
	"general.architecture", "general.name", "general.license", "general.file_type", "general.alignment",
	"tokenizer.ggml.tokens", "tokenizer.ggml.scores", "tokenizer.ggml.token_type",
}

// identity returns a name, or its digest if it is long.
func identity(name string) string {
	if len(name) <= maxShort {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	return string(sum[:])
}

// metadata reads the entries of metadata.
func (g *file) metadata(ctx context.Context) error {
	if g.entries > maxEntries {
		return scan.Errorf(g.off, "%w: %d entries of metadata", scan.ErrBudget, g.entries)
	}
	for range g.entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		at := g.off
		key, err := g.text("a key", maxKey)
		if err != nil {
			return err
		}
		if id := identity(key); g.meta.seen[id] {
			g.Reportf(quintain.High, at, "key %q is there twice, so programs differ on its value", clip(key))
		} else {
			g.meta.seen[id] = true
		}
		typ, err := g.uint32()
		if err != nil {
			return err
		}
		if err := g.value(ctx, key, valueType(typ)); err != nil {
			return err
		}
	}
	g.tokens()
	return g.align()
}

// text reads a text of at most most bytes.
func (g *file) text(what string, most uint64) (string, error) {
	at := g.off
	n, err := g.length(what)
	if err != nil {
		return "", err
	}
	if n > most {
		return "", scan.Errorf(at, "%s of %d bytes, more than %d", what, n, most)
	}
	b := make([]byte, n)
	if _, err := g.ReadAt(b, g.off); err != nil && !errors.Is(err, io.EOF) {
		return "", scan.Errorf(g.off, "read: %w", err)
	}
	g.off += int64(n)
	return string(b), nil
}

// length reads the length of a text, which fits into the rest of the file.
func (g *file) length(what string) (uint64, error) {
	at := g.off
	n, err := g.count()
	if err == nil && n > g.rest() {
		err = g.absurd(at, n, "bytes of "+what, g.rest())
	}
	return n, err
}

// value reads the value of a key.
func (g *file) value(ctx context.Context, key string, typ valueType) error {
	at := g.off - 4
	want, ok := expectations[key]
	if ok && typ != want.typ && typ <= typeFloat64 {
		g.Reportf(quintain.Medium, at, "%s is of type %s, readers expect %s", key, typ, want.typ)
	}
	switch {
	case typ == typeString:
		return g.str(ctx, key)
	case typ == typeArray:
		return g.array(ctx, key, 1)
	case typ > typeFloat64:
		return scan.Errorf(at, "value of the unknown %s", typ)
	}
	b, err := g.take(scalarSizes[typ])
	if err != nil {
		return err
	}
	if typ == typeBool && b[0] > 1 {
		g.Reportf(quintain.Low, g.off-1, "%q is a boolean of value %d", clip(key), b[0])
	}
	if slices.Contains(kept, key) {
		if n, ok := g.integer(typ, b); ok {
			g.meta.numbers[key] = n
		}
	}
	return nil
}

// integer decodes a number that is neither negative nor a fraction.
func (g *file) integer(typ valueType, b []byte) (uint64, bool) {
	switch typ {
	case typeUint8:
		return uint64(b[0]), true
	case typeUint16:
		return uint64(g.order.Uint16(b)), true
	case typeUint32:
		return uint64(g.order.Uint32(b)), true
	case typeInt32:
		return uint64(g.order.Uint32(b)), b[0]&0x80 == 0 || b[3]&0x80 == 0
	case typeUint64:
		return g.order.Uint64(b), true
	default:
		return 0, false
	}
}

// str reads a text that is a value.
func (g *file) str(ctx context.Context, key string) error {
	n, err := g.length("a text")
	if err != nil {
		return err
	}
	at := g.off
	g.off += int64(n)
	isTemplate := strings.Contains(key, "template")
	if !isTemplate && (n > maxShort || !slices.Contains(kept, key)) {
		return nil
	}
	if n > jinja.MaxSize {
		g.Doubtf(at, "template %q of %d bytes is not analyzed", clip(key), n)
		return nil
	}
	b := make([]byte, n)
	if got, err := g.ReadAt(b, at); got < len(b) {
		return scan.Errorf(at, "read: %w", err)
	}
	if isTemplate {
		return g.template(ctx, key, string(b), at)
	}
	g.meta.texts[key] = string(b)
	return nil
}

// template looks into a chat template at an offset.
func (g *file) template(ctx context.Context, key, src string, at int64) error {
	if (!strings.HasPrefix(key, "tokenizer.chat_template") || key == templateNames) && !jinja.Is(src) {
		return nil
	}
	if g.templates++; g.templates > maxTemplates {
		return scan.Errorf(at, "%w: more than %d templates", scan.ErrBudget, maxTemplates)
	}
	if !utf8.ValidString(src) {
		g.Doubtf(at, "template %q is not UTF-8", clip(key))
	}
	label := strings.TrimPrefix(strings.TrimPrefix(key, "tokenizer.chat_template"), ".")
	return jinja.Report(ctx, g.File, clip(label), src, func(i int) int64 { return at + int64(i) })
}

// array reads an array, level arrays deep.
func (g *file) array(ctx context.Context, key string, level int) error {
	at := g.off
	if level > maxArrays {
		return scan.Errorf(at, "more than %d arrays inside each other", maxArrays)
	}
	t, err := g.uint32()
	if err != nil {
		return err
	}
	typ := valueType(t)
	if typ > typeFloat64 {
		return scan.Errorf(at, "array of the unknown %s", typ)
	}
	want, ok := expectations[key]
	if ok && level == 1 && want.typ == typeArray && typ != want.elem && (want.elem != typeInt32 || typ != typeUint32) {
		g.Reportf(quintain.High, at, "%s holds elements of type %s; readers that expect %s read past their end", key, typ, want.elem)
	}
	lengthAt := g.off
	n, err := g.count()
	if err != nil {
		return err
	}
	if level == 1 && slices.Contains(kept, key) {
		g.meta.lengths[key] = n
	}
	least := uint64(scalarSizes[typ])
	if least == 0 {
		least = 4
	}
	hi, size := bits.Mul64(n, least)
	if hi != 0 || size > g.rest() {
		return g.absurd(lengthAt, n, "elements of an array", g.rest()/least)
	}
	if typ != typeString && typ != typeArray {
		g.off += int64(size)
		return nil
	}
	for i := range n {
		if i&0xfff == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if typ == typeArray {
			err = g.array(ctx, key, level+1)
		} else {
			err = g.element(ctx, key)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// element reads a text in an array.
func (g *file) element(ctx context.Context, key string) error {
	if strings.Contains(key, "template") {
		return g.str(ctx, key)
	}
	n, err := g.length("a text")
	g.off += int64(n)
	return err
}

// tokens compares the lengths of arrays that are read side by side.
func (g *file) tokens() {
	n, ok := g.meta.lengths["tokenizer.ggml.tokens"]
	for _, key := range []string{"tokenizer.ggml.scores", "tokenizer.ggml.token_type"} {
		if m, has := g.meta.lengths[key]; has && (!ok || m != n) {
			g.Reportf(quintain.High, -1, "%s has %d elements for %d tokens; readers that trust it read past its end", key, m, n)
		}
	}
}

// maxAlignment is the largest alignment that makes sense.
const maxAlignment = 1 << 20

// align checks the alignment that the metadata asks for.
func (g *file) align() error {
	n, ok := g.meta.numbers["general.alignment"]
	if !ok {
		return nil
	}
	if n == 0 || n > maxAlignment || n&(n-1) != 0 {
		g.Reportf(quintain.High, -1, "general.alignment is %d, not a power of two up to %d; readers divide by it or overflow", n, maxAlignment)
		return scan.Errorf(-1, "the place of the tensors depends on an impossible alignment")
	}
	g.meta.alignment = n
	return nil
}

// clip cuts a text for display.
func clip(s string) string {
	const most = 60
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
