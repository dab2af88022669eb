package app

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"quintain/ledger"
	"quintain/llm"
)

// A tool is one operation of the application's two tools, mail and calendar.
type tool struct {
	name, about string
	params      []param
	run         func(s *session, args map[string]string) (any, error)
}

// A param is an argument, always a string.
type param struct {
	name, about string
	optional    bool
}

// tools are what the model may call.
var tools = []tool{
	{
		name: "mail_list", about: "List the mails in the mailbox of the front desk, newest first, without their text.",
		run: func(s *session, _ map[string]string) (any, error) {
			return map[string]any{"mails": s.world.list()}, nil
		},
	},
	{
		name: "mail_read", about: "Read one mail.",
		params: []param{{name: "id", about: "The id of the mail, as mail_list shows it."}},
		run: func(s *session, args map[string]string) (any, error) {
			l, err := s.world.read(args["id"])
			return l, err
		},
	},
	{
		name: "mail_send", about: "Send a mail.",
		params: []param{
			{name: "to", about: "The mail address of the recipient."},
			{name: "subject", about: "The subject.", optional: true},
			{name: "body", about: "The text of the mail."},
		},
		run: sendMail,
	},
	{
		name: "calendar_list", about: "List the appointment slots and whether they are free or taken.",
		params: []param{{name: "date", about: "The day as YYYY-MM-DD; all days if left out.", optional: true}},
		run: func(s *session, args map[string]string) (any, error) {
			return map[string]any{"slots": s.world.calendar(args["date"])}, nil
		},
	},
	{
		name: "calendar_book", about: "Book a free appointment slot.",
		params: []param{
			{name: "date", about: "The day as YYYY-MM-DD."},
			{name: "time", about: "The time as HH:MM."},
			{name: "name", about: "The name of the person that the appointment is for."},
		},
		run: bookSlot,
	},
}

// sendMail lets a mail leave.
func sendMail(s *session, args map[string]string) (any, error) {
	to, err := recipient(args["to"])
	if err != nil {
		return nil, err
	}
	text := args["body"]
	if args["subject"] != "" {
		text = args["subject"] + "\n\n" + text
	}
	if err := s.note(ledger.Event{Kind: ledger.KindEgress, Actor: "assistant", Name: "mail:" + to, Text: text}); err != nil {
		return nil, err
	}
	return map[string]string{"status": "sent"}, nil
}

// bookSlot takes a slot.
func bookSlot(s *session, args map[string]string) (any, error) {
	if err := s.world.book(args["date"], args["time"]); err != nil {
		return nil, err
	}
	b, err := json.Marshal(map[string]string{"date": args["date"], "time": args["time"], "name": args["name"]})
	if err != nil {
		return nil, err
	}
	if err := s.note(ledger.Event{Kind: ledger.KindChange, Actor: "assistant", Name: "booking", Args: b}); err != nil {
		return nil, err
	}
	return map[string]string{"status": "booked"}, nil
}

// descriptions returns the tools as a model is told of them.
func descriptions() []llm.Tool {
	var out []llm.Tool
	for _, t := range tools {
		out = append(out, llm.Tool{Name: t.name, Description: t.about, Schema: t.schema()})
	}
	return out
}

// schema returns the JSON Schema of the arguments.
func (t *tool) schema() json.RawMessage {
	props := make(map[string]any)
	required := []string{}
	for _, p := range t.params {
		props[p.name] = map[string]string{"type": "string", "description": p.about}
		if !p.optional {
			required = append(required, p.name)
		}
	}
	b, err := json.Marshal(map[string]any{
		"type": "object", "properties": props, "required": required, "additionalProperties": false,
	})
	if err != nil { // strings and booleans have an encoding
		return nil
	}
	return b
}

// arguments reads the arguments of a call as t's schema wants them.
func (t *tool) arguments(raw json.RawMessage) (map[string]string, error) {
	var args map[string]string
	if err := json.NewDecoder(bytes.NewReader(raw)).Decode(&args); err != nil || args == nil {
		return nil, errors.New("the arguments are not a JSON object of strings")
	}
	for name := range args {
		if !slices.ContainsFunc(t.params, func(p param) bool { return p.name == name }) {
			return nil, fmt.Errorf("no argument is called %q", cut(name, 80))
		}
	}
	for _, p := range t.params {
		if args[p.name] == "" && !p.optional {
			return nil, fmt.Errorf("argument %q is missing", p.name)
		}
	}
	return args, nil
}
