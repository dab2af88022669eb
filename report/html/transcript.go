package html

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"quintain/report"
)

const (
	maxEvents = 400      // of a conversation that is shown
	maxEvent  = 8 << 10  // bytes of one of them
	maxBlob   = 64 << 10 // bytes of any other text
)

// A transcript is the bytes behind a piece of evidence, readable: a ledger as
// a conversation, anything else as text.
type transcript struct {
	Label  string // "conversation, 8 events"
	Events []event
	Text   string
	Cut    string // what is left out, and where it is
}

// An event is one line of a ledger.
type event struct {
	Seq   int
	Kind  string
	Verb  string // what happened, in a word
	Actor string
	Name  string
	Args  string
	Text  string
	Tone  string // message, call, result, effect, alarm or note
}

// verbs says what the kinds of event are, and how they look.
var verbs = map[string][2]string{
	"message":     {"says on", "message"},
	"tool.call":   {"calls", "call"},
	"tool.result": {"answers", "result"},
	"egress":      {"leaves for", "effect"},
	"change":      {"changes", "effect"},
	"canary":      {"canary crossed:", "alarm"},
	"note":        {"note", "note"},
}

func transcriptOf(b report.Blob) *transcript {
	if events, ok := conversation(b.Data); ok {
		t := &transcript{Label: fmt.Sprintf("conversation, %d events", len(events)), Events: events}
		if len(events) > maxEvents {
			t.Events = events[:maxEvents]
			t.Cut = fmt.Sprintf("%d more events are in the JSON of this run", len(events)-maxEvents)
		}
		return t
	}
	t := &transcript{Label: fmt.Sprintf("%s, %d bytes", b.MediaType, len(b.Data)), Text: b.Data}
	if len(b.Data) > maxBlob {
		t.Text = cut(b.Data, maxBlob)
		t.Cut = fmt.Sprintf("%d more bytes are in the JSON of this run", len(b.Data)-len(t.Text))
	}
	return t
}

// conversation reads the lines of a ledger. It is false if a line is none.
func conversation(data string) ([]event, bool) {
	var list []event
	for line := range strings.Lines(data) {
		if strings.TrimSpace(line) == "" {
			continue
		}
		var e struct {
			Seq   int
			Kind  string
			Actor string
			Name  string
			Args  json.RawMessage
			Text  string
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil || e.Kind == "" {
			return nil, false
		}
		out := event{Seq: e.Seq, Kind: e.Kind, Verb: e.Kind, Tone: "note", Actor: e.Actor, Name: e.Name, Args: indent(e.Args), Text: short(e.Text)}
		if v, ok := verbs[e.Kind]; ok {
			out.Verb, out.Tone = v[0], v[1]
		}
		list = append(list, out)
	}
	return list, len(list) > 0
}

// indent lays out the arguments of a call.
func indent(args json.RawMessage) string {
	if len(args) == 0 || string(args) == "null" {
		return ""
	}
	var b bytes.Buffer
	if json.Indent(&b, args, "", "  ") != nil {
		return short(string(args))
	}
	return short(b.String())
}

func short(s string) string {
	if len(s) <= maxEvent {
		return s
	}
	c := cut(s, maxEvent)
	return fmt.Sprintf("%s… (%d more bytes)", c, len(s)-len(c))
}

// cut returns at most the first n bytes of s without splitting a rune.
func cut(s string, n int) string {
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
