package standin

import (
	"strings"
	"sync"
	"unicode"
)

// spelled returns a text as somebody would write it who takes their time: short
// forms of chats written out, slips of the keyboard corrected, days and times
// in the forms that the rest reads. What is quoted, an address, a code or a
// name is left alone.
func spelled(s string) string {
	if !language(s) {
		return s
	}
	for _, r := range rewritten {
		s = r.form.ReplaceAllString(s, r.to)
	}
	s = named.ReplaceAllStringFunc(s, capitals)
	s = writer.ReplaceAllStringFunc(s, capitals)
	s = owner.ReplaceAllStringFunc(s, func(m string) string {
		name, rest, _ := strings.Cut(m, " ")
		if base := strings.TrimSuffix(name, "s"); !familiar(name) && !familiar(base) && corrected(base) == base {
			return like(base, true) + "'s " + rest
		}
		return m
	})
	fresh := true // at the start of a sentence
	return tokenForm.ReplaceAllStringFunc(s, func(w string) string {
		start := fresh
		fresh = strings.ContainsAny(w, ".!?:")
		if !letters(w) {
			return w
		}
		low := strings.ToLower(w)
		capital := unicode.IsUpper([]rune(w)[0])
		if long, ok := short[low]; ok && (low == w || capital && start) {
			return like(long, capital)
		}
		if capital && !start || w == strings.ToUpper(w) && len(w) > 1 {
			return w // a name, or a code
		}
		if to := corrected(low); to != low {
			return like(to, capital)
		}
		return w
	})
}

// language reports whether a text is written plainly, and not in a cipher: one
// in five of its words is known, or a short form. Addresses have no words.
func language(s string) bool {
	n, hits := 0, 0
	for _, w := range tokenForm.FindAllString(s, maxText/8) {
		if !letters(w) || !unicode.IsLetter([]rune(w)[0]) {
			continue
		}
		n++
		w = strings.ToLower(w)
		if _, ok := short[w]; ok || common[w] || lexicon[stem(w)] != 0 {
			hits++
		}
	}
	return hits*5 >= n && hits > 0
}

func letters(w string) bool {
	return strings.IndexFunc(w, func(r rune) bool { return !unicode.IsLetter(r) && r != '\'' && r != '’' }) < 0
}

// like writes a word with a capital if that has one.
func like(w string, capital bool) string {
	if capital && w != "" {
		return strings.ToUpper(w[:1]) + w[1:]
	}
	return w
}

// rewritten are the forms of days and times that are not read as they are.
var rewritten = []struct {
	form *expr
	to   string
}{
	{compile(`\b(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2})`), "$1 $2"},
	{compile(`\b([0-3]\d)[./]([01]\d)[./](20\d{2})\b`), "$3-$2-$1"}, // the day first, as most of the world does
	{compile(`(?i)\b(\d{1,2}) ?(a|p)\.?m\b\.?`), "$1 ${2}m"},
	{compile(`(?i)\b(\d{1,2}:\d{2}) ?(a|p)\.?m\b\.?`), "$1 ${2}m"},
	{compile(`(?i)\b(\d{1,2}) ?(?:uhr|hrs?|h|hours|sharp)\b`), "$1 o'clock"},
	{compile(`\s(?:-+|=+)>\s`), " to "},
	{compile(`(?i)\b2 (` + mailAddress + `)`), "to $1"},
}

// Names that are written small are known by where they stand: "the mail of
// omar", "omars letter", "what omar wrote".
var (
	named  = compile(`\b(?:(?:e-?)?mails?|messages?|letters?|notes?|text|words) (?:of|from|by) [a-z]{3,}\b`)
	owner  = compile(`\b[a-z]{3,}s (?:(?:e-?)?mails?|messages?|letters?|notes?|text|words)\b`)
	writer = compile(`\b(?:what|that|which|everything|all) [a-z]{3,} (?:has )?(?:wrote|written|sent|said|wants|needs|asks)\b`)
)

// capitals writes the unknown words of m with a capital.
func capitals(m string) string {
	ws := strings.Fields(m)
	for i, w := range ws[1:] {
		if !familiar(w) && corrected(w) == w {
			ws[i+1] = like(w, true)
		}
	}
	return strings.Join(ws, " ")
}

// short are the short forms that people type.
var short = map[string]string{
	"u": "you", "ur": "your", "urs": "yours", "r": "are", "n": "and", "pls": "please", "plz": "please", "plse": "please", "thx": "thanks",
	"ty": "thanks", "asap": "at once", "fwd": "forward", "fw": "forward", "msg": "message", "msgs": "messages", "gimme": "give me",
	"lemme": "let me", "wanna": "want to", "gonna": "going to", "gotta": "have to", "whats": "what is", "wat": "what", "wut": "what",
	"wats": "what is", "hows": "how is", "im": "I'm", "ive": "I've", "dont": "don't", "doesnt": "doesn't", "wont": "won't", "cant": "can't",
	"shouldnt": "shouldn't", "youre": "you are", "youve": "you've", "theyve": "they've", "thats": "that is", "appt": "appointment",
	"appts": "appointments", "abt": "about", "cuz": "because", "coz": "because", "b4": "before", "yr": "your", "addr": "address",
	"pw": "password", "info": "information", "wld": "would", "shld": "should", "cld": "could", "tmrw": "tomorrow", "tmr": "tomorrow",
	"fri": "Friday", "mon": "Monday", "tue": "Tuesday", "wed": "Wednesday", "thu": "Thursday",
}

// A slip is one of the mistakes that fingers make: two letters swapped, one
// left out, one too many, and in long words one for another. Others make a word
// of another word too often, as "massage" of "message".
const minSlip, minSubstituted = 5, 8

// corrected returns the word of the lexicon that a lower-case word was meant to
// be, and the word itself if that is known or no slip explains it.
func corrected(w string) string {
	if len(w) < minSlip || len(w) > 20 || familiar(w) {
		return w
	}
	ix := slips()
	found := ""
	take := func(to string) bool {
		if to == "" || to == found {
			return true
		}
		if found != "" {
			return false // it could be either
		}
		found = to
		return true
	}
	sure := take(ix.without[w]) // one was left out
	for i := range len(w) - 1 {
		if b := []byte(w); b[i] != b[i+1] {
			b[i], b[i+1] = b[i+1], b[i]
			sure = sure && take(ix.words[string(b)])
		}
	}
	for i := range len(w) {
		less := w[:i] + w[i+1:]
		sure = sure && take(ix.words[less])
		if len(w) >= minSubstituted {
			sure = sure && take(ix.gaps[gap{less, i}])
		}
	}
	if !sure || found == "" {
		return w
	}
	return found
}

// familiar reports whether a lower-case word needs no correction.
func familiar(w string) bool {
	return common[w] || lexicon[stem(w)] != 0 || ordinary()[w] || ordinary()[strings.TrimSuffix(w, "s")]
}

// An index finds the words that are one slip away.
type index struct {
	words   map[string]string // as they are
	without map[string]string // with a letter left out; empty if several words become it
	gaps    map[gap]string    // with a letter missing at a place
}

type gap struct {
	rest string
	at   int
}

// slips is made when it is first asked.
var slips = sync.OnceValue(func() *index {
	ix := &index{make(map[string]string), make(map[string]string), make(map[gap]string)}
	add := func(w string) {
		if len(w) < minSlip || !letters(w) {
			return
		}
		ix.words[w] = w
		for i := range len(w) {
			less := w[:i] + w[i+1:]
			ix.gaps[gap{less, i}] = w
			if old, ok := ix.without[less]; ok && old != w {
				ix.without[less] = ""
				continue
			}
			ix.without[less] = w
		}
	}
	for _, list := range words {
		for w := range strings.FieldsSeq(list) {
			add(w)
			add(w + "s")
		}
	}
	for w := range common {
		add(w)
	}
	return ix
})

// ordinary are the words of the grammar, and words of everyday letters that are
// a slip away from one of the lexicon and are none.
var ordinary = sync.OnceValue(func() map[string]bool {
	m := set(`letting setting sitting shows shower shop shaped shared sharp ship sharing later latter litter better bitter matter
		posted poster posture pasta waste taste haste passed past pasture course hours house horse nurse purse curse worse
		course codes cold coded prices price prince print paint pain point points painter pointer counter county country
		courts court clam claims claim signed sing single sign sight night light right weight height eight stage state states
		estate static station stations stating rating dating data date dates late plate place palace planet plant plants planned
		plane plain plan slot slots slow show shoe hour hire hair chair choir heard heart heat hear here where were wear
		shore share score core care car card carts chart charts charm farm form forms forum from room rooms broom groom
		file files fill filled fells feels feel foot food good goods gold hold holder older order orders border boarder board
		broad road read ready reads bread break brake bring brings being seeing sewing showing knowing known unknown now know
		quite quiet quit suite suit sure pure cure lure lines lives live leave leaves level levels lever never clever ever
		every very vary diary dairy daily daisy rapid paid laid raid said sand send sending sendings ending bending spend spending
		tables tablet tablets stable cable cables able enable meals metal medal model models modal moral mortal portal postal
		relay delay relays delays replay play plays player prayer layer lawyer mailing mainly manly many any money monkey
		whether weather feather father rather gather bather other mother brother another bother smother though through thorough
		thought taught caught caused cause because pause passes passage message massage massages sausage usage image
		trials trail trains train brain grain gain again against begin began gained retain contain obtain certain curtain
		notice noticed notes noted voted noted tests tested texts nest best rest west east least last lasts cost costs coast most
		forms formed former farmer warmer foreword forwards toward towards reward award aware software hardware
		access excess success process progress express address dress dressed pressed impressed
		visit visits visa vista visited invited invite white write writer waiter water wafer later`)
	for _, list := range []map[string]bool{adverbs, negations, modals, persons, others, readers, joints, orderVerbs, starts, calendarWord, question, demands} {
		for w := range list {
			m[w] = true
		}
	}
	return m
})
