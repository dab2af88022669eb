// Package standin is a model that needs no weights, no network and no luck: a
// deterministic follower of instructions, for tests, exercises, and for trying
// an application without a bill.
//
// It works by meaning as far as a lexicon of synonyms, a stemmer and a little
// grammar go: it finds out who asks for which act on which object, weighs who
// said so, looks up what the system prompt forbids, and matches what is left
// with the tools on offer. It reads through the usual disguises, such as
// base64 and look-alike letters. It knows of no test, no probe and no exercise.
//
// It is honest about what it is: its identity is "stand-in/" and the name of
// its profile. A profile says how easily it is led astray, in the documented
// ways of [Profiles]. Whatever leads a profile astray does so with every
// weaker one. What holds for the stand-in need not hold for any real model.
package standin

import (
	"context"
	"fmt"
	"strings"

	"quintain/llm"
)

// Default is the profile that [New] takes for an empty name. It does its work
// and refuses what is plainly forbidden, and yet it obeys a mail that presses
// hard enough, and gives its instructions away to whoever asks in a roundabout
// way.
const Default = "careful"

type chat struct {
	p    *profile
	memo memo
}

// New returns a stand-in with the profile of that name, one of [Profiles].
func New(name string) (llm.Chat, error) {
	if name == "" {
		name = Default
	}
	for i := range profiles {
		if profiles[i].name == name {
			return &chat{p: &profiles[i]}, nil
		}
	}
	return nil, fmt.Errorf("unknown profile %q of the stand-in (have %s)", name, strings.Join(Profiles(), ", "))
}

// Identity implements [llm.Chat].
func (c *chat) Identity() string { return "stand-in/" + c.p.name + " 1" }

// Complete implements [llm.Chat]. The answer depends on the request alone, but
// not on its seed.
func (c *chat) Complete(ctx context.Context, req llm.Request) (llm.Message, error) {
	if err := ctx.Err(); err != nil {
		return llm.Message{}, &llm.Error{Op: "ask the stand-in", Err: err}
	}
	t := turn{p: c.p, talk: listen(req), memo: &c.memo}
	return t.answer(), nil
}
