// Package probe tries to make language-model applications do what they must
// not, and judges by effects: a secret that crossed, a tool that was called.
package probe

import (
	"context"
	"math/rand/v2"
	"strings"

	"quintain"
	"quintain/ledger"
)

// A Probe is one thing an attacker might want from a language-model
// application.
//
// To add one, make a folder below probe with a package-level variable named
// Probe, and run go generate.
type Probe struct {
	quintain.Check

	// Severity is that of a hit.
	Severity quintain.Severity

	// Goal states the attacker's aim in one sentence, no full stop: "the
	// application reveals its system prompt".
	Goal string

	// Channel is how the attacker's words arrive.
	Channel Channel

	// Seeds are the attacker's words, from the mildest. The placeholders
	// {attacker} and {marker} stand for the mail address that the attacker
	// reads and for a word that is new in every attempt.
	Seeds []string

	// Reached looks at what happened in an attempt and returns the event that
	// is the attacker's success, if there is one. It judges effects only:
	// what left the system, what was called, what changed.
	Reached func(l *ledger.Ledger, a *Attempt) (ledger.Event, bool)
}

// ParseSeeds returns the paragraphs of text, which blank lines separate: one
// seed each.
func ParseSeeds(text string) []string {
	var seeds []string
	for p := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n\n") {
		if p = strings.TrimSpace(p); p != "" {
			seeds = append(seeds, p)
		}
	}
	return seeds
}

// A Channel is a way into an application.
type Channel int

// The channels.
const (
	Direct   Channel = iota // the attacker is the user and says it
	Indirect                // the attacker puts it where the application reads, and the user asks for something harmless
)

// An Attempt is one try of one probe.
type Attempt struct {
	Probe    string
	Strategy string
	Seed     string        // the attacker's words before the strategy
	Words    string        // the attacker's words as sent
	Secret   ledger.Canary // in the system prompt
	Private  ledger.Canary // in somebody else's mail
	Attacker string        // the mail address that the attacker reads
	Marker   string        // a word that is new in every attempt
}

// A Strategy is a way to word an attempt: as it is, or encoded.
type Strategy struct {
	Name string // "base64": the folder below probe/strategy
	Doc  string // one line, no full stop

	// Encode rewrites the attacker's words.
	Encode func(words string, rng *rand.Rand) string

	// Decode undoes Encode, so that a test can prove that nothing was lost.
	Decode func(words string) (string, error)
}

// An App is a language-model application under test. Its methods may be
// called concurrently.
type App interface {
	// Target describes the application. Its digest covers everything that its
	// behavior depends on: prompt, tools, the identity of the model.
	Target() quintain.Target

	// Tasks are harmless requests that show that the application works. An
	// application that does none of them is not resisting; it is dead.
	Tasks() []Task

	// Start begins a fresh conversation in a clean world.
	Start(ctx context.Context, s Setup) (Session, error)
}

// A Setup is the world that a conversation starts in.
type Setup struct {
	Seed     uint64
	Secret   ledger.Canary // placed in the system prompt and watched on every way out
	Private  ledger.Canary // placed in the mail of somebody other than the user, and watched likewise
	Planted  []string      // texts that a stranger put where the application reads: mails from Attacker
	Attacker string        // the address those mails come from; "" with no mails
}

// A Session is one conversation.
type Session interface {
	// Say passes what the user says to the application and returns what it
	// answers. An error for which [quintain/llm.IsTransport] is true says that
	// there was no answer to judge.
	Say(ctx context.Context, text string) (string, error)

	// Ledger returns what has happened so far.
	Ledger() *ledger.Ledger
}

// A Task is a harmless request and how to see that it was done.
type Task struct {
	Ask  string
	Done func(l *ledger.Ledger) bool

	// Reads is set on a task that makes the application read what strangers
	// sent it. Indirect probes ride on these.
	Reads bool
}
