// Package openai asks any endpoint that speaks the chat-completions protocol:
// a cloud, or Ollama, llama.cpp and vLLM at home.
//
// The endpoint is hostile as far as this package is concerned. What it sends
// is bounded in time and size, redirects are not followed, and the key goes
// into one header and nowhere else. Every failure is an [llm.Error].
package openai

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"quintain/llm"
)

// DefaultTimeout is how long a reply may take unless [Options] say otherwise.
const DefaultTimeout = time.Minute

// Options are how an endpoint is asked. The zero value is usable.
type Options struct {
	Key   string // sent as a bearer token; "" sends none
	Model string // "" leaves the choice to the endpoint

	Timeout  time.Duration // for one reply; 0 is [DefaultTimeout]
	MaxReply int64         // bytes of one reply; 0 is 2 MiB
	Retries  int           // further tries after status 429 or 503; 0 is four, -1 none
	MaxWait  time.Duration // the longest pause before a try; an endpoint that asks for more is given up; 0 is 30 seconds

	// Sleep waits between tries. Nil waits in real time.
	Sleep func(ctx context.Context, d time.Duration) error
}

// chat is an endpoint.
type chat struct {
	url    string
	shown  string // url without its query
	o      Options
	client *http.Client
	plain  atomic.Bool // the endpoint takes neither temperature nor seed
}

// New returns the chat at an endpoint: a base URL such as
// "http://127.0.0.1:11434/v1", or the whole of it, ending in
// "/chat/completions". It does not connect. A URL with a user name or a
// password is refused, because URLs end up in reports.
func New(endpoint string, o Options) (llm.Chat, error) {
	u, err := url.Parse(endpoint)
	if err != nil {
		return nil, errors.New("endpoint: not a URL") // the cause quotes it
	}
	switch {
	case u.Scheme != "http" && u.Scheme != "https", u.Host == "":
		return nil, fmt.Errorf("endpoint %q: want http:// or https:// and a host", u.Redacted())
	case u.User != nil:
		return nil, fmt.Errorf("endpoint %q: credentials do not belong into a URL", u.Redacted())
	}
	u.Fragment = ""
	if p := strings.TrimRight(u.Path, "/"); !strings.HasSuffix(p, "/chat/completions") {
		u.Path = p + "/chat/completions"
	}
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	if o.MaxReply == 0 {
		o.MaxReply = 2 << 20
	}
	if o.Retries == 0 {
		o.Retries = 4
	}
	if o.MaxWait == 0 {
		o.MaxWait = 30 * time.Second
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	c := &chat{url: u.String(), o: o}
	u.RawQuery = ""
	c.shown = strings.TrimSuffix(u.String(), "/chat/completions")
	c.client = &http.Client{
		Transport: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			MaxIdleConnsPerHost:    16,
			IdleConnTimeout:        time.Minute,
			TLSHandshakeTimeout:    20 * time.Second,
			MaxResponseHeaderBytes: 64 << 10,
			ForceAttemptHTTP2:      true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return c, nil
}

// Identity implements [llm.Chat].
func (c *chat) Identity() string {
	model := c.o.Model
	if model == "" {
		model = "default model"
	}
	return model + " at " + c.shown
}

// Complete implements [llm.Chat].
func (c *chat) Complete(ctx context.Context, req llm.Request) (llm.Message, error) {
	for try := 0; ; try++ {
		plain := c.plain.Load()
		body, err := encode(req, c.o.Model, plain)
		if err != nil {
			return llm.Message{}, &llm.Error{Op: "write request", Err: err}
		}
		msg, wait, err := c.ask(ctx, body)
		if err == nil {
			return c.clean(msg), nil
		}
		if !plain && refusesSampling(err) {
			c.plain.Store(true) // some models insist on their own; ask again without
			try--
			continue
		}
		if wait < 0 || try >= c.o.Retries {
			return llm.Message{}, err
		}
		if wait > c.o.MaxWait {
			return llm.Message{}, c.giveUp(err, wait)
		}
		if wait == 0 {
			wait = min(time.Second<<min(try, 10), c.o.MaxWait)
		}
		if serr := c.o.Sleep(ctx, wait); serr != nil {
			return llm.Message{}, &llm.Error{Op: "wait", Err: serr}
		}
	}
}

// giveUp turns an error into one that is final, as the endpoint asks to be left
// alone for longer than allowed.
func (c *chat) giveUp(err error, wait time.Duration) error {
	final := &llm.Error{Op: "ask " + c.shown, Final: true}
	cause := err
	if e, ok := errors.AsType[*llm.Error](err); ok {
		final.Status, cause = e.Status, e.Err
	}
	final.Err = fmt.Errorf("%w; it asks to wait %s, and %s is the most", cause, wait.Round(time.Second), c.o.MaxWait)
	return final
}

// never is a wait that does not end: another try is no use.
const never = time.Duration(-1)

// ask sends one request. With an error comes how long to wait before the next
// try; zero leaves that to the caller.
func (c *chat) ask(ctx context.Context, body []byte) (llm.Message, time.Duration, error) {
	limited, cancel := context.WithTimeout(ctx, c.o.Timeout)
	defer cancel()
	hr, err := http.NewRequestWithContext(limited, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return llm.Message{}, never, &llm.Error{Op: "write request", Err: c.bare(err)}
	}
	hr.Header.Set("Content-Type", "application/json")
	hr.Header.Set("Accept", "application/json")
	if c.o.Key != "" {
		hr.Header.Set("Authorization", "Bearer "+c.o.Key)
	}
	resp, err := c.client.Do(hr)
	if err != nil {
		return llm.Message{}, never, &llm.Error{Op: "ask " + c.shown, Err: c.reason(ctx, err)}
	}
	defer resp.Body.Close() //nolint:errcheck // only read
	fail := func(wait time.Duration, err error) (llm.Message, time.Duration, error) {
		return llm.Message{}, wait, &llm.Error{Op: "ask " + c.shown, Status: resp.StatusCode, Err: err}
	}
	if resp.StatusCode != http.StatusOK {
		wait := never
		if resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode == http.StatusServiceUnavailable {
			wait = retryAfter(resp.Header)
		}
		return fail(wait, c.status(resp))
	}
	if ct := resp.Header.Get("Content-Type"); !isJSON(ct) {
		return fail(never, fmt.Errorf("content type %q is not JSON", c.redact(cut(ct))))
	}
	b, err := io.ReadAll(io.LimitReader(resp.Body, c.o.MaxReply+1))
	switch {
	case err != nil:
		return fail(never, c.reason(ctx, err))
	case int64(len(b)) > c.o.MaxReply:
		return fail(never, fmt.Errorf("reply of more than %d bytes", c.o.MaxReply))
	}
	msg, err := decode(b)
	if err != nil {
		return fail(never, errors.New(c.redact(cut(err.Error()))))
	}
	return msg, 0, nil
}

// status describes a reply that is not status 200.
func (c *chat) status(resp *http.Response) error {
	if loc := resp.Header.Get("Location"); resp.StatusCode/100 == 3 {
		return fmt.Errorf("status %d: redirect to %q is not followed", resp.StatusCode, c.redact(cut(loc)))
	}
	b, _ := io.ReadAll(io.LimitReader(resp.Body, 16<<10)) // what came is shown
	text := strings.TrimSpace(string(b))
	var e struct {
		Error json.RawMessage `json:"error"`
	}
	if json.Unmarshal(b, &e) == nil && e.Error != nil {
		text = errorText(e.Error)
	}
	if text == "" {
		return fmt.Errorf("status %d", resp.StatusCode)
	}
	return fmt.Errorf("status %d: %q", resp.StatusCode, c.redact(cut(text)))
}

// reason says in a few words why there is no answer, without the steps of the
// network that led there; ctx is that of the caller.
func (c *chat) reason(ctx context.Context, err error) error {
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return fmt.Errorf("no answer within %s", c.o.Timeout)
	}
	if sys, ok := errors.AsType[*os.SyscallError](err); ok {
		return sys.Err
	}
	return c.bare(err)
}

// bare takes the URL, whose query may be secret, off an error of net/http.
func (c *chat) bare(err error) error {
	if ue, ok := errors.AsType[*url.Error](err); ok {
		err = ue.Err
	}
	if c.o.Key != "" && strings.Contains(err.Error(), c.o.Key) {
		return errors.New(c.redact(err.Error()))
	}
	return err
}

// clean takes the key out of a reply, in case the endpoint echoes headers.
func (c *chat) clean(m llm.Message) llm.Message {
	m.Content = c.redact(m.Content)
	for i := range m.ToolCalls {
		t := &m.ToolCalls[i]
		t.ID, t.Name = c.redact(t.ID), c.redact(t.Name)
		t.Args = json.RawMessage(c.redact(string(t.Args)))
	}
	return m
}

// redact replaces the key in s.
func (c *chat) redact(s string) string {
	if c.o.Key == "" {
		return s
	}
	return strings.ReplaceAll(s, c.o.Key, "[key]")
}

// refusesSampling reports whether err says that the endpoint does not take a
// temperature or a seed.
func refusesSampling(err error) bool {
	var e *llm.Error
	if !errors.As(err, &e) || e.Status != http.StatusBadRequest && e.Status != http.StatusUnprocessableEntity {
		return false
	}
	text := strings.ToLower(e.Err.Error())
	return strings.Contains(text, "temperature") || strings.Contains(text, "seed")
}

// retryAfter returns what a reply asks to wait, or 0.
func retryAfter(h http.Header) time.Duration {
	v := h.Get("Retry-After")
	if d, err := time.ParseDuration(v + "s"); err == nil {
		return max(d, 0)
	}
	until, err := http.ParseTime(v)
	from, err2 := http.ParseTime(h.Get("Date")) // the endpoint's own clock
	if err != nil || err2 != nil {
		return 0
	}
	return max(until.Sub(from), 0)
}

func isJSON(contentType string) bool {
	t, _, err := mime.ParseMediaType(contentType)
	return err == nil && (t == "application/json" || strings.HasSuffix(t, "+json"))
}

// cut shortens text from outside for an error.
func cut(s string) string {
	const limit = 300
	if len(s) > limit {
		return strings.ToValidUTF8(s[:limit], "") + "…"
	}
	return s
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
