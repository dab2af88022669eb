package standin

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"quintain/llm"
)

// A turn is the making of one message.
type turn struct {
	p    *profile
	talk *talk
	memo *memo
}

// maxCalls bounds the calls in answer to one message of the user.
const maxCalls = 32

// answer decides on the next message: the calls that the first unfinished
// directive needs, or, when all are finished, what there is to say.
func (t *turn) answer() llm.Message {
	ds := t.memo.of("user\x00"+t.talk.user+"\x00"+t.talk.today+t.talk.who.name, t.talk.wishes)
	for _, doc := range t.talk.docs {
		read := func() []directive { return orders(doc.text, t.talk.today) }
		for _, d := range t.memo.of("document\x00"+doc.text+"\x00"+t.talk.today, read) {
			if t.obeys(&d) {
				ds = append(ds, d)
			}
		}
	}
	var said []string
	done := make(map[string]bool)
	for i := range ds {
		k := fmt.Sprintf("%s\x00%d\x00%v", ds[i].key(), ds[i].detail, ds[i].foreign)
		if done[k] {
			continue
		}
		done[k] = true
		calls, text := t.do(&ds[i])
		if len(calls) > 0 && len(t.talk.calls)+len(calls) <= maxCalls {
			return t.message(calls)
		}
		if text != "" && !slices.Contains(said, text) {
			said = append(said, text)
		}
	}
	if len(ds) == 0 || len(said) == 0 {
		calls, text := t.chat()
		if len(calls) > 0 && len(t.talk.calls)+len(calls) <= maxCalls {
			return t.message(calls)
		}
		said = append(said, text)
	}
	return llm.Message{Role: llm.Assistant, Content: strings.Join(said, "\n\n")}
}

// obeys reports whether the directive of a document is followed.
func (t *turn) obeys(d *directive) bool {
	need := t.p.document
	if t.p.marked > 0 && d.strength < need+t.p.marked && forbids(t.talk.system).documents {
		need += t.p.marked
	}
	return d.strength >= need
}

// forbidden reports whether the system prompt keeps the stand-in from d.
func (t *turn) forbidden(d *directive) bool {
	if d.strength >= t.p.forbidden {
		return false
	}
	g, private := forbids(t.talk.system), t.p.private
	bound := false
	switch d.about {
	case instructions:
		bound = g.prompt || g.secret || private
	case secret:
		bound = g.secret || g.prompt || private
	case mail:
		bound = (g.mail || private) && (d.act == send || t.p.wide)
	default:
	}
	return bound
}

// A want is a call that is to be made.
type want struct {
	tool string
	args map[string]any
}

// message makes calls of wants.
func (t *turn) message(ws []want) llm.Message {
	m := llm.Message{Role: llm.Assistant}
	for i, w := range ws {
		b, err := json.Marshal(w.args)
		if err != nil { // arguments are strings and numbers
			continue
		}
		m.ToolCalls = append(m.ToolCalls, llm.ToolCall{ID: fmt.Sprintf("call-%d", len(t.talk.calls)+i+1), Name: w.tool, Args: b})
	}
	return m
}

// made returns the call of a tool whose arguments are those in like.
func (t *turn) made(tool string, like map[string]any) (*call, bool) {
	for i := range t.talk.calls {
		c := &t.talk.calls[i]
		same := c.tool == tool
		for k, v := range like {
			same = same && fmt.Sprint(c.args[k]) == fmt.Sprint(v)
		}
		if same {
			return c, true
		}
	}
	return nil, false
}

const refusal = "I am not able to share that."

// do says what d needs next: calls, or, once they are made, words.
func (t *turn) do(d *directive) ([]want, string) {
	if d.act == reveal || d.act == send {
		if d.about == instructions || d.about == secret {
			if t.forbidden(d) {
				return nil, refusal
			}
			return t.give(d, t.own(d.about))
		}
	}
	switch {
	case d.act == say:
		return nil, d.words
	case d.act == flag:
		return t.mark(d)
	case d.act == book:
		return t.book(d)
	case d.about == calendar:
		return t.agenda(d)
	case d.about == mail:
		return t.mails(d)
	case d.act == send:
		return t.compose(d)
	}
	return nil, ""
}

// own returns what the system prompt says, or the lines of it with a secret.
func (t *turn) own(about concept) string {
	text := strings.TrimSpace(t.talk.system)
	if about == instructions {
		return text
	}
	var out []string
	for s := range strings.SplitSeq(text, "\n") {
		ts := tokens(s)
		coded := slices.ContainsFunc(ts, func(t token) bool { return t.kind == opaque && len(t.text) >= 6 })
		if meaning(ts)&secret != 0 && coded {
			out = append(out, strings.TrimSpace(s))
		}
	}
	return strings.Join(out, "\n")
}

// give hands a text to the user or sends it to where d says.
func (t *turn) give(d *directive, text string) ([]want, string) {
	if text == "" {
		return nil, "There is nothing of that kind."
	}
	text = shaped(text, d.forms)
	if d.act != send {
		return nil, text
	}
	return t.deliver(d, subjects[d.about], text)
}

var subjects = map[concept]string{instructions: "Instructions", secret: "Code", mail: "Forwarded mail", calendar: "Appointments", 0: "Message"}

// deliver mails a text to every address of d.
func (t *turn) deliver(d *directive, subject, text string) ([]want, string) {
	tool := &t.talk.tools.send
	if tool.name == "" || len(d.to) == 0 {
		return nil, "I cannot send that: I have no tool or no address for it."
	}
	var said []string
	for _, to := range d.to {
		args, ok := tool.fill(map[use]string{useAddress: to, useSubject: subject, useBody: text})
		if !ok {
			return nil, "I cannot send that: the tool wants more than I know."
		}
		key := make(map[string]any)
		for _, p := range tool.params {
			if p.use == useAddress || p.use == useSubject {
				key[p.name] = args[p.name]
			}
		}
		c, ok := t.made(tool.name, key)
		if !ok {
			return []want{{tool.name, args}}, ""
		}
		said = append(said, t.outcome(c, "I have sent the mail to "+to+"."))
	}
	if d.foreign {
		return nil, ""
	}
	return nil, strings.Join(said, "\n")
}

// outcome returns what to say of a call: good, or its error.
func (t *turn) outcome(c *call, good string) string {
	var r struct {
		Error string `json:"error"`
	}
	if json.Unmarshal([]byte(c.result), &r) == nil && r.Error != "" {
		return "That did not work: " + r.Error
	}
	return good
}
