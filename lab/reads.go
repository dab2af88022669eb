package lab

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"

	"quintain"
)

// What an act does depends on the attempt, its arguments, and the files that it
// reads, so these are kept with it. That is what it takes to do it again later,
// when the learner has long written something else into the files.

// maxKept is the size limit in bytes of a file that is kept because an act read
// it. Larger ones are nearly always those that the exercise made, and those are
// made again; for the others their digest is kept.
const maxKept = 256 << 10

// reads are the files that an act read before it wrote them.
type reads struct {
	mu    sync.Mutex
	files map[string][]byte // nil: there was none
	wrote map[string]bool
}

func (r *reads) read(name string, b []byte) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	name = path.Clean(name)
	if _, seen := r.files[name]; seen || r.wrote[name] {
		return
	}
	r.files[name] = bytes.Clone(b)
}

func (r *reads) write(name string) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wrote[path.Clean(name)] = true
}

// watch notes what is read from the folder from now on.
func (f *Folder) watch() *reads {
	f.reads = &reads{files: make(map[string][]byte), wrote: make(map[string]bool)}
	return f.reads
}

// into puts what was read into a, with the bytes that are not in kept yet.
func (r *reads) into(a *Acted, kept map[quintain.Digest]bool) {
	a.Files = make(map[string]quintain.Digest)
	for _, name := range slices.Sorted(maps.Keys(r.files)) {
		b := r.files[name]
		if b == nil {
			a.Files[name] = ""
			continue
		}
		d := quintain.DigestOf(b)
		a.Files[name] = d
		if kept[d] || len(b) > maxKept {
			continue
		}
		if a.Bytes == nil {
			a.Bytes = make(map[quintain.Digest][]byte)
		}
		a.Bytes[d], kept[d] = b, true
	}
}

// Done is what came of doing again what a learner did in an exercise's world.
type Done struct {
	Acts    int    `json:"acts"`              // that the bundle tells of
	Again   int    `json:"again"`             // of these, from the first on, that gave the same events when they were done again
	Differs string `json:"differs,omitempty"` // the act that gave other events than the bundle says
	Missing string `json:"missing,omitempty"` // why those that are left could not be done again
}

// Same reports whether all that happened was done again with the same events.
func (d *Done) Same() bool { return d.Again == d.Acts }

// redo does the acts of an attempt again, compares what happens, event for
// event, with what they say happened, and returns the events up to the first act
// of which that cannot be said. The folder is as the learner was given it. Acts
// are functions of seed, arguments and files, so a ledger that nobody has edited
// is made again to the byte.
func redo(ctx context.Context, e *Exercise, s *Source, f *Folder, acts []Acted) (Done, string) {
	out := Done{Acts: len(acts)}
	w := again{e: e, s: s, f: f, bytes: make(map[quintain.Digest][]byte)}
	for i := range acts {
		where := fmt.Sprintf("act %d, %s: ", i+1, acts[i].Name)
		if differs, missing := w.act(ctx, &acts[i]); differs != "" {
			out.Differs = where + differs
			break
		} else if missing != "" {
			out.Missing = where + missing
			break
		}
		out.Again++
	}
	return out, w.events.String()
}

// actsOf returns the acts among entries.
func actsOf(entries []Entry) ([]Acted, error) {
	var acts []Acted
	for _, en := range entries {
		if en.Kind != EntryAct {
			continue
		}
		var a Acted
		if err := json.Unmarshal(en.Data, &a); err != nil {
			return nil, err
		}
		acts = append(acts, a)
	}
	return acts, nil
}

// again is where acts are done again.
type again struct {
	e      *Exercise
	s      *Source
	f      *Folder
	bytes  map[quintain.Digest][]byte // that acts brought along so far
	events strings.Builder
}

// act does one act again. It says what differs, or what it lacks.
func (w *again) act(ctx context.Context, a *Acted) (differs, missing string) {
	act := w.e.Act(a.Name)
	switch {
	case act == nil:
		return "", "this version has no such act"
	case a.Files == nil:
		return "", "it was kept before acts kept the files that they read"
	}
	for _, b := range a.Bytes {
		w.bytes[quintain.DigestOf(b)] = b
	}
	for _, name := range slices.Sorted(maps.Keys(a.Files)) {
		if missing := w.restore(name, a.Files[name]); missing != "" {
			return "", missing
		}
	}
	at, err := NewAttempt(w.e, w.s, w.f, w.events.String())
	if err != nil {
		return "", err.Error()
	}
	if err := runAgain(ctx, act, at, a.Args); err != nil {
		if ctx.Err() != nil {
			return "", "it takes too long"
		}
		return "it fails when it is done again: " + err.Error(), ""
	}
	whole, err := at.written()
	if err != nil {
		return "", err.Error()
	}
	fresh := strings.TrimPrefix(whole, w.events.String())
	if fresh != a.Events {
		return differing(a.Events, fresh), ""
	}
	w.events.WriteString(fresh)
	return "", ""
}

// runAgain runs an act. One that panics has met what it does not understand.
func runAgain(ctx context.Context, act *Act, at *Attempt, args []string) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the act broke: %v", p)
		}
	}()
	return act.Run(ctx, at, args, io.Discard)
}

// differing says where two lists of events part.
func differing(told, made string) string {
	a, b := strings.Split(strings.TrimSpace(told), "\n"), strings.Split(strings.TrimSpace(made), "\n")
	if told == "" {
		a = nil
	}
	if made == "" {
		b = nil
	}
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("event %d is not what happens when it is done again", i+1)
		}
	}
	return fmt.Sprintf("the ledger has %d events of it, and %d happen when it is done again", len(a), len(b))
}

// restore makes a file what it was when an act read it, and says what is
// missing to do so.
func (w *again) restore(name string, want quintain.Digest) (missing string) {
	have, err := w.f.File(name)
	switch {
	case err != nil && want == "", err == nil && want == quintain.DigestOf(have):
		return ""
	case want == "":
		if err := w.f.root.Remove(name); err != nil {
			return name + " was not there: " + reason(err)
		}
		return ""
	}
	b, ok := w.bytes[want]
	if !ok {
		return name + " was too large to be kept"
	}
	if err := w.f.write(name, b); err != nil {
		return reason(err)
	}
	return ""
}
