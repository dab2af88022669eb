package sheet

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// A Pickle is one pickle of a file: a stream from its first opcode to its STOP.
type Pickle struct {
	Member   string   `json:"member,omitempty"` // of the archive that it is in
	Offset   int64    `json:"offset"`           // in the member, or in the file
	Protocol int      `json:"protocol"`         // the highest that it says
	Imports  []Import `json:"imports,omitempty"`
	Calls    []Call   `json:"calls,omitempty"`
	Broken   string   `json:"broken,omitempty"` // why it could not be followed to its end

	data []byte // of the member, or of the beginning of the file
}

// An Import is a name that the loader is told to import.
type Import struct {
	Name   string `json:"name"`   // such as "collections.OrderedDict"
	Offset int64  `json:"offset"` // of the opcode, where it is first imported
}

// A Call is a call that the loader is told to make.
type Call struct {
	Callable string `json:"callable"` // with attributes that were looked up resolved: "os.system"
	Args     string `json:"args"`
	Offset   int64  `json:"offset"` // of the opcode that makes it
	Opcode   string `json:"opcode"`
}

// Listing yields the opcodes of the pickle. Offsets are those in its member or
// file.
func (p *Pickle) Listing() func(yield func(Instruction, error) bool) {
	return Instructions(p.data, p.Offset)
}

// isPickle reports whether b begins with a pickle that makes sense: one of
// protocol 2 or later whose first opcodes can be read, or a text pickle that
// reads to its end.
func isPickle(b []byte) bool {
	if len(b) < 2 {
		return false
	}
	if b[0] == 0x80 && b[1] <= 5 {
		return true
	}
	if _, ok := opcodes[b[0]]; !ok {
		return false
	}
	n := 0
	for _, err := range Instructions(b, 0) {
		if n++; err != nil {
			return false
		}
	}
	return n > 2
}

const (
	maxStreams = 64
	maxListed  = 10_000 // imports or calls of one pickle
)

// follow runs all pickles of b on paper and adds them to the sheet. It returns
// what each makes, and where the last one ends.
func follow(ctx context.Context, s *Sheet, member string, b []byte) (values []any, end int64, err error) {
	for end < int64(len(b)) && len(values) < maxStreams {
		if len(values) > 0 && !isPickle(b[end:]) {
			break
		}
		m := &machine{b: b, ctx: ctx}
		v, next, err := m.run(end)
		if ctx.Err() != nil {
			return nil, 0, ctx.Err()
		}
		p := Pickle{Member: member, Offset: end, Protocol: m.protocol, Calls: m.calls, data: b}
		for _, g := range m.imports {
			p.Imports = append(p.Imports, Import{g.String(), g.at})
		}
		if err != nil {
			p.Broken = err.Error()
		}
		if s.Pickles = append(s.Pickles, p); p.Broken != "" {
			break
		}
		values, end = append(values, v), next
	}
	return values, end, nil
}

// torchMagic is the number that begins a checkpoint of PyTorch before 1.6.
var torchMagic = []byte{0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19}

// readPickle describes a file of pickles: a checkpoint of PyTorch before 1.6,
// or anything else.
func readPickle(ctx context.Context, s *Sheet, r io.ReaderAt, b []byte, size int64) error {
	s.Format = "pickle"
	values, end, err := follow(ctx, s, "", b)
	if err != nil {
		return err
	}
	if len(s.Pickles) > 0 {
		s.Version = strconv.Itoa(s.Pickles[0].Protocol)
	}
	if m, ok := first(values).(long); !ok || !bytes.Equal(m, torchMagic) || len(values) < 5 {
		if v := first(values); v != nil {
			return s.takeTensors(v, nil)
		}
		return nil
	}
	s.Format = "pytorch-legacy"
	if n, ok := values[1].(int64); ok {
		s.Version = strconv.FormatInt(n, 10)
	}
	stores := &legacyStorages{r: r, size: size}
	keys, _ := values[4].(*list)
	if err := stores.locate(keys, end, values[3]); err != nil {
		return err
	}
	return s.takeTensors(values[3], stores.open)
}

func first(values []any) any {
	if len(values) == 0 {
		return nil
	}
	return values[0]
}

// legacyStorages are the storages behind the pickles of an old checkpoint: for
// each key, sorted, the number of elements and the elements.
type legacyStorages struct {
	r     io.ReaderAt
	size  int64
	where map[string][2]int64
}

func (l *legacyStorages) locate(keys *list, off int64, root any) error {
	l.where = make(map[string][2]int64)
	if keys == nil {
		return errors.New("the checkpoint does not list its storages")
	}
	sizes := storageSizes(root)
	var names []string
	for _, k := range keys.elems {
		name, ok := k.(string)
		if !ok {
			return errors.New("the key of a storage is no text")
		}
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		item, ok := sizes[name]
		head, err := held(l.r, off, 8)
		if err != nil || !ok {
			return fmt.Errorf("storage %q is not described, or not there", name)
		}
		n, _ := littleEndian(head)
		if n < 0 || n > (l.size-off-8)/item {
			return fmt.Errorf("storage %q of %d elements does not fit into the file", name, n)
		}
		l.where[name] = [2]int64{off + 8, n * item}
		off += 8 + n*item
	}
	return nil
}

func (l *legacyStorages) open(key string) (io.ReaderAt, int64, error) {
	at, ok := l.where[key]
	if !ok {
		return nil, 0, fmt.Errorf("there is no storage %q", key)
	}
	return io.NewSectionReader(l.r, at[0], at[1]), at[1], nil
}

// Name returns where the pickle is, for people: its member or "the file".
func (p *Pickle) Name() string {
	if p.Member == "" {
		return "the file"
	}
	return strings.ToValidUTF8(p.Member, "?")
}
