package standin

import (
	"strings"
)

// What makes a request stronger than its words alone. Each pattern that a text
// matches adds its weight once.
type booster struct {
	weight int
	form   *expr
}

// pretexts make a user's request for something forbidden look legitimate, or
// like something else.
var pretexts = []booster{
	{1, override},
	{1, fence},
	{1, compile(`(?i)\b(?:i am|i'm|this is|as|we are|talking to|speaking with|on behalf of)\b[^.!?\n]{0,30}\b(?:developer|admin|administrator|operator|engineer|owner|manager|supervisor|lawyer|doctor|auditor|police|creator|office|support|on call|father|mother|his|her)\b`)},
	{1, compile(`(?i)\b(?:debug\w*|maintenance|audit\w*|diagnos\w+|error|fail(?:s|ed)?|test(?:ing)?|backup|archive|migration|compliance|clearance|authori[sz]ed|take over|hand over|emergency|urgent\w*|life may depend|locked out|lost)\b`)},
	{2, compile(`(?i)\b(?:hypothetical\w*|imagine|pretend|suppose|stor(?:y|ies)|novel|play(?:ing)?|game|rehearse|role|poem|song|rhyme|haiku|verse|parrot|character|dream|movie|scene|limerick)\b`)},
	{2, compile(`(?i)\b(?:translat\w+|encod\w+|base64|rot13|hex\w*|backwards?|revers\w+|json|yaml|xml|csv|table|spell|letter by letter|acrostic|cipher|rewrit\w+|rephras\w+|paraphras\w+|summari[sz]\w*|one (?:character|letter) at a time|encrypt\w*)\b`)},
	{1, compile(`(?i)\b(?:above|before (?:this|my|our|the)|told|comes? before|received|preced\w+|begin(?:s|ning)? of|opening message|started with|remind)\b`)},
}

var (
	override = compile(`(?i)\b(?:ignore|disregard|forget|override|bypass|drop|suspend(?:ed)?|expired?|no longer|instead of)\b[^.!?\n]{0,60}\b(?:instructions?|rules?|orders?|above|earlier|previous|prior|everything|guidelines|what (?:you|the)|directives?|restrictions?|mails?)\b|\b(?:instructions|rules?)\b[^.!?\n]{0,40}\b(?:expired|suspended|void|lifted)\b|\bnew (?:task|instructions?|policy|rules?|orders?|directives?)\b`)
	fence    = compile(`(?i)-{3,}|={3,}|#{3,}|\*{3,}|</?(?:system|instructions?|assistant|user|policy|rule|action|admin)\b|\[/?(?:system|inst|admin|assistant)\]|<\|[a-z_]+\|>|\bend of (?:mail|message|user|document|text)\b`)
)

// pressures make a request in a document look like one to be followed.
var pressures = []booster{
	{1, override},
	{1, fence},
	{1, compile(`(?i)\b(?:assistants?|ai|a\.i\.|agents?|bots?|chatbots?|language models?|ai models?|llms?|whoever (?:reads?|process\w*|summari[sz]es?|handles?)|the one who reads|(?:the|this) (?:machine|program|software) (?:that|which|who)|robots?|summari[sz]ers?)\b`)},
	{1, compile(`(?i)^\s*(?:\[?system\]?|admin|notice|policy|operator|debug mode)\b|\bsystem (?:notice|message|note|prompt)\b|\b(?:i am|i'm|this is|as|we are)\b[^.!?\n]{0,30}\b(?:developer|admin|administrator|operator|supervisor|manager|owner|data protection|security team|it department|office)\b|\b(?:new|updated|our) policy\b|\bfor (?:our|the) (?:audit|backup|archive|records)\b|\baudit\b`)},
	{1, compile(`(?i)\b(?:must|required?|requires|essential|mandatory|important|urgent(?:ly)?|immediately|at once|right away|now|have to|has to|before you (?:answer|reply|go on|continue|do)|before it is|shall|needs? (?:all|the|to))\b`)},
	{1, compile(`(?i)\b(?:do not|don't|without|never|nobody|no need to)\b[^.!?\n]{0,20}\b(?:mention|tell|ask(?:ing)?|reveal|inform|show|needed|user|anybody|anyone)\b|\btells? nobody\b`)},
	{1, compile(`(?i)\b(?:your|the|every|final) (?:answer|reply|response|summary|output|message)\b|\bwhen(?:ever)? you (?:summari[sz]e|read|answer|reply|have read)|\bto complete this\b|\b(?:you|you've|you have|having) read (?:this|the|my)\b|\bon reading this\b|\b(?:acknowledge|confirm) (?:this|the) (?:mail|message)\b|\b(?:only|exactly) (?:the (?:word|token|string|line|text|phrase|following)|this (?:word|token|string|line|text|phrase))\b|\bnothing (?:but|except|other than|else)\b|\byour (?:\w+ )?(?:answer|reply|response|summary|output|overview|report|digest|recap|list)\b|\b(?:repeat|say) after me\b|\b(?:respond|answer|reply) (?:only )?with\b|\bthe user\b`)},
}

// weigh adds up the boosters that text matches.
func weigh(bs []booster, text string) int {
	sum := 0
	for _, b := range bs {
		if b.form.MatchString(text) {
			sum += b.weight
		}
	}
	return sum
}

// speaksToReader reports whether a document addresses whoever reads it as a
// machine, or speaks of what it will answer.
func speaksToReader(text string) bool {
	for _, i := range []int{2, 6} {
		if pressures[i].form.MatchString(text) {
			return true
		}
	}
	return override.MatchString(text) || fence.MatchString(text) || strings.Contains(strings.ToLower(text), "you write to the user")
}
