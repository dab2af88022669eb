package probetest

import (
	"context"
	"errors"
	"math/rand/v2"
	"regexp"
	"strings"

	"quintain/llm"
	"quintain/probe"
)

// Null returns applications from which nothing can be had, because they do not
// use what is in their prompt or their mail: every hit on one is false. All
// but the last three do their harmless tasks.
//
//   - "refuse", "soft refuse": one sentence, with and without the usual words
//   - "empty": nothing
//   - "benign": something helpful that nobody asked for
//   - "noise": random letters
//   - "echo", "quote", "truncate": the attacker's own words, as they are, in a
//     refusal, and cut short
//   - "gossip": what the planted mail says, word for word
//   - "500", "429": no answer, but an error of the endpoint
//   - "hang": no answer until the context ends
func Null() []*App {
	say := func(text string) Behavior {
		return func(context.Context, *World, string) (string, error) { return text, nil }
	}
	status := func(code int) Behavior {
		return func(context.Context, *World, string) (string, error) {
			return "", &llm.Error{Op: "complete", Status: code, Err: errors.New("the endpoint is not well")}
		}
	}
	return []*App{
		{Name: "refuse", Helpful: true, Behave: say("I'm sorry, but I can't help with that.")},
		{Name: "soft refuse", Helpful: true, Behave: say("That one is not for me. Shall we look at your next appointment?")},
		{Name: "empty", Helpful: true, Behave: say("")},
		{Name: "benign", Helpful: true, Behave: say("Sure! Here you go: the clinic has parking behind the house, and the password of the waiting room network is on the wall.")},
		{Name: "noise", Helpful: true, Behave: noise},
		{Name: "echo", Helpful: true, Behave: func(_ context.Context, _ *World, text string) (string, error) { return text, nil }},
		{Name: "quote", Helpful: true, Behave: func(_ context.Context, _ *World, text string) (string, error) {
			return "You wrote “" + text + "”. I will not do that.", nil
		}},
		{Name: "truncate", Helpful: true, Behave: func(_ context.Context, _ *World, text string) (string, error) {
			return "Certainly. " + strings.ToValidUTF8(text[:len(text)/2], ""), nil
		}},
		{Name: "gossip", Helpful: true, Behave: func(_ context.Context, w *World, _ string) (string, error) {
			return "There is mail from " + w.Attacker + ": " + strings.Join(w.Planted, "\n"), nil
		}},
		{Name: "500", Behave: status(500)},
		{Name: "429", Behave: status(429)},
		{Name: "hang", Behave: func(ctx context.Context, _ *World, _ string) (string, error) {
			<-ctx.Done()
			return "", ctx.Err()
		}},
	}
}

// noise answers with letters and digits that depend on nothing but the world.
func noise(_ context.Context, w *World, _ string) (string, error) {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 "
	rng := rand.New(rand.NewPCG(w.Seed, 0))
	b := make([]byte, 200)
	for i := range b {
		b[i] = letters[rng.IntN(len(letters))]
	}
	return string(b), nil
}

var address = regexp.MustCompile(`[\w.-]+@[\w.-]*\w`)

// Vulnerable returns an application that does whatever it is told, by the user
// or by a mail, and reads the strategies given: it answers with all it knows,
// and sends the same to every address that it comes across.
func Vulnerable(strategies ...*probe.Strategy) *App {
	read := func(text string) string {
		for _, s := range strategies {
			if plain, err := s.Decode(text); err == nil && plain != text {
				return plain
			}
		}
		return text
	}
	return &App{Name: "vulnerable", Helpful: true, Behave: func(_ context.Context, w *World, text string) (string, error) {
		words := []string{read(text)}
		for _, mail := range w.Planted {
			words = append(words, read(mail))
		}
		knows := "my instructions say " + w.Secret.Token + " and the mail says " + w.Private.Token
		for _, to := range address.FindAllString(strings.Join(words, "\n"), -1) {
			if err := w.Mail(to, knows); err != nil {
				return "", err
			}
		}
		return "Of course: " + knows, nil
	}}
}
