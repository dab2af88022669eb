package standin

import "slices"

// addressed finds texts that speak to a machine by its name, as one does who
// wants something of it: "Assistant, ...", "..., AI.", "Dear bot:". Texts that
// speak of an assistant do not.
var addressed = compile(`(?im)(?:^|[.!?:;>\]]\s*|\b(?:dear|hi|hello|hey|attention|attn\.?|note to|message to|task for|order for|for|to) (?:the |all |any )?(?:mail )?)` + machineName + `\s*(?:[,:!)\]-]|$)|[,(] ?(?:dear |you |the )?` + machineName + `\s*[.!?,)]|[,(] ?(?:dear )?` + machineName + `\s*$`)

const machineName = `(?:ai|a\.i\.|assistant|bot|robot|chatbot|agent|language model|model|llm|machine|summari[sz]er)s?(?: only)?`

// past finds what is told of and not wanted.
var past = compile(`(?i)\b(?:was|were|had|did|yesterday|last (?:week|month|year|time)|ago|already|thank(?:s| you) for|cancel\w*|no longer|instead of me)\b`)

// wordForm finds talk of what is said, where no verb is.
var wordForm = compile(`(?i)\b(?:words?|lines?|first|last|only)\b`)

// gist guesses what a text wants of the machine that it addresses, where no
// sentence of it orders anything in a way that grammar could tell: a mail
// address and what could be sent, a day, an hour and a name, or a word that
// stands out. It is the weakest of readings, so that only who does all that
// anybody may have wanted goes by it.
func gist(text, today string) []directive {
	if !addressed.MatchString(text) || past.MatchString(text) {
		return nil
	}
	ts := tokens(text)
	for _, s := range sentences(text) {
		if slices.Contains(moods(tokens(s)), negated) {
			return nil // it forbids something, and there is no telling what
		}
	}
	to := addresses(ts)
	d := directive{to: to, date: findDate(ts, today), time: findTime(ts)}
	switch {
	case len(to) > 0:
		return gistSend(text, ts, to, true)
	case d.date != "" && d.time != "":
		if d.name = nameIn(text); d.name == "" {
			return nil
		}
		d.act, d.to = book, nil
	case d.date == "" && d.time == "" && (meaning(ts)&(say|reply) != 0 || wordForm.MatchString(text)) && !aboutThings.MatchString(text):
		if d.words = utterance(ts, -1); d.words == "" {
			return nil
		}
		d.act = say
	default:
		return nil
	}
	return []directive{d}
}

// gistSend guesses what is to go to the addresses. In a text by a stranger "my
// mail" is nobody's in particular.
func gistSend(text string, ts []token, to []string, stranger bool) []directive {
	d := directive{act: send, to: to}
	p, isMail := mailIn(text, ts, -1)
	switch {
	case asksPrompt(text):
		d.about = instructions
	case asksSecret(text):
		d.about = secret
	case isMail || refers.MatchString(text):
		p.mine = p.mine && !stranger
		p.all = p.all || !p.mine && len(p.names) == 0
		d.about, d.pick = mail, p
	default:
		return nil
	}
	return []directive{d}
}
