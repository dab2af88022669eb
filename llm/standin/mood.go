package standin

import (
	"slices"
	"strings"
)

// Words around a verb that say whose act it is.
var (
	adverbs   = set(`please kindly now also then just simply immediately first instead always next once directly quietly silently promptly urgently both afterwards secondly finally again urgent here right away do either really`)
	negations = set(`not never don't dont won't mustn't cannot can't without no shouldn't doesn't nor neither didn't refuse avoid`)
	modals    = set(`must should shall will can could would may might ought has have had need needs are is was were be`)
	requests  = set(`can could would will must should shall may might`)
	persons   = set(`i we he she they who it me us him her them nobody everybody doctor nurse receptionist`)
	others    = set(`i we he she they patients doctor nurse receptionist colleague mother father son daughter brother team`)
	readers   = set(`you assistant ai agent bot model llm chatbot machine whoever anyone anybody reader system assistants bots agents models robot`)
	controls  = stems(`want need like ask require request expect order instruct tell sure remember forget essential important
		necessary required vital job task goal duty step mission purpose policy instruction proceed continue ahead free supposed obliged obligated
		asked instructed told expected authorized requested crucial mandatory advised able try help you mind beg urge invite wish kindly duty`)
	joints     = set(`and or but then so`)
	orderVerbs = set(`ignore disregard forget use call take make go proceed change stop skip call copy open come collect gather compile find pick select look search check finish choose extract assemble combine merge save attach prepare start remember download fetch wait`)
	starts     = set(`action tool function command call instruction task order step request note`)
)

// A mood says whether a verb is something that the reader is to do.
type mood int

const (
	told    mood = iota // somebody does it, did it or may do it
	wanted              // the reader is to do it
	negated             // the reader is not to do it
)

// moods judges every word of a sentence as if it were a verb.
func moods(ts []token) []mood {
	ms := make([]mood, len(ts))
	for i := range ts {
		ms[i] = moodAt(ts, ms[:i], i)
	}
	return ms
}

// moodAt judges the verb at i by the words before it, whose moods are known.
func moodAt(ts []token, known []mood, i int) mood {
	j, neg := i-1, false
	for j >= 0 && ts[j].kind == word && (adverbs[ts[j].low] || negations[ts[j].low]) {
		neg = neg || negations[ts[j].low]
		j--
	}
	m := told
	if commanded(ts, known, i, j) || asked(ts, i, j) {
		m = wanted
	}
	if neg && (m == wanted || j < 0) {
		return negated
	}
	return m
}

// asked reports whether the verb at i follows "please": "at the end please
// write". Its form must be that of an order, and nobody may be said to do it.
func asked(ts []token, i, j int) bool {
	if i == 0 || ts[i-1].low != "please" && ts[i-1].low != "kindly" || !base(ts[i]) || ts[i].means&acts == 0 {
		return false
	}
	return j < 0 || !persons[ts[j].low] || ts[j].low == "me" || ts[j].low == "him" || ts[j].low == "her" || ts[j].low == "us" || ts[j].low == "them"
}

// commanded looks at what stands before the verb at i; j is the last token
// before it that is no adverb.
func commanded(ts []token, known []mood, i, j int) bool {
	if j < 0 {
		return base(ts[i])
	}
	t := ts[j]
	switch {
	case t.kind == mark:
		if t.text == "," && j > 0 && !opensCommand(ts, known, j) {
			return false
		}
		return base(ts[i])
	case joints[t.low]:
		return base(ts[i]) && (j == 0 || ts[j-1].kind == mark || continuesCommand(ts, known, j))
	case starts[t.low] && base(ts[i]):
		return true
	case t.low == "to":
		return controlled(ts, known, j)
	case t.low == "you" && j > 0 && (requests[ts[j-1].low] || ts[j-1].low == "that"):
		return true
	case t.low == "be" || t.low == "been" || t.low == "being":
		return j > 0 && (requests[ts[j-1].low] || ts[j-1].low == "to" && j > 1 && (modals[ts[j-2].low] || desired(ts, j-1)) || thatBefore(ts, j))
	case (t.low == "are" || t.low == "is" || t.low == "get") && ensures(ts, j):
		return true
	case t.low == "you" && before(ts, j) == "if" && polite(ts, j):
		return true
	case modals[t.low] && t.low != "is" && t.low != "are":
		return readers[before(ts, j)] || readerStarts(ts, j) || replyStarts(ts, j)
	case readers[t.low] && t.low != "you":
		return ts[i].text != "" && last(ts[i].low) == 's' || base(ts[i]) // "whoever reads this sends"
	case lets(ts, j):
		return base(ts[i])
	case t.low == "mind":
		return before(ts, j) == "you"
	}
	return readerStarts(ts, i) && (last(ts[i].low) == 's' || manyStart(ts) && base(ts[i])) && !plural(ts, i)
}

// base reports whether a verb is in the form of an order, not "sends", "sent".
func base(t token) bool {
	switch {
	case t.low == "address", t.low == "cc", t.low == "bcc", t.low == "pass", t.low == "process":
		return true
	case irregular[t.low] != "" && irregular[t.low] != t.low:
		return false
	}
	if len(t.low) > 4 && (strings.HasSuffix(t.low, "ed") || strings.HasSuffix(t.low, "ing")) {
		return false
	}
	return last(t.low) != 's' && t.low != ""
}

// opensCommand reports whether a comma at j may be followed by an order:
// after an address ("Assistant,"), a condition ("Before you answer,") or an
// order.
func opensCommand(ts []token, known []mood, j int) bool {
	if j <= 3 || continuesCommand(ts, known, j) {
		return true
	}
	switch ts[0].low {
	case "before", "when", "after", "if", "while", "once", "as", "for", "to", "until", "in", "from", "hello", "dear", "hi":
		return true
	}
	return readerStarts(ts, j)
}

// continuesCommand reports whether something before j is an order already.
func continuesCommand(ts []token, known []mood, j int) bool {
	for k := range j {
		verb := ts[k].means&acts != 0 || orderVerbs[ts[k].low]
		if ts[k].kind == word && verb && known[k] != told {
			return true
		}
	}
	return false
}

// controlled reports whether the "to" at j hangs on words that oblige the
// reader: "you have to", "I want you to", "it is essential to".
func controlled(ts []token, known []mood, j int) bool {
	reader, control := false, false
look:
	for k := j - 1; k >= max(0, j-5); k-- {
		low := ts[k].low
		switch {
		case ts[k].kind == mark && ts[k].text != ",":
			break look
		case readers[low]:
			reader = true
		case low == "me" || low == "us" || low == "him" || low == "her":
			return false
		case persons[low] && !control:
			return false
		}
		control = control || controls[ts[k].stem] || modals[low]
	}
	alone := slices.ContainsFunc(ts[max(0, j-3):j], func(t token) bool {
		switch t.low {
		case "sure", "remember", "forget", "essential", "important", "necessary", "required", "vital", "task", "job", "goal", "proceed", "ahead", "free", "crucial", "mandatory", "policy", "mind", "step", "mission", "purpose", "duty", "action":
			return true
		}
		return false
	})
	return reader && control || alone || control && replyStarts(ts, j) || usesTool(ts, known, j)
}

// usesTool reports whether the sentence orders the use of something, for the
// purpose that the "to" at j begins.
func usesTool(ts []token, known []mood, j int) bool {
	for k := range j {
		if (ts[k].low == "use" || ts[k].low == "call") && known[k] == wanted {
			return true
		}
	}
	return false
}

// replyStarts reports whether the subject up to j is what the reader will say:
// "your answer must", "every summary has to".
func replyStarts(ts []token, j int) bool {
	for k := 0; k < j && k < 6; k++ {
		if ts[k].means&reply != 0 && k > 0 && ts[k].low != "user" {
			return true
		}
	}
	return false
}

// ensures reports whether what stands before j asks to see to it that
// something is done.
func ensures(ts []token, j int) bool {
	for k := range j {
		if ts[k].low == "sure" || ts[k].low == "ensure" || ts[k].low == "see" && k+1 < j && ts[k+1].low == "to" {
			return true
		}
	}
	return false
}

// lets reports whether the words up to j are what "let" is said of: "let your
// summary begin".
func lets(ts []token, j int) bool {
	for k := j; k >= max(0, j-3); k-- {
		switch {
		case ts[k].low == "let":
			return k < j
		case ts[k].means&acts != 0 && ts[k].means&reply == 0:
			return false // another verb stands between
		}
	}
	return false
}

// desired reports whether somebody wants what the "to" at j begins: "I want the
// list to be sent".
func desired(ts []token, j int) bool {
	for k := j - 1; k >= max(0, j-6); k-- {
		switch ts[k].low {
		case "want", "need", "like", "wish", "expect", "require", "ask", "request":
			return true
		}
	}
	return false
}

// polite reports whether "if you" at j is a wish: "it would be kind if you".
func polite(ts []token, j int) bool {
	for _, t := range ts[:j] {
		switch t.low {
		case "help", "helpful", "grateful", "appreciate", "appreciated", "nice", "kind", "glad", "great", "good", "wonderful", "favor", "thankful", "enough", "sufficient", "best", "lovely":
			return true
		}
	}
	return false
}

// readerStarts reports whether the sentence up to j speaks of whoever reads.
func readerStarts(ts []token, j int) bool {
	for k := 0; k < j && k < 8; k++ {
		if ts[k].low != "you" && ts[k].low != "system" && readers[ts[k].low] || ts[k].low == "one" && k+1 < j && ts[k+1].low == "who" {
			return true
		}
	}
	return false
}

// manyStart reports whether a sentence begins with several machines: "Bots that
// read this answer".
func manyStart(ts []token) bool {
	for _, t := range ts[:min(len(ts), 3)] {
		if readers[t.low] && t.means&machine != 0 && last(t.low) == 's' {
			return true
		}
	}
	return false
}

// thatBefore reports whether "that" opens the clause of j: "it is essential
// that the list be sent".
func thatBefore(ts []token, j int) bool {
	for k := j - 1; k >= max(0, j-8); k-- {
		if ts[k].low == "that" {
			return true
		}
	}
	return false
}

// plural reports whether the word at i is rather a noun: "the mails".
func plural(ts []token, i int) bool {
	if i == 0 {
		return false
	}
	switch ts[i-1].low {
	case "the", "all", "these", "those", "any", "my", "your", "other", "of", "each", "every", "a", "an", "this":
		return true
	}
	return false
}

func before(ts []token, j int) string {
	if j < 1 {
		return ""
	}
	return ts[j-1].low
}

func last(s string) byte {
	if s == "" {
		return 0
	}
	return s[len(s)-1]
}
