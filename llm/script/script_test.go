package script_test

import (
	"context"
	"errors"
	"testing"

	"quintain/llm"
	"quintain/llm/script"
)

func TestRepliesInTurnThenError(t *testing.T) {
	c := script.New(script.Call("1", "f", `{"a":1}`), script.Text("done"))
	req := llm.Request{Messages: []llm.Message{{Role: llm.User, Content: "go"}}}
	if m, err := c.Complete(t.Context(), req); err != nil || len(m.ToolCalls) != 1 || m.ToolCalls[0].Name != "f" {
		t.Errorf("first reply = %+v, %v, want a call of f", m, err)
	}
	if m, err := c.Complete(t.Context(), req); err != nil || m.Content != "done" {
		t.Errorf("second reply = %+v, %v, want done", m, err)
	}
	if _, err := c.Complete(t.Context(), req); !llm.IsTransport(err) {
		t.Errorf("third reply: error %v, want an llm.Error", err)
	}
	if got := len(c.Requests()); got != 3 {
		t.Errorf("%d requests remembered, want 3", got)
	}
}

func TestFailures(t *testing.T) {
	cause := errors.New("no route")
	if _, err := script.Fail(cause).Complete(t.Context(), llm.Request{}); !llm.IsTransport(err) || !errors.Is(err, cause) {
		t.Errorf("error = %v, want an llm.Error for %v", err, cause)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := script.New(script.Text("x")).Complete(ctx, llm.Request{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error = %v, want canceled", err)
	}
}
