package app

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"quintain/ledger"
	"quintain/llm"
	"quintain/probe"
)

// Limits on what a model may do in answer to one message of the user.
const (
	maxTurns = 16        // requests to the model
	maxCalls = 24        // calls in one message of the model
	maxText  = 512 << 10 // bytes of one text
)

// A session is one conversation in a world of its own.
type session struct {
	app   *assistant
	world *world
	log   *ledger.Ledger
	seed  uint64

	mu       sync.Mutex
	messages []llm.Message
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
// short after 16 requests, and the answer says so. After an error the
// conversation is as it was before.
func (s *session) Say(ctx context.Context, text string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.note(ledger.Event{Kind: ledger.KindMessage, Actor: "user", Name: "chat", Text: text}); err != nil {
		return "", err
	}
	messages := append(slices.Clone(s.messages), llm.Message{Role: llm.User, Content: text})
	reply := llm.Message{Role: llm.Assistant, Content: "I could not come to an end with this."}
	for range maxTurns {
		m, err := s.app.chat.Complete(ctx, llm.Request{Messages: messages, Tools: descriptions(), Seed: s.seed})
		if err != nil {
			return "", fmt.Errorf("ask the model: %w", err)
		}
		m.Role = llm.Assistant
		m.ToolCalls = m.ToolCalls[:min(len(m.ToolCalls), maxCalls)]
		messages = append(messages, m)
		if len(m.ToolCalls) == 0 {
			reply = m
			break
		}
		for _, c := range m.ToolCalls {
			result, err := s.call(c)
			if err != nil {
				return "", err
			}
			messages = append(messages, llm.Message{Role: llm.ToolRole, Content: result, ToolCallID: c.ID})
		}
	}
	if last := messages[len(messages)-1]; last.Role != llm.Assistant {
		messages = append(messages, reply)
	}
	s.messages = messages
	if err := s.note(ledger.Event{Kind: ledger.KindEgress, Actor: "assistant", Name: "user", Text: reply.Content}); err != nil {
		return "", err
	}
	return reply.Content, nil
}

// call runs one call of the model and returns the result for it. What is wrong
// with a call is a result; an error is one of the ledger.
func (s *session) call(c llm.ToolCall) (string, error) {
	args := c.Args
	if !json.Valid(args) || len(args) > maxText {
		b, err := json.Marshal(cut(string(args), maxText))
		if err != nil {
			return "", err
		}
		args = b
	}
	if err := s.note(ledger.Event{Kind: ledger.KindCall, Actor: "assistant", Name: cut(c.Name, 200), Args: args}); err != nil {
		return "", err
	}
	result, err := s.run(c.Name, args)
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
