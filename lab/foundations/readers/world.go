package readers

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"quintain/lab"
	"quintain/lab/internal/inbox"
	"quintain/ledger"
	"quintain/llm"
	"quintain/llm/gloss"
	"quintain/llm/standin"
)

// kindFlagged is the event of a message that was marked urgent.
const kindFlagged = "ticket.flagged"

// office is the filter as the learner finds it: words, as they are written.
var office = &inbox.Policy{Deny: forbidden}

// assistant returns what answers behind the filter.
func assistant() (llm.Chat, error) { return standin.New(standin.Default) }

func setup(_ context.Context, w *lab.Setup) error {
	rng := w.Rand("samples")
	for i := range 3 {
		if err := w.Writef(fmt.Sprintf("messages/honest-%d.txt", i+1), "%s\n", fill(rng, pick(rng, honest))); err != nil {
			return err
		}
	}
	if err := w.Writef("messages/plain.txt", "%s", letter(rng, pick(rng, requests))); err != nil {
		return err
	}
	if err := w.Writef("policy.yaml", "# What is done to a message before anybody reads it, in this order. See steps.md.\nnormalize: []\n"+
		"# What the step translate reads: %s\nlanguages: []\n# Letters that are let through: any, latin, ascii\nalphabet: any\n"+
		"deny: [%s]\n# Phrases in which a denied word does no harm\nallow: []\n", strings.Join(gloss.Languages(), ", "), strings.Join(forbidden, ", ")); err != nil {
		return err
	}
	var doc bytes.Buffer
	doc.WriteString("# Steps that policy.yaml may name\n\nThey are done in the order of the list, and one may come twice.\n\n")
	for _, s := range inbox.Steps() {
		fmt.Fprintf(&doc, "- `%s`: %s\n", s.Name, s.Doc)
	}
	return w.Write("steps.md", doc.Bytes())
}

var acts = []lab.Act{
	{Name: "send", Usage: "FILE", Doc: "Send the message in a file to the office, through its filter", Run: send},
	{Name: "inbox", Usage: "", Doc: "Show the messages sent so far, what the filter said, and which are marked urgent", Run: show},
	{Name: "try", Usage: "FILE", Doc: "Show what policy.yaml makes of the message in a file, without sending it", Run: try},
}

// args are those of an event, of a message or of a flag.
type args struct {
	Ticket  string        `json:"ticket"`
	Verdict inbox.Verdict `json:"filter_verdict"`
}

// ticket returns the number that the n-th message gets.
func ticket(s *lab.Source, n int) string {
	return fmt.Sprintf("CS-%05d", 10_000+s.Seed(fmt.Sprint("ticket ", n))%90_000)
}

// read returns the message in a file.
func read(a *lab.Attempt, names []string) (string, error) {
	if len(names) != 1 {
		return "", lab.Faultf("", "want the name of one file with a message, such as messages/plain.txt")
	}
	b, err := a.File(names[0])
	if err != nil {
		return "", err
	}
	if len(b) > inbox.MaxMessage {
		return "", lab.Faultf(names[0], "a message of %d bytes, more than the %d that the office takes", len(b), inbox.MaxMessage)
	}
	return string(b), nil
}

func send(ctx context.Context, a *lab.Attempt, names []string, out io.Writer) error {
	text, err := read(a, names)
	if err != nil {
		return err
	}
	chat, err := assistant()
	if err != nil {
		return err
	}
	o, err := inbox.Handle(ctx, chat, office, text)
	if err != nil {
		return err
	}
	sent := args{ticket(a.Source, len(messages(a.Ledger))+1), o.Verdict}
	b, err := json.Marshal(sent)
	if err != nil {
		return err
	}
	events := []ledger.Event{{Kind: ledger.KindMessage, Actor: "citizen", Name: "inbox", Args: b, Text: text}}
	if o.Flagged {
		events = append(events, ledger.Event{Kind: kindFlagged, Actor: chat.Identity(), Name: sent.Ticket, Args: b})
	}
	for _, e := range events {
		if _, err := a.Ledger.Append(e); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "%s  %s\n", sent.Ticket, told(o))
	return nil
}

// told says what became of a message.
func told(o inbox.Outcome) string {
	switch {
	case o.Verdict == inbox.Denied:
		return fmt.Sprintf("denied by the filter (%s); the assistant never sees it", o.Why)
	case o.Flagged:
		return "clean; the assistant marks it urgent"
	}
	return "clean; the assistant does not mark it"
}

// A message is one that was sent.
type message struct {
	args
	text    string
	flagged bool
}

// messages reads what was sent from the ledger, in order.
func messages(l *ledger.Ledger) []message {
	var out []message
	for _, e := range l.Events() {
		var got args
		if json.Unmarshal(e.Args, &got) != nil {
			continue
		}
		switch e.Kind {
		case ledger.KindMessage:
			out = append(out, message{args: got, text: e.Text})
		case kindFlagged:
			if n := len(out); n > 0 && out[n-1].Ticket == got.Ticket {
				out[n-1].flagged = true
			}
		}
	}
	return out
}

func show(_ context.Context, a *lab.Attempt, _ []string, out io.Writer) error {
	ms := messages(a.Ledger)
	if len(ms) == 0 {
		fmt.Fprintln(out, "No message was sent yet: quintain lab act F03 send messages/plain.txt")
	}
	for _, m := range ms {
		mark := ""
		if m.flagged {
			mark = "URGENT"
		}
		fmt.Fprintf(out, "%s  filter: %-6s  %-6s  %+.60q\n", m.Ticket, m.Verdict, mark, strings.Join(strings.Fields(m.text), " "))
	}
	return nil
}

func try(ctx context.Context, a *lab.Attempt, names []string, out io.Writer) error {
	text, err := read(a, names)
	if err != nil {
		return err
	}
	p, err := policy(a)
	if err != nil {
		return err
	}
	chat, err := assistant()
	if err != nil {
		return err
	}
	o, err := inbox.Handle(ctx, chat, p, text)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s\nBoth readers get: %+q\n", told(o), o.Read)
	return nil
}
