package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"quintain/ledger"
	"quintain/llm"
	"quintain/probe"
)

// Limits on what a model may do. The search for secrets in what leaves takes
// about two seconds for a mebibyte, so they bound the time of a conversation too.
const (
	maxTurns = 16        // requests to the model in answer to one message of the user
	maxCalls = 24        // calls in one message of the model
	maxArgs  = 32 << 10  // bytes of the arguments of one call
	maxText  = 128 << 10 // bytes of one text
	maxTalk  = 256 << 10 // bytes of a conversation, after which the model is not asked again
)

// A session is one conversation in a world of its own.
type session struct {
	app   *assistant
	world *world
	log   *ledger.Ledger
	seed  uint64

	mu       sync.Mutex
	messages []llm.Message
	size     int // bytes that the model and the tools have said
}

// newSession starts a conversation. The first event says what answers.
func newSession(a *assistant, s probe.Setup) (*session, error) {
	var watch []ledger.Canary
	for _, c := range []ledger.Canary{s.Secret, s.Private} {
		if c.Token != "" {
			watch = append(watch, c)
		}
	}
	system := strings.TrimSpace(a.prompt) + fmt.Sprintf(frame, s.Secret.Token)
	ses := &session{
		app: a, world: newWorld(s), log: ledger.New(watch...), seed: s.Seed,
		messages: []llm.Message{{Role: llm.System, Content: system}},
	}
	args, err := json.Marshal(map[string]string{"model": a.chat.Identity(), "application": string(a.target.Digest)})
	if err != nil {
		return nil, err
	}
	return ses, ses.note(ledger.Event{Kind: ledger.KindNote, Actor: "application", Name: "start", Args: args})
}

// note adds an event to the ledger. Text beyond the limit is cut, and the
// ledger says so.
func (s *session) note(e ledger.Event) error {
	whole := len(e.Text)
	if whole > maxText {
		e.Text = strings.ToValidUTF8(e.Text[:maxText], "")
	}
	kept, err := s.log.Append(e)
	if err == nil && whole > maxText {
		args := fmt.Appendf(nil, `{"in":%d,"bytes":%d}`, kept.Seq, whole)
		_, err = s.log.Append(ledger.Event{Kind: ledger.KindNote, Actor: "application", Name: "cut", Args: args})
	}
	if err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	return nil
}

// Ledger implements [probe.Session].
func (s *session) Ledger() *ledger.Ledger { return s.log }

// Say implements [probe.Session]. A model that does not come to an end is cut
// short after 16 requests, and the answer says so. A conversation that grows
// too long, and an answer that is too long to be searched, end with an error
// and a note. After any other error the conversation is as it was before.
func (s *session) Say(ctx context.Context, text string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.note(ledger.Event{Kind: ledger.KindMessage, Actor: "user", Name: "chat", Text: text}); err != nil {
		return "", err
	}
	messages := append(slices.Clone(s.messages), llm.Message{Role: llm.User, Content: text})
	reply := llm.Message{Role: llm.Assistant, Content: "I could not come to an end with this."}
	for range maxTurns {
		if s.size > maxTalk {
			return "", s.end(fmt.Sprintf("the conversation has %d bytes, more than %d", s.size, maxTalk))
		}
		m, err := s.app.chat.Complete(ctx, llm.Request{Messages: messages, Tools: descriptions(), Seed: s.seed})
		if err != nil {
			return "", err
		}
		m.Role = llm.Assistant
		if len(m.ToolCalls) == 0 {
			reply = m
			break
		}
		if s.size += said(&m); s.size > maxTalk {
			continue
		}
		m.ToolCalls = slices.Clone(m.ToolCalls[:min(len(m.ToolCalls), maxCalls)])
		results, err := s.calls(ctx, m.ToolCalls)
		if err != nil {
			return "", err
		}
		messages = append(append(messages, m), results...)
	}
	if err := s.note(ledger.Event{Kind: ledger.KindEgress, Actor: "assistant", Name: "user", Text: reply.Content}); err != nil {
		return "", err
	}
	if n := len(reply.Content); n > maxText {
		return "", s.end(fmt.Sprintf("the answer has %d bytes, of which only the first %d were searched", n, maxText))
	}
	s.size += len(reply.Content)
	s.messages = append(messages, reply)
	return reply.Content, nil
}

// said returns how many bytes a model has sent.
func said(m *llm.Message) int {
	n := len(m.Content)
	for _, c := range m.ToolCalls {
		n += len(c.ID) + len(c.Name) + len(c.Args)
	}
	return n
}

// end notes why a conversation ended early, and returns that as an error.
func (s *session) end(why string) error {
	args, err := json.Marshal(map[string]string{"reason": why})
	if err != nil {
		return err
	}
	if err := s.note(ledger.Event{Kind: ledger.KindNote, Actor: "application", Name: "end", Args: args}); err != nil {
		return err
	}
	return errors.New(why)
}

// calls runs the calls of one message and returns the results for them. Where
// arguments are too long, the call keeps a word about them in their place.
func (s *session) calls(ctx context.Context, calls []llm.ToolCall) ([]llm.Message, error) {
	var out []llm.Message
	for i := range calls {
		if err := ctx.Err(); err != nil {
			return nil, &llm.Error{Op: "run tools", Err: err}
		}
		c := &calls[i]
		result, err := s.call(c)
		if err != nil {
			return nil, err
		}
		s.size += len(result)
		out = append(out, llm.Message{Role: llm.ToolRole, Content: result, ToolCallID: c.ID})
	}
	return out, nil
}

// call runs one call of the model and returns the result for it. What is wrong
// with a call is a result; an error is one of the ledger.
func (s *session) call(c *llm.ToolCall) (string, error) {
	args, long := c.Args, len(c.Args)
	if !json.Valid(args) || long > maxArgs {
		b, err := json.Marshal(cut(string(args), maxArgs))
		if err != nil {
			return "", err
		}
		args = b
	}
	if err := s.note(ledger.Event{Kind: ledger.KindCall, Actor: "assistant", Name: cut(c.Name, 200), Args: args}); err != nil {
		return "", err
	}
	var result any
	var err error
	if long > maxArgs {
		c.Args = fmt.Appendf(nil, `"(%d bytes, left out)"`, long)
		err = fmt.Errorf("arguments of %d bytes, want at most %d", long, maxArgs)
	} else {
		result, err = s.run(c.Name, args)
	}
	if err != nil {
		result = map[string]string{"error": err.Error()}
	}
	b, err := json.Marshal(result)
	if err != nil {
		return "", err
	}
	return string(b), s.note(ledger.Event{Kind: ledger.KindResult, Actor: "tool", Name: cut(c.Name, 200), Text: string(b)})
}

// run finds a tool and runs it.
func (s *session) run(name string, raw json.RawMessage) (any, error) {
	for i := range tools {
		if t := &tools[i]; t.name == name {
			args, err := t.arguments(raw)
			if err != nil {
				return nil, err
			}
			return t.run(s, args)
		}
	}
	return nil, fmt.Errorf("there is no tool %q", cut(name, 80))
}
