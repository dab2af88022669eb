package openai

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"quintain/llm"
)

// What goes over the wire.
type (
	wireRequest struct {
		Model       string        `json:"model,omitempty"`
		Messages    []wireMessage `json:"messages"`
		Tools       []wireTool    `json:"tools,omitempty"`
		Temperature *float64      `json:"temperature,omitempty"`
		Seed        *uint64       `json:"seed,omitempty"`
	}
	wireMessage struct {
		Role       string     `json:"role"`
		Content    any        `json:"content"`
		ToolCalls  []wireCall `json:"tool_calls,omitempty"`
		ToolCallID string     `json:"tool_call_id,omitempty"`
		Refusal    string     `json:"refusal,omitempty"`
	}
	wireCall struct {
		ID       string `json:"id"`
		Type     string `json:"type"`
		Function struct {
			Name      string          `json:"name"`
			Arguments json.RawMessage `json:"arguments"`
		} `json:"function"`
	}
	wireTool struct {
		Type     string `json:"type"`
		Function struct {
			Name        string          `json:"name"`
			Description string          `json:"description,omitempty"`
			Parameters  json.RawMessage `json:"parameters,omitempty"`
		} `json:"function"`
	}
	wireReply struct {
		Choices []struct {
			Message wireMessage `json:"message"`
		} `json:"choices"`
		Error json.RawMessage `json:"error"`
	}
)

// maxSeed keeps seeds within what every endpoint takes.
const maxSeed = 1<<31 - 1

// encode writes a request. A plain one has no temperature and no seed.
func encode(req llm.Request, model string, plain bool) ([]byte, error) {
	w := wireRequest{Model: model}
	if !plain {
		seed := req.Seed & maxSeed
		w.Temperature, w.Seed = new(float64), &seed
	}
	for _, m := range req.Messages {
		wm := wireMessage{Role: string(m.Role), Content: m.Content, ToolCallID: m.ToolCallID}
		for _, c := range m.ToolCalls {
			wm.ToolCalls = append(wm.ToolCalls, encodeCall(c))
		}
		w.Messages = append(w.Messages, wm)
	}
	for _, t := range req.Tools {
		wt := wireTool{Type: "function"}
		wt.Function.Name, wt.Function.Description, wt.Function.Parameters = t.Name, t.Description, t.Schema
		w.Tools = append(w.Tools, wt)
	}
	return json.Marshal(w)
}

func encodeCall(c llm.ToolCall) wireCall {
	w := wireCall{ID: c.ID, Type: "function"}
	w.Function.Name = c.Name
	args := string(c.Args)
	var raw string
	if json.Unmarshal(c.Args, &raw) == nil {
		args = raw // never was JSON; goes back as it came
	}
	w.Function.Arguments = quote(args)
	return w
}

// decode reads the first choice of a reply.
func decode(b []byte) (llm.Message, error) {
	var w wireReply
	if err := json.Unmarshal(b, &w); err != nil {
		return llm.Message{}, fmt.Errorf("reply is not what the protocol says: %w", err)
	}
	if len(w.Choices) == 0 {
		if w.Error != nil {
			return llm.Message{}, fmt.Errorf("endpoint says %q", errorText(w.Error))
		}
		return llm.Message{}, errors.New("reply without choices")
	}
	wm := w.Choices[0].Message
	m := llm.Message{Role: llm.Assistant}
	var err error
	if m.Content, err = content(wm.Content); err != nil {
		return llm.Message{}, err
	}
	if m.Content == "" {
		m.Content = wm.Refusal
	}
	for i, c := range wm.ToolCalls {
		id := c.ID
		if id == "" {
			id = fmt.Sprintf("call-%d", i+1)
		}
		m.ToolCalls = append(m.ToolCalls, llm.ToolCall{ID: id, Name: c.Function.Name, Args: arguments(c.Function.Arguments)})
	}
	return m, nil
}

// content returns the text of a message: a string, nothing, or a list of
// parts of which those of text count.
func content(v any) (string, error) {
	switch v := v.(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	case []any:
		var b strings.Builder
		for _, part := range v {
			if p, ok := part.(map[string]any); ok {
				if s, ok := p["text"].(string); ok {
					b.WriteString(s)
				}
			}
		}
		return b.String(), nil
	}
	return "", fmt.Errorf("message content is a %T", v)
}

// arguments returns the arguments of a call as a JSON object. Those that are
// none come back as a JSON string of what the model wrote, which no schema of
// an object allows.
func arguments(raw json.RawMessage) json.RawMessage {
	text := string(raw)
	var s string
	if json.Unmarshal(raw, &s) == nil {
		text = s
	}
	if strings.TrimSpace(text) == "" {
		return json.RawMessage("{}")
	}
	var obj map[string]json.RawMessage
	if json.Unmarshal([]byte(text), &obj) != nil || obj == nil {
		return quote(text)
	}
	return json.RawMessage(text)
}

// errorText finds the words in the error of a reply: {"message": "…"}, a
// string, or anything else as it is.
func errorText(raw json.RawMessage) string {
	var e struct {
		Message string `json:"message"`
	}
	if json.Unmarshal(raw, &e) == nil && e.Message != "" {
		return e.Message
	}
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}

// quote returns s as a JSON string.
func quote(s string) json.RawMessage {
	b, err := json.Marshal(s)
	if err != nil { // a string always has one
		return json.RawMessage(`""`)
	}
	return b
}
