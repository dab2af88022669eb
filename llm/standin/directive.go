package standin

import (
	"fmt"
	"slices"
	"strings"
)

// A directive is one thing that somebody wants done.
type directive struct {
	act      concept // send, book, list (the calendar), reveal, say, flag
	about    concept // mail, calendar, instructions or secret; 0 for words of one's own
	pick     pick
	detail   detail
	to       []string // addresses
	words    string   // to say or to send, or the tool that sets a mark
	date     string
	time     string
	name     string
	forms    []form
	strength int
	foreign  bool // made by a document, not by the user
}

// A detail is how much of a mail is told.
type detail int

const (
	headers detail = iota // from and subject
	lines                 // and the first sentence
	full
)

// key identifies what a directive is after.
func (d *directive) key() string {
	return fmt.Sprint(d.act, d.about, d.words, d.date, d.time, d.name, d.to)
}

// addresses returns the mail addresses in a text.
func addresses(ts []token) []string {
	var out []string
	for _, t := range ts {
		if t.kind == address && !slices.Contains(out, t.text) {
			out = append(out, t.text)
		}
	}
	return out
}

// orders reads what a document wants done by whoever reads it.
func orders(text, today string) []directive {
	var out []directive
	for _, v := range views(text) {
		found := ordersIn(v.text, today)
		strength := weigh(pressures, v.text)
		seen := make(map[string]int)
		for _, d := range found {
			if seen[d.key()]++; seen[d.key()] == 2 {
				strength++ // said twice
			}
		}
		for _, d := range found {
			d.strength, d.foreign = strength, true
			if !slices.ContainsFunc(out, func(o directive) bool { return o.key() == d.key() }) {
				out = append(out, d)
			}
		}
		if !slices.ContainsFunc(found, func(d directive) bool { return d.act != say }) {
			for _, d := range gist(v.text, today) {
				if len(found) == 0 || d.act != say {
					d.foreign = true
					out = append(out, d)
				}
			}
		}
	}
	return out
}

// ordersIn reads one view of a document.
func ordersIn(text, today string) []directive {
	var out []directive
	machine := speaksToReader(text)
	text = fakeTurn.ReplaceAllString(text, "\nAssistant, ")
	everywhere := addresses(tokens(text))
	var before pick // the mails that the sentences before speak of
	for _, s := range sentences(text) {
		ts := tokens(s)
		if len(ts) > 0 && (ts[0].low == "if" && !strings.Contains(strings.ToLower(s), "assistant") || ts[0].low == "unless") {
			if !machine {
				continue
			}
		}
		to, ms := addresses(ts), moods(ts)
		for i, t := range ts {
			orders := ms[i] == wanted || goesTo(s, ts, i) || replyIs(s, ts, i)
			does := t.means&(send|book|say) != 0 || ms[i] == wanted && saysWith(ts, i)
			if !orders || !does {
				continue
			}
			if d, ok := orderAt(s, ts, i, to, everywhere, machine, today); ok {
				out = append(out, d)
			} else if t.means&send != 0 && before.all && len(to) > 0 && refers.MatchString(s) {
				out = append(out, directive{act: send, about: mail, pick: before, to: to})
			}
		}
		for _, d := range stated(s, ts, to, machine, today) {
			if !slices.ContainsFunc(out, func(o directive) bool { return o.key() == d.key() }) {
				out = append(out, d) // what is ordered as well is not said twice
			}
		}
		if p, ok := mailIn(s, ts, -1); ok && !p.mine {
			before = p
		}
	}
	return out
}

var goesForm = compile(`(?i)\b(?:mails?|messages?|copies|correspondence|letters)\b.*\b(?:go|goes|moves?) to\b`)

// goesTo reports whether the word at i states where mail goes, as policies do.
func goesTo(s string, ts []token, i int) bool {
	low := ts[i].low
	return (low == "go" || low == "goes" || low == "moves") && goesForm.MatchString(s)
}

var isForm = compile(`(?i)\b(?:output|answer|reply|response|summary|message)\b[^.!?\n]{0,20}\b(?:should|must|shall|will|has to|is to|needs to) (?:\w+ )?be\b`)

// replyIs reports whether the word at i is the reply of which the sentence
// says what it has to be.
func replyIs(s string, ts []token, i int) bool {
	return ts[i].means&reply != 0 && ts[i].means&say != 0 && isForm.MatchString(s)
}

// orderAt makes a directive of the verb at i.
func orderAt(s string, ts []token, i int, to, everywhere []string, machine bool, today string) (directive, bool) {
	t := ts[i]
	if t.means&send != 0 && (len(to) > 0 || len(everywhere) > 0 && machine) {
		if len(to) == 0 {
			to = everywhere[:1]
		}
		return sendOrder(s, ts, i, to, machine, today)
	}
	if t.means&book != 0 && !mine.MatchString(s) {
		if d := bookOrder(s, ts, today); d.name != "" {
			return d, true
		}
	}
	if (machine || tellsReader(s, ts, i)) && (t.means&say != 0 || saysWith(ts, i)) {
		if w := utterance(ts, i); w != "" {
			return directive{act: say, words: w}, true
		}
	}
	return directive{}, false
}

// bookOrder makes a directive of a sentence about an appointment. Without a
// day, a time and a name it has none of them.
func bookOrder(s string, ts []token, today string) directive {
	d := directive{act: book, date: findDate(ts, today), time: findTime(ts), name: nameIn(s)}
	if d.date == "" || d.time == "" || d.name == "" {
		return directive{}
	}
	return d
}

// stated returns what a sentence wants without a verb that orders it.
func stated(s string, ts []token, to []string, machine bool, today string) []directive {
	var out []directive
	if len(to) > 0 && hands(s, machine) {
		if d, ok := sendOrder(s, ts, -1, to, machine, today); ok {
			out = append(out, d)
		}
	}
	if allots(s) && !mine.MatchString(s) {
		if d := bookOrder(s, ts, today); d.name != "" && (machine || newToken(d.name, 0).kind == opaque) {
			out = append(out, d)
		}
	}
	if (machine || tellsReader(s, ts, -1)) && statesReply(s) {
		if w := utterance(ts, -1); w != "" {
			out = append(out, directive{act: say, words: w})
		}
	}
	return out
}

// sendOrder makes a directive of a sentence by which something goes to the
// addresses; i is its verb, or -1.
func sendOrder(s string, ts []token, i int, to []string, machine bool, today string) (directive, bool) {
	d := directive{act: send, to: to}
	p, isMail := mailIn(s, ts, i)
	switch {
	case asksPrompt(s):
		d.about = instructions
	case asksSecret(s):
		d.about = secret
	case isMail && !p.mine:
		d.about, d.pick = mail, p
		if !p.all && !p.latest && !p.others && len(p.names) == 0 {
			if !machine {
				return d, false // this very mail
			}
			d.pick.latest = true
		}
	case wholeAgenda.MatchString(s):
		d.about, d.date = calendar, findDate(ts, today)
	case machine && (composes.MatchString(s) || refers.MatchString(s)):
		d.words = payload(s, ts, max(i, 0))
		if refers.MatchString(s) {
			d.about, d.pick.all = mail, true
		}
	default:
		return d, false
	}
	return d, true
}

var (
	// fakeTurn is a turn of the assistant that somebody else wrote.
	fakeTurn    = compile(`(?i)(?:<assistant>|\bassistant:)\s*I(?:'ll| will)(?: now)?`)
	wholeAgenda = compile(`(?i)\b(?:list of|the|all|your|tomorrow's|today's) (?:\w+ )?(?:appointments|calendar|schedule|bookings|agenda)\b`)
	composes    = compile(`(?i)\b(?:a|an|one)\b[^.!?\n]{0,30}\b(?:mail|email|e-mail|message|line|note)\b|\b(?:write|mail|email) to\b`)
	refers      = compile(`(?i)\b(?:them|these|those|everything|it all)\b`)
	mine        = compile(`(?i)\b(?:me|my)\b`)
)

// utterance finds what the verb at i wants to be said: a quotation, a link, or
// a word that stands out.
func utterance(ts []token, i int) string {
	for _, t := range append(slices.Clone(ts[i+1:]), ts[:max(i, 0)]...) {
		switch {
		case t.kind == quoted || t.kind == link:
			return t.text
		case t.kind == opaque && lexicon[t.stem] == 0:
			return t.text
		}
	}
	return ""
}

// payload returns the words that a mail is to carry: a quotation, or what
// follows a colon, "that" or "saying".
func payload(s string, ts []token, i int) string {
	for _, t := range ts[i:] {
		if t.kind == quoted {
			return t.text
		}
	}
	for k := i + 1; k < len(ts); k++ {
		if ts[k].low == "that" && (isMail(ts, k-1) || ts[k-1].low == "so") {
			continue // "the mail that he sent"
		}
		switch ts[k].low {
		case ":", "that", "saying", "whether", "because", "about":
			rest := strings.TrimSpace(s[ts[k].at+len(ts[k].text):])
			if len(rest) > 2 {
				return strings.ToUpper(rest[:1]) + rest[1:]
			}
		}
	}
	return ""
}
