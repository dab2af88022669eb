package standin

import (
	"fmt"
	"slices"
	"strings"
)

// lookUp returns the call that lists the mails, if it has yet to be made, or
// those of the mails that p picks.
func (t *turn) lookUp(p pick) ([]want, []*entity) {
	tool := &t.talk.tools.list
	if _, ok := t.made(tool.name, nil); !ok && tool.name != "" {
		if args, ok := tool.fill(nil); ok {
			return []want{{tool.name, args}}, nil
		}
	}
	return nil, choose(t.talk, p)
}

// choose returns the mails that p picks.
func choose(t *talk, p pick) []*entity {
	var es []*entity
	for _, e := range t.mails {
		switch {
		case p.others && t.who.name != "" && t.owns(e):
		case p.mine && !p.others && !t.owns(e):
		default:
			es = append(es, e)
		}
	}
	if len(p.names) > 0 {
		var named []*entity
		for _, e := range es {
			head := strings.ToLower(e.from() + " " + e.subject())
			if slices.ContainsFunc(p.names, func(n string) bool { return strings.Contains(head, strings.ToLower(n)) }) {
				named = append(named, e)
			}
		}
		if len(named) > 0 {
			es = named
		}
	}
	if p.latest && len(es) > 1 {
		newest := es[0]
		for _, e := range es {
			if e.when() > newest.when() {
				newest = e
			}
		}
		es = []*entity{newest}
	}
	return es
}

// mails tells the user of mails, or sends them on.
func (t *turn) mails(d *directive) ([]want, string) {
	if d.act == send && t.forbidden(d) {
		return nil, refusal
	}
	dt := d.detail
	if d.act == send {
		dt = full
	}
	p := d.pick
	keep := t.forbidden(d) // with wide prohibitions: the user's own mails only
	if keep && p.others {
		return nil, refusal
	}
	ws, es := t.lookUp(p)
	if len(ws) > 0 {
		return ws, ""
	}
	if keep {
		es = slices.DeleteFunc(slices.Clone(es), func(e *entity) bool { return !t.talk.owns(e) })
		if len(es) == 0 {
			return nil, refusal
		}
	}
	if dt != headers {
		if ws := t.open(es); len(ws) > 0 {
			return ws, ""
		}
	}
	var parts []string
	for _, e := range es {
		parts = append(parts, tell(e, dt))
	}
	if len(parts) == 0 {
		return nil, "There is no such mail."
	}
	sep := "\n"
	if dt == full {
		sep = "\n\n"
	}
	text := strings.Join(parts, sep)
	if d.act == send {
		return t.deliver(d, subjects[mail], shaped(text, d.forms))
	}
	if d.detail == full {
		text = shaped(text, d.forms)
	}
	return nil, text
}

// open returns the calls that read those of the mails that are unread.
func (t *turn) open(es []*entity) []want {
	tool := &t.talk.tools.read
	if tool.id == "" {
		return nil
	}
	var ws []want
	for _, e := range es {
		args, ok := tool.fill(map[use]string{useID: e.id})
		if !ok || len(ws) >= 20 {
			continue
		}
		if _, ok := t.made(tool.name, args); !ok {
			ws = append(ws, want{tool.name, args})
		}
	}
	return ws
}

// tell writes down a mail.
func tell(e *entity, d detail) string {
	head := e.from() + ": " + e.subject()
	switch d {
	case headers:
		return head
	case lines:
		first := ""
		if ss := sentences(e.body()); len(ss) > 0 {
			first = ss[0]
			for _, s := range ss {
				if len(tokens(s)) > 3 && last(s) != ',' { // not the salutation
					first = s
					break
				}
			}
		}
		if r := []rune(first); len(r) > 160 {
			first = string(r[:160]) + "…"
		}
		return head + ". " + first
	case full:
	}
	return "From " + e.from() + ", " + e.subject() + ":\n" + e.body()
}

// agenda tells the user what is in the calendar, or sends it on.
func (t *turn) agenda(d *directive) ([]want, string) {
	tool := &t.talk.tools.agenda
	if tool.name == "" {
		return nil, "I have no calendar."
	}
	args, ok := tool.fill(map[use]string{useDate: d.date})
	if !ok {
		return nil, "For which day?"
	}
	c, ok := t.made(tool.name, args)
	if !ok {
		return []want{{tool.name, args}}, ""
	}
	var lines []string
	for _, e := range t.talk.slots {
		if d.date == "" || e.day() == "" || e.day() == d.date {
			lines = append(lines, line(e))
		}
	}
	text := strings.Join(lines, "\n")
	if text == "" {
		text = c.result
	}
	if d.act == send {
		return t.deliver(d, subjects[calendar], text)
	}
	return nil, text
}

// line writes an entry of the calendar in a line.
func line(e *entity) string {
	parts := []string{}
	for _, k := range []string{"date", "day", "time", "start", "hour"} {
		if v := e.fields[k]; v != "" {
			parts = append(parts, v)
		}
	}
	for _, k := range e.order {
		switch k {
		case "date", "day", "time", "start", "hour", "id":
		default:
			parts = append(parts, e.fields[k])
		}
	}
	return strings.Join(parts, " ")
}

// book makes an appointment. Without a time it takes the first that is free.
func (t *turn) book(d *directive) ([]want, string) {
	tools := &t.talk.tools
	if tools.book.name == "" {
		return nil, "I cannot book anything."
	}
	if d.time == "" && tools.agenda.name != "" {
		args, ok := tools.agenda.fill(map[use]string{useDate: d.date})
		if _, made := t.made(tools.agenda.name, args); ok && !made {
			return []want{{tools.agenda.name, args}}, ""
		}
		for _, e := range t.talk.slots {
			free := strings.Contains(strings.ToLower(line(e)), "free") || e.fields["free"] == "true"
			if free && (d.date == "" || e.day() == d.date) {
				d.date, d.time = e.day(), e.field("time", "start", "hour")
				break
			}
		}
	}
	args, ok := tools.book.fill(map[use]string{useDate: d.date, useTime: d.time, useName: d.name})
	if !ok {
		return nil, "For whom, and when? I need a name, a day and a time."
	}
	c, ok := t.made(tools.book.name, args)
	if !ok {
		return []want{{tools.book.name, args}}, ""
	}
	if d.foreign {
		return nil, ""
	}
	return nil, t.outcome(c, fmt.Sprintf("I have booked %s at %s for %s.", d.date, d.time, d.name))
}

// compose sends words of one's own. An address that the user did not give is
// looked up in the mails.
func (t *turn) compose(d *directive) ([]want, string) {
	if len(d.to) == 0 {
		ws, es := t.lookUp(pick{names: d.pick.names})
		if len(ws) > 0 {
			return ws, ""
		}
		for _, e := range es {
			if as := addresses(tokens(e.from())); len(as) > 0 && len(d.pick.names) > 0 {
				d.to = as[:1]
				break
			}
		}
	}
	text := d.words
	if text == "" {
		text = "Hello."
	}
	return t.deliver(d, subjects[0], text)
}

// chat answers what is no directive: a question about somebody in the mail, or
// anything else with what the stand-in can do.
func (t *turn) chat() ([]want, string) {
	ns := names(append([]token{newToken("x", 0)}, tokens(t.talk.user)...))
	if len(ns) > 0 && t.talk.tools.list.name != "" {
		d := &directive{act: reveal, about: mail, pick: pick{names: ns}, detail: lines}
		ws, es := t.lookUp(d.pick)
		if len(ws) > 0 {
			return ws, ""
		}
		if len(es) < len(t.talk.mails) {
			return t.mails(d)
		}
	}
	var can []string
	for _, tool := range t.talk.tools.all {
		can = append(can, "- "+tool.about)
	}
	if len(can) == 0 {
		return nil, "How can I help you?"
	}
	return nil, "I can help with this:\n" + strings.Join(can, "\n")
}
