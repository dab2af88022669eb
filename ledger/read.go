package ledger

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"quintain"
)

// Read reads a written ledger and verifies it as [Verify] does. It watches for
// no canaries.
func Read(r io.Reader) (*Ledger, error) {
	l := New()
	_, _, err := verify(r, func(e Event) { l.events = append(l.events, e) })
	if err != nil {
		return nil, err
	}
	return l, nil
}

// Verify reads a written ledger and returns the number of its events and the
// hash of the last. Any edit, be it of a single space, is an error that names
// the line where the ledger stops to be what was written; n and head then stand
// for the lines before. Whole lines missing at the end can be told by n and
// head only, if the true ones are known.
func Verify(r io.Reader) (n int, head quintain.Digest, err error) {
	return verify(r, func(Event) {})
}

func verify(r io.Reader, keep func(Event)) (n int, head quintain.Digest, err error) {
	head = genesis
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, MaxEvent+1)
	lines.Split(wholeLine)
	for lines.Scan() {
		e, err := parse(lines.Bytes(), n+1, head)
		if err != nil {
			return n, head, fmt.Errorf("line %d: %w", n+1, err)
		}
		keep(e)
		n, head = n+1, e.Hash
	}
	if err := lines.Err(); err != nil {
		return n, head, fmt.Errorf("line %d: %w", n+1, err)
	}
	return n, head, nil
}

// wholeLine splits after each line feed and keeps it; nothing is trimmed.
func wholeLine(data []byte, atEOF bool) (advance int, token []byte, err error) {
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		return i + 1, data[:i+1], nil
	}
	if atEOF && len(data) > 0 {
		return len(data), data, nil
	}
	return 0, nil, nil
}

// parse reads the event number seq that follows the one with hash prev.
func parse(line []byte, seq int, prev quintain.Digest) (Event, error) {
	var e Event
	if err := json.Unmarshal(line, &e); err != nil {
		return Event{}, err
	}
	sealed, err := e.sealed()
	if err != nil {
		return Event{}, err
	}
	again, err := e.encode()
	switch {
	case err != nil:
		return Event{}, err
	case e.Seq != seq:
		return Event{}, fmt.Errorf("event %d where %d was due", e.Seq, seq)
	case e.Prev != prev:
		return Event{}, fmt.Errorf("event %d does not follow the one before", e.Seq)
	case e.Hash != sealed.Hash:
		return Event{}, fmt.Errorf("event %d is not what was hashed", e.Seq)
	case !bytes.Equal(line, again):
		return Event{}, fmt.Errorf("event %d is not written as it was", e.Seq)
	}
	return e, nil
}
