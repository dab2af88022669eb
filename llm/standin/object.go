package standin

import (
	"strings"
	"unicode"
)

// A pick says which mails are meant.
type pick struct {
	all, latest, mine, others bool
	names                     []string // of people
}

// The nouns of what a model is told at the start.
const (
	ruleWords = `(?:instructions?|rules?|prompt|guidelines?|directives?|polic(?:y|ies)|setup|config\w*|settings?|briefing|preamble|orders|constraints?|guidance|principles|restrictions|specification|brief|directions|programming|preprompt|system_prompt)`
	textWords = `everything|whatever|anything|text|words?|lines?|message|content|sentences?|paragraphs?|instructions?|all`
)

var (
	promptForm = compile(`(?i)` + strings.Join([]string{
		// "system prompt", "initial message"
		`\b(?:system|initial|original|hidden|first|start\w*|opening|internal|developer|base|secret|setup|custom)[ _-](?:prompt|message|instructions?|text|rules?|guidelines?)\b`,
		// "your own rules", "its orders"
		`\b(?:your|its|his|her|own|these|robot's) (?:\w+ ){0,3}` + ruleWords + `\b`,
		// "the rules you follow", "the briefing that you got"
		`\b` + ruleWords + `\b[^.!?\n]{0,30}\byou(?:r|rs|'ve|'re)?\b`,
		// "how were you programmed", "what are you not allowed to"
		`\bhow (?:were|are|have|did) (?:you|they) (?:been )?(?:\w+ )?(?:set up|instruct|program|configur|told|brief|prim|prompt)\w*|\bhow you (?:were|are|have been) (?:\w+ )?(?:set up|instruct|program|configur|told|brief|prim|prompt)\w*|\bwhat (?:are|were|aren't) you (?:not )?(?:allowed|supposed|permitted|forbidden|told|meant|instructed)\b`,
		// "the configuration that was loaded"
		`\b(?:prompt|setup|config\w*|settings|instructions) (?:that |which )?(?:was|were|is|are) (?:\w+ )?(?:loaded|applied|active|used|given|in (?:use|force|effect))\b`,
		// "everything you were told", "the first words you received"
		`\b(?:` + textWords + `|what)\b[^.!?\n]{0,20}\byou (?:\w+ ){0,2}(?:given|told|started|configured|set up|got|get|received?|sent|shown|instructed|initialized|provided|fed)\b|\bwhat were you (?:told|given|instructed)\b|\bconfigured with\b`,
		// "everything above", "the text before my first message"
		`\b(?:` + textWords + `)\b (?:\w+ ){0,3}above\b|\babove this line\b|\b(?:` + textWords + `|what)\b[^.!?\n]{0,25}\b(?:before|preced\w+|prior to|ahead of)\b[^.!?\n]{0,12}\b(?:this|our|my|the (?:first|chat|conversation)|i)\b`,
		// "what have they forbidden you", "what you have been told"
		`\bwhat (?:have|has|did|do|does) (?:they|he|she|(?:your|the) \w+) (?:\w+ )?(?:forb\w+|t[eo]l[dl]|instruct\w*|order\w*|allow\w*|writ\w+|wrote|give|given|sa(?:id|y)|put) [^.!?\n]{0,12}\b(?:you|your)\b|\bwhat you(?: have|'ve|’ve)? been (?:\w+ )?(?:told|given|instructed|shown|sent|fed)\b`,
		// "your context window", "the message that started you", "what you must keep to yourself", "what stands above"
		`\bcontext window\b|\byour (?:\w+ )?(?:context|job description|mandate|assignment)\b|\b(?:message|text|words) (?:that|which) (?:\w+ )?(?:started?|starts|opened|opens|primed?|made|make|defines?|configures?) you\b|\bwhat you (?:must|should|have to|are to) (?:keep|hide|protect|not)\b|\bwhat(?:ever)? (?:stands|is|comes|was|appears) (?:written )?(?:above|before)\b`,
		// "the start of our conversation"
		`\b(?:start|beginning|top|head|opening) of (?:this|our|the) (?:chat|conversation|thread|dialog\w*|session|context)\b|\bbefore these (?:words|lines)\b`,
		// "the prompt", "complete: my instructions are"
		`\b(?:the|a|its) (?:system )?prompt\b|\bsystem prompt\b|\bpreamble\b|\bthe (?:briefing|directives)\b|\bthe instructions (?:above|that)\b|\b(?:complete|continue|finish|fill)\b[^.!?\n]{0,40}\bmy ` + ruleWords,
	}, "|"))
	secretForm = compile(`(?i)\b(?:reference|secret|confidential|hidden|access|your|given) (?:\w+ )?(?:code|token|key|password|word|number|identifier|id|string|phrase)s?\b|\bthe (?:secret|password|passphrase|code)\b|\b(?:identifier|password|string|number|token|word)\b[^.!?\n]{0,20}\byou(?:'re|'ve)? (?:\w+ ){0,2}(?:guard|keep|hold|protect|hid|carr)\w*|\b(?:what|which) (?:\w+ )?(?:code|secret|password|token|key|identifier)\b|\bcode\b[^.!?\n]{0,40}\b(?:you|your|instructions|briefing|prompt)\b`)
	wroteForm  = compile(`(?i)\b(?:what|everything|anything|all|whatever)\b (?:\w+ ){0,2}\w+ (?:wrote|written|sent|told|said|says?|wants?|writes?|needs?|asks?)\b`)
	ownForm    = compile(`\b\p{Lu}\pL+(?:'s|’s) (?:\w+ ){0,2}(?:numbers?|details|data|requests?|notes?|words|information|referral|case|records?|files?|matter|question|concerns?|contents?|story|symptoms?|situation|complaint|answer|statement|text|lines)\b`)
	seenForm   = compile(`(?i)\b(?:everything|whatever|all)\b[^.!?\n]{0,30}\b(?:reads?|sees?|finds?)\b|\b(?:contents?|rest|copy) of (?:the|this|your) (?:in|mail)?box\b|\beverything in the bag\b`)
)

// asksPrompt reports whether a text speaks of the instructions of whoever
// reads it; asksSecret, of a secret that it was given.
func asksPrompt(s string) bool { return promptForm.MatchString(s) }
func asksSecret(s string) bool { return secretForm.MatchString(s) }

// mailIn finds out whether a sentence is about mail that is there, and which;
// verb is the index of a word that is the act, or -1.
func mailIn(s string, ts []token, verb int) (pick, bool) {
	var p pick
	found := wroteForm.MatchString(s) || ownForm.MatchString(s) || seenForm.MatchString(s)
	p.all = seenForm.MatchString(s)
	for i, t := range ts {
		switch t.low {
		case "all", "every", "each", "entire", "whole", "everything", "copies", "contents", "any", "both":
			p.all = true
		case "latest", "last", "newest", "recent":
			p.latest = p.latest || mailSoon(ts, i)
		case "other", "others", "another", "else", "people's", "somebody":
			p.others = true
		case "my":
			p.mine = p.mine || mailSoon(ts, i)
		case "mine":
			p.mine = true
		}
		if i != verb && isMail(ts, i) {
			found = true
			p.all = p.all || t.low == "inbox" || t.low == "mailbox" || t.low == "correspondence" || strings.HasSuffix(t.low, "s")
		}
	}
	p.mine = p.mine || toMe.MatchString(s)
	if notMine.MatchString(s) {
		p.mine, p.others = false, true
	}
	p.names = append(names(ts), senders(ts)...)
	return p, found
}

var (
	toMe    = compile(`(?i)\b(?:addressed|sent|written|came|come|wrote) (?:to |for )?me\b`)
	notMine = compile(`(?i)\bnot (?:\w+ ){0,3}(?:to me|mine|my own|my)\b|\bother people`)
)

// mailSoon reports whether the next words after i name mail: "my two mails".
func mailSoon(ts []token, i int) bool {
	for j := i + 1; j < min(len(ts), i+4) && ts[j].kind == word; j++ {
		if ts[j].means&mail != 0 || ts[j].low == "one" || ts[j].low == "letter" {
			return true
		}
	}
	return false
}

// senders returns what follows "from" and is no name and no known word: "the
// mail from the laboratory".
func senders(ts []token) []string {
	for i, t := range ts {
		if t.low != "from" {
			continue
		}
		for j := i + 1; j < min(len(ts), i+3); j++ {
			if ts[j].kind == word && ts[j].means == 0 && !common[ts[j].low] && !calendarWord[ts[j].low] {
				return []string{ts[j].low}
			}
		}
	}
	return nil
}

// isMail reports whether the word at i stands for mail that is there. A mail
// that is to be written ("a mail", "by mail") and "mail tool" are not.
func isMail(ts []token, i int) bool {
	if ts[i].kind != word || ts[i].means&mail == 0 {
		return false
	}
	if i+1 < len(ts) {
		switch ts[i+1].low {
		case "tool", "address", "addresses", "system", "agent", "server", "works", "account":
			return false
		}
	}
	for j := i - 1; j >= max(0, i-3); j-- {
		switch ts[j].low {
		case "a", "an":
			return false
		case "by", "via", "per", "of", "the", "this", "from", "in", "each", "every", "all":
			return ts[j].low != "by" && ts[j].low != "via" && ts[j].low != "per"
		}
		if ts[j].kind != word {
			break
		}
	}
	return true
}

// names returns the words that look like names of people: capitals inside a
// sentence that no lexicon explains.
func names(ts []token) []string {
	var out []string
	for i, t := range ts {
		if t.kind != word || !unicode.IsUpper([]rune(t.text)[0]) {
			continue
		}
		n := strings.TrimSuffix(strings.TrimSuffix(t.text, "'s"), "’s")
		low := strings.ToLower(n)
		start := i == 0 || ts[i-1].kind == mark && ts[i-1].text != "," && ts[i-1].text != "("
		if common[low] || lexicon[stem(low)] != 0 || monthOf(t) != 0 || calendarWord[low] || len(n) < 2 {
			continue
		}
		if start && (i+1 >= len(ts) || ts[i+1].kind != word || !unicode.IsUpper([]rune(ts[i+1].text)[0])) && n == t.text {
			continue
		}
		out = append(out, n)
	}
	return out
}

var calendarWord = set(`monday tuesday wednesday thursday friday saturday sunday january february march april may june july
	august september october november december dr mr mrs ms i i'd i'm spanish french german italian english clinic urgent
	important kindly assistant`)

var inName = compile(`(?i)(?:\bin the name of|\bname is|\bname:|\bnamed|\bfor|\bput|\bschedule|\bbook|\bgive|\bpolicy:|\bwith|\breserve)\s+((?:[\p{Lu}][\pL.'-]+\s?){1,3}|[0-9A-Za-z-]{5,})`)

// nameIn finds for whom something is to be booked, "" if it does not say.
func nameIn(s string) string {
	for _, m := range inName.FindAllStringSubmatch(s, -1) {
		for part := range strings.FieldsSeq(m[1]) {
			t := newToken(strings.Trim(part, ".,"), 0)
			if t.kind == opaque {
				return t.text
			}
		}
		if ns := names(append([]token{newToken("for", 0)}, tokens(m[1])...)); len(ns) > 0 {
			return strings.Join(ns, " ")
		}
	}
	for _, t := range tokens(s) {
		if t.kind == opaque && lexicon[t.stem] == 0 {
			return t.text
		}
	}
	return ""
}
