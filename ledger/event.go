package ledger

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"quintain"
)

// The kinds of event. Others may be used; these have a meaning that readers of
// a ledger rely on.
const (
	KindMessage = "message"     // Actor says Text; Name is the channel: "chat", "mail"
	KindCall    = "tool.call"   // Actor (a model) calls tool Name with Args
	KindResult  = "tool.result" // tool Name answers with Text
	KindEgress  = "egress"      // Text leaves the system; Name is the destination: "user", "mail:mallory@evil.example"
	KindCanary  = "canary"      // canary Name was seen in the event Args points to: {"in":SEQ,"decoding":"base64"}
	KindChange  = "change"      // Name of a stored thing changed (row, booking), Args says how
	KindNote    = "note"        // anything else worth keeping
)

// MaxEvent is the size limit in bytes of one event as it is written.
const MaxEvent = 4 << 20

// An Event is one thing that happened. Seq, Prev and Hash are set by
// [Ledger.Append].
type Event struct {
	Seq   int             `json:"seq"` // from 1
	Kind  string          `json:"kind"`
	Actor string          `json:"actor"`
	Name  string          `json:"name,omitempty"`
	Args  json.RawMessage `json:"args,omitempty"`
	Text  string          `json:"text,omitempty"`
	Prev  quintain.Digest `json:"prev"` // Hash of the event before; of the first, the digest of the format's name
	Hash  quintain.Digest `json:"hash"` // of everything above
}

// genesis stands in for the hash before the first event.
var genesis = quintain.DigestOf([]byte("quintain ledger 1"))

// clean returns e with text that is valid UTF-8 and compact Args, or says why
// it cannot be kept.
func (e Event) clean() (Event, error) {
	if e.Kind == "" {
		return e, errors.New("event without a kind")
	}
	for _, s := range []*string{&e.Kind, &e.Actor, &e.Name, &e.Text} {
		*s = strings.ToValidUTF8(*s, "\ufffd")
	}
	if e.Args != nil {
		var b bytes.Buffer
		if err := json.Compact(&b, bytes.ToValidUTF8(e.Args, []byte("\ufffd"))); err != nil {
			return e, fmt.Errorf("arguments of %s %q: %w", e.Kind, e.Name, err)
		}
		e.Args = b.Bytes()
	}
	return e, nil
}

// sealed returns e with its hash.
func (e Event) sealed() (Event, error) {
	e.Hash = ""
	b, err := e.encode()
	if err != nil {
		return e, err
	}
	e.Hash = quintain.DigestOf(b)
	return e, nil
}

// encode returns the one line that stands for e.
func (e Event) encode() ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(e); err != nil {
		return nil, fmt.Errorf("event %d: %w", e.Seq, err)
	}
	return b.Bytes(), nil
}
