// Package script answers from a script, for tests.
package script

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"quintain/llm"
)

// A Chat answers as it was told to and remembers what it was asked.
type Chat struct {
	answer func(ctx context.Context, n int, req llm.Request) (llm.Message, error)

	mu   sync.Mutex
	reqs []llm.Request
}

// New returns a chat that gives one reply after the other. To be asked once
// more than that is an [llm.Error].
func New(replies ...llm.Message) *Chat {
	return Func(func(_ context.Context, n int, _ llm.Request) (llm.Message, error) {
		if n >= len(replies) {
			return llm.Message{}, &llm.Error{Op: "read script", Err: fmt.Errorf("asked %d times, %d replies", n+1, len(replies))}
		}
		return replies[n], nil
	})
}

// Func returns a chat whose reply to request n, counted from 0, is that of
// answer. Answer may be called concurrently if the chat is.
func Func(answer func(ctx context.Context, n int, req llm.Request) (llm.Message, error)) *Chat {
	return &Chat{answer: answer}
}

// Fail returns a chat that cannot be asked, for the reason err.
func Fail(err error) *Chat {
	return Func(func(context.Context, int, llm.Request) (llm.Message, error) {
		return llm.Message{}, &llm.Error{Op: "dial", Err: err}
	})
}

// Text returns a reply of words only.
func Text(s string) llm.Message { return llm.Message{Role: llm.Assistant, Content: s} }

// Call returns a reply that calls one tool. Args is a JSON object, or anything
// else that a bad model might write there.
func Call(id, tool, args string) llm.Message {
	return llm.Message{
		Role:      llm.Assistant,
		ToolCalls: []llm.ToolCall{{ID: id, Name: tool, Args: json.RawMessage(args)}},
	}
}

// Complete implements [llm.Chat].
func (c *Chat) Complete(ctx context.Context, req llm.Request) (llm.Message, error) {
	req.Messages = slices.Clone(req.Messages)
	c.mu.Lock()
	n := len(c.reqs)
	c.reqs = append(c.reqs, req)
	c.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return llm.Message{}, &llm.Error{Op: "read script", Err: err}
	}
	return c.answer(ctx, n, req)
}

// Identity implements [llm.Chat].
func (c *Chat) Identity() string { return "script" }

// Requests returns what the chat was asked so far.
func (c *Chat) Requests() []llm.Request {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.reqs)
}
