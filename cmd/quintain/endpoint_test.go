package main

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync/atomic"

	"quintain/llm"
	"quintain/llm/standin"
)

// A completion is what the chat-completions protocol says of a message, as far
// as the test's endpoint needs it.
type completion struct {
	Role       llm.Role `json:"role"`
	Content    string   `json:"content"`
	ToolCallID string   `json:"tool_call_id,omitempty"`
	ToolCalls  []call   `json:"tool_calls,omitempty"`
}

type call struct {
	ID       string `json:"id"`
	Type     string `json:"type"`
	Function struct {
		Name      string `json:"name"`
		Arguments string `json:"arguments"`
	} `json:"function"`
}

// speaks returns a chat-completions endpoint behind which the stand-in with a
// profile answers: the protocol is real, and so are the tool calls.
func speaks(profile string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			Messages []completion `json:"messages"`
			Tools    []struct {
				Function struct {
					Name        string          `json:"name"`
					Description string          `json:"description"`
					Parameters  json.RawMessage `json:"parameters"`
				} `json:"function"`
			} `json:"tools"`
		}
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		var req llm.Request
		for _, m := range in.Messages {
			out := llm.Message{Role: m.Role, Content: m.Content, ToolCallID: m.ToolCallID}
			for _, c := range m.ToolCalls {
				out.ToolCalls = append(out.ToolCalls, llm.ToolCall{ID: c.ID, Name: c.Function.Name, Args: json.RawMessage(c.Function.Arguments)})
			}
			req.Messages = append(req.Messages, out)
		}
		for _, t := range in.Tools {
			req.Tools = append(req.Tools, llm.Tool{Name: t.Function.Name, Description: t.Function.Description, Schema: t.Function.Parameters})
		}
		chat, err := standin.New(profile)
		if err == nil {
			var m llm.Message
			if m, err = chat.Complete(r.Context(), req); err == nil {
				answer(w, m)
				return
			}
		}
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

func answer(w http.ResponseWriter, m llm.Message) {
	out := completion{Role: m.Role, Content: m.Content}
	for _, c := range m.ToolCalls {
		x := call{ID: c.ID, Type: "function"}
		x.Function.Name, x.Function.Arguments = c.Name, string(c.Args)
		out.ToolCalls = append(out.ToolCalls, x)
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]any{"choices": []any{map[string]any{"message": out}}}) //nolint:errcheck,errchkjson // the test sees what came
}

// drain reads a request, without which a server does not see that its client
// has left.
func drain(r *http.Request) { io.Copy(io.Discard, r.Body) } //nolint:errcheck // nothing depends on it

// tomorrow asks to be asked again in a day.
func tomorrow(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Retry-After", "86400")
	w.WriteHeader(http.StatusTooManyRequests)
}

// dies returns an endpoint that does everything right for forty requests and
// is broken then.
func dies() http.HandlerFunc {
	var n atomic.Int64
	well := speaks("hardened")
	return func(w http.ResponseWriter, r *http.Request) {
		if n.Add(1) > 40 {
			drain(r)
			http.Error(w, "broken", http.StatusInternalServerError)
			return
		}
		well(w, r)
	}
}

// flood answers everything with a call of a mebibyte.
func flood(w http.ResponseWriter, r *http.Request) {
	drain(r)
	args := `{"body":"` + strings.Repeat("a", 1<<20) + `"}`
	answer(w, llm.Message{Role: llm.Assistant, ToolCalls: []llm.ToolCall{{ID: "1", Name: "mail_send", Args: json.RawMessage(args)}}})
}

// clueless calls a tool and then has nothing to say about what it returned.
func clueless(w http.ResponseWriter, r *http.Request) {
	b, err := io.ReadAll(r.Body)
	switch {
	case err != nil:
		http.Error(w, err.Error(), http.StatusBadRequest)
	case strings.Contains(string(b), `"role":"tool"`):
		answer(w, llm.Message{Role: llm.Assistant, Content: "Done."})
	default:
		answer(w, llm.Message{Role: llm.Assistant, ToolCalls: []llm.ToolCall{{ID: "1", Name: "calendar_list", Args: json.RawMessage("{}")}}})
	}
}
