package openai_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"quintain/llm"
	"quintain/llm/openai"
)

// key is a canary: it must be in one header and nowhere else.
const key = "sk-canary-5f3c9a17d2"

var hello = llm.Request{Messages: []llm.Message{{Role: llm.User, Content: "hello"}}, Seed: 7}

// serve starts an endpoint and returns a chat that asks it without waiting,
// and the waits it would have made.
func serve(t *testing.T, o openai.Options, h http.HandlerFunc) (llm.Chat, *[]time.Duration) {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	waits := new([]time.Duration)
	o.Key = key
	o.Sleep = func(ctx context.Context, d time.Duration) error {
		*waits = append(*waits, d)
		return ctx.Err()
	}
	c, err := openai.New(srv.URL+"/v1", o)
	if err != nil {
		t.Fatal(err)
	}
	return c, waits
}

func answer(w http.ResponseWriter, body string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = io.WriteString(w, body)
}

const ok = `{"choices":[{"message":{"role":"assistant","content":"hi"}}]}`

// TestRequest shows what is sent, byte for byte, and where the key is.
func TestRequest(t *testing.T) {
	var got any
	c, _ := serve(t, openai.Options{Model: "m1"}, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1/chat/completions" || r.Method != http.MethodPost {
			t.Errorf("asked %s %s", r.Method, r.URL.Path)
		}
		if auth := r.Header.Get("Authorization"); auth != "Bearer "+key {
			t.Errorf("Authorization is %q", auth)
		}
		b, _ := io.ReadAll(r.Body)
		if strings.Contains(string(b)+r.URL.String(), key) {
			t.Error("the key is in the body or the URL")
		}
		if err := json.Unmarshal(b, &got); err != nil {
			t.Error(err)
		}
		answer(w, ok)
	})
	req := llm.Request{
		Seed: 1<<40 + 5,
		Messages: []llm.Message{
			{Role: llm.System, Content: "s"},
			{Role: llm.User, Content: "u"},
			{Role: llm.Assistant, ToolCalls: []llm.ToolCall{
				{ID: "a", Name: "f", Args: json.RawMessage(`{"x":"1"}`)},
				{ID: "b", Name: "f", Args: json.RawMessage(`"{broken"`)},
			}},
			{Role: llm.ToolRole, Content: "r", ToolCallID: "a"},
		},
		Tools: []llm.Tool{{Name: "f", Description: "d", Schema: json.RawMessage(`{"type":"object"}`)}},
	}
	m, err := c.Complete(t.Context(), req)
	if err != nil || m.Content != "hi" || m.Role != llm.Assistant {
		t.Fatalf("Complete = %+v, %v, want hi", m, err)
	}
	var want any
	if err := json.Unmarshal([]byte(`{"model":"m1","temperature":0,"seed":5,
		"messages":[{"role":"system","content":"s"},{"role":"user","content":"u"},
			{"role":"assistant","content":"","tool_calls":[
				{"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\":\"1\"}"}},
				{"id":"b","type":"function","function":{"name":"f","arguments":"{broken"}}]},
			{"role":"tool","content":"r","tool_call_id":"a"}],
		"tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object"}}}]}`), &want); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("request (-want +got):\n%s", d)
	}
}

func TestReplies(t *testing.T) {
	call := func(args string) llm.Message {
		return llm.Message{Role: llm.Assistant, ToolCalls: []llm.ToolCall{{ID: "c", Name: "f", Args: json.RawMessage(args)}}}
	}
	wrap := func(msg string) string { return `{"choices":[{"message":` + msg + `}]}` }
	tests := []struct {
		body string
		want llm.Message
	}{
		{wrap(`{"content":"x"}`), llm.Message{Role: llm.Assistant, Content: "x"}},
		{wrap(`{"content":null}`), llm.Message{Role: llm.Assistant}},
		{wrap(`{"content":[{"type":"text","text":"a"},{"type":"image"},{"type":"text","text":"b"}]}`), llm.Message{Role: llm.Assistant, Content: "ab"}},
		{wrap(`{"content":null,"refusal":"no"}`), llm.Message{Role: llm.Assistant, Content: "no"}},
		{wrap(`{"tool_calls":[{"id":"c","function":{"name":"f","arguments":"{\"a\":1}"}}]}`), call(`{"a":1}`)},
		{wrap(`{"tool_calls":[{"id":"c","function":{"name":"f","arguments":{"a":1}}}]}`), call(`{"a":1}`)}, // some servers
		{wrap(`{"tool_calls":[{"id":"c","function":{"name":"f","arguments":""}}]}`), call(`{}`)},
		{wrap(`{"tool_calls":[{"id":"c","function":{"name":"f","arguments":"{\"a\":"}}]}`), call(`"{\"a\":"`)}, // kept as it came
		{wrap(`{"tool_calls":[{"id":"c","function":{"name":"f","arguments":"[1]"}}]}`), call(`"[1]"`)},
		{wrap(`{"content":"your key is ` + key + `"}`), llm.Message{Role: llm.Assistant, Content: "your key is [key]"}},
	}
	for _, tt := range tests {
		c, _ := serve(t, openai.Options{}, func(w http.ResponseWriter, _ *http.Request) { answer(w, tt.body) })
		got, err := c.Complete(t.Context(), hello)
		if err != nil {
			t.Errorf("%s: %v", tt.body, err)
		}
		if d := cmp.Diff(tt.want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", tt.body, d)
		}
	}
}

// TestBadReplies shows that whatever an endpoint does becomes an llm.Error
// with its status, without the key, however hard the endpoint tries.
func TestBadReplies(t *testing.T) {
	tests := []struct {
		name   string
		h      http.HandlerFunc
		status int
		want   string
	}{
		{"500", func(w http.ResponseWriter, r *http.Request) {
			http.Error(w, "broken: "+r.Header.Get("Authorization"), http.StatusInternalServerError)
		}, 500, "broken: Bearer [key]"},
		{"401", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, `{"error":{"message":"wrong key `+r.Header.Get("Authorization")+`"}}`)
		}, 401, "wrong key Bearer [key]"},
		{"malformed", func(w http.ResponseWriter, _ *http.Request) { answer(w, `{"choices":[{"mess`) }, 200, "not what the protocol says"},
		{"another type", func(w http.ResponseWriter, _ *http.Request) { answer(w, `{"choices":"`+key+`"}`) }, 200, "not what the protocol says"},
		{"content is a number", func(w http.ResponseWriter, _ *http.Request) { answer(w, `{"choices":[{"message":{"content":3}}]}`) }, 200, "content is a float64"},
		{"no choices", func(w http.ResponseWriter, _ *http.Request) { answer(w, `{"choices":[]}`) }, 200, "without choices"},
		{"error in a 200", func(w http.ResponseWriter, _ *http.Request) { answer(w, `{"error":"overloaded `+key+`"}`) }, 200, "overloaded [key]"},
		{"html", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, "<html>"+ok)
		}, 200, `content type "text/html" is not JSON`},
		{"no content type", func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Type"] = nil
			_, _ = io.WriteString(w, ok)
		}, 200, "is not JSON"},
		{"huge", func(w http.ResponseWriter, _ *http.Request) {
			answer(w, `{"choices":"`+strings.Repeat("a", 100<<10)+`"}`)
		}, 200, "more than 65536 bytes"},
		{"endless", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			for {
				if _, err := io.WriteString(w, strings.Repeat(" ", 4096)); err != nil {
					return
				}
			}
		}, 200, "more than 65536 bytes"},
		{"hangs up", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, `{"choices"`)
		}, 200, "unexpected EOF"},
	}
	for _, tt := range tests {
		c, waits := serve(t, openai.Options{MaxReply: 64 << 10}, tt.h)
		_, err := c.Complete(t.Context(), hello)
		check(t, tt.name, err, tt.status, tt.want)
		if len(*waits) > 0 {
			t.Errorf("%s: tried again", tt.name)
		}
	}
}

// check proves the form of an error.
func check(t *testing.T, name string, err error, status int, want string) {
	t.Helper()
	var e *llm.Error
	if !errors.As(err, &e) {
		t.Errorf("%s: error %v, want an llm.Error", name, err)
		return
	}
	if e.Status != status || !strings.Contains(err.Error(), want) {
		t.Errorf("%s: status %d, error %q, want %d and %q", name, e.Status, err, status, want)
	}
	for ; err != nil; err = errors.Unwrap(err) {
		if strings.Contains(err.Error(), key) {
			t.Errorf("%s: the key is in the error %q", name, err)
		}
	}
}

// TestRedirect shows that the request, and the key in it, goes nowhere else.
func TestRedirect(t *testing.T) {
	var followed atomic.Bool
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { followed.Store(true) }))
	defer other.Close()
	c, _ := serve(t, openai.Options{}, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+"/"+key, http.StatusTemporaryRedirect)
	})
	_, err := c.Complete(t.Context(), hello)
	check(t, "redirect", err, http.StatusTemporaryRedirect, "is not followed")
	if followed.Load() {
		t.Error("the redirect was followed")
	}
}

func TestRetry(t *testing.T) {
	tests := []struct {
		name  string
		busy  int // tries that are turned away
		after string
		o     openai.Options
		waits []time.Duration
		fails bool
	}{
		{"seconds", 2, "3", openai.Options{}, []time.Duration{3 * time.Second, 3 * time.Second}, false},
		{"a date", 1, "Tue, 24 Nov 2026 10:00:09 GMT", openai.Options{}, []time.Duration{9 * time.Second}, false},
		{"nothing said", 3, "", openai.Options{}, []time.Duration{time.Second, 2 * time.Second, 4 * time.Second}, false},
		{"nonsense", 1, "soon", openai.Options{}, []time.Duration{time.Second}, false},
		{"a minute", 1, "60", openai.Options{MaxWait: time.Minute}, []time.Duration{time.Minute}, false},
		{"too long", 1, "86400", openai.Options{MaxWait: time.Minute}, nil, true},
		{"negative", 1, "-5", openai.Options{}, []time.Duration{time.Second}, false},
		{"forever", 99, "1", openai.Options{Retries: 2}, []time.Duration{time.Second, time.Second}, true},
		{"no retries", 1, "1", openai.Options{Retries: -1}, nil, true},
	}
	for _, status := range []int{http.StatusTooManyRequests, http.StatusServiceUnavailable} {
		for _, tt := range tests {
			n := 0
			c, waits := serve(t, tt.o, func(w http.ResponseWriter, _ *http.Request) {
				if n++; n > tt.busy {
					answer(w, ok)
					return
				}
				w.Header().Set("Date", "Tue, 24 Nov 2026 10:00:00 GMT")
				if tt.after != "" {
					w.Header().Set("Retry-After", tt.after)
				}
				w.WriteHeader(status)
			})
			_, err := c.Complete(t.Context(), hello)
			if tt.fails {
				check(t, tt.name, err, status, "status")
			} else if err != nil {
				t.Errorf("%s: %v", tt.name, err)
			}
			if d := cmp.Diff(tt.waits, *waits); d != "" {
				t.Errorf("%s: waits (-want +got):\n%s", tt.name, d)
			}
		}
	}
}

// TestHanging shows that the caller's deadline and the time limit of a try end
// a request that is never answered.
func TestHanging(t *testing.T) {
	release := make(chan struct{})
	hang := func(http.ResponseWriter, *http.Request) { <-release }
	defer close(release)

	c, _ := serve(t, openai.Options{}, hang)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := c.Complete(ctx, hello)
	check(t, "deadline", err, 0, "deadline exceeded")
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want the deadline's", err)
	}

	c, _ = serve(t, openai.Options{Timeout: 20 * time.Millisecond}, hang)
	_, err = c.Complete(t.Context(), hello)
	check(t, "timeout", err, 0, "no answer within 20ms")
	if errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v looks like the end of the caller's time", err)
	}
}

// TestDripping shows that the time limit is one of the whole reply.
func TestDripping(t *testing.T) {
	c, _ := serve(t, openai.Options{Timeout: 30 * time.Millisecond, MaxReply: 1 << 40}, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for r.Context().Err() == nil {
			_, _ = io.WriteString(w, " ")
			_ = http.NewResponseController(w).Flush()
		}
	})
	_, err := c.Complete(t.Context(), hello)
	check(t, "dripping", err, 200, "no answer within 30ms")
}

// TestLeaveAlone shows that an endpoint that asks for more patience than is
// allowed is given up at once, with the reason in one sentence.
func TestLeaveAlone(t *testing.T) {
	n := 0
	c, waits := serve(t, openai.Options{}, func(w http.ResponseWriter, _ *http.Request) {
		n++
		w.Header().Set("Retry-After", "3600")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	_, err := c.Complete(t.Context(), hello)
	check(t, "leave alone", err, http.StatusTooManyRequests, "/v1: status 429; it asks to wait 1h0m0s, and 30s is the most")
	if !llm.IsFinal(err) || n != 1 || len(*waits) > 0 {
		t.Errorf("final %v after %d requests and waits %v, want true, 1 and none", llm.IsFinal(err), n, *waits)
	}
}

func TestRefused(t *testing.T) {
	srv := httptest.NewServer(http.NotFoundHandler())
	srv.Close()
	c, err := openai.New(srv.URL+"/v1?token="+key, openai.Options{Key: key})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Complete(t.Context(), hello)
	if want := "ask " + srv.URL + "/v1: connection refused"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	check(t, "refused", err, 0, "refused")
}

// TestCanceledWait shows that nobody waits for an endpoint in vain.
func TestCanceledWait(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "20")
		w.WriteHeader(http.StatusTooManyRequests)
	}))
	defer srv.Close()
	c, err := openai.New(srv.URL, openai.Options{}) // the real sleep
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := c.Complete(ctx, hello); !llm.IsTransport(err) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want the deadline's", err)
	}
}

// TestPlain shows that a model that takes no temperature is asked without one,
// from then on.
func TestPlain(t *testing.T) {
	n := 0
	c, _ := serve(t, openai.Options{Retries: -1}, func(w http.ResponseWriter, r *http.Request) {
		n++
		if b, _ := io.ReadAll(r.Body); strings.Contains(string(b), "temperature") || strings.Contains(string(b), "seed") {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"error":{"message":"unsupported value: 'temperature' does not support 0"}}`)
			return
		}
		answer(w, ok)
	})
	for want := 2; want <= 3; want++ {
		if _, err := c.Complete(t.Context(), hello); err != nil || n != want {
			t.Errorf("%d requests, error %v, want %d", n, err, want)
		}
	}
}

func TestNew(t *testing.T) {
	for _, bad := range []string{"", "localhost:11434", "ftp://h/v1", "http://", "http://user:" + key + "@h/v1", "http://h/%zz" + key} {
		if _, err := openai.New(bad, openai.Options{}); err == nil || strings.Contains(err.Error(), key) {
			t.Errorf("New(%q): error %v, want one that does not quote a password", bad, err)
		}
	}
	for endpoint, want := range map[string]string{
		"http://h/v1":                  "m at http://h/v1",
		"http://h/v1/":                 "m at http://h/v1",
		"http://h/v1/chat/completions": "m at http://h/v1",
		"https://h/x/chat/completions?api-key=" + key: "m at https://h/x",
	} {
		c, err := openai.New(endpoint, openai.Options{Model: "m", Key: key})
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Identity(); got != want {
			t.Errorf("identity of %q is %q, want %q", endpoint, got, want)
		}
	}
}
