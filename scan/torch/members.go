package torch

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"

	"quintain"
	"quintain/scan"
)

const (
	methodStore   = 0
	methodDeflate = 8
	modeType      = 0o170000
	modeLink      = 0o120000
	maxRatio      = 1200 // deflate cannot reach it honestly
	maxText       = 64   // of the members that hold one word
)

// checkNames reports names that make programs differ or write elsewhere.
func (a *archive) checkNames() {
	seen := make(map[string]bool, len(a.entries))
	folded := make(map[string]string, len(a.entries))
	for i := range a.entries {
		e := &a.entries[i]
		lower := strings.ToLower(e.name)
		switch first, twin := folded[lower]; {
		case seen[e.name]:
			a.f.Reportf(quintain.High, e.at, "member %q is there twice, so programs differ on which they read", e.name)
		case twin:
			a.f.Reportf(quintain.Medium, e.at, "members %q and %q differ only in case", first, e.name)
		}
		seen[e.name], folded[lower] = true, e.name
		slashed := strings.ReplaceAll(e.name, `\`, "/")
		switch {
		case strings.HasPrefix(slashed, "/") || len(slashed) > 1 && slashed[1] == ':' || slices.Contains(strings.Split(slashed, "/"), ".."):
			a.f.Reportf(quintain.High, e.at, "member %q is unpacked outside the folder it should be in", e.name)
		case strings.ContainsRune(e.name, 0):
			a.f.Reportf(quintain.High, e.at, "the name of member %q holds a zero byte, so programs differ on it", e.name)
		case slashed != e.name:
			a.f.Reportf(quintain.Medium, e.at, "the name of member %q holds a backslash, so programs differ on it", e.name)
		}
		if e.mode&modeType == modeLink {
			a.f.Reportf(quintain.High, e.at, "member %q is a symbolic link", e.name)
		}
		if e.flags&flagEncrypted != 0 || e.flags&^(flagDescriptor|flagUTF8|flagDeflate|flagEncrypted) != 0 {
			a.f.Reportf(quintain.Medium, e.at, "the flags 0x%04x of member %q stop some programs and not others", e.flags, e.name)
		}
	}
}

// checkLayout sees that the members fill the archive without gap or overlap.
func (a *archive) checkLayout() {
	order := make([]*entry, len(a.entries))
	for i := range a.entries {
		order[i] = &a.entries[i]
	}
	slices.SortStableFunc(order, func(x, y *entry) int { return cmp.Compare(x.local, y.local) })
	at := max(a.shift, 0)
	for _, e := range order {
		switch {
		case e.local > at:
			a.f.Reportf(quintain.Medium, at, "%d bytes before member %q belong to no member", e.local-at, e.name)
		case e.local < at:
			a.f.Reportf(quintain.High, e.local, "member %q overlaps another", e.name)
		}
		a.f.Account(scan.Parsed, e.end-e.local-e.packed)
		at = max(at, e.end)
	}
	if at < a.start {
		a.f.Reportf(quintain.Medium, at, "%d bytes before the central directory belong to no member", a.start-at)
	}
	a.f.Account(scan.Parsed, min(a.end, a.f.Size())-a.start)
}

// verify reads a member to its end and reports whether its content can be
// used.
func (a *archive) verify(e *entry, buf []byte) (bool, error) {
	switch {
	case e.method != methodStore && e.method != methodDeflate:
		a.f.Doubtf(e.at, "not analyzed: member %q is packed with method %d", e.name, e.method)
		return false, nil
	case e.method == methodStore && e.size != e.packed:
		a.f.Reportf(quintain.Medium, e.at, "member %q is stored but says that unpacking changes its size", e.name)
		e.size = e.packed
	case e.method == methodDeflate && e.size/maxRatio > e.packed:
		a.f.Reportf(quintain.High, e.at, "member %q claims to unpack %d bytes to %d", e.name, e.packed, e.size)
		return false, nil
	case e.method == methodDeflate:
		if err := a.f.Spend(e.size); err != nil {
			return false, scan.Errorf(e.at, "member %q of %d bytes: %w", e.name, e.size, err)
		}
	}
	s, err := summed(a.f, e, buf)
	switch {
	case err != nil:
		a.f.Doubtf(e.data, "not analyzed: member %q: %v", e.name, err)
		return false, nil
	case s.size != e.size || s.more:
		a.f.Reportf(quintain.High, e.at, "member %q does not unpack to the %d bytes it claims", e.name, e.size)
		return s.size == e.size, nil
	case s.crc != e.crc:
		a.f.Reportf(quintain.Medium, e.at, "the checksum of member %q is wrong, which stops some programs and not others", e.name)
	}
	return true, nil
}

// open returns the content of a member.
func (a *archive) open(e *entry) (io.ReaderAt, error) {
	switch {
	case e.method == methodStore:
		return io.NewSectionReader(a.f, e.data, e.size), nil
	case e.size <= maxHeld:
		b, err := held(a.f, e)
		return bytes.NewReader(b), err
	}
	return &forward{spend: a.f.Spend, data: io.NewSectionReader(a.f, e.data, e.packed), n: e.packed, size: e.size}, nil
}

// inspectMembers hands every member to whom it concerns: pickles to other
// formats, then the storages that they refer to, then the rest.
func (a *archive) inspectMembers(ctx context.Context) error {
	refs := make(map[string]scan.External)
	buf := make([]byte, 128<<10)
	usable := make([]bool, len(a.entries))
	for i := range a.entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		var err error
		if usable[i], err = a.verify(&a.entries[i], buf); err != nil {
			return err
		}
	}
	pickles := 0
	a.findPackage()
	for i := range a.entries {
		e := &a.entries[i]
		if !usable[i] || path.Ext(e.name) != ".pkl" {
			continue
		}
		if path.Base(e.name) == "data.pkl" {
			pickles++
		}
		externals, err := a.descend(ctx, e)
		if err != nil {
			return err
		}
		for _, x := range externals {
			refs[a.storage(e, x.Key)] = x
		}
	}
	var elements int64
	for i := range a.entries {
		if e := &a.entries[i]; usable[i] && path.Ext(e.name) != ".pkl" {
			n, err := a.member(ctx, e, refs)
			if err != nil {
				return err
			}
			elements += n
		}
	}
	a.missing(refs)
	a.f.Fact("members", strconv.Itoa(len(a.entries)))
	if pickles > 0 {
		a.f.Fact("checkpoint", "PyTorch")
		a.f.Fact("parameters", strconv.FormatInt(elements, 10))
	}
	return nil
}

// descend hands a member to the other formats.
func (a *archive) descend(ctx context.Context, e *entry) ([]scan.External, error) {
	a.f.Account(scan.Delegated, e.packed)
	r, err := a.open(e)
	if err != nil {
		a.f.Doubtf(e.data, "not analyzed: member %q: %v", e.name, err)
		return nil, nil
	}
	xs, err := a.f.Descend(ctx, e.name, r, e.size)
	if err != nil && ctx.Err() == nil {
		if errors.Is(err, scan.ErrBudget) {
			return nil, scan.Errorf(e.at, "member %q: %w", e.name, err)
		}
		a.f.Doubtf(e.data, "not analyzed: member %q: %v", e.name, err)
		err = nil
	}
	return xs, err
}

// member deals with a member that is no pickle and returns how many elements
// of tensors it holds.
func (a *archive) member(ctx context.Context, e *entry, refs map[string]scan.External) (int64, error) {
	if x, ok := refs[e.name]; ok {
		delete(refs, e.name)
		a.f.Account(scan.Tensor, e.packed)
		if x.Bytes >= 0 && x.Bytes != e.size {
			a.f.Reportf(quintain.High, e.at, "storage %q holds %d bytes, the pickle says %d", e.name, e.size, x.Bytes)
		}
		if x.Bytes < 0 {
			a.f.Doubtf(e.at, "the pickle does not say how large storage %q is", e.name)
		}
		return x.Elements, a.hunt(ctx, e)
	}
	if strings.HasSuffix(e.name, "/") && e.size == 0 {
		a.f.Account(scan.Parsed, e.packed)
		return 0, nil
	}
	if ok, err := a.word(e); ok || err != nil {
		a.f.Account(scan.Parsed, e.packed)
		return 0, err
	}
	if ok, err := a.packaged(e); ok || err != nil {
		a.f.Account(scan.Parsed, e.packed)
		return 0, err
	}
	if isScript(e.name) {
		return 0, a.script(ctx, e)
	}
	_, err := a.descend(ctx, e)
	return 0, err
}

// hunt reports files in a storage, where a loader has no reason to look, but
// whoever put them there has.
func (a *archive) hunt(ctx context.Context, e *entry) error {
	r, err := a.open(e)
	if err != nil {
		a.f.Doubtf(e.data, "storage %q is not searched: %v", e.name, err)
		return nil
	}
	off := int64(-1)
	if e.method == methodStore {
		off = e.data
	}
	return a.f.Search(ctx, fmt.Sprintf("storage %q", e.name), off, r, e.size)
}

// word reports whether a member is one of those in which PyTorch keeps one
// word about the archive, and holds one.
func (a *archive) word(e *entry) (bool, error) {
	_, inner, ok := strings.Cut(e.name, "/")
	if !ok || e.size > maxText {
		return false, nil
	}
	switch inner {
	case "version", "byteorder", ".format_version", ".storage_alignment", ".data/serialization_id", ".data/version":
	default:
		return false, nil
	}
	b, err := a.content(e)
	if err != nil {
		return false, err
	}
	s := strings.TrimSuffix(string(b), "\n")
	number := s != "" && strings.Trim(s, "0123456789") == ""
	return number || s == "little" || s == "big", nil
}

// content returns the content of a member, which is short.
func (a *archive) content(e *entry) ([]byte, error) {
	r, err := a.open(e)
	if err != nil {
		return nil, scan.Errorf(e.data, "member %q: %w", e.name, err)
	}
	b := make([]byte, e.size)
	if n, err := r.ReadAt(b, 0); n < len(b) {
		return nil, scan.Errorf(e.data, "member %q: %w", e.name, err)
	}
	return b, nil
}

// missing doubts what the pickles refer to and the archive does not hold.
func (a *archive) missing(refs map[string]scan.External) {
	var names []string
	for name := range refs {
		names = append(names, name)
	}
	slices.Sort(names)
	for i, name := range names {
		if i == 10 {
			a.f.Doubtf(-1, "%d more storages are missing", len(names)-i)
			return
		}
		a.f.Doubtf(-1, "%s", fmt.Sprintf("storage %q is missing", name))
	}
}
