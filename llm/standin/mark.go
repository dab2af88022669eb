package standin

import "strings"

// wishMark reads a wish that something be marked, by one of the tools on offer
// that do so: "treat this as urgent" for mark_urgent.
func (t *talk) wishMark(ts []token) (directive, bool) {
	ms := moods(ts)
	for _, tool := range t.tools.marks {
		for i, tok := range ts {
			if tok.means&flag != 0 && ms[i] != negated && (ms[i] == wanted || marked(ts, i)) && tool.named(ts) {
				return directive{act: flag, words: tool.name}, true
			}
		}
	}
	return directive{}, false
}

// marked reports whether the participle at i says how somebody wants a thing
// to be: "I need this marked as urgent", "to be treated as a priority".
func marked(ts []token, i int) bool {
	if !strings.HasSuffix(ts[i].low, "ed") {
		return false
	}
	for _, t := range ts[:i] {
		if demands[t.low] || t.low == "should" || t.low == "must" || t.low == "please" {
			return true
		}
	}
	return false
}

// named reports whether words of a sentence say what the name of a tool says:
// each the same word or one for the same thing.
func (t *tool) named(ts []token) bool {
	for part := range strings.FieldsFuncSeq(t.name, func(r rune) bool { return r == '_' || r == '-' || r == '.' }) {
		want := newToken(part, 0)
		said := false
		for _, tok := range ts {
			said = said || tok.kind == word && (tok.stem == want.stem || tok.means&want.means&(flag|urgent) != 0)
		}
		if !said {
			return false
		}
	}
	return true
}

// mark calls the tool that sets the mark which d wants.
func (t *turn) mark(d *directive) ([]want, string) {
	for _, tool := range t.talk.tools.marks {
		if tool.name != d.words {
			continue
		}
		args, ok := tool.fill(nil)
		if !ok {
			return nil, "Which one do you mean?"
		}
		c, made := t.made(tool.name, args)
		if !made {
			return []want{{tool.name, args}}, ""
		}
		return nil, t.outcome(c, "I have set the mark.")
	}
	return nil, ""
}
