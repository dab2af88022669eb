package standin

import (
	"slices"
	"strings"
)

// wishes reads what the user wants done. What it says plainly comes first;
// what it hides in an encoding counts if there is something in it to be done.
func (t *talk) wishes() []directive {
	vs := views(t.user)
	for _, v := range vs[1:] {
		ds := t.wishesIn(v.text)
		for i := range ds {
			ds[i].strength += 2
		}
		if len(ds) > 0 {
			return ds
		}
	}
	ds := t.wishesIn(vs[0].text)
	if len(ds) == 0 && len(vs) > 1 {
		return []directive{{act: say, words: vs[len(vs)-1].text}}
	}
	return ds
}

// wishesIn reads one view of what the user said.
func (t *talk) wishesIn(text string) []directive {
	strength, fs := weigh(pretexts, text), shapes(text)
	prompt, code := asksPrompt(text), asksSecret(text)
	if few := tokens(text); !prompt && !code && len(few) > 0 && len(few) <= 4 { // "prompt please", "code?"
		prompt, code = slices.ContainsFunc(few, func(t token) bool { return t.low == "prompt" }), few[0].low == "code"
	}
	if (prompt || code) && asks(text) {
		d := directive{act: reveal, about: instructions, forms: fs, strength: strength}
		if !prompt {
			d.about = secret
		}
		if to := addresses(tokens(text)); len(to) > 0 && meaning(tokens(text))&send != 0 {
			d.act, d.to = send, to
		}
		return []directive{d}
	}
	var out []directive
	for _, s := range sentences(text) {
		for _, d := range t.wish(s, text, out) {
			d.strength, d.forms = strength, fs
			if !slices.ContainsFunc(out, func(o directive) bool { return o.key() == d.key() && o.detail >= d.detail }) {
				out = append(out, d)
			}
		}
	}
	return fullest(out)
}

// fullest keeps, of several wishes to be told of mail, the one that wants most.
func fullest(ds []directive) []directive {
	best := -1
	for i, d := range ds {
		if d.act == reveal && d.about == mail && (best < 0 || d.detail >= ds[best].detail) {
			best = i
		}
	}
	var out []directive
	for i, d := range ds {
		if d.act != reveal || d.about != mail || i == best {
			out = append(out, d)
		}
	}
	return out
}

var question = set(`which what who when where how is are do does did list show display whose why was were`)

var demands = set(`request want need demand like love give let curious interested wish require may can could would please`)

// asks reports whether a text asks for anything.
func asks(text string) bool {
	ts := tokens(text)
	if strings.Contains(text, "?") {
		return true
	}
	ms := moods(ts)
	for i, t := range ts {
		if question[t.low] || demands[t.low] || t.means&(reveal|reshape|send|summarize|say) != 0 && ms[i] != negated {
			return true
		}
	}
	return false
}

// wish reads one sentence of the user; sofar is what the sentences before it
// asked for.
func (t *talk) wish(s, text string, sofar []directive) []directive {
	ts := tokens(s)
	if len(ts) == 0 {
		return nil
	}
	if d, ok := t.wishMark(ts); ok {
		return []directive{d}
	}
	if len(addresses(ts)) > 0 && t.sendVerb(s, ts) < 0 && hands(s, true) {
		if d, ok := sendOrder(s, ts, -1, addresses(ts), true, t.today); ok {
			return []directive{d}
		}
	}
	sendAt, bookAt := t.sendVerb(s, ts), bookVerb(s, ts)
	var out []directive
	if bookAt >= 0 && (sendAt < 0 || bookAt < sendAt) {
		out = append(out, t.wishBook(s, text, ts))
	}
	if sendAt >= 0 {
		return append(out, t.wishSend(s, text, ts, sendAt, sofar))
	}
	if len(out) > 0 {
		return out
	}
	p, isMail := mailIn(s, ts, -1)
	carried := slices.ContainsFunc(sofar, func(d directive) bool { return d.about == mail }) && refers.MatchString(s)
	if carried && !isMail {
		p.all, isMail = true, true
	}
	if to := addresses(ts); isMail && len(to) > 0 && !fromForm.MatchString(s) && !slices.Contains(moods(ts), negated) {
		return gistSend(s, ts, to, false) // what else is an address for
	}
	if isMail || newsForm.MatchString(s) {
		return []directive{{act: reveal, about: mail, pick: p, detail: detailOf(s, ts)}}
	}
	if c := meaning(ts) & calendar; c != 0 || freeForm.MatchString(s) {
		return []directive{{act: list, about: calendar, date: findDate(ts, t.today)}}
	}
	return nil
}

var (
	pronoun  = compile(`(?i)\b(?:it|them|these|those|everything)\b`)
	fromForm = compile(`(?i)\b(?:from|by|of|with) (?:<|\()?` + mailAddress)
	newsForm = compile(`(?i)\bwhat(?:'s| is) new\b|\bwho wrote\b|\bwrote to us\b`)
	freeForm = compile(`(?i)\b(?:free|available|booked|openings?)\b`)
	briefly  = compile(`(?i)\b(?:summar\w*|overview|digest|gist|brief\w*|recap|review|outline|new|one line|sort out|urgent|needs? an answer|sum up)\b|\b(?:is|are|was) [^.!?\n]{0,40}\babout\b`)
	lists    = compile(`(?i)\b(?:list|who|which|how many|subjects?)\b`)
	wholly   = compile(`(?i)\b(?:full|body|bodies|word for word|exactly|in full|complete|read)\b`)
)

// detailOf says how much of the mails a sentence wants to hear.
func detailOf(s string, ts []token) detail {
	switch {
	case wholly.MatchString(s) && !briefly.MatchString(s):
		return full
	case briefly.MatchString(s):
		return lines
	case lists.MatchString(s) && len(names(ts)) == 0:
		return headers
	}
	return full
}

// verbs of sending that are nothing else.
var sending = set(`send forward relay transmit dispatch deliver submit write notify reply respond pass drop share cc bcc inform tell route convey copy answer email mail message move redirect ship`)

// sendVerb returns the index of a verb that asks for a mail to go out, or -1.
func (t *talk) sendVerb(s string, ts []token) int {
	to, ms := addresses(ts), moods(ts)
	for i, tok := range ts {
		st := tok.stem
		if !slices.ContainsFunc([]string{tok.low, st, st + "e"}, func(w string) bool { return sending[w] || giving[w] && len(to) > 0 }) {
			continue
		}
		m := ms[i]
		if m == negated || m == told && (tok.means&mail != 0 || plural(ts, i) || i > 0 && others[ts[i-1].low]) {
			continue
		}
		if i+1 < len(ts) && (ts[i+1].low == "me" || ts[i+1].low == "us") && len(to) == 0 {
			continue
		}
		if len(to) > 0 || len(names(ts)) > 0 && tok.low != "wrote" && tok.low != "sent" && m == wanted && !strings.HasSuffix(s, "?") {
			return i
		}
		if m == wanted && (refers.MatchString(s) || strings.Contains(s, " same ")) && len(t.everyAddress()) > 0 {
			return i
		}
	}
	return -1
}

// everyAddress returns the addresses in what the user said.
func (t *talk) everyAddress() []string { return addresses(tokens(t.user)) }

// wishSend reads a wish that a mail goes out.
func (t *talk) wishSend(s, text string, ts []token, verb int, sofar []directive) directive {
	d := directive{act: send, to: addresses(ts), words: payload(s, ts, verb)}
	p, isMail := mailIn(s, ts, verb)
	d.pick = p
	if len(d.to) == 0 {
		d.to = addresses(tokens(text))
	}
	answering := set(`reply respond tell notify inform answer write`)[ts[verb].low]
	if isMail && d.words == "" && (!answering || p.all || wroteForm.MatchString(s)) || isMail && wroteForm.MatchString(s) && !answering {
		d.about, d.words = mail, ""
		return d
	}
	if isMail && len(p.names) > 0 && carries.MatchString(s) {
		d.about, d.words = mail, ""
		return d
	}
	if i := slices.IndexFunc(sofar, func(d directive) bool { return d.about == mail }); i >= 0 && d.words == "" && pronoun.MatchString(s) {
		d.about, d.pick = mail, sofar[i].pick
		return d
	}
	if d.words == "" {
		rest := strings.TrimSpace(s[ts[verb].at:])
		d.words = strings.ToUpper(rest[:1]) + rest[1:]
	}
	return d
}

var booking = set(`book reserve schedule arrange make put block fill set like want need get give fix`)

// bookVerb returns the index of a verb that asks for an appointment, or -1.
func bookVerb(s string, ts []token) int {
	if question[ts[0].low] && !strings.HasPrefix(strings.ToLower(s), "is it possible") {
		return -1
	}
	if meaning(ts)&calendar == 0 && findTime(ts) == "" && !strings.Contains(strings.ToLower(s), "book") {
		return -1
	}
	ms := moods(ts)
	for i, t := range ts {
		if booking[t.low] && t.low != "need" && ms[i] != negated && !plural(ts, i) && (i == 0 || !persons[ts[i-1].low] || t.low == "like" || t.low == "want") {
			return i
		}
	}
	return -1
}

// wishBook reads a wish for an appointment. What the sentence does not say may
// stand elsewhere in the text.
func (t *talk) wishBook(s, text string, ts []token) directive {
	d := directive{act: book, about: calendar, date: findDate(ts, t.today), time: findTime(ts), name: nameIn(s)}
	whole := tokens(text)
	if d.date == "" {
		d.date = findDate(whole, t.today)
	}
	if d.time == "" {
		d.time = findTime(whole)
	}
	if d.name == "" {
		d.name = nameIn(text)
	}
	if d.name == "" {
		d.name = t.who.name
	}
	return d
}
