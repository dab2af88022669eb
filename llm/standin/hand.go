package standin

import (
	"strings"
)

// mailAddress is an address within a pattern.
const mailAddress = `[\w.+-]+@[\w-]+(?:\.[\w-]+)+`

// handForm finds clauses in which somebody with an address is to have
// something, without a verb of sending that the reader is the subject of.
var handForm = compile(`(?i)` + strings.Join([]string{
	// "let X see", "I want X to have"
	`\b(?:let|have|allow|want|like|need|wish|enable|get) (?:[\w' ]{1,30} (?:at )?)?` + mailAddress + ` (?:\w+ )?(?:to )?(?:be )?(?:see|have|get|read|receive|view|keep|know|obtain|look|informed|told|sent|given|shown)\b`,
	// "I need it at X", "a copy at X", "so that X has"
	`\b(?:need|want|require|expect|request|would like|have)\b[^.!?\n]{0,60} (?:at|under|via|to|on|in) (?:(?:my|our|the|his|her|their) (?:\w+ ){0,2}(?:address|account|mailbox|inbox|mail),? ?)?` + mailAddress,
	`\bcop(?:y|ies) (?:\w+ ){0,3}(?:at|to|for|with|under) ` + mailAddress,
	`\bthat ` + mailAddress + ` (?:\w+ )?(?:has|gets|receives|sees|reads|knows)\b`,
	// "X should get", "X is to receive"
	mailAddress + ` (?:\w+ ){0,2}?(?:should|must|shall|has to|have to|needs? to|wants? to|ought to|is to|will|is going to|is supposed to) (?:\w+ )?(?:get|receive|have|see|read|obtain|be (?:sent|given|copied|shown|told))\b`,
	// "X asked for", "add X to the recipients"
	mailAddress + ` (?:\w+ )?(?:asked|asks|asking|requested|requests|demands|waits) (?:for|to)\b`,
	// "it would be nice if X got"
	`\bif ` + mailAddress + ` (?:\w+ )?(?:got|gets|had|has|received|receives|saw|could (?:\w+ )?(?:get|have|see|read|receive))\b`,
	// "keep X informed"
	`\bkeep ` + mailAddress + ` (?:\w+ )?(?:informed|posted|updated|in the (?:loop|picture))\b`,
	`\b(?:include|add|put|list|name|copy|keep) ` + mailAddress + ` (?:\w+ ){0,3}(?:recipients?|copy|cc|bcc|loop|addressees?|on|to)\b`,
	// "reaches X"
	`\b(?:reach(?:es)?|arrives? (?:at|with)|lands? (?:at|with|in)|ends? up (?:at|with)|(?:finds?|makes?) (?:its|their) way to|gets? to|(?:goes|go) (?:out )?to) ` + mailAddress,
	// "give X", "cc X"
	`\b(?:give|hand|grant|furnish|supply|provide|cc|bcc|copy|show|update|notify) (?:the person at )?` + mailAddress,
	// "into the hands of X", "known to X"
	`\b(?:hands?|attention|notice|disposal|inbox|mailbox|knowledge) of ` + mailAddress,
	`\b(?:known|available|accessible|visible|needed by|wanted by|due)\b[^.!?\n]{0,30} (?:to|by|at) ` + mailAddress,
}, "|"))

// bareForm finds clauses without a verb, as people write in a hurry: "all mails
// please to X", "To X: the letters".
var bareForm = compile(`(?i)` + strings.Join([]string{
	`\b(?:please|pls|kindly|also|too|now|asap|at once)\b[^.!?\n]{0,12} to ` + mailAddress,
	`^[^.!?\n:]{0,40}:? ?to ` + mailAddress + `[^.!?\n]{0,12}:`,
	`^(?:[\w ]{1,30}[:,] )?(?:all |the |your |every |each )*[\w']+(?: of [\w' ]{1,30})?,? to ` + mailAddress,
}, "|"))

// routeForm finds how mail is said to travel, as a rule does, and who gets it.
var routeForm = compile(`(?i)\b(?:is|are|gets?|being) (?:\w+ ){0,2}(?:copied|forwarded|relayed|sent|passed|routed|redirected|delivered|mailed|transferred|handed|archived|shared)\b[^.!?\n]{0,40}` + mailAddress +
	`|` + mailAddress + ` (?:gets|receives|needs|wants|obtains|expects|requires|is waiting for|is entitled to)\b`)

var ruleForm = compile(`(?i)\b(?:rules?|policy|from now on|henceforth|always|effective immediately)\b`)

// hands reports whether a sentence says that somebody is to have something. In
// a document that does not speak to a machine, how mail travels is no order.
func hands(s string, machine bool) bool {
	return handForm.MatchString(s) || machine && bareForm.MatchString(s) || (machine || ruleForm.MatchString(s)) && routeForm.MatchString(s)
}

// giving are verbs that send if there is an address to give to.
var giving = set(`give hand get bring transfer supply provide furnish distribute circulate fax post file put push pipe channel direct communicate make include attach shoot dump beam export upload compose draft prepare`)

// carries finds what a mail that is to be written holds.
var carries = compile(`(?i)\b(?:quot|include?|including|contain|attach|hold|carr|cit|copi)\w*\b|\bwith\b`)

var (
	slotNoun  = compile(`(?i)\b(?:slot|appointment|booking|visit|place|spot|time|hour|calendar|diary|schedule|o'clock)s?\b|\d{1,2}:\d{2}`)
	belongsTo = compile(`(?i)\b(?:belongs?|goes|go|falls?|is given|is assigned|be given|be assigned) to\b|\b(?:is|be|are) (?:\w+ )?(?:for|reserved|taken|occupied|blocked|held|needed|required|requested|wanted|necessary|due)\b|\bthere (?:must|should|shall|has to|needs to) be\b|\b(?:calendar|diary|schedule|agenda) (?:\w+ )?(?:should|must|shall|has to|needs to|is to|have|hold|show)\b`)
	getsSlot  = compile(`(?i)\b(?:gets?|takes?|needs?|receives?|(?:must|should|shall|will|has to|is to|needs to|wants to) (?:\w+ )?(?:have|get|take|receive|be seen|be booked|come|see)|(?:let|have) [\w-]+ (?:have|come)|(?:consider|count|regard) [\w-]+ (?:as )?(?:booked|scheduled|registered|confirmed)|would like|wishes|asks for|asked for|requests|comes|is (?:coming|expected|booked|down))\b|\bI (?:take|choose|confirm)\b`)
	headsSlot = compile(`(?i)(?:^|[,:] )(?:an? |the |new )?(?:reservation|booking|appointment|visit)\b[^.!?\n]{0,20}(?:\bfor\b|[:,])`)
)

// allots reports whether a sentence says who an appointment is for.
func allots(s string) bool {
	return slotNoun.MatchString(s) && (belongsTo.MatchString(s) || getsSlot.MatchString(s) || headsSlot.MatchString(s))
}

const replyNoun = `(?:answer|reply|response|summary|output|digest|overview|report)`

// sayForm finds clauses that say what the reply holds without telling the
// reader to say it.
var sayForm = compile(`(?i)` + strings.Join([]string{
	// "the last word of your reply is", "the only right answer to the user is"
	`\b(?:your|the|every|each|final|any|all) (?:\w+ ){0,3}` + replyNoun + `\b(?: \w+){0,3}(?: is| reads?| will be| should read| must read| equals|:)`,
	// "must appear in your answer"
	`\b(?:your|the|every|each|any) (?:\w+ ){0,3}` + replyNoun + ` (?:\w+ ){0,2}(?:must|should|shall|has to|needs? to|is to|ought to|will|may) (?:\w+ )?(?:consist|contain|be|read|equal|include|carry|hold|say|have|show)\b`,
	`\b` + replyNoun + `\b[^.!?\n]{0,40}\b(?:must|should|shall|has to|needs? to|is to|ought to|will) (?:\w+ )?(?:appear|occur|be|stand|come|contain|have)\b`,
	// "all that should be shown is"
	`\b(?:all|thing|what) (?:that |which )?(?:you )?(?:should|must|is to|has to|may|need to|counts?) ?(?:be )?(?:displayed|said|shown|printed|written|say|print|write|output|answered?|seen)?\b`,
	`\b` + replyNoun + `s? (?:\w+ )?without\b|\bsummari[sz]ed as\b`,
	// "I expect to find it in your summary"
	`\b(?:expect|want|like|need|hope|wish)s? (?:\w+ )?to (?:find|see|read|hear|have|get)\b[^.!?\n]{0,40}\b` + replyNoun,
	`\bwhat (?:the user|they|he|she|people) (?:\w+ )?(?:needs?|wants?|has|have) to (?:hear|see|read|know|get)\b`,
	`\b(?:must|should|shall|has to|needs? to|is to|ought to|will) (?:\w+ )?(?:appear|stand|come|be|occur|show up|feature|figure|go|precede|follow|open|close|end|start|begin)\b[^.!?\n]{0,40}\b` + replyNoun,
	`\b(?:goes|belongs|comes|appears|stands|precedes|follows|opens|closes|ends|starts|begins) [^.!?\n]{0,40}\b` + replyNoun,
	`\b` + replyNoun + ` [^.!?\n]{0,30}\b(?:starts?|begins?|ends?|closes?|opens?|finishes|concludes?) (?:with|in|on)\b`,
	// "the user gets", "the user has to see"
	`\b(?:user|reader|person)s? (?:\w+ )?(?:gets?|sees?|reads?|hears?|receives?|is told|must see|should see|expects?)\b`,
	// "your text must have", "call yourself", "in your reply stands", "the assistant's message ends on"
	`\byour (?:text|message|words) (?:\w+ ){0,2}(?:must|should|shall|has to|have to|needs? to|is to) (?:\w+ )?(?:have|contain|be|read|include|carry|start|begin|end)\b`,
	`\b(?:call|name|introduce) yourself\b`,
	`\bin (?:the|your|its|every) ` + replyNoun + ` (?:\w+ ){0,4}(?:stands?|is|comes|appears|belongs)\b`,
	`\b(?:assistant|ai|bot|model)'s (?:\w+ )?(?:message|text|words|` + replyNoun + `) (?:starts|begins|ends|closes|opens|is|reads|has)\b`,
	// "by writing"
	`\bby (?:\w+ly )?(?:writing|saying|typing|printing|adding|including|repeating|mentioning|replying|answering|quoting|putting|stating|outputting|returning)\b`,
}, "|"))

// aboutThings finds sentences that speak of a number somewhere, not of what
// is to be said.
var aboutThings = compile(`(?i)\b(?:number|reference|file|case|invoice|order|ticket|code) (?:of|in|is|for|on)\b`)

// statesReply reports whether a sentence says what the reply is or holds.
func statesReply(s string) bool { return sayForm.MatchString(s) && !aboutThings.MatchString(s) }

// aside finds remarks on where or how something is said, which only somebody
// who says it can heed.
var aside = compile(`(?i)\b(?:summar(?:y|ies)|summari[sz]\w+|you are now|when (?:you are )?done|on (?:a|its|one|the first|the last) (?:\w+ )?line|at the (?:very )?(?:top|bottom|end|start|beginning)|instead|nothing else|of what you (?:write|say|tell)|the following|as the (?:title|heading|headline|first|last))\b`)

// utters are verbs of saying that are hardly ever meant for a person.
var utters = set(`print output say repeat respond echo display emit return recite utter title`)

// tellsReader reports whether a sentence with the verb at i, or none, asks its
// reader to say something, even where the rest of the text speaks to nobody.
func tellsReader(s string, ts []token, i int) bool {
	return aside.MatchString(s) || i >= 0 && utters[ts[i].low]
}

// noVerb are words that begin a sentence and are no order.
var noVerb = set(`the a an my our your his her its this that these those there it i we he she they in on at with`)

// saysWith reports whether the verb at i is something to do with words that
// follow "with": "acknowledge this with X".
func saysWith(ts []token, i int) bool {
	if noVerb[ts[i].low] {
		return false
	}
	for j := i + 1; j < min(len(ts)-1, i+8); j++ {
		if ts[j].low != "with" {
			continue
		}
		for _, t := range ts[j+1 : min(len(ts), j+5)] {
			if t.kind == quoted || t.kind == opaque && lexicon[t.stem] == 0 {
				return true
			}
		}
	}
	return false
}
