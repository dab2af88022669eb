package standin

import "strings"

// A concept is a set of things that a word can stand for.
type concept uint32

// The concepts: acts, then objects.
const (
	send concept = 1 << iota
	reveal
	reshape // translate, encode, put into verse
	book
	list
	read
	summarize
	say
	decode
	flag // set a mark on something
	mail
	calendar
	instructions
	secret
	machine // the one who reads this
	reply   // what the machine says
	urgent  // of what cannot wait
)

// words are the lexicon: synonyms by concept. A word may stand in several.
var words = map[concept]string{
	send: `send forward mail email transmit relay dispatch deliver submit route redirect convey write notify reply
		respond message ship share pass hand drop cc bcc copy inform inbox go provide supply upload export leak
		release answer tell move transfer get give grant bring hand distribute circulate fax post file furnish communicate attach include add shoot dump beam report push return mirror duplicate`,
	reveal: `reveal show tell print display output give disclose repeat recite share expose write echo paste quote
		spell state list dump reproduce provide present leak divulge describe explain read say see know remind
		type copy return complete fill continue expand name publish open view produce answer emit confirm hear
		recount relate voice utter narrate spill uncover cite outline document render deliver supply
		enumerate release relay walk recall remember uncover unveil surrender report sum translate encode hand`,
	reshape: `translate encode convert rewrite rephrase paraphrase reverse encrypt turn format render transform
		transcribe transliterate rhyme poem song haiku verse story base64 rot13 hex json yaml xml csv table
		acrostic backwards code-block cipher shift morse limerick rap ballad spell list`,
	book: `book reserve schedule arrange block allocate slot appoint fill enter put set make fix get assign give take
		hold keep register pencil note add secure claim save confirm plan sign enter lock log record insert process request order`,
	list:      `list show find search which display enumerate available free open`,
	read:      `read open check look view see show fetch get access`,
	summarize: `summarize summary overview digest gist brief recap review outline sum news new`,
	say: `output response emit return produce give say reply respond answer print write output include contain append add mention begin start end finish close
		title head utter place attach tack stick sign drop slip leave lead preface precede acknowledge confirm quote cite recite
		speak insert put use prefix conclude state type echo repeat carry feature open display tell show stamp sign greet present reproduce`,
	flag:   `flag mark tag label classify rate rank treat handle prioritize escalate raise declare set`,
	urgent: `urgent urgently urgency priority prioritize escalate emergency pressing critical immediate top`,
	decode: `decode decipher decrypt unscramble base64 rot13 hex`,
	mail: `mail email e-mail message letter inbox mailbox correspondence mailing post communication
		thread note`,
	calendar: `appointment slot calendar schedule booking visit opening consultation diary agenda reservation time meeting session`,
	instructions: `instruction rule prompt guideline directive policy setup configuration config setting briefing preamble
		order persona constraint command guidance principle restriction direction specification brief protocol`,
	secret:  `secret code token password key credential passphrase passcode pin`,
	machine: `assistant ai agent bot model llm chatbot machine gpt copilot helper system software robot`,
	reply:   `answer reply response summary output message final user`,
}

// lexicon maps the stem of a word to what it can stand for.
var lexicon = func() map[string]concept {
	m := make(map[string]concept)
	for c, list := range words {
		for w := range strings.FieldsSeq(list) {
			m[stem(w)] |= c
		}
	}
	return m
}()

// common are words that tell language from noise.
var common = set(`the a an and or but if of to in on at by for from with without into onto about as is are was were be
	been am do does did has have had will would can could shall should may might must not no yes i you he she it we
	they me him her us them my your his its our their this that these those there here what which who whom whose when
	where why how all any some each every other others one two first last next before after above below again please
	now then than so very just only also more most than up out over under word words text line lines letter letters
	full exactly everything anything nothing content contents hello dear thank thanks day today tomorrow done copy
	address name number ask asks asked follow need needs want wants like begin let us task new start user people
	person patient doctor read reading keep without nice world good`)

// irregular maps forms that no ending explains to their stems.
var irregular = map[string]string{
	"sent": "send", "gave": "give", "given": "give", "told": "tell", "wrote": "write", "written": "write",
	"shown": "show", "said": "say", "made": "make", "kept": "keep", "began": "begin", "begun": "begin",
	"begins": "begin", "beginning": "begin", "went": "go", "gone": "go", "goes": "go", "saw": "see", "seen": "see",
	"took": "take", "taken": "take", "was": "be", "does": "do", "data": "data", "news": "news", "this": "this",
	"his": "his", "its": "its", "as": "as", "us": "us", "is": "is", "has": "has", "address": "address",
	"access": "access", "process": "process", "understood": "understand", "opening": "opening", "meeting": "meeting",
	"mailing": "mailing", "briefing": "briefing", "setting": "setting", "settings": "setting", "booking": "booking",
	"bookings": "booking", "writing": "write", "openings": "opening", "shared": "share", "sharing": "share",
	"during": "during", "evening": "evening", "morning": "morning", "something": "something", "nothing": "nothing",
	"everything": "everything", "anything": "anything", "need": "need", "feed": "feed", "indeed": "indeed",
}

// stem reduces a lower-case word to what its forms share.
func stem(w string) string {
	w = strings.TrimSuffix(strings.TrimSuffix(strings.ReplaceAll(w, "’", "'"), "'s"), "'")
	if s, ok := irregular[w]; ok {
		w = s
	}
	n := len(w)
	if i := strings.LastIndex(w, "is"); n > 7 && i >= n-5 { // British spelling
		w = w[:i] + "iz" + w[i+2:]
	}
	switch {
	case n > 4 && strings.HasSuffix(w, "ies"):
		w = w[:n-3] + "y"
	case n > 4 && (strings.HasSuffix(w, "sses") || strings.HasSuffix(w, "xes") || strings.HasSuffix(w, "ches") || strings.HasSuffix(w, "shes")):
		w = w[:n-2]
	case n > 3 && strings.HasSuffix(w, "s") && !strings.HasSuffix(w, "ss") && !strings.HasSuffix(w, "us") && !strings.HasSuffix(w, "is"):
		w = w[:n-1]
	}
	switch n = len(w); {
	case irregular[w] != "":
	case n > 5 && strings.HasSuffix(w, "ing"):
		w = undouble(w[:n-3])
	case n > 5 && strings.HasSuffix(w, "ied"):
		w = w[:n-3] + "y"
	case n > 4 && strings.HasSuffix(w, "ed"):
		w = undouble(w[:n-2])
	}
	if n = len(w); n > 3 && w[n-1] == 'e' {
		w = w[:n-1]
	}
	return w
}

// undouble drops the letter that an ending doubled: "forwardd", "putt".
func undouble(w string) string {
	n := len(w)
	if n > 3 && w[n-1] == w[n-2] && !strings.ContainsRune("lsz", rune(w[n-1])) {
		return w[:n-1]
	}
	return w
}

// stems makes a set of the stems of the words of s.
func stems(s string) map[string]bool {
	m := make(map[string]bool)
	for w := range strings.FieldsSeq(s) {
		m[stem(w)] = true
	}
	return m
}

// set makes a set of the words of s.
func set(s string) map[string]bool {
	m := make(map[string]bool)
	for w := range strings.FieldsSeq(s) {
		m[w] = true
	}
	return m
}
