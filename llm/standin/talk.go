package standin

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"quintain/llm"
)

// A talk is a conversation as the stand-in understands it.
type talk struct {
	system string
	today  string // YYYY-MM-DD, "" if nobody said
	user   string // what the user said last
	who    person // the user, if the system prompt says
	tools  toolbox
	calls  []call     // since the user spoke
	mails  []*entity  // seen so far, in order of appearance
	slots  []*entity  // likewise
	docs   []document // what tools returned since the user spoke
}

// A person is a name and a mail address.
type person struct{ name, address string }

// A call is one that was made, with its result.
type call struct {
	id, tool string
	args     map[string]any
	result   string
}

// A document is a text by a stranger.
type document struct{ text string }

// An entity is an object in the result of a tool.
type entity struct {
	id     string
	fields map[string]string // by lower-case name
	order  []string
}

// field returns the first of the fields that is there.
func (e *entity) field(names ...string) string {
	for _, n := range names {
		if v := e.fields[n]; v != "" {
			return v
		}
	}
	return ""
}

func (e *entity) from() string    { return e.field("from", "sender", "author") }
func (e *entity) to() string      { return e.field("to", "recipient", "recipients", "owner") }
func (e *entity) subject() string { return e.field("subject", "title", "topic") }
func (e *entity) body() string    { return e.field("body", "text", "content", "message") }
func (e *entity) day() string     { return e.field("date", "day") }
func (e *entity) when() string    { return e.field("received", "date", "sent", "time") }

// listen reads a request.
func listen(req llm.Request) *talk {
	t := &talk{tools: classify(req.Tools)}
	byID := make(map[string]int)
	for _, m := range req.Messages {
		switch m.Role {
		case llm.System:
			t.system += m.Content + "\n"
		case llm.User:
			t.user, t.calls, t.docs = m.Content, nil, nil
			clear(byID)
		case llm.Assistant:
			for _, c := range m.ToolCalls {
				var args map[string]any
				_ = json.Unmarshal(c.Args, &args) // its own calls; others match nothing
				byID[c.ID] = len(t.calls)
				t.calls = append(t.calls, call{id: c.ID, tool: c.Name, args: args})
			}
		case llm.ToolRole:
			if i, ok := byID[m.ToolCallID]; ok {
				t.calls[i].result = m.Content
				t.hear(&t.calls[i])
			}
		}
	}
	t.today = today(t.system)
	t.who = addressee(t.system)
	return t
}

// hear takes in the result of a call.
func (t *talk) hear(c *call) {
	var v any
	if json.Unmarshal([]byte(c.result), &v) != nil {
		t.docs = append(t.docs, document{c.result})
		return
	}
	var found []*entity
	collect(v, 0, &found)
	for _, e := range found {
		if e.id == "" {
			if id, ok := c.args[t.tools.read.id].(string); ok && c.tool == t.tools.read.name {
				e.id = id
			}
		}
		into := &t.slots
		if c.tool == t.tools.read.name || c.tool == t.tools.list.name {
			into = &t.mails
		}
		*into = merge(*into, e)
		for _, name := range e.order {
			if v := e.fields[name]; len(v) >= 12 && strings.ContainsAny(v, " \n") || len(v) > 40 {
				t.docs = append(t.docs, document{v})
			}
		}
	}
}

// collect finds the objects with an identity in a JSON value.
func collect(v any, depth int, out *[]*entity) {
	if depth > 6 || len(*out) > 200 {
		return
	}
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			collect(x, depth+1, out)
		}
	case map[string]any:
		e := &entity{fields: make(map[string]string)}
		for k, x := range v {
			switch x := x.(type) {
			case string:
				e.fields[strings.ToLower(k)] = x
			case bool, float64:
				b, _ := json.Marshal(x) // scalars have an encoding
				e.fields[strings.ToLower(k)] = string(b)
			}
		}
		if len(e.fields) >= 2 || e.fields["body"] != "" {
			e.id = e.field("id", "uid", "message_id", "ref")
			e.order = slices.Sorted(maps.Keys(e.fields))
			*out = append(*out, e)
		}
		for _, k := range slices.Sorted(maps.Keys(v)) {
			switch v[k].(type) {
			case []any, map[string]any:
				collect(v[k], depth+1, out)
			}
		}
	}
}

// merge adds e, or what is new in it to the entity with the same id.
func merge(es []*entity, e *entity) []*entity {
	for _, old := range es {
		same := e.id != "" && old.id == e.id || e.id == "" && old.id == "" && line(old) == line(e)
		if same {
			maps.Copy(old.fields, e.fields)
			return es
		}
	}
	return append(es, e)
}

var addresseeForm = compile(`(?i)(?:you (?:talk|speak) (?:to|with)|talking to|the (?:current )?user is|on behalf of|signed in as)[ :]+((?:\pL[\pL.'-]*[ ]?){1,4})[ (<]*([\w.+-]+@[\w.-]+\w)?`)

// addressee finds who the user is in a system prompt.
func addressee(system string) person {
	m := addresseeForm.FindStringSubmatch(system)
	if m == nil {
		return person{}
	}
	return person{strings.TrimSpace(m[1]), m[2]}
}

// owns reports whether a mail belongs to the user. Where nobody said who the
// user is, nothing is known to belong to anybody else.
func (t *talk) owns(e *entity) bool {
	if t.who.name == "" || e.to() == "" {
		return true
	}
	for _, f := range []string{e.to(), e.from()} {
		f = strings.ToLower(f)
		if strings.Contains(f, strings.ToLower(t.who.name)) || t.who.address != "" && strings.Contains(f, strings.ToLower(t.who.address)) {
			return true
		}
	}
	return false
}

// A guard is what a system prompt forbids.
type guard struct {
	prompt, secret bool // to give away itself, or a secret in it
	mail           bool // to hand on other people's mail
	documents      bool // to obey what is read
}

// forbids reads the prohibitions of a system prompt.
func forbids(system string) guard {
	var g guard
	for _, s := range sentences(system) {
		ts := tokens(s)
		low := strings.ToLower(s)
		neg := slices.ContainsFunc(ts, func(t token) bool {
			return negations[t.low] || t.low == "confidential" || t.low == "private" || t.low == "secret"
		})
		if !neg {
			continue
		}
		of := meaning(ts)
		obey := strings.Contains(low, "follow") || strings.Contains(low, "obey") || strings.Contains(low, "carry out") ||
			strings.Contains(low, "act on") || strings.Contains(low, "instructions in") || strings.Contains(low, "as instructions")
		switch {
		case obey && (of&mail != 0 || strings.Contains(low, "document") || strings.Contains(low, "tool") || strings.Contains(low, "content")):
			g.documents = true
		case of&(reveal|send|reshape) == 0 && !strings.Contains(low, "confidential"):
		default:
			g.prompt = g.prompt || of&instructions != 0
			g.secret = g.secret || of&secret != 0
			g.mail = g.mail || of&mail != 0 && of&(send|reveal) != 0 && (strings.Contains(low, "else") || strings.Contains(low, "other") || strings.Contains(low, "patient"))
		}
	}
	return g
}

// meaning joins what the words of a sentence can stand for.
func meaning(ts []token) concept {
	var c concept
	for _, t := range ts {
		c |= t.means
	}
	return c
}
