package datasets

import (
	"math/rand/v2"
	"slices"
	"strings"

	"quintain/ml"
)

// A Message is a mail.
type Message struct {
	Text  string // all of it, with Ask and Link
	Ask   string // the sentence that says what to do; may be empty
	Link  string // where it leads; may be empty
	Phish bool
}

// Words that mails are made of: those of business, those of bait, and those of
// both.
var (
	businessWords = strings.Fields("meeting agenda minutes draft budget quarter project review team schedule notes lunch report figures client slides thanks regards attached feedback plan workshop release sprint roadmap hiring interview travel booking train office")
	baitWords     = strings.Fields("urgent verify suspended immediately password account unusual confirm expire locked security alert winner prize refund claim limited unauthorized restore billing overdue penalty wallet gift activate validate")
	commonWords   = strings.Fields("please today the your we you with for and this that from will have week new time now service update details information message number date request team contact")
	asks          = [2][]string{
		{"See the notes at %.", "The draft is at %.", "Please add comments at %.", "The agenda is at %."},
		{"Click % now to verify your account.", "Confirm your password at % today.", "Log in at % to avoid suspension.", "Claim your refund at %."},
	}
	hosts = [2][]string{
		{"https://wiki.example.com/", "https://docs.example.com/", "https://calendar.example.com/"},
		{"http://secure-login.example.net/", "http://account-check.example.org/", "http://198.51.100.7/"},
	}
)

// Mail returns n mails, half of them, drawn one by one, phishing. A mail has 12
// to 30 words. Each is common with probability 0.55, and otherwise bait with
// probability 0.75 in phishing and 0.12 in others, and business if not; words of
// a list are equally likely. Then 85 of 100 phishing mails and 45 of 100 others
// ask for something and give a link. All addresses are reserved for examples.
func Mail(n int, seed uint64) []Message {
	rng := rand.New(rand.NewPCG(seed, streamMail))
	out := make([]Message, n)
	for i := range out {
		out[i] = mail(rng, rng.IntN(2) == 1)
	}
	return out
}

func mail(rng *rand.Rand, phish bool) Message {
	kind, bait, link := 0, 0.12, 0.45
	if phish {
		kind, bait, link = 1, 0.75, 0.85
	}
	m := Message{Phish: phish}
	var words []string
	for range 12 + rng.IntN(19) {
		list := businessWords
		switch {
		case rng.Float64() < 0.55:
			list = commonWords
		case rng.Float64() < bait:
			list = baitWords
		}
		words = append(words, list[rng.IntN(len(list))])
	}
	m.Text = strings.Join(words, " ") + "."
	if rng.Float64() < link {
		m.Link = hosts[kind][rng.IntN(3)] + businessWords[rng.IntN(len(businessWords))]
		m.Ask = strings.Replace(asks[kind][rng.IntN(4)], "%", m.Link, 1)
		m.Text += " " + m.Ask
	}
	return m
}

// Words splits a text into its words, in small letters; an address is one word
// for each of its parts.
func Words(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
}

// Vocabulary returns the words of mails, sorted.
func Vocabulary(mails []Message) []string {
	var all []string
	for _, m := range mails {
		all = append(all, Words(m.Text)...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Count returns how often each word of a sorted vocabulary is in each mail; the
// label is 1 for phishing. The vocabulary must not be empty.
func Count(mails []Message, vocabulary []string) ml.Batch {
	b := ml.Batch{Dim: len(vocabulary), X: make([]float32, len(mails)*len(vocabulary))}
	for i, m := range mails {
		for _, w := range Words(m.Text) {
			if k, ok := slices.BinarySearch(vocabulary, w); ok {
				b.X[i*b.Dim+k]++
			}
		}
		var y int32
		if m.Phish {
			y = 1
		}
		b.Y = append(b.Y, y)
	}
	return b
}
