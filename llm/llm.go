// Package llm is the little that the rest of the program needs to know about
// language models: messages, tools, and something that completes a
// conversation.
package llm

import (
	"context"
	"encoding/json"
	"errors"
)

// A Role says who speaks.
type Role string

// The roles.
const (
	System    Role = "system"
	User      Role = "user"
	Assistant Role = "assistant"
	ToolRole  Role = "tool" // the result of a tool call
)

// A Message is one turn of a conversation.
type Message struct {
	Role    Role   `json:"role"`
	Content string `json:"content"`

	ToolCalls  []ToolCall `json:"toolCalls,omitempty"`  // of an assistant
	ToolCallID string     `json:"toolCallID,omitempty"` // of a tool: the call it answers
}

// A ToolCall is a model's request to run a tool.
type ToolCall struct {
	ID   string          `json:"id"`
	Name string          `json:"name"`
	Args json.RawMessage `json:"args"` // a JSON object, hostile like all output
}

// A Tool is described to a model so that it can call it.
type Tool struct {
	Name        string          `json:"name"` // such as "mail_send"
	Description string          `json:"description"`
	Schema      json.RawMessage `json:"schema"` // JSON Schema of the arguments
}

// A Request is a conversation to be completed.
type Request struct {
	Messages []Message
	Tools    []Tool
	Seed     uint64 // passed on where the model takes one; temperature is 0
}

// A Chat completes conversations. Its methods may be called concurrently.
type Chat interface {
	// Complete returns the next message of the assistant. An error is an
	// [Error] when the model could not be asked or did not answer.
	Complete(ctx context.Context, req Request) (Message, error)

	// Identity describes what answers, in one line that changes when its
	// answers may: "stand-in/careful 1" or "llama3.2 at http://127.0.0.1:11434/v1".
	Identity() string
}

// An Error says that a model could not be asked, or that its answer is none.
// It is never a verdict on the model.
type Error struct {
	Op     string // what was being done: "ask http://127.0.0.1:11434/v1", "read reply"
	Status int    // of HTTP, if there was an answer
	Final  bool   // asking again soon is of no use
	Err    error
}

// Error implements error.
func (e *Error) Error() string { return e.Op + ": " + e.Err.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// IsTransport reports whether err means that there was no answer to judge.
func IsTransport(err error) bool {
	var e *Error
	return errors.As(err, &e)
}

// IsFinal reports whether err means that there will be no answer for longer
// than anybody here waits.
func IsFinal(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Final
}
