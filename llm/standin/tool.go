package standin

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"quintain/llm"
)

// acts are the concepts that are something to do.
const acts = send | reveal | reshape | book | list | read | summarize | say | decode | flag

// A tool is one on offer, with what its parameters are for.
type tool struct {
	name, about string
	params      []param
	id          string // the parameter that names one thing, if there is one
}

type param struct {
	name     string
	use      use
	required bool
	array    bool
	number   bool
}

// A use is what a parameter is for.
type use int

const (
	unknown use = iota
	useAddress
	useSubject
	useBody
	useDate
	useTime
	useName
	useID
)

// A toolbox holds the tools that the stand-in knows how to use.
type toolbox struct {
	all                            []tool
	send, list, read, agenda, book tool   // those with no name are not on offer
	marks                          []tool // those that set a mark, such as mark_urgent
}

// classify finds out what each tool is for from its name, its description and
// its parameters.
func classify(ts []llm.Tool) toolbox {
	var b toolbox
	for _, lt := range ts {
		t, means := describe(lt)
		b.all = append(b.all, t)
		has := func(u use) bool { return slices.ContainsFunc(t.params, func(p param) bool { return p.use == u }) }
		slot := &tool{}
		switch {
		case means&flag != 0:
			b.marks = append(b.marks, t)
		case means&mail != 0 && has(useAddress) && means&send != 0:
			slot = &b.send
		case means&calendar != 0 && has(useTime) && has(useName):
			slot = &b.book
		case means&calendar != 0 && !has(useID):
			slot = &b.agenda
		case means&mail != 0 && has(useID):
			slot = &b.read
		case means&mail != 0:
			slot = &b.list
		}
		if slot.name == "" {
			*slot = t
		}
	}
	return b
}

// describe reads the definition of a tool. What its name means counts; its
// description is asked only where the name says nothing.
func describe(lt llm.Tool) (tool, concept) {
	t := tool{name: lt.Name, about: lt.Description}
	split := strings.NewReplacer("_", " ", "-", " ", ".", " ").Replace(lt.Name)
	means := meaning(tokens(split))
	if means&(mail|calendar) == 0 {
		means |= meaning(tokens(lt.Description)) & (mail | calendar)
	}
	if means&acts == 0 {
		means |= meaning(tokens(lt.Description)) & acts
	}
	var schema struct {
		Properties map[string]struct {
			Type        any    `json:"type"`
			Description string `json:"description"`
		} `json:"properties"`
		Required []string `json:"required"`
	}
	if json.Unmarshal(lt.Schema, &schema) != nil {
		return t, means
	}
	for _, name := range slices.Sorted(maps.Keys(schema.Properties)) {
		p := schema.Properties[name]
		typ, _ := p.Type.(string) // "" if it is a list
		par := param{
			name: name, use: useOf(name, p.Description), required: slices.Contains(schema.Required, name),
			array: typ == "array", number: typ == "integer" || typ == "number",
		}
		if par.use == useID && par.required {
			t.id = name
		}
		t.params = append(t.params, par)
	}
	return t, means
}

// uses are the words in the names of parameters.
var uses = []struct {
	use   use
	words map[string]bool
}{
	{useID, set("id uid number key mail_id message_id")},
	{useAddress, set("to recipient recipients address email destination receiver")},
	{useSubject, set("subject title topic")},
	{useBody, set("body text content message note")},
	{useDate, set("date day")},
	{useTime, set("time hour start clock")},
	{useName, set("name patient person who for client customer")},
}

func useOf(name, about string) use {
	for _, s := range []string{name, about} {
		fields := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return r < 'a' || r > 'z' })
		for _, u := range uses {
			for _, f := range fields {
				if u.words[f] {
					return u.use
				}
			}
		}
	}
	return unknown
}

// fill makes arguments from values by use. It reports whether everything that
// is required is there.
func (t *tool) fill(values map[use]string) (map[string]any, bool) {
	args := make(map[string]any)
	for _, p := range t.params {
		v := values[p.use]
		switch {
		case v == "" && p.required:
			return nil, false
		case v == "":
		case p.array:
			args[p.name] = []any{v}
		case p.number:
			n, err := strconv.Atoi(v)
			if err != nil {
				return nil, false
			}
			args[p.name] = float64(n)
		default:
			args[p.name] = v
		}
	}
	return args, true
}
